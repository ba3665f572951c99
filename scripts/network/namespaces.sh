#!/bin/sh
# Makes or removes the three namespaces of the lab: client ══ access link ══ nat ── server.
#
# usage: namespaces.sh up [--clients N] [--mtu BYTES] [--link veth|given]
#        namespaces.sh down
#        namespaces.sh --help
#
#   --clients N    addresses on the client side, 1 to 5000 (default 1)
#   --mtu BYTES    of the access link, 576 to 9000 (default 1500)
#   --link veth    make the access link as a pair of devices; damage it with netem.sh (default)
#   --link given   devices access-c and access-n exist already in this namespace (the emulator's TUN devices)
#
# Prints what it made, one "name value" per line. Needs root, or a user namespace (unshare -Urnm) with a /run of its own.
# MQBENCH_PREFIX is put before the namespaces' names (default "mqbench-").
set -eu
. "$(dirname "$0")/common.sh"

# The functions down to "up" print lines for ip -batch: it is started once for a namespace, and not once for each of them.

one_address() { # device, hardware address: the same at both ends and no ARP, so that loss never hits address resolution
  echo "link set $1 address $2 arp off mtu $mtu"
  # Without this the kernel hands over 64 KB at a time, and one lost "packet" would be forty.
  echo "link set $1 gso_max_segs 1 gso_max_size $mtu"
}

link_up() { # device
  # No link-local addresses: their router solicitations would be counted as traffic.
  six echo "link set $1 addrgenmode none"
  echo "link set $1 mtu $mtu txqueuelen 10000 up"
}

access_end() { # device
  if [ "$link" = veth ]; then one_address "$1" 02:00:00:00:71:01; fi
  link_up "$1"
}

server_end() { # device, its addresses
  one_address "$1" 02:00:00:00:72:01
  link_up "$1"
  echo "address add $2/16 dev $1"
  six echo "address add $3/64 dev $1 nodad"
}

default_route() { # device, the NAT's addresses
  echo "route add default via $2 dev $1"
  six echo "route add default via $3 dev $1"
}

devices() {
  if [ "$link" = veth ]; then echo "link add name $ACCESS_C type veth peer name $ACCESS_N"; fi
  echo "link set $ACCESS_C netns $CLIENT"
  echo "link set $ACCESS_N netns $NAT"
  echo "link add name $OUTSIDE type veth peer name server0"
  echo "link set $OUTSIDE netns $NAT"
  echo "link set server0 netns $SERVER"
}

in_nat() {
  echo "link set lo up"
  access_end $ACCESS_N
  echo "address add $ACCESS_GATEWAY/16 dev $ACCESS_N"
  six echo "address add $ACCESS_GATEWAY6/64 dev $ACCESS_N nodad"
  server_end $OUTSIDE $NAT_ADDRESS $NAT_ADDRESS6
}

in_client() {
  echo "link set lo up"
  access_end $ACCESS_C
  plan "$clients" | awk -v dev=$ACCESS_C -v six="$(six echo yes)" '{
    printf "address add %s/16 dev %s\n", $2, dev
    if (six) printf "address add %s/64 dev %s nodad\n", $3, dev }'
  default_route $ACCESS_C $ACCESS_GATEWAY $ACCESS_GATEWAY6
}

in_server() {
  echo "link set lo up"
  server_end server0 $SERVER_ADDRESS $SERVER_ADDRESS6
  default_route server0 $NAT_ADDRESS $NAT_ADDRESS6
}

# The kernel's own talk about IPv6 multicast would be counted as traffic, and lost or delayed like it.
quiet() {
  ip netns exec "$1" nft -f - <<END
table ip6 mqbench-quiet {
  chain output {
    type filter hook output priority filter;
    icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report, nd-router-solicit } drop
  }
}
END
}

up() {
  for name in "$CLIENT" "$NAT" "$SERVER"; do ip netns add "$name"; done
  six quiet "$CLIENT"
  six quiet "$NAT"
  # Without it the first address of a network takes the others with it when it goes.
  set_in "$CLIENT" 1 net/ipv4/conf/all/promote_secondaries
  set_in "$NAT" 1 net/ipv4/ip_forward $(six echo net/ipv6/conf/all/forwarding)
  devices | ip -batch -
  # The NAT has no route of its own: the others' find their next hop there.
  in_nat | ip -n "$NAT" -batch -
  in_client | ip -n "$CLIENT" -batch -
  in_server | ip -n "$SERVER" -batch -
  plan "$clients" | while read -r _ inner inner6; do
    echo "client-address $inner"
    echo "client-address6 $inner6"
  done
  echo "server-address $SERVER_ADDRESS"
  echo "server-address6 $SERVER_ADDRESS6"
}

down() {
  for name in "$CLIENT" "$NAT" "$SERVER"; do
    if [ -e "/run/netns/$name" ]; then ip netns delete "$name"; fi
  done
  rm -f "$STATE" "$STATE"-netem-*
}

action=${1-}; [ $# -gt 0 ] && shift
clients=1 mtu=1500 link=veth
while [ $# -gt 0 ]; do
  case $1 in
    --clients) clients=${2-}; shift 2 ;;
    --mtu) mtu=${2-}; shift 2 ;;
    --link) link=${2-}; shift 2 ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
case $clients in ''|*[!0-9]*) die "--clients wants a number" ;; esac
case $mtu in ''|*[!0-9]*) die "--mtu wants a number of bytes" ;; esac
[ "$clients" -ge 1 ] && [ "$clients" -le 5000 ] || die "--clients must be 1 to 5000"
[ "$mtu" -ge 576 ] && [ "$mtu" -le 9000 ] || die "--mtu must be 576 to 9000"
case $link in veth|given) ;; *) die "--link must be veth or given" ;; esac
case $action in
  up) up ;;
  down) down ;;
  --help|-h) help ;;
  *) die "say up or down; see --help" ;;
esac
