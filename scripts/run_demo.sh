#!/usr/bin/env bash
# Brings the documentation into the knowledge base, then serves it: scripts/run_demo.sh DATA_DIR LISTEN
set -euo pipefail
cd "$(dirname "$0")/.."
data_dir=$1
listen=$2
build/release/wellspring import --data-dir "$data_dir" --log-level warning docs README.md CHANGELOG.md
echo "Open http://localhost:${listen##*:}/ui/ and ask, for example: What happens when an article is unpublished?"
exec build/release/wellspring serve --data-dir "$data_dir" --listen "$listen"
