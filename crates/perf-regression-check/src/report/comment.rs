//! The comment on a pull request: one that is kept up to date, failures first, within GitHub's limit.

use gatehouse_core::evidence::Verdict;
use gatehouse_core::files::sha256_hex;
use gatehouse_core::report::markdown::{escape_html, plain};
use gatehouse_core::runner::{Summary, Table};

use super::document::{Document, Row};
use super::number;
use super::summary::icon;
use crate::decision::Outcome;

/// What GitHub takes of a comment, in characters; bytes are counted here, which are never fewer.
pub const LIMIT: usize = 65_536;
/// What it takes of a check run's summary.
pub const CHECK_LIMIT: usize = 65_535;

/// How the comment is found again: hidden, and different for different titles, so that two gates of
/// one pull request have a comment each.
#[must_use]
pub fn marker(title: &str) -> String {
    format!(
        "<!-- gatehouse perf {} -->",
        &sha256_hex(title.as_bytes())[..16]
    )
}

/// The comment's Markdown. `note` is a trusted sentence for its end.
#[must_use]
pub fn comment(document: &Document, verdict: Verdict, note: &str, limit: usize) -> String {
    let mut text = Summary::within(limit);
    text.block(&marker(&document.title));
    text.block(&format!(
        "## {} {}: {verdict}",
        icon(verdict),
        plain(&document.title)
    ));
    text.block(&format!("**{}**", plain(&document.headline)));
    let mut end = format!("<sub>{}", escape_html(&document.rules));
    if let Some(commit) = &document.commit {
        end.push_str(&format!(" Commit {}.", commit.as_str()));
    }
    end.push_str(&format!(" {note}</sub>"));
    // The end is short and must be there: it goes before the tables may fill the comment.
    text.block(&end);
    failures(&mut text, document);
    general(&mut text, document);
    for (outcome, title) in [
        (Outcome::Inconclusive, "inconclusive"),
        (Outcome::Improvement, "improved"),
        (Outcome::Tolerated, "within tolerance"),
    ] {
        section(&mut text, document, outcome, title);
    }
    text.markdown().to_owned()
}

/// Everything that fails, whatever kind it is of.
fn failures(text: &mut Summary, document: &Document) {
    let regressions: Vec<&Row> = document
        .rows
        .iter()
        .filter(|row| row.outcome == Outcome::Regression)
        .collect();
    if !regressions.is_empty() {
        text.block(&format!("### Regressions ({})", regressions.len()));
        text.table(&table(&regressions));
    }
    let others: Vec<_> = document
        .findings
        .iter()
        .filter(|finding| finding.verdict >= Verdict::Fail && finding.code != "regression")
        .collect();
    if !others.is_empty() {
        text.block(&format!("### Other failures ({})", others.len()));
        let mut table = Table::new(&["benchmark", "what"]);
        for finding in others {
            table.row([finding.about.as_deref().unwrap_or("–"), &finding.message]);
        }
        text.table(&table);
    }
}

/// Findings about the whole that do not fail by themselves.
fn general(text: &mut Summary, document: &Document) {
    const LINES: usize = 20;
    let lines: String = document
        .findings
        .iter()
        .filter(|finding| finding.about.is_none() && finding.verdict < Verdict::Fail)
        .take(LINES)
        .map(|finding| format!("- {}: {}\n", finding.verdict, plain(&finding.message)))
        .collect();
    if !lines.is_empty() {
        text.block(&lines);
    }
}

fn section(text: &mut Summary, document: &Document, outcome: Outcome, title: &str) {
    let rows: Vec<&Row> = document
        .rows
        .iter()
        .filter(|row| row.outcome == outcome)
        .collect();
    if !rows.is_empty() {
        let mut table = table(&rows);
        table.folded = Some(format!("{} {title}", rows.len()));
        text.table(&table);
    }
}

fn table(rows: &[&Row]) -> Table {
    let mut table = Table::new(&["benchmark", "metric", "#change", "#before", "#now", "why"]);
    for row in rows {
        let value = |value: Option<f64>| {
            value.map_or_else(
                || "–".to_owned(),
                |value| number::with_unit(value, &row.unit),
            )
        };
        table.row([
            row.benchmark.clone(),
            row.metric.clone(),
            row.change.map_or_else(|| "–".to_owned(), number::percent),
            value(row.baseline),
            value(row.candidate),
            row.why.clone(),
        ]);
    }
    table
}
