//! Measuring again before failing: a lone bad run of a shared machine does not come twice.
//!
//! Each benchmark that regressed is judged anew by the milder of its two measurements, so that it fails
//! only if both are beyond what the history lets expect. What was not measured again stays as it was.

use gatehouse_core::evidence::Verdict;
use gatehouse_core::stats::quantile::median;

use crate::decision::Outcome;
use crate::model::{ResultSet, Series, SeriesId};
use crate::verdict::{Finding, Judgement};

/// The benchmarks that a judgement calls regressed.
#[must_use]
pub fn regressed(judgement: &Judgement<'_>) -> Vec<SeriesId> {
    let decisions = judgement.suite.decisions.iter();
    decisions
        .filter(|decision| decision.outcome == Outcome::Regression)
        .map(crate::decision::Decision::id)
        .collect()
}

/// The first measurement, in which each of `regressed` is replaced by the second where that is nearer
/// to its history.
#[must_use]
pub fn milder(
    first: &ResultSet,
    again: &ResultSet,
    history: &ResultSet,
    regressed: &[SeriesId],
) -> ResultSet {
    let mut set = first.clone();
    for series in &mut set.series {
        let id = series.id();
        if !regressed.contains(&id) {
            continue;
        }
        let same = |other: &&Series| other.id() == id && other.unit == series.unit;
        let (Some(second), Some(usual)) = (
            again.series.iter().find(same),
            history
                .series
                .iter()
                .find(|known| known.id() == id)
                .and_then(|known| median(&known.samples)),
        ) else {
            continue;
        };
        let distance = |series: &Series| median(&series.samples).map(|value| (value - usual).abs());
        if let (Some(then), Some(now)) = (distance(series), distance(second))
            && now < then
        {
            series.samples.clone_from(&second.samples);
            series.pairs.clone_from(&second.pairs);
        }
    }
    set
}

/// What is said of regressions that the second measurement did not bear out: never nothing.
#[must_use]
pub fn not_confirmed(before: Vec<SeriesId>, judgement: &Judgement<'_>) -> Vec<Finding> {
    let still = regressed(judgement);
    before
        .into_iter()
        .filter(|id| !still.contains(id))
        .map(|id| {
            let message = "beyond what was expected, and not when it was measured again";
            Finding::about(id, Verdict::Warn, "not-confirmed", message.to_owned())
        })
        .collect()
}
