//! Many benchmarks, one verdict: corrections for multiple testing.
//!
//! [`benjamini_hochberg`] controls the share of false findings (Benjamini & Hochberg 1995).
//! With nothing changed at all, that share being at most alpha still means one suite in twenty
//! shows something. [`hommel_global`] is the test of "nothing changed in the whole suite" that
//! holds under any dependence between benchmarks (Hommel 1983): they run on one machine and share
//! its moods. Both use the same ordered p-values.

/// Adjusted p-values (q-values): a finding with q <= alpha is kept at false discovery rate alpha.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let m = p.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let mut q = vec![1.0; m];
    let mut smallest = 1.0_f64;
    for (position, index) in order.into_iter().enumerate() {
        let rank = (m - position) as f64;
        smallest = smallest.min(p[index] * (m as f64 / rank));
        q[index] = smallest;
    }
    q
}

/// The p-value of "nothing changed anywhere": the smallest q-value times the m-th harmonic number.
#[must_use]
pub fn hommel_global(q: &[f64]) -> f64 {
    let smallest = q.iter().copied().fold(1.0, f64::min);
    (smallest * harmonic(q.len())).min(1.0)
}

/// The level at which a change in one of `m` benchmarks, alone, is found.
#[must_use]
pub fn lone_level(alpha: f64, m: usize) -> f64 {
    if m == 0 {
        alpha
    } else {
        alpha / (m as f64 * harmonic(m))
    }
}

fn harmonic(m: usize) -> f64 {
    (1..=m).map(|i| 1.0 / i as f64).sum::<f64>().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_test_is_not_corrected() {
        assert_eq!(benjamini_hochberg(&[0.03]), [0.03]);
        assert_eq!(hommel_global(&[0.03]), 0.03);
        assert_eq!(lone_level(0.05, 1), 0.05);
        assert!(benjamini_hochberg(&[]).is_empty());
        assert_eq!(hommel_global(&[]), 1.0);
    }

    proptest! {
        #[test]
        fn rejections_are_those_of_the_step_up_rule(p in proptest::collection::vec(0.0..1.0_f64, 1..40), alpha in 0.01..0.5_f64) {
            let q = benjamini_hochberg(&p);
            let mut ordered = p.clone();
            ordered.sort_unstable_by(f64::total_cmp);
            let m = p.len() as f64;
            let cut = ordered.iter().enumerate().rev().find(|(i, p)| **p * (m / (*i as f64 + 1.0)) <= alpha).map_or(-1.0, |(_, p)| *p);
            for (p, q) in p.iter().zip(&q) {
                prop_assert_eq!(*q <= alpha, *p <= cut);
                prop_assert!(q >= p);
            }
        }
    }
}
