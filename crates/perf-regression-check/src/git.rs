//! Questions to the repository, through the `git` program.

use std::path::Path;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::text::visible;

use crate::Failure;

/// Runs git without hooks and gives its output.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "advice.detachedHead=false",
        ])
        .args(arguments)
        .output()
        .map_err(|error| Failure::world(Diagnostic::error(format!("cannot run git: {error}"))))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Diagnostic::error(format!(
            "git {} failed: {}",
            arguments[0],
            visible(said.trim())
        ))
        .into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
