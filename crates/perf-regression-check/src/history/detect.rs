//! Change points in a series that grows by a point a commit.
//!
//! [`advance`] reads a series from left to right. At every point it tests whether the current
//! segment falls into two ([`Window`]: e-divisive on ranks); if it does, the change is confirmed,
//! the segment ends there and is never looked at again. What is found up to a point therefore never
//! depends on what comes after it: going on from a kept [`State`] gives what a full run gives, and a
//! change point that was reported once is not moved or taken back.
//!
//! The level of a single look is set so that a series without any change has a false one in at most
//! 5 % of 500 commits (shown by `cargo xtask nulls`). Autocorrelation is estimated and filtered out
//! before a test (pre-whitening), since neighbouring jobs often run on the same kind of machine.

use gatehouse_core::stats::change_point::Window;
use gatehouse_core::stats::distribution::normal_quantile;
use gatehouse_core::stats::Interval;
use gatehouse_core::stats::hodges_lehmann::{Shift, two_sample};
use gatehouse_core::stats::quantile::median;
use serde::{Deserialize, Serialize};

/// The window that is tested at every point, in points: it finds a jump soon.
const SHORT: usize = 64;
/// The windows that find small changes, and every how many points of a segment they are tested.
const LONG: [(usize, usize); 3] = [(128, 8), (256, 32), (512, 128)];
/// The points on each side that the size of a change is estimated from.
const EFFECT_POINTS: usize = 64;
/// The autocorrelation is estimated from this many points, anew every so many.
const MEMORY: usize = 512;
const MEMORY_STRIDE: usize = 32;

/// How sure a change must be, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The level of a single look.
    pub alpha: f64,
    /// The confidence of the interval of a change's size.
    pub confidence: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alpha: 1e-4,
            confidence: 0.95,
        }
    }
}

/// A confirmed change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first point of the new level.
    pub at: usize,
    /// The point that confirmed it.
    pub found: usize,
    /// The probability of a split at least as clear in a segment without a change.
    pub p: f64,
    /// The relative change of level with its interval; 0.1 is 10 % more.
    pub effect: Option<Shift>,
    /// Medians before and after.
    pub levels: (f64, f64),
}

/// What has to be kept of a series to go on with it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    /// How many points have been read.
    pub seen: usize,
    /// Where the current segment begins.
    pub segment: usize,
    /// The autocorrelation at lag one that tests allow for.
    pub correlation: f64,
}

/// All change points of a series.
#[must_use]
pub fn detect(values: &[f64], settings: &Settings) -> Vec<ChangePoint> {
    advance(&mut State::default(), values, settings)
}

/// Reads the points of `values` that `state` has not seen, and returns the changes they confirm.
/// `values` is the whole series; values are finite.
pub fn advance(state: &mut State, values: &[f64], settings: &Settings) -> Vec<ChangePoint> {
    let mut found = Vec::new();
    let mut recent = recent(state, values);
    while state.seen < values.len() {
        recent.push(values[state.seen]);
        state.seen += 1;
        if recent.values().len() > SHORT {
            recent.drop_oldest();
        }
        if state.seen % MEMORY_STRIDE == 0 {
            let from = state.seen.saturating_sub(MEMORY);
            state.correlation = correlation(&values[from..state.seen]);
        }
        if let Some((at, p)) = look(state, values, &mut recent, settings.alpha) {
            found.push(change(values, state, at, p, settings.confidence));
            state.segment = at;
            recent = self::recent(state, values);
        }
    }
    found
}

/// The short window at the end of what has been seen of the current segment.
fn recent(state: &State, values: &[f64]) -> Window {
    let from = state.segment.max(state.seen.saturating_sub(SHORT));
    Window::of(from, &values[from..state.seen])
}

/// Tests the windows that end at the last point seen.
fn look(state: &State, values: &[f64], recent: &mut Window, alpha: f64) -> Option<(usize, f64)> {
    let length = state.seen - state.segment;
    let begin = state.seen - recent.values().len();
    let short = recent.best_split().map(|split| (begin, split));
    let long = LONG
        .iter()
        .filter(|(longest, stride)| length >= *longest && length.is_multiple_of(*stride))
        .filter_map(|(longest, _)| {
            let from = state.seen - longest;
            Some((from, Window::of(from, &values[from..state.seen]).best_split()?))
        });
    short.into_iter().chain(long).find_map(|(from, split)| {
        if split.p > alpha {
            return None;
        }
        let p = if state.correlation > 0.0 {
            whitened(&values[from..state.seen], state.correlation).best_split()?.p
        } else {
            split.p
        };
        (p <= alpha).then_some((from + split.at, p))
    })
}

/// What is new in each point, relative to what the point before it let expect.
fn whitened(window: &[f64], correlation: f64) -> Window {
    let log = window.iter().all(|value| *value > 0.0);
    let of = |value: f64| if log { value.ln() } else { value };
    let news: Vec<f64> = window.windows(2).map(|pair| of(pair[1]) - correlation * of(pair[0])).collect();
    Window::of(0, &news)
}

/// The autocorrelation at lag one, at least 0, from differences of normal scores: a change of level
/// touches two of the differences only, and spikes are bounded.
fn correlation(values: &[f64]) -> f64 {
    let n = values.len();
    if n < MEMORY_STRIDE {
        return 0.0;
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut score = vec![0.0; n];
    let mut at = 0;
    while at < n {
        // Ties share the score of their middle.
        let end = at + order[at..].iter().take_while(|other| values[**other] == values[order[at]]).count();
        let middle = normal_quantile((at + end) as f64 / 2.0 / n as f64);
        for tied in &order[at..end] {
            score[*tied] = middle;
        }
        at = end;
    }
    let spread = |lag: usize| {
        let sum: f64 = score.windows(lag + 1).map(|w| (w[lag] - w[0]).powi(2)).sum();
        sum / (n - lag) as f64
    };
    let (one, two) = (spread(1), spread(2));
    if one > 0.0 { (two / one - 1.0).clamp(0.0, 0.95) } else { 0.0 }
}

fn change(values: &[f64], state: &State, at: usize, p: f64, confidence: f64) -> ChangePoint {
    let before = &values[state.segment.max(at.saturating_sub(EFFECT_POINTS))..at];
    let after = &values[at..state.seen.min(at + EFFECT_POINTS)];
    let level = |part: &[f64]| median(part).unwrap_or(f64::NAN);
    ChangePoint {
        at,
        found: state.seen - 1,
        p,
        effect: relative_shift(before, after, confidence),
        levels: (level(before), level(after)),
    }
}

/// The Hodges-Lehmann estimate of the relative change from `before` to `after`.
pub(super) fn relative_shift(before: &[f64], after: &[f64], confidence: f64) -> Option<Shift> {
    let log = before.iter().chain(after).all(|value| *value > 0.0);
    let unit = median(before)?.abs();
    let scaled = |part: &[f64]| -> Vec<f64> {
        part.iter().map(|value| if log { value.ln() } else { value / unit }).collect()
    };
    let shift = two_sample(&scaled(before), &scaled(after), confidence)?;
    let back = |shift: f64| if log { shift.exp_m1() } else { shift };
    Some(Shift {
        estimate: back(shift.estimate),
        interval: Interval {
            low: back(shift.interval.low),
            high: back(shift.interval.high),
            ..shift.interval
        },
    })
}
