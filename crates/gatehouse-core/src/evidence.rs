//! The statement through which gates speak to one another.
//!
//! An in-toto Statement v1 (<https://github.com/in-toto/attestation>, `spec/v1/statement.md`)
//! whose predicate says what a gate decided, why, by which policy, and on which inputs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::CommitSha;

/// The statement's type.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The predicate's type.
pub const PREDICATE_TYPE: &str = "https://github.com/org/actions/gate-verdict/v1";

/// What a gate decided.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was asked for was shown to hold.
    Pass,
    /// It holds, with something a person should look at.
    Warn,
    /// The inputs could not have shown a breach of the size asked for.
    Inconclusive,
    /// A breach was shown.
    Fail,
    /// Some input was missing, broken or unreadable: nothing can be said of the whole.
    Error,
}

impl Verdict {
    /// The word used in outputs and evidence.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// A gate's evidence: an in-toto Statement v1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(
    title = "gate-verdict/v1",
    description = "An in-toto Statement v1 that carries a gate's verdict."
)]
pub struct Evidence {
    /// Always `https://in-toto.io/Statement/v1`.
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// What was judged: the commit; where no commit is known, the input files.
    pub subject: Vec<Subject>,
    /// Always `https://github.com/org/actions/gate-verdict/v1`.
    pub predicate_type: String,
    /// The decision.
    pub predicate: GateVerdict,
}

/// Something judged, by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The repository for a commit, the path for a file.
    pub name: String,
    /// `gitCommit` for a commit, `sha256` for a file; lowercase hexadecimal.
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// A commit of a repository.
    #[must_use]
    pub fn commit(repository: &str, sha: &CommitSha) -> Self {
        Self {
            name: repository.to_owned(),
            digest: BTreeMap::from([("gitCommit".to_owned(), sha.to_string())]),
        }
    }

    /// A file.
    #[must_use]
    pub fn file(path: &str, sha256: &str) -> Self {
        Self {
            name: path.to_owned(),
            digest: BTreeMap::from([("sha256".to_owned(), sha256.to_owned())]),
        }
    }
}

/// The predicate `gate-verdict/v1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GateVerdict {
    /// The gate's name.
    pub gate: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
    /// What was measured, by name.
    pub measurements: BTreeMap<String, Measurement>,
    /// The rules it was judged by.
    pub policy: Policy,
    /// What it was judged on.
    pub inputs: Vec<Input>,
    /// What judged.
    pub tool: Tool,
    /// Where it was judged.
    pub invocation: Invocation,
    /// When the gate began, RFC 3339.
    #[schemars(with = "String")]
    pub started_on: Timestamp,
    /// When it was done, RFC 3339.
    #[schemars(with = "String")]
    pub finished_on: Timestamp,
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// A stable code in kebab case.
    pub code: String,
    /// One sentence for people; untrusted text in it is escaped to one line.
    pub message: String,
    /// What it is about: a benchmark, a file with line and column.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none", default)]
    pub place: Option<String>,
}

/// A measured value with its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// The value; absent when it is not finite.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<f64>,
    /// Its unit, in UCUM-like spelling (`ns`, `%`, `1`).
    pub unit: String,
}

/// The rules a verdict follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The policy's file, or `default`.
    pub name: String,
    /// SHA-256 of the policy in force, defaults and options included.
    pub digest: String,
}

/// An input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The path as it was given.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The workflow run, as far as there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Invocation {
    /// `owner/name`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repository: Option<String>,
    /// The run's number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run_id: Option<u64>,
    /// The attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<u32>,
    /// The job's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<String>,
}

impl Invocation {
    /// What the runner says of this run.
    #[must_use]
    pub fn of(runner: &crate::runner::Runner<'_>) -> Self {
        Self {
            repository: runner.repository().map(String::from),
            run_id: runner.run_id().map(|id| id.0),
            attempt: runner.run_attempt().map(|attempt| attempt.0),
            job: runner.job(),
        }
    }
}

impl Evidence {
    /// Wraps a verdict about `subject`.
    #[must_use]
    pub fn new(subject: Vec<Subject>, predicate: GateVerdict) -> Self {
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate,
        }
    }

    /// The file's text: indented JSON with a final line break.
    ///
    /// # Errors
    /// When a value cannot be written as JSON, which no value of this type should cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The JSON Schema of evidence files, as published in `docs/schemas/`.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Evidence).to_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn sample() -> Evidence {
        let sha = CommitSha::try_from("a".repeat(40)).unwrap();
        let verdict = GateVerdict {
            gate: "some-gate".to_owned(),
            verdict: Verdict::Inconclusive,
            reasons: vec![Reason {
                code: "x".to_owned(),
                message: "y".to_owned(),
                place: None,
            }],
            measurements: BTreeMap::from([(
                "m".to_owned(),
                Measurement {
                    value: Some(1.5),
                    unit: "%".to_owned(),
                },
            )]),
            policy: Policy {
                name: "default".to_owned(),
                digest: "0".to_owned(),
            },
            inputs: vec![],
            tool: Tool {
                name: "some-gate".to_owned(),
                version: "0".to_owned(),
            },
            invocation: Invocation::default(),
            started_on: Timestamp::UNIX_EPOCH,
            finished_on: Timestamp::UNIX_EPOCH,
        };
        Evidence::new(vec![Subject::commit("org/actions", &sha)], verdict)
    }

    #[test]
    fn evidence_is_an_in_toto_statement_and_reads_back() {
        let json = sample().to_json().unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["_type"], STATEMENT_TYPE);
        assert_eq!(value["predicateType"], PREDICATE_TYPE);
        assert_eq!(value["subject"][0]["digest"]["gitCommit"], "a".repeat(40));
        assert_eq!(value["predicate"]["startedOn"], "1970-01-01T00:00:00Z");
        assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), sample());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let json = sample()
            .to_json()
            .unwrap()
            .replacen("\"gate\":", "\"extra\": 1, \"gate\":", 1);
        assert!(serde_json::from_str::<Evidence>(&json).is_err());
    }
}
