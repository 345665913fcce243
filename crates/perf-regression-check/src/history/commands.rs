//! The subcommands that fill the history and move it: `gate`, `record`, `import`, `export`, `compact`;
//! what they and their neighbours [`super::checking`] and [`super::detecting`] read.

use std::collections::BTreeMap;
use std::path::Path;

use gatehouse_core::diagnostic::{Diagnostic, Place, Severity};
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{read_bounded, write_atomic};
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Created, Entry, EntryKey, Ledger, Loaded, Machine, Run, StoreError};
use gatehouse_core::net::github::GitHub;
use gatehouse_core::runner::Runner;
use gatehouse_core::text::visible;

use super::checking::{Checked, checked};
use super::record::Suite;
use super::{gab, record};
use crate::alert::journal::is_journal;
use crate::cli::{Paths, history as cli};
use crate::git::git;
use crate::input::{Format, Side, read_side};
use crate::model::ResultSet;
use crate::{Failure, print, show};

/// The largest `data.js` read, in bytes.
const IMPORT_LIMIT: u64 = 512 * 1024 * 1024;
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Location(message) => Diagnostic::error(message)
                .help("--ledger says where the history lies")
                .into(),
            other => Self::world(Diagnostic::error(other.to_string())),
        }
    }
}

pub(super) fn side(results: &cli::Results) -> Result<Side, Failure> {
    let format = Format::parse(&results.format).map_err(Diagnostic::error)?;
    Ok(read_side(&Paths::flat(&results.results), format))
}

/// `gate`: checks the run, adds it to the history, posts the report. The run is kept and reported
/// whatever the verdict is; the exit code is the verdict's, unless keeping or posting failed.
pub(crate) fn gate(runner: &Runner<'_>, options: &cli::Gate) -> Result<Exit, Failure> {
    let Checked {
        exit: verdict,
        results,
    } = checked(runner, &options.check)?;
    // What follows another run judges results that anybody may have made.
    let foreign = runner
        .event()
        .is_some_and(|event| event.pull_request.is_some() || event.workflow_run.is_some());
    let keeps = match options.record {
        cli::When::Auto => !foreign,
        cli::When::Always => true,
        cli::When::Never => false,
    };
    // Results that could not be read are not kept: check has said so.
    if keeps && verdict != Exit::Usage {
        add(
            runner,
            results,
            &options.check.place,
            &options.measured,
            options.check.rules.lenient,
        )?;
    }
    if GitHub::has_token(runner.system()) {
        let report = options.check.reports.out_dir.join("report.json");
        crate::publish::post(runner, &report, &options.posting)?;
    } else {
        runner.log("no token, nothing is posted: pass token: ${{ github.token }} for a comment");
    }
    Ok(verdict)
}

/// `record`: adds the run to the ledger.
pub(crate) fn record(runner: &Runner<'_>, options: &cli::Record) -> Result<Exit, Failure> {
    add(
        runner,
        side(&options.results)?.set,
        &options.place,
        &options.measured,
        options.lenient,
    )
    .map(|()| Exit::Pass)
}

fn add(
    runner: &Runner<'_>,
    set: ResultSet,
    place: &cli::Place,
    measured: &cli::Measured,
    lenient: bool,
) -> Result<(), Failure> {
    if is_journal(&place.suite) {
        return Err(
            Diagnostic::error("this suite's name is kept for what alert told")
                .help("give --suite another name")
                .into(),
        );
    }
    let broken = set
        .problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    if set.series.is_empty() || (broken && !lenient) {
        let mut problems = set.problems;
        problems.push(
            Diagnostic::error("nothing was recorded")
                .help("a run is kept whole or not at all; --lenient keeps what can be read"),
        );
        return Err(Failure::usage(problems));
    }
    show(runner, &set.problems);
    let entry = Entry {
        suite: place.suite.clone(),
        run: this_run(runner, measured)?,
        columns: record::columns(&set),
    };
    let created = Ledger::open(&place.ledger, runner.system())?.append(&entry)?;
    let done = match created {
        Created::New => "recorded",
        Created::Known => "already recorded",
    };
    let key = EntryKey::of(&entry).path();
    print(
        runner,
        &format!(
            "{done}: {} metrics of {} as {key}\n",
            set.series.len(),
            entry.run.commit.short()
        ),
    )?;
    Ok(())
}

pub(crate) fn this_run(runner: &Runner<'_>, measured: &cli::Measured) -> Result<Run, Failure> {
    let here = Path::new(".");
    let commit = match &measured.commit {
        Some(sha) => Some(commit_sha(sha)?),
        None => runner
            .commit()
            .or_else(|| CommitSha::try_from(git(here, &["rev-parse", "HEAD"]).ok()?).ok()),
    };
    let commit = commit.ok_or_else(|| {
        Diagnostic::error("it is not known which commit was measured").help("pass --commit")
    })?;
    let parent = git(
        here,
        &["rev-parse", "--verify", "--quiet", &format!("{commit}^")],
    )
    .ok();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Run {
        parent: parent.and_then(|sha| CommitSha::try_from(sha).ok()),
        branch: measured.branch.clone().or_else(|| runner.branch()),
        time: measured.time.unwrap_or_else(|| runner.system().now()),
        run_id: runner.run_id().map_or(0, |id| id.0),
        attempt: runner.run_attempt().map_or(0, |attempt| attempt.0),
        machine: Machine::here(runner.system()),
        tools: BTreeMap::from([("perf-regression-check".to_owned(), version)]),
        commit,
    })
}

pub(crate) fn commit_sha(text: &str) -> Result<CommitSha, Failure> {
    CommitSha::try_from(text.to_owned()).map_err(|error| {
        Diagnostic::error(error.to_string())
            .help("give the full hash: git rev-parse")
            .into()
    })
}

/// The suite's runs; what could not be read is shown.
pub(super) fn load(runner: &Runner<'_>, place: &cli::Place) -> Result<Loaded, Failure> {
    let loaded = Ledger::open(&place.ledger, runner.system())?.load(Some(&place.suite))?;
    show(runner, &loaded.problems);
    Ok(loaded)
}

/// A suite's series; what could not be read is shown.
pub(crate) fn load_suite(
    runner: &Runner<'_>,
    place: &cli::Place,
    branch: Option<&str>,
) -> Result<Suite, Failure> {
    let mut entries = load(runner, place)?.entries;
    entries.retain(|entry| branch.is_none() || entry.run.branch.as_deref() == branch);
    let (suite, odd) = Suite::of(place.suite.clone(), entries);
    show(runner, &odd);
    Ok(suite)
}

/// `import`: takes a history of github-action-benchmark over.
pub(crate) fn import(runner: &Runner<'_>, options: &cli::Import) -> Result<Exit, Failure> {
    let path = options.file.display().to_string();
    let bytes = read_bounded(&options.file, IMPORT_LIMIT)
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::error("not UTF-8 text").at(Place::file(&path)))?;
    let imported = gab::import(&path, &text, Some(&options.branch))?;
    show(runner, &imported.problems);
    let ledger = Ledger::open(&options.ledger, runner.system())?;
    let mut suites: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
    for entry in &imported.entries {
        suites.entry(&entry.suite).or_default().push(entry.clone());
    }
    let files = ledger.import(&imported.entries)?.months;
    print(
        runner,
        &format!(
            "imported {} runs of {} suites in {files} files; {} left out\n",
            imported.entries.len(),
            suites.len(),
            imported.problems.len()
        ),
    )?;
    for (suite, entries) in suites {
        print(
            runner,
            &format!("  {:>6} runs  {}\n", entries.len(), visible(suite)),
        )?;
    }
    Ok(if imported.entries.is_empty() {
        Exit::Usage
    } else {
        Exit::Pass
    })
}

/// `export`: writes a `data.js`.
pub(crate) fn export(runner: &Runner<'_>, options: &cli::Export) -> Result<Exit, Failure> {
    let mut loaded = Ledger::open(&options.ledger, runner.system())?.load(None)?;
    show(runner, &loaded.problems);
    loaded.entries.retain(|entry| !is_journal(&entry.suite));
    let text = gab::export(
        &loaded.entries,
        runner
            .repository()
            .as_ref()
            .map(gatehouse_core::ids::RepoSlug::as_str),
    );
    write_atomic(&options.out, text.as_bytes())
        .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
    print(
        runner,
        &format!(
            "exported {} runs to {}\n",
            loaded.entries.len(),
            options.out.display()
        ),
    )?;
    Ok(Exit::Pass)
}

/// `compact`: puts the files of past months together.
pub(crate) fn compact(runner: &Runner<'_>, options: &cli::Compact) -> Result<Exit, Failure> {
    let ledger = Ledger::open(&options.ledger, runner.system())?;
    let today = runner
        .system()
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let before = ledger.size()?;
    let done = ledger.compact(today)?;
    let after = ledger.size()?;
    print(
        runner,
        &format!(
            "{} files became {} monthly ones; {before} bytes became {after}\n",
            done.files, done.months
        ),
    )?;
    Ok(Exit::Pass)
}
