//! What the next run will measure if nothing changed: a robust prediction interval from the runs
//! before.
//!
//! One point a run: samples inside one job share its machine and are not independent, so only the
//! variation *between* runs says how far an unchanged benchmark may stray.

use gatehouse_core::stats::distribution::{normal_quantile, t_quantile};
use gatehouse_core::stats::quantile::{median, quantile_sorted};

/// The most recent runs that are looked at.
pub const WINDOW: usize = 30;
/// The fewest runs that say anything of their variation.
pub const LEAST: usize = 10;
/// From so many runs on, the one most extreme run on each side is set aside: a regression that was
/// merged and reverted must not blind the gate.
const SETS_ASIDE_FROM: usize = 15;
/// How far beyond the extremes a value must be, in distances of the extreme from the centre.
const MARGIN: f64 = 4.0;

/// Where the next value falls if nothing changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The usual value: the median of the runs.
    pub centre: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The smallest and largest value seen, save one on each side where there are many.
    pub seen: (f64, f64),
    /// How many runs it rests on.
    pub runs: usize,
    /// The relative standard deviation between runs.
    pub deviation: f64,
}

impl Prediction {
    /// Whether `value` is beyond what was predicted *and* five times as far from the usual
    /// value as the runs strayed: a history with spikes predicts spikes.
    #[must_use]
    pub fn is_beyond(&self, value: f64) -> bool {
        let above = value > self.high && value - self.centre > reach(self.seen.1 - self.centre);
        let below = value < self.low && self.centre - value > reach(self.centre - self.seen.0);
        above || below
    }
}

/// How far from the centre a value must be to be beyond an extreme that lies at `distance`.
#[must_use]
pub fn reach(distance: f64) -> f64 {
    distance.abs() * (1.0 + MARGIN)
}

/// The interval that the next value stays in with probability `confidence`, from the last
/// [`WINDOW`] of `runs`, oldest first. `None` with fewer than [`LEAST`].
#[must_use]
pub fn predict(runs: &[f64], confidence: f64) -> Option<Prediction> {
    let runs = &runs[runs.len().saturating_sub(WINDOW)..];
    if runs.len() < LEAST {
        return None;
    }
    let log = runs.iter().all(|value| *value > 0.0);
    let mut sorted: Vec<f64> = runs
        .iter()
        .map(|value| if log { value.ln() } else { *value })
        .collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let centre = median(&sorted)?;
    let spread = spread(&sorted, centre)?;
    let reach = t_quantile(0.5 + confidence / 2.0, n - 1.0) * spread * (1.0 + 1.0 / n).sqrt();
    let set_aside = usize::from(sorted.len() >= SETS_ASIDE_FROM);
    let back = |value: f64| if log { value.exp() } else { value };
    Some(Prediction {
        centre: back(centre),
        low: back(centre - reach),
        high: back(centre + reach),
        seen: (
            back(sorted[set_aside]),
            back(sorted[sorted.len() - 1 - set_aside]),
        ),
        runs: runs.len(),
        deviation: if log { spread } else { spread / centre.abs() },
    })
}

/// A robust standard deviation: the larger of what the quartiles and what the median distance say,
/// so that two clusters are not taken for one narrow one.
fn spread(sorted: &[f64], centre: f64) -> Option<f64> {
    let quartile = normal_quantile(0.75);
    let distances: Vec<f64> = sorted.iter().map(|value| (value - centre).abs()).collect();
    let by_median = median(&distances)? / quartile;
    let by_quartiles =
        (quantile_sorted(sorted, 0.75)? - quantile_sorted(sorted, 0.25)?) / (2.0 * quartile);
    let tails = (quantile_sorted(sorted, 0.9)? - quantile_sorted(sorted, 0.1)?)
        / (2.0 * normal_quantile(0.9));
    Some(by_median.max(by_quartiles).max(tails))
}
