//! From a judgement to what people and programs read.

pub mod annotations;
pub mod changes;
pub mod comment;
pub mod document;
pub mod evidence;
pub mod explain;
pub mod html;
pub mod number;
pub mod summary;

use gatehouse_core::report::html::Tone;

use crate::decision::{Decision, Method, Outcome};
use crate::verdict::Judgement;

/// The colour of an outcome.
fn tone(decision: &Decision<'_>) -> Tone {
    match decision.outcome {
        Outcome::Regression => Tone::Worse,
        Outcome::Improvement => Tone::Better,
        Outcome::Inconclusive => Tone::Unsure,
        Outcome::Tolerated | Outcome::Unchanged => Tone::Same,
    }
}

/// The counts in one line: `1 regression, 2 improvements, 97 unchanged`.
#[must_use]
pub fn headline(judgement: &Judgement<'_>) -> String {
    let count = |outcome, one: &str, many: &str| match judgement.count(outcome) {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts: Vec<String> = [
        count(Outcome::Regression, "regression", "regressions"),
        count(Outcome::Inconclusive, "inconclusive", "inconclusive"),
        count(Outcome::Improvement, "improvement", "improvements"),
        count(Outcome::Tolerated, "within tolerance", "within tolerance"),
        count(Outcome::Unchanged, "unchanged", "unchanged"),
        (!judgement.breaches.is_empty())
            .then(|| format!("{} over budget", judgement.breaches.len())),
        (!judgement.missing.is_empty()).then(|| format!("{} missing", judgement.missing.len())),
        (!judgement.new.is_empty()).then(|| format!("{} new", judgement.new.len())),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "nothing to compare".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The rules in a sentence or two, for the end of every report.
#[must_use]
pub fn rules(judgement: &Judgement<'_>) -> String {
    let policy = &judgement.policy;
    let percent = |share: f64| number::trim(share * 100.0);
    let by_history = judgement
        .suite
        .decisions
        .iter()
        .filter(|decision| decision.method == Method::History)
        .count();
    let mut sentences = Vec::new();
    if judgement.suite.family > 0 || by_history == 0 {
        sentences.push(format!(
            "{} metrics were tested together: false discovery rate {} % (Benjamini-Hochberg), and none counts unless the suite as a whole rejects \"nothing changed\" (Hommel, p = {}). A regression must be shown to exceed {} %; the data must be able to show {} %; counted metrics may differ by {} %.",
            judgement.suite.family,
            percent(judgement.suite.alpha),
            number::p_value(judgement.suite.global_p),
            percent(policy.tolerance),
            percent(policy.detect),
            percent(policy.deterministic_tolerance),
        ));
    }
    if by_history > 0 {
        sentences.push(format!(
            "{by_history} metrics were judged by a robust prediction interval from the variation between earlier runs at the current level: a regression is beyond it, five times as far from the usual value as these runs strayed (one of them set aside), and at least {} % away.",
            percent(policy.detect.max(policy.tolerance)),
        ));
    }
    sentences.join(" ")
}
