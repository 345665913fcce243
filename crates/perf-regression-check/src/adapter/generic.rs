//! `benchmark-results/v1`: this tool's own format (docs/schemas/benchmark-results.schema.json).
//!
//! What a hand-written document leaves out is filled in: the direction from the unit, and the
//! nature from what is measured. Units are normalised as everywhere.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Direction, Nature, SCHEMA, Series, Unit};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Root<'t> {
    schema: String,
    #[serde(borrow)]
    results: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    benchmark: String,
    metric: String,
    unit: String,
    direction: Option<Direction>,
    nature: Option<Nature>,
    samples: Vec<f64>,
    #[serde(default)]
    pairs: Vec<u64>,
    statistic: Option<String>,
}

impl From<Record> for Series {
    fn from(record: Record) -> Self {
        let nature = record
            .nature
            .unwrap_or_else(|| usual_nature(&record.metric, &record.unit));
        let unit = Unit::of(&record.unit);
        let direction = record.direction.unwrap_or(unit.direction);
        let series = Self::new(record.benchmark, record.metric, unit, record.samples);
        Self {
            direction,
            nature,
            pairs: record.pairs,
            statistic: record.statistic,
            ..series
        }
    }
}

/// Sizes and counts of work are the same in every run, unless the document says otherwise.
fn usual_nature(metric: &str, unit: &str) -> Nature {
    let counted = ["instructions", "allocations", "allocs", "allocated-bytes"];
    if counted.contains(&metric) || Unit::of(unit).name == "bytes" {
        Nature::Deterministic
    } else {
        Nature::Measured
    }
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"benchmark-results/"])
        || (text.trim_start().starts_with('[')
            && json_with(
                text,
                &["\"benchmark\"", "\"metric\"", "\"unit\"", "\"samples\""],
            ))
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let convert = |record: Record| Ok([Series::from(record)]);
    // A bare list is the results without their frame.
    if source.text.trim_start().starts_with('[') {
        return match json::root::<Vec<&RawValue>>(source) {
            Err(problem) => Parsed::failed(problem),
            Ok(records) => json::each(source, &records, convert),
        };
    }
    match json::root::<Root<'_>>(source) {
        Err(problem) => Parsed::failed(problem),
        Ok(root) if root.schema != SCHEMA => Parsed::failed(
            Diagnostic::error(format!("unknown schema {:?}", root.schema))
                .at(Place::file(source.path))
                .help(format!("this version reads {SCHEMA}")),
        ),
        Ok(root) => json::each(source, &root.results, convert),
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{HigherIsBetter, LowerIsBetter};
    use super::*;

    #[test]
    fn one_broken_record_is_named_and_the_others_are_kept() {
        let text = r#"{"schema": "benchmark-results/v1", "results": [
  {"benchmark": "a", "metric": "time", "unit": "ns", "direction": "lower-is-better", "samples": [1.0]},
  {"benchmark": "b", "metric": "time", "unit": "ns", "direction": "sideways", "samples": [1.0]},
  {"benchmark": "c", "metric": "time", "unit": "ns", "direction": "lower-is-better", "samples": [2.0]}]}"#;
        let parsed = parse(Source {
            path: "r.json",
            text,
        });
        let names: Vec<_> = parsed.series.iter().map(|s| s.benchmark.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
        let place = parsed.problems[0].place.as_ref().unwrap();
        assert_eq!(place.line, Some(3));
        assert!(place.column.unwrap() > 60, "{place}");
        assert!(parsed.problems[0].message.contains("sideways"));
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let text = r#"[
  {"benchmark": "a", "metric": "latency", "unit": "ms", "samples": [1.5]},
  {"benchmark": "a", "metric": "rate", "unit": "ops/s", "samples": [7]},
  {"benchmark": "a", "metric": "instructions", "unit": "count", "samples": [9]},
  {"benchmark": "a", "metric": "peak", "unit": "KiB", "nature": "measured", "samples": [1]}]"#;
        let parsed = parse(Source {
            path: "r.json",
            text,
        });
        let told: Vec<_> = parsed
            .series
            .iter()
            .map(|s| (s.unit.as_str(), s.direction, s.nature, s.samples[0]))
            .collect();
        assert_eq!(
            told,
            [
                ("ns", LowerIsBetter, Nature::Measured, 1.5e6),
                ("1/s", HigherIsBetter, Nature::Measured, 7.0),
                ("count", LowerIsBetter, Nature::Deterministic, 9.0),
                ("bytes", LowerIsBetter, Nature::Measured, 1024.0),
            ]
        );
    }
}
