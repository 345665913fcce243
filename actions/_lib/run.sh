#!/usr/bin/env bash
# The one launcher that every action calls: run.sh BINARY [ARGUMENT...]
#
# It finds the binary and runs it, in this order:
#   1. GATEHOUSE_BINARY_DIR, for runners without network and for the project's own tests;
#   2. the runner's tool cache;
#   3. the release archive that bin-manifest.tsv names, if its SHA-256 is the one that stands there;
#   4. in a checkout of the sources, which has no manifest: a build with cargo.
# A download whose digest differs is never run.
set -euo pipefail

# The launcher's own failures: 4 says that the world outside the gate failed.
die() {
  printf '::error title=Gatehouse launcher::%s\n' "$1"
  printf 'help: %s\n' "$2" >&2
  exit 4
}

[ "$#" -ge 1 ] || die 'no binary named' 'call run.sh BINARY [ARGUMENT...]'
tool=$1
shift
case "$tool" in
  '' | *[!a-z0-9-]*) die 'the binary has an impossible name' 'this is a mistake in the action itself' ;;
esac

# An input that the caller leaves out arrives as an empty variable, which means: not given.
for name in ${!GATEHOUSE_@}; do
  [ -n "${!name}" ] || unset "$name"
done

lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest=$lib/../bin-manifest.tsv
suffix=''
[ "${RUNNER_OS:-}" != Windows ] || suffix=.exe

target() {
  case "${RUNNER_OS:-$(uname -s)}/${RUNNER_ARCH:-$(uname -m)}" in
    Linux/X64 | Linux/x86_64) echo x86_64-unknown-linux-musl ;;
    Linux/ARM64 | Linux/aarch64) echo aarch64-unknown-linux-musl ;;
    macOS/X64 | Darwin/x86_64) echo x86_64-apple-darwin ;;
    macOS/ARM64 | Darwin/arm64) echo aarch64-apple-darwin ;;
    Windows/X64) echo x86_64-pc-windows-msvc ;;
    Windows/ARM64) echo aarch64-pc-windows-msvc ;;
    *) echo unknown ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    die 'neither sha256sum nor shasum is on this runner' 'without one the download cannot be checked, so it is not run'
  fi
}

# Leaves the path of the downloaded binary in $binary.
fetch() {
  local triple row version url expected actual cache work archive found
  triple=$(target)
  row=$(awk -F '\t' -v tool="$tool" -v target="$triple" '$1 == tool && $2 == target { print $3 "\t" $4 "\t" $5; exit }' "$manifest")
  [ -n "$row" ] || die "there is no $tool for $triple" 'set GATEHOUSE_BINARY_DIR to a folder with a binary built for this runner'
  IFS=$'\t' read -r version url expected <<<"$row"
  cache=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:-/tmp}/gatehouse-tools}/gatehouse-$tool/$version/$triple
  binary=$cache/$tool$suffix
  # The marker is written last: a half-written cache is not used.
  if [ -f "$cache.complete" ] && [ "$(cat "$cache.complete")" = "$expected" ] && [ -f "$binary" ]; then
    return
  fi
  work=$(mktemp -d "${RUNNER_TEMP:-/tmp}/gatehouse.XXXXXX")
  archive=$work/archive
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 5 --retry-connrefused --output "$archive" "$url" ||
    die "downloading $tool $version failed" 'see the lines above; a runner without network needs GATEHOUSE_BINARY_DIR'
  actual=$(sha256 "$archive")
  if [ "$actual" != "$expected" ]; then
    rm -rf "$work"
    die "the archive of $tool $version has SHA-256 $actual, not $expected" 'it is not what was released, so it is not run'
  fi
  mkdir "$work/unpacked"
  case "$url" in
    *.zip) unzip -q "$archive" -d "$work/unpacked" ;;
    *) tar -xzf "$archive" -C "$work/unpacked" ;;
  esac
  found=$(find "$work/unpacked" -type f -name "$tool$suffix" | head -n 1)
  [ -n "$found" ] || die "the archive of $tool $version does not hold it" 'this is a mistake in the release'
  mkdir -p "$cache"
  chmod +x "$found"
  mv -f "$found" "$binary"
  printf '%s' "$expected" >"$cache.complete"
  rm -rf "$work"
}

if [ -n "${GATEHOUSE_BINARY_DIR:-}" ]; then
  binary=$GATEHOUSE_BINARY_DIR/$tool$suffix
  [ -f "$binary" ] || die "GATEHOUSE_BINARY_DIR has no $tool$suffix" 'put the binary there, or unset the variable'
elif [ -f "$manifest" ]; then
  fetch
elif [ -f "$lib/../../Cargo.toml" ]; then
  root=$(cd "$lib/../.." && pwd)
  cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" --package "$tool" ||
    die "building $tool failed" 'a checkout of the sources is built with cargo: the runner needs a Rust toolchain'
  binary=${CARGO_TARGET_DIR:-$root/target}/release/$tool$suffix
else
  die 'there is no bin-manifest.tsv beside the actions' 'use a released version of the actions'
fi

exec "$binary" "$@"
