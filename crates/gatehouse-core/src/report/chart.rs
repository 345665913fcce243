//! Accessible inline SVG: each chart has a title and a description in words, takes its colours
//! from the page, and stands beside a table with the same numbers.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::html::Tone;
use crate::text::{ellipsis, visible};

const WIDTH: f64 = 960.0;
const LABEL: f64 = 300.0;
const RIGHT: f64 = 110.0;
const ROW: f64 = 24.0;

/// One line of a forest plot. Values are in percent.
#[derive(Debug, Clone)]
pub struct Effect {
    /// What changed.
    pub label: String,
    /// By how much.
    pub estimate: f64,
    /// The interval; an unbounded end runs to the chart's edge.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What it means.
    pub tone: Tone,
}

/// A forest plot: estimates and intervals on a common scale around zero, with a tolerance band.
#[must_use]
pub fn forest(title: &str, effects: &[Effect], tolerance: f64) -> Markup {
    let furthest = effects
        .iter()
        .flat_map(|effect| [effect.low, effect.high, effect.estimate])
        .filter(|end| end.is_finite())
        .fold(tolerance.max(1.0), |most, end| most.max(end.abs()));
    // One wild interval must not press the others into a line.
    let typical = effects
        .iter()
        .map(|effect| effect.estimate.abs())
        .filter(|e| e.is_finite())
        .fold(1.0, f64::max);
    let step = nice_step(furthest.min(typical * 3.0).max(tolerance) / 4.0);
    let limit = (furthest.min(typical * 3.0).max(tolerance) / step).ceil() * step;
    let scale = Scale {
        low: -limit,
        high: limit,
        left: LABEL,
        width: WIDTH - LABEL - RIGHT,
    };
    let bottom = ROW * effects.len() as f64 + 8.0;
    let ticks = ticks(-limit, limit, step);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", bottom + 26.0)) role="img" aria-label=(title) {
            title { (title) }
            desc {
                @for effect in effects.iter().take(50) {
                    (visible(&effect.label)) ": " (signed(effect.estimate)) " percent, from " (signed(effect.low)) " to " (signed(effect.high)) ". "
                }
            }
            @if tolerance > 0.0 {
                rect class="band" x=(n(scale.at(-tolerance))) y="0" width=(n(scale.at(tolerance) - scale.at(-tolerance))) height=(n(bottom)) {}
            }
            @for tick in &ticks {
                line class=(if *tick == 0.0 { "zero" } else { "axis" }) x1=(n(scale.at(*tick))) x2=(n(scale.at(*tick))) y1="0" y2=(n(bottom)) {}
                text class="muted" x=(n(scale.at(*tick))) y=(n(bottom + 18.0)) text-anchor="middle" { (tick_label(*tick)) }
            }
            @for (index, effect) in effects.iter().enumerate() {
                @let y = ROW * (index as f64 + 0.5) + 4.0;
                text x=(n(LABEL - 12.0)) y=(n(y + 4.0)) text-anchor="end" { (ellipsis(&visible(&effect.label), 42)) }
                g class=(effect.tone.class()) {
                    line class="range" x1=(n(scale.at(effect.low))) x2=(n(scale.at(effect.high))) y1=(n(y)) y2=(n(y)) {}
                    rect x=(n(scale.at(effect.estimate) - 4.5)) y=(n(y - 4.5)) width="9" height="9" {}
                }
                text x=(n(WIDTH - 4.0)) y=(n(y + 4.0)) text-anchor="end" { (signed(effect.estimate)) " %" }
            }
        }
    }
}

/// Two samples on one scale: every value as a tick, quartiles as a bar, the median as a mark.
///
/// `unit` is written on the axis through `format`, which turns a value into text.
#[must_use]
pub fn distributions(
    title: &str,
    sides: [(&str, &[f64], Tone); 2],
    format: impl Fn(f64) -> String,
) -> Markup {
    let finite = || {
        sides
            .iter()
            .flat_map(|(_, values, _)| values.iter().copied())
            .filter(|v| v.is_finite())
    };
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low > high {
        return html! { p.muted { "No samples to draw." } };
    }
    let margin = if high > low {
        (high - low) * 0.05
    } else {
        low.abs().max(1.0) * 0.05
    };
    let scale = Scale {
        low: low - margin,
        high: high + margin,
        left: 110.0,
        width: WIDTH - 130.0,
    };
    html! {
        svg viewBox=(format!("0 0 {WIDTH} 112")) role="img" aria-label=(title) {
            title { (title) }
            desc {
                @for (name, values, _) in &sides {
                    (name) ": " (values.len()) " samples, median " (crate::stats::quantile::median(values).map_or_else(String::new, &format)) ". "
                }
            }
            line class="axis" x1="110" x2=(n(WIDTH - 20.0)) y1="88" y2="88" {}
            @for share in [0.0, 0.5, 1.0] {
                @let value = low + (high - low) * share;
                @if share == 0.0 || high > low {
                    text class="muted" x=(n(scale.at(value))) y="106" text-anchor="middle" { (format(value)) }
                }
            }
            @for (index, (name, values, tone)) in sides.iter().enumerate() {
                @let y = 22.0 + 40.0 * index as f64;
                @let ordered = crate::stats::quantile::Quartiles::of(values);
                text x="100" y=(n(y + 4.0)) text-anchor="end" { (name) }
                g class=(tone.class()) {
                    path class="cloud" d=(cloud(values, &scale, y)) {}
                    @if let Some(q) = ordered {
                        line class="range" x1=(n(scale.at(q.lower))) x2=(n(scale.at(q.upper))) y1=(n(y + 12.0)) y2=(n(y + 12.0)) {}
                        rect x=(n(scale.at(q.median) - 1.5)) y=(n(y - 12.0)) width="3" height="27" {}
                    }
                }
            }
        }
    }
}

/// The most samples drawn one by one; beyond, every k-th of the ordered values stands for its
/// neighbours, so the shape stays.
const MOST_TICKS: usize = 200;

fn cloud(values: &[f64], scale: &Scale, y: f64) -> String {
    let mut ordered: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    ordered.sort_unstable_by(f64::total_cmp);
    let mut path = String::new();
    for value in ordered
        .iter()
        .step_by(ordered.len().div_ceil(MOST_TICKS).max(1))
    {
        let _ = write!(
            path,
            "M{:.1} {:.0}h1.6v16h-1.6z",
            scale.at(*value) - 0.8,
            y - 8.0
        );
    }
    path
}

struct Scale {
    low: f64,
    high: f64,
    left: f64,
    width: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let value = if value.is_nan() { 0.0 } else { value };
        self.left
            + (value.clamp(self.low, self.high) - self.low) / (self.high - self.low) * self.width
    }
}

/// One, two or five times a power of ten, at least `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough)
        .unwrap_or(power * 10.0)
}

fn ticks(low: f64, high: f64, step: f64) -> Vec<f64> {
    let mut all = Vec::new();
    let mut tick = (low / step).ceil();
    while tick * step <= high + step * 1e-9 && all.len() < 40 {
        all.push(tick * step + 0.0);
        tick += 1.0;
    }
    all
}

fn tick_label(tick: f64) -> String {
    if tick == 0.0 {
        "0 %".to_owned()
    } else {
        format!(
            "{}{} %",
            if tick > 0.0 { "+" } else { "−" },
            trim(tick.abs())
        )
    }
}

fn trim(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A signed percentage with two decimals, or `∞`; what rounds to zero has no sign.
#[must_use]
pub fn signed(percent: f64) -> String {
    let digits = if percent.is_infinite() {
        "∞".to_owned()
    } else {
        format!("{:.2}", percent.abs())
    };
    let sign = match (digits.as_str(), percent < 0.0) {
        ("0.00", _) => "±",
        (_, true) => "−",
        (_, false) => "+",
    };
    format!("{sign}{digits}")
}

fn n(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_survive_odd_numbers_and_hostile_labels() {
        let effect = Effect {
            label: "<script>\n".to_owned(),
            estimate: f64::INFINITY,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            tone: Tone::Unsure,
        };
        for effects in [vec![], vec![effect]] {
            let svg = forest("changes", &effects, 0.0).into_string();
            assert!(!svg.contains("NaN") && !svg.contains("<script"), "{svg}");
        }
        for values in [vec![], vec![1.0], vec![f64::NAN, 2.0], vec![3.0; 5]] {
            let svg = distributions(
                "d",
                [("a", &values, Tone::Same), ("b", &[], Tone::Same)],
                |v| format!("{v}"),
            );
            assert!(!svg.into_string().contains("NaN,"));
        }
    }

    #[test]
    fn many_samples_are_thinned() {
        let values: Vec<f64> = (0..100_000).map(f64::from).collect();
        let svg = distributions(
            "d",
            [("a", &values, Tone::Same), ("b", &values, Tone::Same)],
            |v| format!("{v}"),
        );
        assert!(svg.into_string().len() < 30_000);
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(nice_step(0.3), 0.5);
        assert_eq!(nice_step(7.0), 10.0);
        assert_eq!(ticks(-1.0, 1.0, 0.5), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    }
}
