//! hyperfine's `--export-json`, in seconds; every run is a sample.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Series, Unit};

#[derive(Deserialize)]
struct Root<'t> {
    #[serde(borrow)]
    results: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Record {
    command: String,
    mean: Option<f64>,
    #[serde(default)]
    times: Vec<f64>,
    #[serde(default)]
    memory_usage_byte: Vec<f64>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"results\"", "\"command\"", "\"times\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    match json::root::<Root<'_>>(source) {
        Err(problem) => Parsed::failed(problem),
        Ok(root) => json::each(source, &root.results, |record: Record| {
            let mut name = record.command;
            // With a command name that does not mention them, parameters are what tells runs apart.
            for (key, value) in &record.parameters {
                if !name.contains(value.as_str()) {
                    name.push_str(&format!(" {key}={value}"));
                }
            }
            let time = match (record.times, record.mean) {
                (times, _) if !times.is_empty() => {
                    Series::new(&name, "time", Unit::seconds(), times)
                }
                (_, Some(mean)) => {
                    Series::new(&name, "time", Unit::seconds(), vec![mean]).summary("mean")
                }
                _ => return Err(format!("{name} has neither times nor a mean")),
            };
            let memory = (!record.memory_usage_byte.is_empty()).then(|| {
                Series::new(
                    &name,
                    "peak-memory",
                    Unit::bytes(),
                    record.memory_usage_byte,
                )
            });
            Ok([Some(time), memory].into_iter().flatten())
        }),
    }
}
