//! Duet measurement, the pure part: the order of runs, and when there is enough.
//!
//! Both sides run on one machine, in pairs, in random order: what the machine does to one it does
//! to the other. The order is balanced (each side goes first in half of the pairs) and drawn from
//! a seed that the report names.
//!
//! Stopping early without raising the error rate: the error is spent over at most three looks, at
//! a half, three quarters and all of the pairs, by the O'Brien-Fleming-like function of Lan &
//! `DeMets` (Biometrika 70, 1983). A look may use only what it adds to the spent error, so that the
//! levels of all looks sum to alpha: by Bonferroni's inequality the rule holds for every test and
//! any dependence between looks. The run ends at a look that leaves nothing open: nothing
//! inconclusive, and no interval that speaks of a change which the test does not confirm yet.

use gatehouse_core::stats::power::obrien_fleming_spent;
use gatehouse_core::stats::quantile::median;

use crate::model::Direction;

/// One of the two checkouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What the change is compared with.
    Baseline,
    /// The change.
    Candidate,
}

impl Side {
    /// The side's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        }
    }
}

/// Which side goes first in each of `pairs` pairs.
#[must_use]
pub fn schedule(pairs: usize, seed: u64) -> Vec<[Side; 2]> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut order: Vec<[Side; 2]> = (0..pairs)
        .map(|index| {
            if index % 2 == 0 {
                [Side::Baseline, Side::Candidate]
            } else {
                [Side::Candidate, Side::Baseline]
            }
        })
        .collect();
    random.shuffle(&mut order);
    order
}

/// Which value stands for a run that gives several samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RoundValue {
    /// The median of its samples.
    Median,
    /// The best of its samples: disturbances only ever make a program slower.
    Best,
}

impl RoundValue {
    /// The value of a run's samples; `None` of none.
    #[must_use]
    pub fn of(self, samples: &[f64], direction: Direction) -> Option<f64> {
        match (self, direction) {
            (Self::Best, Direction::LowerIsBetter) => samples.iter().copied().reduce(f64::min),
            (Self::Best, Direction::HigherIsBetter) => samples.iter().copied().reduce(f64::max),
            // Without a direction there is no best.
            (Self::Median, _) | (Self::Best, Direction::Unknown) => median(samples),
        }
    }
}

/// Whether the run may stop before all pairs are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyStop {
    /// At looks that keep the error rate.
    Allowed,
    /// Never.
    Never,
}

/// The looks at the data.
#[derive(Debug, Clone)]
pub struct Looks {
    alpha: f64,
    pairs: usize,
    interim: Vec<usize>,
    spent: f64,
}

/// Pairs below which an interval has no ends.
const FEWEST: usize = 6;

impl Looks {
    /// Looks for a run of at most `pairs` pairs at level `alpha`.
    #[must_use]
    pub fn new(alpha: f64, pairs: usize, stop: EarlyStop) -> Self {
        let mut interim = Vec::new();
        if stop == EarlyStop::Allowed {
            // A look so late that it saves next to nothing would spend most of the error.
            let worth = |at: &usize| *at >= FEWEST && *at * 5 <= pairs * 4;
            interim.extend(
                [pairs.div_ceil(2), (3 * pairs).div_ceil(4)]
                    .into_iter()
                    .filter(worth),
            );
            interim.dedup();
        }
        Self {
            alpha,
            pairs,
            interim,
            spent: 0.0,
        }
    }

    /// The level of an interim look after `done` pairs, if there is one; it is spent by asking.
    pub fn interim(&mut self, done: usize) -> Option<f64> {
        if !self.interim.contains(&done) {
            return None;
        }
        let total = obrien_fleming_spent(self.alpha, done as f64 / self.pairs as f64);
        let level = total - self.spent;
        self.spent = total;
        (level > 0.0).then_some(level)
    }

    /// The level of the last look: all that is left.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.alpha - self.spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_balanced_and_repeatable() {
        let order = schedule(20, 7);
        assert_eq!(
            order
                .iter()
                .filter(|pair| pair[0] == Side::Baseline)
                .count(),
            10
        );
        assert!(order.iter().all(|pair| pair[0] != pair[1]));
        assert_eq!(order, schedule(20, 7));
        assert_ne!(order, schedule(20, 8));
        assert!(schedule(0, 1).is_empty());
    }

    #[test]
    fn the_best_sample_depends_on_the_direction() {
        let of = |direction| RoundValue::Best.of(&[2.0, 9.0, 3.0], direction);
        assert_eq!(of(Direction::LowerIsBetter), Some(2.0));
        assert_eq!(of(Direction::HigherIsBetter), Some(9.0));
        assert_eq!(of(Direction::Unknown), Some(3.0));
        assert_eq!(
            RoundValue::Median.of(&[2.0, 9.0, 3.0], Direction::LowerIsBetter),
            Some(3.0)
        );
        assert_eq!(RoundValue::Best.of(&[], Direction::LowerIsBetter), None);
    }

    #[test]
    fn levels_sum_to_alpha() {
        for pairs in [1, 5, 7, 10, 20, 33] {
            let mut looks = Looks::new(0.05, pairs, EarlyStop::Allowed);
            let interim: f64 = (1..pairs).filter_map(|done| looks.interim(done)).sum();
            assert!((interim + looks.last() - 0.05).abs() < 1e-12, "{pairs}");
            assert!(looks.last() > 0.02);
        }
        let mut never = Looks::new(0.05, 20, EarlyStop::Never);
        assert!((1..20).all(|done| never.interim(done).is_none()));
        assert_eq!(never.last(), 0.05);
    }
}
