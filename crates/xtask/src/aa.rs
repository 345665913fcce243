//! A/A on this machine: the example program against itself, many times, through `run`.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process::{build, duet, print, say};

/// Runs the comparisons and prints verdicts and the distribution of the measured changes.
pub(crate) fn aa(runs: u32) -> Result<()> {
    let root = crate::root()?;
    let examples = root.join("examples/duet");
    let gate = build(&root.join("Cargo.toml"), "perf-regression-check")?;
    let program = build(&examples.join("program/Cargo.toml"), "duet-example")?;
    let out = root.join("gatehouse-report/aa");
    let (mut verdicts, mut changes) = (std::collections::BTreeMap::new(), Vec::new());
    for number in 1..=runs {
        duet(
            &gate,
            &program,
            &examples,
            "unchanged",
            &out,
            &["--seed", &number.to_string()],
        )?;
        let evidence: Value = serde_json::from_slice(&std::fs::read(out.join("evidence.json"))?)?;
        let verdict = evidence["predicate"]["verdict"]
            .as_str()
            .context("evidence without a verdict")?
            .to_owned();
        let measured = evidence["predicate"]["measurements"]
            .as_object()
            .context("evidence without measurements")?;
        let of_run: Vec<f64> = measured
            .iter()
            .filter(|(name, _)| name.starts_with("change: "))
            .filter_map(|(_, value)| value["value"].as_f64())
            .collect();
        let shown: Vec<String> = of_run
            .iter()
            .map(|change| format!("{change:+.2}"))
            .collect();
        say(&format!(
            "run {number} of {runs}: {verdict}, changes in percent {}",
            shown.join(" ")
        ));
        *verdicts.entry(verdict).or_insert(0_u32) += 1;
        changes.extend(of_run);
    }
    changes.sort_unstable_by(f64::total_cmp);
    let at = |p| gatehouse_core::stats::quantile::quantile_sorted(&changes, p).unwrap_or(f64::NAN);
    print(&format!(
        "{runs} A/A runs of 3 benchmarks, up to 60 pairs each"
    ));
    for (verdict, count) in verdicts {
        print(&format!("  {verdict}: {count}"));
    }
    print(&format!(
        "measured change in percent: min {:+.2}, 5 % {:+.2}, quartiles {:+.2} {:+.2} {:+.2}, 95 % {:+.2}, max {:+.2}",
        at(0.0),
        at(0.05),
        at(0.25),
        at(0.5),
        at(0.75),
        at(0.95),
        at(1.0)
    ));
    Ok(())
}
