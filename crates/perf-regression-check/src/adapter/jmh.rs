//! JMH's `-rf json`: raw measurements of every fork; throughput is higher-is-better.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Direction, Series, Unit};

#[derive(Deserialize)]
struct Record {
    benchmark: String,
    mode: String,
    #[serde(default)]
    params: BTreeMap<String, String>,
    #[serde(rename = "primaryMetric")]
    primary: Metric,
    #[serde(rename = "secondaryMetrics", default)]
    secondary: BTreeMap<String, Metric>,
}

#[derive(Deserialize)]
struct Metric {
    score: Value,
    #[serde(rename = "scoreUnit")]
    unit: String,
    #[serde(rename = "rawData", default)]
    raw: Vec<Vec<Value>>,
}

impl Metric {
    fn series(&self, benchmark: &str, name: &str, direction: Direction) -> Result<Series, String> {
        let unit = Unit {
            direction,
            ..Unit::of(&self.unit)
        };
        let raw: Vec<f64> = self
            .raw
            .iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect();
        if !raw.is_empty() && raw.len() == self.raw.iter().map(Vec::len).sum::<usize>() {
            return Ok(Series::new(benchmark, name, unit, raw));
        }
        let score = self
            .score
            .as_f64()
            .ok_or_else(|| format!("{benchmark} {name}: score {} is no number", self.score))?;
        Ok(Series::new(benchmark, name, unit, vec![score]).summary("mean"))
    }
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"primaryMetric\"", "\"scoreUnit\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    match json::root::<Vec<&RawValue>>(source) {
        Err(problem) => Parsed::failed(problem),
        Ok(records) => json::each(source, &records, |record: Record| {
            let mut name = record.benchmark;
            if !record.params.is_empty() {
                let params: Vec<String> = record
                    .params
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                name.push_str(&format!("{{{}}}", params.join(",")));
            }
            let direction = match record.mode.as_str() {
                "thrpt" => Direction::HigherIsBetter,
                "avgt" | "sample" | "ss" => Direction::LowerIsBetter,
                other => return Err(format!("{name}: unknown mode {other:?}")),
            };
            let mut series = vec![record.primary.series(&name, &record.mode, direction)?];
            for (key, metric) in &record.secondary {
                // Profilers name their metrics; those of the collector are all costs.
                let plain = key.trim_start_matches('·');
                let direction = if plain.starts_with("gc.") {
                    Direction::LowerIsBetter
                } else {
                    Direction::Unknown
                };
                series.push(metric.series(&name, plain, direction)?);
            }
            Ok(series)
        }),
    }
}
