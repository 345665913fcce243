//! Absolute limits: they hold whatever the baseline was, and fail on their own.

use gatehouse_core::stats::quantile::median;

use crate::config::Policy;
use crate::model::{ResultSet, SeriesId};
use crate::report::number::with_unit;

/// A benchmark over an absolute limit.
#[derive(Debug, Clone)]
pub struct Breach {
    /// The benchmark.
    pub id: SeriesId,
    /// The candidate's median.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// What is wrong, in a sentence fragment.
    pub message: String,
}

/// Every limit of the policy that the candidate does not keep. A limit in another unit than the
/// metric's is one that is not kept.
#[must_use]
pub fn breaches(candidate: &ResultSet, policy: &Policy) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for budget in &policy.budgets {
        for series in candidate
            .series
            .iter()
            .filter(|series| budget.on.matches(&series.benchmark, &series.metric))
        {
            let Some(value) = median(&series.samples) else {
                continue;
            };
            let shown = |value| with_unit(value, &series.unit);
            for (limit, over, word) in [
                (
                    &budget.max,
                    budget.max.as_ref().is_some_and(|limit| value > limit.value),
                    "above",
                ),
                (
                    &budget.min,
                    budget.min.as_ref().is_some_and(|limit| value < limit.value),
                    "below",
                ),
            ] {
                let Some(limit) = limit else { continue };
                let message = if limit.unit != series.unit {
                    format!(
                        "its budget is in {}, it is measured in {}",
                        limit.unit, series.unit
                    )
                } else if over {
                    format!(
                        "{} is {word} its budget of {}",
                        shown(value),
                        shown(limit.value)
                    )
                } else {
                    continue;
                };
                breaches.push(Breach {
                    id: series.id(),
                    value,
                    unit: series.unit.clone(),
                    message,
                });
            }
        }
    }
    breaches
}
