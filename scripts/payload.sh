#!/usr/bin/env bash
# The plugin for Payload CMS: builds it, runs its unit tests, then the real Payload against the built program. The first run
# installs about 900 MB of packages into ignored folders, pinned by lockfiles; later runs use no network.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${WELLSPRING_BINARY:-$PWD/build/release/wellspring}
[ -x "$binary" ] || { echo "payload: there is no program at $binary; run 'make build' or set WELLSPRING_BINARY" >&2; exit 1; }
for program in node npm; do
  command -v $program >/dev/null || { echo "payload: '$program' is not installed; on Debian: apt-get install nodejs npm" >&2; exit 1; }
done
node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor >= 2009 ? 0 : 1)' ||
  { echo "payload: Node is $(node --version); Payload and the tests need 20.9 or newer" >&2; exit 1; }

# install DIR: what DIR's lockfile names, unless it is there already.
install() {
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed" && return
  echo "== installing the packages of $1"
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$1/package-lock.json" "$1/node_modules/.installed"
}

install integrations/payload
echo "== building and testing the plugin"
(cd integrations/payload && npm run --silent check && npm run --silent build && npm test --silent)
install tests/payload
# The package as others would install it: what is in its tarball, on this folder's Payload.
packed=tests/payload/node_modules/payload-plugin-wellspring
rm -rf "$packed" && mkdir -p "$packed"
(cd integrations/payload && npm pack --silent --ignore-scripts --pack-destination "$OLDPWD/$packed") > /dev/null
tar -xzf "$packed"/*.tgz -C "$packed" --strip-components=1 && rm "$packed"/*.tgz
echo "== Payload itself"
cd tests/payload
npm run --silent build
# Named conditions keep Node 20 from the editor's modules that choose between two others while they load, which sometimes never ends.
WELLSPRING_BINARY=$binary npm test --silent | grep --line-buffered -v 'Pulling schema from database'
