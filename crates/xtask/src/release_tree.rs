//! The tree that is tagged: action folders at the root, the launcher, licences, nothing else.
//!
//! `uses: org/actions/perf-gate@v1` names a folder at the root of the repository `actions`, so the
//! published tree differs from the sources'. The manifest of binaries is added by the release,
//! once their digests are known.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Writes the tree to `out`, which must not exist.
pub(crate) fn release_tree(out: &Path) -> Result<()> {
    if out.exists() {
        bail!("{} exists already", out.display());
    }
    let root = crate::root()?;
    for entry in std::fs::read_dir(root.join("actions")).context("no actions folder")? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &out.join(entry.file_name()))?;
        }
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        std::fs::copy(root.join(file), out.join(file))
            .with_context(|| format!("cannot copy {file}"))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
