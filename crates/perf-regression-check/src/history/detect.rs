//! Change points in a series that grows by a point a commit.
//!
//! [`advance`] reads a series from left to right. At every point it asks whether the current
//! segment falls into two ([`Window`]: e-divisive on ranks), at two levels of certainty:
//!
//! * **confirmed**: at a level of a single look so small that a series without any change has a
//!   false one in at most 5 % of 500 commits (`cargo xtask nulls`), after autocorrelation was
//!   filtered out (pre-whitening), since neighbouring jobs often run on machines alike. The segment
//!   ends there and is never looked at again.
//! * **suspected**: at a level that finds more and errs more often (`cargo xtask histories` says how
//!   often): the change has lasted for seven points, is as large as was asked for, and shows against
//!   the ten points just before it as well.
//!
//! What is found up to a point never depends on what comes after it. Going on from a kept [`State`]
//! therefore gives what a full run gives, and a change that was reported once is not moved or taken
//! back.

use gatehouse_core::stats::Interval;
use gatehouse_core::stats::autocorrelation::largest_lag_one;
use gatehouse_core::stats::change_point::{MIN_SEGMENT, Split, Window};
use gatehouse_core::stats::hodges_lehmann::{Shift, two_sample};
use gatehouse_core::stats::quantile::median;
use gatehouse_core::stats::rank_sum::rank_sum;
use serde::{Deserialize, Serialize};

/// The windows that find a jump soon, in points: the short one is tested at every point, the near
/// one at every other.
const NEAR: usize = 20;
const NEAR_STRIDE: usize = 2;
const SHORT: usize = 64;
/// The windows that find small changes, and every how many points of a segment they are tested.
const LONG: [(usize, usize); 3] = [(128, 16), (256, 64), (512, 128)];
/// The points on each side that the size of a change is estimated from.
const EFFECT_POINTS: usize = 64;
/// The autocorrelation is estimated from at most this many points.
const MEMORY: usize = 512;
/// A suspicion needs this level in a window, so many points after the change, and this level
/// against the ten points before it.
const SUSPECT_ALPHA: f64 = 0.03;
const SUSPECT_AFTER: usize = 7;
const SUSPECT_LOCAL: usize = 10;
const SUSPECT_LOCAL_ALPHA: f64 = 0.03;
/// How far from the split of the ranks a change is placed by its values, in points.
const PLACE_REACH: usize = 10;

/// How sure a change must be, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The level of a single look at which a change is confirmed.
    pub alpha: f64,
    /// The smallest relative change that is suspected; 0.05 is 5 %.
    pub suspect_from: f64,
    /// The confidence of the interval of a change's size.
    pub confidence: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alpha: 3e-4,
            suspect_from: 0.05,
            confidence: 0.95,
        }
    }
}

/// How certain a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Worth a look; errs now and then.
    Suspected,
    /// Hardly ever wrong.
    Confirmed,
}

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first point of the new level.
    pub at: usize,
    /// The point at which it was found.
    pub found: usize,
    /// How certain it is.
    pub certainty: Certainty,
    /// The suspicion that a confirmed change bears out: its `at`.
    pub suspected_at: Option<usize>,
    /// The probability of a split at least as clear in a window without a change.
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
    /// The latest suspicion, the first point of its level.
    pub suspicion: Option<usize>,
    /// The autocorrelation at lag one that tests allow for.
    pub correlation: f64,
}

impl State {
    /// Where the current level begins, as far as suspected.
    #[must_use]
    pub fn level_begin(&self) -> usize {
        self.segment.max(self.suspicion.unwrap_or(0))
    }
}

/// All change points of a series, in the order in which they are found.
#[must_use]
pub fn detect(values: &[f64], settings: &Settings) -> Vec<ChangePoint> {
    advance(&mut State::default(), values, settings)
}

/// Reads the points of `values` that `state` has not seen, and returns the changes they show.
/// `values` is the whole series; values are finite.
pub fn advance(state: &mut State, values: &[f64], settings: &Settings) -> Vec<ChangePoint> {
    let mut found = Vec::new();
    let mut tails = Tails::of(state, values);
    while state.seen < values.len() {
        tails.push(values[state.seen]);
        state.seen += 1;
        if is_memory_due(state.seen) {
            let from = state.seen.saturating_sub(MEMORY);
            state.correlation = largest_lag_one(&values[from..state.seen]);
        }
        let short = tails.segment.best_split();
        let seen = &values[..state.seen];
        if let Some((at, p)) = confirmed(state, seen, short, settings.alpha) {
            let suspected_at = state
                .suspicion
                .filter(|before| before.abs_diff(at) <= SUSPECT_AFTER);
            found.push(ChangePoint {
                certainty: Certainty::Confirmed,
                suspected_at,
                ..change(seen, state.segment, at, p, settings.confidence)
            });
            state.segment = at;
            tails = Tails::of(state, values);
        } else if let Some((at, p)) =
            suspected(state, seen, short, &mut tails, settings.suspect_from)
        {
            found.push(change(
                seen,
                state.level_begin(),
                at,
                p,
                settings.confidence,
            ));
            state.suspicion = Some(at);
            tails = Tails::of(state, values);
        }
    }
    found
}

/// Whether the autocorrelation is estimated anew: often while little is known, seldom later.
fn is_memory_due(seen: usize) -> bool {
    let stride = match seen {
        0..32 => 8,
        32..128 => 32,
        _ => 64,
    };
    seen.is_multiple_of(stride)
}

/// The end of what has been seen, up to a number of points, and where it begins.
struct Tail {
    window: Window,
    from: usize,
    longest: usize,
}

impl Tail {
    fn of(begin: usize, seen: &[f64], longest: usize) -> Self {
        let from = begin.max(seen.len().saturating_sub(longest));
        Self {
            window: Window::of(from, &seen[from..]),
            from,
            longest,
        }
    }

    fn push(&mut self, value: f64) {
        self.window.push(value);
        if self.window.values().len() > self.longest {
            self.window.drop_oldest();
            self.from += 1;
        }
    }

    /// The best split, placed in the series.
    fn best_split(&mut self) -> Option<Split> {
        let split = self.window.best_split()?;
        Some(Split {
            at: self.from + split.at,
            ..split
        })
    }
}

/// The ends of the current segment and of the current level.
struct Tails {
    segment: Tail,
    /// Only where the level begins inside the segment's tail.
    level: Option<Tail>,
    near: Tail,
}

impl Tails {
    fn of(state: &State, values: &[f64]) -> Self {
        let (seen, begin) = (&values[..state.seen], state.level_begin());
        let segment = Tail::of(state.segment, seen, SHORT);
        Self {
            level: (begin > segment.from).then(|| Tail::of(begin, seen, SHORT)),
            near: Tail::of(begin, seen, NEAR),
            segment,
        }
    }

    fn push(&mut self, value: f64) {
        self.segment.push(value);
        self.near.push(value);
        if let Some(level) = &mut self.level {
            level.push(value);
            if level.from <= self.segment.from {
                self.level = None;
            }
        }
    }
}

/// Where the current segment certainly falls into two, and the probability of that by chance.
fn confirmed(
    state: &State,
    seen: &[f64],
    short: Option<Split>,
    alpha: f64,
) -> Option<(usize, f64)> {
    let length = seen.len() - state.segment;
    let long = LONG
        .iter()
        .filter(|(longest, stride)| length >= *longest && length.is_multiple_of(*stride))
        .filter_map(|(longest, _)| {
            Some((
                *longest,
                Tail::of(state.segment, seen, *longest).best_split()?,
            ))
        });
    short
        .map(|split| (SHORT, split))
        .into_iter()
        .chain(long)
        .find_map(|(longest, split)| {
            if split.p > alpha {
                return None;
            }
            let from = state.segment.max(seen.len().saturating_sub(longest));
            let p = if state.correlation > 0.0 {
                whitened(&seen[from..], state.correlation).best_split()?.p
            } else {
                split.p
            };
            (p <= alpha).then_some((placed(seen, state.segment, split.at), p))
        })
}

/// Where the current level probably falls into two.
fn suspected(
    state: &State,
    seen: &[f64],
    short: Option<Split>,
    tails: &mut Tails,
    from: f64,
) -> Option<(usize, f64)> {
    let begin = state.level_begin();
    let long = match &mut tails.level {
        Some(level) => level.best_split(),
        None => short,
    };
    let near = if seen.len() - begin > NEAR && seen.len().is_multiple_of(NEAR_STRIDE) {
        tails.near.best_split()
    } else {
        None
    };
    near.into_iter().chain(long).find_map(|split| {
        if split.p > SUSPECT_ALPHA || seen.len() - split.at < SUSPECT_AFTER {
            return None;
        }
        let local = &seen[begin.max(split.at.saturating_sub(SUSPECT_LOCAL))..split.at];
        let after = &seen[split.at..];
        let level = median(after)?;
        let large = |before: &[f64]| {
            median(before).is_some_and(|old| (level - old).abs() >= from * old.abs())
        };
        let plain = large(local)
            && large(&seen[begin.max(seen.len().saturating_sub(SHORT))..split.at])
            && rank_sum(local, &after[..after.len().min(SUSPECT_LOCAL)]).p <= SUSPECT_LOCAL_ALPHA;
        plain.then_some((placed(seen, begin, split.at), split.p))
    })
}

/// Where a change that the ranks show took place: near their split, where the points lie closest to the
/// levels before and after. Ranks alone put the last high points of an old level with the new one
/// now and then, however far apart the levels are.
fn placed(seen: &[f64], begin: usize, at: usize) -> usize {
    let from = begin.max(at.saturating_sub(EFFECT_POINTS));
    let (Some(before), Some(after)) = (median(&seen[from..at]), median(&seen[at..])) else {
        return at;
    };
    let first = (at.saturating_sub(PLACE_REACH)).max(begin + MIN_SEGMENT);
    let last = (at + PLACE_REACH).min(seen.len().saturating_sub(MIN_SEGMENT));
    if first >= last {
        return at;
    }
    // What it costs to say that the new level begins later by one point.
    let steps = seen[first..last]
        .iter()
        .map(|value| (value - before).abs() - (value - after).abs());
    let mut cost = 0.0;
    let costs = steps.map(|step| {
        cost += step;
        cost
    });
    let places = (first..).zip(std::iter::once(0.0).chain(costs));
    let best = places.min_by(|(a, cost_a), (b, cost_b)| {
        let distance = a.abs_diff(at).cmp(&b.abs_diff(at));
        cost_a.total_cmp(cost_b).then(distance)
    });
    best.map_or(at, |(place, _)| place)
}

/// What is new in each point, relative to what the point before it let expect.
fn whitened(window: &[f64], correlation: f64) -> Window {
    let log = window.iter().all(|value| *value > 0.0);
    let of = |value: f64| if log { value.ln() } else { value };
    let news: Vec<f64> = window
        .windows(2)
        .map(|pair| of(pair[1]) - correlation * of(pair[0]))
        .collect();
    Window::of(0, &news)
}

fn change(seen: &[f64], begin: usize, at: usize, p: f64, confidence: f64) -> ChangePoint {
    let before = &seen[begin.max(at.saturating_sub(EFFECT_POINTS))..at];
    let after = &seen[at..seen.len().min(at + EFFECT_POINTS)];
    let level = |part: &[f64]| median(part).unwrap_or(f64::NAN);
    ChangePoint {
        at,
        found: seen.len() - 1,
        certainty: Certainty::Suspected,
        suspected_at: None,
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
        part.iter()
            .map(|value| if log { value.ln() } else { value / unit })
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise without a generator: fractional parts of multiples of the golden ratio, scrambled.
    fn noise(at: usize) -> f64 {
        ((at * at) as f64 * 0.618_033_988_749_895).fract() - 0.5
    }

    fn series(steps: &[(usize, f64)]) -> Vec<f64> {
        let mut values = Vec::new();
        for (count, level) in steps {
            for _ in 0..*count {
                values.push(level * (1.0 + 0.04 * noise(values.len())));
            }
        }
        values
    }

    #[test]
    fn a_jump_is_suspected_then_confirmed_at_its_place() {
        let found = detect(&series(&[(30, 100.0), (20, 110.0)]), &Settings::default());
        let what: Vec<(Certainty, usize)> = found.iter().map(|c| (c.certainty, c.at)).collect();
        assert_eq!(
            what,
            [(Certainty::Suspected, 30), (Certainty::Confirmed, 30)]
        );
        assert_eq!(found[1].suspected_at, Some(30));
        let effect = found[1].effect.unwrap();
        assert!(
            (effect.estimate - 0.1).abs() < 0.02 && effect.interval.low > 0.05,
            "{effect:?}"
        );
    }

    #[test]
    fn a_change_is_placed_where_the_values_change() {
        // The two points before the jump are the highest of the old level.
        let mut values = series(&[(98, 100.0)]);
        values.extend([103.0, 103.0]);
        values.extend(series(&[(20, 130.0)]));
        let found = detect(&values, &Settings::default());
        assert!(found.iter().all(|change| change.at == 100), "{found:?}");
        assert_eq!(found.last().unwrap().certainty, Certainty::Confirmed);
    }

    #[test]
    fn unchanged_constant_and_short_series_have_none() {
        for values in [
            series(&[(300, 5.0)]),
            vec![7.0; 100],
            vec![0.0; 50],
            series(&[(5, 1.0)]),
            vec![],
        ] {
            assert_eq!(detect(&values, &Settings::default()), []);
        }
    }

    #[test]
    fn a_lone_spike_is_no_change() {
        let mut values = series(&[(80, 10.0)]);
        (values[40], values[41]) = (30.0, 31.0);
        assert_eq!(detect(&values, &Settings::default()), []);
    }

    #[test]
    fn going_on_from_a_kept_state_gives_what_a_full_run_gives() {
        let values = series(&[(40, 10.0), (9, 13.0), (60, 10.0), (200, 10.6), (8, 12.0)]);
        let full = detect(&values, &Settings::default());
        assert!(full.len() >= 5, "{full:?}");
        for step in [1, 7, 50] {
            let (mut state, mut parts) = (State::default(), Vec::new());
            for end in (0..values.len()).step_by(step).chain([values.len()]) {
                let kept: State =
                    serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
                state = kept;
                parts.extend(advance(&mut state, &values[..end], &Settings::default()));
            }
            assert_eq!(parts, full, "{step} at a time");
        }
    }
}
