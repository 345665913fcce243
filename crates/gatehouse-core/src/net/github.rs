//! The few calls that gates make to GitHub, each answered with the fields that they use.
//!
//! Requests go through octocrab; what GitHub asks of its callers is done here: pages are followed to
//! the last, rate limits and secondary limits are waited for when the wait is short, and failures of
//! the server are tried again. A request that creates something is not repeated blindly: see
//! [`GitHub::create_comment`].

use std::time::Duration;

use http_body_util::BodyExt as _;
use jiff::Timestamp;
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Runtime;
use crate::ids::{CommitSha, RepoSlug};
use crate::system::System;

/// How often a request is tried.
const TRIES: u32 = 5;
/// The first pause between tries; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest wait for a limit to be lifted. A job waits this long rather than fail.
const PATIENCE: Duration = Duration::from_secs(90);
/// The most that is read of an answer, in bytes.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// What fits on a page.
const PER_PAGE: usize = 100;
/// Annotations that one call may carry.
const ANNOTATIONS_A_CALL: usize = 50;

/// Why GitHub did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// There is no token.
    #[error("there is no token for GitHub")]
    NoToken,
    /// GitHub refused; its own words.
    #[error("GitHub refused {what} with status {status}: {message}")]
    Refused {
        /// The request: method and path.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What GitHub said.
        message: String,
    },
    /// A limit would be lifted too late to wait for.
    #[error("GitHub's rate limit holds for {0} s more")]
    Limited(u64),
    /// The network or the server failed, after retries.
    #[error("GitHub cannot be reached for {what}: {reason}")]
    Unreachable {
        /// The request: method and path.
        what: String,
        /// The reason.
        reason: String,
    },
    /// The answer is not what GitHub's documentation says.
    #[error("GitHub's answer to {what} makes no sense: {reason}")]
    Odd {
        /// The request: method and path.
        what: String,
        /// The reason.
        reason: String,
    },
}

impl GitHubError {
    /// Whether the token may not do this: in a fork's pull request it may only read.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403 | 404,
                ..
            }
        )
    }
}

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

/// A repository on GitHub, with a token.
#[derive(Debug)]
pub struct GitHub {
    client: Octocrab,
    runtime: Runtime,
    repository: RepoSlug,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
    Patch,
}

impl Method {
    fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// An answer of the server.
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

/// What to do after an answer.
enum Next {
    Take(Answer),
    Wait(Duration, GitHubError),
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
        let odd = |reason: String| GitHubError::Odd {
            what: "the address of the API".to_owned(),
            reason,
        };
        let runtime = Runtime::new().map_err(|error| odd(error.to_string()))?;
        let client = runtime.block_on(async {
            Octocrab::builder()
                .base_uri(address.as_str())?
                .personal_token(token)
                .set_connect_timeout(Some(Duration::from_secs(10)))
                .set_read_timeout(Some(Duration::from_secs(60)))
                .build()
        });
        Ok(Self {
            client: client.map_err(|error| odd(error.to_string()))?,
            runtime,
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

    /// Writes a comment. When the answer is lost it is not known whether the comment is there: `known`
    /// is asked before it is written again.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn create_comment(
        &self,
        issue: u64,
        body: &str,
        known: impl Fn(&Comment) -> bool,
    ) -> Result<Comment, GitHubError> {
        let path = format!("issues/{issue}/comments");
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(Method::Post, &path, Some(&json!({ "body": body })), tries) {
                Err(GitHubError::Unreachable { .. }) if tries < TRIES => {
                    if let Some(comment) = self.comments(issue)?.into_iter().find(&known) {
                        return Ok(comment);
                    }
                }
                done => return self.read(Method::Post, &path, &done?),
            }
        }
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn update_comment(&self, id: u64, body: &str) -> Result<Comment, GitHubError> {
        self.call(
            Method::Patch,
            &format!("issues/comments/{id}"),
            Some(&json!({ "body": body })),
        )
    }

    /// The open pull requests whose branch is `branch` of the account `owner`.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn pulls_of_branch(&self, owner: &str, branch: &str) -> Result<Vec<Pull>, GitHubError> {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("state", "open")
            .append_pair("head", &format!("{owner}:{branch}"))
            .finish();
        self.pages("pulls", &query)
    }

    /// A pull request.
    ///
    /// # Errors
    /// When GitHub refuses, or fails after retries.
    pub fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        self.call(Method::Get, &format!("pulls/{number}"), None)
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
        let created: Created = self.call(Method::Post, "check-runs", Some(&body))?;
        for chunk in chunks {
            let _: Created = self.call(
                Method::Patch,
                &format!("check-runs/{}", created.id),
                Some(&json!({ "output": output(chunk) })),
            )?;
        }
        Ok(created.id)
    }

    /// Follows pages to the last.
    fn pages<T: DeserializeOwned>(&self, path: &str, query: &str) -> Result<Vec<T>, GitHubError> {
        let mut all = Vec::new();
        for page in 1.. {
            let path = format!(
                "{path}?{query}{}per_page={PER_PAGE}&page={page}",
                if query.is_empty() { "" } else { "&" }
            );
            let more: Vec<T> = self.call(Method::Get, &path, None)?;
            let full = more.len() == PER_PAGE;
            all.extend(more);
            if !full {
                break;
            }
        }
        Ok(all)
    }

    /// A request that may be repeated, until it is answered.
    fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, GitHubError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(method, path, body, tries) {
                Err(GitHubError::Unreachable { .. }) if tries < TRIES => {}
                done => return self.read(method, path, &done?),
            }
        }
    }

    fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        answer: &[u8],
    ) -> Result<T, GitHubError> {
        serde_json::from_slice(answer).map_err(|error| GitHubError::Odd {
            what: self.what(method, path),
            reason: error.to_string(),
        })
    }

    fn what(&self, method: Method, path: &str) -> String {
        format!("{} {}", method.word(), self.address(path))
    }

    fn address(&self, path: &str) -> String {
        format!("/repos/{}/{path}", self.repository.as_str())
    }

    /// The request's n-th try, until it is answered for good, failed, or kept waiting for too long.
    /// Limits refuse before anything is done, so waiting for them is always safe; after a failure of
    /// the server there is a pause that grows from try to try.
    fn once(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        nth: u32,
    ) -> Result<Vec<u8>, GitHubError> {
        let mut waited = Duration::ZERO;
        let pause = FIRST_PAUSE * 2_u32.pow(nth.saturating_sub(1));
        loop {
            let next = match self.runtime.block_on(self.send(method, path, body)) {
                Ok(answer) => self.judge(method, path, answer, pause),
                Err(reason) => Next::Wait(
                    pause,
                    GitHubError::Unreachable {
                        what: self.what(method, path),
                        reason,
                    },
                ),
            };
            match next {
                Next::Take(answer) => return Ok(answer.body),
                Next::Wait(_, error @ GitHubError::Refused { .. }) => return Err(error),
                Next::Wait(duration, error) => {
                    let failed = matches!(error, GitHubError::Unreachable { .. });
                    if waited + duration > PATIENCE {
                        return Err(error);
                    }
                    std::thread::sleep(duration);
                    if failed {
                        return Err(error);
                    }
                    waited += duration;
                }
            }
        }
    }

    fn judge(&self, method: Method, path: &str, answer: Answer, pause: Duration) -> Next {
        if (200..300).contains(&answer.status) {
            return Next::Take(answer);
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let message = said["message"].as_str().unwrap_or("no reason given");
        let message = crate::text::visible(&crate::text::ellipsis(message, 300));
        let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.parse::<i64>().ok();
        let limited = answer.status == 429
            || (answer.status == 403
                && (number("x-ratelimit-remaining") == Some(0)
                    || number("retry-after").is_some()
                    || message.contains("secondary rate limit")));
        if limited {
            let seconds = number("retry-after")
                .or_else(|| Some(number("x-ratelimit-reset")? - now().as_second() + 1));
            // A secondary limit without a time asks for a minute.
            let seconds = seconds.unwrap_or(60).max(0).unsigned_abs();
            return Next::Wait(
                Duration::from_secs(seconds).max(pause),
                GitHubError::Limited(seconds),
            );
        }
        let what = self.what(method, path);
        if answer.status >= 500 {
            return Next::Wait(
                pause,
                GitHubError::Unreachable {
                    what,
                    reason: format!("status {}: {message}", answer.status),
                },
            );
        }
        Next::Wait(
            Duration::ZERO,
            GitHubError::Refused {
                what,
                status: answer.status,
                message,
            },
        )
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let path = self.address(path);
        let words = |error: octocrab::Error| {
            // The outer layers only say that something failed.
            let mut error: &dyn std::error::Error = &error;
            while let Some(source) = error.source() {
                error = source;
            }
            error.to_string()
        };
        let response = match method {
            Method::Get => self.client._get(&path).await,
            Method::Post => self.client._post(&path, body).await,
            Method::Patch => self.client._patch(&path, body).await,
        };
        let (parts, body) = response.map_err(words)?.into_parts();
        let body = http_body_util::Limited::new(body, LARGEST_ANSWER)
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }
}

/// The time, which only limits are measured by.
#[expect(
    clippy::disallowed_methods,
    reason = "part of the process's edge: no decision depends on it"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
