//! How each benchmark is decided: pure functions from samples and policy to a [`Decision`].
//!
//! In words. Every metric with noise gets a two-sided test of "nothing changed". The p-values of
//! the suite are corrected together (Benjamini-Hochberg), and nothing is called changed unless
//! the suite as a whole rejects (Hommel). A regression must then also be larger than the
//! tolerance, by the near end of the interval of its size. What is not rejected is `unchanged`
//! only if the data could have shown the change that the policy asks for and the interval does
//! not reach that far; else it is `inconclusive`. Counted metrics are compared exactly.

use gatehouse_core::stats::power::{Sensitivity, minimal_detectable_effect};
use gatehouse_core::stats::quantile::median;
use gatehouse_core::stats::{
    Interval, hodges_lehmann, multiplicity, paired_t, rank_sum, sign_flip,
};
use rayon::prelude::*;
use serde::Serialize;

use crate::compare::paired_samples;
use crate::config::Policy;
use crate::model::{Direction, Nature, Series, SeriesId};

/// How a p-value was found, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Exact sign-flip test on paired log ratios, clipped (see [`sign_flip::clipped`]).
    SignFlip,
    /// Paired t test on log ratios: more pairs than the exact test enumerates.
    PairedT,
    /// Paired t test, because in a suite this large the exact test's p-values are too coarse.
    PairedTForSuite,
    /// Mann-Whitney, exact.
    RankSumExact,
    /// Mann-Whitney, normal approximation.
    RankSumApproximate,
    /// No noise: values are compared as they are.
    Exact,
    /// No test is possible.
    Untestable,
}

impl Method {
    /// The method's name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SignFlip => "exact sign-flip test on paired log ratios",
            Self::PairedT => {
                "paired t test on log ratios (more pairs than the exact test enumerates)"
            }
            Self::PairedTForSuite => {
                "paired t test on log ratios (with this few pairs the p-values of the exact sign-flip test are too coarse for a suite this large)"
            }
            Self::RankSumExact => "exact Mann-Whitney test",
            Self::RankSumApproximate => "Mann-Whitney test, normal approximation",
            Self::Exact => "exact comparison of a metric without noise",
            Self::Untestable => "no test",
        }
    }
}

/// What became of one benchmark. Ordered by how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Shown to be worse by more than the tolerance.
    Regression,
    /// The data could not have shown the change asked for.
    Inconclusive,
    /// Shown to be better.
    Improvement,
    /// Shown to differ, within the tolerance.
    Tolerated,
    /// No change, and the data could have shown one.
    Unchanged,
}

impl Outcome {
    /// The outcome in a word or two.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Inconclusive => "inconclusive",
            Self::Improvement => "improvement",
            Self::Tolerated => "within tolerance",
            Self::Unchanged => "unchanged",
        }
    }
}

/// The size of a change in everyday words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Magnitude {
    /// Below 1 %.
    Negligible,
    /// Below 5 %.
    Small,
    /// Below 10 %.
    Medium,
    /// Below 25 %.
    Large,
    /// 25 % or more.
    VeryLarge,
}

impl Magnitude {
    fn of(change: f64) -> Self {
        match change.abs() {
            c if c < 0.01 => Self::Negligible,
            c if c < 0.05 => Self::Small,
            c if c < 0.10 => Self::Medium,
            c if c < 0.25 => Self::Large,
            _ => Self::VeryLarge,
        }
    }

    /// The class in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Negligible => "negligible",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::VeryLarge => "very large",
        }
    }
}

/// A relative change of the candidate against the baseline: 0.05 is 5 % more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// The Hodges-Lehmann estimate, or the exact change.
    pub estimate: f64,
    /// The lower end of its interval; `-1` when unbounded.
    pub low: f64,
    /// The upper end; infinite when unbounded.
    pub high: f64,
    /// The interval's confidence.
    pub confidence: f64,
}

/// How one metric of one benchmark was decided.
#[derive(Debug, Clone)]
pub struct Decision<'s> {
    /// The baseline's series.
    pub baseline: &'s Series,
    /// The candidate's series.
    pub candidate: &'s Series,
    /// Which way is better, policy included.
    pub direction: Direction,
    /// Rounds that both sides have, when the data is paired.
    pub pairs: Option<usize>,
    /// The test.
    pub method: Method,
    /// The size of the change, where it can be stated.
    pub change: Option<Change>,
    /// The test's p-value.
    pub p: Option<f64>,
    /// The p-value corrected for the suite.
    pub q: Option<f64>,
    /// The smallest change that this data would have shown with 80 % probability; infinite when none.
    pub detectable: f64,
    /// The outcome.
    pub outcome: Outcome,
    /// Why, in a sentence fragment.
    pub why: String,
}

impl Decision<'_> {
    /// What it is about.
    #[must_use]
    pub fn id(&self) -> SeriesId {
        self.candidate.id()
    }

    /// The size of the change in words.
    #[must_use]
    pub fn magnitude(&self) -> Option<Magnitude> {
        self.change.map(|change| Magnitude::of(change.estimate))
    }

    /// Whether more data could still turn it into a finding: it is inconclusive, or its interval
    /// speaks of a change that the corrected test does not confirm yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let hints = self
            .change
            .is_some_and(|change| change.low > 0.0 || change.high < 0.0);
        self.outcome == Outcome::Inconclusive || (self.outcome == Outcome::Unchanged && hints)
    }

    /// How much worse, on a scale where 0 is no change and a doubling equals a halving.
    #[must_use]
    pub fn worsening(&self) -> f64 {
        let ratio = self
            .change
            .map_or(0.0, |change| (1.0 + change.estimate).ln());
        oriented(ratio, self.direction)
    }
}

fn oriented(log_ratio: f64, direction: Direction) -> f64 {
    match direction {
        Direction::LowerIsBetter => log_ratio,
        Direction::HigherIsBetter => -log_ratio,
        Direction::Unknown => log_ratio.abs(),
    }
}

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

/// A series pair made ready for testing.
struct Prepared<'s> {
    baseline: &'s Series,
    candidate: &'s Series,
    direction: Direction,
    data: Data,
}

enum Data {
    /// Log ratios by round.
    Paired(Vec<f64>),
    /// Logs of both sides.
    Unpaired(Vec<f64>, Vec<f64>),
    /// Medians of both sides: no noise.
    Exact(f64, f64),
    /// Nothing can be tested.
    Untestable(String),
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

fn prepare<'s>(baseline: &'s Series, candidate: &'s Series, policy: &Policy) -> Prepared<'s> {
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

/// In a suite, the exact test is used while its smallest p-value is this many times below the
/// level: with less, it rejects only when every single pair agrees.
const COARSE: f64 = 8.0;

/// The level of the family, and the one at which a change in one metric alone is found.
#[derive(Clone, Copy)]
struct Level {
    alpha: f64,
    lone: f64,
}

fn test<'s>(one: Prepared<'s>, policy: &Policy, level: Level) -> Decision<'s> {
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
        Data::Exact(old, new) => decide_exactly(&mut decision, old, new, policy),
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
fn log_tolerance(tolerance: f64, direction: Direction) -> f64 {
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

fn decide_exactly(decision: &mut Decision<'_>, old: f64, new: f64, policy: &Policy) {
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
            (Direction::Unknown, _) => (Outcome::Inconclusive, unknown_direction()),
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

fn unknown_direction() -> String {
    "it changed, and nothing says which way is better: set its direction in the policy".to_owned()
}

/// The outcome of a tested metric, once the whole suite is corrected.
fn conclude(decision: &mut Decision<'_>, policy: &Policy, alpha: f64, global_p: f64) {
    let (Some(change), Some(q)) = (decision.change, decision.q) else {
        return;
    };
    let rejected = q <= alpha && global_p <= alpha;
    let (low, high) = (change.low.ln_1p(), change.high.ln_1p());
    let (outcome, why) = if rejected && (low > 0.0 || high < 0.0) {
        let tolerance = log_tolerance(policy.tolerance, decision.direction);
        let nearest_worse = match decision.direction {
            Direction::LowerIsBetter => low,
            Direction::HigherIsBetter => -high,
            Direction::Unknown => low.max(-high),
        };
        let better = match decision.direction {
            Direction::LowerIsBetter => high < 0.0,
            Direction::HigherIsBetter => low > 0.0,
            Direction::Unknown => false,
        };
        match decision.direction {
            Direction::Unknown if nearest_worse > tolerance => {
                (Outcome::Inconclusive, unknown_direction())
            }
            _ if nearest_worse > tolerance => (
                Outcome::Regression,
                "the corrected test rejects and the whole interval is beyond the tolerance"
                    .to_owned(),
            ),
            _ if better => (
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
    } else if furthest_worse(low, high, decision.direction)
        > log_tolerance(policy.detect, decision.direction)
    {
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

/// The worse end of an interval of log ratios.
fn furthest_worse(low: f64, high: f64, direction: Direction) -> f64 {
    match direction {
        Direction::LowerIsBetter => high,
        Direction::HigherIsBetter => -low,
        Direction::Unknown => high.max(-low),
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
    let text = format!("{:.2}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
