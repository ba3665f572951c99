#!/bin/sh
# A load balancer in front of two brokers that goes by addresses and ports, as those of many data centres do: the place
# where a moved client breaks, because its next packet goes to a broker that does not know it.
#
# usage: balancer.sh on         one address, two brokers behind it
#        balancer.sh off
#        balancer.sh show       packets of new flows sent to each broker
#        balancer.sh --help
#
# Clients dial 198.18.0.100 or fd72::100, on any port. Brokers listen on 198.18.0.11 and 198.18.0.12 (fd72::11, fd72::12)
# in the server namespace, on the same ports. The broker is chosen by a hash of the source's address and port, so a flow
# stays with its broker until its source changes (RFC 9000, section 5.1, is about balancers that do better).
set -eu
. "$(dirname "$0")/common.sh"

on() {
  for last in 11 12; do
    ip -n "$SERVER" address add 198.18.0.$last/16 dev server0
    six ip -n "$SERVER" address add fd72::$last/64 dev server0 nodad
  done
  # Both ends of the link to the server share one hardware address and ask nobody for it, so the NAT sends on what is for
  # the balancer's address and the server namespace takes it and changes the destination.
  ip netns exec "$SERVER" nft -f - <<END
table inet mqbench-balancer {
  chain choose {
    type nat hook prerouting priority dstnat;
    ip daddr $BALANCER_ADDRESS jump four
    ip6 daddr $BALANCER_ADDRESS6 jump six
  }
  chain four {
    meta l4proto tcp jhash ip saddr . tcp sport mod 2 0 counter dnat ip to 198.18.0.11
    meta l4proto tcp counter dnat ip to 198.18.0.12
    meta l4proto udp jhash ip saddr . udp sport mod 2 0 counter dnat ip to 198.18.0.11
    meta l4proto udp counter dnat ip to 198.18.0.12
  }
  chain six {
    meta l4proto tcp jhash ip6 saddr . tcp sport mod 2 0 counter dnat ip6 to fd72::11
    meta l4proto tcp counter dnat ip6 to fd72::12
    meta l4proto udp jhash ip6 saddr . udp sport mod 2 0 counter dnat ip6 to fd72::11
    meta l4proto udp counter dnat ip6 to fd72::12
  }
}
END
  echo "server-address $BALANCER_ADDRESS"
  echo "server-address6 $BALANCER_ADDRESS6"
  for last in 11 12; do echo "broker-address 198.18.0.$last"; echo "broker-address6 fd72::$last"; done
}

off() {
  ip netns exec "$SERVER" nft delete table inet mqbench-balancer
  for last in 11 12; do
    ip -n "$SERVER" address del 198.18.0.$last/16 dev server0
    six ip -n "$SERVER" address del fd72::$last/64 dev server0
  done
}

show() {
  ip netns exec "$SERVER" nft list table inet mqbench-balancer | awk '
    /dnat/ { for (i = 1; i < NF; i++) if ($i == "packets") n = $(i + 1)
      to = $NF; sub(/.*[.:]/, "", to); flows[to] += n }
    END { for (to in flows) print "flows", to, flows[to] }' | sort
}

case ${1-} in
  on) on ;;
  off) off ;;
  show) show ;;
  --help|-h) help ;;
  *) die "say on, off or show; see --help" ;;
esac
