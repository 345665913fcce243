//! What people see, and how much of it there may be.

use crate::{Program, around, document};

/// One benchmark of every kind: unchanged, slower, faster, inconclusive, renamed, over budget.
fn small_suite() -> Program {
    let program = Program::in_actions();
    let (flat, up, down) = (around(100.0), around(112.0), around(90.0));
    let old: [(&str, &[f64]); 5] = [
        ("same", &flat),
        ("slower", &flat),
        ("faster", &flat),
        ("one", &[1.0]),
        ("parse large file", &flat),
    ];
    let new: [(&str, &[f64]); 5] = [
        ("same", &flat),
        ("slower", &up),
        ("faster", &down),
        ("one", &[1.0]),
        ("parse_large_files", &flat),
    ];
    program.write("old.json", &document(&old));
    program.write("new.json", &document(&new));
    let policy = "[[budget]]\nbenchmark = \"s*\"\nmax = \"110 ns\"\n";
    program.write(".github/perf.toml", policy);
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
fn what_people_see_of_a_small_suite() {
    let program = small_suite();
    let outcome = program.run(&COMPARE).expect(1);
    insta::assert_snapshot!("summary", program.read("summary"));
    insta::assert_snapshot!("stdout", outcome.out);
    let html = program.read("gatehouse-report/report.html");
    let (body, _) = html
        .split_once("<body>")
        .unwrap()
        .1
        .split_once("</body>")
        .unwrap();
    // One element a line, so that a difference can be read.
    insta::assert_snapshot!("html", body.replace("><", ">\n<"));
}

#[test]
fn ten_thousand_benchmarks_fit_the_limits() {
    let program = Program::in_actions();
    let side = |factor: f64| {
        let names: Vec<String> = (0..10_000)
            .map(|n| format!("group {} / a benchmark with a rather long name {n}", n % 40))
            .collect();
        let (flat, changed) = (around(100.0), around(100.0 * factor));
        let entries: Vec<(&str, &[f64])> = names
            .iter()
            .enumerate()
            .map(|(n, name)| {
                (
                    name.as_str(),
                    if n % 3 == 0 {
                        changed.as_slice()
                    } else {
                        &flat
                    },
                )
            })
            .collect();
        document(&entries)
    };
    program.write("old.json", &side(1.0));
    program.write("new.json", &side(1.3));
    let outcome = program
        .run(&[
            "compare",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
        ])
        .expect(1);
    let summary = program.read("summary");
    assert!(summary.len() <= 1000 * 1024, "{}", summary.len());
    assert!(summary.contains("more rows do not fit here"));
    let regressions = summary.find("### Regressions (3334)").unwrap();
    assert!(
        summary
            .find("Unchanged (")
            .is_none_or(|unchanged| unchanged > regressions),
        "the worst come first"
    );
    assert!(
        outcome
            .out
            .lines()
            .filter(|line| line.starts_with("::error"))
            .count()
            == 10
    );
    assert!(outcome.out.contains("and 3325 more"));
    let html = program.read("gatehouse-report/report.html");
    assert!(html.len() < 10 * 1024 * 1024, "{}", html.len());
}

#[test]
fn the_page_is_self_contained_and_accessible() {
    let program = Program::new();
    program.write("old.json", &document(&[("a", &around(100.0))]));
    program.write("new.json", &document(&[("a", &around(120.0))]));
    program
        .run(&[
            "compare",
            "--baseline",
            "old.json",
            "--candidate",
            "new.json",
        ])
        .expect(1);
    let html = program.read("gatehouse-report/report.html");
    for needed in [
        "<html lang=\"en\">",
        "default-src 'none'",
        "prefers-color-scheme:dark",
        "role=\"img\"",
        "<desc>",
        "Distributions",
    ] {
        assert!(html.contains(needed), "no {needed}");
    }
    assert!(
        !html.contains("http://") && !html.contains("https://") && !html.contains("url("),
        "nothing is fetched"
    );
}
