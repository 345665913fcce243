//! How large a change the data could have shown: the minimal detectable effect.

use super::Interval;
use super::distribution::{normal_quantile, t_quantile};

/// The power at which the minimal detectable effect is stated.
pub const POWER: f64 = 0.8;

/// What the minimal detectable effect depends on.
#[derive(Debug, Clone, Copy)]
pub struct Sensitivity {
    /// The interval of the shift.
    pub interval: Interval,
    /// Degrees of freedom of its standard error: pairs - 1, or both sides' samples - 2.
    pub degrees: f64,
    /// The two-sided level at which one test rejects, after correction for the others.
    pub level: f64,
    /// The smallest p-value that the test can give with this many samples.
    pub smallest_p: f64,
    /// How far beyond zero the near end of the interval must lie.
    pub tolerance: f64,
}

/// The smallest shift that would be called a change with probability [`POWER`], on the scale of
/// the interval; infinite when no data of this size could be.
///
/// The standard error is read off the distribution-free interval, so that a few wild samples
/// count here exactly as much as they count in the decision.
#[must_use]
pub fn minimal_detectable_effect(s: &Sensitivity) -> f64 {
    if !s.interval.is_bounded() || s.smallest_p > s.level || s.degrees < 1.0 {
        return f64::INFINITY;
    }
    let half_width = (s.interval.high - s.interval.low) / 2.0;
    let near = t_quantile(0.5 + s.interval.confidence / 2.0, s.degrees);
    let standard_error = half_width / near;
    let slack = t_quantile(POWER, s.degrees) * standard_error;
    let to_reject = t_quantile(1.0 - s.level / 2.0, s.degrees) * standard_error + slack;
    let to_clear_tolerance = s.tolerance + half_width + slack;
    to_reject.max(to_clear_tolerance)
}

/// The cumulative error spent by an O'Brien-Fleming-like boundary at a share of the planned data.
///
/// Source: Lan & `DeMets` 1983, "Discrete sequential boundaries for clinical trials".
#[must_use]
pub fn obrien_fleming_spent(alpha: f64, share: f64) -> f64 {
    if share <= 0.0 {
        return 0.0;
    }
    let z = normal_quantile(1.0 - alpha / 2.0) / share.min(1.0).sqrt();
    2.0 * super::distribution::normal_sf(z)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensitivity() -> Sensitivity {
        let interval = Interval {
            low: -0.01,
            high: 0.01,
            confidence: 0.95,
        };
        Sensitivity {
            interval,
            degrees: 9.0,
            level: 0.05,
            smallest_p: 0.001,
            tolerance: 0.0,
        }
    }

    #[test]
    fn more_tests_need_larger_effects() {
        let one = minimal_detectable_effect(&sensitivity());
        // Half width 0.01 is 2.262 standard errors; 80 % power adds 0.883 of them.
        assert!((one - 0.01 * (1.0 + 0.883 / 2.262)).abs() < 1e-5, "{one}");
        let many = minimal_detectable_effect(&Sensitivity {
            level: 0.0005,
            ..sensitivity()
        });
        assert!(many > 2.0 * one);
        let tolerant = minimal_detectable_effect(&Sensitivity {
            tolerance: 0.05,
            ..sensitivity()
        });
        assert!((tolerant - one - 0.05).abs() < 1e-12);
    }

    #[test]
    fn data_that_cannot_reject_detect_nothing() {
        for s in [
            Sensitivity {
                smallest_p: 0.1,
                ..sensitivity()
            },
            Sensitivity {
                interval: Interval::unbounded(),
                ..sensitivity()
            },
            Sensitivity {
                degrees: 0.0,
                ..sensitivity()
            },
        ] {
            assert_eq!(minimal_detectable_effect(&s), f64::INFINITY);
        }
    }

    #[test]
    fn the_whole_error_is_spent_at_the_end() {
        assert!((obrien_fleming_spent(0.05, 1.0) - 0.05).abs() < 1e-9);
        assert!((obrien_fleming_spent(0.05, 0.5) - 0.005_575).abs() < 1e-5);
        assert_eq!(obrien_fleming_spent(0.05, 0.0), 0.0);
    }
}
