//! `cargo xtask histories`: the history rules, and those of others, on recorded histories.
//!
//! False alerts are counted against hindsight: an alert about a commit is false unless the median
//! of the seven points from it on is more than 3 % worse than that of the ten before it, by a rank
//! sum test at 0.01, there or within two commits. (The label looks at future data and thereby
//! favours rules that average; changes below 3 % count as none.) Detection is measured by making a
//! series worse by 10 % or 20 % from a drawn commit on.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use gatehouse_core::stats::distribution::t_quantile;
use gatehouse_core::stats::quantile::{mean, median, variance};
use gatehouse_core::stats::rank_sum::rank_sum;
use perf_regression_check::history::detect::{self, Certainty};
use perf_regression_check::history::{predict, recorded};
use perf_regression_check::model::Direction;
use rayon::prelude::*;

use crate::process::print;

/// Points before the first decision, and after the last one that can be labelled.
const BEFORE: usize = 10;
const AFTER: usize = 7;
/// At most this many series of a file, evenly spaced, so that no repository outweighs the others.
const PER_FILE: usize = 30;
/// An injected change counts as found within this many commits.
const WITHIN: usize = 10;

/// An alert raised at a commit, about a commit.
#[derive(Clone, Copy)]
struct Alert {
    at: usize,
    about: usize,
}

type Rule = fn(&[f64]) -> Vec<Alert>;

const RULES: [(&str, Rule); 7] = [
    ("ratio to previous > 110 %", |y| ratio(y, 1.1)),
    ("ratio to previous > 200 %", |y| ratio(y, 2.0)),
    ("mean + 10 % over 64", |y| {
        each(y, |past, new| mean(last(past, 64)) * 1.1 < new)
    }),
    ("t-interval .99 over 64", |y| each(y, beyond_t)),
    ("check", check),
    ("detect", detected),
    ("detect, confirmed only", confirmed),
];

/// Prints the table for the given files, or for the corpus.
pub(crate) fn histories(files: &[PathBuf]) -> Result<()> {
    let files = if files.is_empty() {
        corpus()?
    } else {
        files.to_vec()
    };
    let mut all = Vec::new();
    for file in &files {
        let series = read(file).with_context(|| file.display().to_string())?;
        print(&format!("{:>5} series of {}", series.len(), file.display()));
        all.extend(series);
    }
    if all.is_empty() {
        bail!("no series has {} positive points", BEFORE + AFTER + WITHIN);
    }
    print(&format!(
        "\n{:<26} {:>8} {:>10} {:>9} {:>9} {:>9} {:>9}",
        "rule", "alerts", "false/100", "+10% @0", "+10% <10", "+20% @0", "+20% <10"
    ));
    for (name, rule) in RULES {
        let total = all
            .par_iter()
            .enumerate()
            .map(|(index, series)| tally(index as u64, series, rule))
            .reduce(Tally::default, Tally::plus);
        print(&total.row(name));
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Tally {
    decisions: usize,
    alerts: usize,
    false_alerts: usize,
    injections: usize,
    found: [usize; 4],
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            decisions: self.decisions + other.decisions,
            alerts: self.alerts + other.alerts,
            false_alerts: self.false_alerts + other.false_alerts,
            injections: self.injections + other.injections,
            found: std::array::from_fn(|index| self.found[index] + other.found[index]),
        }
    }

    fn row(&self, name: &str) -> String {
        let share = |found: usize| 100.0 * found as f64 / self.injections as f64;
        let cells: String = self
            .found
            .iter()
            .map(|found| format!(" {:>7.0} %", share(*found)))
            .collect();
        format!(
            "{name:<26} {:>8} {:>10.2}{cells}",
            self.alerts,
            100.0 * self.false_alerts as f64 / self.decisions as f64
        )
    }
}

fn tally(seed: u64, y: &[f64], rule: Rule) -> Tally {
    const DRAWS: usize = 10;
    let decided = BEFORE..y.len() - AFTER;
    let alerts: Vec<Alert> = rule(y)
        .into_iter()
        .filter(|alert| decided.contains(&alert.at))
        .collect();
    let mut tally = Tally {
        decisions: decided.len(),
        alerts: alerts.len(),
        false_alerts: alerts
            .iter()
            .filter(|alert| !worsened(y, alert.about))
            .count(),
        ..Tally::default()
    };
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..DRAWS {
        let from = random.usize(BEFORE..=y.len() - WITHIN);
        tally.injections += 1;
        for (index, factor) in [(0, 1.1), (2, 1.2)] {
            let changed: Vec<f64> = y
                .iter()
                .enumerate()
                .map(|(at, value)| if at >= from { value * factor } else { *value })
                .collect();
            let when: Vec<usize> = rule(&changed).iter().map(|alert| alert.at).collect();
            tally.found[index] += usize::from(when.contains(&from));
            tally.found[index + 1] +=
                usize::from(when.iter().any(|at| (from..from + WITHIN).contains(at)));
        }
    }
    tally
}

/// Whether hindsight sees a lasting worsening at `about` or within two commits of it.
fn worsened(y: &[f64], about: usize) -> bool {
    (about.saturating_sub(2)..=about + 2).any(|at| {
        let (before, after) = (
            &y[at.saturating_sub(BEFORE).min(y.len())..at.min(y.len())],
            &y[at.min(y.len())..y.len().min(at + AFTER)],
        );
        let (Some(old), Some(new)) = (median(before), median(after)) else {
            return false;
        };
        new > old * 1.03 && rank_sum(before, after).p < 0.01
    })
}

fn last(past: &[f64], count: usize) -> &[f64] {
    &past[past.len().saturating_sub(count)..]
}

fn each(y: &[f64], alarming: fn(&[f64], f64) -> bool) -> Vec<Alert> {
    (2..y.len())
        .filter(|at| alarming(&y[..*at], y[*at]))
        .map(|at| Alert { at, about: at })
        .collect()
}

fn ratio(y: &[f64], limit: f64) -> Vec<Alert> {
    (1..y.len())
        .filter(|at| y[*at] > limit * y[*at - 1])
        .map(|at| Alert { at, about: at })
        .collect()
}

fn beyond_t(past: &[f64], new: f64) -> bool {
    let past = last(past, 64);
    let n = past.len() as f64;
    let sd = variance(past).sqrt();
    sd > 0.0 && new > mean(past) + t_quantile(0.99, n - 1.0) * sd * (1.0 + 1.0 / n).sqrt()
}

/// The history rule of `check`, on the level that `detect` has found so far.
fn check(y: &[f64]) -> Vec<Alert> {
    let mut state = detect::State::default();
    let mut alerts = Vec::new();
    for at in 0..y.len() {
        if let Some(band) = predict::predict(&y[state.level_begin()..at], 0.9999)
            && band.is_beyond(y[at])
            && y[at] > 1.05 * band.centre
        {
            alerts.push(Alert { at, about: at });
        }
        detect::advance(&mut state, &y[..=at], &detect::Settings::default());
    }
    alerts
}

/// Worsenings of at least 5 %, each alerted once, when it is first suspected or confirmed.
fn detected(y: &[f64]) -> Vec<Alert> {
    worsenings(y, |change| {
        change.certainty == Certainty::Suspected || change.suspected_at.is_none()
    })
}

fn confirmed(y: &[f64]) -> Vec<Alert> {
    worsenings(y, |change| change.certainty == Certainty::Confirmed)
}

fn worsenings(y: &[f64], counted: fn(&detect::ChangePoint) -> bool) -> Vec<Alert> {
    detect::detect(y, &detect::Settings::default())
        .into_iter()
        .filter(counted)
        .filter(|change| change.effect.is_some_and(|effect| effect.estimate > 0.05))
        .map(|change| Alert {
            at: change.found,
            about: change.at,
        })
        .collect()
}

/// The corpus' histories.
#[expect(clippy::disallowed_methods, reason = "the house's own tooling")]
fn corpus() -> Result<Vec<PathBuf>> {
    let corpus = std::env::var("GATEHOUSE_CORPUS")
        .context("set GATEHOUSE_CORPUS, or name files with --series")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(&corpus).join("perf/histories"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    Ok(files)
}

/// Up to [`PER_FILE`] series of positive, varying values, turned so that more is worse.
fn read(file: &Path) -> Result<Vec<Vec<f64>>> {
    let tracks = recorded::read(file).map_err(|error| anyhow::anyhow!(error.message))?;
    let usable: Vec<Vec<f64>> = tracks
        .into_iter()
        .filter_map(|track| {
            let down = track.direction == Direction::HigherIsBetter;
            let positive = track.values().into_iter().filter(|value| *value > 0.0);
            let y: Vec<f64> = positive
                .map(|value| if down { 1.0 / value } else { value })
                .collect();
            (y.len() >= BEFORE + AFTER + WITHIN && variance(&y) > 0.0).then_some(y)
        })
        .collect();
    let count = usable.len().min(PER_FILE);
    Ok((0..count)
        .map(|index| usable[index * usable.len() / count].clone())
        .collect())
}
