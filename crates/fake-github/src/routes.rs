//! The endpoints: what each does to the state, and faults before and after.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::State;
use crate::{Exchange, Fault, Shared, locked, repository, shape};

const LARGEST: usize = 16 * 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(Extract(shared): Extract<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (method, path) = (
        parts.method.as_str().to_owned(),
        parts.uri.path().to_owned(),
    );
    let bytes = to_bytes(body, LARGEST).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let fault = take_fault(&shared, &format!("{method} {path}"));
    if let Some(Fault::Latency(duration)) = &fault {
        tokio::time::sleep(*duration).await;
    }
    let mut headers = HeaderMap::new();
    let authorised = parts.headers.get("authorization").is_some_and(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.len() > "Bearer ".len())
    });
    let (status, response) = match &fault {
        Some(Fault::ServerError) => (502, shape::error(502, "Server Error")),
        Some(Fault::Forbidden) => (
            403,
            shape::error(403, "Resource not accessible by integration"),
        ),
        Some(Fault::RateLimit(seconds)) => {
            header(&mut headers, "x-ratelimit-remaining", "0");
            header(
                &mut headers,
                "x-ratelimit-reset",
                &reset(*seconds).to_string(),
            );
            (
                403,
                shape::error(403, "API rate limit exceeded for installation."),
            )
        }
        Some(Fault::SecondaryLimit(seconds)) => {
            header(&mut headers, "retry-after", &seconds.to_string());
            (
                429,
                shape::error(429, "You have exceeded a secondary rate limit."),
            )
        }
        _ if !authorised => (401, shape::error(401, "Requires authentication")),
        _ => act(
            &mut locked(&shared.state),
            &method,
            &path,
            parts.uri.query().unwrap_or_default(),
            &body,
        ),
    };
    let (status, response) = if fault == Some(Fault::LostAnswer) {
        (504, shape::error(504, "Gateway Timeout"))
    } else {
        (status, response)
    };
    locked(&shared.exchanges).push(Exchange {
        method,
        path,
        request: body,
        status,
        response: response.clone(),
    });
    let mut answer = Response::new(Body::from(response.to_string()));
    *answer.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    header(
        &mut headers,
        "content-type",
        "application/json; charset=utf-8",
    );
    *answer.headers_mut() = headers;
    answer
}

fn header(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[expect(clippy::disallowed_methods, reason = "a server's own clock")]
fn reset(seconds: u64) -> i64 {
    Timestamp::now().as_second() + i64::try_from(seconds).unwrap_or(i64::MAX / 2)
}

fn take_fault(shared: &Shared, request: &str) -> Option<Fault> {
    let mut faults = locked(&shared.faults);
    let at = faults
        .iter()
        .position(|(prefix, _)| request.starts_with(prefix.as_str()))?;
    Some(faults.remove(at).1)
}

/// Does what a request asks for: the status and the body of the answer.
fn act(state: &mut State, method: &str, path: &str, query: &str, body: &Value) -> (u16, Value) {
    let Some(rest) = path
        .strip_prefix("/repos/")
        .and_then(|rest| rest.strip_prefix(shape::REPOSITORY))
    else {
        return not_found();
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    match (method, parts.as_slice()) {
        ("GET", ["issues", issue, "comments"]) => {
            let on = state
                .comments
                .iter()
                .filter(|(of, _)| *of == number(issue))
                .map(|(_, comment)| comment.clone());
            (200, page(on.collect(), query))
        }
        ("POST", ["issues", issue, "comments"]) => {
            if body["body"]
                .as_str()
                .is_none_or(|text| text.chars().count() > 65_536 || text.is_empty())
            {
                return (
                    422,
                    shape::error(
                        422,
                        "Validation Failed: body is too long (maximum is 65536 characters)",
                    ),
                );
            }
            let id = state.add_comment(
                number(issue),
                "github-actions[bot]",
                "Bot",
                body["body"].as_str().unwrap_or_default(),
            );
            (
                201,
                find(state.comments.iter().map(|(_, comment)| comment), id).1,
            )
        }
        ("PATCH", ["issues", "comments", id]) => {
            if body["body"]
                .as_str()
                .is_none_or(|text| text.chars().count() > 65_536)
            {
                return (
                    422,
                    shape::error(
                        422,
                        "Validation Failed: body is too long (maximum is 65536 characters)",
                    ),
                );
            }
            let found = state
                .comments
                .iter_mut()
                .find(|(_, comment)| comment["id"] == number(id));
            found.map_or_else(not_found, |(_, comment)| {
                comment["body"] = body["body"].clone();
                (200, comment.clone())
            })
        }
        ("GET", ["issues"]) => (200, page(filtered(&state.issues, query), query)),
        ("POST", ["issues"]) => (201, state.create_issue(body)),
        ("PATCH", ["issues", issue]) => {
            let found = state
                .issues
                .iter_mut()
                .find(|known| known["number"] == number(issue));
            found.map_or_else(not_found, |known| {
                for key in ["title", "body", "state", "state_reason"] {
                    if !body[key].is_null() {
                        known[key] = body[key].clone();
                    }
                }
                (200, known.clone())
            })
        }
        ("GET", ["pulls"]) => (200, page(pulls(state, query), query)),
        ("GET", ["pulls", pull]) => state
            .pulls
            .iter()
            .find(|known| known["number"] == number(pull))
            .map_or_else(not_found, |known| (200, known.clone())),
        ("POST", ["check-runs"]) => (201, state.create_check_run(body)),
        ("PATCH", ["check-runs", run]) => {
            let annotations = state.add_annotations(number(run), &body["output"]["annotations"]);
            let found = state
                .check_runs
                .iter_mut()
                .find(|known| known["id"] == number(run));
            found.map_or_else(not_found, |known| {
                known["output"]["annotations_count"] = json!(annotations);
                (200, known.clone())
            })
        }
        (method, parts) => repository::answer(state, method, parts, body, |all| page(all, query))
            .unwrap_or_else(not_found),
    }
}

fn find<'v>(mut values: impl Iterator<Item = &'v Value>, id: u64) -> (u16, Value) {
    values
        .find(|value| value["id"] == id)
        .map_or_else(not_found, |value| (200, value.clone()))
}

fn not_found() -> (u16, Value) {
    (404, shape::error(404, "Not Found"))
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// A page of `all` as the query asks for it: thirty at a time unless it says otherwise.
fn page(all: Vec<Value>, query: &str) -> Value {
    let number = |name: &str, default: usize| {
        parameter(query, name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (size, page) = (
        number("per_page", 30).clamp(1, 100),
        number("page", 1).max(1),
    );
    Value::Array(all.into_iter().skip((page - 1) * size).take(size).collect())
}

/// Issues in the state asked for; open ones by default.
fn filtered(issues: &[Value], query: &str) -> Vec<Value> {
    let state = parameter(query, "state").unwrap_or("open");
    issues
        .iter()
        .filter(|issue| state == "all" || issue["state"] == state)
        .cloned()
        .collect()
}

fn pulls(state: &State, query: &str) -> Vec<Value> {
    let head = parameter(query, "head").map(|head| head.replace("%3A", ":").replace("%2F", "/"));
    let of_head = |pull: &&Value| {
        head.as_deref()
            .is_none_or(|head| pull["head"]["label"] == head)
    };
    filtered(&state.pulls, query)
        .iter()
        .filter(of_head)
        .cloned()
        .collect()
}
