//! Noise for simulations, in the shapes that benchmarks have.

use std::f64::consts::TAU;

/// A shape of noise, with standard deviation one (t3 by scale of its quartiles).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noise {
    Normal,
    Lognormal,
    T3,
    /// One point in twenty is ten deviations off.
    Spiky,
    Bimodal,
    /// One point in thirty-three is off.
    Spikes3,
    /// Half of a point's deviation goes on to the next.
    Autoregressive,
}

impl Noise {
    /// The shapes of a history, with their names.
    pub(crate) const HISTORY: [(Self, &str); 6] = [
        (Self::Normal, "normal"),
        (Self::Lognormal, "lognormal"),
        (Self::T3, "t3"),
        (Self::Spikes3, "3 % spikes"),
        (Self::Bimodal, "bimodal"),
        (Self::Autoregressive, "AR(1) 0.5"),
    ];
}

/// A seeded source of noise.
pub(crate) struct Random(pub(crate) fastrand::Rng);

impl Random {
    /// The same noise for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A standard normal number (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.0.f64(), self.0.f64());
        (-2.0 * u.ln()).sqrt() * (TAU * v).cos()
    }

    /// One independent number of a shape.
    pub(crate) fn noise(&mut self, shape: Noise) -> f64 {
        match shape {
            Noise::Normal | Noise::Autoregressive => self.normal(),
            // Right-skewed, brought to mean 0 and deviation 1 (sigma 0.8).
            Noise::Lognormal => ((0.8 * self.normal()).exp() - 1.377) / 1.303,
            Noise::T3 => {
                let chi: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
                self.normal() / (chi / 3.0).sqrt()
            }
            Noise::Spiky => self.normal() + if self.0.f64() < 0.05 { 10.0 } else { 0.0 },
            Noise::Spikes3 => self.normal() + if self.0.f64() < 0.03 { 10.0 } else { 0.0 },
            Noise::Bimodal => 0.3 * self.normal() + if self.0.bool() { 1.0 } else { -1.0 },
        }
    }

    /// A series around 100 with a deviation of 2.
    pub(crate) fn series(&mut self, shape: Noise, points: usize) -> Vec<f64> {
        let kept = if shape == Noise::Autoregressive {
            0.5_f64
        } else {
            0.0
        };
        let mut state = self.noise(shape);
        (0..points)
            .map(|_| {
                state = kept * state + (1.0 - kept * kept).sqrt() * self.noise(shape);
                100.0 + 2.0 * state
            })
            .collect()
    }
}
