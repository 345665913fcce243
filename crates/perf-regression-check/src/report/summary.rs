//! The Markdown summary: worst first, long tables folded, within the runner's limit at any size.

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::evidence::Verdict;
use gatehouse_core::report::markdown::plain;
use gatehouse_core::runner::{Summary, Table};

use super::{headline, number, rules};
use crate::decision::{Decision, Outcome};
use crate::verdict::Judgement;

/// How many rows a table shows before it is folded.
const OPEN_ROWS: usize = 25;

/// The summary of a judgement.
#[must_use]
pub fn summary(judgement: &Judgement<'_>, title: &str) -> Summary {
    let mut summary = Summary::new();
    summary.block(&format!(
        "## {} {}: {}",
        icon(judgement.verdict),
        title,
        judgement.verdict
    ));
    summary.block(&format!("**{}**", headline(judgement)));
    reasons(&mut summary, judgement);
    problems(&mut summary, &judgement.problems);
    section(&mut summary, judgement, Outcome::Regression, "Regressions");
    breaches(&mut summary, judgement);
    left_overs(&mut summary, judgement);
    section(
        &mut summary,
        judgement,
        Outcome::Inconclusive,
        "Inconclusive",
    );
    section(
        &mut summary,
        judgement,
        Outcome::Improvement,
        "Improvements",
    );
    section(
        &mut summary,
        judgement,
        Outcome::Tolerated,
        "Within tolerance",
    );
    section(&mut summary, judgement, Outcome::Unchanged, "Unchanged");
    summary.block(&format!(
        "<sub>{}</sub>",
        gatehouse_core::report::markdown::escape_html(&rules(judgement))
    ));
    summary
}

pub(super) fn icon(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Warn => "⚠️",
        Verdict::Inconclusive => "❔",
        Verdict::Fail | Verdict::Error => "❌",
    }
}

/// Findings that no table below shows, and a word on what to do about `inconclusive`.
fn reasons(summary: &mut Summary, judgement: &Judgement<'_>) {
    let mut lines = String::new();
    for finding in judgement
        .findings
        .iter()
        .filter(|finding| finding.about.is_none() && finding.code != "unreadable-input")
        .take(20)
    {
        lines.push_str(&format!(
            "- {}: {}\n",
            finding.verdict,
            plain(&finding.message)
        ));
    }
    if judgement.verdict == Verdict::Inconclusive && judgement.count(Outcome::Inconclusive) > 0 {
        lines.push_str("- What is inconclusive needs more samples, a quieter machine, or a larger `detect-percent`; paired rounds (`run`) need the fewest.\n");
    }
    let excepted: Vec<&crate::verdict::Finding> = judgement
        .findings
        .iter()
        .filter(|finding| finding.code == "excepted")
        .collect();
    for finding in excepted.iter().take(20) {
        let about = finding
            .about
            .as_ref()
            .map_or(String::new(), |id| plain(&id.to_string()));
        lines.push_str(&format!("- {about}: {}\n", plain(&finding.message)));
    }
    if !lines.is_empty() {
        summary.block(&lines);
    }
}

fn problems(summary: &mut Summary, problems: &[Diagnostic]) {
    if problems.is_empty() {
        return;
    }
    summary.block("### Problems in the inputs");
    let mut table = Table::new(&["where", "what", "help"]);
    for problem in problems {
        let place = problem
            .place
            .as_ref()
            .map_or(String::new(), ToString::to_string);
        table.row([
            place,
            problem.message.clone(),
            problem.help.clone().unwrap_or_default(),
        ]);
    }
    fold(&mut table);
    summary.table(&table);
}

fn section(summary: &mut Summary, judgement: &Judgement<'_>, outcome: Outcome, title: &str) {
    let decisions: Vec<&Decision<'_>> = judgement
        .suite
        .decisions
        .iter()
        .filter(|decision| decision.outcome == outcome)
        .collect();
    if decisions.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        "benchmark",
        "metric",
        "#change",
        "interval",
        "#baseline",
        "#candidate",
        "#q",
        "#would have seen",
        "why",
    ]);
    for decision in &decisions {
        table.row(row(decision));
    }
    let quiet = matches!(outcome, Outcome::Unchanged | Outcome::Tolerated);
    if quiet {
        table.folded = Some(format!("{title} ({})", decisions.len()));
    } else {
        summary.block(&format!("### {title} ({})", decisions.len()));
        fold(&mut table);
    }
    summary.table(&table);
}

fn fold(table: &mut Table) {
    if table.len() > OPEN_ROWS {
        table.folded = Some(format!("{} rows", table.len()));
    }
}

fn row(decision: &Decision<'_>) -> [String; 9] {
    let median = |series: &crate::model::Series| {
        gatehouse_core::stats::quantile::median(&series.samples).map_or(String::new(), |value| {
            number::with_unit(value, &series.unit)
        })
    };
    let change = decision.change;
    [
        decision.candidate.benchmark.clone(),
        decision.candidate.metric.clone(),
        change.map_or_else(|| "–".to_owned(), |change| number::percent(change.estimate)),
        change.map_or_else(|| "–".to_owned(), |change| number::interval(&change)),
        median(decision.baseline),
        median(decision.candidate),
        decision.q.map_or_else(|| "–".to_owned(), number::p_value),
        if decision.detectable.is_finite() {
            format!("{} %", number::trim(decision.detectable * 100.0))
        } else {
            "nothing".to_owned()
        },
        decision.why.clone(),
    ]
}

fn breaches(summary: &mut Summary, judgement: &Judgement<'_>) {
    if judgement.breaches.is_empty() {
        return;
    }
    summary.block(&format!("### Over budget ({})", judgement.breaches.len()));
    let mut table = Table::new(&["benchmark", "metric", "what"]);
    for breach in &judgement.breaches {
        table.row([&breach.id.benchmark, &breach.id.metric, &breach.message]);
    }
    fold(&mut table);
    summary.table(&table);
}

fn left_overs(summary: &mut Summary, judgement: &Judgement<'_>) {
    if judgement.missing.is_empty() && judgement.new.is_empty() {
        return;
    }
    summary.block(&format!(
        "### On one side only ({} missing, {} new)",
        judgement.missing.len(),
        judgement.new.len()
    ));
    let mut table = Table::new(&["benchmark", "metric", "side", "note"]);
    for series in &judgement.missing {
        let renamed = judgement
            .renames
            .iter()
            .find(|(old, _)| *old == series.id());
        let note = renamed.map_or(String::new(), |(_, new)| {
            format!("renamed to {}?", new.benchmark)
        });
        table.row([
            &series.benchmark,
            &series.metric,
            "baseline only: missing",
            &note,
        ]);
    }
    for series in &judgement.new {
        table.row([
            &series.benchmark,
            &series.metric,
            "candidate only: new",
            "nothing to compare with yet",
        ]);
    }
    fold(&mut table);
    summary.table(&table);
}
