//! `report` against a double of GitHub, whose every exchange is held against GitHub's own description.

use std::time::{Duration, Instant};

use fake_github::openapi::Description;
use fake_github::{FakeGitHub, Fault};
use serde_json::{Value, json};

use crate::{Outcome, Program, around, document};

const TOKEN: &str = "s3cret-t0ken";
const HEAD: &str = "dddddddddddddddddddddddddddddddddddddddd";

/// A judged pull request: the program, its report written, the double started.
struct Scene {
    program: Program,
    github: FakeGitHub,
}

impl Scene {
    /// `benchmarks` benchmarks of which all got slower by a tenth, or none.
    fn new(benchmarks: usize, slower: bool) -> Self {
        let github = FakeGitHub::start().unwrap();
        let mut program = Program::in_actions();
        let names: Vec<String> = (0..benchmarks)
            .map(|at| format!("suite/group-{}/bench_{at}", at % 17))
            .collect();
        let side = |value: f64| {
            let samples = around(value);
            let entries: Vec<(&str, &[f64])> = names
                .iter()
                .map(|name| (name.as_str(), samples.as_slice()))
                .collect();
            document(&entries)
        };
        program.write("old.json", &side(100.0));
        program.write("new.json", &side(if slower { 110.0 } else { 100.0 }));
        program
            .vars
            .push(("GITHUB_API_URL".to_owned(), github.url.clone()));
        program
            .vars
            .push(("GATEHOUSE_TOKEN".to_owned(), TOKEN.to_owned()));
        let scene = Self { program, github };
        scene.event(&json!({"pull_request": {"number": 7, "head": {"sha": HEAD, "repo": {"id": 1}}, "base": {"sha": "c".repeat(40), "repo": {"id": 1}}}}));
        scene.github.state().open_pull(7, "org", "change", HEAD);
        let mut scene = scene;
        let path = scene.program.path("event.json").display().to_string();
        scene
            .program
            .vars
            .push(("GITHUB_EVENT_PATH".to_owned(), path));
        scene
            .program
            .run(&[
                "compare",
                "--baseline",
                "old.json",
                "--candidate",
                "new.json",
            ])
            .expect(i32::from(slower));
        scene
    }

    fn event(&self, event: &Value) {
        self.program.write("event.json", &event.to_string());
    }

    /// The event of a run that follows the run of a fork's pull request.
    fn after_fork(&self) {
        self.event(&json!({"workflow_run": {"id": 5, "head_sha": HEAD, "head_branch": "change", "event": "pull_request", "pull_requests": [], "head_repository": {"owner": {"login": "stranger"}}}}));
        let mut state = self.github.state();
        state.pulls.clear();
        state.open_pull(9, "stranger", "change", HEAD);
    }

    fn report(&self) -> Outcome {
        let outcome = self.program.run(&["report", "--check-run"]);
        for text in [&outcome.out, &outcome.err] {
            assert!(!text.contains(TOKEN), "the token was shown");
        }
        outcome
    }

    fn comments(&self, number: u64) -> Vec<String> {
        self.github.state().comment_bodies(number)
    }
}

impl Drop for Scene {
    /// Everything asked and answered in any of these tests is of the documented shape.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let Some(description) = description() else {
            return;
        };
        for exchange in self.github.exchanges() {
            assert_eq!(
                description.complaints(&exchange),
                [""; 0],
                "{} {}",
                exchange.method,
                exchange.path
            );
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test's own environment, not the program's"
)]
pub(crate) fn description() -> Option<Description> {
    let Some(path) = std::env::var_os("GATEHOUSE_OPENAPI").filter(|path| !path.is_empty()) else {
        gatehouse_core::system::System::write(
            &gatehouse_core::system::RealSystem,
            gatehouse_core::system::Stream::Err,
            "SKIPPED: GATEHOUSE_OPENAPI is not set, requests were not held against GitHub's description\n",
        )
        .unwrap();
        return None;
    };
    Some(Description::read(path.as_ref()).unwrap())
}

#[test]
fn a_comment_is_written_once_and_kept_up_to_date() {
    let scene = Scene::new(2, true);
    let out = scene.report().expect(0).out;
    assert!(
        out.contains("on #7 written") && out.contains("check run"),
        "{out}"
    );
    let first = scene.comments(7).remove(0);
    assert!(
        first.contains("❌ Performance: fail")
            && first.contains("+10.")
            && first.contains("bench&#95;1"),
        "{first}"
    );
    assert!(
        scene.report().expect(0).out.contains("unchanged"),
        "doing it twice is doing it once"
    );
    scene.program.write(
        "new.json",
        &document(&[
            ("suite/group-0/bench_0", &around(100.0)),
            ("suite/group-1/bench_1", &around(100.0)),
        ]),
    );
    scene
        .program
        .run(&[
            "compare",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
        ])
        .expect(0);
    assert!(scene.report().expect(0).out.contains("updated"));
    let comments = scene.comments(7);
    assert!(
        comments.len() == 1 && comments[0].contains("✅ Performance: pass"),
        "{comments:?}"
    );
    let state = scene.github.state();
    assert_eq!(
        state
            .check_runs
            .iter()
            .map(|run| run["conclusion"].clone())
            .collect::<Vec<_>>(),
        ["failure", "failure", "success"]
    );
    assert_eq!(state.check_runs[0]["head_sha"], HEAD);
}

#[test]
fn the_comment_is_found_on_the_last_page_and_only_our_own_is() {
    let scene = Scene::new(1, true);
    scene.report().expect(0);
    let ours = scene.comments(7).remove(0);
    {
        let mut state = scene.github.state();
        let (_, comment) = state.comments.remove(0);
        for _ in 0..250 {
            state.add_comment(7, "somebody", "User", "talk");
        }
        state.add_comment(7, "somebody", "User", &ours);
        state.comments.push((7, comment));
        state.comments[251].1["body"] = json!(ours.replace("fail", "old"));
    }
    assert!(scene.report().expect(0).out.contains("updated"));
    let comments = scene.comments(7);
    assert_eq!((comments.len(), &comments[251]), (252, &ours));
}

#[test]
fn ten_thousand_failures_fit_into_a_comment_and_none_is_unsaid() {
    let scene = Scene::new(10_000, true);
    let begun = Instant::now();
    scene.report().expect(0);
    assert!(begun.elapsed() < Duration::from_secs(20));
    let comment = scene.comments(7).remove(0);
    assert!(
        comment.chars().count() <= 65_536,
        "{}",
        comment.chars().count()
    );
    assert!(comment.contains("### Regressions (10000)"));
    let shown = comment
        .lines()
        .filter(|line| line.starts_with("| suite/"))
        .count();
    let left: usize = comment
        .split(" more rows do not fit")
        .next()
        .unwrap()
        .rsplit('_')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(shown + left, 10_000, "{left}");
    assert!(shown > 300, "{shown}");
}

#[test]
fn a_fork_cannot_write_and_says_so() {
    let scene = Scene::new(1, true);
    scene.event(&json!({"pull_request": {"number": 7, "head": {"sha": HEAD, "repo": {"id": 2}}, "base": {"sha": "c".repeat(40), "repo": {"id": 1}}}}));
    assert!(scene.report().expect(0).err.contains("workflow_run"));
    assert_eq!(scene.github.exchanges(), []);
}

#[test]
fn a_forks_report_is_posted_where_the_event_says() {
    let scene = Scene::new(1, false);
    scene.after_fork();
    scene.report().expect(0);
    assert!(scene.comments(9)[0].contains("as that run reported them"));
    assert_eq!(
        scene.github.state().check_runs[0]["conclusion"],
        "neutral",
        "a stranger's word is no success"
    );
}

#[test]
fn a_forged_report_gains_nothing() {
    let scene = Scene::new(1, true);
    scene.after_fork();
    let honest: Value =
        serde_json::from_str(&scene.program.read("gatehouse-report/report.json")).unwrap();
    let forge = |change: &dyn Fn(&mut Value)| {
        let mut forged = honest.clone();
        change(&mut forged);
        scene
            .program
            .write("gatehouse-report/report.json", &forged.to_string());
        scene.report()
    };
    // Another commit, unknown fields, a number of the pull request, another format: refused.
    assert!(
        forge(&|report| report["commit"] = json!("e".repeat(40)))
            .expect(2)
            .err
            .contains("another commit")
    );
    forge(&|report| report["pull-request"] = json!(1)).expect(2);
    forge(&|report| report["schema"] = json!("perf-report/v9")).expect(2);
    forge(&|report| report["rows"][0]["change"] = json!("NaN")).expect(2);
    assert_eq!(scene.comments(9), [""; 0]);
    // A verdict that its own findings deny, and text that wants to be more than text.
    let outcome = forge(&|report| {
        report["verdict"] = json!("pass");
        report["headline"] = json!(
            "all good\n\n# Merge now\n@everyone <img src=x onerror=alert(1)> [x](https://evil.example)"
        );
        report["rows"][0]["benchmark"] = json!("a|b`<script>-->\u{202e}");
        report["rules"] = json!("</sub><!-- ");
    });
    outcome.expect(0);
    let comment = scene.comments(9).remove(0);
    assert!(comment.contains("Performance: fail"), "{comment}");
    for bad in [
        "<img",
        "<script",
        "\n# Merge",
        "@everyone",
        "](https",
        "</sub><!--",
        "\u{202e}",
    ] {
        assert!(!comment.contains(bad), "{bad:?} in {comment}");
    }
    assert_eq!(scene.github.state().check_runs[0]["conclusion"], "failure");
}

#[test]
fn an_outdated_or_closed_pull_request_gets_nothing() {
    let scene = Scene::new(1, true);
    scene.after_fork();
    scene.github.state().pulls[0]["head"]["sha"] = json!("f".repeat(40));
    assert!(
        scene
            .report()
            .expect(0)
            .err
            .contains("no open pull request")
    );
    assert!(scene.comments(9).is_empty() && scene.github.state().check_runs.is_empty());
}

#[test]
fn servers_fail_and_limits_pass() {
    let scene = Scene::new(1, true);
    for fault in [
        Fault::ServerError,
        Fault::RateLimit(1),
        Fault::SecondaryLimit(1),
        Fault::Latency(Duration::from_millis(50)),
    ] {
        scene
            .github
            .fault("GET /repos/org/consumer/issues/7/comments", fault);
    }
    scene
        .github
        .fault("POST /repos/org/consumer/check-runs", Fault::ServerError);
    scene.report().expect(0);
    assert_eq!(
        (
            scene.comments(7).len(),
            scene.github.state().check_runs.len()
        ),
        (1, 1)
    );
}

#[test]
fn a_lost_answer_makes_no_second_comment() {
    let scene = Scene::new(1, true);
    scene.github.fault(
        "POST /repos/org/consumer/issues/7/comments",
        Fault::LostAnswer,
    );
    scene.report().expect(0);
    assert_eq!(scene.comments(7).len(), 1);
}

#[test]
fn what_github_refuses_is_said_with_help() {
    let scene = Scene::new(1, true);
    scene.github.fault(
        "POST /repos/org/consumer/issues/7/comments",
        Fault::Forbidden,
    );
    let outcome = scene.report().expect(4);
    assert!(
        outcome.err.contains("Resource not accessible")
            && outcome.err.contains("pull-requests: write"),
        "{}",
        outcome.err
    );
    let scene = Scene::new(1, true);
    scene.github.fault("GET /repos", Fault::RateLimit(3600));
    assert!(scene.report().expect(4).err.contains("rate limit"));
}

#[test]
fn without_a_token_nothing_is_tried() {
    let mut scene = Scene::new(1, true);
    scene
        .program
        .vars
        .retain(|(name, _)| name != "GATEHOUSE_TOKEN");
    assert!(scene.report().expect(4).err.contains("no token"));
}

#[test]
fn the_description_does_refuse() {
    let Some(description) = description() else {
        return;
    };
    let scene = Scene::new(1, true);
    scene.report().expect(0);
    for exchange in scene.github.exchanges() {
        let mut odd = exchange.clone();
        match &mut odd.response {
            Value::Array(items) => items.push(json!({"id": "x"})),
            other => other["id"] = json!("x"),
        }
        assert_ne!(
            description.complaints(&odd),
            [""; 0],
            "{} {}",
            odd.method,
            odd.path
        );
        if exchange.method == "POST" {
            let mut odd = exchange;
            odd.request = json!({"body": 3, "name": 4});
            assert_ne!(
                description.complaints(&odd),
                [""; 0],
                "{} {}",
                odd.method,
                odd.path
            );
        }
    }
}
