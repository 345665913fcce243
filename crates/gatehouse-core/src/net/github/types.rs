//! What GitHub's answers hold of what the gates use, and what is sent.

use serde::{Deserialize, Serialize};

use crate::ids::CommitSha;

/// A comment on an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// Its text.
    #[serde(default)]
    pub body: String,
    /// Who wrote it.
    pub user: Option<User>,
    /// Where people see it.
    #[serde(default)]
    pub html_url: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// Its name.
    pub login: String,
    /// `User`, `Bot`, `Organization`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// `open` or `closed`.
    pub state: String,
    /// The proposed branch.
    pub head: PullHead,
}

/// The proposed branch of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PullHead {
    /// Its tip.
    pub sha: CommitSha,
}

/// How a check run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Everything holds.
    Success,
    /// Something does not.
    Failure,
    /// Nobody is blocked, and somebody should look.
    Neutral,
}

/// An annotation of a check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckAnnotation {
    /// The file.
    pub path: String,
    /// The first line.
    pub start_line: u64,
    /// The last line.
    pub end_line: u64,
    /// `notice`, `warning` or `failure`.
    pub annotation_level: &'static str,
    /// The text.
    pub message: String,
    /// The heading.
    pub title: String,
}

/// A finished check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// Its name.
    pub name: String,
    /// The commit.
    pub head_sha: CommitSha,
    /// How it ended.
    pub conclusion: Conclusion,
    /// The heading.
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// Any number of annotations.
    pub annotations: Vec<CheckAnnotation>,
}

/// An issue.
#[derive(Debug, Clone, Deserialize)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Its text.
    #[serde(default)]
    pub body: Option<String>,
    /// Who opened it.
    pub user: Option<User>,
    /// Where people see it.
    #[serde(default)]
    pub html_url: String,
    /// There when it is a pull request, which GitHub lists among the issues.
    #[serde(default)]
    pub pull_request: Option<serde::de::IgnoredAny>,
}

/// An issue to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewIssue {
    /// Its title, at most 256 characters.
    pub title: String,
    /// Markdown, at most 65,536 characters.
    pub body: String,
    /// Labels; GitHub makes those that are not there, and leaves them out where the token may not.
    pub labels: Vec<String>,
}
