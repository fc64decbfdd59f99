#!/usr/bin/env bash
# Runs every fuzz target for some seconds over its seed corpus, two at a time: scripts/fuzz.sh SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
scripts/build.sh fuzz fuzzers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
findings=build/fuzz/findings
mkdir -p "$findings"

fuzz_one() {
  local target=$1 name
  name=$(basename "$target")
  local corpus=("$work/$name")
  mkdir -p "$work/$name"
  [ -d "tests/fuzz/corpus/$name" ] && corpus+=("tests/fuzz/corpus/$name")
  if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 \
      -artifact_prefix="$findings/$name-" "${corpus[@]}" > "$work/$name.log" 2>&1; then
    echo "  $name: $(grep -o 'stat::number_of_executed_units: *[0-9]*' "$work/$name.log" | grep -o '[0-9]*$') inputs in ${seconds}s, no finding"
  else
    echo "  $name: FAILED"
    tail -40 "$work/$name.log"
    echo "  the inputs are in $findings"
    return 1
  fi
}
export -f fuzz_one
export work seconds findings
find build/fuzz/fuzz -maxdepth 1 -type f -executable | sort | xargs -P 2 -I{} bash -c 'fuzz_one {}'
