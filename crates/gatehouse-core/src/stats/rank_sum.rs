//! The Mann-Whitney U test (Wilcoxon rank sum), two-sided.
//!
//! Exact where that is cheap, with the limits that benchstat uses: up to 50 values a side without
//! ties, up to 25 with ties, where the distribution is taken conditionally on the observed ties
//! (every split of the pooled midranks is equally likely). Beyond, the normal approximation with
//! tie and continuity correction. The two-sided p is twice the smaller tail, at most 1.
//!
//! Source: Mann & Whitney 1947; Hollander, Wolfe & Chicken, *Nonparametric Statistical Methods*,
//! 3rd ed., section 4.1.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::distribution::normal_sf;

/// Largest side for the exact distribution without ties.
pub const EXACT_LIMIT: usize = 50;
/// Largest side for the exact distribution with ties.
pub const EXACT_TIES_LIMIT: usize = 25;

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankSum {
    /// U of the first sample: pairs in which it is larger, ties counting one half.
    pub u: f64,
    /// The two-sided p-value.
    pub p: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
}

/// Tests whether `x` and `y` come from one distribution. With an empty side p is 1.
#[must_use]
pub fn rank_sum(x: &[f64], y: &[f64]) -> RankSum {
    let (n, m) = (x.len(), y.len());
    if n == 0 || m == 0 {
        return RankSum {
            u: 0.0,
            p: 1.0,
            exact: true,
        };
    }
    let pooled = Pooled::of(x, y);
    // Twice the rank sum is an integer even with midranks.
    let u = (pooled.doubled_rank_sum as f64) / 2.0 - (n * (n + 1)) as f64 / 2.0;
    if pooled.tie_term == 0.0 && n.max(m) <= EXACT_LIMIT {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "without ties U is a small count"
        )]
        let at = u as usize;
        let tails = untied(n, m);
        return RankSum {
            u,
            p: two_sided(tails[at], tails[n * m - at]),
            exact: true,
        };
    }
    if n.max(m) <= EXACT_TIES_LIMIT {
        return RankSum {
            u,
            p: exact_with_ties(&pooled, n),
            exact: true,
        };
    }
    RankSum {
        u,
        p: approximate(&pooled, u, n, m),
        exact: false,
    }
}

/// The smallest p-value that any data of these sizes can give without ties.
#[must_use]
pub fn smallest_p(n: usize, m: usize) -> f64 {
    let mut choose = 1.0_f64;
    for i in 1..=n.min(m) {
        choose *= (n.max(m) + i) as f64 / i as f64;
    }
    (2.0 / choose).min(1.0)
}

/// Cumulative probabilities, shared between threads.
type Tails = Arc<Vec<f64>>;

/// P(U <= k) without ties, for k in 0..=n*m; shared, since suites compare many pairs of one size.
pub(super) fn untied(n: usize, m: usize) -> Tails {
    static CACHE: OnceLock<Mutex<HashMap<(usize, usize), Tails>>> = OnceLock::new();
    let key = (n.min(m), n.max(m));
    let cache = CACHE.get_or_init(Mutex::default);
    if let Some(found) = cache.lock().ok().and_then(|map| map.get(&key).cloned()) {
        return found;
    }
    let ranks: Vec<usize> = (1..=n + m).collect();
    let counts = subset_sums(&ranks, key.0);
    let lowest = key.0 * (key.0 + 1) / 2;
    let tails = Arc::new(cumulative(&counts[lowest..=lowest + n * m]));
    if let Ok(mut map) = cache.lock() {
        map.insert(key, Arc::clone(&tails));
    }
    tails
}

struct Pooled {
    /// Twice the midrank of every value, in order.
    doubled_ranks: Vec<usize>,
    /// Twice the sum of the first sample's midranks.
    doubled_rank_sum: usize,
    /// The sum of t^3 - t over groups of t tied values.
    tie_term: f64,
}

impl Pooled {
    fn of(x: &[f64], y: &[f64]) -> Self {
        let mut all: Vec<(f64, bool)> = x
            .iter()
            .map(|v| (*v, true))
            .chain(y.iter().map(|v| (*v, false)))
            .collect();
        all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut pooled = Self {
            doubled_ranks: Vec::with_capacity(all.len()),
            doubled_rank_sum: 0,
            tie_term: 0.0,
        };
        let mut start = 0;
        while start < all.len() {
            let end = start
                + all[start..]
                    .iter()
                    .take_while(|(value, _)| *value == all[start].0)
                    .count();
            let midrank = start + 1 + end;
            let tied = (end - start) as f64;
            pooled.tie_term += tied * tied * tied - tied;
            for (_, first) in &all[start..end] {
                pooled.doubled_ranks.push(midrank);
                if *first {
                    pooled.doubled_rank_sum += midrank;
                }
            }
            start = end;
        }
        pooled
    }
}

/// How many subsets of `size` items have each sum.
///
/// The items must be in ascending order: then the largest sum so far is that of the last ones seen,
/// and neither sums nor sizes that cannot occur any more are gone through.
fn subset_sums(items: &[usize], size: usize) -> Vec<f64> {
    let mut sums_to = vec![0];
    sums_to.extend(items.iter().scan(0, |sum, item| {
        *sum += item;
        Some(*sum)
    }));
    let width = sums_to[items.len()] - sums_to[items.len() - size] + 1;
    let mut counts = vec![0.0_f64; (size + 1) * width];
    counts[0] = 1.0;
    for (index, item) in items.iter().enumerate() {
        let seen = index + 1;
        // With fewer chosen than this, the items left could not fill the subset.
        let fewest = (size + seen).saturating_sub(items.len()).max(1);
        for chosen in (fewest..=size.min(seen)).rev() {
            let largest = sums_to[seen] - sums_to[seen - chosen];
            let (below, row) = counts.split_at_mut(chosen * width);
            let below = &below[(chosen - 1) * width..];
            for (count, other) in row[*item..=largest].iter_mut().zip(below) {
                *count += other;
            }
        }
    }
    counts.split_off(size * width)
}

fn cumulative(counts: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    let mut sum = 0.0;
    counts
        .iter()
        .map(|count| {
            sum += count;
            sum / total
        })
        .collect()
}

fn two_sided(lower: f64, upper: f64) -> f64 {
    (2.0 * lower.min(upper)).min(1.0)
}

fn exact_with_ties(pooled: &Pooled, n: usize) -> f64 {
    let counts = subset_sums(&pooled.doubled_ranks, n);
    let total: f64 = counts.iter().sum();
    let at = pooled.doubled_rank_sum;
    let lower: f64 = counts[..=at].iter().sum();
    let upper: f64 = counts[at..].iter().sum();
    two_sided(lower / total, upper / total)
}

fn approximate(pooled: &Pooled, u: f64, n: usize, m: usize) -> f64 {
    let (n, m) = (n as f64, m as f64);
    let all = n + m;
    let variance = n * m / 12.0 * (all + 1.0 - pooled.tie_term / (all * (all - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = ((u - n * m / 2.0).abs() - 0.5) / variance.sqrt();
    (2.0 * normal_sf(distance)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separated_samples_reach_the_smallest_p() {
        let result = rank_sum(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]);
        assert_eq!((result.u, result.p), (0.0, 0.1));
        assert!((smallest_p(3, 3) - 0.1).abs() < 1e-15);
        assert!((smallest_p(10, 10) - 2.0 / 184_756.0).abs() < 1e-18);
    }

    #[test]
    fn all_values_tied_is_no_evidence() {
        assert_eq!(rank_sum(&[1.0; 8], &[1.0; 9]).p, 1.0);
        assert_eq!(rank_sum(&[1.0; 80], &[1.0; 90]).p, 1.0);
        assert_eq!(rank_sum(&[], &[1.0]).p, 1.0);
    }

    /// All splits of the pooled values, counted one by one.
    fn brute(x: &[f64], y: &[f64]) -> f64 {
        let pooled = Pooled::of(x, y);
        let (mut lower, mut upper, mut total) = (0, 0, 0);
        for mask in 0_u32..1 << pooled.doubled_ranks.len() {
            if mask.count_ones() as usize == x.len() {
                let sum: usize = pooled
                    .doubled_ranks
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| mask >> i & 1 == 1)
                    .map(|(_, r)| r)
                    .sum();
                total += 1;
                lower += usize::from(sum <= pooled.doubled_rank_sum);
                upper += usize::from(sum >= pooled.doubled_rank_sum);
            }
        }
        two_sided(
            f64::from(u32::try_from(lower).unwrap()) / f64::from(total),
            upper as f64 / f64::from(total),
        )
    }

    proptest! {
        #[test]
        fn exact_equals_enumeration(x in proptest::collection::vec(0_u8..6, 1..6), y in proptest::collection::vec(0_u8..6, 1..6)) {
            let x: Vec<f64> = x.into_iter().map(f64::from).collect();
            let y: Vec<f64> = y.into_iter().map(f64::from).collect();
            prop_assert!((rank_sum(&x, &y).p - brute(&x, &y)).abs() < 1e-12);
        }

        #[test]
        fn swapping_sides_changes_nothing(x in proptest::collection::vec(-5.0..5.0_f64, 1..60), y in proptest::collection::vec(-5.0..5.0_f64, 1..60)) {
            prop_assert!((rank_sum(&x, &y).p - rank_sum(&y, &x).p).abs() < 1e-12);
        }
    }
}
