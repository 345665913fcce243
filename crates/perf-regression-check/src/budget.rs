//! Absolute limits: they hold whatever the baseline was, and fail on their own.

use gatehouse_core::stats::quantile::median;
use gatehouse_core::text::{ellipsis, visible};

use crate::config::Policy;
use crate::model::{ResultSet, SeriesId};
use crate::report::number::with_unit;

/// A benchmark over an absolute limit.
#[derive(Debug, Clone)]
pub struct Breach {
    /// The benchmark.
    pub id: SeriesId,
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
                    message,
                });
            }
        }
    }
    breaches.extend(crossed(candidate));
    breaches
}

/// The limits that the benchmark states itself and did not keep. One of which that cannot be told is
/// not one that was kept.
fn crossed(candidate: &ResultSet) -> impl Iterator<Item = Breach> {
    let broken = candidate
        .thresholds
        .iter()
        .filter(|threshold| threshold.kept != Some(true));
    broken.map(|threshold| {
        let expression = visible(&ellipsis(&threshold.expression, 200));
        Breach {
            id: threshold.on.clone(),
            message: match threshold.kept {
                Some(_) => format!("its own threshold {expression} was crossed"),
                None => format!(
                    "whether its own threshold {expression} was kept cannot be told from this file"
                ),
            },
        }
    })
}
