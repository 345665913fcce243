//! The statistics that verdicts rest on.
//!
//! Each test and estimator is short, stated with its source, and compared with scipy on a table
//! of generated cases (`tests/it/scipy.rs`). All functions are pure; slices hold finite numbers.

pub mod autocorrelation;
pub mod change_point;
pub mod distribution;
pub mod hodges_lehmann;
pub mod multiplicity;
pub mod paired_t;
pub mod power;
pub mod quantile;
pub mod rank_sum;
pub mod sign_flip;
pub mod signed_rank;

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end; negative infinity when the data cannot bound it.
    pub low: f64,
    /// The upper end; infinity when the data cannot bound it.
    pub high: f64,
    /// The confidence actually reached, in 0..=1: at least what was asked for when both ends are finite.
    pub confidence: f64,
}

impl Interval {
    /// An interval that says nothing.
    #[must_use]
    pub fn unbounded() -> Self {
        Self {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            confidence: 1.0,
        }
    }

    /// Whether both ends are finite.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }
}

/// A sorted copy.
fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values
}
