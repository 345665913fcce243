//! Annotations: what fails first, then what blocks, then what to know.

use std::collections::HashMap;

use gatehouse_core::diagnostic::Severity;
use gatehouse_core::evidence::Verdict;
use gatehouse_core::runner::{Annotation, Annotations};
use gatehouse_core::text::{ellipsis, visible};

use super::number;
use crate::decision::Change;
use crate::model::SeriesId;
use crate::verdict::{Finding, Judgement};

/// The annotations of a judgement; the runner protocol keeps them within the budget.
#[must_use]
pub fn annotations(judgement: &Judgement<'_>) -> Annotations {
    let mut annotations = Annotations::default();
    let changes: HashMap<SeriesId, Change> = judgement
        .suite
        .decisions
        .iter()
        .filter_map(|decision| Some((decision.id(), decision.change?)))
        .collect();
    for problem in &judgement.problems {
        let severity = if judgement.policy.lenient {
            Severity::Warning
        } else {
            problem.severity
        };
        annotations.push(Annotation::from(problem).severity(severity));
    }
    for finding in judgement
        .findings
        .iter()
        .filter(|finding| finding.code != "unreadable-input")
    {
        let severity = match finding.verdict {
            Verdict::Fail | Verdict::Error => Severity::Error,
            Verdict::Inconclusive => Severity::Warning,
            Verdict::Warn | Verdict::Pass => Severity::Notice,
        };
        annotations.push(
            Annotation::error(message(finding, &changes))
                .severity(severity)
                .title(format!("performance: {}", finding.code)),
        );
    }
    annotations
}

fn message(finding: &Finding, changes: &HashMap<SeriesId, Change>) -> String {
    let Some(id) = &finding.about else {
        return visible(&finding.message);
    };
    let change = changes.get(id).filter(|_| finding.code != "budget");
    let size = change.map_or(String::new(), |change| {
        format!(
            " {} ({})",
            number::percent(change.estimate),
            number::interval(change)
        )
    });
    format!(
        "{}{size}: {}",
        visible(&ellipsis(&id.to_string(), 200)),
        visible(&finding.message)
    )
}
