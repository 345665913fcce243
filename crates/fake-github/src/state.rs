//! What the double remembers.

use serde_json::{Value, json};

use crate::shape;

/// One repository's issues, pull requests, comments, check runs, files, commits and artifacts, as the
/// API shows them.
#[derive(Debug, Default)]
pub struct State {
    /// Issues; pull requests are issues as well, but are kept apart here.
    pub issues: Vec<Value>,
    /// Pull requests.
    pub pulls: Vec<Value>,
    /// Comments on issues and pull requests, oldest first, with the number that they are on.
    pub comments: Vec<(u64, Value)>,
    /// Check runs.
    pub check_runs: Vec<Value>,
    /// Annotations of check runs, with the id of the run.
    pub annotations: Vec<(u64, Value)>,
    /// Files at the tip of the default branch: path and text.
    pub files: Vec<(String, String)>,
    /// Commits, newest first.
    pub commits: Vec<Value>,
    /// Artifacts of workflow runs, with the run's id.
    pub artifacts: Vec<(u64, Value)>,
    next: u64,
}

impl State {
    /// A number that was not given before.
    pub(crate) fn id(&mut self) -> u64 {
        self.next += 1;
        1000 + self.next
    }

    /// Opens a pull request from `owner`'s branch `branch` with tip `sha`.
    pub fn open_pull(&mut self, number: u64, owner: &str, branch: &str, sha: &str) {
        self.pulls.push(shape::pull(number, owner, branch, sha));
    }

    /// Adds a comment that somebody wrote.
    pub fn add_comment(&mut self, issue: u64, login: &str, kind: &str, body: &str) -> u64 {
        let id = self.id();
        self.comments
            .push((issue, shape::comment(id, issue, login, kind, body)));
        id
    }

    /// The texts of the comments on an issue or pull request.
    #[must_use]
    pub fn comment_bodies(&self, issue: u64) -> Vec<String> {
        let on = self.comments.iter().filter(|(number, _)| *number == issue);
        on.map(|(_, comment)| comment["body"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub(crate) fn create_issue(&mut self, request: &Value) -> Value {
        let (id, number) = (self.id(), self.issues.len() as u64 + 1);
        let issue = shape::issue(id, number, request);
        self.issues.push(issue.clone());
        issue
    }

    pub(crate) fn create_check_run(&mut self, request: &Value) -> Value {
        let id = self.id();
        let mut run = shape::check_run(id, request);
        let annotations = self.add_annotations(id, &request["output"]["annotations"]);
        run["output"]["annotations_count"] = json!(annotations);
        self.check_runs.push(run.clone());
        run
    }

    /// Keeps a check run's annotations; how many it has now.
    pub(crate) fn add_annotations(&mut self, run: u64, more: &Value) -> usize {
        for annotation in more.as_array().into_iter().flatten() {
            self.annotations.push((run, annotation.clone()));
        }
        self.annotations.iter().filter(|(of, _)| *of == run).count()
    }
}
