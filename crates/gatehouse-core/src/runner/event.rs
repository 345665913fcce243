//! The event that started the workflow: the few fields gates use, read leniently.
//!
//! The payload's shape differs per event and grows over time, so a field that is missing or odd
//! is `None`, never an error.

use std::path::Path;

use serde_json::Value;

use crate::files::read_bounded;
use crate::ids::CommitSha;

/// GitHub caps event payloads at 25 MB.
const LIMIT: u64 = 32 * 1024 * 1024;

/// What a gate may want to know of the event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The pull request, in `pull_request` and `pull_request_target` events.
    pub pull_request: Option<PullRequest>,
    /// The workflow run that this one follows, in `workflow_run` events.
    pub workflow_run: Option<WorkflowRun>,
    /// The commit that the branch pointed to before a push.
    pub before: Option<CommitSha>,
}

/// A finished workflow run, as the event of the run after it describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    /// Its number.
    pub id: u64,
    /// The commit that it ran on.
    pub head_sha: CommitSha,
    /// The branch of that commit.
    pub head_branch: Option<String>,
    /// The account whose repository the branch is in.
    pub head_owner: Option<String>,
    /// The pull request, where GitHub says: it does not for forks.
    pub pull_request: Option<u64>,
}

/// A pull request as the event describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The tip of the proposed branch.
    pub head: Option<CommitSha>,
    /// The tip of the target branch when the event fired.
    pub base: Option<CommitSha>,
    /// Whether the branch lives in another repository: then the token is read-only.
    pub from_fork: bool,
}

impl Event {
    pub(super) fn from_file(path: &Path) -> Option<Self> {
        let payload: Value = serde_json::from_slice(&read_bounded(path, LIMIT).ok()?).ok()?;
        Some(Self::from_payload(&payload))
    }

    /// Reads a webhook payload.
    #[must_use]
    pub fn from_payload(payload: &Value) -> Self {
        let sha = |value: &Value| {
            value
                .as_str()
                .and_then(|text| CommitSha::try_from(text.to_owned()).ok())
        };
        let pull_request = payload.get("pull_request").and_then(|pull| {
            let repository = |side: &str| {
                pull.pointer(&format!("/{side}/repo/id"))
                    .and_then(Value::as_u64)
            };
            Some(PullRequest {
                number: pull.get("number")?.as_u64()?,
                head: pull.pointer("/head/sha").and_then(sha),
                base: pull.pointer("/base/sha").and_then(sha),
                // A deleted head repository is null: then it was another one.
                from_fork: repository("base").is_some() && repository("head") != repository("base"),
            })
        });
        let workflow_run = payload.get("workflow_run").and_then(|run| {
            let text = |pointer: &str| {
                run.pointer(pointer)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            Some(WorkflowRun {
                id: run.get("id")?.as_u64()?,
                head_sha: run.get("head_sha").and_then(sha)?,
                head_branch: text("/head_branch"),
                head_owner: text("/head_repository/owner/login"),
                pull_request: run
                    .pointer("/pull_requests/0/number")
                    .and_then(Value::as_u64),
            })
        });
        Self {
            pull_request,
            workflow_run,
            before: payload.get("before").and_then(sha),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forks_are_told_by_repository_id() {
        let of = |head: Value| {
            let pull = json!({"pull_request": {"number": 1, "head": {"repo": head}, "base": {"repo": {"id": 1}}}});
            Event::from_payload(&pull).pull_request.unwrap().from_fork
        };
        assert!(!of(json!({"id": 1})));
        assert!(of(json!({"id": 2})));
        assert!(of(json!(null)));
    }

    #[test]
    fn odd_payloads_are_empty() {
        for odd in [
            json!(null),
            json!([]),
            json!({"pull_request": 3}),
            json!({"before": "nope"}),
        ] {
            assert_eq!(Event::from_payload(&odd), Event::default());
        }
    }
}
