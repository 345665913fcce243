"""Cuts GitHub's API description (OpenAPI, references resolved) to the paths that the double answers.

Usage: cut.py api.github.com.deref.json out.json
"""

import json
import sys

PATHS = [
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/{issue_number}",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/check-runs",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}",
    "/repos/{owner}/{repo}/commits",
    "/repos/{owner}/{repo}/commits/{ref}",
    "/repos/{owner}/{repo}/contents/{path}",
    "/repos/{owner}/{repo}/actions/artifacts",
    "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
]

source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    paths = json.load(file)["paths"]
missing = [path for path in PATHS if path not in paths]
if missing:
    sys.exit(f"not described: {missing}")
with open(target, "w", encoding="utf-8") as file:
    json.dump({"paths": {path: paths[path] for path in PATHS}}, file)
