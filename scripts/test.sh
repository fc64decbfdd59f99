#!/usr/bin/env bash
# Every test, in the order in which a failure is cheapest to learn. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0
failed=0

# step TITLE COMMAND...: runs one step and adds up what CTest counted, or one for a step without CTest.
step() {
  local title=$1 log start counts
  shift
  log=$(mktemp)
  start=$SECONDS
  echo "== $title"
  "$@" 2>&1 | tee "$log"
  local status=${PIPESTATUS[0]}
  counts=$(grep -oE '[0-9]+ tests failed out of [0-9]+' "$log" | tail -1)
  rm -f "$log"
  if [ -n "$counts" ]; then
    local lost=${counts%% *} all=${counts##* }
    passed=$((passed + all - lost))
    failed=$((failed + lost))
  elif [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  [ "$status" -ne 0 ] && [ -n "$counts" ] && [ "${counts%% *}" -eq 0 ] && failed=$((failed + 1))
  echo "== $title: $((SECONDS - start)) s, exit $status"
}

step "build release" scripts/build.sh release
step "release: unit, functional and browser tests" ctest --test-dir build/release -LE soak --output-on-failure -j2
step "build dev (ASan, UBSan)" scripts/build.sh dev
step "dev: unit and pool tests" ctest --test-dir build/dev -L 'unit|pool' --output-on-failure -j2
step "build tsan" scripts/build.sh tsan
step "tsan: unit and pool tests" ctest --test-dir build/tsan -L 'unit|pool' --output-on-failure -j2
step "fuzz: 30 s for each target" scripts/fuzz.sh 30
step "20 kills while webhooks arrive" python3 tests/functional/kill9.py --binary build/release/wellspring --kills 20
step "20 kills while webhooks arrive, data in MongoDB" python3 tests/functional/kill9.py --binary build/release/wellspring --kills 20 --mongo

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
