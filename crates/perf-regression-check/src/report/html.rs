//! The HTML report: a forest plot of changes, every decision in a table, distributions.

use gatehouse_core::evidence::Verdict;
use gatehouse_core::report::chart::{Effect, distributions, forest};
use gatehouse_core::report::html::{Tone, page};
use gatehouse_core::text::{ellipsis, visible};
use maud::{Markup, html};

use super::{headline, number, rules, tone};
use crate::decision::{Decision, Magnitude, Outcome};
use crate::verdict::Judgement;

/// Rows of the forest plot, and benchmarks with their distributions drawn.
const PLOTTED: usize = 60;
const DRAWN: usize = 100;
/// Rows of the table; 10,000 benchmarks of a few metrics fit.
const ROWS: usize = 50_000;

/// The whole page.
#[must_use]
pub fn report(judgement: &Judgement<'_>, title: &str) -> String {
    let decisions = &judgement.suite.decisions;
    let body = html! {
        h1 { (title) }
        p { span class={ "verdict " (verdict_tone(judgement.verdict).class()) } { (judgement.verdict) } " " (headline(judgement)) }
        (findings(judgement))
        @if !decisions.is_empty() {
            h2 { "Changes" }
            p.muted { "Each line is one metric: the square is the estimated change, the line its interval." @if judgement.policy.tolerance > 0.0 { " The band is the tolerance." } }
            @let shown = &decisions[..decisions.len().min(PLOTTED)];
            div.scroll { (forest("Relative change of each benchmark with its interval", &effects(shown), judgement.policy.tolerance * 100.0)) }
            @if decisions.len() > PLOTTED { p.muted { "The " (PLOTTED) " most important of " (decisions.len()) " are drawn; the table has all." } }
            (table(decisions))
            h2 { "Distributions" }
            p.muted { "Every sample is a tick; the bar spans the quartiles, the tall mark is the median." }
            @for decision in decisions.iter().filter(|decision| decision.baseline.samples.len() > 1).take(DRAWN) { (distribution(decision)) }
        }
        (left_overs(judgement))
        h2 { "How this was decided" }
        p { (rules(judgement)) }
    };
    page(title, &body)
}

fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Better,
        Verdict::Warn | Verdict::Inconclusive => Tone::Unsure,
        Verdict::Fail | Verdict::Error => Tone::Worse,
    }
}

fn findings(judgement: &Judgement<'_>) -> Markup {
    html! {
        @if !judgement.problems.is_empty() {
            h2 { "Problems in the inputs" }
            ul { @for problem in judgement.problems.iter().take(200) {
                li { @if let Some(place) = &problem.place { code { (place.to_string()) } ": " } (visible(&problem.message)) @if let Some(help) = &problem.help { " (" (visible(help)) ")" } }
            } }
        }
        @let notes: Vec<_> = judgement.findings.iter().filter(|f| f.about.is_none() || f.code == "excepted" || f.code == "budget").take(200).collect();
        @if !notes.is_empty() {
            h2 { "Reasons beside the changes" }
            ul { @for finding in notes {
                li { strong { (finding.verdict) } ": " @if let Some(id) = &finding.about { code { (visible(&ellipsis(&id.to_string(), 300))) } " " } (visible(&finding.message)) }
            } }
        }
    }
}

fn effects(decisions: &[Decision<'_>]) -> Vec<Effect> {
    let several = decisions
        .iter()
        .any(|decision| decision.candidate.metric != decisions[0].candidate.metric);
    decisions
        .iter()
        .filter_map(|decision| {
            let change = decision.change?;
            let label = if several {
                decision.id().to_string()
            } else {
                decision.candidate.benchmark.clone()
            };
            let percent = |share: f64| share * 100.0;
            let low = if change.low <= -1.0 {
                f64::NEG_INFINITY
            } else {
                percent(change.low)
            };
            Some(Effect {
                label,
                estimate: percent(change.estimate),
                low,
                high: percent(change.high),
                tone: tone(decision),
            })
        })
        .collect()
}

fn table(decisions: &[Decision<'_>]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "benchmark" } th { "metric" } th { "outcome" } th.n { "change" } th.n { "interval" } th.n { "baseline" } th.n { "candidate" } th.n { "samples" } th.n { "p" } th.n { "q" } th.n title="the smallest change that would have been shown with 80 % power" { "detects" } } }
            tbody { @for decision in decisions.iter().take(ROWS) { (row(decision)) } }
        } }
        @if decisions.len() > ROWS { p.muted { (decisions.len() - ROWS) " more are in the evidence file." } }
    }
}

fn row(decision: &Decision<'_>) -> Markup {
    let median = |series: &crate::model::Series| {
        gatehouse_core::stats::quantile::median(&series.samples).map_or(String::new(), |value| {
            number::with_unit(value, &series.unit)
        })
    };
    let dash = || "–".to_owned();
    html! {
        tr {
            td.id { (visible(&ellipsis(&decision.candidate.benchmark, 200))) }
            td { (visible(&ellipsis(&decision.candidate.metric, 60))) }
            td class=(tone(decision).class()) title=(decision.why) { (decision.outcome.words()) @if let Some(size) = magnitude(decision) { ", " (size) } }
            td.n { (decision.change.map_or_else(dash, |change| number::percent(change.estimate))) }
            td.n { (decision.change.map_or_else(dash, |change| number::interval(&change))) }
            td.n { (median(decision.baseline)) }
            td.n { (median(decision.candidate)) }
            td.n { (samples(decision)) }
            td.n { (decision.p.map_or_else(dash, number::p_value)) }
            td.n { (decision.q.map_or_else(dash, number::p_value)) }
            td.n { @if decision.detectable.is_finite() { (number::trim(decision.detectable * 100.0)) " %" } @else { "nothing" } }
        }
    }
}

/// The size in words, where there is a change to speak of.
fn magnitude(decision: &Decision<'_>) -> Option<&'static str> {
    let changed = !matches!(decision.outcome, Outcome::Unchanged | Outcome::Inconclusive);
    decision
        .magnitude()
        .filter(|_| changed)
        .map(Magnitude::words)
}

fn samples(decision: &Decision<'_>) -> String {
    match decision.pairs {
        Some(pairs) => format!("{pairs} pairs"),
        None => format!(
            "{} + {}",
            decision.baseline.samples.len(),
            decision.candidate.samples.len()
        ),
    }
}

fn distribution(decision: &Decision<'_>) -> Markup {
    let unit = decision.candidate.unit.clone();
    let title = format!(
        "Samples of {}",
        visible(&ellipsis(&decision.id().to_string(), 200))
    );
    let sides = [
        ("baseline", decision.baseline.samples.as_slice(), Tone::Same),
        (
            "candidate",
            decision.candidate.samples.as_slice(),
            tone(decision),
        ),
    ];
    html! {
        h3 { (visible(&ellipsis(&decision.id().to_string(), 200))) }
        p.muted { (decision.outcome.words()) ": " (decision.why) }
        (distributions(&title, sides, |value| number::with_unit(value, &unit)))
    }
}

fn left_overs(judgement: &Judgement<'_>) -> Markup {
    html! {
        @if !judgement.missing.is_empty() || !judgement.new.is_empty() {
            h2 { "On one side only" }
            ul {
                @for series in judgement.missing.iter().take(1000) { li { "missing: " code { (visible(&ellipsis(&series.id().to_string(), 200))) } } }
                @for series in judgement.new.iter().take(1000) { li { "new: " code { (visible(&ellipsis(&series.id().to_string(), 200))) } } }
                @for (old, new) in &judgement.renames { li { "renamed? " code { (visible(&ellipsis(&old.benchmark, 200))) } " to " code { (visible(&ellipsis(&new.benchmark, 200))) } } }
            }
        }
    }
}
