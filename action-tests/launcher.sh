#!/usr/bin/env bash
# Tests the launcher's download path with a curl that copies a local file: what is released runs,
# what differs never does, and a cached binary needs no network.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/../actions/_lib" "$work/_lib"
mkdir -p "$work/archive/some-gate-target" "$work/fake" "$work/temp"
# shellcheck disable=SC2016 # the script's own variables are meant
printf '#!/bin/sh\necho "ran with $* and ${GATEHOUSE_EMPTY-unset}"\n' >"$work/archive/some-gate-target/some-gate"
tar -czf "$work/some-gate.tar.gz" -C "$work/archive" some-gate-target
digest=$(sha256sum "$work/some-gate.tar.gz" | cut -d ' ' -f 1)

# shellcheck disable=SC2016 # the script's own variables are meant
printf '#!/usr/bin/env bash\nwhile [ "$#" -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done\n[ -z "${FAKE_DOWN:-}" ] || exit 6\ncp "$FAKE_FILE" "$out"\n' >"$work/fake/curl"
chmod +x "$work/fake/curl"

manifest() {
  printf 'some-gate\tx86_64-unknown-linux-musl\t1.0.0\thttps://example.org/some-gate.tar.gz\t%s\n' "$1" >"$work/bin-manifest.tsv"
}

launch() {
  env -u GATEHOUSE_BINARY_DIR PATH="$work/fake:$PATH" RUNNER_OS=Linux RUNNER_ARCH="${ARCH:-X64}" RUNNER_TEMP="$work/temp" \
    RUNNER_TOOL_CACHE="$work/cache" FAKE_FILE="$work/some-gate.tar.gz" GATEHOUSE_EMPTY='' \
    bash "$work/_lib/run.sh" "$@" 2>&1
}

passed=0
check() {
  local name=$1 status=$2 text=$3
  shift 3
  local output code=0
  output=$("$@") || code=$?
  if [ "$code" -ne "$status" ] || ! grep -qF -- "$text" <<<"$output"; then
    printf 'FAILED   launcher / %s: exit code %s, expected %s with "%s"\n%s\n' "$name" "$code" "$status" "$text" "$output"
    exit 1
  fi
  passed=$((passed + 1))
  echo "ok       launcher / $name"
}

manifest "$(printf 'x%.0s' {1..64})"
check 'another digest is never run' 4 'it is not what was released' launch some-gate compare
[ ! -e "$work/cache/gatehouse-some-gate" ] || { echo 'FAILED   launcher: a bad archive reached the cache'; exit 1; }
manifest "$digest"
check 'no network says so' 4 'downloading some-gate 1.0.0 failed' env FAKE_DOWN=1 bash -c "$(declare -f launch); work='$work'; launch some-gate"
check 'a released binary runs' 0 'ran with compare x y and unset' launch some-gate compare 'x y'
check 'the cache needs no network' 0 'ran with again' env FAKE_DOWN=1 bash -c "$(declare -f launch); work='$work'; launch some-gate again"
manifest "$(printf 'y%.0s' {1..64})"
check 'another digest is not served from the cache' 4 'not yyyy' launch some-gate
ARCH=RISCV check 'an unknown runner is named' 4 'there is no some-gate for unknown' launch some-gate
check 'a path is no name' 4 'impossible name' launch ../../bin/sh
echo "launcher tests: $passed passed, 0 failed"
