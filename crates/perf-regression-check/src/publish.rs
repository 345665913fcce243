//! `report`: puts a judgement where people look: a comment on the pull request that is kept up to date,
//! and a check run on the commit.
//!
//! In a pull request of a fork the token may only read. There the judging workflow leaves the report
//! as an artifact, and this command posts it from a workflow that runs on `workflow_run`, with the
//! rights of the target repository. It then believes nothing of the artifact: which pull request it
//! is about comes from the event, the commit must be the one that the event names, and the verdict
//! never becomes a success.

use std::path::Path;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::evidence::Verdict;
use gatehouse_core::exit::Exit;
use gatehouse_core::files::read_bounded;
use gatehouse_core::ids::CommitSha;
use gatehouse_core::net::github::{
    CheckAnnotation, CheckRun, Comment, Conclusion, GitHub, GitHubError,
};
use gatehouse_core::runner::{Event, Runner, WorkflowRun};
use gatehouse_core::text::{ellipsis, visible};

use crate::cli::history::Posting;
use crate::report::comment::{CHECK_LIMIT, LIMIT, comment, marker};
use crate::report::document::Document;
use crate::{Failure, cli, print};

/// The largest report read, in bytes.
const REPORT_LIMIT: u64 = 128 * 1024 * 1024;
/// The most annotations of a check run; the summary counts them all.
const MOST_ANNOTATIONS: usize = 150;
/// What a comment says that was posted for a fork.
const HOSTILE_NOTE: &str =
    "Measured by the pull request's own workflow run; the figures are as that run reported them.";

impl From<GitHubError> for Failure {
    fn from(error: GitHubError) -> Self {
        let help = match &error {
            GitHubError::NoToken => "pass the job's token: token: ${{ github.token }}",
            error if error.is_forbidden() => {
                "the job needs `pull-requests: write` for the comment and `checks: write` for the check run; in a fork's pull request use a workflow_run job (see docs/perf-gate.md)"
            }
            _ => "run the job again",
        };
        Self::world(Diagnostic::error(error.to_string()).help(help))
    }
}

/// Whom the report is for.
struct Target {
    pull_request: Option<u64>,
    commit: Option<CommitSha>,
    /// Whether the report comes from another run, which may have run anybody's code.
    hostile: bool,
}

/// `report`.
pub(crate) fn report(runner: &Runner<'_>, options: &cli::history::Report) -> Result<Exit, Failure> {
    post(runner, &options.report, &options.posting).map(|()| Exit::Pass)
}

/// Posts the report that a file holds.
pub(crate) fn post(runner: &Runner<'_>, path: &Path, options: &Posting) -> Result<(), Failure> {
    let bytes = read_bounded(path, REPORT_LIMIT).map_err(|error| {
        Diagnostic::error(error.to_string())
            .help("judge first: compare, run, check and gate write report.json")
    })?;
    let document = Document::read(&path.display().to_string(), &bytes)?;
    let repository = runner.repository().ok_or_else(|| {
        Diagnostic::error("it is not known which repository this is")
            .help("GITHUB_REPOSITORY names it in a workflow")
    })?;
    if options.no_comment && !options.check_run {
        return Err(Diagnostic::error("there is nothing to post")
            .help("leave --no-comment out, or add --check-run")
            .into());
    }
    let event = runner.event().unwrap_or_default();
    let github = GitHub::new(repository, runner.system())?;
    let Some(target) = target(runner, &github, &event, &document)? else {
        return Ok(());
    };
    let verdict = document.proven_verdict();
    let note = if target.hostile { HOSTILE_NOTE } else { "" };
    if !options.no_comment {
        match target.pull_request {
            Some(number) => {
                let body = comment(&document, verdict, note, LIMIT);
                let author = &options.comment_author;
                post_comment(runner, &github, number, &document, &body, author)?;
            }
            None => runner.log("no pull request, no comment"),
        }
    }
    if options.check_run {
        let sha = target
            .commit
            .ok_or_else(|| Diagnostic::error("it is not known which commit was judged"))?;
        let id = github.create_check_run(&CheckRun {
            name: document.title.clone(),
            head_sha: sha.clone(),
            conclusion: conclusion(verdict, target.hostile),
            title: ellipsis(&document.headline, 200),
            summary: comment(&document, verdict, note, CHECK_LIMIT),
            annotations: annotations(&document),
        })?;
        print(runner, &format!("check run {id} on {}\n", sha.short()))?;
    }
    Ok(())
}

/// The failures as annotations. Benchmarks have no line, so they stand at the top of the workflow's
/// own page.
fn annotations(document: &Document) -> Vec<CheckAnnotation> {
    document
        .findings
        .iter()
        .filter(|finding| finding.verdict >= Verdict::Fail)
        .take(MOST_ANNOTATIONS)
        .map(|finding| CheckAnnotation {
            path: ".github".to_owned(),
            start_line: 1,
            end_line: 1,
            annotation_level: "failure",
            message: ellipsis(&visible(&finding.message), 4000),
            title: ellipsis(
                &visible(finding.about.as_deref().unwrap_or(&finding.code)),
                200,
            ),
        })
        .collect()
}

/// What the check run says. Whoever may forge a report must not gain a success by it.
fn conclusion(verdict: Verdict, hostile: bool) -> Conclusion {
    match verdict {
        Verdict::Fail | Verdict::Error => Conclusion::Failure,
        Verdict::Pass | Verdict::Warn if !hostile => Conclusion::Success,
        Verdict::Pass | Verdict::Warn | Verdict::Inconclusive => Conclusion::Neutral,
    }
}

fn target(
    runner: &Runner<'_>,
    github: &GitHub,
    event: &Event,
    document: &Document,
) -> Result<Option<Target>, Failure> {
    if let Some(run) = &event.workflow_run {
        return of_other_run(runner, github, run, document);
    }
    let pull_request = event.pull_request.as_ref();
    if pull_request.is_some_and(|pull| pull.from_fork) {
        runner.log("this is a pull request of a fork: its token may not write; post the report from a workflow_run job (see docs/perf-gate.md)");
        return Ok(None);
    }
    Ok(Some(Target {
        pull_request: pull_request.map(|pull| pull.number),
        commit: runner.commit(),
        hostile: false,
    }))
}

/// The pull request of the run that this one follows, found by what the event says of it.
fn of_other_run(
    runner: &Runner<'_>,
    github: &GitHub,
    run: &WorkflowRun,
    document: &Document,
) -> Result<Option<Target>, Failure> {
    if document
        .commit
        .as_ref()
        .is_some_and(|commit| *commit != run.head_sha)
    {
        return Err(Diagnostic::error(format!(
            "the report is about another commit than the run that it comes from ({})",
            run.head_sha.short()
        ))
        .help("nothing was posted: the artifact may be forged")
        .into());
    }
    let candidates = match (run.pull_request, &run.head_owner, &run.head_branch) {
        (Some(number), _, _) => vec![github.pull(number)?],
        (None, Some(owner), Some(branch)) => github.pulls_of_branch(owner, branch)?,
        _ => Vec::new(),
    };
    let Some(pull) = candidates
        .iter()
        .find(|pull| pull.state == "open" && pull.head.sha == run.head_sha)
    else {
        runner.log(&format!(
            "no open pull request has {} as its tip (any more): nothing was posted",
            run.head_sha.short()
        ));
        return Ok(None);
    };
    Ok(Some(Target {
        pull_request: Some(pull.number),
        commit: Some(run.head_sha.clone()),
        hostile: true,
    }))
}

/// Writes the comment, or brings the one that is there up to date.
fn post_comment(
    runner: &Runner<'_>,
    github: &GitHub,
    number: u64,
    document: &Document,
    body: &str,
    author: &str,
) -> Result<(), Failure> {
    let marker = marker(&document.title);
    // Anybody can write the marker; only our own account's comment is ours.
    let is_ours = |comment: &Comment| {
        comment.body.starts_with(&marker)
            && comment
                .user
                .as_ref()
                .is_some_and(|user| user.login == author)
    };
    let known = github.comments(number)?.into_iter().find(&is_ours);
    let (done, comment) = match known {
        Some(comment) if comment.body.trim_end() == body.trim_end() => ("unchanged", comment),
        Some(comment) => ("updated", github.update_comment(comment.id, body)?),
        None => ("written", github.create_comment(number, body, is_ours)?),
    };
    print(
        runner,
        &format!(
            "comment {} on #{number} {done} {}\n",
            comment.id,
            visible(&comment.html_url)
        ),
    )
}
