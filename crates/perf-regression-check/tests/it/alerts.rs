//! Alerts: told once, told again when it recovered, never lost; against a double of GitHub, a real
//! Alertmanager, and listeners that hold what they get against the documented form.

use fake_github::FakeGitHub;
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Columns, Entry, Ledger, Machine, Run};
use gatehouse_core::system::FakeSystem;
use serde_json::{Value, json};

use crate::servers::{Listener, get, start};
use crate::{Outcome, Program};

const TOKEN: &str = "s3cret-t0ken";
const HOSTILE: &str = "<!channel> @everyone | `b` ::error::x";

/// Records runs of two benchmarks up to run `to`: `b` got a third slower at run 40 and is well again
/// at run 70.
pub(crate) fn history(program: &Program, from: u32, to: u32) {
    let entries: Vec<Entry> = (from..to)
        .map(|run| {
            let level = if (40..70).contains(&run) {
                133.0
            } else {
                100.0
            };
            let noise = 1.0 + 0.02 * ((f64::from(run * run % 10_007) * 0.618_034).fract() - 0.5);
            let column = |a: Value, b: Value| vec![a, b];
            Entry {
                suite: "default".to_owned(),
                run: Run {
                    commit: CommitSha::try_from(format!("{:040x}", 0xabcd_0000 + run)).unwrap(),
                    parent: None,
                    branch: Some("main".to_owned()),
                    time: jiff::Timestamp::from_second(1_750_000_000 + i64::from(run) * 28_800)
                        .unwrap(),
                    run_id: u64::from(run),
                    attempt: 1,
                    machine: Machine::default(),
                    tools: std::collections::BTreeMap::new(),
                },
                columns: Columns::from([
                    (
                        "benchmark".to_owned(),
                        column(json!(HOSTILE), json!("quiet")),
                    ),
                    ("metric".to_owned(), column(json!("time"), json!("time"))),
                    ("unit".to_owned(), column(json!("ns"), json!("ns"))),
                    (
                        "direction".to_owned(),
                        column(json!("lower-is-better"), json!("lower-is-better")),
                    ),
                    (
                        "nature".to_owned(),
                        column(json!("measured"), json!("measured")),
                    ),
                    ("n".to_owned(), column(json!(1), json!(1))),
                    (
                        "median".to_owned(),
                        column(json!(level * noise), json!(50.0 * noise)),
                    ),
                ]),
            }
        })
        .collect();
    let folder = program.path("ledger").display().to_string();
    let ledger = Ledger::open(&folder, &FakeSystem::new()).unwrap();
    ledger.import(&entries).unwrap();
}

fn with(program: Program, vars: &[(&str, &str)]) -> Program {
    let more = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Program {
        vars: program.vars.iter().cloned().chain(more).collect(),
        ..program
    }
}

fn alert(program: &Program, arguments: &[&str]) -> Outcome {
    // A repeated run must not look like the same run.
    program.run(&[&["alert", "--ledger", "ledger"], arguments].concat())
}

#[test]
fn an_issue_is_opened_once_kept_and_closed_when_it_recovered() {
    let github = FakeGitHub::start().unwrap();
    let program = with(
        Program::in_actions(),
        &[
            ("GITHUB_API_URL", &github.url),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GATEHOUSE_TOKEN", TOKEN),
        ],
    );
    let run = || {
        let outcome = alert(&program, &["--github-issues"]).expect(0);
        assert!(!outcome.out.contains(TOKEN) && !outcome.err.contains(TOKEN));
        outcome
    };
    history(&program, 0, 40);
    let quiet = run();
    assert!(quiet.out.contains("0 alerts stand"), "{}", quiet.out);
    assert!(github.state().issues.is_empty());
    // Somebody else's issue with our marker is not ours.
    github.state().issues.push(
        json!({"number": 999, "state": "open", "body": "<!-- gatehouse-alert x -->", "user": {"login": "stranger", "type": "User"}}),
    );
    history(&program, 40, 55);
    for _ in 0..3 {
        run();
        assert_eq!(github.state().issues.len(), 2, "one issue, however often");
    }
    let issue = github.state().issues[1].clone();
    let (title, body) = (
        issue["title"].as_str().unwrap(),
        issue["body"].as_str().unwrap(),
    );
    assert!(title.starts_with("Performance regression: +3"), "{title}");
    assert!(
        body.contains("/compare/") && !body.contains("@everyone") && !body.contains("<!channel"),
        "{body}"
    );
    history(&program, 55, 85);
    run();
    let issue = github.state().issues[1].clone();
    assert_eq!(
        (issue["state"].as_str(), issue["state_reason"].as_str()),
        (Some("closed"), Some("completed"))
    );
    assert!(issue["body"].as_str().unwrap().contains("Recovered"));
    let after = run();
    assert!(after.out.contains("0 messages"), "{}", after.out);
    if let Some(description) = crate::publish::description() {
        for exchange in github.exchanges() {
            // The stranger's issue is no whole one.
            if exchange.method != "GET" {
                assert_eq!(description.complaints(&exchange), Vec::<String>::new());
            }
        }
    }
}

#[test]
fn an_issue_that_somebody_closed_stays_closed() {
    let github = FakeGitHub::start().unwrap();
    let program = with(
        Program::in_actions(),
        &[("GITHUB_API_URL", &github.url), ("GATEHOUSE_TOKEN", TOKEN)],
    );
    history(&program, 0, 55);
    alert(&program, &["--github-issues"]).expect(0);
    github.state().issues[0]["state"] = json!("closed");
    alert(&program, &["--github-issues"]).expect(0);
    let states: Vec<Value> = github
        .state()
        .issues
        .iter()
        .map(|issue| issue["state"].clone())
        .collect();
    assert_eq!(states, ["closed"]);
}

/// What PagerDuty's documentation says of an event: the fields, which of them must be there, how long
/// they may be.
fn pagerduty_event() -> Value {
    json!({
        "type": "object",
        "required": ["routing_key", "event_action"],
        "additionalProperties": false,
        "properties": {
            "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
            "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
            "dedup_key": {"type": "string", "maxLength": 255},
            "client": {"type": "string"},
            "client_url": {"type": "string"},
            "images": {"type": "array"},
            "links": {"type": "array", "items": {
                "type": "object", "required": ["href"], "additionalProperties": false,
                "properties": {"href": {"type": "string", "format": "uri"}, "text": {"type": "string"}}
            }},
            "payload": {
                "type": "object",
                "required": ["summary", "source", "severity"],
                "additionalProperties": false,
                "properties": {
                    "summary": {"type": "string", "maxLength": 1024},
                    "source": {"type": "string"},
                    "severity": {"enum": ["critical", "error", "warning", "info"]},
                    "timestamp": {"type": "string", "format": "date-time"},
                    "component": {"type": "string"},
                    "group": {"type": "string"},
                    "class": {"type": "string"},
                    "custom_details": {"type": "object"}
                }
            }
        },
        "if": {"properties": {"event_action": {"const": "trigger"}}},
        "then": {"required": ["payload"]},
        "else": {"required": ["dedup_key"]}
    })
}

#[test]
fn pagerduty_is_told_in_its_own_words() {
    let (listener, key) = (Listener::start(), "0123456789abcdef0123456789abcdef");
    let program = with(
        Program::in_actions(),
        &[
            ("GATEHOUSE_PAGERDUTY_KEY", key),
            ("GATEHOUSE_PAGERDUTY_URL", &listener.url),
            ("GITHUB_SERVER_URL", "https://github.com"),
        ],
    );
    let schema = jsonschema::validator_for(&pagerduty_event()).unwrap();
    assert!(!schema.is_valid(&json!({"routing_key": key, "event_action": "trigger"})));
    history(&program, 0, 55);
    let outcome = alert(&program, &[]).expect(0);
    // The log masks it, and says it nowhere else.
    assert!(
        outcome
            .out
            .replace(&format!("::add-mask::{key}"), "")
            .find(key)
            .is_none()
    );
    assert!(!outcome.err.contains(key), "{}", outcome.err);
    let opened = listener.take();
    alert(&program, &[]).expect(0);
    assert_eq!(listener.take(), Vec::<Value>::new(), "told once");
    history(&program, 55, 85);
    alert(&program, &[]).expect(0);
    let closed = listener.take();
    assert_eq!((opened.len(), closed.len()), (1, 1));
    for event in opened.iter().chain(&closed) {
        let complaints: Vec<String> = schema.iter_errors(event).map(|e| e.to_string()).collect();
        assert_eq!(complaints, Vec::<String>::new(), "{event}");
    }
    assert_eq!(opened[0]["dedup_key"], closed[0]["dedup_key"]);
    assert_eq!(closed[0]["event_action"], "resolve");
}

#[test]
fn what_a_sink_does_not_take_is_kept_and_sent_by_the_next_run() {
    let listener = Listener::start();
    let webhook = format!("{}/services/T0/B0/s3cret", listener.url);
    let program = with(
        Program::in_actions(),
        &[("GATEHOUSE_SLACK_WEBHOOK", webhook.as_str())],
    );
    history(&program, 0, 55);
    // A short outage is waited for.
    listener.fail(2);
    alert(&program, &[]).expect(0);
    let told = listener.take();
    assert_eq!(told.len(), 1);
    let text = told[0].to_string();
    assert!(
        !text.contains("<!channel") && text.contains("&lt;!channel&gt;"),
        "{text}"
    );
    // A long one is not: the recovery is spooled, into the ledger and into the evidence.
    history(&program, 55, 85);
    listener.fail(usize::MAX);
    let down = alert(&program, &[]).expect(4);
    assert!(down.err.contains("sent by the next run"), "{}", down.err);
    assert!(!down.err.contains("s3cret"), "{}", down.err);
    let evidence = program.read("gatehouse-report/evidence.json");
    assert!(
        evidence.contains("alert-undelivered") && !evidence.contains("s3cret"),
        "{evidence}"
    );
    // A second run in the same outage says so again.
    let still = alert(&program, &[]).expect(4);
    assert!(still.out.contains("1 not delivered"), "{}", still.out);
    let evidence = program.read("gatehouse-report/evidence.json");
    assert!(evidence.contains("alert-undelivered"), "{evidence}");
    // Even if the history is gone by then; that there is none is said as well.
    for entry in std::fs::read_dir(program.path("ledger/default")).unwrap() {
        std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
    listener.fail(0);
    let gone = alert(&program, &[]).expect(2);
    assert!(gone.err.contains("no series to look at"), "{}", gone.err);
    let told = listener.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["text"].as_str().unwrap().contains("Recovered"));
    alert(&program, &[]).expect(2);
    assert_eq!(listener.take(), Vec::<Value>::new());
}

#[test]
fn a_real_alertmanager_holds_one_alert_until_it_recovered() {
    let Some(server) = start("prometheus-alertmanager", |folder, port| {
        let config = folder.join("config.yml");
        let text = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";
        gatehouse_core::files::write_atomic(&config, text.as_bytes()).unwrap();
        vec![
            format!("--config.file={}", config.display()),
            format!("--storage.path={}", folder.display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--cluster.listen-address=".to_owned(),
        ]
    }) else {
        return;
    };
    let program = with(
        Program::in_actions(),
        &[
            ("GATEHOUSE_ALERTMANAGER_URL", &server.url),
            ("GITHUB_SERVER_URL", "https://github.com"),
        ],
    );
    let active = || -> Vec<Value> {
        serde_json::from_str(&get(&format!("{}/api/v2/alerts?active=true", server.url))).unwrap()
    };
    history(&program, 0, 55);
    for _ in 0..2 {
        alert(&program, &[]).expect(0);
        let alerts = active();
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        assert_eq!(alerts[0]["labels"]["benchmark"], HOSTILE);
        assert_eq!(alerts[0]["labels"]["alertname"], "PerformanceRegression");
    }
    history(&program, 55, 85);
    alert(&program, &[]).expect(0);
    assert_eq!(active(), Vec::<Value>::new());
}

#[test]
fn what_was_told_is_no_suite_of_benchmarks() {
    let program = Program::in_actions();
    program.write("results.json", &crate::document(&[("b", &[100.0, 101.0])]));
    let record = |suite: &str| {
        program.run(&[
            "record",
            "--results",
            "results.json",
            "--ledger",
            "ledger",
            "--suite",
            suite,
        ])
    };
    record("default").expect(0);
    let refused = record("~alerts default").expect(2);
    assert!(
        refused.err.contains("kept for what alert told"),
        "{}",
        refused.err
    );
}

#[test]
fn nobody_to_tell_and_odd_addresses_are_errors() {
    let program = Program::in_actions();
    history(&program, 0, 20);
    let nobody = alert(&program, &[]).expect(2);
    assert!(
        nobody.err.contains("nobody is to be told"),
        "{}",
        nobody.err
    );
    let program = with(program, &[("GATEHOUSE_SLACK_WEBHOOK", "s3cret")]);
    let odd = alert(&program, &[]).expect(2);
    assert!(
        odd.err.contains("GATEHOUSE_SLACK_WEBHOOK is no address"),
        "{}",
        odd.err
    );
    assert!(!odd.err.contains("s3cret"));
}
