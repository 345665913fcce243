//! What `detect` found in a history, ready to be shown: change points with their commits, and drift.

use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::Run;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::detect::{Certainty, ChangePoint, Settings, State, advance};
use super::drift;
use super::record::Track;
use crate::decision::Change;
use crate::model::{Direction, SeriesId};

/// The age of the anchor that slow drift is measured from.
const ANCHOR_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The level of the test for drift; there is one test a series and anchor.
const DRIFT_ALPHA: f64 = 0.001;

/// Whether a change is for the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// Slower, larger, less.
    Worse,
    /// The direction is not known.
    Different,
    /// Faster, smaller, more.
    Better,
}

impl Turn {
    fn of(change: f64, direction: Direction) -> Self {
        match direction {
            Direction::Unknown => Self::Different,
            Direction::LowerIsBetter if change > 0.0 => Self::Worse,
            Direction::HigherIsBetter if change < 0.0 => Self::Worse,
            Direction::LowerIsBetter | Direction::HigherIsBetter => Self::Better,
        }
    }

    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Different => "different",
            Self::Better => "better",
        }
    }
}

/// A commit of a series, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its hash, or the place in a series without hashes.
    pub id: String,
    /// When it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<Timestamp>,
}

/// A change of level with the commits that it lies between.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Shift {
    /// What changed.
    #[serde(flatten)]
    pub series: SeriesId,
    /// Whether for the worse.
    pub turn: Turn,
    /// How certain it is.
    pub certainty: Certainty,
    /// A key that stays the same from run to run.
    pub key: String,
    /// The last commit of the old level.
    pub after: Option<Commit>,
    /// The first commit of the new level: the change is in the range from `after` to this.
    pub commit: Commit,
    /// The place of that commit's point in the series.
    pub point: usize,
    /// The relative change with its interval.
    pub change: Option<Change>,
    /// The unit of the levels.
    pub unit: String,
    /// Medians before and after.
    pub levels: (f64, f64),
    /// The probability of a split at least as clear without a change.
    pub p: f64,
}

/// A slow drift away from an anchor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Drifted {
    /// What drifted.
    #[serde(flatten)]
    pub series: SeriesId,
    /// Whether for the worse.
    pub turn: Turn,
    /// A key that stays the same for as long as the level that it drifts on lasts.
    pub key: String,
    /// What it is measured from: `release` or `30 days`.
    pub anchor: &'static str,
    /// The anchor's commit.
    pub since: Commit,
    /// The relative change with its interval.
    pub change: Change,
    /// The p-value of no change since.
    pub p: f64,
}

/// Everything found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Findings {
    /// Series looked at.
    pub series: usize,
    /// Confirmed changes of level, in the order of the series.
    pub change_points: Vec<Shift>,
    /// Changes that are suspected and not confirmed.
    pub suspected: Vec<Shift>,
    /// Slow drifts.
    pub drifts: Vec<Drifted>,
}

impl Findings {
    /// Whether anything certain got worse.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.change_points
            .iter()
            .any(|shift| shift.turn == Turn::Worse)
            || self.drifts.iter().any(|drift| drift.turn == Turn::Worse)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The smallest relative change that is reported.
    pub at_least: f64,
    /// The commit of the last release, an anchor for drift.
    pub release: Option<&'a CommitSha>,
}

/// Looks through one series; `state` says what of it was looked at before and is brought up to date.
pub fn look(
    track: &Track,
    runs: &[Run],
    asked: &Asked<'_>,
    state: &mut State,
    findings: &mut Findings,
) {
    let values = track.values();
    let settings = Settings {
        suspect_from: asked.at_least.max(0.01),
        ..Settings::default()
    };
    let commit = |point: usize| {
        let run = track
            .points
            .get(point)
            .and_then(|point| runs.get(point.run));
        run.map_or_else(
            || Commit {
                id: format!("#{point}"),
                time: None,
            },
            |run| Commit {
                id: run.commit.to_string(),
                time: Some(run.time),
            },
        )
    };
    findings.series += 1;
    for found in advance(state, &values, &settings) {
        let shift = shift(track, &found, &commit);
        let large = shift
            .change
            .is_some_and(|change| change.estimate.abs() >= asked.at_least);
        if !large {
            continue;
        }
        if found.certainty == Certainty::Confirmed {
            // What is certain is not suspected any more.
            findings.suspected.retain(|known| known.key != shift.key);
            findings.change_points.push(shift);
        } else {
            findings.suspected.push(shift);
        }
    }
    let now = track
        .points
        .last()
        .and_then(|point| runs.get(point.run))
        .map(|run| run.time);
    let anchors = [
        (
            "release",
            asked.release.and_then(|sha| last_of(track, runs, sha)),
        ),
        (
            "30 days",
            now.and_then(|now| before(track, runs, now - ANCHOR_AGE)),
        ),
    ];
    for (name, anchor) in anchors {
        let Some(anchor) = anchor else { continue };
        // A step that was found is no slow drift: the anchor has to lie on the current level.
        if anchor < state.segment {
            continue;
        }
        if let Some(drift) = drift::since(&values, anchor, asked.at_least, DRIFT_ALPHA) {
            findings.drifts.push(Drifted {
                series: track.id.clone(),
                turn: Turn::of(drift.change.estimate, track.direction),
                key: drift_key(&track.id, name, &commit(state.segment)),
                anchor: name,
                since: commit(anchor),
                change: change(&drift.change),
                p: drift.p,
            });
        }
    }
}

fn shift(track: &Track, found: &ChangePoint, commit: &dyn Fn(usize) -> Commit) -> Shift {
    let change = found.effect.as_ref().map(change);
    let key_point = found.suspected_at.unwrap_or(found.at);
    Shift {
        series: track.id.clone(),
        turn: Turn::of(
            change.map_or(0.0, |change| change.estimate),
            track.direction,
        ),
        certainty: found.certainty,
        key: key(&track.id, &commit(key_point)),
        after: found.at.checked_sub(1).map(commit),
        commit: commit(found.at),
        point: found.at,
        change,
        unit: track.unit.clone(),
        levels: found.levels,
        p: found.p,
    }
}

/// A key of a change that stays the same whoever finds it, and whenever.
fn key(series: &SeriesId, commit: &Commit) -> String {
    let text = format!("{}\0{}\0{}", series.benchmark, series.metric, commit.id);
    gatehouse_core::files::sha256_hex(text.as_bytes())[..16].to_owned()
}

/// The same for a drift: the anchor moves on with time, the level that it drifts on does not.
fn drift_key(series: &SeriesId, anchor: &str, level: &Commit) -> String {
    let text = format!(
        "{}\0{}\0drift\0{anchor}\0{}",
        series.benchmark, series.metric, level.id
    );
    gatehouse_core::files::sha256_hex(text.as_bytes())[..16].to_owned()
}

fn change(shift: &gatehouse_core::stats::hodges_lehmann::Shift) -> Change {
    Change {
        estimate: shift.estimate,
        low: shift.interval.low,
        high: shift.interval.high,
        confidence: shift.interval.confidence,
    }
}

fn last_of(track: &Track, runs: &[Run], sha: &CommitSha) -> Option<usize> {
    track
        .points
        .iter()
        .rposition(|point| runs.get(point.run).is_some_and(|run| run.commit == *sha))
}

fn before(track: &Track, runs: &[Run], time: Timestamp) -> Option<usize> {
    track
        .points
        .iter()
        .rposition(|point| runs.get(point.run).is_some_and(|run| run.time <= time))
}
