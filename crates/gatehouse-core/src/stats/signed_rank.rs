//! The null distribution of Wilcoxon's signed-rank statistic, for intervals of paired data.
//!
//! Source: Hollander, Wolfe & Chicken, *Nonparametric Statistical Methods*, 3rd ed., section 3.1.

use super::distribution::normal_quantile;

/// Largest n for the exact distribution.
const EXACT_LIMIT: usize = 50;

/// The largest k with P(W < k) <= `tail`, and that probability; (0, 0) when there is none.
///
/// The k-th smallest and largest Walsh averages then bound an interval of confidence `1 - 2 P`.
#[must_use]
pub fn critical(n: usize, tail: f64) -> (usize, f64) {
    let total = n * (n + 1) / 2;
    if n > EXACT_LIMIT {
        let (mean, sd) = (
            total as f64 / 2.0,
            ((n * (n + 1) * (2 * n + 1)) as f64 / 24.0).sqrt(),
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a count"
        )]
        return (
            (mean + normal_quantile(tail) * sd + 0.5).floor().max(0.0) as usize,
            tail,
        );
    }
    let mut counts = vec![0.0_f64; total + 1];
    counts[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=total).rev() {
            counts[sum] += counts[sum - rank];
        }
    }
    let patterns: f64 = counts.iter().sum();
    let (mut below, mut k) = (0.0, 0);
    while k < total && (below + counts[k]) / patterns <= tail {
        below += counts[k];
        k += 1;
    }
    (k, below / patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_tables() {
        // P(W <= 8) = 25/1024 at n = 10: the 9th Walsh averages bound a 95.1 % interval.
        assert_eq!(critical(10, 0.025), (9, 25.0 / 1024.0));
        // Five pairs cannot give 95 %.
        assert_eq!(critical(5, 0.025), (0, 0.0));
        assert_eq!(critical(6, 0.025), (1, 1.0 / 64.0));
    }

    #[test]
    fn the_approximation_takes_over_smoothly() {
        let (exact, _) = critical(50, 0.025);
        let (approximate, _) = critical(51, 0.025);
        assert!(
            approximate > exact && approximate - exact < 30,
            "{exact} {approximate}"
        );
    }
}
