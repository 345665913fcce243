//! BenchmarkDotNet's full JSON exporter: nanoseconds per operation, and bytes allocated.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Series, Unit};

#[derive(Deserialize)]
struct Root<'t> {
    #[serde(rename = "Benchmarks", borrow)]
    benchmarks: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    full_name: String,
    statistics: Option<Statistics>,
    memory: Option<Memory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    mean: f64,
    #[serde(default)]
    original_values: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Memory {
    bytes_allocated_per_operation: Option<f64>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"HostEnvironmentInfo\"", "\"Benchmarks\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    match json::root::<Root<'_>>(source) {
        Err(problem) => Parsed::failed(problem),
        Ok(root) => json::each(source, &root.benchmarks, |record: Record| {
            let name = record.full_name;
            // A benchmark that threw has no statistics.
            let stats = record
                .statistics
                .ok_or_else(|| format!("{name} has no statistics: it did not run"))?;
            let time = if stats.original_values.is_empty() {
                Series::new(&name, "time", Unit::nanoseconds(), vec![stats.mean]).summary("mean")
            } else {
                Series::new(&name, "time", Unit::nanoseconds(), stats.original_values)
            };
            let allocated = record
                .memory
                .and_then(|memory| memory.bytes_allocated_per_operation);
            let memory = allocated.map(|bytes| {
                Series::new(&name, "allocated-bytes", Unit::bytes(), vec![bytes]).deterministic()
            });
            Ok([Some(time), memory].into_iter().flatten())
        }),
    }
}
