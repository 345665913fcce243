//! A judgement as a document (`perf-report/v1`): what is posted to GitHub is made from it, in the job
//! that judged or in another one that may write.
//!
//! The other job gets the file from an artifact that a pull request's own code may have written. It
//! is therefore read as hostile: of bounded size, with no field that is not known and no number that
//! is not one; every text in it is escaped where it is shown; and its verdict is not believed where
//! its own rows say worse.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::evidence::Verdict;
use gatehouse_core::ids::CommitSha;
use gatehouse_core::stats::quantile::median;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{headline, rules};
use crate::decision::{Decision, Outcome};
use crate::verdict::Judgement;

/// The marker of the format.
const SCHEMA: &str = "perf-report/v1";
/// The most findings and rows that are read.
const MOST: usize = 200_000;

/// A judgement, ready to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(
    title = "perf-report/v1",
    description = "A verdict on benchmarks, ready to be shown."
)]
pub struct Document {
    /// Always `perf-report/v1`.
    pub schema: String,
    /// The heading.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The counts in one line.
    pub headline: String,
    /// The commit that was judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub commit: Option<CommitSha>,
    /// Why the verdict is what it is, the weightiest first.
    pub findings: Vec<Finding>,
    /// Every metric that was compared, the most important first.
    pub rows: Vec<Row>,
    /// The rules in a sentence.
    pub rules: String,
}

/// One reason for the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Finding {
    /// What it alone would make of the verdict.
    pub verdict: Verdict,
    /// A stable code.
    pub code: String,
    /// The benchmark it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<String>,
    /// A sentence fragment.
    pub message: String,
}

/// One metric of one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// The benchmark.
    pub benchmark: String,
    /// The metric.
    pub metric: String,
    /// The unit of the values.
    pub unit: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The baseline's median.
    pub baseline: Option<f64>,
    /// The candidate's median.
    pub candidate: Option<f64>,
    /// The relative change; 0.05 is 5 % more.
    pub change: Option<f64>,
    /// The ends of its interval, where bounded.
    pub interval: Option<(Option<f64>, Option<f64>)>,
    /// Why.
    pub why: String,
}

impl Document {
    /// The document of a judgement.
    #[must_use]
    pub fn of(judgement: &Judgement<'_>, title: &str, commit: Option<CommitSha>) -> Self {
        let findings = judgement.findings.iter().map(|finding| Finding {
            verdict: finding.verdict,
            code: finding.code.to_owned(),
            about: finding.about.as_ref().map(ToString::to_string),
            message: finding.message.clone(),
        });
        Self {
            schema: SCHEMA.to_owned(),
            title: title.to_owned(),
            verdict: judgement.verdict,
            headline: headline(judgement),
            commit,
            findings: findings.collect(),
            rows: judgement.suite.decisions.iter().map(row).collect(),
            rules: rules(judgement),
        }
    }

    /// Reads a document that anybody may have written.
    ///
    /// # Errors
    /// With the place, when it is not whole or says what cannot be.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let document: Self = serde_json::from_slice(bytes).map_err(|error| {
            let place = Place {
                file: path.to_owned(),
                line: Some(error.line()),
                column: Some(error.column()),
            };
            Diagnostic::error(format!("not a report: {error}"))
                .at(place)
                .help("give the report.json that the judging step wrote")
        })?;
        let wrong = |what: &str| {
            Err(Diagnostic::error(format!("not a report: {what}")).at(Place::file(path)))
        };
        if document.schema != SCHEMA {
            return wrong(&format!(
                "its format is {:?}, not {SCHEMA:?}",
                document.schema
            ));
        }
        if document.rows.len() > MOST || document.findings.len() > MOST {
            return wrong("it has too many rows");
        }
        Ok(document)
    }

    /// The verdict, or the worse one that findings and rows amount to.
    #[must_use]
    pub fn proven_verdict(&self) -> Verdict {
        let rows = self.rows.iter().map(|row| match row.outcome {
            // An exception may excuse either; that is said by a finding.
            Outcome::Regression | Outcome::Inconclusive => Verdict::Warn,
            _ => Verdict::Pass,
        });
        let nothing = if self.rows.is_empty() {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        };
        let findings = self.findings.iter().map(|finding| finding.verdict);
        rows.chain(findings)
            .chain([nothing, self.verdict])
            .max()
            .unwrap_or(self.verdict)
    }
}

fn row(decision: &Decision<'_>) -> Row {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let series = decision.candidate;
    Row {
        benchmark: series.benchmark.clone(),
        metric: series.metric.clone(),
        unit: series.unit.clone(),
        outcome: decision.outcome,
        baseline: median(&decision.baseline.samples),
        candidate: median(&series.samples),
        change: decision.change.and_then(|change| finite(change.estimate)),
        interval: decision
            .change
            .map(|change| (finite(change.low), finite(change.high))),
        why: decision.why.clone(),
    }
}
