#!/usr/bin/env bash
# Builds FerretDB, a MongoDB-compatible server, for the tests that want a real one: .deps/ferretdb/ferretdb. Its modules are pinned by
# tests/ferretdb/go.mod and go.sum. Does nothing, and uses no network, when it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's|^require github.com/FerretDB/FerretDB ||p' tests/ferretdb/go.mod)
target=.deps/ferretdb/ferretdb
[ -x "$target" ] && [ "$(cat "$target.version" 2>/dev/null)" = "$version" ] && exit 0

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp tests/ferretdb/* "$work"
echo "Building FerretDB $version (about two minutes)"
(
  cd "$work"
  go mod vendor
  # The published module lacks the file that its version package needs.
  echo "$version" > vendor/github.com/FerretDB/FerretDB/build/version/version.txt
  go build -mod=vendor -o ferretdb github.com/FerretDB/FerretDB/cmd/ferretdb
)
mkdir -p "$(dirname "$target")"
mv "$work/ferretdb" "$target"
echo "$version" > "$target.version"
