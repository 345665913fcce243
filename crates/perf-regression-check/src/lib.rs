//! Decides whether a change made benchmarks slower, and says how sure it is.
//!
//! The story in a page: results of two sides are read ([`input`], [`adapter`]) or measured in
//! pairs ([`measure`]); [`verdict::judge`] matches and decides them by the [`config::Policy`];
//! [`report`] turns the judgement into evidence, a summary, a page, annotations and outputs; the
//! exit code follows from the verdict.

pub mod adapter;
pub mod alert;
pub mod budget;
pub mod cli;
pub mod compare;
pub mod config;
pub mod dashboard;
pub mod decide;
pub mod decision;
pub mod duet;
mod git;
pub mod history;
pub mod input;
pub mod measure;
pub mod metrics;
pub mod model;
mod prepare;
mod publish;
pub mod report;
mod testing;
pub mod verdict;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use gatehouse_core::diagnostic::{Colour, Diagnostic};
use gatehouse_core::evidence::{Evidence, Input, Verdict};
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{read_bounded, write_atomic};
use gatehouse_core::runner::{Annotation, Annotations, Runner};
use gatehouse_core::system::{Stream, System};
use gatehouse_core::text::{ellipsis, visible};
use jiff::Timestamp;

use crate::cli::{Cli, Command, Paths, Reports, Rules};
use crate::config::{DEFAULT_PATH, Policy};
use crate::decision::Outcome;
use crate::input::{Format, Side, read_side};
use crate::report::document::Document;
use crate::verdict::{Judgement, judge};

/// The largest policy file read, in bytes.
const POLICY_LIMIT: u64 = 4 * 1024 * 1024;
/// How many changes standard output lists.
const LISTED: usize = 30;

/// The step outputs, in the order in which they are set.
pub const OUTPUTS: [&str; 8] = [
    "verdict",
    "summary",
    "regressions",
    "improvements",
    "inconclusive",
    "report-html",
    "report",
    "evidence",
];

/// Why nothing was decided.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    exit: Exit,
    /// What to tell the user.
    diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// A mistake in the call, the configuration or the inputs.
    #[must_use]
    pub fn usage(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            exit: Exit::Usage,
            diagnostics,
        }
    }

    /// Something outside that failed.
    #[must_use]
    pub fn world(diagnostic: Diagnostic) -> Self {
        Self {
            exit: Exit::World,
            diagnostics: vec![diagnostic],
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::usage(vec![diagnostic])
    }
}

/// The program: arguments in, exit code out; everything else goes through `system`.
pub fn main(system: &dyn System, arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let stream = if error.use_stderr() {
                Stream::Err
            } else {
                Stream::Out
            };
            // A closed stream leaves nobody to tell.
            let _ = system.write(stream, &error.render().to_string());
            if !error.use_stderr() {
                return Exit::Pass;
            }
            let runner = Runner::new(system);
            let first = error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            let _ = runner.annotate(&Annotations::from_iter([Annotation::error(visible(
                &first,
            ))]));
            let _ = runner.outputs().set("verdict", Verdict::Error.word());
            return Exit::Usage;
        }
    };
    let runner = Runner::new(system);
    let result = match &cli.command {
        Command::Compare(options) => compare(&runner, options),
        Command::Run(options) => measure::run(&runner, options),
        Command::Parse(options) => parse(&runner, options),
        Command::Explain(options) => explain(&runner, options),
        Command::Gate(options) => history::commands::gate(&runner, options),
        Command::Record(options) => history::commands::record(&runner, options),
        Command::Check(options) => history::checking::check(&runner, options),
        Command::Detect(options) => history::detecting::run(&runner, options),
        Command::Alert(options) => alert::alert(&runner, options),
        Command::Metrics(options) => metrics::metrics(&runner, options),
        Command::Dashboard(options) => dashboard::dashboard(&runner, options),
        Command::Report(options) => publish::report(&runner, options),
        Command::Import(options) => history::commands::import(&runner, options),
        Command::Export(options) => history::commands::export(&runner, options),
        Command::Compact(options) => history::commands::compact(&runner, options),
    };
    result.unwrap_or_else(|failure| report_failure(&runner, &failure))
}

fn report_failure(runner: &Runner<'_>, failure: &Failure) -> Exit {
    show(runner, &failure.diagnostics);
    let annotations: Annotations = failure.diagnostics.iter().map(Annotation::from).collect();
    // The failure itself is on standard error already; these only make it visible elsewhere.
    let _ = runner.annotate(&annotations);
    let _ = runner.outputs().set("verdict", Verdict::Error.word());
    failure.exit
}

/// Writes diagnostics to standard error.
fn show(runner: &Runner<'_>, diagnostics: &[Diagnostic]) {
    let colour = Colour::of(runner.system(), Stream::Err);
    for diagnostic in diagnostics {
        let _ = runner
            .system()
            .write(Stream::Err, &diagnostic.render(colour));
    }
}

fn compare(runner: &Runner<'_>, options: &cli::Compare) -> Result<Exit, Failure> {
    let started = runner.system().now();
    let policy = policy(runner, &options.rules)?;
    let (baseline, candidate) = sides(&options.sides)?;
    let mut judgement = judge(&baseline.set, &candidate.set, policy);
    judgement.add_unjudged_budgets();
    let inputs = baseline
        .inputs
        .into_iter()
        .chain(candidate.inputs)
        .collect();
    finish(runner, &judgement, inputs, started, &options.reports)
}

fn sides(options: &cli::Sides) -> Result<(Side, Side), Failure> {
    let format = Format::parse(&options.format).map_err(Diagnostic::error)?;
    let (baseline, candidate) = (
        Paths::flat(&options.baseline),
        Paths::flat(&options.candidate),
    );
    // Threads pay from some hundred kilobytes on.
    let large = |path: &PathBuf| {
        path.is_dir() || std::fs::metadata(path).is_ok_and(|meta| meta.len() > 256 * 1024)
    };
    Ok(if baseline.iter().any(large) {
        rayon::join(
            || read_side(&baseline, format),
            || read_side(&candidate, format),
        )
    } else {
        (read_side(&baseline, format), read_side(&candidate, format))
    })
}

fn parse(runner: &Runner<'_>, options: &cli::Parse) -> Result<Exit, Failure> {
    let format = Format::parse(&options.format).map_err(Diagnostic::error)?;
    let side = read_side(&options.files, format);
    show(runner, &side.set.problems);
    let json = serde_json::to_string_pretty(&side.set.document())
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    print(runner, &(json + "\n"))?;
    let broken = side
        .set
        .problems
        .iter()
        .any(|problem| problem.severity == gatehouse_core::diagnostic::Severity::Error);
    Ok(if broken && !options.lenient {
        Exit::Usage
    } else {
        Exit::Pass
    })
}

fn explain(runner: &Runner<'_>, options: &cli::Explain) -> Result<Exit, Failure> {
    let policy = policy(runner, &options.rules)?;
    let (baseline, candidate) = sides(&options.sides)?;
    let judgement = judge(&baseline.set, &candidate.set, policy);
    show(runner, &judgement.problems);
    match report::explain::explain(&judgement, &options.id) {
        Some(text) => print(runner, &text).map(|()| Exit::Pass),
        None => Err(
            Diagnostic::error(format!("no benchmark is named {:?}", options.id))
                .help("`parse` prints the names that a file holds")
                .into(),
        ),
    }
}

fn print(runner: &Runner<'_>, text: &str) -> Result<(), Failure> {
    runner.system().write(Stream::Out, text).map_err(|error| {
        Failure::world(Diagnostic::error(format!(
            "cannot write to standard output: {error}"
        )))
    })
}

/// The policy file, with the options laid over it.
fn policy(runner: &Runner<'_>, rules: &Rules) -> Result<Policy, Failure> {
    let path = rules.config.clone().or_else(|| {
        Some(Path::new(DEFAULT_PATH))
            .filter(|path| path.exists())
            .map(Path::to_path_buf)
    });
    let mut policy = match path {
        None => Policy::default(),
        Some(path) => {
            let shown = path.display().to_string();
            let bytes = read_bounded(&path, POLICY_LIMIT).map_err(|error| {
                Diagnostic::error(error.to_string()).help("name an existing policy with --config")
            })?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Diagnostic::error(format!("{shown} is not UTF-8 text")))?;
            let today = runner
                .system()
                .now()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date();
            Policy::parse(&shown, &text, today).map_err(Failure::usage)?
        }
    };
    if let Some(percent) = rules.tolerance_percent {
        policy.tolerance = percent / 100.0;
    }
    if let Some(percent) = rules.detect_percent {
        policy.detect = percent / 100.0;
    }
    policy.alpha = rules.alpha.unwrap_or(policy.alpha);
    policy.on_inconclusive = rules.on_inconclusive.unwrap_or(policy.on_inconclusive);
    policy.on_missing = rules.on_missing.unwrap_or(policy.on_missing);
    policy.lenient |= rules.lenient;
    Ok(policy.checked()?)
}

/// Writes everything there is to write about a judgement, and maps it to an exit code.
fn finish(
    runner: &Runner<'_>,
    judgement: &Judgement<'_>,
    inputs: Vec<Input>,
    started: Timestamp,
    options: &Reports,
) -> Result<Exit, Failure> {
    let evidence = report::evidence::evidence(judgement, inputs, runner, started);
    let title = visible(&ellipsis(&options.title, 120));
    let document = Document::of(judgement, &title, runner.commit());
    let summary =
        report::summary::summary(judgement, &gatehouse_core::report::markdown::plain(&title));
    let paths = write_files(
        &options.out_dir,
        &evidence,
        &document,
        summary.markdown(),
        &report::html::report(judgement, &title),
    )?;
    let world =
        |error: &dyn std::fmt::Display| Failure::world(Diagnostic::error(error.to_string()));
    runner
        .write_summary(&summary)
        .map_err(|error| world(&error))?;
    show(runner, &judgement.problems);
    print(runner, &listing(judgement))?;
    runner
        .annotate(&report::annotations::annotations(judgement))
        .map_err(|error| world(&error))?;
    let outputs = runner.outputs();
    let values = [
        judgement.verdict.word().to_owned(),
        report::headline(judgement),
        judgement.count(Outcome::Regression).to_string(),
        judgement.count(Outcome::Improvement).to_string(),
        judgement.count(Outcome::Inconclusive).to_string(),
        paths.html.clone(),
        paths.report.clone(),
        paths.evidence.clone(),
    ];
    for (name, value) in OUTPUTS.into_iter().zip(values) {
        outputs.set(name, &value).map_err(|error| world(&error))?;
    }
    runner.log(&format!("report: {}", paths.html));
    runner.log(&format!("evidence: {}", paths.evidence));
    let exit = judgement.exit();
    // Only verdicts of the comparison are let through; an error is still an error.
    Ok(
        if options.report_only && matches!(exit, Exit::Fail | Exit::Inconclusive) {
            Exit::Pass
        } else {
            exit
        },
    )
}

struct Written {
    evidence: String,
    html: String,
    report: String,
}

fn write_files(
    folder: &Path,
    evidence: &Evidence,
    document: &Document,
    markdown: &str,
    html: &str,
) -> Result<Written, Failure> {
    let json = evidence
        .to_json()
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let write = |name: &str, text: &str| -> Result<String, Failure> {
        let path = folder.join(name);
        write_atomic(&path, text.as_bytes())
            .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
        let absolute = std::path::absolute(&path).unwrap_or(path);
        Ok(absolute.display().to_string())
    };
    let document =
        serde_json::to_string(document).map_err(|error| Diagnostic::error(error.to_string()))?;
    write("summary.md", markdown)?;
    Ok(Written {
        report: write("report.json", &document)?,
        html: write("report.html", html)?,
        evidence: write("evidence.json", &json)?,
    })
}

/// The result on standard output: the verdict, and what is not plainly fine.
fn listing(judgement: &Judgement<'_>) -> String {
    let mut text = format!("{}: {}\n", judgement.verdict, report::headline(judgement));
    let worth = |outcome| !matches!(outcome, Outcome::Unchanged | Outcome::Tolerated);
    let worth: Vec<_> = judgement
        .suite
        .decisions
        .iter()
        .filter(|decision| worth(decision.outcome))
        .collect();
    for decision in worth.iter().take(LISTED) {
        let change = decision.change.map_or_else(String::new, |change| {
            format!(
                "{} ({}) ",
                report::number::percent(change.estimate),
                report::number::interval(&change)
            )
        });
        let id = visible(&ellipsis(&decision.id().to_string(), 120));
        text.push_str(&format!(
            "  {:<13} {change}{id}: {}\n",
            decision.outcome.words(),
            decision.why
        ));
    }
    if worth.len() > LISTED {
        text.push_str(&format!(
            "  and {} more, in the report\n",
            worth.len() - LISTED
        ));
    }
    for finding in judgement
        .findings
        .iter()
        .filter(|f| f.code != "regression" && f.code != "inconclusive")
        .take(LISTED)
    {
        let about = finding.about.as_ref().map_or(String::new(), |id| {
            format!("{}: ", visible(&ellipsis(&id.to_string(), 120)))
        });
        text.push_str(&format!(
            "  {:<13} {about}{}\n",
            finding.verdict.word(),
            visible(&finding.message)
        ));
    }
    text
}
