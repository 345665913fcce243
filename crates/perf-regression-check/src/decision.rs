//! The decision on one metric of one benchmark, as a value: what was found, how, and how sure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Direction, Series, SeriesId};

/// How a p-value was found, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Exact sign-flip test on paired log ratios, clipped (see [`gatehouse_core::stats::sign_flip::clipped`]).
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
    /// A prediction interval from earlier runs.
    History,
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
            Self::History => "prediction interval from earlier runs",
            Self::Untestable => "no test",
        }
    }
}

/// What became of one benchmark. Ordered by how much it matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
