#!/usr/bin/env bash
# Formatting, layers and clang-tidy.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run --Werror
python3 scripts/check_layers.py
scripts/build.sh clang
git ls-files 'src/*.cpp' | grep -v _source.cpp | xargs -P 2 -n 4 clang-tidy -p build/clang --quiet
