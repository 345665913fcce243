//! How one benchmark was decided, in words and numbers.

use gatehouse_core::stats::quantile::{Quartiles, median_interval};
use gatehouse_core::text::visible;

use super::number;
use crate::decision::{Decision, Method};
use crate::model::{Direction, Series};
use crate::verdict::Judgement;

/// The explanation of every metric of the benchmarks that `wanted` names, exactly or as a part;
/// `None` when there is none.
#[must_use]
pub fn explain(judgement: &Judgement<'_>, wanted: &str) -> Option<String> {
    let exact = |benchmark: &str| benchmark == wanted;
    let is_exact = judgement
        .suite
        .decisions
        .iter()
        .any(|decision| exact(&decision.candidate.benchmark));
    let chosen = |benchmark: &str| {
        if is_exact {
            exact(benchmark)
        } else {
            benchmark.contains(wanted)
        }
    };
    let mut text = String::new();
    for decision in judgement
        .suite
        .decisions
        .iter()
        .filter(|decision| chosen(&decision.candidate.benchmark))
    {
        text.push_str(&one(decision, judgement));
        text.push('\n');
    }
    for (side, other, list) in [
        ("baseline", "candidate", &judgement.missing),
        ("candidate", "baseline", &judgement.new),
    ] {
        for series in list.iter().filter(|series| chosen(&series.benchmark)) {
            text.push_str(&format!(
                "{}\n  only in the {side}: the {other} has no such benchmark\n\n",
                visible(&series.id().to_string())
            ));
        }
    }
    (!text.is_empty()).then_some(text)
}

fn one(decision: &Decision<'_>, judgement: &Judgement<'_>) -> String {
    let policy = &judgement.policy;
    let mut lines = vec![
        visible(&decision.id().to_string()),
        format!(
            "  outcome    {}: {}",
            decision.outcome.words(),
            decision.why
        ),
        format!("  baseline   {}", side(decision.baseline)),
        format!("  candidate  {}", side(decision.candidate)),
        format!("  direction  {}", direction(decision.direction)),
        format!("  method     {}", decision.method.words()),
    ];
    if let Some(pairs) = decision.pairs {
        lines.push(format!("  pairing    {pairs} rounds have both sides"));
    }
    if let Some(change) = decision.change {
        let confidence = if decision.method == Method::Exact {
            String::new()
        } else {
            format!(", {} % confidence", number::trim(change.confidence * 100.0))
        };
        lines.push(format!(
            "  change     {} ({}{confidence}), {}",
            number::percent(change.estimate),
            number::interval(&change),
            decision
                .magnitude()
                .map_or("", crate::decision::Magnitude::words)
        ));
    }
    if let (Some(p), Some(q)) = (decision.p, decision.q) {
        lines.push(format!(
            "  p-value    {p:.3e}; corrected over {} metrics q = {q:.3e}, to be at most {}",
            judgement.suite.family, judgement.suite.alpha
        ));
        lines.push(format!(
            "  suite      p of \"nothing changed anywhere\" = {:.3e}, to be at most {}",
            judgement.suite.global_p, judgement.suite.alpha
        ));
    }
    lines.push(if decision.detectable.is_finite() {
        format!("  power      a change of {} % would have been shown with 80 % probability; {} % is asked for", number::trim(decision.detectable * 100.0), number::trim(policy.detect * 100.0))
    } else {
        "  power      no change could have been shown with this data".to_owned()
    });
    lines.push(format!(
        "  tolerance  {} %",
        number::trim(
            100.0
                * if decision.method == Method::Exact {
                    policy.deterministic_tolerance
                } else {
                    policy.tolerance
                }
        )
    ));
    lines.join("\n") + "\n"
}

fn side(series: &Series) -> String {
    let show = |value| number::with_unit(value, &series.unit);
    let Some(quartiles) = Quartiles::of(&series.samples) else {
        return "no samples".to_owned();
    };
    if series.samples.len() == 1 {
        let what = series
            .statistic
            .as_ref()
            .map_or(String::new(), |statistic| {
                format!(" (the tool's {})", visible(statistic))
            });
        return format!("1 value: {}{what}", show(quartiles.median));
    }
    let interval = median_interval(&series.samples, 0.95);
    let bounds = if interval.is_bounded() {
        format!(
            ", its 95 % interval {} … {}",
            show(interval.low),
            show(interval.high)
        )
    } else {
        ", too few samples for its interval".to_owned()
    };
    format!(
        "{} samples, median {}{bounds}, quartiles {} … {}",
        series.samples.len(),
        show(quartiles.median),
        show(quartiles.lower),
        show(quartiles.upper)
    )
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::LowerIsBetter => "lower is better",
        Direction::HigherIsBetter => "higher is better",
        Direction::Unknown => "unknown: set it in the policy",
    }
}
