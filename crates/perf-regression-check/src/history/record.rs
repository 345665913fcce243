//! A run's results as columns of a ledger, and back as one [`Track`] per benchmark and metric.

use std::collections::HashMap;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::ledger::{Columns, Entry, EntryKey, Run};
use gatehouse_core::stats::quantile::{mean, median, quantile, variance};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::model::{Direction, Nature, ResultSet, Series, SeriesId};

/// The most raw samples kept of a metric.
const SAMPLES: usize = 30;

/// The columns of a run. Numbers are kept to the last digit.
///
/// `benchmark`, `metric`, `unit`, `direction`, `nature`: what was measured. `n`, `median`, `mean`,
/// `sd`, `q05`, `q25`, `q75`, `q95`: its samples in numbers (`null` where one sample cannot tell).
/// `samples`: up to thirty of them, evenly spaced in the order in which they were taken.
#[must_use]
pub fn columns(set: &ResultSet) -> Columns {
    fn column(set: &ResultSet, of: impl Fn(&Series) -> Value) -> Vec<Value> {
        set.series.iter().map(of).collect()
    }
    let many = |series: &Series, of: fn(&[f64]) -> f64| {
        if series.samples.len() > 1 {
            json!(of(&series.samples))
        } else {
            Value::Null
        }
    };
    let quantiles = |p: f64| {
        column(set, |series| {
            if series.samples.len() > 1 {
                json!(quantile(&series.samples, p))
            } else {
                Value::Null
            }
        })
    };
    let mut columns = Columns::from([
        (
            "benchmark".to_owned(),
            column(set, |series| json!(series.benchmark)),
        ),
        (
            "metric".to_owned(),
            column(set, |series| json!(series.metric)),
        ),
        ("unit".to_owned(), column(set, |series| json!(series.unit))),
        (
            "direction".to_owned(),
            column(set, |series| json!(series.direction)),
        ),
        (
            "nature".to_owned(),
            column(set, |series| json!(series.nature)),
        ),
        (
            "n".to_owned(),
            column(set, |series| json!(series.samples.len())),
        ),
        (
            "median".to_owned(),
            column(set, |series| json!(median(&series.samples))),
        ),
    ]);
    if set.series.iter().any(|series| series.samples.len() > 1) {
        columns.insert("mean".to_owned(), column(set, |series| many(series, mean)));
        columns.insert(
            "sd".to_owned(),
            column(set, |series| {
                many(series, |samples| variance(samples).sqrt())
            }),
        );
        for (name, p) in [("q05", 0.05), ("q25", 0.25), ("q75", 0.75), ("q95", 0.95)] {
            columns.insert(name.to_owned(), quantiles(p));
        }
        columns.insert(
            "samples".to_owned(),
            column(set, |series| json!(thinned(&series.samples))),
        );
    }
    columns
}

fn thinned(samples: &[f64]) -> Vec<f64> {
    let kept = samples.len().min(SAMPLES);
    (0..kept)
        .map(|index| samples[index * samples.len() / kept])
        .collect()
}

/// One metric of one benchmark through the runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// What was measured.
    pub id: SeriesId,
    /// The unit of the values.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Whether it is noisy.
    pub nature: Nature,
    /// The values, in the order of the runs.
    pub points: Vec<Point>,
}

/// One run's value: a job's samples share its machine, so they make one point together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The run's place in the list of entries.
    pub run: usize,
    /// The median of the run's samples.
    pub value: f64,
    /// Quartiles of the run's samples, where there are several.
    pub quartiles: Option<(f32, f32)>,
}

impl Track {
    /// The values alone.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.value).collect()
    }
}

/// One suite: its runs, and its tracks.
#[derive(Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its runs, by time; none where only values are known.
    pub runs: Vec<Run>,
    /// Its series.
    pub tracks: Vec<Track>,
}

impl Suite {
    /// A suite of its entries, by time, and what made no sense in them.
    #[must_use]
    pub fn of(name: String, entries: Vec<Entry>) -> (Self, Vec<Diagnostic>) {
        let (tracks, odd) = tracks(&entries);
        let runs = entries.into_iter().map(|entry| entry.run).collect();
        (Self { name, runs, tracks }, odd)
    }
}

/// The tracks of entries, in order of first appearance. A row that makes no sense is a problem; so is
/// a benchmark that changed its unit, whose older values are left out.
#[must_use]
pub fn tracks(entries: &[Entry]) -> (Vec<Track>, Vec<Diagnostic>) {
    let (mut tracks, mut problems): (Vec<Track>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    let mut index: HashMap<SeriesId, usize> = HashMap::new();
    for (run, entry) in entries.iter().enumerate() {
        let rows = match rows(entry, run) {
            Ok(rows) => rows,
            Err(column) => {
                let path = EntryKey::of(entry).path();
                problems.push(Diagnostic::warning(format!(
                    "the run {path} is left out: its column {column:?} makes no sense"
                )));
                continue;
            }
        };
        for row in rows {
            let at = *index.entry(row.id.clone()).or_insert(tracks.len());
            match tracks.get_mut(at) {
                None => tracks.push(row),
                Some(known) if known.unit == row.unit => {
                    (known.direction, known.nature) = (row.direction, row.nature);
                    known.points.extend(row.points);
                }
                Some(known) => {
                    let message = format!(
                        "{} was given in {:?} up to now and is in {:?} since {}; older values are left out",
                        row.id,
                        known.unit,
                        row.unit,
                        entry.run.commit.short()
                    );
                    problems.push(Diagnostic::warning(message));
                    *known = row;
                }
            }
        }
    }
    (tracks, problems)
}

/// The rows of an entry, each with one point; the name of a column that makes no sense.
fn rows(entry: &Entry, run: usize) -> Result<Vec<Track>, &'static str> {
    fn read<T: DeserializeOwned>(
        entry: &Entry,
        name: &'static str,
    ) -> Result<Vec<T>, &'static str> {
        let values = entry.columns.get(name).ok_or(name)?;
        values
            .iter()
            .map(|value| T::deserialize(value).map_err(|_| name))
            .collect()
    }
    fn optional(entry: &Entry, name: &'static str) -> Result<Vec<Option<f32>>, &'static str> {
        if entry.columns.contains_key(name) {
            read(entry, name)
        } else {
            Ok(Vec::new())
        }
    }
    let benchmarks: Vec<String> = read(entry, "benchmark")?;
    let metrics: Vec<String> = read(entry, "metric")?;
    let units: Vec<String> = read(entry, "unit")?;
    let directions: Vec<Direction> = read(entry, "direction")?;
    let natures: Vec<Nature> = read(entry, "nature")?;
    let medians: Vec<f64> = read(entry, "median")?;
    let (low, high) = (optional(entry, "q25")?, optional(entry, "q75")?);
    let count = benchmarks.len();
    for (name, length) in [
        ("metric", metrics.len()),
        ("unit", units.len()),
        ("direction", directions.len()),
        ("nature", natures.len()),
        ("median", medians.len()),
    ] {
        if length != count {
            return Err(name);
        }
    }
    let at = |column: &[Option<f32>], row: usize| column.get(row).copied().flatten();
    let rows = benchmarks
        .into_iter()
        .zip(metrics)
        .zip(units)
        .enumerate()
        .map(|(row, ((benchmark, metric), unit))| Track {
            id: SeriesId { benchmark, metric },
            unit,
            direction: directions[row],
            nature: natures[row],
            points: vec![Point {
                run,
                value: medians[row],
                quartiles: at(&low, row).zip(at(&high, row)),
            }],
        });
    Ok(rows
        .filter(|track| track.points[0].value.is_finite())
        .collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::Unit;
    use gatehouse_core::ids::CommitSha;
    use gatehouse_core::ledger::Machine;

    pub(crate) fn entry(second: i64, values: &[(&str, f64)]) -> Entry {
        let series = values
            .iter()
            .map(|(name, value)| Series::new(*name, "time", Unit::nanoseconds(), vec![*value]));
        Entry {
            suite: "s".to_owned(),
            run: Run {
                commit: CommitSha::try_from(format!("{second:040x}")).unwrap(),
                parent: None,
                branch: Some("main".to_owned()),
                time: jiff::Timestamp::from_second(second * 3600).unwrap(),
                run_id: 0,
                attempt: 0,
                machine: Machine::default(),
                tools: std::collections::BTreeMap::new(),
            },
            columns: columns(&ResultSet {
                thresholds: Vec::new(),
                series: series.collect(),
                problems: Vec::new(),
            }),
        }
    }

    #[test]
    fn runs_become_tracks() {
        let entries = [entry(1, &[("a", 1.0), ("b", 5.0)]), entry(2, &[("a", 2.0)])];
        let (tracks, problems) = tracks(&entries);
        assert!(problems.is_empty());
        assert_eq!(tracks[0].values(), [1.0, 2.0]);
        assert_eq!(
            (tracks[1].values(), tracks[1].points[0].run),
            (vec![5.0], 0)
        );
    }

    #[test]
    fn samples_are_summed_up_and_thinned() {
        let samples: Vec<f64> = (0..100).map(f64::from).collect();
        let set = ResultSet {
            thresholds: Vec::new(),
            series: vec![Series::new("a", "time", Unit::nanoseconds(), samples)],
            problems: Vec::new(),
        };
        let columns = columns(&set);
        assert_eq!(
            (columns["n"][0].as_u64(), columns["median"][0].as_f64()),
            (Some(100), Some(49.5))
        );
        let kept = columns["samples"][0].as_array().unwrap();
        assert_eq!(
            (kept.len(), kept[0].as_f64(), kept[29].as_f64()),
            (30, Some(0.0), Some(96.0))
        );
    }

    #[test]
    fn odd_rows_are_problems_not_panics() {
        let mut odd = entry(1, &[("a", 1.0)]);
        odd.columns.insert("median".to_owned(), vec![json!("x")]);
        let mut short = entry(2, &[("a", 1.0), ("b", 1.0)]);
        short.columns.get_mut("unit").unwrap().pop();
        let mut other_unit = entry(3, &[("a", 1.0)]);
        other_unit
            .columns
            .insert("unit".to_owned(), vec![json!("bytes")]);
        let (tracks, problems) = tracks(&[odd, short, entry(4, &[("a", 2.0)]), other_unit]);
        assert_eq!(problems.len(), 3);
        assert_eq!((tracks.len(), tracks[0].values()), (1, vec![1.0]));
    }
}
