//! Slow drift: many steps, each too small to be found, that add up.
//!
//! The recent level is compared with that of an anchor long ago: of the last release, or of thirty
//! days before. Points near the anchor and the latest points are two samples of runs; the change is
//! called drift when the interval of its size excludes the limit.

use gatehouse_core::stats::hodges_lehmann::Shift;
use gatehouse_core::stats::rank_sum::rank_sum;

use super::detect::relative_shift;

/// The points that a level is estimated from.
const POINTS: usize = 10;
/// The fewest on each side.
const LEAST: usize = 5;

/// A drift away from an anchor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// The place of the anchor in the series: the last point of the old level.
    pub anchor: usize,
    /// The relative change since.
    pub change: Shift,
    /// The p-value of "nothing changed since the anchor".
    pub p: f64,
}

/// The change between the points up to `anchor` and the last ones, if the whole interval of its size
/// is at least `limit` away from no change, either way. `None` also when there are too few points
/// between or around them.
#[must_use]
pub fn since(values: &[f64], anchor: usize, limit: f64, alpha: f64) -> Option<Drift> {
    let before = values.get((anchor + 1).saturating_sub(POINTS)..=anchor)?;
    let after = &values[(anchor + 1).max(values.len().saturating_sub(POINTS))..];
    if before.len() < LEAST || after.len() < LEAST {
        return None;
    }
    let p = rank_sum(before, after).p;
    let change = relative_shift(before, after, 0.95)?;
    let beyond = change.interval.low >= limit || change.interval.high <= -limit;
    (p <= alpha && beyond).then_some(Drift { anchor, change, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_percent_a_run_is_seen_after_a_month() {
        let values: Vec<f64> = (0..60)
            .map(|run| 100.0 * 1.005_f64.powi(run) * (1.0 + 0.01 * f64::from(run * run % 7 - 3)))
            .collect();
        let drift = since(&values, 25, 0.05, 0.01).unwrap();
        assert!(drift.change.estimate > 0.1 && drift.p < 0.01, "{drift:?}");
    }

    #[test]
    fn noise_and_short_series_do_not_drift() {
        let values: Vec<f64> = (0..60)
            .map(|run| 100.0 + f64::from(run * run % 7))
            .collect();
        assert_eq!(since(&values, 25, 0.02, 0.01), None);
        assert_eq!(since(&values[..8], 3, 0.0, 1.0), None);
        assert_eq!(since(&values, 59, 0.0, 1.0), None);
    }
}
