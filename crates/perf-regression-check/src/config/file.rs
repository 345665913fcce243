//! The file `.github/perf.toml` as it is written, and its reading into a [`Policy`] with the place
//! of every defect.

use std::ops::Range;

use gatehouse_core::diagnostic::{Diagnostic, Place};
use glob::Pattern;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Allow, Budget, ErrorBudget, Exception, Limit, OnInconclusive, OnMissing, Policy, Selector,
};
use crate::model::{Direction, Unit};

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
    /// How often a limit may be missed within the last runs of the history.
    #[serde(default, rename = "error-budget")]
    error_budgets: Vec<ErrorBudgetEntry>,
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

/// How often a limit may be missed. `gate` and `check` judge it, with the history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ErrorBudgetEntry {
    /// Which benchmarks: a glob over names.
    #[schemars(with = "String")]
    benchmark: Spanned<String>,
    /// Which metrics: a glob; all when left out.
    #[schemars(with = "Option<String>")]
    metric: Option<Spanned<String>>,
    /// The largest value that keeps the objective, with its unit.
    #[schemars(with = "Option<String>")]
    max: Option<Spanned<String>>,
    /// The smallest value that keeps the objective, with its unit.
    #[schemars(with = "Option<String>")]
    min: Option<Spanned<String>>,
    /// The share of runs that may miss it, in percent. Default 5.
    #[schemars(with = "Option<f64>")]
    allowed_percent: Option<Spanned<f64>>,
    /// The window, in runs. Default 100.
    #[schemars(with = "Option<usize>")]
    window_runs: Option<Spanned<usize>>,
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

/// Reads a policy file; see [`Policy::parse`].
pub(super) fn parse(path: &str, text: &str, today: Date) -> Result<Policy, Vec<Diagnostic>> {
    let file: File = toml::from_str(text).map_err(|error| vec![toml_error(path, text, &error)])?;
    Reader {
        path,
        text,
        today,
        problems: Vec::new(),
    }
    .policy(file)
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
            policy.budgets.extend(self.budget(&entry));
        }
        for entry in file.error_budgets {
            policy.error_budgets.extend(self.error_budget(entry));
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

    fn budget(&mut self, entry: &BudgetEntry) -> Option<Budget> {
        let on = self.selector(&entry.benchmark, entry.metric.as_ref());
        let max = entry.max.as_ref().and_then(|limit| self.limit(limit));
        let min = entry.min.as_ref().and_then(|limit| self.limit(limit));
        if max.is_none() && min.is_none() {
            self.problem(
                &entry.benchmark.span(),
                "this budget has no limit".to_owned(),
                "give max, min or both: max = \"5 ms\"",
            );
        }
        Some(Budget { on: on?, max, min })
    }

    fn error_budget(&mut self, entry: ErrorBudgetEntry) -> Option<ErrorBudget> {
        let allowed = self.share(entry.allowed_percent, 0.05, 0.0);
        let window = entry.window_runs.map_or(100, |runs| {
            if !(2..=100_000).contains(runs.get_ref()) {
                self.problem(
                    &runs.span(),
                    format!("a window of {} runs", runs.get_ref()),
                    "give between 2 and 100000 runs",
                );
            }
            runs.into_inner()
        });
        let objective = self.budget(&BudgetEntry {
            benchmark: entry.benchmark,
            metric: entry.metric,
            max: entry.max,
            min: entry.min,
        })?;
        Some(ErrorBudget {
            objective,
            allowed,
            window,
        })
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

    fn glob(&mut self, glob: &Spanned<String>) -> Option<Pattern> {
        match Pattern::new(glob.get_ref()) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.problem(
                    &glob.span(),
                    format!("{:?} is no glob: {} at its character {}", glob.get_ref(), error.msg, error.pos + 1),
                    "* matches any text, ? one character, [ab] one of them; a special character in brackets is plain: [*]",
                );
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
