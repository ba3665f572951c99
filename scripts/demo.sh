#!/bin/sh
# The demo: sets up what is missing, then compares TCP, TLS and QUIC on a damaged
# network (scenarios/demo.yaml). Arguments go to `mqbench run`, e.g. --only quic.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
case "${1:-}" in
  --help) say "usage: scripts/demo.sh [options of mqbench run]"; exec node dist/main.js run --help ;;
esac
prepare_node
prepare_tools lab || exit 3
exec node dist/main.js run scenarios/demo.yaml "$@"
