//! `check`: what it reads, what it compares with, and measuring again.

use std::path::{Path, PathBuf};

use gatehouse_core::diagnostic::Severity;
use gatehouse_core::evidence::Verdict;
use gatehouse_core::exit::Exit;
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Entry, Machine};
use gatehouse_core::runner::Runner;

use super::commands::{commit_sha, load, side};
use super::{baseline, check, confirm, error_budget, record};
use crate::cli::history as cli;
use crate::git::git;
use crate::model::ResultSet;
use crate::verdict::Finding;
use crate::{Failure, finish, policy};

/// How many ancestors of the merge base are looked for in the history.
const ANCESTORS: &str = "--max-count=1000";

/// `check`: judges a run by the history.
pub(crate) fn check(runner: &Runner<'_>, options: &cli::Check) -> Result<Exit, Failure> {
    checked(runner, options).map(|checked| checked.exit)
}

/// How a check ended, and the results that it judged.
pub(super) struct Checked {
    pub(super) exit: Exit,
    pub(super) results: ResultSet,
}

pub(super) fn checked(runner: &Runner<'_>, options: &cli::Check) -> Result<Checked, Failure> {
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
