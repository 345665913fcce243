//! Error budgets: a limit that a few of the last runs may miss.
//!
//! A run that misses its limit is forgiven while the budget lasts. When it is used up, a run that
//! misses the limit again fails; one that keeps it passes with a warning, since it may be the very
//! change that makes up for it.

use gatehouse_core::evidence::Verdict;

use super::record::Track;
use crate::config::{Allow, Budget, ErrorBudget, Policy};
use crate::model::{ResultSet, Series};
use crate::verdict::Finding;

/// What the error budgets say of a run. `earlier` are the history's tracks, `runs` the runs among them
/// that count, oldest first.
#[must_use]
pub fn findings(
    policy: &Policy,
    candidate: &ResultSet,
    earlier: &[Track],
    counts: impl Fn(usize) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for budget in &policy.error_budgets {
        let on = &budget.objective.on;
        let watched: Vec<&Series> = candidate
            .series
            .iter()
            .filter(|series| on.matches(&series.benchmark, &series.metric))
            .collect();
        if watched.is_empty() {
            let message = format!("the error budget for {on} matches no benchmark");
            findings.push(Finding::general(
                Verdict::Inconclusive,
                "unused-budget",
                message,
            ));
        }
        for series in watched {
            let track = earlier.iter().find(|track| track.id == series.id());
            let values = track.map_or(&[][..], |track| track.points.as_slice());
            let values: Vec<f64> = values
                .iter()
                .filter(|point| counts(point.run))
                .map(|point| point.value)
                .collect();
            let excepted = policy
                .exception(Allow::Budget, &series.benchmark, &series.metric)
                .is_some();
            findings.extend(finding(budget, series, &values).filter(|_| !excepted));
        }
    }
    findings
}

fn finding(budget: &ErrorBudget, series: &Series, earlier: &[f64]) -> Option<Finding> {
    let value = gatehouse_core::stats::quantile::median(&series.samples)?;
    let id = series.id();
    if let Some(unit) = other_unit(&budget.objective, &series.unit) {
        let message = format!(
            "its error budget is in {unit}, it is measured in {}",
            series.unit
        );
        return Some(Finding::about(id, Verdict::Fail, "error-budget", message));
    }
    let earlier = &earlier[earlier.len().saturating_sub(budget.window - 1)..];
    let missed = earlier
        .iter()
        .chain([&value])
        .filter(|value| misses(&budget.objective, **value))
        .count();
    let allowed = budget.allowed * budget.window as f64;
    if (missed as f64) <= allowed {
        return None;
    }
    let message = format!(
        "{missed} of the last {} runs missed its limit, {} of {} may",
        earlier.len() + 1,
        allowed.floor(),
        budget.window
    );
    Some(if misses(&budget.objective, value) {
        Finding::about(id, Verdict::Fail, "error-budget", message)
    } else {
        let message = format!("{message}; this one keeps it");
        Finding::about(id, Verdict::Warn, "error-budget", message)
    })
}

fn misses(objective: &Budget, value: f64) -> bool {
    objective
        .max
        .as_ref()
        .is_some_and(|limit| value > limit.value)
        || objective
            .min
            .as_ref()
            .is_some_and(|limit| value < limit.value)
}

/// The unit of a limit that is not the metric's.
fn other_unit<'b>(objective: &'b Budget, unit: &str) -> Option<&'b str> {
    let limits = [&objective.max, &objective.min];
    let mut units = limits
        .into_iter()
        .flatten()
        .map(|limit| limit.unit.as_str());
    units.find(|other| *other != unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;

    /// Verdicts of a run of `value` after `earlier`, with 10 % of 20 runs allowed above 100 ns.
    fn verdicts(earlier: &[f64], value: f64, limit: &str) -> Vec<Verdict> {
        let text = format!(
            "[[error-budget]]\nbenchmark = \"b\"\nmax = \"{limit}\"\nallowed-percent = 10\nwindow-runs = 20"
        );
        let policy = Policy::parse("perf.toml", &text, jiff::civil::date(2026, 1, 1)).unwrap();
        let candidate = ResultSet {
            series: vec![Series::new("b", "time", Unit::nanoseconds(), vec![value])],
            ..ResultSet::default()
        };
        let points = earlier
            .iter()
            .enumerate()
            .map(|(run, value)| super::super::record::Point {
                run,
                value: *value,
                quartiles: None,
            });
        let track = Track {
            id: candidate.series[0].id(),
            unit: "ns".to_owned(),
            direction: crate::model::Direction::LowerIsBetter,
            nature: crate::model::Nature::Measured,
            points: points.collect(),
        };
        findings(&policy, &candidate, &[track], |_| true)
            .iter()
            .map(|finding| finding.verdict)
            .collect()
    }

    #[test]
    fn misses_are_forgiven_while_the_budget_lasts() {
        let history = |bad: usize| -> Vec<f64> {
            (0..19)
                .map(|run| if run < bad { 150.0 } else { 90.0 })
                .collect()
        };
        assert_eq!(verdicts(&history(0), 90.0, "100 ns"), []);
        assert_eq!(verdicts(&history(1), 150.0, "100 ns"), []);
        assert_eq!(verdicts(&history(2), 150.0, "100 ns"), [Verdict::Fail]);
        assert_eq!(verdicts(&history(3), 90.0, "100 ns"), [Verdict::Warn]);
        // Of a longer history only the window counts.
        let long: Vec<f64> = [vec![150.0; 30], vec![90.0; 19]].concat();
        assert_eq!(verdicts(&long, 150.0, "100 ns"), []);
    }

    #[test]
    fn a_limit_in_another_unit_and_one_for_nothing_do_not_pass() {
        assert_eq!(verdicts(&[], 90.0, "5 KiB"), [Verdict::Fail]);
        let policy = Policy::parse(
            "perf.toml",
            "[[error-budget]]\nbenchmark = \"other\"\nmax = \"1 ms\"",
            jiff::civil::date(2026, 1, 1),
        );
        let found = findings(&policy.unwrap(), &ResultSet::default(), &[], |_| true);
        assert_eq!(found[0].verdict, Verdict::Inconclusive);
    }
}
