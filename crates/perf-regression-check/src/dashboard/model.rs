//! What the dashboard's pages show, as the data files hold it.
//!
//! [`Overview`] is loaded with the page: every benchmark with its state and a small line. A
//! [`Detail`] holds one benchmark's points and is loaded when its page is opened. Runs are listed
//! once a suite; points name them by their place.

use std::collections::HashMap;

use gatehouse_core::ledger::Machine;
use jiff::Timestamp;
use serde::Serialize;

use super::health::Health;
use super::lttb::lttb;
use crate::decision::Change;
use crate::history::detect::{Certainty, State};
use crate::history::findings::{Asked, Findings, Shift, Turn, look};
use crate::history::predict::predict;
use crate::history::record::{Suite, Track};
use crate::model::Direction;

/// The most points of a series that a page draws.
pub const MOST_POINTS: usize = 2000;
/// The points of the small line.
const SPARK_POINTS: usize = 48;
/// The height of the small line, in steps.
const SPARK_STEPS: f64 = 100.0;
/// The least range of the small line, relative to its values.
const SPARK_LEAST: f64 = 0.2;
/// The confidence of the band around a level.
const BAND: f64 = 0.99;

/// What the page is loaded with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The heading.
    pub title: String,
    /// When the site was made.
    pub generated: Timestamp,
    /// Where commits are shown: the repository's address.
    pub repository: Option<String>,
    /// The suites.
    pub suites: Vec<Runs>,
    /// Every series, the most urgent first.
    pub series: Vec<Card>,
}

/// The runs of a suite, as columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Runs {
    /// The suite's name.
    pub name: String,
    /// Hashes.
    pub commit: Vec<String>,
    /// Seconds since 1970.
    pub time: Vec<i64>,
    /// The place of the branch in `branches`.
    pub branch: Vec<usize>,
    /// The place of the machine in `machines`.
    pub machine: Vec<usize>,
    /// Names of branches.
    pub branches: Vec<String>,
    /// Machines in words.
    pub machines: Vec<String>,
}

/// A series in the overview.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// Names the data file, and the page: the same from site to site.
    pub key: String,
    /// The place of its suite.
    pub suite: usize,
    /// The benchmark.
    pub benchmark: String,
    /// The metric.
    pub metric: String,
    /// The unit of the values.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// How it is doing.
    pub health: Health,
    /// How many runs measured it.
    pub points: usize,
    /// The newest value.
    pub latest: f64,
    /// The latest change of level, certain or suspected, relative.
    pub change: Option<f64>,
    /// The newest run's place.
    pub run: usize,
    /// The small line: heights from 0 to 100, evenly apart.
    pub spark: Vec<u8>,
}

/// A series on its own page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// The runs' places.
    pub run: Vec<usize>,
    /// The values: medians of each run's samples.
    pub value: Vec<f64>,
    /// Lower quartiles of the runs' samples, or nothing.
    pub low: Vec<Option<f32>>,
    /// Upper quartiles.
    pub high: Vec<Option<f32>>,
    /// How many points there are; more than are given where the series is long.
    pub total: usize,
    /// Levels, by run.
    pub levels: Vec<Level>,
    /// Changes of level.
    pub changes: Vec<Mark>,
    /// Slow drifts, in words.
    pub drifts: Vec<String>,
}

/// A stretch without a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    /// The first run.
    pub from: usize,
    /// The last run.
    pub to: usize,
    /// The median of its values.
    pub centre: f64,
    /// Where a further run falls 99 times in 100, where that is known.
    pub band: Option<(f64, f64)>,
}

/// A change of level on a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mark {
    /// The first run of the new level.
    pub run: usize,
    /// The last run of the old one.
    pub after: Option<usize>,
    /// How certain.
    pub certainty: Certainty,
    /// For the worse or better.
    pub turn: Turn,
    /// The relative change with its interval.
    pub change: Option<Change>,
    /// Medians before and after.
    pub levels: (f64, f64),
    /// The probability of a split at least as clear without a change.
    pub p: f64,
}

impl Runs {
    /// The runs of a suite.
    #[must_use]
    pub fn of(suite: &Suite) -> Self {
        let mut runs = Self {
            name: suite.name.clone(),
            ..Self::default()
        };
        let (mut branches, mut machines) = (HashMap::new(), HashMap::new());
        for run in &suite.runs {
            runs.commit.push(run.commit.to_string());
            runs.time.push(run.time.as_second());
            let branch = run.branch.clone().unwrap_or_default();
            runs.branch
                .push(place(&mut branches, &mut runs.branches, branch));
            runs.machine.push(place(
                &mut machines,
                &mut runs.machines,
                words(&run.machine),
            ));
        }
        runs
    }
}

/// The place of a word in a list, which grows by it if it is new.
fn place(index: &mut HashMap<String, usize>, list: &mut Vec<String>, word: String) -> usize {
    *index.entry(word).or_insert_with_key(|word| {
        list.push(word.clone());
        list.len() - 1
    })
}

fn words(machine: &Machine) -> String {
    let cores = machine.cores.map(|cores| format!("{cores} cores"));
    let parts = [&machine.cpu, &cores, &machine.os, &machine.image];
    let known: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if known.is_empty() {
        "machine not known".to_owned()
    } else {
        known.join(", ")
    }
}

/// A series as the overview and its page show it. `place` is the suite's.
#[must_use]
pub fn series(track: &Track, suite: &Suite, place: usize, asked: &Asked<'_>) -> (Card, Detail) {
    let mut found = Findings::default();
    look(track, &suite.runs, asked, &mut State::default(), &mut found);
    let values = track.values();
    let run_of = |point: usize| track.points[point].run;
    let mut shifts: Vec<&Shift> = found.change_points.iter().chain(&found.suspected).collect();
    shifts.sort_by_key(|shift| shift.point);
    let name = format!(
        "{}\0{}\0{}",
        suite.name, track.id.benchmark, track.id.metric
    );
    let card = Card {
        key: gatehouse_core::files::sha256_hex(name.as_bytes())[..16].to_owned(),
        suite: place,
        benchmark: track.id.benchmark.clone(),
        metric: track.id.metric.clone(),
        unit: track.unit.clone(),
        direction: track.direction,
        health: Health::of(track, &suite.runs, &found),
        points: values.len(),
        latest: values.last().copied().unwrap_or(f64::NAN),
        change: shifts.last().and_then(|shift| Some(shift.change?.estimate)),
        run: track.points.last().map_or(0, |point| point.run),
        spark: spark(&values),
    };
    let kept = lttb(&values, MOST_POINTS);
    let quartile = |of: fn((f32, f32)) -> f32| -> Vec<Option<f32>> {
        if track.points.iter().all(|point| point.quartiles.is_none()) {
            return Vec::new();
        }
        kept.iter()
            .map(|point| track.points[*point].quartiles.map(of))
            .collect()
    };
    let detail = Detail {
        low: quartile(|(low, _)| low),
        high: quartile(|(_, high)| high),
        levels: levels(track, &values, &found),
        changes: shifts
            .iter()
            .map(|shift| Mark {
                run: run_of(shift.point),
                after: shift.point.checked_sub(1).map(run_of),
                certainty: shift.certainty,
                turn: shift.turn,
                change: shift.change,
                levels: shift.levels,
                p: shift.p,
            })
            .collect(),
        drifts: found
            .drifts
            .iter()
            .map(crate::report::changes::drift_words)
            .collect(),
        total: values.len(),
        run: kept.iter().map(|point| run_of(*point)).collect(),
        value: kept.iter().map(|point| values[*point]).collect(),
    };
    (card, detail)
}

/// The stretches between confirmed changes, each with its level and where it lets a run fall.
fn levels(track: &Track, values: &[f64], found: &Findings) -> Vec<Level> {
    let begins = found.change_points.iter().map(|shift| shift.point);
    let mut edges: Vec<usize> = std::iter::once(0).chain(begins).collect();
    edges.push(values.len());
    edges.sort_unstable();
    edges.dedup();
    edges
        .windows(2)
        .filter_map(|edge| {
            let stretch = &values[edge[0]..edge[1]];
            Some(Level {
                from: track.points[edge[0]].run,
                to: track.points[edge[1] - 1].run,
                centre: gatehouse_core::stats::quantile::median(stretch)?,
                band: predict(stretch, BAND).map(|found| (found.low, found.high)),
            })
        })
        .collect()
}

/// A small line of the values, as heights.
fn spark(values: &[f64]) -> Vec<u8> {
    let kept: Vec<f64> = lttb(values, SPARK_POINTS)
        .into_iter()
        .map(|place| values[place])
        .collect();
    let low = kept.iter().copied().fold(f64::INFINITY, f64::min);
    let high = kept.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // A quiet series is a flat line: noise is not blown up to look like changes.
    let room = ((high - low).max(SPARK_LEAST * high.abs().max(low.abs())) - (high - low)) / 2.0;
    let (low, high) = (low - room, high + room);
    kept.iter()
        .map(|value| {
            let height = if high > low {
                (value - low) / (high - low)
            } else {
                0.5
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a height is between 0 and 100"
            )]
            let step = (height * SPARK_STEPS).round() as u8;
            step
        })
        .collect()
}
