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

link_up() { # namespace, device: the same hardware address at both ends and no ARP, so that loss never hits address resolution
  ip -n "$1" link set "$2" address 02:00:00:00:71:01 arp off mtu "$mtu"
  # Without this the kernel hands over 64 KB at a time, and one lost "packet" would be forty.
  ip -n "$1" link set "$2" gso_max_segs 1 gso_max_size "$mtu"
}

access_link() {
  if [ "$link" = veth ]; then
    ip link add name $ACCESS_C type veth peer name $ACCESS_N
  fi
  ip link set $ACCESS_C netns "$CLIENT"
  ip link set $ACCESS_N netns "$NAT"
  if [ "$link" = veth ]; then
    link_up "$CLIENT" $ACCESS_C
    link_up "$NAT" $ACCESS_N
  fi
  # No link-local addresses: their router solicitations would be counted as traffic.
  six ip -n "$CLIENT" link set $ACCESS_C addrgenmode none
  six ip -n "$NAT" link set $ACCESS_N addrgenmode none
  ip -n "$CLIENT" link set $ACCESS_C mtu "$mtu" txqueuelen 10000 up
  ip -n "$NAT" link set $ACCESS_N mtu "$mtu" txqueuelen 10000 up
  plan "$clients" | awk -v dev=$ACCESS_C -v six="$(six echo yes)" '{
    printf "address add %s/16 dev %s\n", $2, dev
    if (six) printf "address add %s/64 dev %s nodad\n", $3, dev }' |
    ip -n "$CLIENT" -batch -
  ip -n "$NAT" address add $ACCESS_GATEWAY/16 dev $ACCESS_N
  six ip -n "$NAT" address add $ACCESS_GATEWAY6/64 dev $ACCESS_N nodad
  ip -n "$CLIENT" route add default via $ACCESS_GATEWAY dev $ACCESS_C
  six ip -n "$CLIENT" route add default via $ACCESS_GATEWAY6 dev $ACCESS_C
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

server_link() {
  ip link add name $OUTSIDE type veth peer name server0
  ip link set $OUTSIDE netns "$NAT"
  ip link set server0 netns "$SERVER"
  for end in "$NAT $OUTSIDE $NAT_ADDRESS $NAT_ADDRESS6" "$SERVER server0 $SERVER_ADDRESS $SERVER_ADDRESS6"; do
    set -- $end
    ip -n "$1" link set "$2" address 02:00:00:00:72:01 arp off
    ip -n "$1" link set "$2" gso_max_segs 1 gso_max_size "$mtu"
    six ip -n "$1" link set "$2" addrgenmode none
    ip -n "$1" link set "$2" mtu "$mtu" txqueuelen 10000 up
    ip -n "$1" address add "$3/16" dev "$2"
    six ip -n "$1" address add "$4/64" dev "$2" nodad
  done
  ip -n "$SERVER" route add default via $NAT_ADDRESS dev server0
  six ip -n "$SERVER" route add default via $NAT_ADDRESS6 dev server0
}

up() {
  for name in "$CLIENT" "$NAT" "$SERVER"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
  done
  six quiet "$CLIENT"
  six quiet "$NAT"
  # Without it the first address of a network takes the others with it when it goes.
  set_in "$CLIENT" 1 net/ipv4/conf/all/promote_secondaries
  set_in "$NAT" 1 net/ipv4/ip_forward
  six set_in "$NAT" 1 net/ipv6/conf/all/forwarding
  access_link
  server_link
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
