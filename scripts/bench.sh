#!/bin/sh
# What mqbench itself reaches on this machine, beside what it should: connects, memory, throughput, the emulator.
# A benchmark, not a test: it says what was reached and ends with 0. Takes about 3 minutes; keep the machine idle.
# `--only holding` (not among the others, 4 minutes more) keeps 18,000 to 50,000 clients for a minute each.
#   scripts/bench.sh [--only connects,throughput,steady,recording,emulator,…] [--json FILE]
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
case "${1:-}" in
  --help) say "usage: scripts/bench.sh [--only GROUP,…] [--json FILE]"; exit 0 ;;
esac
prepare_node
exec node scripts/bench/main.mjs "$@"
