#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing need. Does nothing, and uses no network, when all are there.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache mold pkg-config python3 python3-venv python3-yaml curl ca-certificates unzip
  libboost1.81-dev libfmt-dev libspdlog-dev prometheus-cpp-dev libtomlplusplus-dev libcli11-dev
  libcmark-gfm-dev libcmark-gfm-extensions-dev libutf8proc-dev libstemmer-dev libyaml-cpp-dev libsqlite3-dev libssl-dev
  libbson-dev libmongoc-dev libcurl4-openssl-dev libgtest-dev
)
if [[ " $* " == *" --bench "* ]]; then
  packages+=(wrk)
fi
if [[ " $* " == *" --valgrind "* ]]; then
  packages+=(valgrind)
fi
if [[ " $* " == *" --test "* ]]; then
  packages+=(faketime libbenchmark-dev clang clang-tidy clang-format libclang-rt-14-dev chromium chromium-driver)
fi
# The package clients are taken from Debian only where the machine has none.
command -v go >/dev/null || packages+=(golang-go)
command -v mvn >/dev/null || packages+=(maven)
if [[ " $* " == *" --test "* ]]; then
  command -v node >/dev/null || packages+=(nodejs)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -eq 0 ]; then
  sudo=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  sudo=(sudo)
else
  echo "These Debian packages are missing and installing them needs root. Run this, then try again:" >&2
  echo "  sudo apt-get update && sudo ${install[*]}" >&2
  exit 1
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
"${sudo[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" "${install[@]}"
