//! The README's first command: the main job of each gate, on real input, with embedded defaults.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use serde_json::Value;

use crate::process::{build, duet, print, say};

/// The scenarios: the folder under examples/duet, and what is really true of it.
const SCENARIOS: [(&str, &str); 3] = [
    ("unchanged", "the same work"),
    ("slower", "count words has 5 % more to do"),
    ("faster", "count words has 5 % less to do"),
];

/// Benchmarks the example program in duet mode against three variants of itself.
pub(crate) fn demo() -> Result<()> {
    let root = crate::root()?;
    let examples = root.join("examples/duet");
    say("building perf-regression-check and the example program");
    let gate = build(&root.join("Cargo.toml"), "perf-regression-check")?;
    let program = build(&examples.join("program/Cargo.toml"), "duet-example")?;
    let begun = Instant::now();
    for (candidate, truth) in SCENARIOS {
        say(&format!("measuring {candidate}, up to 60 pairs of runs"));
        let out = root.join("gatehouse-report/demo").join(candidate);
        let output = duet(&gate, &program, &examples, candidate, &out, &[])?;
        print(&format!("\n{candidate} ({truth})"));
        let text = String::from_utf8_lossy(&output.stdout);
        print(&format!("  {}", text.lines().next().unwrap_or_default()));
        for line in explained(&gate, &out)? {
            print(&format!("    {line}"));
        }
        print(&format!("  report: {}", out.join("report.html").display()));
    }
    print(&format!(
        "\nmeasured and decided in {:.0} s",
        begun.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// The outcome and interval of every benchmark, at the level at which the run decided.
fn explained(gate: &Path, out: &Path) -> Result<Vec<String>> {
    let evidence: Value = serde_json::from_slice(&std::fs::read(out.join("evidence.json"))?)?;
    let alpha = &evidence["predicate"]["measurements"]["alpha"]["value"];
    let output = Command::new(gate)
        .args(["explain", "", "--alpha", &alpha.to_string(), "--baseline"])
        .arg(out.join("baseline.json"))
        .arg("--candidate")
        .arg(out.join("candidate.json"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mut lines, mut name, mut outcome) = (Vec::new(), "", "");
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("  outcome ") {
            outcome = said.trim().split(':').next().unwrap_or_default();
        } else if let Some(change) = line.strip_prefix("  change ") {
            lines.push(format!("{outcome:<13} {name}: {}", change.trim()));
        } else if !line.starts_with(' ') && !line.is_empty() {
            name = line;
        }
    }
    Ok(lines)
}
