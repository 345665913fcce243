//! What each sink has to be told, given what stands and what it was told before.

use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::standing::{Alert, Standing};

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It is new.
    Opened,
    /// It stands: for sinks that are kept up to date.
    Updated,
    /// What it is about is well again.
    Recovered,
}

/// A message to a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The sink's name.
    pub sink: &'static str,
    /// What happened.
    pub event: Event,
    /// To which alert.
    pub alert: Alert,
}

/// The messages that are due, in the order of the alerts. A sink is told of each alert once; those
/// that `refreshing` names are kept up to date while it stands.
#[must_use]
pub fn plan(
    standing: &Standing,
    journal: &Journal,
    sinks: &[&'static str],
    refreshing: impl Fn(&str) -> bool,
) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut add = |sink: &'static str, event: Event, alert: &Alert| {
        messages.push(Message {
            sink,
            event,
            alert: alert.clone(),
        });
    };
    for sink in sinks.iter().copied() {
        let told = |alert: &Alert| {
            let line = journal.of(&alert.key, sink)?;
            Some((line.event, line.failed.is_some()))
        };
        for alert in &standing.open {
            match told(alert) {
                None | Some((Event::Opened | Event::Updated, true)) => {
                    add(sink, Event::Opened, alert);
                }
                Some((Event::Opened | Event::Updated, false)) if refreshing(sink) => {
                    add(sink, Event::Updated, alert);
                }
                // Nothing recovers twice: the key is of one change.
                Some(_) => {}
            }
        }
        for alert in &standing.old {
            match told(alert) {
                Some((Event::Opened, true)) => add(sink, Event::Opened, alert),
                Some((Event::Opened, false)) if refreshing(sink) => {
                    add(sink, Event::Updated, alert);
                }
                _ => {}
            }
        }
        for alert in &standing.recovered {
            match told(alert) {
                Some((Event::Opened | Event::Updated, _) | (Event::Recovered, true)) => {
                    add(sink, Event::Recovered, alert);
                }
                Some((Event::Recovered, false)) | None => {}
            }
        }
    }
    // A drift has no point in the history: it is over when its series shows it no longer.
    let mut over: Vec<_> = journal
        .drifts()
        .filter(|line| {
            let key = &line.alert.key;
            let shown = standing.open.iter().chain(&standing.old);
            standing.seen.contains(&line.alert.series)
                && !shown.into_iter().any(|alert| alert.key == *key)
        })
        .collect();
    over.sort_by(|a, b| (&a.sink, &a.alert.key).cmp(&(&b.sink, &b.alert.key)));
    for line in over {
        if let Some(sink) = sinks.iter().copied().find(|sink| *sink == line.sink) {
            messages.push(Message {
                sink,
                event: Event::Recovered,
                alert: line.alert.clone(),
            });
        }
    }
    // What could not be sent, and the history does not show any more.
    let mut lost: Vec<_> = journal.failed().collect();
    lost.sort_by(|a, b| (&a.sink, &a.alert.key).cmp(&(&b.sink, &b.alert.key)));
    for line in lost {
        let planned = messages
            .iter()
            .any(|message| message.sink == line.sink && message.alert.key == line.alert.key);
        if let Some(sink) = sinks.iter().copied().find(|sink| *sink == line.sink)
            && !planned
        {
            messages.push(Message {
                sink,
                event: line.event,
                alert: line.alert.clone(),
            });
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::super::journal::{Line, columns};
    use super::super::standing::Kind;
    use super::*;
    use crate::history::findings::Commit;
    use crate::history::record::tests::entry;
    use crate::model::SeriesId;

    fn alert(key: &str) -> Alert {
        Alert {
            key: key.to_owned(),
            suite: "s".to_owned(),
            series: SeriesId {
                benchmark: "b".to_owned(),
                metric: "time".to_owned(),
            },
            kind: Kind::Regression,
            change: None,
            levels: None,
            after: None,
            commit: Commit {
                id: "#1".to_owned(),
                time: None,
            },
        }
    }

    fn journal(lines: &[(&str, Event, bool)]) -> Journal {
        let lines: Vec<Line> = lines
            .iter()
            .map(|(key, event, failed)| Line {
                sink: "slack".to_owned(),
                event: *event,
                failed: failed.then(|| "down".to_owned()),
                alert: alert(key),
            })
            .collect();
        let mut entry = entry(1, &[]);
        entry.columns = columns(&lines.iter().collect::<Vec<_>>());
        Journal::read(&[entry])
    }

    fn planned(
        open: &[&str],
        recovered: &[&str],
        journal: &Journal,
        refreshed: bool,
    ) -> Vec<(String, Event)> {
        let alerts = |keys: &[&str]| keys.iter().map(|key| alert(key)).collect();
        let standing = Standing {
            open: alerts(open),
            recovered: alerts(recovered),
            ..Standing::default()
        };
        plan(&standing, journal, &["slack"], |_| refreshed)
            .into_iter()
            .map(|message| (message.alert.key, message.event))
            .collect()
    }

    #[test]
    fn each_is_told_once_and_its_recovery_once() {
        let say = |key: &str, event| vec![(key.to_owned(), event)];
        let empty = Journal::default();
        assert_eq!(planned(&["a"], &[], &empty, false), say("a", Event::Opened));
        let opened = journal(&[("a", Event::Opened, false)]);
        assert_eq!(planned(&["a"], &[], &opened, false), []);
        assert_eq!(
            planned(&["a"], &[], &opened, true),
            say("a", Event::Updated)
        );
        assert_eq!(
            planned(&[], &["a"], &opened, false),
            say("a", Event::Recovered)
        );
        let closed = journal(&[("a", Event::Opened, false), ("a", Event::Recovered, false)]);
        assert_eq!(planned(&["a"], &["a"], &closed, true), []);
        // What recovered before anybody was told is no news.
        assert_eq!(planned(&[], &["a"], &empty, false), []);
    }

    #[test]
    fn a_drift_is_over_when_its_series_shows_it_no_longer() {
        let drift = Alert {
            kind: Kind::Drift,
            ..alert("d")
        };
        let told = Line {
            sink: "slack".to_owned(),
            event: Event::Opened,
            failed: None,
            alert: drift.clone(),
        };
        let mut entry = entry(1, &[]);
        entry.columns = columns(&[&told]);
        let journal = Journal::read(&[entry]);
        let events = |standing: &Standing| -> Vec<Event> {
            let messages = plan(standing, &journal, &["slack"], |_| false);
            messages.into_iter().map(|message| message.event).collect()
        };
        let mut standing = Standing::default();
        // A history that was not there says nothing.
        assert_eq!(events(&standing), []);
        standing.seen.insert(drift.series.clone());
        assert_eq!(events(&standing), [Event::Recovered]);
        standing.open.push(drift);
        assert_eq!(events(&standing), []);
    }

    #[test]
    fn what_was_not_taken_is_sent_again_even_if_it_is_no_longer_seen() {
        let down = journal(&[("a", Event::Opened, true), ("b", Event::Recovered, true)]);
        assert_eq!(
            planned(&["a"], &["b"], &down, false),
            [
                ("a".to_owned(), Event::Opened),
                ("b".to_owned(), Event::Recovered)
            ]
        );
        assert_eq!(
            planned(&[], &[], &down, false),
            [
                ("a".to_owned(), Event::Opened),
                ("b".to_owned(), Event::Recovered)
            ]
        );
    }
}
