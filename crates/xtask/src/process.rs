//! Running commands and talking to the person at the terminal.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};
use gatehouse_core::system::{RealSystem, Stream, System as _};

/// Prints a line of progress.
pub(crate) fn say(line: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = RealSystem.write(Stream::Err, &format!("{line}\n"));
}

/// Prints a line of the result.
pub(crate) fn print(line: &str) {
    let _ = RealSystem.write(Stream::Out, &format!("{line}\n"));
}

/// Builds a package in release mode and gives the path of its binary.
pub(crate) fn build(manifest: &Path, package: &str) -> Result<PathBuf> {
    let cargo = RealSystem
        .var("CARGO")
        .unwrap_or_else(|| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--message-format",
            "json-render-diagnostics",
            "--package",
            package,
            "--manifest-path",
        ])
        .arg(manifest)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("building {package} failed");
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let executable = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back();
    executable.with_context(|| format!("{package} has no binary"))
}

/// Measures `candidate` against `baseline`, both folders of examples/duet. Exit codes 0, 1 and 3
/// are verdicts; others are errors.
pub(crate) fn duet(
    gate: &Path,
    program: &Path,
    examples: &Path,
    candidate: &str,
    out: &Path,
    more: &[&str],
) -> Result<Output> {
    let output = Command::new(gate)
        .args([
            "run",
            "--pairs",
            "60",
            "--round-value",
            "best",
            "--baseline-dir",
        ])
        .arg(examples.join("baseline"))
        .arg("--candidate-dir")
        .arg(examples.join(candidate))
        .arg("--out-dir")
        .arg(out)
        .args(["--title", &format!("Demo: {candidate}")])
        .args(more)
        .arg("--")
        .arg(program)
        .stdin(Stdio::null())
        .output()
        .context("cannot run perf-regression-check")?;
    match output.status.code() {
        Some(0 | 1 | 3) => Ok(output),
        _ => bail!(
            "measuring {candidate} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
