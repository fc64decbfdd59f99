#!/usr/bin/env bash
# Leaves schemathesis, pinned by scripts/requirements-schemathesis.txt, in .deps/schemathesis: a virtual environment that only the tests use.
# Does nothing, and uses no network, when the pinned packages are there.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=scripts/requirements-schemathesis.txt
folder=.deps/schemathesis
stamp=$folder/requirements.sha256
pinned=$(sha256sum < "$requirements")
[ -x "$folder/bin/schemathesis" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$pinned" ] && exit 0

echo "Fetching schemathesis into $folder"
rm -rf "$folder"
mkdir -p .deps
python3 -m venv "$folder" || { echo "setup: making a virtual environment failed. On Debian: apt-get install python3-venv." >&2; exit 1; }
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r "$requirements" || {
  echo "setup: installing the packages of $requirements failed. They are pinned for x86-64 and Python 3.11 or 3.13; this is $(uname -m) and" \
    "$(python3 --version). Check the network and pip's settings (python3 -m pip config list)." >&2
  exit 1
}
echo "$pinned" > "$stamp"
