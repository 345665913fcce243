//! The history: runs recorded, judged by, looked through; many writers at once.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use gatehouse_core::ledger::Ledger;
use gatehouse_core::system::FakeSystem;

use crate::{Outcome, Program, document};

/// Records a run of one benchmark at hour `hour`.
fn record(program: &Program, ledger: &str, hour: i64, value: f64) -> Outcome {
    program.write(
        "results.json",
        &document(&[("b", &[value, value * 1.001, value * 0.999])]),
    );
    let time = jiff::Timestamp::from_second(1_700_000_000 + hour * 3600)
        .unwrap()
        .to_string();
    let commit = format!("{hour:040x}");
    program.run(&[
        "record",
        "--results",
        "results.json",
        "--ledger",
        ledger,
        "--commit",
        &commit,
        "--branch",
        "main",
        "--time",
        &time,
    ])
}

/// A run's value without any change: noise of one percent that is the same in every run of the tests.
fn usual(hour: i64) -> f64 {
    let share = f64::from(i32::try_from(hour * hour % 1009).unwrap()) * 0.618_034;
    100.0 + share.fract()
}

fn check(program: &Program, value: f64) -> Outcome {
    program.write(
        "candidate.json",
        &document(&[("b", &[value, value * 1.001, value * 0.999])]),
    );
    program.run(&[
        "check",
        "--results",
        "candidate.json",
        "--ledger",
        "ledger",
        "--target-branch",
        "main",
    ])
}

#[test]
fn a_run_is_judged_by_the_runs_before_it() {
    let program = Program::in_actions();
    let first = check(&program, 100.0).expect(3);
    assert!(first.out.contains("the history is empty"), "{}", first.out);
    for hour in 0..30 {
        record(&program, "ledger", hour, usual(hour)).expect(0);
    }
    assert!(
        check(&program, 100.3)
            .expect(0)
            .out
            .starts_with("pass: 1 unchanged")
    );
    let slower = check(&program, 108.0).expect(1);
    assert!(
        slower.out.contains("beyond what 30 runs let expect"),
        "{}",
        slower.out
    );
    assert_eq!(program.outputs()["verdict"], "fail");
    assert!(
        program
            .read("gatehouse-report/summary.md")
            .contains("prediction interval"),
        "the rule is named"
    );
}

#[test]
fn only_runs_on_machines_alike_count() {
    let program = Program::in_actions();
    for hour in 0..30 {
        record(&program, "ledger", hour, usual(hour)).expect(0);
    }
    let mut ledger = Ledger::open(program.path("ledger").to_str().unwrap(), &FakeSystem::new())
        .unwrap()
        .load(None)
        .unwrap();
    for entry in &mut ledger.entries {
        entry.run.machine.cpu = Some("Another Processor".to_owned());
    }
    let other = Ledger::open(program.path("other").to_str().unwrap(), &FakeSystem::new()).unwrap();
    other.import(&ledger.entries).unwrap();
    program.write("candidate.json", &document(&[("b", &[100.3])]));
    let arguments = [
        "check",
        "--results",
        "candidate.json",
        "--ledger",
        "other",
        "--target-branch",
        "main",
    ];
    let outcome = program.run(&arguments).expect(3);
    assert!(
        outcome
            .out
            .contains("all 30 runs of the history were made on other kinds of machines"),
        "{}",
        outcome.out
    );
    program
        .run(&[&arguments[..], &["--any-machine"]].concat())
        .expect(0);
}

#[test]
fn an_unreadable_run_is_named_and_the_verdict_says_so() {
    let program = Program::in_actions();
    for hour in 0..30 {
        record(&program, "ledger", hour, usual(hour)).expect(0);
    }
    let month = program.path("ledger/default/2023/11");
    let file = std::fs::read_dir(month)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    gatehouse_core::files::write_atomic(&file, b"cut").unwrap();
    let outcome = check(&program, 100.3).expect(0);
    assert!(outcome.out.starts_with("warn: "), "{}", outcome.out);
    assert!(
        outcome
            .out
            .contains(file.file_name().unwrap().to_str().unwrap()),
        "{}",
        outcome.out
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"cut");
}

#[test]
fn a_change_is_found_with_its_commits_and_going_on_finds_the_same() {
    let program = Program::new();
    let detect = |more: &[&str]| {
        program
            .run(&[&["detect", "--ledger", "ledger", "--print", "json"], more].concat())
            .expect(0)
            .out
    };
    let (mut parts, mut last) = (BTreeSet::new(), String::new());
    for hour in 0..60 {
        record(
            &program,
            "ledger",
            hour,
            usual(hour) * if hour < 40 { 1.0 } else { 1.2 },
        )
        .expect(0);
        if hour % 9 == 8 || hour == 59 {
            last = detect(&["--state", "state.json"]);
            let found: serde_json::Value = serde_json::from_str(&last).unwrap();
            parts.extend(
                found["change-points"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(ToString::to_string),
            );
        }
    }
    let full: serde_json::Value = serde_json::from_str(&detect(&[])).unwrap();
    let full: BTreeSet<String> = full["change-points"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(parts, full, "{last}");
    let found: serde_json::Value = serde_json::from_str(full.first().unwrap()).unwrap();
    assert_eq!(
        (&found["commit"]["id"], &found["after"]["id"]),
        (
            &format!("{:040x}", 40).into(),
            &format!("{:040x}", 39).into()
        )
    );
    assert_eq!(
        (&found["turn"], &found["certainty"]),
        (&"worse".into(), &"confirmed".into())
    );
    let text = program
        .run(&["detect", "--ledger", "ledger", "--fail-on-change"])
        .expect(1)
        .out;
    assert!(text.contains("change     worse     +19."), "{text}");
}

#[test]
fn slow_drift_is_found_against_the_last_release() {
    let program = Program::in_actions();
    for hour in 0..40 {
        record(
            &program,
            "ledger",
            hour * 24,
            usual(hour) * 1.003_f64.powi(i32::try_from(hour).unwrap()),
        )
        .expect(0);
    }
    let release = format!("{:040x}", 10 * 24);
    let outcome = program
        .run(&[
            "detect",
            "--ledger",
            "ledger",
            "--release",
            &release,
            "--min-change-percent",
            "3",
        ])
        .expect(0);
    assert!(
        outcome.out.contains("(release)") && outcome.out.contains("drift      worse"),
        "{}",
        outcome.out
    );
    assert_eq!(program.outputs()["verdict"], "warn");
    assert!(program.read("summary").contains("| drift | worse | +"));
}

#[test]
fn what_cannot_be_read_is_not_recorded() {
    let program = Program::in_actions();
    program.write(
        "results.json",
        "{\"schema\": \"benchmark-results/v1\", \"results\": [",
    );
    let outcome = program
        .run(&["record", "--results", "results.json", "--ledger", "ledger"])
        .expect(2);
    assert!(
        outcome.err.contains("nothing was recorded"),
        "{}",
        outcome.err
    );
    assert!(!program.path("ledger").exists());
    let outcome = program.run(&["detect", "--ledger", "ledger"]).expect(2);
    assert!(
        outcome.err.contains("there is no series"),
        "{}",
        outcome.err
    );
    program
        .run(&["record", "--results", "results.json", "--ledger", "ftp://x"])
        .expect(2);
    program
        .run(&[
            "record",
            "--results",
            "results.json",
            "--ledger",
            "git+file:///x",
        ])
        .expect(2);
}

fn bare(program: &Program) -> String {
    let made = std::process::Command::new("git")
        .args(["init", "--quiet", "--bare"])
        .arg(program.path("remote.git"))
        .status()
        .unwrap();
    assert!(made.success());
    format!(
        "git+file://{}#perf-ledger",
        program.path("remote.git").display()
    )
}

fn writer(program: &Program, ledger: &str, number: u32) -> Child {
    let (commit, run) = (format!("{number:040x}"), number.to_string());
    program
        .command(&[
            "record",
            "--results",
            "results.json",
            "--ledger",
            ledger,
            "--commit",
            &commit,
            "--time",
            "2026-01-02T03:04:05Z",
        ])
        .env("GITHUB_RUN_ID", run)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The run numbers in the ledger, each as often as it is there.
fn present(ledger: &str) -> Vec<u64> {
    let loaded = Ledger::open(ledger, &FakeSystem::new())
        .unwrap()
        .load(None)
        .unwrap();
    assert!(loaded.problems.is_empty());
    let mut runs: Vec<u64> = loaded
        .entries
        .iter()
        .map(|entry| entry.run.run_id)
        .collect();
    runs.sort_unstable();
    runs
}

/// Two hundred processes at once would only measure the machine: one crowd after the other.
static CROWD: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn many_writers_at_once_lose_and_double_nothing() {
    const WRITERS: u32 = 100;
    let _alone = CROWD.lock();
    let program = Program::new();
    let ledger = bare(&program);
    program.write("results.json", &document(&[("b", &[1.0])]));
    let writers: Vec<Child> = (1..=WRITERS)
        .map(|number| writer(&program, &ledger, number))
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(
        present(&ledger),
        (1..=u64::from(WRITERS)).collect::<Vec<_>>()
    );
}

#[test]
fn killed_writers_lose_and_double_nothing() {
    const WRITERS: u32 = 100;
    let _alone = CROWD.lock();
    let program = Program::new();
    let ledger = bare(&program);
    program.write("results.json", &document(&[("b", &[1.0])]));
    let mut random = fastrand::Rng::with_seed(5);
    let mut writers: Vec<(u32, Child)> = (1..=WRITERS)
        .map(|number| (number, writer(&program, &ledger, number)))
        .collect();
    // Three rounds of kill -9 at random moments; whoever was killed is started again.
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(random.u64(200..900)));
        for (number, child) in &mut writers {
            if random.f64() < 0.6 && child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                child.wait().unwrap();
                *child = writer(&program, &ledger, *number);
            }
        }
    }
    for (number, mut child) in writers {
        assert!(child.wait().unwrap().success(), "writer {number}");
    }
    assert_eq!(
        present(&ledger),
        (1..=u64::from(WRITERS)).collect::<Vec<_>>()
    );
}

#[test]
fn an_error_budget_forgives_a_few_misses_and_no_more() {
    let program = Program::in_actions();
    program.write(
        ".github/perf.toml",
        "[[error-budget]]\nbenchmark = \"b\"\nmax = \"120 ns\"\nallowed-percent = 10\nwindow-runs = 20\n",
    );
    let program = Program {
        vars: [
            program.vars.clone(),
            vec![(
                "GATEHOUSE_CONFIG".to_owned(),
                ".github/perf.toml".to_owned(),
            )],
        ]
        .concat(),
        ..program
    };
    for hour in 0..30 {
        let value = if hour == 20 { 150.0 } else { usual(hour) };
        record(&program, "ledger", hour, value).expect(0);
    }
    // The second miss of the two that are allowed, and the third. Far out as they are, both are
    // regressions as well: only what the budget says of them differs.
    let second = check(&program, 150.0).out;
    assert!(!second.contains("missed its limit"), "{second}");
    record(&program, "ledger", 30, 150.0).expect(0);
    let third = check(&program, 150.0).expect(1).out;
    assert!(
        third.contains("3 of the last 20 runs missed its limit, 2 of 20 may"),
        "{third}"
    );
    // Without a history nothing can be said, and that is said.
    program.write("old.json", &document(&[("b", &[100.0, 101.0, 99.0])]));
    let compared = program.run(&[
        "compare",
        "--baseline",
        "old.json",
        "--candidate",
        "old.json",
    ]);
    assert!(
        compared.out.contains("error budgets need a history"),
        "{}",
        compared.out
    );
}

#[test]
fn what_a_second_measurement_does_not_bear_out_does_not_fail() {
    let program = Program::in_actions();
    for hour in 0..30 {
        record(&program, "ledger", hour, usual(hour)).expect(0);
    }
    let gate = |again: f64, script: &str| {
        program.write("results.json", &document(&[("b", &[150.0, 150.1, 149.9])]));
        program.write(
            "again.json",
            &document(&[("b", &[again, again * 1.001, again * 0.999])]),
        );
        let script = script.to_owned();
        program.run(&[
            "gate",
            "--results",
            "results.json",
            "--ledger",
            "ledger",
            "--target-branch",
            "main",
            "--record",
            "always",
            "--commit",
            &"e".repeat(40),
            "--branch",
            "main",
            "--confirm-with",
            &script,
        ])
    };
    let copy = "cp again.json results.json; [ -z \"${GITHUB_OUTPUT:-}${GATEHOUSE_TOKEN:-}\" ]";
    let confirmed = gate(149.0, copy).expect(1);
    assert!(
        confirmed.err.contains("measuring again"),
        "{}",
        confirmed.err
    );
    let recovered = gate(100.4, copy).expect(0);
    assert!(
        recovered.out.starts_with("warn")
            && recovered.out.contains("not when it was measured again"),
        "{}",
        recovered.out
    );
    // What was judged is what is kept.
    let folder = program.path("ledger").display().to_string();
    let ledger = Ledger::open(&folder, &FakeSystem::new()).unwrap();
    let kept = ledger.load(Some("default")).unwrap().entries;
    assert_eq!(
        kept.last().unwrap().columns["median"][0].as_f64(),
        Some(100.4)
    );
    // A script that fails leaves the first measurement standing.
    let failed = gate(100.4, "echo broken >&2; exit 7").expect(1);
    assert!(
        failed.out.contains("measuring again failed"),
        "{}",
        failed.out
    );
}

#[test]
fn a_run_that_follows_another_is_not_recorded_unasked() {
    let program = Program::in_actions();
    program.write("results.json", &document(&[("b", &[100.0, 100.1, 99.9])]));
    let event = program.write("event.json", "{\"workflow_run\": {\"id\": 5, \"head_sha\": \"dddddddddddddddddddddddddddddddddddddddd\", \"head_branch\": \"x\", \"event\": \"pull_request\", \"pull_requests\": [], \"head_repository\": {\"owner\": {\"login\": \"stranger\"}}}}");
    let gate = |more: &[&str]| {
        let mut command = program.command(
            &[
                &[
                    "gate",
                    "--results",
                    "results.json",
                    "--ledger",
                    "ledger",
                    "--on-inconclusive",
                    "warn",
                ],
                more,
            ]
            .concat(),
        );
        Outcome::of(command.env("GITHUB_EVENT_PATH", &event).output().unwrap()).expect(0)
    };
    gate(&[]);
    assert!(!program.path("ledger").exists());
    gate(&["--record", "always"]);
    assert!(program.path("ledger").exists());
}
