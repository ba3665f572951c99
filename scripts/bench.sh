#!/bin/sh
# What mqbench itself reaches on this machine, beside what it should, and beside the programs of others. A benchmark, not a
# test: it says what was reached. docs/performance.md says how to read it.
#   scripts/bench.sh [--only peers] [--against-build FOLDER] [--against FILE] …    --help says all
set -eu
from=$PWD
cd "$(dirname "$0")/.."
root=$PWD
. scripts/setup.sh
case "${1:-}" in
  --help) exec node -e 'import("./scripts/bench/options.mjs").then(({ help }) => process.stdout.write(help))' ;;
esac
prepare_node
cd "$from" # files and folders of options are where the caller is
exec node "$root/scripts/bench/main.mjs" "$@"
