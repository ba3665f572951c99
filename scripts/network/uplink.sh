#!/bin/sh
# The way out of the lab: what its NAT sends to an address outside leaves through this host, with the host's own address.
#
#   client ══ access link ══ nat ── server ── uplink ═ this host ── …
#
# usage: uplink.sh on SERVER-NAMESPACE NAT-NAMESPACE    paths of the namespaces of a lab; stays until its input ends
#        uplink.sh --help
#
# Runs on the host and needs root. Prints "ready" when the way is open. When its input ends (which is when who started it is
# gone, however it went) it takes everything back: the device goes, the table goes with the process that owns it, and
# the forwarding of devices is as it was. One lab at a time: the outer addresses lead to one place.
set -eu
. "$(dirname "$0")/common.sh"

OUTER=198.19.0.0/16
HOST_END=169.254.71.1
LAB_END=169.254.71.2
TABLE=mqbench-uplink

inside() { nsenter --net="$1" -- sh -c "$2"; }

devices() {
  [ -z "$(ip -4 route show exact "$OUTER")" ] || die "another lab has the uplink: this host has a route to $OUTER already"
  ip link add "$device" type veth peer name uplink netns "$server"
  ip address add "$HOST_END/30" dev "$device"
  ip link set "$device" up
  inside "$server" "ip address add $LAB_END/30 dev uplink && ip link set uplink up &&
    ip route replace default via $HOST_END dev uplink && ip route add $OUTER via $NAT_ADDRESS dev server0 &&
    echo 1 > /proc/sys/net/ipv4/ip_forward"
  inside "$nat" "ip route add default via $SERVER_ADDRESS dev $OUTSIDE"
  ip route add "$OUTER" via "$LAB_END" dev "$device"
}

# The table belongs to the process that makes it, and the kernel removes it with that process (nft(8), flags owner).
rules() {
  echo "add table ip $TABLE { flags owner; }"
  echo "add chain ip $TABLE leaving { type nat hook postrouting priority srcnat; }"
  echo "add rule ip $TABLE leaving ip saddr $OUTER oifname != \"$device\" masquerade"
}

# Devices through which packets of the lab pass: ours, and those that lead out of this host.
passing() {
  echo "$device"
  ip -4 route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }'
  for address in $targets; do ip -4 route get "$address" | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }'; done
}

forward() { # keeps what was not forwarded before
  changed=
  for one in $(passing | sort -u); do
    file=/proc/sys/net/ipv4/conf/$one/forwarding
    if [ -e "$file" ] && [ "$(cat "$file")" = 0 ]; then
      echo 1 > "$file"
      changed="$changed $one"
    fi
  done
}

take_back() {
  for one in $changed; do
    if [ -e "/proc/sys/net/ipv4/conf/$one/forwarding" ]; then echo 0 > "/proc/sys/net/ipv4/conf/$one/forwarding"; fi
  done
  ip link delete "$device" 2>/dev/null || : # it went with the lab
}

on() {
  device=mqb-up-$$
  changed=
  trap take_back EXIT
  devices
  forward
  exec 3<&0
  # The last word keeps the shell from becoming cat, which holds no end of the pipe: nft would end at once.
  { rules; cat <&3 > /dev/null; :; } | nft -i > /dev/null &
  tries=0
  until nft list table ip "$TABLE" > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || die "nft did not make the table $TABLE"
    sleep 0.02
  done
  echo ready
  wait $!
}

action=${1-}
case $action in
  on)
    server=${2-} nat=${3-}
    [ -e "$server" ] && [ -e "$nat" ] || die "say the paths of the namespaces of server and NAT"
    shift 3
    targets=$*
    on ;;
  --help|-h) help ;;
  *) die "say on; see --help" ;;
esac
