#!/usr/bin/env bash
# Runs the actions as actions, under act in host mode.
# Needs: act, curl, git, jq on PATH; GATEHOUSE_BINARY_DIR with the built binaries; FAKE_GITHUB, the
# double of GitHub.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
: "${GATEHOUSE_BINARY_DIR:?set it to the folder with the built binaries}"
: "${FAKE_GITHUB:?set it to the built double of GitHub}"
work=$(mktemp -d)
# A pull request of a fork is open in it.
address=127.0.0.1:18931
"$FAKE_GITHUB" "$address" 9:stranger:change:dddddddddddddddddddddddddddddddddddddddd &
fake=$!
trap 'kill "$fake"; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT

git init --quiet --bare "$work/shared/ledger.git"

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
git -C "$repository" remote add origin https://github.com/org/consumer.git
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
  # A workflow names the event it is about in its first lines: "# event: pull_request fork.json".
  event=(push)
  if read -r name payload < <(sed -n 's/^# event: //p' "$workflow"); then
    event=("$name" --eventpath "$repository/fixtures/$payload")
  fi
  (cd "$repository" && act "${event[@]}" \
    --workflows "$workflow" \
    --platform ubuntu-latest=-self-hosted \
    --local-repository "org/actions@v1=$tree" \
    --env GATEHOUSE_BINARY_DIR="$GATEHOUSE_BINARY_DIR" \
    --env FAKE_GITHUB_URL="http://$address" \
    --env SHARED="$work/shared" \
    --no-skip-checkout=false \
    --pull=false) >"$log" 2>&1 || true
  while read -r job; do
    # The jobs of a matrix are numbered.
    if grep -qE "/$job(-[0-9]+)? *\].*Job succeeded" "$log" && ! grep -qE "/$job(-[0-9]+)? *\].*Job failed" "$log"; then
      passed=$((passed + 1))
      echo "ok       $(basename "$workflow" .yml) / $job"
    else
      failed=$((failed + 1))
      echo "FAILED   $(basename "$workflow" .yml) / $job"
      grep -E "/$job(-[0-9]+)? *\]" "$log" | tail -n 40 || tail -n 40 "$log"
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
