#!/bin/sh
# The NAT of the lab: source NAT with a pool of outer addresses, and its rebinds.
#
# usage: nat.sh on [--clients N] [--shared]     every client gets an outer address of its own (--shared: one for all)
#        nat.sh rebind [--what address|port|both] [--only INNER,INNER…]
#        nat.sh return [--only INNER,INNER…]    back to the outer address and port range of the beginning
#        nat.sh address-change [--only INNER,INNER…]   the clients' own addresses change, and the outer ones with them
#        nat.sh policy forward|drop             what happens to TCP packets of a flow the NAT no longer knows
#        nat.sh block-udp | unblock-udp         what some company networks do
#        nat.sh show                            outer address of each client, and the number of known flows
#        nat.sh --help
#
# --ask (any action): who runs the script is told when the network changes. It prints "changing" right before and "changed"
# right after; and instead of forgetting flows it prints "forget all" or "forget ADDRESS…", and waits for a line: whoever
# runs it forgets them and knows when, to the microsecond. The start of conntrack alone takes 10 ms and more.
#
# A rebind gives the clients (all, or those named) other outer addresses, or other outer ports, or both, and forgets
# their flows. Each action prints what it did, one "name value" per line: the proof that it happened.
set -eu
. "$(dirname "$0")/common.sh"

in_nat() { ip netns exec "$NAT" "$@"; }

# Outer ports come from two halves of the range; a port rebind moves to the other half, so every port really changes.
rules() {
  cat <<END
table inet mqbench {
  map outer { type ipv4_addr : ipv4_addr; }
  map outer6 { type ipv6_addr : ipv6_addr; }
  set upper { type ipv4_addr; }
  set upper6 { type ipv6_addr; }
  chain translate {
    type nat hook postrouting priority srcnat;
    oifname != "$OUTSIDE" accept
    ip saddr @upper meta l4proto { tcp, udp } snat ip to ip saddr map @outer : 33000-64999
    ip6 saddr @upper6 meta l4proto { tcp, udp } snat ip6 to ip6 saddr map @outer6 : 33000-64999
    meta l4proto { tcp, udp } snat ip to ip saddr map @outer : 1024-32999
    meta l4proto { tcp, udp } snat ip6 to ip6 saddr map @outer6 : 1024-32999
    snat ip to ip saddr map @outer
    snat ip6 to ip6 saddr map @outer6
  }
  # What has no mapping (a client's old address, a packet that no flow explains) must not leave with an inner address.
  chain leaving {
    type filter hook postrouting priority srcnat + 10;
    oifname "$OUTSIDE" ip saddr $INNER counter drop
    oifname "$OUTSIDE" ip6 saddr $INNER6 counter drop
  }
  chain unknown { }
  chain blocked { }
  chain forward {
    type filter hook forward priority filter;
    jump blocked
    jump unknown
  }
}
END
}

# Fills the maps from the state file, in one transaction.
load() {
  {
    for name in "map outer" "map outer6" "set upper" "set upper6"; do echo "flush ${name% *} inet mqbench ${name#* }"; done
    awk '{
      pool = $4 % 62500
      printf "add element inet mqbench outer { %s : 198.19.%d.%d }\n", $2, int(pool / 250), 1 + pool % 250
      printf "add element inet mqbench outer6 { %s : fd73::%x }\n", $1, pool + 1
      if ($5) printf "add element inet mqbench upper { %s }\nadd element inet mqbench upper6 { %s }\n", $2, $1
    }' "$STATE"
  } | in_nat nft -f -
}

outer() { # name: the outer address and port range of each client
  awk -v name="$1" '{ pool = $4 % 62500
    printf "%s %s 198.19.%d.%d:%s\n", name, $2, int(pool / 250), 1 + pool % 250, $5 ? "33000-64999" : "1024-32999" }' "$STATE"
}

# changing COMMAND…: runs what changes the network; with --ask it says when.
changing() {
  [ -z "$ask" ] || echo changing
  "$@"
  [ -z "$ask" ] || echo changed
}

flows() { echo "$1 $(in_nat conntrack -C)"; }

forget() { # the flows of the clients named, or all
  if [ -n "$ask" ]; then
    if [ -z "$only" ]; then echo "forget all"; else
      echo "forget $(awk -v only=",$only," 'index(only, "," $2 ",") { printf "%s %s ", $2, $1 }' "$STATE.before")"
    fi
    read -r _ || die "nobody forgot the flows"
  elif [ -z "$only" ]; then
    in_nat conntrack -F 2>/dev/null
  else
    for inner in $(echo "$only" | tr , ' '); do
      in_nat conntrack -D -s "$inner" >/dev/null 2>&1 || : # 1: it had no flow
      inner6=$(awk -v inner="$inner" '$2 == inner { print $1 }' "$STATE.before")
      in_nat conntrack -D -f ipv6 -s "$inner6" >/dev/null 2>&1 || :
    done
  fi
}

on() {
  rules | in_nat nft -f -
  plan "$clients" | awk -v shared="$shared" '{ home = shared ? 0 : $1; print $3, $2, home, home, 0 }' > "$STATE"
  load
  # The outer addresses belong to nobody; what comes for one of them without a known flow goes nowhere.
  ip -n "$NAT" route add blackhole 198.19.0.0/16
  six ip -n "$NAT" route add blackhole fd73::/64
  # Damage on the link reorders segments beyond the window now and then; that must not end the flow's translation.
  set_in "$NAT" 1 net/netfilter/nf_conntrack_tcp_be_liberal
  # As long as RFC 4787 (REQ-5) recommends: a client that sends MQTT's pings alone, the first after 45 s with a keepalive
  # of 60 s, must not lose its mapping over UDP (30 s by default) while it keeps it over TCP.
  set_in "$NAT" 300 net/netfilter/nf_conntrack_udp_timeout net/netfilter/nf_conntrack_udp_timeout_stream
}

# move AWK-PROGRAM: changes $4 (outer) and $5 (upper half of the ports) of the clients named; "fresh" is an unused number
move() {
  [ -s "$STATE" ] || die "the NAT is not on (nat.sh on)"
  check_only
  outer before
  flows flows-before
  awk -v only=",$only," -v count="$(wc -l < "$STATE")" '
    { line[NR] = $0; if ($4 > top) top = $4 }
    END {
      for (i = 1; i <= NR; i++) {
        $0 = line[i]
        if (only == ",," || index(only, "," $2 ",")) { if (!($4 in fresh)) fresh[$4] = ++top; '"$1"' }
        print
      }
    }' "$STATE" > "$STATE.new"
  mv "$STATE" "$STATE.before"
  mv "$STATE.new" "$STATE"
  load
  forget
  rm -f "$STATE.before"
  outer after
  flows flows-after
}

# The other address of a client: 10.71.1.7 and 10.71.129.7, fd71::1:7 and fd71::2:7.
address_change() {
  cp "$STATE" "$STATE.old"
  awk '{ print "inner-before", $2 }' "$STATE.old"
  move 'split($2, part, "."); part[3] = part[3] > 127 ? part[3] - 128 : part[3] + 128
        $2 = part[1] "." part[2] "." part[3] "." part[4]
        if (!sub(/::1:/, "::2:", $1)) sub(/::2:/, "::1:", $1)
        $4 = fresh[$4]'
  paste -d ' ' "$STATE.old" "$STATE" | awk -v dev=$ACCESS_C -v six="$(six echo yes)" '$2 != $7 {
    printf "address add %s/16 dev %s\naddress del %s/16 dev %s\n", $7, dev, $2, dev
    if (six) printf "address add %s/64 dev %s nodad\naddress del %s/64 dev %s\n", $6, dev, $1, dev
  }' | changing ip -n "$CLIENT" -batch -
  awk '{ print "inner-after", $2; print "inner-after6", $1 }' "$STATE"
  rm -f "$STATE.old"
}

dropped() { # chain: the packets its rules have dropped
  in_nat nft list chain inet mqbench "$1" | awk '/packets/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) }
    END { print n + 0 }'
}

check_only() {
  for inner in $(echo "$only" | tr , ' '); do
    awk -v inner="$inner" '$2 == inner { found = 1 } END { exit !found }' "$STATE" || die "no client has the address $inner"
  done
}

policy() {
  in_nat nft flush chain inet mqbench unknown
  if [ "$1" = drop ]; then
    in_nat nft add rule inet mqbench unknown 'meta l4proto tcp ct state new tcp flags & (fin|syn|rst|ack) != syn counter drop'
  fi
  echo "policy $1"
}

action=${1-}; [ $# -gt 0 ] && shift
clients=1 shared=0 what=address only= argument= ask=
while [ $# -gt 0 ]; do
  case $1 in
    --clients) clients=${2-}; shift 2 ;;
    --shared) shared=1; shift ;;
    --what) what=${2-}; shift 2 ;;
    --only) only=${2-}; shift 2 ;;
    --ask) ask=1; shift ;;
    forward|drop) argument=$1; shift ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
case $clients in ''|*[!0-9]*) die "--clients wants a number" ;; esac
case $action in
  on) on ;;
  rebind)
    case $what in
      address) move '$4 = fresh[$4]' ;;
      port) move '$5 = !$5' ;;
      both) move '$4 = fresh[$4]; $5 = !$5' ;;
      *) die "--what must be address, port or both" ;;
    esac ;;
  return) move '$4 = $3; $5 = 0' ;;
  policy) [ -n "$argument" ] || die "say forward or drop"; policy "$argument" ;;
  block-udp) changing in_nat nft add rule inet mqbench blocked meta l4proto udp counter drop; echo "udp blocked" ;;
  unblock-udp) echo "dropped $(dropped blocked)"; changing in_nat nft flush chain inet mqbench blocked; echo "udp open" ;;
  address-change) address_change ;;
  show)
    [ -s "$STATE" ] || die "the NAT is not on (nat.sh on)"
    outer outer; flows flows
    echo "dropped-unknown $(dropped unknown)"; echo "dropped-udp $(dropped blocked)" ;;
  --help|-h) help ;;
  *) die "unknown action '$action'; see --help" ;;
esac
