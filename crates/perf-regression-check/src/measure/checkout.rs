//! The two checkouts: folders that are there, or a worktree made for the run and taken away after.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::evidence::Input;
use gatehouse_core::runner::Runner;
use gatehouse_core::text::visible;

use super::process::{Command, Control, Ended};
use crate::duet::Side;
use crate::git::git;
use crate::{Failure, cli};

/// Where the two sides lie.
pub(super) struct Checkouts {
    baseline: PathBuf,
    candidate: PathBuf,
    worktree: Option<Worktree>,
}

/// A worktree that is removed when the run is over.
struct Worktree {
    repository: PathBuf,
    folder: tempfile::TempDir,
}

impl Drop for Worktree {
    fn drop(&mut self) {
        let path = self.folder.path().join("baseline");
        // The folder goes in any case; this only keeps the repository's list tidy.
        let _ = git(
            &self.repository,
            &["worktree", "remove", "--force", &path.to_string_lossy()],
        );
    }
}

impl Checkouts {
    /// Finds or makes both checkouts, and prepares them.
    pub(super) fn prepare(
        runner: &Runner<'_>,
        options: &cli::Run,
        control: &Control,
    ) -> Result<Self, Failure> {
        let candidate = existing(&options.candidate_dir)?;
        let checkouts = if let Some(folder) = &options.baseline_dir {
            Self {
                baseline: existing(folder)?,
                candidate,
                worktree: None,
            }
        } else {
            let commit = baseline_commit(runner, options, &candidate)?;
            runner.log(&format!("the baseline is {commit}"));
            Self::with_worktree(candidate, &commit)?
        };
        if let Some(script) = &options.prepare {
            for side in [Side::Baseline, Side::Candidate] {
                runner.log(&format!("preparing the {}", side.word()));
                prepare_one(
                    runner,
                    script,
                    checkouts.folder(side),
                    side,
                    control,
                    options.time_budget,
                )?;
            }
        }
        Ok(checkouts)
    }

    fn with_worktree(candidate: PathBuf, commit: &str) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("gatehouse-")
            .tempdir()
            .map_err(|error| {
                Failure::world(Diagnostic::error(format!(
                    "cannot create a temporary folder: {error}"
                )))
            })?;
        let root = PathBuf::from(git(&candidate, &["rev-parse", "--show-toplevel"])?);
        let inside = git(&candidate, &["rev-parse", "--show-prefix"])?;
        let path = folder.path().join("baseline");
        git(
            &root,
            &[
                "worktree",
                "add",
                "--quiet",
                "--detach",
                &path.to_string_lossy(),
                commit,
            ],
        )?;
        let worktree = Worktree {
            repository: root,
            folder,
        };
        // The candidate may be a folder inside its repository: the baseline is the same one.
        Ok(Self {
            baseline: existing(&path.join(inside))?,
            candidate,
            worktree: Some(worktree),
        })
    }

    /// A side's folder.
    pub(super) fn folder(&self, side: Side) -> &Path {
        debug_assert!(
            self.worktree
                .as_ref()
                .is_none_or(|tree| tree.folder.path().exists())
        );
        match side {
            Side::Baseline => &self.baseline,
            Side::Candidate => &self.candidate,
        }
    }
}

fn existing(folder: &Path) -> Result<PathBuf, Failure> {
    if folder.is_dir() {
        return Ok(std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()));
    }
    Err(
        Diagnostic::error(format!("{} is not a folder", folder.display()))
            .help("give a checkout, or --baseline-ref")
            .into(),
    )
}

fn prepare_one(
    runner: &Runner<'_>,
    script: &str,
    folder: &Path,
    side: Side,
    control: &Control,
    budget: u64,
) -> Result<(), Failure> {
    let failed = |message: String| {
        Failure::world(Diagnostic::error(format!(
            "preparing the {} failed: {message}",
            side.word()
        )))
    };
    match Command::shell(script)
        .run(folder, false, Duration::from_secs(budget), control)
        .map_err(failed)?
    {
        Ended::Succeeded { .. } => Ok(()),
        Ended::Interrupted => Err(failed("interrupted".to_owned())),
        Ended::TimedOut => Err(failed("it did not end within the time budget".to_owned())),
        Ended::Failed { status, tail } => {
            tail.lines()
                .for_each(|line| runner.log(&format!("  {line}")));
            Err(failed(status))
        }
    }
}

/// The commit to compare with: the one named, else the merge base of the pull request.
fn baseline_commit(
    runner: &Runner<'_>,
    options: &cli::Run,
    repository: &Path,
) -> Result<String, Failure> {
    if let Some(name) = &options.baseline_ref {
        if name.starts_with('-') {
            return Err(Diagnostic::error(format!("{name:?} is no commit, branch or tag")).into());
        }
        return git(
            repository,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &format!("{name}^{{commit}}"),
            ],
        )
        .map_err(|_| {
            let help = "a shallow checkout lacks it: set fetch-depth: 0 on actions/checkout";
            Diagnostic::error(format!(
                "the repository has no commit named {}",
                visible(name)
            ))
            .help(help)
            .into()
        });
    }
    let base = runner
        .event()
        .and_then(|event| event.pull_request)
        .and_then(|pull| pull.base);
    let Some(base) = base else {
        let help =
            "pass --baseline-dir or --baseline-ref; only in a pull request is there a default";
        return Err(Diagnostic::error("no baseline to compare with")
            .help(help)
            .into());
    };
    git(repository, &["merge-base", base.as_str(), "HEAD"]).map_err(|_| {
        let help = "a shallow checkout lacks the history: set fetch-depth: 0 on actions/checkout";
        Diagnostic::error(format!("no merge base of HEAD and {}", base.short()))
            .help(help)
            .into()
    })
}

/// Refuses results that lay there before the run: they would be compared as if they were new.
pub(super) fn refuse_stale(inputs: &[Input], marker: &Path) -> Result<(), String> {
    let changed = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|meta| meta.modified())
            .ok()
    };
    let begun = changed(marker);
    for input in inputs {
        // Criterion writes a benchmark's description only when it changes.
        let path = Path::new(&input.name);
        if path
            .file_name()
            .is_some_and(|name| name == "benchmark.json")
        {
            continue;
        }
        if changed(path) < begun {
            return Err(format!(
                "{} was not written by this run",
                visible(&input.name)
            ));
        }
    }
    Ok(())
}
