//! Criterion.rs: its files under `target/criterion`, and cargo-criterion's message stream.
//!
//! Each `sample.json` has, per sample, the number of iterations and their total time in
//! nanoseconds; the benchmark's name stands in `benchmark.json` beside it.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;

use super::{Parsed, Source, json, json_with};
use crate::model::{Series, Unit};

/// The file with a benchmark's samples, in its `new` folder.
pub const SAMPLE_FILE: &str = "sample.json";

#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

#[derive(Deserialize)]
struct Id {
    full_id: String,
}

/// One benchmark from its `sample.json` and the `benchmark.json` beside it.
pub fn from_sample(sample: Source<'_>, id: Source<'_>) -> Result<Series, Diagnostic> {
    let name: Id = json::root(id)?;
    json::one(sample, sample.text, |sample: Sample| {
        per_iteration(&name.full_id, &sample)
    })
}

fn per_iteration(name: &str, sample: &Sample) -> Result<Series, String> {
    if sample.iters.len() != sample.times.len() {
        return Err(format!(
            "{} iteration counts but {} times",
            sample.iters.len(),
            sample.times.len()
        ));
    }
    let samples = sample
        .times
        .iter()
        .zip(&sample.iters)
        .map(|(time, iterations)| time / iterations)
        .collect();
    Ok(Series::new(name, "time", Unit::nanoseconds(), samples))
}

pub(super) fn sniff_sample(text: &str) -> bool {
    json_with(text, &["\"sampling_mode\"", "\"iters\"", "\"times\""])
}

/// A lone `sample.json` has no name in it; the folder it lies in is the best there is.
pub(super) fn parse_sample(source: Source<'_>) -> Parsed {
    let path = std::path::Path::new(source.path);
    let name = path
        .parent()
        .and_then(std::path::Path::parent)
        .and_then(|folder| folder.file_name());
    let Some(name) = name.and_then(|name| name.to_str()) else {
        return Parsed::failed(
            Diagnostic::error("a Criterion sample.json outside its folder has no benchmark name")
                .at(Place::file(source.path))
                .help("give the target/criterion folder instead"),
        );
    };
    let mut parsed = Parsed::default();
    parsed.take(json::one(source, source.text, |sample: Sample| {
        Ok([per_iteration(name, &sample)?])
    }));
    parsed
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    iteration_count: Vec<f64>,
    #[serde(default)]
    measured_values: Vec<f64>,
    #[serde(default)]
    unit: String,
}

pub(super) fn sniff_messages(text: &str) -> bool {
    json_with(text, &["\"reason\"", "\"benchmark-complete\""])
}

pub(super) fn parse_messages(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    for line in source
        .text
        .lines()
        .filter(|line| line.trim_start().starts_with('{'))
    {
        parsed.take(json::one(source, line, |message: Message| {
            if message.reason != "benchmark-complete" {
                return Ok(None);
            }
            let sample = Sample {
                iters: message.iteration_count,
                times: message.measured_values,
            };
            let mut series = per_iteration(&message.id, &sample)?;
            let unit = Unit::of(&message.unit);
            series
                .samples
                .iter_mut()
                .for_each(|sample| *sample *= unit.factor);
            (series.unit, series.direction) = (unit.name, unit.direction);
            Ok(Some(series))
        }));
    }
    parsed
}
