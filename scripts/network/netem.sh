#!/bin/sh
# Damages the access link with the kernel's own emulator, netem, and takes the damage away.
#
# usage: netem.sh apply --up "NETEM" --down "NETEM"     e.g. --up "delay 15ms loss 1%" --down "delay 15ms"
#        netem.sh apply --profile NAME                  one of profiles.conf, e.g. 4g
#        netem.sh blackout SECONDS                      nothing passes, then what was there before
#        netem.sh clear
#        netem.sh show
#        netem.sh --help
#
# --ask (apply): prints "changing" right before the link changes and "changed" right after.
#
# NETEM is what tc-netem(8) describes. Up is client to server. Namespaces are made by namespaces.sh (--link veth).
# The kernel needs sch_netem: modprobe sch_netem.
set -eu
. "$(dirname "$0")/common.sh"

# What a device was told last, in a file; tc shows a delay's distribution to nobody.
told() { # device: leaves it in $before
  before=
  if [ -e "$STATE-netem-$1" ]; then read -r before < "$STATE-netem-$1" || :; fi
}

# Of what a description names a distribution: of the delay, of the wait for a slot.
shapes() { # words
  rest=$1
  case $1 in *"slot distribution"*) printf 'slot '; rest="${1%%slot distribution*}${1#*slot distribution}" ;; esac
  case $rest in *distribution*) printf 'delay ' ;; esac
}

# $3 is split into words on purpose: it is a list of tc arguments.
apply() { # namespace, device, words
  tell "$1" "$2" "$3"
  echo "$3" > "$STATE-netem-$2"
}

tell() {
  # "change" keeps what is in flight, but also every setting that is not named, and a distribution cannot be unsaid.
  told "$2"
  for shape in $(shapes "$before"); do
    case " $(shapes "$3") " in *" $shape "*) ;; *) clear_one "$1" "$2" ;; esac
  done
  all=$3
  case " $all " in *" corrupt "*) ;; *) all="$all corrupt 0%" ;; esac
  case " $all " in *" reorder "*) ;; *) all="$all reorder 0%" ;; esac
  case " $all " in *" rate "*) ;; *) all="$all rate 0bit" ;; esac
  case " $all " in *" slot "*) ;; *) all="$all slot 0us" ;; esac
  tc -n "$1" qdisc change dev "$2" root handle 1: netem $all 2>/dev/null ||
    said=$(tc -n "$1" qdisc replace dev "$2" root handle 1: netem $3 2>&1) || refused "$said"
}

refused() { # what tc said
  case $1 in
    *"qdisc kind is unknown"*)
      die "this kernel has no netem: try \"modprobe sch_netem\"; where it has none, \"mqbench lab\" brings an emulator of its own" ;;
    *) echo "$1" >&2; exit 2 ;;
  esac
}

clear_one() { # namespace, device
  tc -n "$1" qdisc del dev "$2" root 2>/dev/null || :
  rm -f "$STATE-netem-$2"
}

# The two descriptions of a named network, separated by |.
profile() {
  found=$(awk -F '|' -v name="$1" '/^#/ { next } { gsub(/^[ \t]+|[ \t]+$/, "", $1) } $1 == name { print $2 "|" $3 }' \
    "$(dirname "$0")/profiles.conf")
  [ -n "$found" ] || die "there is no network called $1; see profiles.conf"
  echo "$found"
}

blackout() { # seconds
  told $ACCESS_C; before_up=$before
  told $ACCESS_N; before_down=$before
  tell "$CLIENT" $ACCESS_C "loss 100%"
  tell "$NAT" $ACCESS_N "loss 100%"
  sleep "$1"
  apply "$CLIENT" $ACCESS_C "$before_up"
  apply "$NAT" $ACCESS_N "$before_down"
}

action=${1-}; [ $# -gt 0 ] && shift
seconds=
if [ "$action" = blackout ]; then
  seconds=${1-}; [ $# -gt 0 ] && shift
  case $seconds in ''|*[!0-9.]*) die "blackout wants a number of seconds" ;; esac
fi
up= down= up_given= down_given= ask=
while [ $# -gt 0 ]; do
  case $1 in
    --up) up=${2-} up_given=1; shift 2 ;;
    --down) down=${2-} down_given=1; shift 2 ;;
    --ask) ask=1; shift ;;
    --profile)
      both=$(profile "${2-}")
      up=${both%|*} down=${both#*|} up_given=1 down_given=1; shift 2 ;;
    *) die "unknown option $1; see --help" ;;
  esac
done
case $action in
  apply)
    [ -n "$up_given$down_given" ] || die "say --profile, --up or --down"
    [ -z "$ask" ] || echo changing
    if [ -n "$up_given" ]; then apply "$CLIENT" $ACCESS_C "$up"; fi
    if [ -n "$down_given" ]; then apply "$NAT" $ACCESS_N "$down"; fi
    [ -z "$ask" ] || echo changed ;;
  blackout) blackout "$seconds" ;;
  clear)
    clear_one "$CLIENT" $ACCESS_C
    clear_one "$NAT" $ACCESS_N ;;
  show)
    echo "up:";   tc -n "$CLIENT" -s qdisc show dev $ACCESS_C; ip -n "$CLIENT" -s link show dev $ACCESS_C
    echo "down:"; tc -n "$NAT" -s qdisc show dev $ACCESS_N; ip -n "$NAT" -s link show dev $ACCESS_N ;;
  --help|-h) help ;;
  *) die "unknown action '$action'; see --help" ;;
esac
