//! What was told to whom, kept in the ledger beside the runs.
//!
//! Nothing in it is ever changed: each run of `alert` adds what is new, and the newest line about an
//! alert and a sink counts. A message that was not taken stands there with its text, so that a later
//! run can send it although the history that gave rise to it may have changed.

use std::collections::HashMap;

use gatehouse_core::ledger::{Columns, Entry};
use serde_json::{Value, json};

use super::plan::{Event, Message};
use super::standing::{Alert, Kind};

/// The suite of the ledger that holds the journal of a suite. No suite of benchmarks begins so.
#[must_use]
pub fn suite(of: &str) -> String {
    format!("~alerts {of}")
}

/// Whether a suite is a journal rather than measured.
#[must_use]
pub fn is_journal(suite: &str) -> bool {
    suite.starts_with("~alerts ")
}

/// A message and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who was told.
    pub sink: String,
    /// What happened.
    pub event: Event,
    /// Why it was not taken; `None` when it was.
    pub failed: Option<String>,
    /// What it is about.
    pub alert: Alert,
}

impl Line {
    /// A message with its outcome.
    #[must_use]
    pub fn of(message: &Message, failed: Option<String>) -> Self {
        Self {
            sink: message.sink.to_owned(),
            event: message.event,
            failed,
            alert: message.alert.clone(),
        }
    }
}

/// The newest line about every alert and sink.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal(HashMap<(String, String), Line>);

impl Journal {
    /// The journal from its entries, oldest first. A row that makes no sense is left out: the worst
    /// that follows is that somebody is told twice.
    #[must_use]
    pub fn read(entries: &[Entry]) -> Self {
        let mut lines = HashMap::new();
        for entry in entries {
            let column = |name: &str| entry.columns.get(name).map_or(&[][..], Vec::as_slice);
            let rows = column("sink")
                .iter()
                .zip(column("event"))
                .zip(column("failed"))
                .zip(column("alert"));
            for (((sink, event), failed), alert) in rows {
                let line = line(sink, event, failed, alert);
                if let Some(line) = line {
                    lines.insert((line.alert.key.clone(), line.sink.clone()), line);
                }
            }
        }
        Self(lines)
    }

    /// The newest line about an alert and a sink.
    #[must_use]
    pub fn of(&self, key: &str, sink: &str) -> Option<&Line> {
        self.0.get(&(key.to_owned(), sink.to_owned()))
    }

    /// The messages that were not taken.
    pub fn failed(&self) -> impl Iterator<Item = &Line> {
        self.0.values().filter(|line| line.failed.is_some())
    }

    /// The drifts that were told of and not yet said to be over.
    pub fn drifts(&self) -> impl Iterator<Item = &Line> {
        self.0
            .values()
            .filter(|line| line.alert.kind == Kind::Drift && line.event != Event::Recovered)
    }

    /// Whether a line says what the journal does not say yet. Keeping something up to date is not
    /// worth a line.
    #[must_use]
    pub fn is_news(&self, line: &Line) -> bool {
        line.event != Event::Updated && self.of(&line.alert.key, &line.sink) != Some(line)
    }
}

fn line(sink: &Value, event: &Value, failed: &Value, alert: &Value) -> Option<Line> {
    Some(Line {
        sink: sink.as_str()?.to_owned(),
        event: serde_json::from_value(event.clone()).ok()?,
        failed: failed.as_str().map(str::to_owned),
        alert: serde_json::from_value(alert.clone()).ok()?,
    })
}

/// Lines as columns of an entry.
#[must_use]
pub fn columns(lines: &[&Line]) -> Columns {
    let column = |of: &dyn Fn(&Line) -> Value| lines.iter().map(|line| of(line)).collect();
    Columns::from([
        ("sink".to_owned(), column(&|line| json!(line.sink))),
        ("event".to_owned(), column(&|line| json!(line.event))),
        ("failed".to_owned(), column(&|line| json!(line.failed))),
        ("alert".to_owned(), column(&|line| json!(line.alert))),
    ])
}
