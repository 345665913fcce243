//! What `detect` found, for a log and for the job's page. The worst first, the certain before the
//! suspected.

use gatehouse_core::evidence::Verdict;
use gatehouse_core::runner::{Summary, Table};
use gatehouse_core::text::{ellipsis, visible};

use super::number;
use super::summary::icon;
use crate::decision::Change;
use crate::history::detect::Certainty;
use crate::history::findings::{Drifted, Findings, Turn};

/// One finding in words.
struct Line {
    what: &'static str,
    turn: Turn,
    size: String,
    series: String,
    place: String,
}

/// The counts in one line.
#[must_use]
pub fn headline(findings: &Findings) -> String {
    format!(
        "{} series: {} changes of level, {} suspected, {} drifts",
        findings.series,
        findings.change_points.len(),
        findings.suspected.len(),
        findings.drifts.len()
    )
}

/// What the findings amount to: something certain that got worse fails where that was asked for,
/// and is a warning anywhere else.
#[must_use]
pub fn verdict(findings: &Findings, fails: bool) -> Verdict {
    let suspected = findings
        .suspected
        .iter()
        .any(|shift| shift.turn == Turn::Worse);
    match (findings.is_worse(), fails) {
        (true, true) => Verdict::Fail,
        (true, false) => Verdict::Warn,
        (false, _) if suspected => Verdict::Warn,
        (false, _) => Verdict::Pass,
    }
}

/// The findings as lines of a log.
#[must_use]
pub fn listing(findings: &Findings) -> String {
    let mut text = headline(findings) + "\n";
    for line in lines(findings) {
        text.push_str(&format!(
            "  {:<10} {:<9} {} {}: {}\n",
            line.what,
            line.turn.word(),
            line.size,
            visible(&ellipsis(&line.series, 120)),
            line.place
        ));
    }
    text
}

/// The findings for the job's page.
#[must_use]
pub fn summary(findings: &Findings, verdict: Verdict) -> Summary {
    let mut summary = Summary::new();
    summary.block(&format!(
        "## {} Changes in the history: {verdict}",
        icon(verdict)
    ));
    summary.block(&headline(findings));
    let mut table = Table::new(&["what", "turn", "change", "benchmark", "where"]);
    for line in lines(findings) {
        table.row([
            line.what,
            line.turn.word(),
            &line.size,
            &line.series,
            &line.place,
        ]);
    }
    summary.table(&table);
    summary
}

fn lines(findings: &Findings) -> Vec<Line> {
    let mut shifts: Vec<_> = findings
        .change_points
        .iter()
        .chain(&findings.suspected)
        .collect();
    shifts.sort_by_key(|shift| (shift.turn, std::cmp::Reverse(shift.certainty)));
    let shifts = shifts.into_iter().map(|shift| {
        let after = shift
            .after
            .as_ref()
            .map_or("the beginning", |commit| short(&commit.id));
        Line {
            what: match shift.certainty {
                Certainty::Confirmed => "change",
                Certainty::Suspected => "suspected",
            },
            turn: shift.turn,
            size: shift
                .change
                .map_or_else(String::new, |change| size(&change)),
            series: shift.series.to_string(),
            place: format!(
                "in {after}..{}, p = {}",
                short(&shift.commit.id),
                number::p_value(shift.p)
            ),
        }
    });
    let drifts = findings.drifts.iter().map(|drift| Line {
        what: "drift",
        turn: drift.turn,
        size: size(&drift.change),
        series: drift.series.to_string(),
        place: since(drift),
    });
    shifts.chain(drifts).collect()
}

fn since(drift: &Drifted) -> String {
    format!("since {} ({})", short(&drift.since.id), drift.anchor)
}

/// A drift in words.
#[must_use]
pub fn drift_words(drift: &Drifted) -> String {
    format!(
        "{}: {} {}",
        drift.turn.word(),
        size(&drift.change),
        since(drift)
    )
}

fn size(change: &Change) -> String {
    format!(
        "{} ({})",
        number::percent(change.estimate),
        number::interval(change)
    )
}

/// The first twelve digits of a hash.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
