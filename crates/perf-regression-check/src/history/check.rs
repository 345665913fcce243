//! Decides about one run from the runs before it.
//!
//! A single job says little: how far it may stray without any change is known from the variation
//! between earlier jobs ([`mod@predict`]). A benchmark regresses only when its value lies beyond what
//! was predicted, far beyond what was seen, and by at least the size of change that the policy asks
//! for. Where the prediction is too wide to show a change of that size, the outcome is
//! inconclusive, with the size that would have been seen.

use gatehouse_core::stats::distribution::normal_quantile;

use super::detect::{self, State};
use super::predict::{self, LEAST, Prediction, predict};
use super::record::Track;
use crate::config::Policy;
use crate::decide::{Suite, decide};
use crate::decision::{Change, Decision, Method, Outcome};
use crate::model::{Direction, Nature, ResultSet, Series};
use crate::verdict::{Judgement, judge_by};

/// The probability that an unchanged benchmark leaves its prediction, and that any of a suite does.
const STRAY: f64 = 1e-4;
const STRAY_SUITE: f64 = 0.01;

/// The history as a set whose samples are runs: what [`judge`] compares a run with.
#[must_use]
pub fn as_set(tracks: &[Track], runs: &[usize]) -> ResultSet {
    let place: std::collections::HashMap<usize, usize> = runs.iter().copied().zip(0..).collect();
    let series = tracks.iter().filter_map(|track| {
        let mut points: Vec<(usize, f64)> = track
            .points
            .iter()
            .filter_map(|point| Some((*place.get(&point.run)?, point.value)))
            .collect();
        points.sort_unstable_by_key(|(place, _)| *place);
        // A benchmark that the newest runs no longer have was removed before.
        let newest = points.last()?.0;
        (newest + REMOVED_AFTER >= runs.len()).then(|| Series {
            benchmark: track.id.benchmark.clone(),
            metric: track.id.metric.clone(),
            unit: track.unit.clone(),
            direction: track.direction,
            nature: track.nature,
            // Of what is counted, the last value is the value.
            samples: points
                .iter()
                .skip(if track.nature == Nature::Deterministic {
                    points.len() - 1
                } else {
                    0
                })
                .map(|(_, value)| *value)
                .collect(),
            pairs: Vec::new(),
            statistic: None,
        })
    });
    ResultSet {
        thresholds: Vec::new(),
        series: series.collect(),
        problems: Vec::new(),
    }
}

/// A benchmark missing from so many of the newest runs is not missed any more.
const REMOVED_AFTER: usize = 5;

/// Judges a run by the history.
#[must_use]
pub fn judge<'s>(
    history: &'s ResultSet,
    candidate: &'s ResultSet,
    policy: Policy,
) -> Judgement<'s> {
    let alpha = policy.alpha;
    judge_by(history, candidate, policy, |both, policy| {
        let measured: Vec<_> = both
            .iter()
            .filter(|(old, new)| !counted(old, new))
            .copied()
            .collect();
        let confidence = 1.0 - STRAY.min(STRAY_SUITE / measured.len().max(1) as f64);
        // Counted metrics need no history but the last value.
        let exact: Vec<_> = both
            .iter()
            .filter(|(old, new)| counted(old, new))
            .copied()
            .collect();
        let mut suite = decide(&exact, policy, alpha);
        suite.decisions.extend(
            measured
                .iter()
                .map(|(old, new)| by_history(old, new, policy, confidence)),
        );
        sort(suite)
    })
}

fn counted(old: &Series, new: &Series) -> bool {
    old.nature == Nature::Deterministic && new.nature == Nature::Deterministic
}

fn sort(mut suite: Suite<'_>) -> Suite<'_> {
    suite.decisions.sort_by(|a, b| {
        a.outcome
            .cmp(&b.outcome)
            .then_with(|| b.worsening().total_cmp(&a.worsening()))
            .then_with(|| a.id().cmp(&b.id()))
    });
    suite
}

fn by_history<'s>(
    old: &'s Series,
    new: &'s Series,
    policy: &Policy,
    confidence: f64,
) -> Decision<'s> {
    let direction = policy
        .direction(&new.benchmark, &new.metric)
        .unwrap_or(new.direction);
    let mut decision = Decision {
        baseline: old,
        candidate: new,
        direction,
        pairs: None,
        method: Method::Untestable,
        change: None,
        p: None,
        q: None,
        detectable: f64::INFINITY,
        outcome: Outcome::Inconclusive,
        why: String::new(),
    };
    let Some(value) = gatehouse_core::stats::quantile::median(&new.samples) else {
        "the run has no value".clone_into(&mut decision.why);
        return decision;
    };
    if old.unit != new.unit {
        decision.why = format!("the unit changed from {} to {}", old.unit, new.unit);
        return decision;
    }
    let level = current_level(&old.samples);
    let Some(prediction) = predict(level, confidence).filter(|prediction| prediction.centre != 0.0)
    else {
        decision.why = format!(
            "{} runs at the current level; {LEAST} are needed to know how far they stray",
            level.len()
        );
        return decision;
    };
    let relative = |value: f64| value / prediction.centre - 1.0;
    let change = relative(value);
    decision.method = Method::History;
    decision.change = Some(Change {
        estimate: change,
        low: change - relative(prediction.high).abs(),
        high: change + relative(prediction.low).abs(),
        confidence,
    });
    decision.detectable = detectable(&prediction);
    (decision.outcome, decision.why) = conclude(
        &decision,
        &prediction,
        value,
        change,
        policy.detect.max(policy.tolerance),
    );
    decision
}

/// The runs since the last change of level.
fn current_level(runs: &[f64]) -> &[f64] {
    let mut state = State::default();
    detect::advance(&mut state, runs, &detect::Settings::default());
    &runs[state.level_begin()..]
}

/// The smallest change that leaves the prediction, and everything seen, four times in five.
fn detectable(prediction: &Prediction) -> f64 {
    let reach = |edge: f64, seen: f64| {
        ((edge / prediction.centre) - 1.0)
            .abs()
            .max(predict::reach(seen / prediction.centre - 1.0))
    };
    let widest =
        reach(prediction.high, prediction.seen.1).max(reach(prediction.low, prediction.seen.0));
    widest + normal_quantile(0.8) * prediction.deviation
}

fn conclude(
    decision: &Decision<'_>,
    prediction: &Prediction,
    value: f64,
    change: f64,
    size: f64,
) -> (Outcome, String) {
    let percent = |share: f64| crate::report::number::trim(share * 100.0);
    if prediction.is_beyond(value) && change.abs() >= size {
        let worse = match decision.direction {
            Direction::LowerIsBetter => change > 0.0,
            Direction::HigherIsBetter => change < 0.0,
            Direction::Unknown => {
                return (
                    Outcome::Inconclusive,
                    crate::testing::UNKNOWN_DIRECTION.to_owned(),
                );
            }
        };
        let why = format!(
            "beyond what {} runs let expect, and far beyond what they saw",
            prediction.runs
        );
        return if worse {
            (Outcome::Regression, why)
        } else {
            (Outcome::Improvement, why)
        };
    }
    if decision.detectable > size {
        let why = format!(
            "from one run against {} others only a change of {} % would be seen, not {} %",
            prediction.runs,
            percent(decision.detectable),
            percent(size)
        );
        return (Outcome::Inconclusive, why);
    }
    (
        Outcome::Unchanged,
        format!(
            "as {} runs let expect, and a change of {} % would have been seen",
            prediction.runs,
            percent(size)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;
    use gatehouse_core::evidence::Verdict;

    fn set(samples: Vec<f64>) -> ResultSet {
        ResultSet {
            thresholds: Vec::new(),
            series: vec![Series::new("b", "time", Unit::nanoseconds(), samples)],
            problems: Vec::new(),
        }
    }

    /// Runs that differ by up to `percent` of 100.
    fn runs(count: usize, percent: f64) -> Vec<f64> {
        (0..count)
            .map(|run| 100.0 + percent * ((run * run) as f64 * 0.618_034).fract())
            .collect()
    }

    fn outcome(history: Vec<f64>, value: f64) -> (Outcome, Verdict) {
        let (history, candidate) = (set(history), set(vec![value]));
        let judgement = judge(&history, &candidate, Policy::default());
        (judgement.suite.decisions[0].outcome, judgement.verdict)
    }

    #[test]
    fn a_value_beyond_everything_fails_and_a_usual_one_passes() {
        assert_eq!(
            outcome(runs(40, 1.0), 110.0),
            (Outcome::Regression, Verdict::Fail)
        );
        assert_eq!(
            outcome(runs(40, 1.0), 90.0),
            (Outcome::Improvement, Verdict::Pass)
        );
        assert_eq!(
            outcome(runs(40, 1.0), 100.5),
            (Outcome::Unchanged, Verdict::Pass)
        );
    }

    #[test]
    fn few_or_noisy_runs_are_inconclusive_never_a_pass() {
        assert_eq!(outcome(runs(9, 1.0), 150.0).1, Verdict::Inconclusive);
        assert_eq!(outcome(runs(40, 20.0), 115.0).1, Verdict::Inconclusive);
        assert_eq!(outcome(vec![0.0; 30], 0.0).1, Verdict::Inconclusive);
    }

    #[test]
    fn a_history_with_spikes_predicts_spikes() {
        let mut history = runs(40, 1.0);
        history[30] = 130.0;
        assert_eq!(
            outcome(history.clone(), 135.0).0,
            Outcome::Regression,
            "one is set aside"
        );
        history[33] = 130.0;
        assert_eq!(outcome(history, 135.0).0, Outcome::Inconclusive);
    }

    #[test]
    fn only_the_current_level_counts() {
        let mut history = runs(40, 1.0);
        history.extend(runs(25, 1.0).iter().map(|value| value * 2.0));
        assert_eq!(outcome(history.clone(), 201.0).0, Outcome::Unchanged);
        assert_eq!(outcome(history, 100.5).0, Outcome::Improvement);
    }

    #[test]
    fn samples_of_one_job_are_one_point() {
        let (history, candidate) = (set(runs(40, 20.0)), set(vec![118.0; 30]));
        assert_eq!(
            judge(&history, &candidate, Policy::default()).verdict,
            Verdict::Inconclusive
        );
    }

    #[test]
    fn counted_metrics_need_no_variation() {
        let counted = |values: Vec<f64>| ResultSet {
            thresholds: Vec::new(),
            series: vec![Series::new("b", "instructions", Unit::count(), values).deterministic()],
            problems: Vec::new(),
        };
        let (history, same, more) = (
            counted(vec![1000.0]),
            counted(vec![1001.0]),
            counted(vec![1100.0]),
        );
        assert_eq!(
            judge(&history, &same, Policy::default()).verdict,
            Verdict::Pass
        );
        assert_eq!(
            judge(&history, &more, Policy::default()).verdict,
            Verdict::Fail
        );
    }
}
