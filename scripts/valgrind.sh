#!/usr/bin/env bash
# What the pools do with memory, under valgrind: fails for an error, a definite leak or a crash. Whether a criterion holds is not asked here: most are
# about milliseconds, which valgrind stretches; the tests without it judge them. TLS is left out, whose certificates take minutes to read there.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release pool_scenarios_test pool_lifecycle_test
export WELLSPRING_SLOW=1

check() {
  local status=0
  valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=99 --num-callers=25 \
    --child-silent-after-fork=yes --fair-sched=yes "build/release/tests/$1" --gtest_brief=1 --gtest_filter="$2" || status=$?
  # 1: a criterion did not hold; 99: valgrind's.
  [ "$status" -le 1 ] || { echo "$1: exit code $status under valgrind" >&2; exit 1; }
  echo "$1: no memory error, no definite leak"
}

check pool_scenarios_test '*Scenario1WarmStart*:*Scenario7*:*Scenario8*:*Scenario15*:*Scenario18*:*Scenario22*:*Unproved*'
check pool_lifecycle_test '*Scenario16*:*Scenario17*:*CloseLeavesNothing:*OneNameOnePool:*Contradict*'
