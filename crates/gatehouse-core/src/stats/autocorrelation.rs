//! How much neighbouring points of a series are alike.

use super::distribution::normal_quantile;

/// The largest estimate: a series that is more alike than this is a walk, not a level.
const LARGEST: f64 = 0.95;

/// The most that the autocorrelation at lag one may be (the upper end of a 95 % interval), at least 0
/// and at most 0.95. Values are finite.
///
/// It is estimated from differences of normal scores: in an AR(1) series with coefficient r the variance
/// of those at lag two is 1 + r times that of those at lag one. A change of level touches two of the
/// differences only, and the scores bound spikes. With half the points missing from an estimate, an autocorrelated series would look changed;
/// assuming the most costs an uncorrelated one little.
#[must_use]
pub fn largest_lag_one(values: &[f64]) -> f64 {
    let n = values.len();
    if n < 3 {
        return 0.0;
    }
    let score = normal_scores(values);
    let spread = |lag: usize| {
        let sum: f64 = score
            .windows(lag + 1)
            .map(|window| (window[lag] - window[0]).powi(2))
            .sum();
        sum / (n - lag) as f64
    };
    let (one, two) = (spread(1), spread(2));
    if one <= 0.0 {
        return 0.0;
    }
    let estimate = (two / one - 1.0).clamp(-1.0, LARGEST);
    (estimate + 2.0 * ((1.0 - estimate * estimate) / n as f64).sqrt()).clamp(0.0, LARGEST)
}

/// The normal quantile of each value's place among all; ties share that of their middle.
fn normal_scores(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut score = vec![0.0; n];
    let mut at = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let middle = normal_quantile((at as f64 + tied.len() as f64 / 2.0) / n as f64);
        for (_, place) in tied {
            score[*place] = middle;
        }
        at += tied.len();
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An AR(1) series whose innovations are scrambled fractions.
    fn series(r: f64, count: u32) -> Vec<f64> {
        let mut last = 0.0;
        (0..count)
            .map(|at| {
                last = r * last + (f64::from(at * at % 100_003) * 0.618_034).fract() - 0.5;
                last
            })
            .collect()
    }

    #[test]
    fn the_most_is_above_what_it_is() {
        for r in [0.0, 0.3, 0.6] {
            let most = largest_lag_one(&series(r, 2000));
            assert!((r - 0.02..r + 0.12).contains(&most), "{r}: {most}");
        }
    }

    #[test]
    fn a_change_of_level_is_no_correlation() {
        let mut values = series(0.0, 2000);
        values[1000..].iter_mut().for_each(|value| *value += 50.0);
        assert!(largest_lag_one(&values) < 0.15);
    }

    #[test]
    fn constants_and_short_series_have_none() {
        assert_eq!(largest_lag_one(&[]), 0.0);
        assert_eq!(largest_lag_one(&[1.0, 2.0]), 0.0);
        assert_eq!(largest_lag_one(&[7.0; 50]), 0.0);
    }
}
