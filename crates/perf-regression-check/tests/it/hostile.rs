//! Names that try to be commands, markup, paths, terminals and other people.

use crate::{Program, around, document};

const NAMES: &[&str] = &[
    "line\nbreak\n::error title=owned::x",
    "::set-output name=verdict::pass",
    "  ::stop-commands::x",
    "$(touch owned)`touch owned`",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "| a | b |\n| --- | --- |",
    "[click](https://evil.example) @everyone #1 www.evil.example",
    "\u{202e}esrever\u{1b}[31m ##[error]old",
    "verdict<<EOF\npass\nEOF",
    "../../etc/passwd",
    "é\u{301}\u{0}\u{fffd}",
];

#[test]
fn names_are_text_everywhere() {
    let program = Program::in_actions();
    let long = "x".repeat(10_240);
    let names: Vec<&str> = NAMES.iter().copied().chain([long.as_str()]).collect();
    let side = |value: f64| {
        let samples = around(value);
        document(
            &names
                .iter()
                .map(|name| (*name, samples.as_slice()))
                .collect::<Vec<_>>(),
        )
    };
    program.write("old.json", &side(100.0));
    program.write("new.json", &side(150.0));
    let outcome = program
        .run(&[
            "compare",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
        ])
        .expect(1);

    let commands: Vec<&str> = outcome
        .out
        .lines()
        .chain(outcome.err.lines())
        .filter(|line| line.trim_start().starts_with("::"))
        .collect();
    assert!(
        commands.iter().all(
            |line| line.starts_with("::error title=performance%3A regression::")
                || line.starts_with("::error::and ")
        ),
        "{commands:#?}"
    );
    assert!(commands.len() <= 10);
    for text in [&outcome.out, &outcome.err] {
        assert!(!text.contains('\u{1b}') && !text.contains("##[") && !text.contains('\u{202e}'));
        assert!(text.lines().all(|line| line.len() < 5000));
    }
    let outputs = program.outputs();
    assert_eq!((outputs.len(), outputs["verdict"].as_str()), (8, "fail"));

    let summary = program.read("summary");
    for markup in [
        "<script",
        "<img",
        "@everyone",
        "](https",
        "www.evil",
        "\u{1b}",
        "\u{202e}",
    ] {
        assert!(!summary.contains(markup), "summary has {markup}");
    }
    let rows = summary
        .lines()
        .filter(|line| line.contains("the corrected test rejects"));
    assert!(
        rows.clone().count() == names.len()
            && rows.clone().all(|row| row.matches('|').count() == 10)
    );

    let html = program.read("gatehouse-report/report.html");
    for markup in ["<script", "<img", "onerror=alert(1)>", "\u{1b}", "\u{202e}"] {
        assert!(!html.contains(markup), "report has {markup}");
    }
    assert!(!program.path("owned").exists());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_becomes_markup(names in proptest::collection::hash_set("\\PC{1,40}|[<>&\"'`|@#\\[\\]()!*_:/.\n\r\u{1b}\u{202e} a-z]{1,60}", 1..6)) {
        use perf_regression_check::model::{ResultSet, Series, Unit};
        use perf_regression_check::{report, verdict};
        let side = |factor: f64| {
            let mut set = ResultSet::default();
            set.extend(names.iter().map(|name| Series::new(name, "time", Unit::nanoseconds(), around(100.0 * factor))));
            set
        };
        let (old, new) = (side(1.0), side(1.5));
        let judgement = verdict::judge(&old, &new, perf_regression_check::config::Policy::default());
        proptest::prop_assert_eq!(judgement.suite.decisions.len(), names.len());

        let plain = |name: &str| {
            let set = |value: f64| ResultSet { thresholds: Vec::new(), series: vec![Series::new(name, "time", Unit::nanoseconds(), around(value))], problems: Vec::new() };
            let (old, new) = (set(100.0), set(150.0));
            let judgement = verdict::judge(&old, &new, perf_regression_check::config::Policy::default());
            (report::html::report(&judgement, "t"), report::summary::summary(&judgement, "t").markdown().to_owned())
        };
        // Whatever the name, the elements and the table's cells are those of a harmless one.
        let (html, markdown) = plain("harmless");
        for name in &names {
            let (hostile_html, hostile_markdown) = plain(name);
            proptest::prop_assert_eq!(hostile_html.matches('<').count(), html.matches('<').count());
            proptest::prop_assert_eq!(hostile_markdown.matches('|').count(), markdown.matches('|').count());
            proptest::prop_assert_eq!(hostile_markdown.lines().count(), markdown.lines().count());
            proptest::prop_assert!(!hostile_html.contains(['\u{1b}', '\u{202e}']), "control characters");
        }
    }
}

#[test]
fn hostile_policies_and_paths_are_one_error() {
    let program = Program::in_actions();
    program.write("old.json", &document(&[("a", &around(1.0))]));
    program.write("p\n::error::owned.toml", "x = 1");
    let outcome = program
        .run(&[
            "compare",
            "--baseline",
            "old.json",
            "--candidate",
            "old.json",
            "--config",
            "p\n::error::owned.toml",
        ])
        .expect(2);
    assert!(
        outcome
            .err
            .lines()
            .chain(outcome.out.lines())
            .all(|line| !line.starts_with("::error::owned")),
        "{}",
        outcome.out
    );
}

#[test]
fn links_do_not_lead_out_of_a_folder() {
    let program = Program::new();
    program.write("secret.json", &document(&[("secret", &around(1.0))]));
    program.write("results/good.json", &document(&[("good", &around(1.0))]));
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        program.path("secret.json"),
        program.path("results/link.json"),
    )
    .unwrap();
    let printed = program.run(&["parse", "results"]).expect(0).out;
    assert!(printed.contains("good") && !printed.contains("secret"));
}
