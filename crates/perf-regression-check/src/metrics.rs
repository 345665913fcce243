//! `metrics`: the newest values and states for Prometheus, as a file in the OpenMetrics text format and
//! as a push to a Pushgateway.
//!
//! Only gauges without timestamps are written, which both the OpenMetrics text format 1.0 and
//! Prometheus' own read alike; a Pushgateway takes no timestamps.

use std::fmt::Write as _;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::exit::Exit;
use gatehouse_core::files::write_atomic;
use gatehouse_core::net::http::{Http, Method};
use gatehouse_core::runner::Runner;
use gatehouse_core::text::ellipsis;
use rayon::prelude::*;

use crate::cli::history as cli;
use crate::dashboard::health::Health;
use crate::dashboard::model::{self, Card, Detail};
use crate::history::commands::load_suite;
use crate::history::findings::Asked;
use crate::history::record::Suite;
use crate::{Failure, print};

/// The longest value of a label, in characters.
const LABEL: usize = 500;

/// A gauge of every series.
struct Family {
    name: &'static str,
    help: &'static str,
    /// Its samples: further labels, and the value.
    samples: fn(&Suite, &Card, &Detail) -> Vec<(String, f64)>,
}

const FAMILIES: [Family; 6] = [
    Family {
        name: "gatehouse_benchmark_value",
        help: "The newest run's median, in the unit that the label names.",
        samples: |_, card, _| plain(Some(card.latest)),
    },
    Family {
        name: "gatehouse_benchmark_level",
        help: "The median since the last confirmed change of level.",
        samples: |_, _, detail| plain(detail.levels.last().map(|level| level.centre)),
    },
    Family {
        name: "gatehouse_benchmark_change_ratio",
        help: "The last change of level, relative: 0.1 is 10 % more.",
        samples: |_, card, _| plain(Some(card.change.unwrap_or(0.0))),
    },
    Family {
        name: "gatehouse_benchmark_runs",
        help: "How many runs are in the history.",
        samples: |_, card, _| plain(Some(card.points as f64)),
    },
    Family {
        name: "gatehouse_benchmark_state",
        help: "1 for the state that the benchmark is in, 0 for every other.",
        samples: |_, card, _| {
            let sample = |state: Health| {
                let is_in = f64::from(u8::from(state == card.health));
                (format!(",state=\"{}\"", state.word()), is_in)
            };
            Health::ALL.map(sample).to_vec()
        },
    },
    Family {
        name: "gatehouse_benchmark_last_run_timestamp_seconds",
        help: "When the newest run was measured.",
        samples: |suite, card, _| {
            let run = suite.runs.get(card.run);
            plain(run.map(|run| run.time.as_second() as f64))
        },
    },
];

/// One sample without further labels, where there is a value.
fn plain(value: Option<f64>) -> Vec<(String, f64)> {
    value
        .map(|value| (String::new(), value))
        .into_iter()
        .collect()
}

/// `metrics`.
pub(crate) fn metrics(runner: &Runner<'_>, options: &cli::Metrics) -> Result<Exit, Failure> {
    let suite = load_suite(runner, &options.place, options.branch.as_deref())?;
    if suite.tracks.is_empty() {
        return Err(Failure::usage(vec![
            Diagnostic::error("there is no series to export")
                .help("record runs first, or check --suite and --branch"),
        ]));
    }
    let asked = Asked {
        at_least: options.min_change_percent / 100.0,
        release: None,
    };
    let series: Vec<(Card, Detail)> = suite
        .tracks
        .par_iter()
        .map(|track| model::series(track, &suite, 0, &asked))
        .collect();
    let text = exposition(&suite, &series);
    write_atomic(&options.out, text.as_bytes())
        .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
    print(
        runner,
        &format!("{} series in {}\n", series.len(), options.out.display()),
    )?;
    if let Some(url) = &options.pushgateway {
        push(url, &options.job, &suite.name, &text)?;
        print(runner, "pushed\n")?;
    }
    Ok(Exit::Pass)
}

/// The metrics as text.
#[must_use]
pub fn exposition(suite: &Suite, series: &[(Card, Detail)]) -> String {
    let mut text = String::new();
    for Family {
        name,
        help,
        samples,
    } in FAMILIES
    {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (card, detail) in series {
            let labels = format!(
                "suite=\"{}\",benchmark=\"{}\",metric=\"{}\",unit=\"{}\"",
                label(&suite.name),
                label(&card.benchmark),
                label(&card.metric),
                label(&card.unit)
            );
            for (more, value) in samples(suite, card, detail) {
                let _ = writeln!(text, "{name}{{{labels}{more}}} {value}");
            }
        }
    }
    text + "# EOF\n"
}

/// A label's value: only `\`, `"` and line feeds have a meaning in it.
fn label(text: &str) -> String {
    ellipsis(text, LABEL)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// Replaces the suite's group on a Pushgateway.
fn push(url: &str, job: &str, suite: &str, text: &str) -> Result<(), Failure> {
    let address = format!(
        "{}/metrics/job@base64/{}/suite@base64/{}",
        url.trim_end_matches('/'),
        base64_url(job),
        base64_url(suite)
    );
    let headers = [("content-type", "text/plain; version=0.0.4; charset=utf-8")];
    // PUT replaces the group: a series that is no more does not stay for ever.
    Http::new()
        .deliver(&Method::PUT, &address, &headers, text.as_bytes())
        .map(drop)
        .map_err(|error| {
            Failure::world(
                Diagnostic::error(format!("the Pushgateway did not take the metrics: {error}"))
                    .help("the file is written; push it again, or let the next run do it"),
            )
        })
}

/// Base64 for a path, as the Pushgateway wants it: `=` alone for nothing.
fn base64_url(text: &str) -> String {
    use base64::Engine as _;
    if text.is_empty() {
        return "=".to_owned();
    }
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_where_they_should() {
        assert_eq!(label("a\"} 1\n\\"), "a\\\"} 1\\n\\\\");
    }
}
