//! Normal and Student's t distributions, from `statrs`.

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

/// P(Z > z) for the standard normal.
#[must_use]
pub fn normal_sf(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// The value below which a standard normal falls with probability `p`.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// P(|T| >= |t|) for Student's t with `df` degrees of freedom; 1 when `df` is not positive.
#[must_use]
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    StudentsT::new(0.0, 1.0, df).map_or(1.0, |dist| (2.0 * dist.sf(t.abs())).min(1.0))
}

/// The value below which Student's t with `df` degrees of freedom falls with probability `p`;
/// infinite when `df` is not positive.
#[must_use]
pub fn t_quantile(p: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).map_or(f64::INFINITY, |dist| dist.inverse_cdf(p))
}
