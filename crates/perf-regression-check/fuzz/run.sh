#!/usr/bin/env bash
# Runs every fuzz target for SECONDS (default 60), JOBS at a time (default 2).
# Needs cargo-fuzz; the sanitizer is switched on in a stable toolchain by RUSTC_BOOTSTRAP.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export RUSTC_BOOTSTRAP=1
seconds=${1:-60}
jobs=${2:-2}
cargo fuzz build
binaries=${CARGO_TARGET_DIR:-target}/$(rustc -vV | sed -n 's/^host: //p')/release
fixtures=../tests/fixtures
for target in fuzz_targets/*.rs; do
  name=$(basename "$target" .rs)
  mkdir -p "corpus/$name"
  find "$fixtures" -type f -not -path '*/generate/*' -size -40k -exec sh -c 'cp "$1" "corpus/$2/$(basename "$(dirname "$1")")-$(basename "$1")"' _ {} "$name" \;
  echo "$name"
done | xargs -P "$jobs" -I NAME sh -c "$binaries/NAME corpus/NAME -max_total_time=$seconds -timeout=10 -rss_limit_mb=1024 -max_len=65536 -verbosity=0 -print_final_stats=1 >fuzz-NAME.log 2>&1 && echo \"ok NAME \$(grep -h -E 'number_of_executed_units|peak_rss_mb' fuzz-NAME.log | tr -s ' ' | tr '\n' ' ')\" || { echo FAILED NAME; tail -n 20 fuzz-NAME.log; exit 1; }"
