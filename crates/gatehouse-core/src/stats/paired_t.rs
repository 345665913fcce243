//! The paired t test, two-sided, on differences.
//!
//! Used beyond the reach of the exact sign-flip test: with more pairs than it enumerates, and
//! where the family of benchmarks is so large that its smallest p-value could reject nothing.
//! Differences of two like-distributed measurements are symmetric, which is where the t test is
//! known to hold its level well (Efron 1969, "Student's t-test under symmetry conditions").

use super::distribution::t_two_sided;
use super::quantile::{mean, variance};

/// The two-sided p-value; 1 with fewer than two differences, 0 when all are equal and not zero.
#[must_use]
pub fn paired_t(differences: &[f64]) -> f64 {
    let n = differences.len();
    if n < 2 {
        return 1.0;
    }
    let centre = mean(differences);
    if centre == 0.0 {
        return 1.0;
    }
    let standard_error = (variance(differences) / n as f64).sqrt();
    t_two_sided(centre / standard_error, n as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edge_cases() {
        assert_eq!(paired_t(&[1.0]), 1.0);
        assert_eq!(paired_t(&[0.0, 0.0]), 1.0);
        assert_eq!(paired_t(&[1.0, 1.0, 1.0]), 0.0);
        // t = 1, 2 degrees of freedom: 2 (1 - F(1)) = 1 - 1/sqrt(3).
        let d = [0.0, 1.0, 2.0 + 3.0_f64.sqrt()];
        assert!(paired_t(&d) > 0.1 && paired_t(&d) < 0.4);
    }
}
