#!/bin/sh
# Damages the access link with the kernel's own emulator, netem, and takes the damage away.
#
# usage: netem.sh apply --up "NETEM" --down "NETEM"     e.g. --up "delay 15ms loss 1%" --down "delay 15ms"
#        netem.sh clear
#        netem.sh show
#        netem.sh --help
#
# NETEM is what tc-netem(8) describes. Up is client to server. Namespaces are made by namespaces.sh (--link veth).
# The kernel needs sch_netem: modprobe sch_netem.
set -eu
. "$(dirname "$0")/common.sh"

# $3 is split into words on purpose: it is a list of tc arguments.
apply() {
  # "change" keeps what is in flight; the first time there is nothing to change.
  ip netns exec "$1" tc qdisc change dev "$2" root handle 1: netem $3 2>/dev/null ||
    ip netns exec "$1" tc qdisc replace dev "$2" root handle 1: netem $3
}

action=${1-}; [ $# -gt 0 ] && shift
up= down= up_given= down_given=
while [ $# -gt 0 ]; do
  case $1 in
    --up) up=${2-} up_given=1; shift 2 ;;
    --down) down=${2-} down_given=1; shift 2 ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
case $action in
  apply)
    [ -n "$up_given$down_given" ] || die "say --up or --down, or both"
    if [ -n "$up_given" ]; then apply "$CLIENT" $ACCESS_C "$up"; fi
    if [ -n "$down_given" ]; then apply "$NAT" $ACCESS_N "$down"; fi ;;
  clear)
    ip netns exec "$CLIENT" tc qdisc del dev $ACCESS_C root 2>/dev/null || :
    ip netns exec "$NAT" tc qdisc del dev $ACCESS_N root 2>/dev/null || : ;;
  show)
    echo "up:";   ip netns exec "$CLIENT" tc -s qdisc show dev $ACCESS_C; ip -n "$CLIENT" -s link show dev $ACCESS_C
    echo "down:"; ip netns exec "$NAT" tc -s qdisc show dev $ACCESS_N; ip -n "$NAT" -s link show dev $ACCESS_N ;;
  --help|-h) help ;;
  *) die "unknown action '$action'; see --help" ;;
esac
