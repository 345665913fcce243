//! One metric on its own: the test's p-value, the size of the change, and what could have been seen.

use gatehouse_core::stats::power::{Sensitivity, minimal_detectable_effect};
use gatehouse_core::stats::quantile::median;
use gatehouse_core::stats::{Interval, hodges_lehmann, paired_t, rank_sum, sign_flip};

use crate::config::Policy;
use crate::decision::{Change, Decision, Method, Outcome};
use crate::model::{Direction, Series};
use crate::prepare::{Data, Prepared};

/// Why a change of unknown direction is neither better nor worse.
pub(crate) const UNKNOWN_DIRECTION: &str =
    "it changed, and nothing says which way is better: set its direction in the policy";

/// In a suite, the exact test is used while its smallest p-value is this many times below the
/// level: with less, it rejects only when every single pair agrees.
const COARSE: f64 = 8.0;

/// The level of the family, and the one at which a change in one metric alone is found.
#[derive(Clone, Copy)]
pub(crate) struct Level {
    pub(crate) alpha: f64,
    pub(crate) lone: f64,
}

pub(crate) fn test<'s>(one: Prepared<'s>, policy: &Policy, level: Level) -> Decision<'s> {
    let Level { alpha, lone: level } = level;
    let alone = level >= alpha;
    let mut decision = Decision {
        baseline: one.baseline,
        candidate: one.candidate,
        direction: one.direction,
        pairs: None,
        method: Method::Untestable,
        change: None,
        p: None,
        q: None,
        detectable: f64::INFINITY,
        outcome: Outcome::Inconclusive,
        why: String::new(),
    };
    let confidence = 1.0 - alpha;
    match one.data {
        Data::Untestable(why) => {
            decision.change = point_change(one.baseline, one.candidate);
            decision.why = why;
        }
        Data::Exact(old, new) => compare_exactly(&mut decision, old, new, policy),
        Data::Paired(ratios) => {
            let n = ratios.len();
            decision.pairs = Some(n);
            let tame = sign_flip::clipped(&ratios);
            let (method, p, smallest) = match sign_flip::sign_flip(&tame) {
                Some(p) if alone || COARSE * sign_flip::smallest_p(n) <= level => {
                    (Method::SignFlip, p, sign_flip::smallest_p(n))
                }
                Some(_) => (Method::PairedTForSuite, paired_t::paired_t(&tame), 0.0),
                None => (Method::PairedT, paired_t::paired_t(&tame), 0.0),
            };
            (decision.method, decision.p) = (method, Some(p));
            let shift = hodges_lehmann::paired(&ratios, confidence);
            measure(
                &mut decision,
                shift,
                n as f64 - 1.0,
                smallest,
                level,
                policy,
            );
        }
        Data::Unpaired(old, new) => {
            let result = rank_sum::rank_sum(&old, &new);
            decision.method = if result.exact {
                Method::RankSumExact
            } else {
                Method::RankSumApproximate
            };
            decision.p = Some(result.p);
            let shift = hodges_lehmann::two_sample(&old, &new, confidence);
            let degrees = (old.len() + new.len()) as f64 - 2.0;
            let smallest = rank_sum::smallest_p(old.len(), new.len());
            measure(&mut decision, shift, degrees, smallest, level, policy);
        }
    }
    decision
}

/// States size and sensitivity from a shift of logarithms.
fn measure(
    decision: &mut Decision<'_>,
    shift: Option<hodges_lehmann::Shift>,
    degrees: f64,
    smallest_p: f64,
    level: f64,
    policy: &Policy,
) {
    let Some(shift) = shift else { return };
    let Interval {
        low,
        high,
        confidence,
    } = shift.interval;
    decision.change = Some(Change {
        estimate: shift.estimate.exp_m1(),
        low: low.exp_m1(),
        high: high.exp_m1(),
        confidence,
    });
    let tolerance = log_tolerance(policy.tolerance, decision.direction);
    let sensitivity = Sensitivity {
        interval: shift.interval,
        degrees,
        level,
        smallest_p,
        tolerance,
    };
    decision.detectable = minimal_detectable_effect(&sensitivity).exp_m1();
}

/// How far the log ratio may go for the worse: +2 % of time, -2 % of throughput.
pub(crate) fn log_tolerance(tolerance: f64, direction: Direction) -> f64 {
    match direction {
        Direction::HigherIsBetter => -(1.0 - tolerance.min(0.999_999)).ln(),
        Direction::LowerIsBetter | Direction::Unknown => tolerance.ln_1p(),
    }
}

/// The change of single values, for information where nothing can be tested.
fn point_change(baseline: &Series, candidate: &Series) -> Option<Change> {
    let (old, new) = (median(&baseline.samples)?, median(&candidate.samples)?);
    (old > 0.0 && new > 0.0 && baseline.unit == candidate.unit).then(|| Change {
        estimate: new / old - 1.0,
        low: -1.0,
        high: f64::INFINITY,
        confidence: 1.0,
    })
}

fn compare_exactly(decision: &mut Decision<'_>, old: f64, new: f64, policy: &Policy) {
    decision.method = Method::Exact;
    decision.detectable = policy.deterministic_tolerance;
    let change = if old == new {
        0.0
    } else {
        (new - old) / old.abs()
    };
    decision.change = Some(Change {
        estimate: change,
        low: change,
        high: change,
        confidence: 1.0,
    });
    let tolerance = policy.deterministic_tolerance;
    let limit = format!("{} % tolerated", tolerance * 100.0);
    let (outcome, why) = if change == 0.0 {
        (Outcome::Unchanged, "the value is the same".to_owned())
    } else if change.abs() <= tolerance {
        (Outcome::Tolerated, format!("it differs, {limit}"))
    } else {
        match (decision.direction, change > 0.0) {
            (Direction::Unknown, _) => (Outcome::Inconclusive, UNKNOWN_DIRECTION.to_owned()),
            (Direction::LowerIsBetter, true) | (Direction::HigherIsBetter, false) => (
                Outcome::Regression,
                format!("a metric without noise got worse, {limit}"),
            ),
            _ => (
                Outcome::Improvement,
                "a metric without noise got better".to_owned(),
            ),
        }
    };
    (decision.outcome, decision.why) = (outcome, why);
}
