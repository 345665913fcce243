//! What a repository holds: files at the tip of its default branch, commits, artifacts of runs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::shape::{self, REPOSITORY};
use crate::state::State;

const API: &str = "https://api.github.com";
const WEB: &str = "https://github.com";
const TIME: &str = "2026-01-02T03:04:05Z";

impl State {
    /// Adds a commit on top of the others.
    pub fn push_commit(&mut self, sha: &str, message: &str) {
        let parent = self.commits.first().map(|commit| commit["sha"].clone());
        self.commits
            .insert(0, commit(sha, message, parent.as_ref()));
    }

    /// Adds an artifact of a workflow run; its number.
    pub fn add_artifact(&mut self, run: u64, name: &str, bytes: usize) -> u64 {
        let id = self.id();
        self.artifacts.push((run, artifact(id, run, name, bytes)));
        id
    }
}

/// Answers what is asked of files, commits and artifacts; `None` when it is something else.
pub(crate) fn answer(
    state: &mut State,
    method: &str,
    parts: &[&str],
    body: &Value,
    page: impl Fn(Vec<Value>) -> Value,
) -> Option<(u16, Value)> {
    Some(match (method, parts) {
        ("GET", ["commits"]) => (200, page(state.commits.clone())),
        ("GET", ["commits", name]) => found(
            state
                .commits
                .iter()
                .find(|commit| commit["sha"] == *name || *name == "main"),
        ),
        ("GET", ["contents", path @ ..]) => {
            let path = path.join("/");
            let known = state.files.iter().find(|(known, _)| *known == path);
            found(known.map(|(path, text)| file(path, text)).as_ref())
        }
        ("PUT", ["contents", path @ ..]) => put(state, &path.join("/"), body),
        ("GET", ["actions", "artifacts"]) => {
            let all = state.artifacts.iter().map(|(_, artifact)| artifact.clone());
            (200, artifacts(all.collect(), page))
        }
        ("GET", ["actions", "artifacts", id]) => {
            let id = id.parse::<u64>().unwrap_or(0);
            let mut all = state.artifacts.iter().map(|(_, artifact)| artifact);
            found(all.find(|artifact| artifact["id"] == id))
        }
        ("GET", ["actions", "runs", run, "artifacts"]) => {
            let of = state
                .artifacts
                .iter()
                .filter(|(of, _)| run.parse() == Ok(*of));
            (
                200,
                artifacts(of.map(|(_, artifact)| artifact.clone()).collect(), page),
            )
        }
        _ => return None,
    })
}

fn found(value: Option<&Value>) -> (u16, Value) {
    value.map_or_else(
        || (404, shape::error(404, "Not Found")),
        |value| (200, value.clone()),
    )
}

fn artifacts(all: Vec<Value>, page: impl Fn(Vec<Value>) -> Value) -> Value {
    json!({ "total_count": all.len(), "artifacts": page(all) })
}

/// Writes a file as GitHub does: over an old one only by whoever names its hash.
fn put(state: &mut State, path: &str, body: &Value) -> (u16, Value) {
    let (Some(text), Some(message)) = (
        body["content"].as_str().and_then(decoded),
        body["message"].as_str(),
    ) else {
        return (422, shape::error(422, "Invalid request."));
    };
    let known = state.files.iter().position(|(known, _)| known == path);
    let status = match known {
        Some(at) if body["sha"] != blob(&state.files[at].1) => {
            let message = format!("{path} does not match {}", blob(&state.files[at].1));
            return (409, shape::error(409, &message));
        }
        Some(at) => {
            state.files[at].1.clone_from(&text);
            200
        }
        None => {
            state.files.push((path.to_owned(), text.clone()));
            201
        }
    };
    let sha = blob(&format!("{path}{text}{}", state.commits.len()));
    state.push_commit(&sha, message);
    let written = &state.commits[0]["commit"];
    let commit = json!({
        "sha": sha, "node_id": "C_1", "url": format!("{API}/repos/{REPOSITORY}/git/commits/{sha}"),
        "html_url": format!("{WEB}/{REPOSITORY}/commit/{sha}"), "author": written["author"], "committer": written["committer"],
        "message": message, "tree": written["tree"], "parents": [], "verification": verification(),
    });
    (
        status,
        json!({ "content": file(path, &text), "commit": commit }),
    )
}

fn file(path: &str, text: &str) -> Value {
    let (sha, api) = (
        blob(text),
        format!("{API}/repos/{REPOSITORY}/contents/{path}?ref=main"),
    );
    let git = format!("{API}/repos/{REPOSITORY}/git/blobs/{sha}");
    let html = format!("{WEB}/{REPOSITORY}/blob/main/{path}");
    json!({
        "type": "file", "encoding": "base64", "size": text.len(), "name": path.rsplit('/').next(), "path": path,
        "content": encoded(text), "sha": sha, "url": api, "git_url": git, "html_url": html, "download_url": format!("{WEB}/{REPOSITORY}/raw/main/{path}"),
        "_links": { "self": api, "git": git, "html": html },
    })
}

fn verification() -> Value {
    json!({ "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null })
}

fn commit(sha: &str, message: &str, parent: Option<&Value>) -> Value {
    let api = format!("{API}/repos/{REPOSITORY}/commits/{sha}");
    let person = json!({ "name": "A Person", "email": "person@example.org", "date": TIME });
    let tree = json!({ "sha": blob(sha), "url": format!("{API}/repos/{REPOSITORY}/git/trees/{}", blob(sha)) });
    let parents: Vec<Value> = parent
        .map(|sha| {
            let sha = sha.as_str().unwrap_or_default();
            json!({ "sha": sha, "url": format!("{API}/repos/{REPOSITORY}/commits/{sha}"), "html_url": format!("{WEB}/{REPOSITORY}/commit/{sha}") })
        })
        .into_iter()
        .collect();
    json!({
        "url": api, "sha": sha, "node_id": "C_1", "html_url": format!("{WEB}/{REPOSITORY}/commit/{sha}"), "comments_url": format!("{api}/comments"),
        "commit": {
            "url": format!("{API}/repos/{REPOSITORY}/git/commits/{sha}"), "author": person, "committer": person, "message": message,
            "comment_count": 0, "tree": tree, "verification": verification(),
        },
        "author": shape::user("person", "User"), "committer": shape::user("person", "User"), "parents": parents,
    })
}

fn artifact(id: u64, run: u64, name: &str, bytes: usize) -> Value {
    let api = format!("{API}/repos/{REPOSITORY}/actions/artifacts/{id}");
    json!({
        "id": id, "node_id": format!("A_{id}"), "name": name, "size_in_bytes": bytes, "url": api,
        "archive_download_url": format!("{api}/zip"), "expired": false, "created_at": TIME, "expires_at": TIME, "updated_at": TIME,
        "workflow_run": { "id": run, "repository_id": 11, "head_repository_id": 11, "head_branch": "main", "head_sha": blob("head") },
    })
}

/// A name for a content: forty digits that differ where contents differ. Not git's own hash.
fn blob(text: &str) -> String {
    let mut name = String::new();
    for salt in 0_u64..5 {
        let word = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ salt, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let _ = write!(name, "{:08x}", word >> 32);
    }
    name
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn decoded(text: &str) -> Option<String> {
    use base64::Engine as _;
    let plain: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(plain)
        .ok()?;
    String::from_utf8(bytes).ok()
}
