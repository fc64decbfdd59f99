#!/usr/bin/env bash
# The pools' scenarios under valgrind. Fails for a memory error, a definite leak or a criterion that does not hold; what is measured in
# milliseconds is left to the run without it.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release pool_scenarios_test pool_lifecycle_test
export WELLSPRING_SLOW=1
check() {
  valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=99 \
    --num-callers=25 --fair-sched=yes "build/release/tests/$1" --gtest_brief=1 --gtest_filter="$2"
}
check pool_scenarios_test '*'
check pool_lifecycle_test '*'
