//! Google Benchmark's JSON. Repetitions are samples; aggregates stand in when there are none.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Parsed, Source, json, json_with};
use crate::model::{Direction, Series, Unit};

#[derive(Deserialize)]
struct Root<'t> {
    #[serde(borrow)]
    benchmarks: Vec<&'t RawValue>,
}

/// Numbers in a record that are not measurements.
const BOOKKEEPING: &[&str] = &[
    "family_index",
    "per_family_instance_index",
    "repetitions",
    "repetition_index",
    "threads",
    "iterations",
];

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"context\"", "\"benchmarks\"", "\"time_unit\""])
        || json_with(text, &["\"context\"", "\"benchmarks\"", "\"run_type\""])
}

/// One record: the benchmark, and of which kind its values are.
struct Row {
    name: String,
    aggregate: Option<String>,
    metrics: Vec<Series>,
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let root: Root<'_> = match json::root(source) {
        Ok(root) => root,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut parsed = Parsed::default();
    let mut aggregates: BTreeMap<String, Vec<Series>> = BTreeMap::new();
    let mut measured = HashSet::new();
    for raw in root.benchmarks {
        let row = json::one(source, raw.get(), |record: Map<String, Value>| row(&record));
        match row {
            Err(problem) => parsed.problems.push(problem),
            Ok(Row {
                name,
                aggregate: None,
                metrics,
            }) => {
                measured.insert(name);
                parsed.series.extend(metrics);
            }
            Ok(Row {
                name,
                aggregate: Some(statistic),
                metrics,
            }) if statistic == "median" || statistic == "mean" => {
                // The median comes after the mean and replaces it.
                aggregates.insert(
                    name,
                    metrics
                        .into_iter()
                        .map(|series| series.summary(&statistic))
                        .collect(),
                );
            }
            Ok(_) => {}
        }
    }
    for (_, metrics) in aggregates
        .into_iter()
        .filter(|(name, _)| !measured.contains(name))
    {
        parsed.series.extend(metrics);
    }
    parsed
}

fn row(record: &Map<String, Value>) -> Result<Row, String> {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let name = text("run_name")
        .or_else(|| text("name"))
        .ok_or("a benchmark has no name")?
        .to_owned();
    if record.get("error_occurred") == Some(&Value::Bool(true)) {
        return Err(format!(
            "{name} failed: {}",
            text("error_message").unwrap_or("no message")
        ));
    }
    let aggregate = (text("run_type") == Some("aggregate"))
        .then(|| text("aggregate_name").unwrap_or_default().to_owned());
    let unit = Unit::of(text("time_unit").unwrap_or("ns"));
    let mut metrics = Vec::new();
    for (key, value) in record {
        let Some(value) = value
            .as_f64()
            .filter(|_| !BOOKKEEPING.contains(&key.as_str()))
        else {
            continue;
        };
        let unit = match key.as_str() {
            "real_time" | "cpu_time" => unit.clone(),
            "bytes_per_second" => Unit::of("bytes/s"),
            "items_per_second" => Unit::of("ops/s"),
            // A counter that the program under test defines.
            _ => Unit {
                name: "count".to_owned(),
                factor: 1.0,
                direction: Direction::Unknown,
            },
        };
        metrics.push(Series::new(&name, key, unit, vec![value]));
    }
    if metrics.is_empty() {
        return Err(format!("{name} has no number"));
    }
    Ok(Row {
        name,
        aggregate,
        metrics,
    })
}
