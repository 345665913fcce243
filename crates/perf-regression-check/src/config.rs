//! `.github/perf.toml` and the options that override it, made into one validated [`Policy`].
//!
//! The file is strict: an unknown key, a bad glob, an expired exception are errors with their line
//! and column. A policy that is silently not applied is worse than none.

use std::ops::Range;

use gatehouse_core::diagnostic::{Diagnostic, Place};
use globset::{Glob, GlobMatcher};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::model::{Direction, Unit};

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

/// The file `.github/perf.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(
    title = "perf.toml",
    description = "The policy of perf-regression-check."
)]
pub struct File {
    /// Changes proven to be larger than this, in percent, fail. Default 0: any proven slowdown.
    #[schemars(with = "Option<f64>")]
    tolerance_percent: Option<Spanned<f64>>,
    /// The size of change, in percent, that the data must be able to show. Default 5.
    #[schemars(with = "Option<f64>")]
    detect_percent: Option<Spanned<f64>>,
    /// Counted metrics may worsen by this much, in percent. Default 0.5.
    #[schemars(with = "Option<f64>")]
    deterministic_tolerance_percent: Option<Spanned<f64>>,
    /// The false discovery rate over all benchmarks. Default 0.05.
    #[schemars(with = "Option<f64>")]
    alpha: Option<Spanned<f64>>,
    /// What an inconclusive verdict does. Default `block`.
    on_inconclusive: Option<OnInconclusive>,
    /// What a benchmark missing from the candidate does. Default `inconclusive`.
    on_missing: Option<OnMissing>,
    /// Absolute limits.
    #[serde(default, rename = "budget")]
    budgets: Vec<BudgetEntry>,
    /// Directions where the tool does not know them.
    #[serde(default, rename = "direction")]
    directions: Vec<DirectionEntry>,
    /// Benchmarks that may do, for a while, what otherwise fails.
    #[serde(default, rename = "exception")]
    exceptions: Vec<ExceptionEntry>,
}

/// An absolute limit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BudgetEntry {
    /// Which benchmarks: a glob over names.
    #[schemars(with = "String")]
    benchmark: Spanned<String>,
    /// Which metrics: a glob; all when left out.
    #[schemars(with = "Option<String>")]
    metric: Option<Spanned<String>>,
    /// The largest value allowed, with its unit: `"5 ms"`, `"64 KiB"`, `"1000 count"`.
    #[schemars(with = "Option<String>")]
    max: Option<Spanned<String>>,
    /// The smallest value allowed, with its unit: `"200 ops/s"`.
    #[schemars(with = "Option<String>")]
    min: Option<Spanned<String>>,
}

/// A direction by glob.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DirectionEntry {
    /// Which benchmarks: a glob over names.
    #[schemars(with = "String")]
    benchmark: Spanned<String>,
    /// Which metrics: a glob; all when left out.
    #[schemars(with = "Option<String>")]
    metric: Option<Spanned<String>>,
    /// Which way is better.
    direction: Direction,
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

/// An exception.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExceptionEntry {
    /// Which benchmarks: a glob over names.
    #[schemars(with = "String")]
    benchmark: Spanned<String>,
    /// Which metrics: a glob; all when left out.
    #[schemars(with = "Option<String>")]
    metric: Option<Spanned<String>>,
    /// What is allowed. Default `regression`.
    allow: Option<Allow>,
    /// Why. Must not be empty.
    #[schemars(with = "String")]
    reason: Spanned<String>,
    /// The last day on which it holds: `2026-12-31`.
    #[schemars(with = "String")]
    expires: Spanned<String>,
}

/// Which benchmarks and metrics an entry is about.
#[derive(Debug, Clone)]
pub struct Selector {
    benchmark: GlobMatcher,
    metric: Option<GlobMatcher>,
}

impl Selector {
    /// Whether the entry is about this metric of this benchmark.
    #[must_use]
    pub fn matches(&self, benchmark: &str, metric: &str) -> bool {
        self.benchmark.is_match(benchmark)
            && self
                .metric
                .as_ref()
                .is_none_or(|glob| glob.is_match(metric))
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.benchmark.glob())?;
        self.metric
            .as_ref()
            .map_or(Ok(()), |metric| write!(f, " [{}]", metric.glob()))
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
        let file: File =
            toml::from_str(text).map_err(|error| vec![toml_error(path, text, &error)])?;
        Reader {
            path,
            text,
            today,
            problems: Vec::new(),
        }
        .policy(file)
    }
}

fn toml_error(path: &str, text: &str, error: &toml::de::Error) -> Diagnostic {
    let place = error.span().map_or_else(
        || Place::file(path),
        |span| Place::at_offset(path, text, span.start),
    );
    let message = error
        .message()
        .lines()
        .next()
        .unwrap_or("not valid TOML")
        .to_owned();
    Diagnostic::error(message).at(place).help("the keys are listed in docs/perf-regression-check.md and in docs/schemas/perf-toml.schema.json")
}

struct Reader<'t> {
    path: &'t str,
    text: &'t str,
    today: Date,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn problem(&mut self, span: &Range<usize>, message: String, help: &str) {
        let place = Place::at_offset(self.path, self.text, span.start);
        self.problems
            .push(Diagnostic::error(message).at(place).help(help));
    }

    fn policy(mut self, file: File) -> Result<Policy, Vec<Diagnostic>> {
        let default = Policy::default();
        let mut policy = Policy {
            name: self.path.to_owned(),
            ..Policy::default()
        };
        policy.tolerance = self.share(file.tolerance_percent, default.tolerance, 0.0);
        policy.detect = self.share(file.detect_percent, default.detect, 0.01);
        policy.deterministic_tolerance = self.share(
            file.deterministic_tolerance_percent,
            default.deterministic_tolerance,
            0.0,
        );
        if let Some(alpha) = file.alpha {
            if !(1e-6..=0.5).contains(alpha.get_ref()) {
                self.problem(
                    &alpha.span(),
                    format!("alpha is {}", alpha.get_ref()),
                    "give a rate between 0.000001 and 0.5; 0.05 is usual",
                );
            }
            policy.alpha = alpha.into_inner();
        }
        policy.on_inconclusive = file.on_inconclusive.unwrap_or(default.on_inconclusive);
        policy.on_missing = file.on_missing.unwrap_or(default.on_missing);
        for entry in file.budgets {
            let at = entry.benchmark.span();
            let on = self.selector(&entry.benchmark, entry.metric.as_ref());
            let max = entry.max.and_then(|limit| self.limit(&limit));
            let min = entry.min.and_then(|limit| self.limit(&limit));
            if max.is_none() && min.is_none() {
                self.problem(
                    &at,
                    "this budget has no limit".to_owned(),
                    "give max, min or both: max = \"5 ms\"",
                );
            }
            policy.budgets.extend(on.map(|on| Budget { on, max, min }));
        }
        for entry in file.directions {
            let on = self.selector(&entry.benchmark, entry.metric.as_ref());
            policy.directions.extend(on.map(|on| (on, entry.direction)));
        }
        for entry in file.exceptions {
            policy.exceptions.extend(self.exception(entry));
        }
        if self.problems.is_empty() {
            policy
                .checked()
                .map_err(|problem| vec![problem.at(Place::file(self.path))])
        } else {
            Err(self.problems)
        }
    }

    fn share(&mut self, percent: Option<Spanned<f64>>, default: f64, least: f64) -> f64 {
        let Some(percent) = percent else {
            return default;
        };
        if !(least..=1000.0).contains(percent.get_ref()) {
            self.problem(
                &percent.span(),
                format!("{} is no sensible percentage", percent.get_ref()),
                "give percent: 2 means 2 %",
            );
        }
        percent.into_inner() / 100.0
    }

    fn glob(&mut self, glob: &Spanned<String>) -> Option<GlobMatcher> {
        match Glob::new(glob.get_ref()) {
            Ok(compiled) => Some(compiled.compile_matcher()),
            Err(error) => {
                self.problem(&glob.span(), format!("{:?} is no glob: {}", glob.get_ref(), error.kind()), "* matches any text, ? one character, [ab] one of them; \\ makes the next one plain");
                None
            }
        }
    }

    fn selector(
        &mut self,
        benchmark: &Spanned<String>,
        metric: Option<&Spanned<String>>,
    ) -> Option<Selector> {
        let benchmark = self.glob(benchmark);
        let metric = metric.map(|metric| self.glob(metric));
        Some(Selector {
            benchmark: benchmark?,
            metric: metric.map_or(Some(None), |glob| glob.map(Some))?,
        })
    }

    fn limit(&mut self, limit: &Spanned<String>) -> Option<Limit> {
        let text = limit.get_ref().trim();
        let digits = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-')))
            .unwrap_or(text.len());
        let value: Option<f64> = text[..digits].replace('_', "").parse().ok();
        let unit = text[digits..].trim();
        match value {
            Some(value) if !unit.is_empty() => {
                let unit = Unit::of(unit);
                Some(Limit {
                    value: value * unit.factor,
                    unit: unit.name,
                })
            }
            _ => {
                self.problem(
                    &limit.span(),
                    format!("{text:?} is no value with a unit"),
                    "write \"5 ms\", \"64 KiB\", \"200 ops/s\" or \"1000 count\"",
                );
                None
            }
        }
    }

    fn exception(&mut self, entry: ExceptionEntry) -> Option<Exception> {
        let on = self.selector(&entry.benchmark, entry.metric.as_ref());
        if entry.reason.get_ref().trim().is_empty() {
            self.problem(
                &entry.reason.span(),
                format!(
                    "the exception for {:?} gives no reason",
                    entry.benchmark.get_ref()
                ),
                "say why it is accepted",
            );
        }
        let Ok(expires) = entry.expires.get_ref().parse::<Date>() else {
            self.problem(
                &entry.expires.span(),
                format!("{:?} is no date", entry.expires.get_ref()),
                "write year-month-day: 2026-12-31",
            );
            return None;
        };
        if expires < self.today {
            self.problem(
                &entry.expires.span(),
                format!(
                    "the exception for {:?} expired on {expires}",
                    entry.benchmark.get_ref()
                ),
                "remove it, or decide anew how long it may stand",
            );
        }
        let allow = entry.allow.unwrap_or(Allow::Regression);
        Some(Exception {
            on: on?,
            allow,
            reason: entry.reason.into_inner(),
            expires: expires.to_string(),
        })
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
