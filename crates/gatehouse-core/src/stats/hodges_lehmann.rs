//! Hodges-Lehmann estimates of a shift, with their distribution-free intervals.
//!
//! Two samples: the median of all differences `y - x`, bounded by the order statistics that the
//! rank-sum distribution names (Moses). Pairs: the median of all Walsh averages `(d_i + d_j) / 2`,
//! bounded likewise through the signed-rank distribution (Tukey). Order statistics of these n*m
//! values are found without listing them, by bisection over the floating-point numbers.
//!
//! Source: Hodges & Lehmann 1963; Hollander, Wolfe & Chicken, sections 3.2, 3.3, 4.2, 4.3.

use super::distribution::normal_quantile;
use super::{Interval, rank_sum, signed_rank, sorted};

/// An estimated shift and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The estimate.
    pub estimate: f64,
    /// Its confidence interval; unbounded when the samples are too few for the confidence.
    pub interval: Interval,
}

/// The shift from `x` to `y`. `None` when a side is empty.
#[must_use]
pub fn two_sample(x: &[f64], y: &[f64], confidence: f64) -> Option<Shift> {
    if x.is_empty() || y.is_empty() {
        return None;
    }
    let values = Differences {
        x: sorted(x),
        y: sorted(y),
    };
    let (n, m) = (x.len(), y.len());
    let tail = (1.0 - confidence) / 2.0;
    let (k, reached) = if n.max(m) <= rank_sum::EXACT_LIMIT {
        let tails = rank_sum::untied(n, m);
        let k = tails.partition_point(|p| *p <= tail);
        (k, if k == 0 { 0.0 } else { tails[k - 1] })
    } else {
        let (mean, sd) = (
            (n * m) as f64 / 2.0,
            ((n * m * (n + m + 1)) as f64 / 12.0).sqrt(),
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a count"
        )]
        let k = (mean + normal_quantile(tail) * sd + 0.5).floor().max(0.0) as usize;
        (k, tail)
    };
    Some(shift(&values, n * m, k, reached))
}

/// The shift of paired differences from zero. `None` when there are none.
#[must_use]
pub fn paired(differences: &[f64], confidence: f64) -> Option<Shift> {
    let n = differences.len();
    if n == 0 {
        return None;
    }
    let (k, reached) = signed_rank::critical(n, (1.0 - confidence) / 2.0);
    Some(shift(
        &Walsh {
            d: sorted(differences),
        },
        n * (n + 1) / 2,
        k,
        reached,
    ))
}

fn shift(values: &impl Ordered, count: usize, k: usize, tail: f64) -> Shift {
    let median = f64::midpoint(kth(values, count.div_ceil(2)), kth(values, count / 2 + 1));
    let interval = if k == 0 {
        Interval::unbounded()
    } else {
        Interval {
            low: kth(values, k),
            high: kth(values, count + 1 - k),
            confidence: 1.0 - 2.0 * tail,
        }
    };
    Shift {
        estimate: median,
        interval,
    }
}

/// A multiset too large to list, that can count its members up to a bound.
trait Ordered {
    fn at_most(&self, bound: f64) -> usize;
    fn range(&self) -> (f64, f64);
}

struct Differences {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Ordered for Differences {
    fn at_most(&self, bound: f64) -> usize {
        // For growing y, ever fewer x are small enough: one walk over both.
        let mut first = 0;
        let mut count = 0;
        for y in &self.y {
            while first < self.x.len() && y - self.x[first] > bound {
                first += 1;
            }
            count += self.x.len() - first;
        }
        count
    }

    fn range(&self) -> (f64, f64) {
        (
            self.y[0] - self.x[self.x.len() - 1],
            self.y[self.y.len() - 1] - self.x[0],
        )
    }
}

struct Walsh {
    d: Vec<f64>,
}

impl Ordered for Walsh {
    fn at_most(&self, bound: f64) -> usize {
        let mut partners = self.d.len();
        let mut count = 0;
        for (i, low) in self.d.iter().enumerate() {
            while partners > 0 && f64::midpoint(*low, self.d[partners - 1]) > bound {
                partners -= 1;
            }
            if partners <= i {
                break;
            }
            count += partners - i;
        }
        count
    }

    fn range(&self) -> (f64, f64) {
        (self.d[0], self.d[self.d.len() - 1])
    }
}

/// The k-th smallest member, k from 1: exact, since floats are bisected by their order.
fn kth(values: &impl Ordered, k: usize) -> f64 {
    let (low, high) = values.range();
    let (mut low, mut high) = (to_order(low), to_order(high));
    while low < high {
        let middle = low + ((high - low) >> 1);
        if values.at_most(from_order(middle)) >= k {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    // Zero has two spellings; the positive one prints better.
    from_order(low) + 0.0
}

/// Maps floats to integers of the same order.
fn to_order(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

fn from_order(order: u64) -> f64 {
    f64::from_bits(if order >> 63 == 1 {
        order & !(1 << 63)
    } else {
        !order
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn median(values: &[f64]) -> f64 {
        let values = sorted(values);
        let n = values.len();
        f64::midpoint(values[(n - 1) / 2], values[n / 2])
    }

    #[test]
    fn too_few_samples_bound_nothing() {
        let shift = two_sample(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], 0.95).unwrap();
        assert_eq!(shift.estimate, 1.0);
        assert!(!shift.interval.is_bounded());
        assert!(!paired(&[1.0; 5], 0.95).unwrap().interval.is_bounded());
        assert_eq!(paired(&[1.0; 6], 0.95).unwrap().interval.low, 1.0);
        assert!(two_sample(&[], &[1.0], 0.95).is_none() && paired(&[], 0.95).is_none());
    }

    proptest! {
        #[test]
        fn order_statistics_equal_those_of_the_list(
            x in proptest::collection::vec(-3.0..3.0_f64, 1..20),
            y in proptest::collection::vec(-3.0..3.0_f64, 1..20),
        ) {
            let mut all: Vec<f64> = y.iter().flat_map(|y| x.iter().map(move |x| y - x)).collect();
            all.sort_unstable_by(f64::total_cmp);
            let values = Differences { x: sorted(&x), y: sorted(&y) };
            for (index, value) in all.iter().enumerate() {
                prop_assert_eq!(kth(&values, index + 1), *value);
            }
            prop_assert!((two_sample(&x, &y, 0.95).unwrap().estimate - median(&all)).abs() < 1e-12);

            let mut walsh = Vec::new();
            for i in 0..x.len() {
                for j in i..x.len() {
                    walsh.push(f64::midpoint(x[i], x[j]));
                }
            }
            prop_assert!((paired(&x, 0.95).unwrap().estimate - median(&walsh)).abs() < 1e-12);
        }

        #[test]
        fn float_order_round_trips(value in -1e300..1e300_f64) {
            prop_assert_eq!(from_order(to_order(value)), value);
        }
    }
}
