//! E-divisive change-point statistics on ranks, with a null that is the same for every shape of noise.
//!
//! The energy distance between the points before and after a split, times `m (n - m) / n`, is the
//! statistic of e-divisive (Matteson and James, "A nonparametric approach for multiple change point
//! analysis of multivariate data", JASA 109, 2014). Taken over the *ranks* of a window its null
//! distribution depends on the window's length alone, so the quantiles of its maximum over all
//! splits are tabulated once ([`null_tail`]) instead of permuted for each series. In one dimension it
//! is twice the two-sample Cramér–von Mises statistic W², and is kept in that unit here, with
//! Stephens' correction for small samples (JRSS B 32, 1970), which puts splits near an end on the
//! scale of those in the middle.

use std::cmp::Ordering;

use wide::i16x8;

mod null;

/// The fewest points on a side of a split.
pub const MIN_SEGMENT: usize = 3;
/// The longest window that can be tested, in points.
pub const LONGEST: usize = 1023;

/// The best split of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// How many points stand before it.
    pub at: usize,
    /// Its corrected W².
    pub statistic: f64,
    /// The probability of a maximum at least as large in an unchanged, uncorrelated window.
    pub p: f64,
}

/// A window of points with their ranks, kept up to date as points come and go.
///
/// Ties are ranked in the order of a fixed shuffle of their places, as a permutation test would.
#[derive(Debug, Clone, Default)]
pub struct Window {
    values: Vec<f64>,
    /// The rank of each value, from 0. Sixteen bits, so that the scan works on vectors of eight.
    ranks: Vec<i16>,
    /// The place in the series of the next point.
    next: u32,
    corrections: Vec<Correction>,
}

impl Window {
    /// An empty window whose first point will be at place `next` of its series.
    #[must_use]
    pub fn starting_at(next: usize) -> Self {
        Self {
            next: u32::try_from(next).unwrap_or(u32::MAX),
            ..Self::default()
        }
    }

    /// The points, oldest first.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Takes in a point, which must be finite. A window holds [`LONGEST`] points; beyond that the
    /// oldest goes.
    pub fn push(&mut self, value: f64) {
        if self.values.len() == LONGEST {
            self.drop_oldest();
        }
        // Counting and comparing apart, without branches: this runs once a point.
        let mut rank = self
            .values
            .iter()
            .map(|known| i16::from(*known < value))
            .sum();
        let mut larger = 0;
        for (known, known_rank) in self.values.iter().zip(&mut self.ranks) {
            let above = i16::from(*known > value);
            *known_rank += above;
            larger += above;
        }
        if usize::try_from(rank + larger) != Ok(self.values.len()) {
            rank += self.place_among_equals(value);
        }
        self.values.push(value);
        self.ranks.push(rank);
        self.next = self.next.wrapping_add(1);
    }

    /// Ranks `value` among the points that equal it; returns how many of them come before it.
    fn place_among_equals(&mut self, value: f64) -> i16 {
        let key = shuffled(self.next);
        let first = self
            .next
            .wrapping_sub(u32::try_from(self.values.len()).unwrap_or(0));
        let mut before = 0;
        for (place, (known, rank)) in (first..).zip(self.values.iter().zip(&mut self.ranks)) {
            if *known == value {
                let below = shuffled(place) < key;
                before += i16::from(below);
                *rank += i16::from(!below);
            }
        }
        before
    }

    /// The window of the points of `values` from place `from` of their series on: what pushing them
    /// one by one gives, only sooner. Of more than [`LONGEST`] the last are taken.
    #[must_use]
    pub fn of(from: usize, values: &[f64]) -> Self {
        let skipped = values.len().saturating_sub(LONGEST);
        let (from, values) = (from + skipped, &values[skipped..]);
        let mut window = Self::starting_at(from);
        let mut order: Vec<(f64, u32, u16)> = (window.next..)
            .zip(0..)
            .zip(values)
            .map(|((place, at), value)| (*value, shuffled(place), at))
            .collect();
        // Zeros of both signs are equal here, as they are for `push`.
        order.sort_unstable_by(|a, b| {
            a.0.partial_cmp(&b.0)
                .unwrap_or(Ordering::Equal)
                .then(a.1.cmp(&b.1))
        });
        window.next = window
            .next
            .wrapping_add(u32::try_from(values.len()).unwrap_or(0));
        window.values.extend_from_slice(values);
        window.ranks.resize(values.len(), 0);
        for (rank, (.., at)) in (0..).zip(order) {
            window.ranks[usize::from(at)] = rank;
        }
        window
    }

    /// Lets the oldest point go.
    pub fn drop_oldest(&mut self) {
        if self.values.is_empty() {
            return;
        }
        self.values.remove(0);
        let gone = self.ranks.remove(0);
        for rank in &mut self.ranks {
            *rank -= i16::from(*rank > gone);
        }
    }

    /// The split that tells its two parts apart best; both have at least [`MIN_SEGMENT`] points.
    /// `None` when the window is too short.
    #[must_use]
    pub fn best_split(&mut self) -> Option<Split> {
        let n = self.ranks.len();
        if n < 2 * MIN_SEGMENT {
            return None;
        }
        self.corrections
            .extend((self.corrections.len()..n).map(Correction::of));
        // With D_t(k) = n S_t(k) - t (k + 1), where S_t(k) counts the ranks up to k among the first t
        // points, W² = sum of D_t(k)² / (n² t (n - t)). `square` follows that sum from one t to the
        // next; every number in it is whole and far below 2^63.
        let size = i64::try_from(n).unwrap_or(0);
        let scale = 1.0 / (n as f64 * n as f64);
        let all_squares = size * (size + 1) * (2 * size + 1) / 6;
        let (mut square, mut weighted) = (0_i64, 0_i64);
        let (mut best, mut statistic) = (0, f64::NEG_INFINITY);
        let grouped = Grouped::of(&self.ranks);
        for ((t, count), rank) in (0_i64..).zip(0..).zip(&self.ranks[..n - MIN_SEGMENT]) {
            let r = i64::from(*rank);
            // Sums over k >= r of (k + 1), and of D_t(k).
            let steps = (size * (size + 1) - r * (r + 1)) / 2;
            let counted = t * size - i64::from(grouped.larger_sum(count, *rank));
            let tail = size * counted - t * steps;
            square += all_squares - 2 * weighted + size * (size * (size - r) + 2 * (tail - steps));
            weighted += size * steps - all_squares;
            let (before, after) = (count + 1, n - count - 1);
            if before < MIN_SEGMENT {
                continue;
            }
            // Products of reciprocals: a division here would be half of the whole cost.
            let (left, right) = (&self.corrections[before], &self.corrections[after]);
            let w2 = square as f64 * scale * left.reciprocal * right.reciprocal;
            let corrected = if before < after { left } else { right }.apply(w2);
            if corrected > statistic {
                (best, statistic) = (before, corrected);
            }
        }
        Some(Split {
            at: best,
            statistic,
            p: null_tail(n, statistic),
        })
    }
}

/// The lanes that are added side by side.
const LANES: usize = 8;
/// Groups of lanes for the longest window.
const GROUPS: usize = LONGEST.div_ceil(LANES);

/// A window's ranks as vectors in so many words: programs are built for size, where compilers make
/// none.
struct Grouped {
    groups: [i16x8; GROUPS],
    /// For a number of lanes: -1, which is below every rank, in the others.
    without: [i16x8; LANES],
}

impl Grouped {
    fn of(ranks: &[i16]) -> Self {
        let mut groups = [i16x8::ZERO; GROUPS];
        let (whole, rest) = ranks.as_chunks::<LANES>();
        for (group, ranks) in groups.iter_mut().zip(whole) {
            *group = i16x8::new(*ranks);
        }
        if let Some(group) = groups.get_mut(whole.len()) {
            let mut last = [0; LANES];
            last[..rest.len()].copy_from_slice(rest);
            *group = i16x8::new(last);
        }
        let mut without = [i16x8::ZERO; LANES];
        let mut lanes = [-1; LANES];
        for (kept, mask) in without.iter_mut().enumerate() {
            *mask = i16x8::new(lanes);
            lanes[kept] = 0;
        }
        Self { groups, without }
    }

    /// The sum of `max(e, rank)` over the first `count` ranks: each earlier rank e counts for every k
    /// from there on.
    fn larger_sum(&self, count: usize, rank: i16) -> i32 {
        // A lane of sixteen bits holds so many ranks below LONGEST.
        const MOST: usize = i16::MAX as usize / LONGEST;
        let (whole, rest) = (count / LANES, count % LANES);
        let ranks = i16x8::splat(rank);
        let mut lanes = (self.groups[whole] | self.without[rest]).max(ranks);
        let (mut sum, mut room) = (0, MOST - 1);
        for earlier in &self.groups[..whole] {
            if room == 0 {
                sum += lanes.dot(i16x8::ONE).reduce_add();
                (lanes, room) = (i16x8::ZERO, MOST);
            }
            lanes += earlier.max(ranks);
            room -= 1;
        }
        sum += lanes.dot(i16x8::ONE).reduce_add();
        // The lanes without a rank gave `rank`.
        let empty = i32::try_from(LANES - rest).unwrap_or(0);
        sum - empty * i32::from(rank)
    }
}

/// Stephens' correction of W² where the smaller part has a number of points.
#[derive(Debug, Clone, Copy)]
struct Correction {
    reciprocal: f64,
    less: f64,
    times: f64,
}

impl Correction {
    fn of(points: usize) -> Self {
        let m = points.max(1) as f64;
        Self {
            reciprocal: 1.0 / m,
            less: 0.4 / m - 0.6 / (m * m),
            times: 1.0 + 1.0 / m,
        }
    }

    fn apply(self, w2: f64) -> f64 {
        (w2 - self.less) * self.times
    }
}

/// P(maximum over all splits >= `statistic`) in a window of `n` exchangeable points: from a table
/// of simulated permutations, log-linear between its entries and beyond its last.
#[must_use]
pub fn null_tail(n: usize, statistic: f64) -> f64 {
    let row = null::QUANTILES
        .iter()
        .rev()
        .find(|(length, _)| *length <= n)
        .map_or(&null::QUANTILES[0].1, |(_, row)| row);
    let points = || {
        null::TAILS
            .iter()
            .zip(row)
            .filter(|(_, quantile)| quantile.is_finite())
    };
    let known = points()
        .filter(|(_, quantile)| **quantile <= statistic)
        .count();
    let pick = |index: usize| points().nth(index);
    let (low, high) = match (known, pick(known)) {
        (0, _) => return 1.0,
        (1, None) => return null::TAILS[0],
        (_, Some(_)) => (known - 1, known),
        // Past the table: the last slope goes on, as the tail is an exponential's.
        (_, None) if known == null::TAILS.len() => (known - 2, known - 1),
        // A short window cannot be more surprising than this.
        (_, None) => return pick(known - 1).map_or(1.0, |(tail, _)| *tail),
    };
    match (pick(low), pick(high)) {
        (Some((p0, q0)), Some((p1, q1))) if q1 > q0 => {
            (p0.ln() + (p1.ln() - p0.ln()) * (statistic - q0) / (q1 - q0)).exp()
        }
        (Some((p0, _)), _) => *p0,
        _ => 1.0,
    }
}

/// A fixed bijection of 32-bit numbers that mixes well (the finaliser of `MurmurHash3`).
fn shuffled(at: u32) -> u32 {
    let mut h = at.wrapping_add(0x9e37_79b9);
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// W² of a split by its definition, corrected: what [`Window::best_split`] follows from split to
    /// split.
    fn by_definition(window: &[f64], at: usize) -> f64 {
        let (before, after) = window.split_at(at);
        let below = |part: &[f64], value: f64| {
            part.iter().filter(|other| **other <= value).count() as f64 / part.len() as f64
        };
        let distance: f64 = window
            .iter()
            .map(|value| (below(before, *value) - below(after, *value)).powi(2))
            .sum();
        let (m, n) = (before.len() as f64, after.len() as f64);
        let w2 = m * n / (m + n).powi(2) * distance;
        Correction::of(before.len().min(after.len())).apply(w2)
    }

    fn distinct() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::hash_set(0..100_000_i32, 6..80)
            .prop_map(|values| values.into_iter().map(f64::from).collect::<Vec<f64>>())
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn the_best_split_is_the_best_by_definition(values in distinct()) {
            let split = Window::of(0, &values).best_split().unwrap();
            let best = (MIN_SEGMENT..=values.len() - MIN_SEGMENT).map(|at| by_definition(&values, at)).fold(f64::MIN, f64::max);
            prop_assert!((split.statistic - best).abs() < 1e-9, "{} {}", split.statistic, best);
            prop_assert!((by_definition(&values, split.at) - best).abs() < 1e-9);
        }

        #[test]
        fn a_sliding_window_is_the_window_of_its_points(
            values in prop::collection::vec((0..20_i32).prop_map(f64::from), 1..60),
            longest in 6_usize..20,
        ) {
            let mut sliding = Window::starting_at(0);
            for (at, value) in values.iter().enumerate() {
                sliding.push(*value);
                if sliding.values().len() > longest {
                    sliding.drop_oldest();
                }
                let from = (at + 1).saturating_sub(longest);
                let mut anew = Window::of(from, &values[from..=at]);
                prop_assert_eq!(&sliding.ranks, &anew.ranks);
                prop_assert_eq!(sliding.best_split(), anew.best_split());
            }
        }

        #[test]
        fn a_clearer_split_is_never_more_probable(n in 6_usize..600, a in 0.0..5.0_f64, b in 0.0..5.0_f64) {
            prop_assert!(null_tail(n, a.max(b)) <= null_tail(n, a.min(b)));
            prop_assert!((0.0..=1.0).contains(&null_tail(n, a)));
        }
    }

    #[test]
    fn the_table_holds_for_shuffles_it_was_not_made_of() {
        const SHUFFLES: usize = 4000;
        let mut state = 12_345_u32;
        let mut values: Vec<f64> = (0..40).map(f64::from).collect();
        let mut at_most = [0; 2];
        for _ in 0..SHUFFLES {
            for last in (1..values.len()).rev() {
                state = shuffled(state);
                values.swap(last, state as usize % (last + 1));
            }
            let p = Window::of(0, &values).best_split().unwrap().p;
            at_most[0] += usize::from(p <= 0.1);
            at_most[1] += usize::from(p <= 0.01);
        }
        // 400 and 40 are expected; four standard deviations are 76 and 25.
        assert!(
            at_most[0].abs_diff(400) < 76 && at_most[1].abs_diff(40) < 25,
            "{at_most:?}"
        );
    }

    #[test]
    fn windows_that_are_too_short_have_no_split() {
        assert_eq!(Window::of(0, &[1.0; 5]).best_split(), None);
        let long: Vec<f64> = (0..LONGEST + 9).map(|value| value as f64).collect();
        assert_eq!(Window::of(0, &long).values().len(), LONGEST);
    }
}
