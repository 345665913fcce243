//! `.github/perf.toml` and the options that override it, made into one validated [`Policy`].
//!
//! The file is strict: an unknown key, a bad glob, an expired exception are errors with their line
//! and column. A policy that is silently not applied is worse than none.

mod file;

pub use file::File;

use gatehouse_core::diagnostic::Diagnostic;
use glob::Pattern;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Direction;

/// Where the policy is looked for when nothing else is said.
pub const DEFAULT_PATH: &str = ".github/perf.toml";

/// What a verdict that shows nothing does to the exit code.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum OnInconclusive {
    /// Exit code 3: what could not be shown to be harmless does not go through.
    Block,
    /// Exit code 0 with a warning; the verdict stays `inconclusive`.
    Warn,
}

/// What a benchmark that only the baseline has does to the verdict.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum OnMissing {
    /// The verdict is `fail`.
    Fail,
    /// The verdict is `inconclusive`: nothing is known of it.
    Inconclusive,
    /// The verdict is at least `warn`.
    Warn,
}

/// What an exception allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Allow {
    /// A proven slowdown.
    Regression,
    /// Being gone.
    Missing,
    /// Having shown nothing.
    Inconclusive,
    /// Being over budget.
    Budget,
}

/// Which benchmarks and metrics an entry is about.
#[derive(Debug, Clone)]
pub struct Selector {
    benchmark: Pattern,
    metric: Option<Pattern>,
}

impl Selector {
    /// Whether the entry is about this metric of this benchmark.
    #[must_use]
    pub fn matches(&self, benchmark: &str, metric: &str) -> bool {
        self.benchmark.matches(benchmark)
            && self.metric.as_ref().is_none_or(|glob| glob.matches(metric))
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.benchmark)?;
        self.metric
            .as_ref()
            .map_or(Ok(()), |metric| write!(f, " [{metric}]"))
    }
}

impl Serialize for Selector {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A limit in a unit of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// The value.
    pub value: f64,
    /// Its unit, normalised.
    pub unit: String,
}

/// An absolute limit.
#[derive(Debug, Clone, Serialize)]
pub struct Budget {
    /// What it limits.
    pub on: Selector,
    /// The largest value allowed.
    pub max: Option<Limit>,
    /// The smallest value allowed.
    pub min: Option<Limit>,
}

/// How often a limit may be missed within the last runs.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorBudget {
    /// What it is about, and the limit that a run is to keep.
    pub objective: Budget,
    /// The share of the window's runs that may miss the limit.
    pub allowed: f64,
    /// The window, in runs.
    pub window: usize,
}

/// An exception that still holds.
#[derive(Debug, Clone, Serialize)]
pub struct Exception {
    /// What it is about.
    pub on: Selector,
    /// What it allows.
    pub allow: Allow,
    /// Why.
    pub reason: String,
    /// Its last day.
    pub expires: String,
}

/// The rules in force.
#[derive(Debug, Clone, Serialize)]
pub struct Policy {
    /// Where they come from: the file's path or `default`.
    pub name: String,
    /// The largest proven worsening that is let through, as a share (0.02 is 2 %).
    pub tolerance: f64,
    /// The change the data must be able to show, as a share.
    pub detect: f64,
    /// The largest worsening of a counted metric that is let through, as a share.
    pub deterministic_tolerance: f64,
    /// The false discovery rate.
    pub alpha: f64,
    /// What `inconclusive` does to the exit code.
    pub on_inconclusive: OnInconclusive,
    /// What a missing benchmark does.
    pub on_missing: OnMissing,
    /// Whether unreadable records are warnings.
    pub lenient: bool,
    /// Absolute limits.
    pub budgets: Vec<Budget>,
    /// How often limits may be missed.
    pub error_budgets: Vec<ErrorBudget>,
    /// Directions by glob; the last match wins.
    pub directions: Vec<(Selector, Direction)>,
    /// Exceptions.
    pub exceptions: Vec<Exception>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            tolerance: 0.0,
            detect: 0.05,
            deterministic_tolerance: 0.005,
            alpha: 0.05,
            on_inconclusive: OnInconclusive::Block,
            on_missing: OnMissing::Inconclusive,
            lenient: false,
            budgets: Vec::new(),
            error_budgets: Vec::new(),
            directions: Vec::new(),
            exceptions: Vec::new(),
        }
    }
}

impl Policy {
    /// SHA-256 of the rules in force.
    #[must_use]
    pub fn digest(&self) -> String {
        let rules = serde_json::to_vec(self).unwrap_or_default();
        gatehouse_core::files::sha256_hex(&rules)
    }

    /// Checks what no single option can: that the sizes fit together.
    ///
    /// # Errors
    /// The first rule that makes no sense.
    pub fn checked(self) -> Result<Self, Diagnostic> {
        let sane = |name: &str, value: f64, low: f64, high: f64| {
            if value.is_finite() && value >= low && value <= high {
                return Ok(());
            }
            Err(Diagnostic::error(format!(
                "{name} is {value}, outside {low} to {high}"
            )))
        };
        sane("tolerance (percent)", self.tolerance * 100.0, 0.0, 1000.0)?;
        sane("detect (percent)", self.detect * 100.0, 0.01, 1000.0)?;
        sane(
            "deterministic tolerance (percent)",
            self.deterministic_tolerance * 100.0,
            0.0,
            1000.0,
        )?;
        sane("alpha", self.alpha, 1e-6, 0.5)?;
        if self.detect <= self.tolerance {
            let help = "the data must be able to show a change larger than the one tolerated: raise detect or lower tolerance";
            return Err(Diagnostic::error(format!(
                "detect ({} %) is not above tolerance ({} %)",
                self.detect * 100.0,
                self.tolerance * 100.0
            ))
            .help(help));
        }
        Ok(self)
    }

    /// The exception that allows `what` for a series, if any.
    #[must_use]
    pub fn exception(&self, what: Allow, benchmark: &str, metric: &str) -> Option<&Exception> {
        self.exceptions
            .iter()
            .find(|exception| exception.allow == what && exception.on.matches(benchmark, metric))
    }

    /// The direction that the policy sets for a series, if any.
    #[must_use]
    pub fn direction(&self, benchmark: &str, metric: &str) -> Option<Direction> {
        self.directions
            .iter()
            .rev()
            .find(|(on, _)| on.matches(benchmark, metric))
            .map(|(_, direction)| *direction)
    }

    /// Reads a policy file. `today` decides which exceptions have expired.
    ///
    /// # Errors
    /// One diagnostic per defect, each with its place.
    pub fn parse(path: &str, text: &str, today: Date) -> Result<Self, Vec<Diagnostic>> {
        file::parse(path, text, today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn parse(text: &str) -> Result<Policy, Vec<Diagnostic>> {
        Policy::parse("perf.toml", text, date(2026, 6, 1))
    }

    fn complaint(text: &str) -> String {
        parse(text)
            .unwrap_err()
            .iter()
            .map(|d| d.render(gatehouse_core::diagnostic::Colour::Never))
            .collect()
    }

    #[test]
    fn a_full_file_is_read() {
        let policy = parse(
            r#"
tolerance-percent = 1
detect-percent = 3
on-inconclusive = "warn"
[[budget]]
benchmark = "parse/*"
metric = "time"
max = "5 ms"
[[direction]]
benchmark = "*"
metric = "score"
direction = "higher-is-better"
[[exception]]
benchmark = "slow one"
reason = "rewritten next month"
expires = "2026-06-01"
"#,
        )
        .unwrap();
        assert_eq!((policy.tolerance, policy.detect), (0.01, 0.03));
        assert_eq!(
            policy.budgets[0].max,
            Some(Limit {
                value: 5e6,
                unit: "ns".to_owned()
            })
        );
        assert_eq!(
            policy.direction("x", "score"),
            Some(Direction::HigherIsBetter)
        );
        assert!(
            policy
                .exception(Allow::Regression, "slow one", "time")
                .is_some()
        );
        assert!(
            policy
                .exception(Allow::Missing, "slow one", "time")
                .is_none()
        );
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let (file, default) = (parse("").unwrap(), Policy::default());
        assert_eq!(
            file.digest(),
            Policy {
                name: "perf.toml".to_owned(),
                ..default
            }
            .digest()
        );
    }

    #[test]
    fn every_defect_has_its_place() {
        for (text, place, word) in [
            ("tolerance = 1", "perf.toml:1:1", "unknown field"),
            (
                "\n  tolerance-percent = \"x\"",
                "perf.toml:2:23",
                "invalid type",
            ),
            ("alpha = 7", "perf.toml:1:9", "alpha"),
            (
                "[[budget]]\nbenchmark = \"[\"\nmax = \"1 ms\"",
                "perf.toml:2:13",
                "glob",
            ),
            (
                "[[budget]]\nbenchmark = \"a\"\nmax = \"lots\"",
                "perf.toml:3:7",
                "no value with a unit",
            ),
            (
                "[[budget]]\nbenchmark = \"a\"",
                "perf.toml:2:13",
                "no limit",
            ),
            (
                "[[exception]]\nbenchmark = \"b-1\"\nreason = \"x\"\nexpires = \"2026-05-31\"",
                "perf.toml:4:11",
                "\\\"b-1\\\" expired on 2026-05-31",
            ),
            (
                "[[exception]]\nbenchmark = \"b\"\nreason = \" \"\nexpires = \"2027-05-31\"",
                "perf.toml:3:10",
                "no reason",
            ),
            (
                "detect-percent = 1\ntolerance-percent = 2",
                "perf.toml",
                "not above tolerance",
            ),
            ("x = [", "perf.toml:1:", ""),
        ] {
            let shown = complaint(text);
            assert!(
                shown.contains(place) && shown.contains(&word.replace("\\\"", "\"")),
                "{text}\n{shown}"
            );
            assert!(shown.contains("help: "), "{shown}");
        }
    }
}
