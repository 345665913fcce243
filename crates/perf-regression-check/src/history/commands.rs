//! The subcommands around the history: what they read, and what they write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatehouse_core::diagnostic::{Diagnostic, Place, Severity};
use gatehouse_core::evidence::Verdict;
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{read_bounded, write_atomic};
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Created, Entry, EntryKey, Ledger, Loaded, Machine, Run, StoreError};
use gatehouse_core::net::github::GitHub;
use gatehouse_core::runner::Runner;
use gatehouse_core::text::visible;

use super::findings::{self, Asked, Findings};
use super::{baseline, check, confirm, detect, error_budget, gab, record, recorded};
use crate::alert::journal::is_journal;
use crate::cli::{Paths, history as cli};
use crate::dashboard::model::Suite;
use crate::git::git;
use crate::input::{Format, Side, read_side};
use crate::model::ResultSet;
use crate::report::changes;
use crate::verdict::Finding;
use crate::{Failure, finish, policy, print, show};

/// The largest `data.js` read, in bytes.
const IMPORT_LIMIT: u64 = 512 * 1024 * 1024;
/// How many ancestors of the merge base are looked for in the history.
const ANCESTORS: &str = "--max-count=1000";

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

fn side(results: &cli::Results) -> Result<Side, Failure> {
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
fn load(runner: &Runner<'_>, place: &cli::Place) -> Result<Loaded, Failure> {
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
    let (tracks, odd) = record::tracks(&entries);
    show(runner, &odd);
    Ok(Suite {
        name: place.suite.clone(),
        runs: entries.into_iter().map(|entry| entry.run).collect(),
        tracks,
    })
}

/// `check`: judges a run by the history.
pub(crate) fn check(runner: &Runner<'_>, options: &cli::Check) -> Result<Exit, Failure> {
    checked(runner, options).map(|checked| checked.exit)
}

/// How a check ended, and the results that it judged.
struct Checked {
    exit: Exit,
    results: ResultSet,
}

fn checked(runner: &Runner<'_>, options: &cli::Check) -> Result<Checked, Failure> {
    let started = runner.system().now();
    let policy = policy(runner, &options.rules)?;
    let candidate = side(&options.results)?;
    let loaded = load(runner, &options.place)?;
    let machine = (!options.any_machine).then(|| Machine::here(runner.system()));
    let branch = options
        .target_branch
        .clone()
        .or_else(|| runner.target_branch());
    let ancestors = ancestors(runner, options, branch.as_deref())?;
    let wanted = baseline::Wanted {
        ancestors: &ancestors,
        branch: branch.as_deref(),
        machine: machine.as_ref(),
    };
    let (tracks, odd) = record::tracks(&loaded.entries);
    let chosen = baseline::choose(&loaded.entries, &wanted);
    let runs = chosen
        .as_ref()
        .map_or(&[][..], |chosen| chosen.runs.as_slice());
    let history = check::as_set(&tracks, runs);
    let anew;
    let mut results = &candidate.set;
    let mut judgement = check::judge(&history, results, policy.clone());
    let regressed = confirm::regressed(&judgement);
    if let Some(script) = options
        .confirm_with
        .as_deref()
        .filter(|_| !regressed.is_empty())
    {
        runner.log(&format!("{} regressed: measuring again", regressed.len()));
        match again(script, options) {
            Ok(again) => {
                anew = confirm::milder(&candidate.set, &again, &history, &regressed);
                results = &anew;
                judgement = check::judge(&history, results, policy);
                for finding in confirm::not_confirmed(regressed, &judgement) {
                    judgement.add(finding);
                }
            }
            Err(reason) => judgement.add(Finding::general(
                Verdict::Warn,
                "not-measured-again",
                format!("measuring again failed, the first measurement stands: {reason}"),
            )),
        }
    }
    match &chosen {
        Ok(chosen) => runner.log(&format!("compared with {}", chosen.words())),
        Err(reason) => judgement.add(Finding::general(
            Verdict::Inconclusive,
            "no-baseline",
            format!("there is nothing to compare with: {reason}"),
        )),
    }
    let on_target = |run: usize| {
        let entry: Option<&Entry> = loaded.entries.get(run);
        branch.is_none() || entry.is_some_and(|entry| entry.run.branch == branch)
    };
    for finding in error_budget::findings(&judgement.policy, results, &tracks, on_target) {
        judgement.add(finding);
    }
    for problem in loaded.problems.iter().chain(&odd) {
        let place = problem
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!("{place}: "));
        judgement.add(Finding::general(
            Verdict::Warn,
            "unreadable-history",
            format!("{place}{}", problem.message),
        ));
    }
    let exit = finish(
        runner,
        &judgement,
        candidate.inputs,
        started,
        &options.reports,
    )?;
    Ok(Checked {
        exit,
        results: results.clone(),
    })
}

/// Measures again with the caller's command, which writes its results where it wrote the first.
fn again(script: &str, options: &cli::Check) -> Result<ResultSet, String> {
    let limit = std::time::Duration::from_secs(options.confirm_seconds);
    crate::measure::repeat(script, limit)?;
    let side = side(&options.results).map_err(|_| "its format is not known".to_owned())?;
    match side
        .set
        .problems
        .iter()
        .find(|problem| problem.severity == Severity::Error)
    {
        Some(problem) => Err(problem.message.clone()),
        None => Ok(side.set),
    }
}

/// The merge base and its ancestors, nearest first; empty when the repository cannot tell.
fn ancestors(
    runner: &Runner<'_>,
    options: &cli::Check,
    branch: Option<&str>,
) -> Result<Vec<CommitSha>, Failure> {
    let here = runner.workspace().unwrap_or_else(|| PathBuf::from("."));
    let merge_base = if let Some(sha) = &options.merge_base {
        Some(commit_sha(sha)?.to_string())
    } else {
        merge_base(runner, &here, branch)
    };
    let Some(merge_base) = merge_base else {
        runner.log("the merge base is not known (a shallow checkout?): comparing with the last runs on the target branch");
        return Ok(Vec::new());
    };
    let list = git(
        &here,
        &["rev-list", "--first-parent", ANCESTORS, &merge_base],
    )
    .unwrap_or(merge_base);
    Ok(list
        .lines()
        .filter_map(|sha| CommitSha::try_from(sha.to_owned()).ok())
        .collect())
}

/// Where the change left the target branch; in a push, the commit before it.
fn merge_base(runner: &Runner<'_>, here: &Path, branch: Option<&str>) -> Option<String> {
    let event = runner.event().unwrap_or_default();
    let named = event
        .pull_request
        .and_then(|pull| pull.base)
        .or(event.before);
    let base = named.map(String::from).or_else(|| {
        let remote = format!("origin/{}", branch?);
        git(here, &["rev-parse", "--verify", "--quiet", &remote]).ok()
    })?;
    git(here, &["merge-base", &base, "HEAD"]).ok()
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

/// What is kept between runs of `detect`.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The state of each series, by its name.
    series: BTreeMap<String, detect::State>,
}

/// `detect`: finds changes of level, and slow drift.
pub(crate) fn detect(runner: &Runner<'_>, options: &cli::Detect) -> Result<Exit, Failure> {
    let (tracks, runs) = if let Some(file) = &options.series {
        (recorded::read(file)?, Vec::new())
    } else {
        let suite = load_suite(runner, &options.place, options.branch.as_deref())?;
        (suite.tracks, suite.runs)
    };
    if tracks.is_empty() {
        return Err(Failure::usage(vec![
            Diagnostic::error("there is no series to look at")
                .help("record runs first, or check --suite and --branch"),
        ]));
    }
    let release = options.release.as_deref().map(commit_sha).transpose()?;
    let asked = Asked {
        at_least: options.min_change_percent / 100.0,
        release: release.as_ref(),
    };
    let mut kept = options
        .state
        .as_deref()
        .map(kept_state)
        .transpose()?
        .unwrap_or_default();
    let mut findings = Findings::default();
    for track in &tracks {
        let state = kept.series.entry(track.id.to_string()).or_default();
        if state.seen > track.points.len() {
            // The history was rewritten: it is read anew.
            *state = detect::State::default();
        }
        findings::look(track, &runs, &asked, state, &mut findings);
    }
    if let Some(path) = &options.state {
        let json =
            serde_json::to_vec(&kept).map_err(|error| Diagnostic::error(error.to_string()))?;
        write_atomic(path, &json)
            .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
    }
    let text = match options.print {
        cli::Shape::Json => {
            serde_json::to_string_pretty(&findings)
                .map_err(|error| Diagnostic::error(error.to_string()))?
                + "\n"
        }
        cli::Shape::Text => changes::listing(&findings),
    };
    print(runner, &text)?;
    let verdict = changes::verdict(&findings, options.fail_on_change);
    let world =
        |error: &dyn std::fmt::Display| Failure::world(Diagnostic::error(error.to_string()));
    runner
        .write_summary(&changes::summary(&findings, verdict))
        .map_err(|error| world(&error))?;
    for (name, value) in [
        ("verdict", verdict.word()),
        ("summary", &changes::headline(&findings)),
    ] {
        runner
            .outputs()
            .set(name, value)
            .map_err(|error| world(&error))?;
    }
    Ok(if verdict == Verdict::Fail {
        Exit::Fail
    } else {
        Exit::Pass
    })
}

fn kept_state(path: &Path) -> Result<Kept, Failure> {
    if !path.exists() {
        return Ok(Kept::default());
    }
    let bytes =
        read_bounded(path, IMPORT_LIMIT).map_err(|error| Diagnostic::error(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = Place {
            file: path.display().to_string(),
            line: Some(error.line()),
            column: Some(error.column()),
        };
        Diagnostic::error(format!("not a state of detect: {error}"))
            .at(place)
            .help("remove the file to begin anew")
            .into()
    })
}
