//! A small version of `cargo xtask simulate`, so that a change of the rules cannot lose the error
//! rate or the power unnoticed.

use perf_regression_check::config::Policy;
use perf_regression_check::decide::decide;
use perf_regression_check::decision::Outcome;
use perf_regression_check::model::{Series, Unit};

fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

fn pair(random: &mut fastrand::Rng, n: usize, change: f64) -> (Series, Series) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let mood = 1.0 + 0.027 * normal(random);
        old.push(1000.0 * mood * (1.0 + 0.01 * normal(random)));
        new.push(1000.0 * mood * (1.0 + 0.01 * normal(random)) * (1.0 + change));
    }
    let series = |samples: Vec<f64>| Series {
        pairs: (0..n as u64).collect(),
        ..Series::new("b", "time", Unit::nanoseconds(), samples)
    };
    (series(old), series(new))
}

fn regressions(random: &mut fastrand::Rng, benchmarks: usize, first: f64) -> usize {
    let suite: Vec<_> = (0..benchmarks)
        .map(|index| pair(random, 10, if index == 0 { first } else { 0.0 }))
        .collect();
    let matched: Vec<(&Series, &Series)> = suite.iter().map(|(old, new)| (old, new)).collect();
    decide(&matched, &Policy::default(), 0.05)
        .decisions
        .iter()
        .filter(|d| d.outcome == Outcome::Regression)
        .count()
}

#[test]
fn unchanged_suites_stay_green() {
    let mut random = fastrand::Rng::with_seed(1);
    let red = (0..600)
        .filter(|_| regressions(&mut random, 50, 0.0) > 0)
        .count();
    // 1 % of 600 is 6; the rule is built for half of that.
    assert!(red <= 10, "{red} of 600 unchanged suites are red");
}

#[test]
fn two_percent_are_found_with_ten_pairs() {
    let mut random = fastrand::Rng::with_seed(2);
    let found = (0..1000)
        .filter(|_| regressions(&mut random, 1, 0.02) > 0)
        .count();
    assert!(found >= 940, "{found} of 1000 found");
}

#[test]
fn a_lone_regression_among_two_hundred_is_found() {
    let mut random = fastrand::Rng::with_seed(3);
    let found = (0..100)
        .filter(|_| regressions(&mut random, 200, 0.05) > 0)
        .count();
    assert!(found >= 90, "{found} of 100 found");
}
