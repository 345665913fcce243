//! How a request is made: signed, repeated when that may help, its answer judged.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{GitHub, GitHubError};
use crate::net::http::{Answer, Method};
use crate::net::retry::{patient, retrying};

/// The version of the API that is spoken.
const API_VERSION: &str = "2022-11-28";
/// What fits on a page.
const PER_PAGE: usize = 100;

impl GitHub {
    /// Follows pages to the last.
    pub(super) fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &str,
    ) -> Result<Vec<T>, GitHubError> {
        let mut all = Vec::new();
        for page in 1.. {
            let path = format!(
                "{path}?{query}{}per_page={PER_PAGE}&page={page}",
                if query.is_empty() { "" } else { "&" }
            );
            let more: Vec<T> = self.call(&Method::GET, &path, None)?;
            let full = more.len() == PER_PAGE;
            all.extend(more);
            if !full {
                break;
            }
        }
        Ok(all)
    }

    /// A request that may be repeated, until it is answered.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, GitHubError> {
        until_answered(|| self.attempt(method, path, body))
    }

    /// A request that makes something. When its answer is lost it is not known whether the thing was
    /// made: `known` looks for it before it is made again.
    pub(super) fn create<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        known: impl Fn() -> Result<Option<T>, GitHubError>,
    ) -> Result<T, GitHubError> {
        let mut tried = false;
        until_answered(move || {
            if std::mem::replace(&mut tried, true)
                && let Some(made) = known()?
            {
                return Ok(made);
            }
            self.attempt(&Method::POST, path, Some(body))
        })
    }

    fn attempt<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, GitHubError> {
        let path = format!("/repos/{}/{path}", self.repository.as_str());
        let what = || format!("{method} {path}");
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let request = ureq::http::Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/vnd.github+json")
            .header("content-type", "application/json")
            .header("x-github-api-version", API_VERSION)
            .body(bytes.as_bytes())
            .map_err(|error| GitHubError::Odd {
                what: what(),
                // The request's own error names no header's value.
                reason: error.to_string(),
            })?;
        let answer = self
            .http
            .send(request)
            .map_err(|error| GitHubError::Unreachable {
                what: what(),
                reason: error.to_string(),
            })?;
        let answer = judge(answer, what)?;
        serde_json::from_slice(&answer.body).map_err(|error| GitHubError::Odd {
            what: what(),
            reason: error.to_string(),
        })
    }
}

/// Waits as long as a limit asks for, if that is not too long, and in growing pauses after failures.
fn until_answered<T>(attempt: impl FnMut() -> Result<T, GitHubError>) -> Result<T, GitHubError> {
    retrying(attempt, |error, pause| match error {
        GitHubError::Limited(seconds) => patient(Duration::from_secs(*seconds), pause),
        GitHubError::Unreachable { .. } => Some(pause),
        _ => None,
    })
}

fn judge(answer: Answer, what: impl Fn() -> String) -> Result<Answer, GitHubError> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = said["message"].as_str().unwrap_or("no reason given");
    let message = crate::text::visible(&crate::text::ellipsis(message, 300));
    let limited = answer.status == 429
        || (answer.status == 403
            && (answer.number("x-ratelimit-remaining") == Some(0)
                || answer.number("retry-after").is_some()
                || message.contains("secondary rate limit")));
    if limited {
        let seconds = answer.number("retry-after").or_else(|| {
            let reset = answer.number("x-ratelimit-reset")?;
            Some(reset.saturating_sub(now().as_second()).saturating_add(1))
        });
        // A secondary limit without a time asks for a minute.
        let seconds = seconds.unwrap_or(60).max(0).unsigned_abs();
        return Err(GitHubError::Limited(seconds));
    }
    Err(if answer.status >= 500 {
        GitHubError::Unreachable {
            what: what(),
            reason: format!("status {}: {message}", answer.status),
        }
    } else {
        GitHubError::Refused {
            what: what(),
            status: answer.status,
            message,
        }
    })
}

/// The time, which only limits are measured by.
#[expect(
    clippy::disallowed_methods,
    reason = "part of the process's edge: no decision depends on it"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
