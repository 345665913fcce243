//! Summaries of one sample: moments, quantiles, and the median's distribution-free interval.

use super::{Interval, sorted};

/// The arithmetic mean; 0 of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

/// The sample variance (n - 1); 0 of fewer than two values.
#[must_use]
pub fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let centre = mean(values);
    values
        .iter()
        .map(|v| (v - centre) * (v - centre))
        .sum::<f64>()
        / (values.len() - 1) as f64
}

/// The quantile at `p` in 0..=1 by linear interpolation (type 7 of Hyndman & Fan 1996);
/// `None` of nothing.
#[must_use]
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    quantile_sorted(&sorted(values), p)
}

/// [`quantile`] of values already in order.
#[must_use]
pub fn quantile_sorted(values: &[f64], p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let at = p.clamp(0.0, 1.0) * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last index"
    )]
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    Some(values[below] + (values[above] - values[below]) * (at - at.floor()))
}

/// The median; `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The three quartiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quartiles {
    /// The first.
    pub lower: f64,
    /// The second.
    pub median: f64,
    /// The third.
    pub upper: f64,
}

impl Quartiles {
    /// The quartiles of the finite values; `None` when there are none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let finite: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        let values = sorted(&finite);
        let at = |p| quantile_sorted(&values, p);
        Some(Self {
            lower: at(0.25)?,
            median: at(0.5)?,
            upper: at(0.75)?,
        })
    }
}

/// The median's interval between two order statistics, by the binomial distribution; unbounded
/// when the values are too few for the confidence (below six for 95 %), as benchstat has it.
///
/// Source: Hollander, Wolfe & Chicken, section 3.6 (Thompson, Savur).
#[must_use]
pub fn median_interval(values: &[f64], confidence: f64) -> Interval {
    let n = values.len();
    let tail = (1.0 - confidence) / 2.0;
    // P(at most k of n fair coins), summed in logs: counts overflow beyond a thousand coins.
    let (mut below, mut log_term, mut k) = (0.0, -(n as f64) * std::f64::consts::LN_2, 0);
    while k < n && below + log_term.exp() <= tail {
        below += log_term.exp();
        log_term += ((n - k) as f64 / (k as f64 + 1.0)).ln();
        k += 1;
    }
    if k == 0 {
        return Interval::unbounded();
    }
    let values = sorted(values);
    Interval {
        low: values[k - 1],
        high: values[n - k],
        confidence: 1.0 - 2.0 * below,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_quantiles() {
        let v = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(mean(&v), 2.5);
        assert!((variance(&v) - 5.0 / 3.0).abs() < 1e-15);
        assert_eq!(median(&v), Some(2.5));
        assert_eq!(quantile(&v, 0.25), Some(1.75));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn six_values_are_the_fewest_for_a_95_percent_interval() {
        let v: Vec<f64> = (1..=10).map(f64::from).collect();
        assert!(!median_interval(&v[..5], 0.95).is_bounded());
        let six = median_interval(&v[..6], 0.95);
        assert_eq!((six.low, six.high), (1.0, 6.0));
        let ten = median_interval(&v, 0.95);
        assert_eq!((ten.low, ten.high), (2.0, 9.0));
        assert!((ten.confidence - (1.0 - 22.0 / 1024.0)).abs() < 1e-12);
    }
}
