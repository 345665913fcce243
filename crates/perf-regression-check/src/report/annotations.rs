//! Annotations: what fails first, then what blocks, then what to know.

use gatehouse_core::diagnostic::Severity;
use gatehouse_core::evidence::Verdict;
use gatehouse_core::runner::{Annotation, Annotations};
use gatehouse_core::text::{ellipsis, visible};

use super::number;
use crate::verdict::{Finding, Judgement};

/// The annotations of a judgement; the runner protocol keeps them within the budget.
#[must_use]
pub fn annotations(judgement: &Judgement<'_>) -> Annotations {
    let mut annotations = Annotations::default();
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
            Annotation::error(message(finding, judgement))
                .severity(severity)
                .title(format!("performance: {}", finding.code)),
        );
    }
    annotations
}

fn message(finding: &Finding, judgement: &Judgement<'_>) -> String {
    let Some(id) = &finding.about else {
        return visible(&finding.message);
    };
    let decision = judgement
        .suite
        .decisions
        .iter()
        .find(|decision| decision.id() == *id);
    let change = decision
        .and_then(|decision| decision.change)
        .filter(|_| finding.code != "budget");
    let size = change.map_or(String::new(), |change| {
        format!(
            " {} ({})",
            number::percent(change.estimate),
            number::interval(&change)
        )
    });
    format!(
        "{}{size}: {}",
        visible(&ellipsis(&id.to_string(), 200)),
        visible(&finding.message)
    )
}
