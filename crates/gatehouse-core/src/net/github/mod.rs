//! The few calls that gates make to GitHub, each answered with the fields that they use.
//!
//! What GitHub asks of its callers is done in `requests`: pages are followed to the last, rate
//! limits and secondary limits are waited for when the wait is short, and failures of the server are
//! tried again. A request that creates something is not repeated blindly: see
//! [`GitHub::create_comment`].

mod error;
mod requests;
mod types;

use std::fmt;

use serde::Deserialize;
use serde_json::json;

pub use error::GitHubError;
pub use types::{
    CheckAnnotation, CheckRun, Comment, Conclusion, Issue, NewIssue, Pull, PullHead, User,
};

use super::http::{Http, Method};
use crate::ids::RepoSlug;
use crate::system::System;

/// Annotations that one call may carry.
const ANNOTATIONS_A_CALL: usize = 50;

/// A repository on GitHub, with a token.
pub struct GitHub {
    http: Http,
    address: String,
    token: String,
    repository: RepoSlug,
}

impl fmt::Debug for GitHub {
    /// Everything but the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GitHub")
            .field("address", &self.address)
            .field("repository", &self.repository)
            .finish_non_exhaustive()
    }
}

impl GitHub {
    /// Whether there is a token to talk to GitHub with.
    #[must_use]
    pub fn has_token(system: &dyn System) -> bool {
        Self::token(system).is_some()
    }

    fn token(system: &dyn System) -> Option<String> {
        system
            .var("GATEHOUSE_TOKEN")
            .or_else(|| system.var("GITHUB_TOKEN"))
    }

    /// The repository with the token in `GATEHOUSE_TOKEN` or `GITHUB_TOKEN`, at `GATEHOUSE_API_URL` or
    /// the runner's `GITHUB_API_URL`.
    ///
    /// # Errors
    /// Without a token, or when the address makes no sense.
    pub fn new(repository: RepoSlug, system: &dyn System) -> Result<Self, GitHubError> {
        let token = Self::token(system).ok_or(GitHubError::NoToken)?;
        let address = system
            .var("GATEHOUSE_API_URL")
            .or_else(|| system.var("GITHUB_API_URL"))
            .unwrap_or_else(|| "https://api.github.com".to_owned());
        let is_http = |uri: &ureq::http::Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        if !address.parse().is_ok_and(|uri| is_http(&uri)) {
            return Err(GitHubError::Odd {
                what: "the address of the API".to_owned(),
                reason: format!("{address:?} is no http or https address"),
            });
        }
        Ok(Self {
            http: Http::new(),
            address: address.trim_end_matches('/').to_owned(),
            token,
            repository,
        })
    }

    /// All comments of an issue or pull request, oldest first.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn comments(&self, issue: u64) -> Result<Vec<Comment>, GitHubError> {
        self.pages(&format!("issues/{issue}/comments"), "")
    }

    /// Writes a comment. When the answer is lost it is not known whether the comment is there: one
    /// that `is_it` knows is looked for before it is written again.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn create_comment(
        &self,
        issue: u64,
        body: &str,
        is_it: impl Fn(&Comment) -> bool,
    ) -> Result<Comment, GitHubError> {
        let path = format!("issues/{issue}/comments");
        self.create(&path, &json!({ "body": body }), || {
            Ok(self.comments(issue)?.into_iter().find(&is_it))
        })
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn update_comment(&self, id: u64, body: &str) -> Result<Comment, GitHubError> {
        let path = format!("issues/comments/{id}");
        self.call(&Method::PATCH, &path, Some(&json!({ "body": body })))
    }

    /// The open issues, newest first; pull requests, which GitHub lists among them, are left out.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn open_issues(&self) -> Result<Vec<Issue>, GitHubError> {
        let mut issues: Vec<Issue> = self.pages("issues", &query(&[("state", "open")]))?;
        issues.retain(|issue| issue.pull_request.is_none());
        Ok(issues)
    }

    /// Opens an issue. When the answer is lost, one that `is_it` knows is looked for among the open
    /// issues before it is opened again.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn create_issue(
        &self,
        issue: &NewIssue,
        is_it: impl Fn(&Issue) -> bool,
    ) -> Result<Issue, GitHubError> {
        self.create("issues", &json!(issue), || {
            Ok(self.open_issues()?.into_iter().find(&is_it))
        })
    }

    /// Replaces an issue's text.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn update_issue(&self, number: u64, body: &str) -> Result<Issue, GitHubError> {
        let path = format!("issues/{number}");
        self.call(&Method::PATCH, &path, Some(&json!({ "body": body })))
    }

    /// Closes an issue as done.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn close_issue(&self, number: u64, body: &str) -> Result<Issue, GitHubError> {
        let change = json!({ "body": body, "state": "closed", "state_reason": "completed" });
        self.call(&Method::PATCH, &format!("issues/{number}"), Some(&change))
    }

    /// The open pull requests whose branch is `branch` of the account `owner`.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn pulls_of_branch(&self, owner: &str, branch: &str) -> Result<Vec<Pull>, GitHubError> {
        let head = format!("{owner}:{branch}");
        self.pages("pulls", &query(&[("state", "open"), ("head", &head)]))
    }

    /// A pull request.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        self.call(&Method::GET, &format!("pulls/{number}"), None)
    }

    /// Creates a finished check run, with annotations in as many calls as they need. GitHub shows the
    /// newest run of a name, so that doing it again replaces it.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn create_check_run(&self, run: &CheckRun) -> Result<u64, GitHubError> {
        #[derive(Deserialize)]
        struct Created {
            id: u64,
        }
        let output = |annotations: &[CheckAnnotation]| json!({"title": run.title, "summary": run.summary, "annotations": annotations});
        let mut chunks = run.annotations.chunks(ANNOTATIONS_A_CALL);
        let body = json!({
            "name": run.name,
            "head_sha": run.head_sha,
            "status": "completed",
            "conclusion": run.conclusion,
            "output": output(chunks.next().unwrap_or_default()),
        });
        let created: Created = self.call(&Method::POST, "check-runs", Some(&body))?;
        for chunk in chunks {
            let _: Created = self.call(
                &Method::PATCH,
                &format!("check-runs/{}", created.id),
                Some(&json!({ "output": output(chunk) })),
            )?;
        }
        Ok(created.id)
    }
}

/// A query string, with what names and values hold escaped.
fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
