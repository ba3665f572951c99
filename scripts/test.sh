#!/bin/sh
# Every test, with its own set-up. Arguments go to vitest, e.g. test/unit.
# Tests that need a tool which cannot be had here are skipped and say so.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
case "${1:-}" in
  --help) say "usage: scripts/test.sh [vitest filters and options]"; exit 0 ;;
esac
prepare_node
# One group at a time: what is missing from one must not keep the others from being installed.
for group in lab probes brokers containers browser vm quic aioquic; do
  prepare_tools "$group" || say "Tests that need the $group tools will be skipped."
done
# Where this machine's kernel has no netem, a virtual one's has: that is fetched now, and not while a test waits for it.
unshare -n tc qdisc add dev lo root netem delay 1ms 2>/dev/null || scripts/netem-vm.sh --prepare >/dev/null ||
  say "Tests that need netem will be skipped."
# Beside each other; both are heard before either ends the run.
npm run --silent types &
lint=0
npm run --silent lint || lint=$?
wait $!
[ "$lint" = 0 ]
MQBENCH_BUILT=1 exec npx vitest run "$@"
