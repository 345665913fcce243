//! Suites of simulated benchmarks: how often a verdict is red without a change, and how often a
//! change is found. The decisions are those of the gate, not a copy of them.

use perf_regression_check::config::Policy;
use perf_regression_check::decide::decide;
use perf_regression_check::decision::Outcome;
use perf_regression_check::model::{Series, Unit};

use crate::noise::{Noise, Random};
use crate::process::print;

const SHAPES: [(Noise, &str); 5] = [
    (Noise::Normal, "normal"),
    (Noise::Lognormal, "lognormal"),
    (Noise::T3, "t3"),
    (Noise::Spiky, "spiky"),
    (Noise::Bimodal, "bimodal"),
];

/// How the two sides are measured.
#[derive(Clone, Copy)]
enum Design {
    /// Independent samples on both sides.
    Unpaired,
    /// Rounds; the machine's mood of the round is common to both sides.
    Paired,
    /// Unpaired, but each side was one job with a machine of its own.
    TwoMachines,
}

/// One benchmark: `n` samples a side, noise `cv` within a job, and a true change.
fn benchmark(
    random: &mut Random,
    design: Design,
    shape: Noise,
    n: usize,
    cv: f64,
    change: f64,
) -> (Series, Series) {
    const BETWEEN: f64 = 0.027;
    let machines = match design {
        Design::TwoMachines => [random.normal() * BETWEEN, random.normal() * BETWEEN],
        Design::Unpaired | Design::Paired => [0.0, 0.0],
    };
    let mut samples = [Vec::with_capacity(n), Vec::with_capacity(n)];
    for _ in 0..n {
        let mood = match design {
            Design::Paired => random.normal() * BETWEEN,
            Design::Unpaired | Design::TwoMachines => 0.0,
        };
        for (side, samples) in samples.iter_mut().enumerate() {
            let shift = if side == 1 { 1.0 + change } else { 1.0 };
            let factor = (1.0 + cv * random.noise(shape)).max(0.05);
            samples.push(1000.0 * shift * factor * (machines[side] + mood).exp());
        }
    }
    let [old, new] = samples;
    let series = |samples| {
        let mut series = Series::new("b", "time", Unit::nanoseconds(), samples);
        if matches!(design, Design::Paired) {
            series.pairs = (0..n as u64).collect();
        }
        series
    };
    (series(old), series(new))
}

/// What came of many suites.
struct Tally {
    /// Suites with any regression.
    red: usize,
    /// Suites whose first benchmark was called a regression.
    first: usize,
}

struct Setting {
    design: Design,
    shape: Noise,
    benchmarks: usize,
    n: usize,
    cv: f64,
    /// The true change of the first benchmark.
    first_change: f64,
}

fn tally(setting: &Setting, suites: usize) -> Tally {
    let mut random = Random(fastrand::Rng::with_seed(20_260_101));
    let policy = Policy::default();
    let mut tally = Tally { red: 0, first: 0 };
    for _ in 0..suites {
        let suite: Vec<(Series, Series)> = (0..setting.benchmarks)
            .map(|index| {
                let change = if index == 0 {
                    setting.first_change
                } else {
                    0.0
                };
                benchmark(
                    &mut random,
                    setting.design,
                    setting.shape,
                    setting.n,
                    setting.cv,
                    change,
                )
            })
            .collect();
        let matched: Vec<(&Series, &Series)> = suite.iter().map(|(old, new)| (old, new)).collect();
        let decided = decide(&matched, &policy, policy.alpha);
        let red: Vec<_> = decided
            .decisions
            .iter()
            .filter(|d| d.outcome == Outcome::Regression)
            .collect();
        tally.red += usize::from(!red.is_empty());
        tally.first += usize::from(
            red.iter()
                .any(|decision| std::ptr::eq(decision.candidate, matched[0].1)),
        );
    }
    tally
}

/// Prints the tables.
pub(crate) fn simulate(suites: usize) {
    print(&format!(
        "{suites} suites each, default policy, 10 samples or pairs a side"
    ));
    unchanged(suites);
    machine_effect(suites);
    power(suites);
}

fn share(count: usize, of: usize) -> String {
    format!("{:.2} %", 100.0 * count as f64 / of as f64)
}

fn unchanged(suites: usize) {
    print("\nSuites that are red though nothing changed");
    print(&format!(
        "{:<34}{:>12}{:>12}",
        "noise", "50 benches", "200 benches"
    ));
    let designs = [
        (Design::Unpaired, "unpaired, 2.7 %", 0.027),
        (Design::Paired, "paired, 1 % (2.7 % mood)", 0.01),
    ];
    for (design, name, cv) in designs {
        for (shape, noise) in SHAPES {
            let red = |benchmarks| {
                let setting = Setting {
                    design,
                    shape,
                    benchmarks,
                    n: 10,
                    cv,
                    first_change: 0.0,
                };
                share(tally(&setting, suites).red, suites)
            };
            print(&format!(
                "{:<34}{:>12}{:>12}",
                format!("{name}, {noise}"),
                red(50),
                red(200)
            ));
        }
    }
}

fn machine_effect(suites: usize) {
    print("\nMachine effect, 2.7 % between jobs, 1 % within: suites of one benchmark, of 50");
    let designs = [
        (Design::Paired, "paired rounds"),
        (Design::TwoMachines, "unpaired, each side one job"),
    ];
    for (design, name) in designs {
        let red = |benchmarks| {
            let shape = Noise::Normal;
            let setting = Setting {
                design,
                shape,
                benchmarks,
                n: 10,
                cv: 0.01,
                first_change: 0.0,
            };
            share(tally(&setting, suites).red, suites)
        };
        print(&format!("{name:<34}{:>12}{:>12}", red(1), red(50)));
    }
}

fn power(suites: usize) {
    print("\nPower: how often the one slower benchmark of a suite is found (paired, 1 % within)");
    for (n, benchmarks, change) in [
        (10, 1, 0.02),
        (10, 50, 0.05),
        (10, 200, 0.05),
        (13, 200, 0.05),
        (16, 200, 0.05),
    ] {
        let suites = if benchmarks == 1 {
            suites
        } else {
            suites.min(400)
        };
        for (shape, noise) in SHAPES {
            let design = Design::Paired;
            let setting = Setting {
                design,
                shape,
                benchmarks,
                n,
                cv: 0.01,
                first_change: change,
            };
            let found = share(tally(&setting, suites).first, suites);
            let change = change * 100.0;
            print(&format!(
                "{n:>3} pairs, {benchmarks:>3} benchmarks, {change:+.0} %, {noise:<10}{found:>10}"
            ));
        }
    }
}
