//! The dashboard: what is written, and what a browser makes of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatehouse_core::files::sha256_hex;
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Columns, Entry, Ledger, Machine, Run};
use gatehouse_core::system::{FakeSystem, RealSystem, Stream, System as _};
use serde_json::json;

use crate::Program;

/// Noise of one percent that is the same in every run of the tests.
fn noise(at: u32) -> f64 {
    1.0 + 0.02 * ((f64::from(at * at % 10_007) * 0.618_034).fract() - 0.5)
}

/// A hundred and twenty runs of six benchmarks: one that got slower a week ago, one that got faster,
/// one with a hostile name, one that is gone, one that is new.
fn history(folder: &Path) {
    let names = [
        "parse/small",
        "parse/large",
        "render/page",
        "<img src=x onerror=alert(1)>",
        "old/gone",
        "new/one",
    ];
    let entries: Vec<Entry> = (0..120_u32)
        .map(|run| {
            let value = |name: usize| {
                let level = match name {
                    1 if run >= 100 => 130.0,
                    2 if run >= 95 => 70.0,
                    _ => 100.0,
                };
                level * noise(run + 131 * u32::try_from(name).unwrap())
            };
            let present = |name: &usize| (*name != 4 || run < 100) && (*name != 5 || run >= 115);
            let measured: Vec<usize> = (0..6).filter(present).collect();
            let column = |of: &dyn Fn(usize) -> serde_json::Value| {
                measured.iter().map(|name| of(*name)).collect::<Vec<_>>()
            };
            let columns = Columns::from([
                ("benchmark".to_owned(), column(&|name| json!(names[name]))),
                ("metric".to_owned(), column(&|_| json!("time"))),
                ("unit".to_owned(), column(&|_| json!("ns"))),
                (
                    "direction".to_owned(),
                    column(&|_| json!("lower-is-better")),
                ),
                ("nature".to_owned(), column(&|_| json!("measured"))),
                ("n".to_owned(), column(&|_| json!(10))),
                ("median".to_owned(), column(&|name| json!(value(name)))),
                ("q25".to_owned(), column(&|name| json!(value(name) * 0.99))),
                ("q75".to_owned(), column(&|name| json!(value(name) * 1.02))),
            ]);
            Entry {
                suite: "core".to_owned(),
                run: Run {
                    commit: CommitSha::try_from(sha256_hex(&run.to_le_bytes())[..40].to_owned())
                        .unwrap(),
                    parent: None,
                    branch: Some("main".to_owned()),
                    time: jiff::Timestamp::from_second(1_750_000_000 + i64::from(run) * 28_800)
                        .unwrap(),
                    run_id: u64::from(run),
                    attempt: 1,
                    machine: Machine {
                        cpu: Some(
                            if run % 40 < 20 {
                                "AMD EPYC 7763"
                            } else {
                                "Intel Xeon 8370C"
                            }
                            .to_owned(),
                        ),
                        cores: Some(4),
                        image: Some("ubuntu24 20260101".to_owned()),
                        os: Some("linux x86_64".to_owned()),
                    },
                    tools: BTreeMap::new(),
                },
                columns,
            }
        })
        .collect();
    let ledger = Ledger::open(&folder.display().to_string(), &FakeSystem::new()).unwrap();
    ledger.import(&entries).unwrap();
}

fn site(program: &Program, arguments: &[&str]) -> PathBuf {
    program
        .run(&[&["dashboard", "--out", "site"], arguments].concat())
        .expect(0);
    program.path("site")
}

#[test]
fn a_site_is_written_whole_and_again() {
    let program = Program::in_actions();
    history(&program.path("ledger"));
    let folder = site(&program, &["--ledger", "ledger"]);
    for name in [
        "index.html",
        "style.css",
        "app.js",
        "chart.js",
        "data/overview.js",
        ".nojekyll",
    ] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    let overview = program.read("site/data/overview.js");
    let json = overview
        .strip_prefix("gatehouse.overview(")
        .and_then(|text| text.strip_suffix(");\n"))
        .unwrap();
    let overview: serde_json::Value = serde_json::from_str(json).unwrap();
    let health: Vec<(&str, &str)> = overview["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| {
            (
                card["health"].as_str().unwrap(),
                card["benchmark"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        health,
        [
            ("regressed", "parse/large"),
            ("gone", "old/gone"),
            ("sparse", "new/one"),
            ("improved", "render/page"),
            ("steady", "<img src=x onerror=alert(1)>"),
            ("steady", "parse/small"),
        ]
    );
    assert_eq!(
        program.outputs()["report-html"],
        folder.join("index.html").display().to_string()
    );
    // Series that are no more leave nothing behind; files of others stay.
    let (old, other) = (
        folder.join("data/0123456789abcdef.js"),
        folder.join("data/mine.txt"),
    );
    program.write("site/data/0123456789abcdef.js", "old");
    program.write("site/data/mine.txt", "mine");
    site(&program, &["--ledger", "ledger", "--branch", "main"]);
    assert!(!old.exists() && other.exists());
}

#[test]
fn long_series_are_thinned_and_say_so() {
    let program = Program::new();
    let y: Vec<f64> = (0..5000_u32).map(|run| 100.0 * noise(run)).collect();
    program.write(
        "series.json",
        &json!([{"bench": "b", "unit": "ns", "dir": "up-bad", "y": y}]).to_string(),
    );
    let folder = site(&program, &["--series", "series.json"]);
    let data = std::fs::read_dir(folder.join("data"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| !path.ends_with("overview.js"))
        .unwrap();
    let text = std::fs::read_to_string(data).unwrap();
    let json = &text[text.find(",{").unwrap() + 1..text.len() - 3];
    let detail: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(detail["value"].as_array().unwrap().len(), 2000);
    assert_eq!(detail["total"], 5000);
}

#[test]
fn nothing_to_show_and_pages_of_others_are_errors() {
    let program = Program::new();
    let empty = program
        .run(&["dashboard", "--ledger", "ledger", "--out", "site"])
        .expect(2);
    assert!(empty.err.contains("no series to show"), "{}", empty.err);
    program.write("site/index.html", "<p>mine");
    let theirs = program
        .run(&["dashboard", "--ledger", "ledger", "--out", "site"])
        .expect(2);
    assert!(theirs.err.contains("help:"), "{}", theirs.err);
    assert_eq!(program.read("site/index.html"), "<p>mine");
}

/// Needs a browser: `GATEHOUSE_CHROMIUM` names it, and `GATEHOUSE_NODE_MODULES` the folder that has
/// playwright-core. `GATEHOUSE_SCREENSHOTS` keeps pictures.
#[test]
fn a_browser_can_use_it() {
    let var = |name: &str| RealSystem.var(name);
    let (Some(chromium), Some(modules)) =
        (var("GATEHOUSE_CHROMIUM"), var("GATEHOUSE_NODE_MODULES"))
    else {
        let skipped = "SKIPPED: GATEHOUSE_CHROMIUM and GATEHOUSE_NODE_MODULES name no browser\n";
        RealSystem.write(Stream::Err, skipped).unwrap();
        return;
    };
    let (small, large) = (Program::in_actions(), Program::new());
    history(&small.path("ledger"));
    let small_site = site(
        &small,
        &[
            "--ledger",
            "ledger",
            "--repository-url",
            "https://github.com/org/consumer",
        ],
    );
    let series: Vec<serde_json::Value> = (0..2000_u32)
        .map(|index| {
            let y: Vec<f64> = (0..1000_u32)
                .map(|run| {
                    let level = if index % 50 == 0 && run >= 980 { 1300.0 } else { 1000.0 };
                    level * noise(run + 7 * index)
                })
                .collect();
            json!({"suite": format!("group_{}", index % 40), "bench": format!("case_{index}"), "unit": "ns", "dir": "up-bad", "y": y})
        })
        .collect();
    large.write("series.json", &json!(series).to_string());
    let large_site = site(&large, &["--series", "series.json"]);
    let screenshots = var("GATEHOUSE_SCREENSHOTS").unwrap_or_default();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/dashboard.mjs");
    let output = Command::new("node")
        .arg(script)
        .args([modules, chromium])
        .args([small_site, large_site])
        .arg(screenshots)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    RealSystem.write(Stream::Err, &out).unwrap();
    assert!(output.status.success(), "{out}\n{err}");
}
