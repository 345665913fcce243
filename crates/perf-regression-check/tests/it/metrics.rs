//! Metrics: read by Prometheus' own tool, taken by a real Pushgateway, and those that the rules and the
//! Grafana dashboard ask for.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gatehouse_core::system::{RealSystem, Stream, System as _};

use crate::servers::{get, start};
use crate::{Program, alerts};

fn metrics(program: &Program, arguments: &[&str]) -> String {
    program
        .run(&[&["metrics", "--ledger", "ledger"], arguments].concat())
        .expect(0);
    program.read("metrics.txt")
}

#[test]
fn the_file_is_read_by_prometheus() {
    let program = Program::in_actions();
    alerts::history(&program, 0, 55);
    let text = metrics(&program, &[]);
    assert!(text.ends_with("# EOF\n"));
    let line = |start: &str, end: &str| {
        let found = text
            .lines()
            .find(|line| line.starts_with(start) && line.ends_with(end));
        assert!(found.is_some(), "{start} … {end}\n{text}");
    };
    line(
        "gatehouse_benchmark_state{suite=\"default\",benchmark=\"<!channel>",
        "state=\"regressed\"} 1",
    );
    line(
        "gatehouse_benchmark_state{suite=\"default\",benchmark=\"quiet\"",
        "state=\"steady\"} 1",
    );
    line(
        "gatehouse_benchmark_runs{suite=\"default\",benchmark=\"quiet\"",
        " 55",
    );
    let Ok(mut promtool) = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        let skipped = "SKIPPED: promtool is not installed\n";
        RealSystem.write(Stream::Err, skipped).unwrap();
        return;
    };
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_real_pushgateway_holds_the_newest_push_and_nothing_older() {
    let Some(server) = start("prometheus-pushgateway", |_, port| {
        vec![format!("--web.listen-address=127.0.0.1:{port}")]
    }) else {
        return;
    };
    let program = Program::in_actions();
    alerts::history(&program, 0, 30);
    for (to, runs) in [(30, " 30"), (40, " 40")] {
        alerts::history(&program, to - 10, to);
        metrics(
            &program,
            &["--pushgateway", &server.url, "--job", "nightly/é"],
        );
        let held = get(&format!("{}/metrics", server.url));
        let lines: Vec<&str> = held
            .lines()
            .filter(|line| line.starts_with("gatehouse_benchmark_runs{") && line.contains("quiet"))
            .collect();
        assert!(
            lines.len() == 1 && lines[0].ends_with(runs) && lines[0].contains("job=\"nightly/é\""),
            "{lines:?}"
        );
    }
    drop(server);
    let down = program.run(&[
        "metrics",
        "--ledger",
        "ledger",
        "--pushgateway",
        "http://127.0.0.1:9",
    ]);
    assert!(down.expect(4).err.contains("help:"));
}

#[test]
fn rules_and_dashboard_ask_for_metrics_that_there_are() {
    let program = Program::in_actions();
    alerts::history(&program, 0, 20);
    let names = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
            .filter(|word| word.starts_with("gatehouse_benchmark"))
            .map(str::to_owned)
            .collect()
    };
    let known = names(&metrics(&program, &[]));
    let monitoring = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
    for file in [
        "prometheus/gatehouse.rules.yml",
        "prometheus/gatehouse.rules.test.yml",
        "grafana/benchmarks.json",
        "README.md",
    ] {
        let asked = names(&std::fs::read_to_string(monitoring.join(file)).unwrap());
        assert!(
            !asked.is_empty() && asked.is_subset(&known),
            "{file}: {asked:?}"
        );
    }
    let grafana = std::fs::read(monitoring.join("grafana/benchmarks.json")).unwrap();
    let grafana: serde_json::Value = serde_json::from_slice(&grafana).unwrap();
    assert!(grafana["panels"].as_array().unwrap().len() >= 4);
}
