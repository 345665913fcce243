//! `cargo xtask nulls`: how often `detect` sees a change in series without one, and what it costs.

use std::time::Instant;

use perf_regression_check::history::detect::{Certainty, Settings, detect};
use rayon::prelude::*;

use crate::noise::{Noise, Random};
use crate::process::print;

/// Points of a series.
const POINTS: usize = 500;

/// Shapes of noise around a level of 100, and the share of series that get a change point.
pub(crate) fn nulls(series: usize, alpha: Option<f64>) {
    let settings = Settings {
        alpha: alpha.unwrap_or(Settings::default().alpha),
        ..Settings::default()
    };
    print(&format!(
        "{series} series of {POINTS} points a shape, without any change; level of a look {:e}",
        settings.alpha
    ));
    for (shape, name) in Noise::HISTORY {
        let share = |certainty: Certainty| {
            let hits = (0..series).into_par_iter().filter(|index| {
                let values = Random::new(*index as u64).series(shape, POINTS);
                detect(&values, &settings)
                    .iter()
                    .any(|change| change.certainty == certainty)
            });
            100.0 * hits.count() as f64 / series as f64
        };
        print(&format!(
            "  {name:<12} {:>5.1} % have a change point, {:>5.1} % a suspicion",
            share(Certainty::Confirmed),
            share(Certainty::Suspected)
        ));
    }
    let all: Vec<Vec<f64>> = (0..1000)
        .map(|index| Random::new(index).series(Noise::Normal, POINTS))
        .collect();
    let begun = Instant::now();
    let found: usize = all
        .iter()
        .map(|values| detect(values, &settings).len())
        .sum();
    print(&format!(
        "1,000 series x {POINTS} points on one core: {:.2} s, {found} change points",
        begun.elapsed().as_secs_f64()
    ));
}
