//! Bodies of the shapes that GitHub's API description asks for.

use serde_json::{Value, json};

/// The repository that everything belongs to.
pub const REPOSITORY: &str = "org/consumer";
const API: &str = "https://api.github.com";
const WEB: &str = "https://github.com";
const TIME: &str = "2026-01-02T03:04:05Z";

/// An account.
#[must_use]
pub fn user(login: &str, kind: &str) -> Value {
    let api = format!("{API}/users/{login}");
    let id = login
        .bytes()
        .fold(7_u64, |id, byte| id * 31 % 1_000_003 + u64::from(byte));
    json!({
        "login": login, "id": id, "node_id": format!("U_{id}"), "avatar_url": format!("{WEB}/{login}.png"), "gravatar_id": "",
        "url": api, "html_url": format!("{WEB}/{login}"), "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"), "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"), "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"), "repos_url": format!("{api}/repos"), "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"), "type": kind, "site_admin": false,
    })
}

/// A comment.
#[must_use]
pub fn comment(id: u64, issue: u64, login: &str, kind: &str, body: &str) -> Value {
    json!({
        "id": id, "node_id": format!("IC_{id}"), "url": format!("{API}/repos/{REPOSITORY}/issues/comments/{id}"),
        "html_url": format!("{WEB}/{REPOSITORY}/pull/{issue}#issuecomment-{id}"), "body": body, "user": user(login, kind),
        "created_at": TIME, "updated_at": TIME, "issue_url": format!("{API}/repos/{REPOSITORY}/issues/{issue}"),
        "author_association": "NONE", "performed_via_github_app": null,
    })
}

/// An issue made by `request`.
#[must_use]
pub fn issue(id: u64, number: u64, request: &Value) -> Value {
    let api = format!("{API}/repos/{REPOSITORY}/issues/{number}");
    let labels: Vec<Value> = request["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|name| json!({"id": 1, "node_id": "L_1", "url": format!("{API}/repos/{REPOSITORY}/labels/x"), "name": name, "description": null, "color": "ededed", "default": false}))
        .collect();
    json!({
        "id": id, "node_id": format!("I_{id}"), "url": api, "repository_url": format!("{API}/repos/{REPOSITORY}"),
        "labels_url": format!("{api}/labels{{/name}}"), "comments_url": format!("{api}/comments"), "events_url": format!("{api}/events"),
        "html_url": format!("{WEB}/{REPOSITORY}/issues/{number}"), "number": number, "state": "open", "state_reason": null,
        "title": request["title"], "body": request["body"], "user": user("github-actions[bot]", "Bot"), "labels": labels,
        "assignee": null, "assignees": [], "milestone": null, "locked": false, "comments": 0, "closed_at": null,
        "created_at": TIME, "updated_at": TIME, "author_association": "NONE",
    })
}

/// A check run made by `request`.
#[must_use]
pub fn check_run(id: u64, request: &Value) -> Value {
    let api = format!("{API}/repos/{REPOSITORY}/check-runs/{id}");
    json!({
        "id": id, "head_sha": request["head_sha"], "node_id": format!("CR_{id}"), "external_id": "", "url": api,
        "html_url": format!("{WEB}/{REPOSITORY}/runs/{id}"), "details_url": null, "status": request["status"],
        "conclusion": request["conclusion"], "started_at": TIME, "completed_at": TIME,
        "output": {
            "title": request["output"]["title"], "summary": request["output"]["summary"], "text": null,
            "annotations_count": 0, "annotations_url": format!("{api}/annotations"),
        },
        "name": request["name"], "check_suite": {"id": 5}, "app": null, "pull_requests": [],
    })
}

fn repository(owner: &str) -> Value {
    let name = REPOSITORY.rsplit('/').next().unwrap_or_default();
    let full = format!("{owner}/{name}");
    let api = format!("{API}/repos/{full}");
    let mut repository = json!({
        "id": 11, "node_id": "R_11", "name": name, "full_name": full, "license": null, "forks": 0, "owner": user(owner, "User"),
        "private": false, "html_url": format!("{WEB}/{full}"), "description": null, "fork": false, "url": api,
        "clone_url": format!("{WEB}/{full}.git"), "default_branch": "main", "git_url": format!("git://github.com/{full}.git"),
        "homepage": null, "language": null, "mirror_url": null, "ssh_url": format!("git@github.com:{full}.git"), "svn_url": format!("{WEB}/{full}"),
        "forks_count": 0, "stargazers_count": 0, "watchers_count": 0, "size": 1, "open_issues_count": 0, "has_issues": true,
        "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": true, "archived": false, "disabled": false,
        "pushed_at": TIME, "created_at": TIME, "updated_at": TIME, "open_issues": 0, "watchers": 0,
    });
    for (key, tail) in [
        ("archive_url", "{archive_format}{/ref}"),
        ("assignees_url", "assignees{/user}"),
        ("blobs_url", "git/blobs{/sha}"),
        ("branches_url", "branches{/branch}"),
        ("collaborators_url", "collaborators{/collaborator}"),
        ("comments_url", "comments{/number}"),
        ("commits_url", "commits{/sha}"),
        ("compare_url", "compare/{base}...{head}"),
        ("contents_url", "contents/{+path}"),
        ("contributors_url", "contributors"),
        ("deployments_url", "deployments"),
        ("downloads_url", "downloads"),
        ("events_url", "events"),
        ("forks_url", "forks"),
        ("git_commits_url", "git/commits{/sha}"),
        ("git_refs_url", "git/refs{/sha}"),
        ("git_tags_url", "git/tags{/sha}"),
        ("issue_comment_url", "issues/comments{/number}"),
        ("issue_events_url", "issues/events{/number}"),
        ("issues_url", "issues{/number}"),
        ("keys_url", "keys{/key_id}"),
        ("labels_url", "labels{/name}"),
        ("languages_url", "languages"),
        ("merges_url", "merges"),
        ("milestones_url", "milestones{/number}"),
        ("notifications_url", "notifications"),
        ("pulls_url", "pulls{/number}"),
        ("releases_url", "releases{/id}"),
        ("stargazers_url", "stargazers"),
        ("statuses_url", "statuses/{sha}"),
        ("subscribers_url", "subscribers"),
        ("subscription_url", "subscription"),
        ("tags_url", "tags"),
        ("teams_url", "teams"),
        ("trees_url", "git/trees{/sha}"),
        ("hooks_url", "hooks"),
    ] {
        repository[key] = json!(format!("{api}/{tail}"));
    }
    repository
}

/// An open pull request.
#[must_use]
pub fn pull(number: u64, owner: &str, branch: &str, sha: &str) -> Value {
    let base_owner = REPOSITORY.split('/').next().unwrap_or_default();
    let api = format!("{API}/repos/{REPOSITORY}/pulls/{number}");
    let issue = format!("{API}/repos/{REPOSITORY}/issues/{number}");
    let web = format!("{WEB}/{REPOSITORY}/pull/{number}");
    let link = |to: &str| json!({ "href": to });
    let side = |owner: &str, branch: &str, sha: &str| json!({"label": format!("{owner}:{branch}"), "ref": branch, "sha": sha, "user": user(owner, "User"), "repo": repository(owner)});
    let mut pull = json!({
        "id": 9000 + number, "node_id": format!("PR_{number}"), "url": api, "html_url": web, "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"), "issue_url": issue, "commits_url": format!("{api}/commits"), "review_comments_url": format!("{api}/comments"),
        "review_comment_url": format!("{API}/repos/{REPOSITORY}/pulls/comments{{/number}}"), "comments_url": format!("{issue}/comments"),
        "statuses_url": format!("{API}/repos/{REPOSITORY}/statuses/{sha}"), "number": number, "state": "open", "locked": false,
        "title": "A change", "user": user(owner, "User"), "body": null, "labels": [], "milestone": null, "created_at": TIME,
        "updated_at": TIME, "closed_at": null, "merged_at": null, "merge_commit_sha": null, "assignee": null, "assignees": [],
        "head": side(owner, branch, sha), "base": side(base_owner, "main", &"c".repeat(40)), "author_association": "NONE", "auto_merge": null,
        "draft": false, "requested_reviewers": [], "requested_teams": [],
        "merged": false, "mergeable": null, "mergeable_state": "unknown", "merged_by": null, "comments": 0, "review_comments": 0,
        "maintainer_can_modify": false, "commits": 1, "additions": 1, "deletions": 0, "changed_files": 1,
    });
    pull["_links"] = json!({
        "self": link(&api), "html": link(&web), "issue": link(&issue), "comments": link(&format!("{issue}/comments")),
        "review_comments": link(&format!("{api}/comments")), "review_comment": link(&format!("{API}/repos/{REPOSITORY}/pulls/comments{{/number}}")),
        "commits": link(&format!("{api}/commits")), "statuses": link(&format!("{API}/repos/{REPOSITORY}/statuses/{sha}")),
    });
    pull
}

/// An error as GitHub words it.
#[must_use]
pub fn error(status: u16, message: &str) -> Value {
    json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string()})
}
