//! The double against GitHub's own description of its API: every answer has the shape that stands there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use fake_github::FakeGitHub;
use fake_github::openapi::Description;
use gatehouse_core::net::http::{DeliveryError, Http, Method};
use gatehouse_core::system::{RealSystem, Stream, System as _};
use serde_json::{Value, json};

struct Client<'g> {
    github: &'g FakeGitHub,
    http: Http,
}

impl Client<'_> {
    /// The body of an answer, or the status that refused.
    fn ask(&self, method: &Method, path: &str, body: &Value) -> Result<Value, u16> {
        let address = format!("{}/repos/org/consumer/{path}", self.github.url);
        let headers = [("authorization", "Bearer t")];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        match self
            .http
            .deliver(method, &address, &headers, body.as_bytes())
        {
            Ok(answer) => Ok(serde_json::from_slice(&answer.body).unwrap()),
            Err(DeliveryError::Refused { status, .. }) => Err(status),
            Err(error) => panic!("{error}"),
        }
    }

    fn get(&self, path: &str) -> Result<Value, u16> {
        self.ask(&Method::GET, path, &Value::Null)
    }
}

/// Holds everything that was asked and answered against the description.
fn held_against_the_description(github: &FakeGitHub) {
    let Some(path) = RealSystem.var("GATEHOUSE_OPENAPI") else {
        let skipped = "SKIPPED: GATEHOUSE_OPENAPI is not set, answers were not held against GitHub's description\n";
        RealSystem.write(Stream::Err, skipped).unwrap();
        return;
    };
    let description = Description::read(path.as_ref()).unwrap();
    // The description does not list every refusal that GitHub gives.
    for exchange in github.exchanges().iter().filter(|e| e.status < 400) {
        assert_eq!(
            description.complaints(exchange),
            Vec::<String>::new(),
            "{} {}: {}",
            exchange.method,
            exchange.path,
            exchange.response
        );
    }
}

#[test]
fn files_are_written_over_only_by_whoever_knows_them() {
    let github = FakeGitHub::start().unwrap();
    let client = Client {
        github: &github,
        http: Http::new(),
    };
    assert_eq!(client.get("contents/a/b.txt"), Err(404));
    // "one", "two"
    let put = |content: &str, sha: Value| {
        let mut body = json!({"message": "write", "content": content});
        if !sha.is_null() {
            body["sha"] = sha;
        }
        client.ask(&Method::PUT, "contents/a/b.txt", &body)
    };
    let first = put("b25l", Value::Null).unwrap();
    assert_eq!(put("dHdv", Value::Null), Err(409), "without its hash");
    put("dHdv", first["content"]["sha"].clone()).unwrap();
    let read = client.get("contents/a/b.txt").unwrap();
    assert_eq!(
        (read["content"].as_str(), read["size"].as_u64()),
        (Some("dHdv"), Some(3))
    );
    let commits = client.get("commits").unwrap();
    assert_eq!(commits.as_array().unwrap().len(), 2);
    assert_eq!(commits[0]["parents"][0]["sha"], commits[1]["sha"]);
    let sha = commits[1]["sha"].as_str().unwrap();
    assert_eq!(client.get(&format!("commits/{sha}")).unwrap(), commits[1]);
    assert_eq!(client.get("commits/main").unwrap(), commits[0]);
    held_against_the_description(&github);
}

#[test]
fn artifacts_belong_to_runs_and_come_in_pages() {
    let github = FakeGitHub::start().unwrap();
    let id = github.state().add_artifact(7, "report", 1234);
    for number in 0..4 {
        github
            .state()
            .add_artifact(8, &format!("shard-{number}"), 10);
    }
    let client = Client {
        github: &github,
        http: Http::new(),
    };
    let of_run = client.get("actions/runs/7/artifacts").unwrap();
    assert_eq!(
        (
            of_run["total_count"].as_u64(),
            &of_run["artifacts"][0]["id"]
        ),
        (Some(1), &json!(id))
    );
    let page = client.get("actions/artifacts?per_page=2&page=3").unwrap();
    assert_eq!(
        (
            page["total_count"].as_u64(),
            page["artifacts"].as_array().unwrap().len()
        ),
        (Some(5), 1)
    );
    assert_eq!(client.get("actions/artifacts/1"), Err(404));
    client.get(&format!("actions/artifacts/{id}")).unwrap();
    held_against_the_description(&github);
}
