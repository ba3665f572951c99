# Shared by the scripts in this folder (sourced, not run). The address plan and the names live here and nowhere else.
#
#   client ══ access link ══ nat ── server
#   10.71.0.0/16 and fd71::/64            198.18.0.0/16 and fd72::/64 (198.18.0.0/15: RFC 2544, for benchmarks)
#                          outer addresses of the NAT: 198.19.0.0/16 and fd73::/64

PREFIX=${MQBENCH_PREFIX-mqbench-}   # of the namespaces' names; the lab, in its own /run/netns, uses none
CLIENT=${PREFIX}client
NAT=${PREFIX}nat
SERVER=${PREFIX}server
ACCESS_C=access-c                   # the access link's end in the client namespace
ACCESS_N=access-n                   # and in the NAT's
OUTSIDE=outside                     # the NAT's device towards the server
STATE=${MQBENCH_STATE-/run/mqbench-nat}   # which outer address each client has: "inner6 inner home now half"
INNER=10.71.0.0/16
INNER6=fd71::/64
ACCESS_GATEWAY=10.71.0.1
ACCESS_GATEWAY6=fd71::1
SERVER_ADDRESS=198.18.0.1
SERVER_ADDRESS6=fd72::1
BALANCER_ADDRESS=198.18.0.100
BALANCER_ADDRESS6=fd72::100
NAT_ADDRESS=198.18.0.2
NAT_ADDRESS6=fd72::2

die() { echo "$0: $*" >&2; exit 2; }

# The comment block at the head of a script is its help.
help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$0"; }

# six COMMAND…: runs it where the kernel has IPv6 (it can be booted without: ipv6.disable=1).
six() { if [ -e /proc/net/if_inet6 ]; then "$@"; fi; }

# "number inner inner6 outer outer6" of the clients 0..n-1. 250 addresses per /24, so that none ends in 0 or 255.
plan() {
  awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
    printf "%d 10.71.%d.%d fd71::1:%x\n", i, 1 + int(i / 250), 1 + i % 250, i + 1 }'
}

# set_in NAMESPACE VALUE SETTING…: kernel settings of one namespace, named by their paths under /proc/sys
set_in() {
  ip netns exec "$1" sh -c 'value=$1; shift; for name; do echo "$value" > "/proc/sys/$name"; done' sh "$2" "$3" ${4+"$4"}
}
