//! The judgement as evidence for other gates.

use std::collections::BTreeMap;

use gatehouse_core::evidence::{
    Evidence, GateVerdict, Input, Invocation, Measurement, Policy as PolicyRef, Reason, Subject,
    Tool,
};
use gatehouse_core::runner::Runner;
use gatehouse_core::text::{ellipsis, visible};
use jiff::Timestamp;

use crate::decision::Outcome;
use crate::verdict::Judgement;

/// The gate's name in evidence.
pub const GATE: &str = "perf-regression-check";
/// The most reasons and measured benchmarks listed; the rest is counted.
const LISTED: usize = 1000;

/// Wraps a judgement into a statement about the commit, or about the inputs where none is known.
#[must_use]
pub fn evidence(
    judgement: &Judgement<'_>,
    inputs: Vec<Input>,
    runner: &Runner<'_>,
    started: Timestamp,
) -> Evidence {
    let invocation = Invocation::of(runner);
    let subject = match runner.commit() {
        Some(sha) => vec![Subject::commit(
            invocation.repository.as_deref().unwrap_or("repository"),
            &sha,
        )],
        None => inputs
            .iter()
            .map(|input| Subject::file(&input.name, &input.sha256))
            .collect(),
    };
    let verdict = GateVerdict {
        gate: GATE.to_owned(),
        verdict: judgement.verdict,
        reasons: reasons(judgement),
        measurements: measurements(judgement),
        policy: PolicyRef {
            name: judgement.policy.name.clone(),
            digest: judgement.policy.digest(),
        },
        inputs,
        tool: Tool {
            name: GATE.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        invocation,
        started_on: started,
        finished_on: runner.system().now(),
    };
    Evidence::new(subject, verdict)
}

fn reasons(judgement: &Judgement<'_>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = judgement
        .findings
        .iter()
        .take(LISTED)
        .map(|finding| Reason {
            code: finding.code.to_owned(),
            message: visible(&ellipsis(&finding.message, 500)),
            place: finding
                .about
                .as_ref()
                .map(|id| visible(&ellipsis(&id.to_string(), 500))),
        })
        .collect();
    reasons.extend(
        judgement
            .problems
            .iter()
            .take(LISTED)
            .map(|problem| Reason {
                code: format!("input-{}", problem.severity.word()),
                message: visible(&ellipsis(&problem.message, 500)),
                place: problem.place.as_ref().map(ToString::to_string),
            }),
    );
    let left = (judgement.findings.len() + judgement.problems.len()).saturating_sub(reasons.len());
    if left > 0 {
        reasons.push(Reason {
            code: "more".to_owned(),
            message: format!("{left} more reasons are not listed"),
            place: None,
        });
    }
    reasons
}

fn measurements(judgement: &Judgement<'_>) -> BTreeMap<String, Measurement> {
    let mut all = BTreeMap::new();
    let mut put = |name: String, value: f64, unit: &str| {
        all.insert(
            name,
            Measurement {
                value: value.is_finite().then_some(value),
                unit: unit.to_owned(),
            },
        );
    };
    for (name, outcome) in [
        ("regressions", Outcome::Regression),
        ("improvements", Outcome::Improvement),
        ("inconclusive", Outcome::Inconclusive),
        ("tolerated", Outcome::Tolerated),
        ("unchanged", Outcome::Unchanged),
    ] {
        put(name.to_owned(), judgement.count(outcome) as f64, "1");
    }
    put("missing".to_owned(), judgement.missing.len() as f64, "1");
    put("new".to_owned(), judgement.new.len() as f64, "1");
    put(
        "budget-breaches".to_owned(),
        judgement.breaches.len() as f64,
        "1",
    );
    put("alpha".to_owned(), judgement.suite.alpha, "1");
    put("global-p".to_owned(), judgement.suite.global_p, "1");
    for decision in judgement.suite.decisions.iter().take(LISTED) {
        if let Some(change) = decision.change {
            let id = visible(&ellipsis(&decision.id().to_string(), 500));
            put(format!("change: {id}"), change.estimate * 100.0, "%");
        }
    }
    all
}
