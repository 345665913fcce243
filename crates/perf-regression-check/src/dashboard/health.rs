//! How a benchmark is doing, in a word.

use gatehouse_core::ledger::Run;
use jiff::SignedDuration;
use serde::Serialize;

use crate::history::findings::{Findings, Shift, Turn};
use crate::history::predict::LEAST;
use crate::history::record::Track;

/// A change is news for so long.
const NEWS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Without times: for so many points.
const NEWS_POINTS: usize = 30;
/// A benchmark is gone when the suite has run so often without it.
const GONE_AFTER: usize = 5;

/// The state of a benchmark, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// The latest change of level, within thirty days, was certainly for the worse.
    Regressed,
    /// It got worse in small steps.
    Drifting,
    /// A change for the worse is suspected.
    Suspected,
    /// Later runs of the suite did not measure it.
    Gone,
    /// Fewer than ten runs: nothing can be said.
    Sparse,
    /// The latest change of level, within thirty days, was for the better.
    Improved,
    /// No change in thirty days.
    Steady,
}

impl Health {
    /// Every state, the most urgent first.
    pub const ALL: [Self; 7] = [
        Self::Regressed,
        Self::Drifting,
        Self::Suspected,
        Self::Gone,
        Self::Sparse,
        Self::Improved,
        Self::Steady,
    ];

    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Drifting => "drifting",
            Self::Suspected => "suspected",
            Self::Gone => "gone",
            Self::Sparse => "sparse",
            Self::Improved => "improved",
            Self::Steady => "steady",
        }
    }

    /// The state of a track by what was found in it. `runs` are all runs of its suite.
    #[must_use]
    pub fn of(track: &Track, runs: &[Run], found: &Findings) -> Self {
        let newest = track.points.len().saturating_sub(1);
        let time = |point: usize| {
            let run = track.points.get(point)?.run;
            runs.get(run).map(|run| run.time)
        };
        let is_news = |shift: &&Shift| match (time(shift.point), time(newest)) {
            (Some(then), Some(now)) => now.duration_since(then) <= NEWS,
            _ => newest - shift.point.min(newest) < NEWS_POINTS,
        };
        let latest = found.change_points.last().filter(is_news);
        let since = latest.map_or(0, |shift| shift.point);
        let suspected = found
            .suspected
            .iter()
            .rfind(|shift| shift.point > since && is_news(shift));
        let later_runs = track
            .points
            .last()
            .map_or(0, |point| runs.len().saturating_sub(point.run + 1));
        if later_runs >= GONE_AFTER {
            return Self::Gone;
        }
        if latest.is_some_and(|shift| shift.turn != Turn::Better) {
            return Self::Regressed;
        }
        if found.drifts.iter().any(|drift| drift.turn != Turn::Better) {
            return Self::Drifting;
        }
        if suspected.is_some_and(|shift| shift.turn != Turn::Better) {
            return Self::Suspected;
        }
        if track.points.len() < LEAST {
            return Self::Sparse;
        }
        if latest.is_some() {
            return Self::Improved;
        }
        Self::Steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::findings::{Asked, look};
    use crate::history::record::Point;
    use crate::model::{Direction, Nature, SeriesId};

    /// The state of a series whose run `n` has the value that `of` gives, a run a day.
    fn health(count: usize, of: impl Fn(usize) -> f64) -> Health {
        let points = (0..count).map(|run| Point {
            run,
            value: of(run) * (1.0 + 0.01 * ((run * run % 101) as f64 * 0.618_034).fract()),
            quartiles: None,
        });
        let track = Track {
            id: SeriesId {
                benchmark: "b".to_owned(),
                metric: "time".to_owned(),
            },
            unit: "ns".to_owned(),
            direction: Direction::LowerIsBetter,
            nature: Nature::Measured,
            points: points.collect(),
        };
        let asked = Asked {
            at_least: 0.05,
            release: None,
        };
        let mut found = Findings::default();
        let mut state = crate::history::detect::State::default();
        look(&track, &[], &asked, &mut state, &mut found);
        Health::of(&track, &[], &found)
    }

    #[test]
    fn the_newest_change_that_is_news_decides() {
        let step = |at: usize, factor: f64| {
            move |run: usize| if run < at { 100.0 } else { 100.0 * factor }
        };
        assert_eq!(health(100, |_| 100.0), Health::Steady);
        assert_eq!(health(5, |_| 100.0), Health::Sparse);
        assert_eq!(health(100, step(85, 1.3)), Health::Regressed);
        assert_eq!(health(100, step(85, 0.7)), Health::Improved);
        // Thirty points later it is no news.
        assert_eq!(health(100, step(50, 1.3)), Health::Steady);
        // In a short history a change cannot be certain.
        assert_eq!(health(15, step(8, 1.3)), Health::Suspected);
    }
}
