//! The program's surface: exit codes, outputs, errors with their places.

use crate::{Program, around, document};

fn with_sides(program: Program, old: f64, new: f64) -> Program {
    program.write(
        "old.json",
        &document(&[("a", &around(100.0)), ("b", &around(old))]),
    );
    program.write(
        "new.json",
        &document(&[("a", &around(100.0)), ("b", &around(new))]),
    );
    program
}

const COMPARE: [&str; 5] = [
    "compare",
    "--baseline",
    "old.json",
    "--candidate",
    "new.json",
];

#[test]
fn exit_codes_follow_the_verdict() {
    assert!(
        with_sides(Program::new(), 50.0, 50.0)
            .run(&COMPARE)
            .expect(0)
            .out
            .starts_with("pass: 2 unchanged")
    );
    assert!(
        with_sides(Program::new(), 50.0, 60.0)
            .run(&COMPARE)
            .expect(1)
            .out
            .starts_with("fail: 1 regression, 1 unchanged")
    );
    let program = with_sides(Program::new(), 50.0, 60.0);
    let report_only = [&COMPARE[..], &["--report-only"]].concat();
    program.run(&report_only).expect(0);
    program.write("new.json", &document(&[("a", &[1.0]), ("b", &[1.0])]));
    program.run(&COMPARE).expect(3);
    program
        .run(&[&COMPARE[..], &["--on-inconclusive", "warn"]].concat())
        .expect(0);
    program.write("new.json", "{");
    program.run(&COMPARE).expect(2);
    program.run(&report_only).expect(2);
}

#[test]
fn a_step_gets_outputs_summary_annotations_and_evidence() {
    let program = with_sides(Program::in_actions(), 50.0, 60.0);
    let outcome = program.run(&COMPARE).expect(1);
    let outputs = program.outputs();
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "evidence",
            "improvements",
            "inconclusive",
            "regressions",
            "report",
            "report-html",
            "summary",
            "verdict"
        ]
    );
    assert_eq!(
        (outputs["verdict"].as_str(), outputs["regressions"].as_str()),
        ("fail", "1")
    );
    assert!(
        outcome
            .out
            .contains("::error title=performance%3A regression::b [time] +20.00 %25"),
        "{}",
        outcome.out
    );
    assert!(program.read("summary").contains("### Regressions (1)"));
    let evidence: gatehouse_core::evidence::Evidence =
        serde_json::from_str(&std::fs::read_to_string(&outputs["evidence"]).unwrap()).unwrap();
    assert_eq!(evidence.subject[0].digest["gitCommit"], "a".repeat(40));
    assert_eq!(evidence.predicate.invocation.run_id, Some(42));
    assert_eq!(evidence.predicate.inputs.len(), 2);
    assert_eq!(evidence.predicate.reasons[0].code, "regression");
}

#[test]
fn without_a_commit_the_evidence_is_about_the_inputs() {
    let program = with_sides(Program::new(), 50.0, 50.0);
    program.run(&COMPARE).expect(0);
    let evidence: serde_json::Value =
        serde_json::from_str(&program.read("gatehouse-report/evidence.json")).unwrap();
    assert_eq!(evidence["subject"][0]["name"], "old.json");
    assert_eq!(
        evidence["subject"][0]["digest"]["sha256"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
}

#[test]
fn the_same_inputs_give_the_same_report_byte_for_byte() {
    let program = with_sides(Program::new(), 50.0, 60.0);
    program.run(&COMPARE).expect(1);
    let first = (
        program.read("gatehouse-report/report.html"),
        program.read("gatehouse-report/summary.md"),
    );
    program.run(&COMPARE).expect(1);
    assert_eq!(
        first,
        (
            program.read("gatehouse-report/report.html"),
            program.read("gatehouse-report/summary.md")
        )
    );
}

#[test]
fn errors_name_file_line_column_and_help() {
    let program = with_sides(Program::in_actions(), 50.0, 50.0);
    program.write(".github/perf.toml", "alpha = 0.05\ntolerence-percent = 1\n");
    let outcome = program.run(&COMPARE).expect(2);
    assert!(
        outcome.err.contains("--> .github/perf.toml:2:1\n  help: "),
        "{}",
        outcome.err
    );
    assert!(
        outcome
            .out
            .contains("::error file=.github/perf.toml,line=2,col=1::unknown field"),
        "{}",
        outcome.out
    );
    assert!(
        !program.path("gatehouse-report").exists(),
        "nothing is half-written"
    );
    assert_eq!(program.outputs()["verdict"], "error");
}

#[test]
fn a_missing_policy_that_was_named_is_an_error() {
    let program = with_sides(Program::new(), 50.0, 50.0);
    let outcome = program
        .run(&[&COMPARE[..], &["--config", "nope.toml"]].concat())
        .expect(2);
    assert!(outcome.err.contains("nope.toml"));
}

#[test]
fn options_also_come_as_variables_and_lists_by_line() {
    let program = with_sides(Program::new(), 50.0, 60.0);
    let mut command = program.command(&["compare"]);
    command
        .env("GATEHOUSE_BASELINE", "\nold.json\n\n")
        .env("GATEHOUSE_CANDIDATE", "new.json")
        .env("GATEHOUSE_TOLERANCE_PERCENT", "30");
    command.env("GATEHOUSE_DETECT_PERCENT", "40");
    let outcome = crate::Outcome::of(command.output().unwrap()).expect(0);
    assert!(
        outcome.out.contains("1 within tolerance"),
        "{}",
        outcome.out
    );
}

#[test]
fn parse_prints_what_compare_reads() {
    let program = with_sides(Program::new(), 50.0, 60.0);
    let printed = program.run(&["parse", "old.json"]).expect(0).out;
    program.write("again.json", &printed);
    assert_eq!(program.run(&["parse", "again.json"]).expect(0).out, printed);
    program
        .run(&[
            "compare",
            "--baseline",
            "again.json",
            "--candidate",
            "old.json",
        ])
        .expect(0);
}

#[test]
fn explain_says_how_a_benchmark_was_decided() {
    let program = with_sides(Program::new(), 50.0, 60.0);
    let told = program
        .run(&[
            "explain",
            "b",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
        ])
        .expect(0)
        .out;
    for word in [
        "outcome    regression",
        "exact Mann-Whitney test",
        "+20.00 %",
        "corrected over 2 metrics",
        "lower is better",
    ] {
        assert!(told.contains(word), "no {word} in\n{told}");
    }
    assert!(!told.contains("a [time]"));
    let outcome = program
        .run(&[
            "explain",
            "zzz",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
        ])
        .expect(2);
    assert!(outcome.err.contains("no benchmark is named \"zzz\""));
}

#[test]
fn help_has_examples_and_exit_codes() {
    let program = Program::new();
    let help = program.run(&["--help"]).expect(0).out;
    assert!(help.contains("Examples:") && help.contains("3  inconclusive"));
    assert!(
        program
            .run(&["compare", "--help"])
            .expect(0)
            .out
            .contains("google-benchmark")
    );
    program.run(&["compare"]).expect(2);
    program.run(&["frobnicate"]).expect(2);
}

#[test]
fn thresholds_of_k6_are_taken_over() {
    let program = Program::new();
    let summary = |limits: &str| {
        format!(
            "{{\"metrics\": {{\"iterations\": {{\"count\": 50, \"rate\": 5.0}}, \"http_req_duration\": {{\"avg\": 100.0, \"p(95)\": 180.0, \"thresholds\": {limits}}}}}}}"
        )
    };
    let compare = |limits: &str| {
        program.write("old.json", &summary("{}"));
        program.write("new.json", &summary(limits));
        program.run(&[
            "compare",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
            "--on-inconclusive",
            "warn",
        ])
    };
    // As --summary-export writes them: true says crossed.
    compare("{\"p(95)<500\": false}").expect(0);
    let crossed = compare("{\"p(95)<150\": true}").expect(1);
    assert!(
        crossed
            .out
            .contains("its own threshold p(95)<150 was crossed"),
        "{}",
        crossed.out
    );
    // As handleSummary is given them.
    compare("{\"p(95)<500\": {\"ok\": true}}").expect(0);
    compare("{\"p(95)<150\": {\"ok\": false}}").expect(1);
    let unclear = compare("{\"p(95)<150\": 7}").expect(1);
    assert!(unclear.out.contains("cannot be told"), "{}", unclear.out);
}
