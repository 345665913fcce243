//! `cargo xtask null-table`: simulates the permutation null of the change-point statistic and
//! writes the table that `gatehouse_core::stats::change_point` looks tails up in.

use anyhow::Result;
use gatehouse_core::files::write_atomic;
use gatehouse_core::stats::change_point::Window;
use rayon::prelude::*;

use crate::process::say;

/// The tails that are tabulated: one window in so many has a larger maximum.
const ONE_IN: [usize; 6] = [2, 10, 100, 1000, 10_000, 50_000];
/// Beyond this every window length has no row of its own: the null hardly depends on it.
const EACH_TO: usize = 64;
const LONGER: [usize; 3] = [128, 256, 512];

/// Writes the table from `permutations` shuffles a row (a quarter of that for long windows).
pub(crate) fn null_table(permutations: usize) -> Result<()> {
    let path = crate::root()?.join("crates/gatehouse-core/src/stats/change_point/null.rs");
    let mut text = String::from(
        "//! Upper quantiles of the maximum of the statistic over all splits of a shuffled window, by\n//! window length. Written by `cargo xtask null-table`.\n\n",
    );
    let tails = ONE_IN.map(|one_in| 1.0 / one_in as f64);
    text.push_str(&format!(
        "/// The probabilities of the columns.\npub(super) const TAILS: [f64; {}] = {tails:?};\n\n",
        tails.len()
    ));
    let lengths: Vec<usize> = (6..=EACH_TO).chain(LONGER).collect();
    text.push_str(&format!("/// Window length, and for each tail the smallest value that is reached no more often; infinite\n/// where none is so rare.\npub(super) const QUANTILES: [(usize, [f64; {}]); {}] = [\n", ONE_IN.len(), lengths.len()));
    for n in lengths {
        say(&format!("windows of {n}"));
        let row = quantiles(
            n,
            if n > EACH_TO {
                permutations / 4
            } else {
                permutations
            },
        );
        let cells: Vec<String> = row
            .iter()
            .map(|value| {
                if value.is_finite() {
                    format!("{value:.4}")
                } else {
                    "f64::INFINITY".to_owned()
                }
            })
            .collect();
        text.push_str(&format!("    ({n}, [{}]),\n", cells.join(", ")));
    }
    text.push_str("];\n");
    write_atomic(&path, text.as_bytes())?;
    Ok(())
}

fn quantiles(n: usize, permutations: usize) -> Vec<f64> {
    const CHUNK: usize = 2000;
    let mut maxima: Vec<f64> = (0..permutations.div_ceil(CHUNK))
        .into_par_iter()
        .flat_map_iter(|chunk| {
            let mut random = fastrand::Rng::with_seed((n * 1_000_003 + chunk) as u64);
            let mut window: Vec<f64> = (0..n).map(|rank| rank as f64).collect();
            (0..CHUNK)
                .filter_map(move |_| {
                    random.shuffle(&mut window);
                    Window::of(0, &window)
                        .best_split()
                        .map(|split| split.statistic)
                })
                .collect::<Vec<f64>>()
        })
        .collect();
    maxima.sort_unstable_by(|a, b| b.total_cmp(a));
    ONE_IN
        .iter()
        .map(|one_in| smallest_not_more_often(&maxima, maxima.len() / one_in))
        .collect()
}

/// The smallest value that at most `allowed` of the descending `maxima` reach.
fn smallest_not_more_often(maxima: &[f64], allowed: usize) -> f64 {
    let Some(too_many) = maxima.get(allowed) else {
        return maxima.last().copied().unwrap_or(f64::INFINITY);
    };
    let above = maxima.partition_point(|value| value > &(too_many + 1e-9));
    if above == 0 {
        f64::INFINITY
    } else {
        maxima[above - 1]
    }
}
