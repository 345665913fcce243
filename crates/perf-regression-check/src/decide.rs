//! How each benchmark is decided: pure functions from samples and policy to a [`Decision`].
//!
//! In words. Every metric with noise gets a two-sided test of "nothing changed". The p-values of
//! the suite are corrected together (Benjamini-Hochberg), and nothing is called changed unless
//! the suite as a whole rejects (Hommel). A regression must then also be larger than the
//! tolerance, by the near end of the interval of its size. What is not rejected is `unchanged`
//! only if the data could have shown the change that the policy asks for and the interval does
//! not reach that far; else it is `inconclusive`. Counted metrics are compared exactly.

use gatehouse_core::stats::multiplicity;
use rayon::prelude::*;

use crate::config::Policy;
use crate::decision::{Decision, Method, Outcome};
use crate::model::{Direction, Series};
use crate::prepare::{Data, Prepared, prepare};
use crate::report::number::trim;
use crate::testing::{Level, UNKNOWN_DIRECTION, log_tolerance, test};

/// The decisions of a suite, with what holds for it as a whole.
#[derive(Debug)]
pub struct Suite<'s> {
    /// One decision per matched series, the most important first.
    pub decisions: Vec<Decision<'s>>,
    /// How many metrics were tested and corrected together.
    pub family: usize,
    /// The p-value of "nothing changed anywhere".
    pub global_p: f64,
    /// The false discovery rate it was decided at.
    pub alpha: f64,
}

/// Decides all matched series together at false discovery rate `alpha`: the policy's, or the part
/// of it that one look at a running measurement may use.
#[must_use]
pub fn decide<'s>(matched: &[(&'s Series, &'s Series)], policy: &Policy, alpha: f64) -> Suite<'s> {
    let prepared: Vec<Prepared<'s>> =
        spread(matched.to_vec(), |(old, new)| prepare(old, new, policy));
    let family = prepared
        .iter()
        .filter(|one| matches!(one.data, Data::Paired(_) | Data::Unpaired(..)))
        .count();
    let lone = multiplicity::lone_level(alpha, family);
    let mut decisions: Vec<Decision<'s>> =
        spread(prepared, |one| test(one, policy, Level { alpha, lone }));
    let p: Vec<f64> = decisions.iter().filter_map(|decision| decision.p).collect();
    let q = multiplicity::benjamini_hochberg(&p);
    let global_p = multiplicity::hommel_global(&q);
    let mut corrected = q.into_iter();
    for decision in &mut decisions {
        if decision.p.is_some() {
            decision.q = corrected.next();
        }
        if decision.method != Method::Exact && decision.method != Method::Untestable {
            conclude(decision, policy, alpha, global_p);
        }
    }
    decisions.sort_by(|a, b| {
        a.outcome
            .cmp(&b.outcome)
            .then_with(|| b.worsening().total_cmp(&a.worsening()))
            .then_with(|| a.id().cmp(&b.id()))
    });
    Suite {
        decisions,
        family,
        global_p,
        alpha,
    }
}

/// Maps over all cores, once there is so much that starting threads pays.
fn spread<T: Send, R: Send>(items: Vec<T>, map: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if items.len() < 200 {
        items.into_iter().map(map).collect()
    } else {
        items.into_par_iter().map(map).collect()
    }
}

/// The outcome of a tested metric, once the whole suite is corrected.
fn conclude(decision: &mut Decision<'_>, policy: &Policy, alpha: f64, global_p: f64) {
    let (Some(change), Some(q)) = (decision.change, decision.q) else {
        return;
    };
    let rejected = q <= alpha && global_p <= alpha;
    let (low, high) = (change.low.ln_1p(), change.high.ln_1p());
    let (nearest_worse, furthest_worse) = towards_worse(low, high, decision.direction);
    let (outcome, why) = if rejected && (low > 0.0 || high < 0.0) {
        let tolerance = log_tolerance(policy.tolerance, decision.direction);
        match decision.direction {
            Direction::Unknown if nearest_worse > tolerance => {
                (Outcome::Inconclusive, UNKNOWN_DIRECTION.to_owned())
            }
            _ if nearest_worse > tolerance => (
                Outcome::Regression,
                "the corrected test rejects and the whole interval is beyond the tolerance"
                    .to_owned(),
            ),
            _ if furthest_worse < 0.0 => (
                Outcome::Improvement,
                "the corrected test rejects and the whole interval is on the better side"
                    .to_owned(),
            ),
            _ => within_tolerance(decision, policy),
        }
    } else if decision.detectable > policy.detect {
        (
            Outcome::Inconclusive,
            cannot_see(decision.detectable, policy.detect),
        )
    } else if furthest_worse > log_tolerance(policy.detect, decision.direction) {
        (
            Outcome::Inconclusive,
            format!(
                "not rejected, but the interval reaches beyond {} %",
                percent(policy.detect)
            ),
        )
    } else {
        (
            Outcome::Unchanged,
            format!(
                "not rejected, and a change of {} % would have been seen",
                percent(policy.detect)
            ),
        )
    };
    (decision.outcome, decision.why) = (outcome, why);
}

/// The ends of an interval of log ratios, positive being worse: the near one, the far one. Without
/// a direction either way may be the worse one.
fn towards_worse(low: f64, high: f64, direction: Direction) -> (f64, f64) {
    match direction {
        Direction::LowerIsBetter => (low, high),
        Direction::HigherIsBetter => (-high, -low),
        Direction::Unknown => (low.max(-high), high.max(-low)),
    }
}

/// A worsening that is real but not shown to be beyond the tolerance: harmless only if a change
/// of the size asked for would have been shown.
fn within_tolerance(decision: &Decision<'_>, policy: &Policy) -> (Outcome, String) {
    if decision.detectable <= policy.detect {
        (
            Outcome::Tolerated,
            format!(
                "it changed, but not by more than the tolerated {} %",
                percent(policy.tolerance)
            ),
        )
    } else {
        (
            Outcome::Inconclusive,
            cannot_see(decision.detectable, policy.detect),
        )
    }
}

fn cannot_see(detectable: f64, asked: f64) -> String {
    if detectable.is_finite() {
        format!(
            "only changes above {} % would have been seen, {} % is asked for",
            percent(detectable),
            percent(asked)
        )
    } else {
        "with this few samples no change could have been shown".to_owned()
    }
}

fn percent(share: f64) -> String {
    trim(share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;

    fn series(samples: &[f64]) -> Series {
        Series::new("b", "time", Unit::nanoseconds(), samples.to_vec())
    }

    fn one(old: &Series, new: &Series, policy: &Policy) -> (Outcome, Method) {
        let suite = decide(&[(old, new)], policy, policy.alpha);
        (suite.decisions[0].outcome, suite.decisions[0].method)
    }

    fn noisy(n: usize, centre: f64, shift: f64) -> Series {
        let samples: Vec<f64> = (0..n)
            .map(|i| centre * (1.0 + shift) * (1.0 + 0.001 * ((i * 7 % 11) as f64 - 5.0)))
            .collect();
        series(&samples)
    }

    #[test]
    fn unpaired_outcomes() {
        let policy = Policy::default();
        let base = noisy(20, 100.0, 0.0);
        assert_eq!(
            one(&base, &noisy(20, 100.0, 0.10), &policy),
            (Outcome::Regression, Method::RankSumExact)
        );
        assert_eq!(
            one(&base, &noisy(20, 100.0, -0.10), &policy).0,
            Outcome::Improvement
        );
        assert_eq!(
            one(&base, &noisy(20, 100.0, 0.000_001), &policy).0,
            Outcome::Unchanged
        );
        let tolerant = Policy {
            tolerance: 0.03,
            ..Policy::default()
        };
        assert_eq!(
            one(&base, &noisy(20, 100.0, 0.02), &tolerant).0,
            Outcome::Tolerated
        );
        let higher = |s: Series| s.directed(Direction::HigherIsBetter);
        assert_eq!(
            one(
                &higher(base.clone()),
                &higher(noisy(20, 100.0, -0.1)),
                &policy
            )
            .0,
            Outcome::Regression
        );
    }

    #[test]
    fn nothing_shown_is_never_unchanged() {
        let policy = Policy::default();
        for (old, new) in [
            (series(&[1.0]), series(&[1.0])),
            (series(&[1.0, 1.1]), series(&[1.0, 1.1])),
            // Four a side are the fewest that the rank-sum test can reject with.
            (noisy(3, 1.0, 0.0), noisy(3, 1.0, 0.0)),
            (
                series(&[0.0, 1.0, 2.0, 1.0, 1.0, 1.0]),
                series(&[0.5, 1.0, 2.0, 1.0, 1.0, 1.0]),
            ),
        ] {
            assert_eq!(one(&old, &new, &policy).0, Outcome::Inconclusive);
        }
        let bytes = Series::new("b", "time", Unit::bytes(), vec![1.0; 9]);
        assert_eq!(
            one(&noisy(9, 1.0, 0.0), &bytes, &policy),
            (Outcome::Inconclusive, Method::Untestable)
        );
    }

    #[test]
    fn counted_metrics_are_exact() {
        let policy = Policy::default();
        let count = |value: f64| {
            Series::new("b", "instructions", Unit::count(), vec![value]).deterministic()
        };
        assert_eq!(
            one(&count(1000.0), &count(1000.0), &policy),
            (Outcome::Unchanged, Method::Exact)
        );
        assert_eq!(
            one(&count(1000.0), &count(1004.0), &policy).0,
            Outcome::Tolerated
        );
        assert_eq!(
            one(&count(1000.0), &count(1006.0), &policy).0,
            Outcome::Regression
        );
        assert_eq!(
            one(&count(1000.0), &count(900.0), &policy).0,
            Outcome::Improvement
        );
        assert_eq!(one(&count(0.0), &count(0.0), &policy).0, Outcome::Unchanged);
        assert_eq!(
            one(&count(0.0), &count(1.0), &policy).0,
            Outcome::Regression
        );
        let unknown = |value| count(value).directed(Direction::Unknown);
        assert_eq!(
            one(&unknown(1.0), &unknown(2.0), &policy).0,
            Outcome::Inconclusive
        );
    }

    #[test]
    fn a_large_suite_switches_to_the_t_test_where_the_exact_test_could_reject_nothing() {
        let paired = |shift: f64| Series {
            pairs: (0..10).collect(),
            ..noisy(10, 100.0, shift)
        };
        let mut new = paired(0.05);
        for (index, sample) in new.samples.iter_mut().enumerate() {
            *sample *= 1.0 + 0.002 * (index as f64 - 4.5) / 4.5;
        }
        let old = paired(0.0);
        assert_eq!(
            one(&old, &new, &Policy::default()),
            (Outcome::Regression, Method::SignFlip)
        );
        let mut quiet = paired(0.0);
        for (index, sample) in quiet.samples.iter_mut().enumerate() {
            *sample *= if index % 2 == 0 { 1.003 } else { 0.997 };
        }
        let mut matched = vec![(&old, &new)];
        matched.extend(std::iter::repeat_n((&old, &quiet), 199));
        let suite = decide(&matched, &Policy::default(), 0.05);
        assert_eq!(suite.decisions[0].outcome, Outcome::Regression);
        assert_eq!(suite.decisions[0].method, Method::PairedTForSuite);
        assert!(
            suite.decisions[1..]
                .iter()
                .all(|d| d.outcome == Outcome::Unchanged)
        );
    }
}
