//! The README's first command: the main job of each gate, on real input, with embedded defaults.

use std::time::Instant;

use anyhow::Result;

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
        text.lines().for_each(|line| print(&format!("  {line}")));
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

/// The intervals of every benchmark, whatever its outcome.
fn explained(gate: &std::path::Path, out: &std::path::Path) -> Result<Vec<String>> {
    let output = std::process::Command::new(gate)
        .args(["explain", "", "--baseline"])
        .arg(out.join("baseline.json"))
        .arg("--candidate")
        .arg(out.join("candidate.json"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = Vec::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(change) = line.trim_start().strip_prefix("change ") {
            lines.push(format!("{name}: {}", change.trim()));
        } else if !line.starts_with(' ') && !line.is_empty() {
            line.clone_into(&mut name);
        }
    }
    Ok(lines)
}
