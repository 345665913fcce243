#!/usr/bin/env bash
# Runs the actions as actions, under act in host mode.
# Needs: act, git, jq on PATH; GATEHOUSE_BINARY_DIR with the built binaries.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
: "${GATEHOUSE_BINARY_DIR:?set it to the folder with the built binaries}"
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT

tree=$work/tree
(cd "$root" && cargo run --quiet --package xtask -- release-tree "$tree")

# The repository of a consumer: the assembled tree, the fixtures, two commits of which the second
# makes the measured script slower.
repository=$work/repository
cp -R "$tree" "$repository"
mkdir -p "$repository/.github/workflows"
cp -R "$here/fixtures" "$repository/fixtures"
cp "$here"/workflows/*.yml "$repository/.github/workflows/"
git_quiet() {
  git -C "$repository" -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false "$@" >/dev/null
}
git -C "$repository" init --quiet --initial-branch main
git -C "$repository" remote add origin https://github.com/example/consumer.git
echo 100 >"$repository/factor.txt"
git_quiet add --all
git_quiet commit --message 'first'
echo 120 >"$repository/factor.txt"
git_quiet commit --all --message 'second, slower'

# act wants the pinned checkout by name; in host mode it brings its own.
failed=0
passed=0
for workflow in "$repository"/.github/workflows/*.yml; do
  log=$work/$(basename "$workflow").log
  (cd "$repository" && act push \
    --workflows "$workflow" \
    --platform ubuntu-latest=-self-hosted \
    --local-repository "org/actions@v1=$tree" \
    --env GATEHOUSE_BINARY_DIR="$GATEHOUSE_BINARY_DIR" \
    --no-skip-checkout=false \
    --pull=false) >"$log" 2>&1 || true
  while read -r job; do
    if grep -q "/$job *\].*Job succeeded" "$log"; then
      passed=$((passed + 1))
      echo "ok       $(basename "$workflow" .yml) / $job"
    else
      failed=$((failed + 1))
      echo "FAILED   $(basename "$workflow" .yml) / $job"
      grep "/$job *\]" "$log" | tail -n 40 || tail -n 40 "$log"
    fi
  done < <(awk '/^jobs:/ { inside = 1; next } inside && /^  [a-z-]+:$/ { sub(":", ""); print $1 }' "$workflow")
  # Hostile names must not have become commands: act marks a command that it obeys with a sign.
  if grep -qE '(❗|⚠|💬) +::[a-z]+ title=owned' "$log"; then
    failed=$((failed + 1))
    echo "FAILED   $(basename "$workflow" .yml): a benchmark's name was obeyed as a command"
  fi
done
echo "action tests: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
