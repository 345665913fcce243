//! From the decisions on benchmarks to the verdict on the suite: [`Judgement`].

use gatehouse_core::diagnostic::{Diagnostic, Severity};
use gatehouse_core::evidence::Verdict;
use gatehouse_core::exit::Exit;

use crate::budget::{Breach, breaches};
use crate::compare::{Matching, match_sets};
use crate::config::{Allow, Budget, Exception, OnInconclusive, OnMissing, Policy, Selector};
use crate::decide::{Suite, decide};
use crate::decision::{Decision, Outcome};
use crate::model::{ResultSet, Series, SeriesId};

/// One reason for the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it alone would make of the verdict.
    pub verdict: Verdict,
    /// A stable code in kebab case.
    pub code: &'static str,
    /// One sentence fragment.
    pub message: String,
    /// The benchmark it is about.
    pub about: Option<SeriesId>,
}

impl Finding {
    /// A finding about the whole.
    #[must_use]
    pub fn general(verdict: Verdict, code: &'static str, message: String) -> Self {
        Self {
            verdict,
            code,
            message,
            about: None,
        }
    }

    /// A finding about one metric.
    pub(crate) fn about(
        id: SeriesId,
        verdict: Verdict,
        code: &'static str,
        message: String,
    ) -> Self {
        Self {
            verdict,
            code,
            message,
            about: Some(id),
        }
    }
}

/// Everything decided about a candidate.
#[derive(Debug)]
pub struct Judgement<'s> {
    /// The suite's decisions.
    pub suite: Suite<'s>,
    /// Benchmarks only the baseline has.
    pub missing: Vec<&'s Series>,
    /// Benchmarks only the candidate has.
    pub new: Vec<&'s Series>,
    /// Suspected renames.
    pub renames: Vec<(SeriesId, SeriesId)>,
    /// Absolute limits that do not hold.
    pub breaches: Vec<Breach>,
    /// Why the verdict is what it is, the weightiest first.
    pub findings: Vec<Finding>,
    /// What was wrong with the inputs.
    pub problems: Vec<Diagnostic>,
    /// The verdict.
    pub verdict: Verdict,
    /// The rules it follows.
    pub policy: Policy,
}

/// Judges a candidate against a baseline. Pure: the same inputs give the same judgement.
#[must_use]
pub fn judge<'s>(
    baseline: &'s ResultSet,
    candidate: &'s ResultSet,
    policy: Policy,
) -> Judgement<'s> {
    let alpha = policy.alpha;
    judge_at(baseline, candidate, policy, alpha)
}

/// Judges at a false discovery rate of its own: a look at a running measurement may use only a
/// part of the policy's.
#[must_use]
pub fn judge_at<'s>(
    baseline: &'s ResultSet,
    candidate: &'s ResultSet,
    policy: Policy,
    alpha: f64,
) -> Judgement<'s> {
    judge_by(baseline, candidate, policy, |both, policy| {
        decide(both, policy, alpha)
    })
}

/// Judges by any way to decide the series that both sides have.
#[must_use]
pub fn judge_by<'s>(
    baseline: &'s ResultSet,
    candidate: &'s ResultSet,
    policy: Policy,
    decide: impl FnOnce(&[(&'s Series, &'s Series)], &Policy) -> Suite<'s>,
) -> Judgement<'s> {
    let Matching {
        both,
        missing,
        new,
        renames,
    } = match_sets(baseline, candidate);
    let suite = decide(&both, &policy);
    let problems: Vec<Diagnostic> = baseline
        .problems
        .iter()
        .chain(&candidate.problems)
        .cloned()
        .collect();
    let breaches = breaches(candidate, &policy);
    let mut judgement = Judgement {
        suite,
        missing,
        new,
        renames,
        breaches,
        findings: Vec::new(),
        problems,
        verdict: Verdict::Pass,
        policy,
    };
    judgement.collect();
    judgement
}

impl Judgement<'_> {
    /// How many metrics came out so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.suite
            .decisions
            .iter()
            .filter(|decision| decision.outcome == outcome)
            .count()
    }

    /// Adds a finding from outside the comparison, an interrupted run for instance.
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.settle();
    }

    /// Says that error budgets were not judged: two results are no history.
    pub fn add_unjudged_budgets(&mut self) {
        if !self.policy.error_budgets.is_empty() {
            self.add(Finding::general(
                Verdict::Warn,
                "error-budget-unjudged",
                "error budgets need a history: gate and check judge them".to_owned(),
            ));
        }
    }

    /// How the process ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Fail => Exit::Fail,
            Verdict::Error
                if self
                    .findings
                    .iter()
                    .any(|finding| finding.code == RUN_FAILED) =>
            {
                Exit::World
            }
            Verdict::Error => Exit::Usage,
            Verdict::Inconclusive if self.policy.on_inconclusive == OnInconclusive::Block => {
                Exit::Inconclusive
            }
            Verdict::Pass | Verdict::Warn | Verdict::Inconclusive => Exit::Pass,
        }
    }

    fn collect(&mut self) {
        let mut findings = self.input_findings();
        findings.extend(self.decision_findings());
        findings.extend(
            self.breaches
                .iter()
                .map(|breach| self.breach_finding(breach)),
        );
        findings.extend(
            self.missing
                .iter()
                .map(|series| self.missing_finding(series)),
        );
        findings.extend(self.unused_findings());
        self.findings = findings;
        self.settle();
    }

    fn input_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let is_error = |problem: &&Diagnostic| problem.severity == Severity::Error;
        let errors = self.problems.iter().filter(is_error).count();
        if errors > 0 {
            let verdict = if self.policy.lenient {
                Verdict::Warn
            } else {
                Verdict::Error
            };
            let message = format!("{errors} problems in the inputs");
            findings.push(Finding::general(verdict, "unreadable-input", message));
        }
        // Leniency is about some records; with none left there is nothing to be lenient about.
        if self.suite.decisions.is_empty() {
            let message = "no benchmark is on both sides".to_owned();
            let verdict = Verdict::Inconclusive;
            findings.push(Finding::general(verdict, "nothing-compared", message));
        }
        findings
    }

    fn decision_findings(&self) -> Vec<Finding> {
        let finding = |decision: &Decision<'_>| {
            let (what, verdict, code) = match decision.outcome {
                Outcome::Regression => (Allow::Regression, Verdict::Fail, "regression"),
                Outcome::Inconclusive => {
                    (Allow::Inconclusive, Verdict::Inconclusive, "inconclusive")
                }
                _ => return None,
            };
            let id = decision.id();
            let excused = self.excused(what, &id, code);
            Some(excused.unwrap_or_else(|| Finding::about(id, verdict, code, decision.why.clone())))
        };
        self.suite.decisions.iter().filter_map(finding).collect()
    }

    /// The finding that a policy's exception makes of something, if there is one.
    fn excused(&self, what: Allow, id: &SeriesId, message: &str) -> Option<Finding> {
        let exception = self.policy.exception(what, &id.benchmark, &id.metric)?;
        let message = format!(
            "{message}, excepted until {}: {}",
            exception.expires, exception.reason
        );
        Some(Finding::about(
            id.clone(),
            Verdict::Warn,
            "excepted",
            message,
        ))
    }

    fn breach_finding(&self, breach: &Breach) -> Finding {
        self.excused(Allow::Budget, &breach.id, &breach.message)
            .unwrap_or_else(|| {
                Finding::about(
                    breach.id.clone(),
                    Verdict::Fail,
                    "budget",
                    breach.message.clone(),
                )
            })
    }

    fn missing_finding(&self, series: &Series) -> Finding {
        let id = series.id();
        let renamed = self.renames.iter().find(|(old, _)| *old == id);
        let message = renamed.map_or_else(
            || "the candidate no longer has it".to_owned(),
            |(_, new)| {
                format!(
                    "the candidate no longer has it; renamed to {}?",
                    new.benchmark
                )
            },
        );
        if self
            .policy
            .exception(Allow::Missing, &id.benchmark, &id.metric)
            .is_some()
        {
            return Finding::about(
                id,
                Verdict::Pass,
                "missing",
                format!("{message} (excepted)"),
            );
        }
        let verdict = match self.policy.on_missing {
            OnMissing::Fail => Verdict::Fail,
            OnMissing::Inconclusive => Verdict::Inconclusive,
            OnMissing::Warn => Verdict::Warn,
        };
        Finding::about(id, verdict, "missing", message)
    }

    /// Rules that match nothing. A limit that guards nothing would otherwise pass for ever.
    fn unused_findings(&self) -> Vec<Finding> {
        let compared = || {
            self.suite
                .decisions
                .iter()
                .map(|decision| decision.candidate)
        };
        let matches =
            |on: &Selector, series: &Series| on.matches(&series.benchmark, &series.metric);
        let mut findings = Vec::new();
        for Exception { on, .. } in &self.policy.exceptions {
            if !compared()
                .chain(self.missing.iter().copied())
                .any(|series| matches(on, series))
            {
                let message = format!("the exception for {on} matches no benchmark");
                findings.push(Finding::general(Verdict::Warn, "unused-exception", message));
            }
        }
        for Budget { on, .. } in &self.policy.budgets {
            if !compared()
                .chain(self.new.iter().copied())
                .any(|series| matches(on, series))
            {
                let message = format!("the budget for {on} matches no benchmark");
                findings.push(Finding::general(
                    Verdict::Inconclusive,
                    "unused-budget",
                    message,
                ));
            }
        }
        findings
    }

    fn settle(&mut self) {
        self.findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        self.verdict = self
            .findings
            .first()
            .map_or(Verdict::Pass, |finding| finding.verdict);
    }
}

/// The code of a finding that says the measured command failed.
pub const RUN_FAILED: &str = "run-failed";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;
    use jiff::civil::date;

    fn set(entries: &[(&str, f64)]) -> ResultSet {
        let series = entries.iter().map(|(name, value)| {
            Series::new(*name, "instructions", Unit::count(), vec![*value]).deterministic()
        });
        ResultSet {
            thresholds: Vec::new(),
            series: series.collect(),
            problems: Vec::new(),
        }
    }

    fn verdict(
        old: &ResultSet,
        new: &ResultSet,
        policy: &str,
    ) -> (Verdict, Exit, Vec<&'static str>) {
        let policy = Policy::parse("perf.toml", policy, date(2026, 1, 1)).unwrap();
        let judgement = judge(old, new, policy);
        (
            judgement.verdict,
            judgement.exit(),
            judgement
                .findings
                .iter()
                .map(|finding| finding.code)
                .collect(),
        )
    }

    #[test]
    fn nothing_passes_because_something_is_missing() {
        let (empty, one, two) = (set(&[]), set(&[("a", 1.0)]), set(&[("a", 1.0), ("b", 1.0)]));
        assert_eq!(verdict(&one, &one, ""), (Verdict::Pass, Exit::Pass, vec![]));
        assert_eq!(
            verdict(&empty, &empty, ""),
            (
                Verdict::Inconclusive,
                Exit::Inconclusive,
                vec!["nothing-compared"]
            )
        );
        assert_eq!(verdict(&two, &one, "").0, Verdict::Inconclusive);
        assert_eq!(verdict(&two, &one, "on-missing = \"fail\"").1, Exit::Fail);
        assert_eq!(
            verdict(&two, &one, "on-inconclusive = \"warn\"").1,
            Exit::Pass
        );
        assert_eq!(
            verdict(&one, &two, "").0,
            Verdict::Pass,
            "a new benchmark has nothing to be compared with"
        );
    }

    #[test]
    fn a_broken_record_outweighs_everything_unless_lenient() {
        let mut broken = set(&[("a", 2.0)]);
        broken.problems.push(Diagnostic::error("x"));
        let good = set(&[("a", 1.0)]);
        assert_eq!(judge(&good, &broken, Policy::default()).exit(), Exit::Usage);
        assert_eq!(
            judge(
                &good,
                &broken,
                Policy {
                    lenient: true,
                    ..Policy::default()
                }
            )
            .exit(),
            Exit::Fail
        );
        let mut nothing = set(&[]);
        nothing.problems.push(Diagnostic::error("x"));
        let lenient = || Policy {
            lenient: true,
            ..Policy::default()
        };
        assert_eq!(
            judge(&nothing, &nothing, lenient()).exit(),
            Exit::Inconclusive
        );
        assert_eq!(judge(&good, &nothing, lenient()).exit(), Exit::Inconclusive);
        let same = judge(
            &broken,
            &broken,
            Policy {
                lenient: true,
                ..Policy::default()
            },
        );
        assert_eq!(same.verdict, Verdict::Warn);
    }

    #[test]
    fn budgets_fail_on_their_own_and_never_guard_nothing() {
        let one = set(&[("a", 10.0)]);
        let budget =
            |glob: &str, max: &str| format!("[[budget]]\nbenchmark = \"{glob}\"\nmax = \"{max}\"");
        assert_eq!(
            verdict(&one, &one, &budget("a", "10 count")).0,
            Verdict::Pass
        );
        assert_eq!(verdict(&one, &one, &budget("a", "9 count")).2, ["budget"]);
        assert_eq!(
            verdict(&one, &one, &budget("a", "9 ms")).2,
            ["budget"],
            "another unit is no budget kept"
        );
        assert_eq!(
            verdict(&one, &one, &budget("zzz", "9 count")).2,
            ["unused-budget"]
        );
    }

    #[test]
    fn exceptions_excuse_what_they_name_and_are_said() {
        let (old, new) = (set(&[("a", 10.0), ("b", 1.0)]), set(&[("a", 20.0)]));
        let exception = |allow: &str, name: &str| {
            format!(
                "[[exception]]\nbenchmark = \"{name}\"\nallow = \"{allow}\"\nreason = \"r\"\nexpires = \"2026-12-31\"\n"
            )
        };
        let both = exception("regression", "a") + &exception("missing", "b");
        assert_eq!(
            verdict(&old, &new, &both),
            (Verdict::Warn, Exit::Pass, vec!["excepted", "missing"])
        );
        assert_eq!(
            verdict(&old, &new, &exception("regression", "a")).0,
            Verdict::Inconclusive
        );
        assert_eq!(
            verdict(&old, &old, &exception("regression", "c")).2,
            ["unused-exception"]
        );
    }
}
