//! `alert`: tells people of what got worse, once, and again when it recovered.
//!
//! The story: [`standing`] takes from the history what is wrong now and what recovered; [`journal`]
//! is what was sent before, kept in the ledger itself; [`plan`] compares the two and says what each
//! [`sink`] has to be told; what a sink does not take is written down and sent by the next run.

pub mod journal;
pub mod plan;
pub mod sink;
pub mod standing;

use std::collections::BTreeMap;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::evidence::{
    Evidence, GateVerdict, Invocation, Measurement, Policy, Reason, Subject, Tool, Verdict,
};
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{sha256_hex, write_atomic};
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Entry, Ledger};
use gatehouse_core::runner::Runner;
use gatehouse_core::text::{ellipsis, visible};
use jiff::Timestamp;

use self::journal::{Journal, Line};
use self::plan::{Event, Message};
use self::standing::{Alert, Standing};
use crate::cli::history as cli;
use crate::history::commands::{commit_sha, load_suite, this_run};
use crate::history::detect::State;
use crate::history::findings::{self, Asked, Findings};
use crate::report::evidence::GATE;
use crate::{Failure, print, show};

/// `alert`.
pub(crate) fn alert(runner: &Runner<'_>, options: &cli::Alert) -> Result<Exit, Failure> {
    let started = runner.system().now();
    let sinks = sink::configured(runner, &options.sinks)?;
    if sinks.is_empty() {
        return Err(Diagnostic::error("nobody is to be told")
            .help("name a sink: --github-issues, GATEHOUSE_SLACK_WEBHOOK, GATEHOUSE_ALERTMANAGER_URL or GATEHOUSE_PAGERDUTY_KEY")
            .into());
    }
    // Everything that can be wrong is found before anybody is told.
    let run = this_run(runner, &options.measured)?;
    let ledger = Ledger::open(&options.place.ledger, runner.system())?;
    let standing = look(runner, options)?;
    let suite = journal::suite(&options.place.suite);
    let kept = ledger.load(Some(&suite))?;
    show(runner, &kept.problems);
    let journal = Journal::read(&kept.entries);
    let names: Vec<&'static str> = sinks.iter().map(|sink| sink.name()).collect();
    let refreshing = |name: &str| {
        sinks
            .iter()
            .any(|sink| sink.name() == name && sink.is_refreshed())
    };
    let messages = plan::plan(&standing, &journal, &names, refreshing);
    let mut lines: Vec<Line> = Vec::with_capacity(messages.len());
    for message in &messages {
        let Some(sink) = sinks.iter().find(|sink| sink.name() == message.sink) else {
            continue;
        };
        let done = sink.tell(&message.alert, message.event, started);
        report(runner, message, done.as_ref().err().map(String::as_str))?;
        lines.push(Line::of(message, done.err()));
    }
    let news: Vec<&Line> = lines.iter().filter(|line| journal.is_news(line)).collect();
    if !news.is_empty() {
        let entry = Entry {
            suite,
            run: run.clone(),
            columns: journal::columns(&news),
        };
        ledger.append(&entry)?;
    }
    let undelivered: Vec<&Line> = lines.iter().filter(|line| line.failed.is_some()).collect();
    write_evidence(
        runner,
        options,
        &standing,
        &undelivered,
        (&run.commit, started),
    )?;
    print(
        runner,
        &format!(
            "{} alerts stand, {} recovered; {} messages, {} not delivered\n",
            standing.open.len(),
            standing.recovered.len(),
            messages.len(),
            undelivered.len()
        ),
    )?;
    if !undelivered.is_empty() {
        return Err(Failure::world(
            Diagnostic::error(format!("{} messages were not delivered", undelivered.len()))
                .help("they are kept in the ledger and sent by the next run"),
        ));
    }
    // Messages that were left over are sent first: they need no history.
    if standing.seen.is_empty() {
        return Err(Failure::usage(vec![
            Diagnostic::error("there is no series to look at")
                .help("record runs first, or check --suite and --branch"),
        ]));
    }
    Ok(Exit::Pass)
}

/// What is wrong in the history, and what was and is not any more.
fn look(runner: &Runner<'_>, options: &cli::Alert) -> Result<Standing, Failure> {
    let suite = load_suite(runner, &options.place, options.measured.branch.as_deref())?;
    let release = options.release.as_deref().map(commit_sha).transpose()?;
    let asked = Asked {
        at_least: options.min_change_percent / 100.0,
        release: release.as_ref(),
    };
    let mut standing = Standing::default();
    for track in &suite.tracks {
        let mut found = Findings::default();
        findings::look(
            track,
            &suite.runs,
            &asked,
            &mut State::default(),
            &mut found,
        );
        let rules = standing::Rules {
            at_least: asked.at_least,
            suspected: options.suspected,
            newest: suite.runs.last().map(|run| run.time),
            max_age_days: options.max_age_days,
        };
        standing.seen.insert(track.id.clone());
        standing.add(&found, &options.place.suite, &rules);
    }
    Ok(standing)
}

fn report(runner: &Runner<'_>, message: &Message, failed: Option<&str>) -> Result<(), Failure> {
    let what = match message.event {
        Event::Opened => "opened",
        Event::Updated => "kept",
        Event::Recovered => "recovered",
    };
    let text = visible(&ellipsis(&message.alert.headline(), 200));
    match failed {
        None => print(runner, &format!("{} {what}: {text}\n", message.sink)),
        Some(reason) => {
            runner.log(&format!(
                "{} was not told ({what}: {text}): {}",
                message.sink,
                visible(reason)
            ));
            Ok(())
        }
    }
}

/// What stands and what could not be delivered, as evidence.
fn write_evidence(
    runner: &Runner<'_>,
    options: &cli::Alert,
    standing: &Standing,
    undelivered: &[&Line],
    (commit, started): (&CommitSha, Timestamp),
) -> Result<(), Failure> {
    let reason = |code: &str, message: String, alert: &Alert| Reason {
        code: code.to_owned(),
        message: visible(&ellipsis(&message, 500)),
        place: Some(visible(&ellipsis(&alert.series.to_string(), 500))),
    };
    let mut reasons: Vec<Reason> = standing
        .open
        .iter()
        .map(|alert| reason("alert", alert.headline(), alert))
        .collect();
    reasons.extend(undelivered.iter().map(|line| {
        let why = line.failed.as_deref().unwrap_or_default();
        let message = format!("{} was not told: {why}", line.sink);
        reason("alert-undelivered", message, &line.alert)
    }));
    let count = |value: usize| Measurement {
        value: Some(value as f64),
        unit: "1".to_owned(),
    };
    let invocation = Invocation::of(runner);
    let repository = invocation.repository.clone();
    let rules = format!(
        "min-change {} %, max-age {} days, suspected {}",
        options.min_change_percent, options.max_age_days, options.suspected
    );
    let verdict = GateVerdict {
        gate: format!("{GATE} alert"),
        verdict: match () {
            () if standing.seen.is_empty() => Verdict::Error,
            () if standing.open.is_empty() && undelivered.is_empty() => Verdict::Pass,
            () => Verdict::Warn,
        },
        reasons,
        measurements: BTreeMap::from([
            ("alerts".to_owned(), count(standing.open.len())),
            ("undelivered".to_owned(), count(undelivered.len())),
        ]),
        policy: Policy {
            name: "alert".to_owned(),
            digest: sha256_hex(rules.as_bytes()),
        },
        inputs: Vec::new(),
        tool: Tool {
            name: GATE.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        invocation,
        started_on: started,
        finished_on: runner.system().now(),
    };
    let subject = Subject::commit(repository.as_deref().unwrap_or("repository"), commit);
    let evidence = Evidence::new(vec![subject], verdict);
    let world =
        |error: &dyn std::fmt::Display| Failure::world(Diagnostic::error(error.to_string()));
    let json = serde_json::to_vec_pretty(&evidence).map_err(|error| world(&error))?;
    let path = options.out_dir.join("evidence.json");
    std::fs::create_dir_all(&options.out_dir).map_err(|error| world(&error))?;
    write_atomic(&path, &json).map_err(|error| world(&error))?;
    let path = std::path::absolute(&path).unwrap_or(path);
    let outputs = runner.outputs();
    outputs
        .set("evidence", &path.display().to_string())
        .and_then(|()| outputs.set("verdict", evidence.predicate.verdict.word()))
        .map_err(|error| world(&error))
}
