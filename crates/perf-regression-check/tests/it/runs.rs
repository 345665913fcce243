//! `run`: real processes, measured in pairs.

#![cfg(unix)]

use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Outcome, Program};

/// A benchmark whose time is the number in factor.txt, with a noise that looks random, has no trend
/// between the two sides and is the same in every run of the tests.
const BENCH: &str = "f=$(cat factor.txt); p=$(cat phase.txt 2>/dev/null || echo 0); echo >> calls; n=$(wc -l < calls); echo \"test b ... bench: $((f * 100 + (n + p) % 2 * 32 + n * 7 % 16)) ns/iter (+/- 1)\"";

fn sides(old: u32, new: u32) -> Program {
    let program = Program::in_actions();
    program.write("old/factor.txt", &old.to_string());
    program.write("new/factor.txt", &new.to_string());
    program.write("new/phase.txt", "1");
    program
}

fn run(program: &Program, more: &[&str]) -> Outcome {
    program.run(
        &[
            &[
                "run",
                "--baseline-dir",
                "old",
                "--candidate-dir",
                "new",
                "--seed",
                "1",
            ],
            more,
        ]
        .concat(),
    )
}

#[test]
fn a_slower_command_is_found_and_the_rounds_are_kept() {
    let program = sides(100, 110);
    let outcome = run(&program, &["--pairs", "12", "--shell-command", BENCH]).expect(1);
    assert!(outcome.out.contains("regression    +"), "{}", outcome.out);
    let kept: serde_json::Value =
        serde_json::from_str(&program.read("gatehouse-report/baseline.json")).unwrap();
    let pairs = kept["results"][0]["pairs"].as_array().unwrap();
    assert!(
        pairs.len() >= 6 && pairs.len() == kept["results"][0]["samples"].as_array().unwrap().len()
    );
    assert!(outcome.err.contains("order drawn from seed 1"));
}

#[test]
fn equal_commands_pass() {
    let program = sides(100, 100);
    assert!(
        run(&program, &["--pairs", "12", "--shell-command", BENCH])
            .expect(0)
            .out
            .starts_with("pass")
    );
}

#[test]
fn wall_time_needs_no_output() {
    let program = sides(1, 1);
    let outcome = run(
        &program,
        &[
            "--pairs",
            "7",
            "--wall-time",
            "--detect-percent",
            "900",
            "--",
            "sleep",
            "0.01",
        ],
    );
    let kept = program.read("gatehouse-report/candidate.json");
    assert!(
        kept.contains("\"wall-time\"") && kept.contains("sleep 0.01"),
        "{kept} {}",
        outcome.err
    );
}

#[test]
fn results_may_lie_in_files_but_not_from_before() {
    let program = sides(100, 110);
    let script = format!("{{ {BENCH}; }} > results.txt");
    run(
        &program,
        &[
            "--pairs",
            "8",
            "--results",
            "results.txt",
            "--shell-command",
            &script,
        ],
    )
    .expect(1);
    let outcome = run(
        &program,
        &[
            "--pairs",
            "8",
            "--warmup",
            "0",
            "--results",
            "results.txt",
            "--shell-command",
            "true",
        ],
    )
    .expect(4);
    assert!(
        outcome.out.contains("was not written by this run"),
        "{}",
        outcome.out
    );
}

#[test]
fn a_command_that_fails_leaves_a_readable_partial_result() {
    let program = sides(100, 100);
    // Fails in the third pair: the warm-up and two pairs ran before.
    let script = format!(
        "echo x >> runs; [ \"$(wc -l < runs)\" -le 3 ] || {{ echo ::error::owned >&2; exit 9; }}; {BENCH}"
    );
    let outcome = run(&program, &["--pairs", "9", "--shell-command", &script]).expect(4);
    assert!(
        outcome.out.starts_with("error: ")
            && outcome
                .out
                .contains("ended with exit code 9 (2 of 9 pairs were complete)"),
        "{}",
        outcome.out
    );
    assert!(
        outcome.err.contains("::stop-commands::"),
        "its last words are not obeyed: {}",
        outcome.err
    );
    assert_eq!(program.outputs()["verdict"], "error");
    let printed = program
        .run(&["parse", "gatehouse-report/baseline.json"])
        .expect(0)
        .out;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&printed).unwrap()["results"][0]["pairs"],
        serde_json::json!([0, 1])
    );
}

#[test]
fn unreadable_output_is_an_error_not_a_pass() {
    let program = sides(1, 1);
    let outcome = run(&program, &["--pairs", "3", "--", "true"]).expect(4);
    assert!(
        outcome.out.contains("cannot be read: the file is empty"),
        "{}",
        outcome.out
    );
}

#[test]
fn leniency_keeps_what_it_forgives_in_sight() {
    let program = sides(100, 100);
    let script = format!("{BENCH}; echo 'test c ... bench: lots ns/iter (+/- 1)'");
    let strict = run(&program, &["--pairs", "8", "--shell-command", &script]).expect(4);
    assert!(
        strict.out.contains("cannot read the result of c"),
        "{}",
        strict.out
    );
    let arguments = ["--lenient", "--pairs", "8", "--shell-command", &script];
    let lenient = run(&program, &arguments).expect(0);
    assert!(
        lenient.out.starts_with("warn: 1 unchanged"),
        "{}",
        lenient.out
    );
    let said = lenient.err.matches("cannot read the result of c").count();
    assert_eq!(said, 2, "once a side: {}", lenient.err);
}

#[test]
fn a_hanging_command_ends_with_the_time_budget() {
    let program = sides(1, 1);
    let begun = Instant::now();
    let outcome = run(
        &program,
        &[
            "--time-budget",
            "1",
            "--shell-command",
            "sleep 60 & sleep 60",
        ],
    )
    .expect(4);
    assert!(begun.elapsed() < Duration::from_secs(20), "{}", outcome.err);
    assert!(
        outcome.out.contains("did not end within the time budget"),
        "{}",
        outcome.out
    );
}

#[test]
fn measured_code_cannot_reach_the_step() {
    let mut program = sides(100, 100);
    program
        .vars
        .push(("GITHUB_TOKEN".to_owned(), "t0ken".to_owned()));
    let script = format!("echo \"${{GITHUB_OUTPUT-none}} ${{GITHUB_TOKEN-none}}\" > seen; {BENCH}");
    run(&program, &["--pairs", "6", "--shell-command", &script]);
    assert_eq!(program.read("new/seen"), "none none\n");
}

#[test]
fn an_interrupt_leaves_what_was_measured() {
    let program = sides(100, 100);
    let script = format!("sleep 0.05; {BENCH}");
    let mut command = program.command(&[
        "run",
        "--baseline-dir",
        "old",
        "--candidate-dir",
        "new",
        "--pairs",
        "500",
        "--shell-command",
        &script,
    ]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let partial = program.path("gatehouse-report/baseline.json");
    let begun = Instant::now();
    while !partial.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(
        out.starts_with("error: ") && out.contains("interrupted"),
        "{out}"
    );
    assert!(
        program
            .read("gatehouse-report/evidence.json")
            .contains("interrupted")
    );
    serde_json::from_str::<serde_json::Value>(&program.read("gatehouse-report/baseline.json"))
        .unwrap();
}

fn git(program: &Program, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(program.folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_ref_is_checked_out_for_the_run_and_taken_away_after() {
    let program = Program::in_actions();
    git(&program, &["init", "--quiet"]);
    program.write("factor.txt", "100");
    git(&program, &["add", "factor.txt"]);
    git(&program, &["commit", "--quiet", "-m", "old"]);
    program.write("factor.txt", "110");
    let old = git(&program, &["rev-parse", "HEAD"]);
    let outcome = program
        .run(&[
            "run",
            "--baseline-ref",
            "HEAD",
            "--pairs",
            "12",
            "--shell-command",
            BENCH,
        ])
        .expect(1);
    assert!(
        outcome.err.contains(&format!("the baseline is {old}")),
        "{}",
        outcome.err
    );
    assert_eq!(git(&program, &["worktree", "list"]).lines().count(), 1);
    let missing = program
        .run(&["run", "--baseline-ref", "nope", "--shell-command", BENCH])
        .expect(2);
    assert!(
        missing.err.contains("no commit named nope") && missing.err.contains("fetch-depth: 0"),
        "{}",
        missing.err
    );
    program
        .run(&[
            "run",
            "--baseline-ref=--upload-pack=x",
            "--shell-command",
            BENCH,
        ])
        .expect(2);
}

#[test]
fn a_pull_request_is_compared_with_its_merge_base() {
    let mut program = Program::in_actions();
    git(&program, &["init", "--quiet", "--initial-branch", "main"]);
    program.write("factor.txt", "100");
    git(&program, &["add", "factor.txt"]);
    git(&program, &["commit", "--quiet", "-m", "fork point"]);
    let fork_point = git(&program, &["rev-parse", "HEAD"]);
    git(&program, &["checkout", "--quiet", "-b", "change"]);
    git(
        &program,
        &["commit", "--quiet", "--allow-empty", "-m", "change"],
    );
    git(&program, &["checkout", "--quiet", "main"]);
    program.write("factor.txt", "50");
    git(&program, &["commit", "--quiet", "-am", "main moved on"]);
    let base = git(&program, &["rev-parse", "HEAD"]);
    git(&program, &["checkout", "--quiet", "change"]);
    let event = serde_json::json!({"pull_request": {"number": 1, "base": {"sha": base}, "head": {"sha": "b".repeat(40)}}});
    let path = program.write("event.json", &event.to_string());
    program
        .vars
        .push(("GITHUB_EVENT_PATH".to_owned(), path.display().to_string()));
    let outcome = program
        .run(&["run", "--pairs", "12", "--shell-command", BENCH])
        .expect(0);
    assert!(
        outcome
            .err
            .contains(&format!("the baseline is {fork_point}")),
        "{}",
        outcome.err
    );
}

#[test]
fn a_failing_build_is_named() {
    let program = sides(1, 1);
    let outcome = run(
        &program,
        &[
            "--prepare",
            "echo broken build >&2; exit 3",
            "--shell-command",
            BENCH,
        ],
    )
    .expect(4);
    assert!(
        outcome
            .err
            .contains("preparing the baseline failed: exit code 3")
            && outcome.err.contains("broken build"),
        "{}",
        outcome.err
    );
}
