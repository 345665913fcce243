//! From two series to what can be tested of them: pairs, two samples, exact values, or nothing.

use gatehouse_core::stats::quantile::median;

use crate::compare::paired_samples;
use crate::config::Policy;
use crate::model::{Direction, Nature, Series};

/// A series pair made ready for testing.
pub(crate) struct Prepared<'s> {
    pub(crate) baseline: &'s Series,
    pub(crate) candidate: &'s Series,
    pub(crate) direction: Direction,
    pub(crate) data: Data,
}

pub(crate) enum Data {
    /// Log ratios by round.
    Paired(Vec<f64>),
    /// Logs of both sides.
    Unpaired(Vec<f64>, Vec<f64>),
    /// Medians of both sides: no noise.
    Exact(f64, f64),
    /// Nothing can be tested.
    Untestable(String),
}

pub(crate) fn prepare<'s>(
    baseline: &'s Series,
    candidate: &'s Series,
    policy: &Policy,
) -> Prepared<'s> {
    let direction = policy
        .direction(&candidate.benchmark, &candidate.metric)
        .unwrap_or(candidate.direction);
    Prepared {
        baseline,
        candidate,
        direction,
        data: data(baseline, candidate, policy),
    }
}

fn data(baseline: &Series, candidate: &Series, policy: &Policy) -> Data {
    if baseline.unit != candidate.unit {
        return Data::Untestable(format!(
            "the unit changed from {} to {}",
            baseline.unit, candidate.unit
        ));
    }
    if let Some(exact) = exact(baseline, candidate, policy.deterministic_tolerance) {
        return exact;
    }
    if baseline
        .samples
        .iter()
        .chain(&candidate.samples)
        .any(|sample| *sample <= 0.0)
    {
        return Data::Untestable("some samples are zero or below, and have no ratio".to_owned());
    }
    if let Some(pairs) = paired_samples(baseline, candidate) {
        return match pairs.len() {
            0 | 1 => Data::Untestable(format!(
                "{} round has both sides; at least 6 are needed",
                pairs.len()
            )),
            _ => Data::Paired(
                pairs
                    .into_iter()
                    .map(|(old, new)| (new / old).ln())
                    .collect(),
            ),
        };
    }
    let (n, m) = (baseline.samples.len(), candidate.samples.len());
    if n < 2 || m < 2 {
        return Data::Untestable(format!(
            "{n} and {m} samples: one sample shows nothing of its own noise"
        ));
    }
    let logs = |samples: &[f64]| samples.iter().map(|sample| sample.ln()).collect();
    Data::Unpaired(logs(&baseline.samples), logs(&candidate.samples))
}

/// The medians, when neither side has noise: all samples of a side are equal, or it is a counted
/// metric whose samples differ by less than the tolerance.
fn exact(baseline: &Series, candidate: &Series, tolerance: f64) -> Option<Data> {
    let counted =
        baseline.nature == Nature::Deterministic && candidate.nature == Nature::Deterministic;
    let quiet = |series: &Series| {
        let (low, high) = series
            .samples
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), s| {
                (l.min(*s), h.max(*s))
            });
        let repeated = series.samples.len() > 1;
        if counted {
            high - low <= tolerance * high.abs()
        } else {
            repeated && high == low
        }
    };
    if quiet(baseline) && quiet(candidate) {
        return Some(Data::Exact(
            median(&baseline.samples)?,
            median(&candidate.samples)?,
        ));
    }
    None
}
