//! What is wrong now, and what was and is not any more.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::decision::Change;
use crate::history::findings::{Commit, Drifted, Findings, Shift, Turn};
use crate::model::SeriesId;
use crate::report::number;

/// Something that got worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Alert {
    /// Stays the same from run to run.
    pub key: String,
    /// The suite.
    pub suite: String,
    /// What got worse.
    pub series: SeriesId,
    /// How.
    pub kind: Kind,
    /// By how much, relative.
    pub change: Option<Change>,
    /// Levels before and after in words; empty for a drift.
    pub levels: Option<(String, String)>,
    /// The last commit that was well.
    pub after: Option<Commit>,
    /// The first commit that was not.
    pub commit: Commit,
}

/// How something got worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// In one step, certainly.
    Regression,
    /// In one step, probably.
    Suspicion,
    /// In steps too small to be found.
    Drift,
}

impl Kind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Suspicion => "suspected regression",
            Self::Drift => "slow drift",
        }
    }
}

impl Alert {
    /// One line.
    #[must_use]
    pub fn headline(&self) -> String {
        let size = self
            .change
            .map_or_else(String::new, |change| number::percent(change.estimate) + " ");
        format!("Performance {}: {size}{}", self.kind.words(), self.series)
    }

    fn of_shift(shift: &Shift, suite: &str, kind: Kind) -> Self {
        let level = |value| number::with_unit(value, &shift.unit);
        Self {
            key: shift.key.clone(),
            suite: suite.to_owned(),
            series: shift.series.clone(),
            kind,
            change: shift.change,
            levels: Some((level(shift.levels.0), level(shift.levels.1))),
            after: shift.after.clone(),
            commit: shift.commit.clone(),
        }
    }

    fn of_drift(drift: &Drifted, suite: &str) -> Self {
        Self {
            key: drift.key.clone(),
            suite: suite.to_owned(),
            series: drift.series.clone(),
            kind: Kind::Drift,
            change: Some(drift.change),
            levels: None,
            after: None,
            commit: drift.since.clone(),
        }
    }
}

/// What is worth an alert.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The smallest relative change.
    pub at_least: f64,
    /// Whether suspicions are.
    pub suspected: bool,
    /// When the newest run was.
    pub newest: Option<Timestamp>,
    /// Changes that took place longer before the newest run are no news, in days.
    pub max_age_days: u32,
}

/// All alerts of a history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// What got worse and is.
    pub open: Vec<Alert>,
    /// What got worse and is well again.
    pub recovered: Vec<Alert>,
    /// What is open, but no news: told of only if it was told of before.
    pub old: Vec<Alert>,
    /// Every series that was looked at.
    pub seen: HashSet<SeriesId>,
}

impl Standing {
    /// Adds what was found in one series.
    pub fn add(&mut self, found: &Findings, suite: &str, rules: &Rules) {
        let is_news = |commit: &Commit| match (commit.time, rules.newest) {
            (Some(then), Some(newest)) => {
                let age = SignedDuration::from_hours(24 * i64::from(rules.max_age_days));
                newest.duration_since(then) <= age
            }
            _ => true,
        };
        let mut put = |alert: Alert, recovered: bool| {
            if recovered {
                self.recovered.push(alert);
            } else if is_news(&alert.commit) {
                self.open.push(alert);
            } else {
                self.old.push(alert);
            }
        };
        let recovered = |shift: &Shift| {
            let (good, bad) = shift.levels;
            found.change_points.iter().any(|later| {
                later.point > shift.point
                    && later.turn == Turn::Better
                    && is_back(good, bad, later.levels.1, rules.at_least)
            })
        };
        let suspected = found.suspected.iter().filter(|_| rules.suspected);
        for (shift, kind) in found
            .change_points
            .iter()
            .map(|shift| (shift, Kind::Regression))
            .chain(suspected.map(|shift| (shift, Kind::Suspicion)))
            .filter(|(shift, _)| shift.turn == Turn::Worse)
        {
            put(Alert::of_shift(shift, suite, kind), recovered(shift));
        }
        for drift in found.drifts.iter().filter(|d| d.turn == Turn::Worse) {
            put(Alert::of_drift(drift, suite), false);
        }
    }
}

/// Whether a level that went from `good` to `bad` is back: at `good`, but for less than what counts
/// as a change, or beyond it.
fn is_back(good: f64, bad: f64, now: f64, at_least: f64) -> bool {
    let margin = at_least * good.abs();
    if bad > good {
        now <= good + margin
    } else {
        now >= good - margin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_is_near_the_old_level_or_better() {
        assert!(is_back(100.0, 130.0, 104.0, 0.05) && is_back(100.0, 130.0, 80.0, 0.05));
        assert!(!is_back(100.0, 130.0, 110.0, 0.05));
        assert!(is_back(100.0, 70.0, 97.0, 0.05) && !is_back(100.0, 70.0, 90.0, 0.05));
    }
}
