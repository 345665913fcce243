//! pytest-benchmark's JSON, in seconds; the samples are there with `--benchmark-save-data`.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Series, Unit};

#[derive(Deserialize)]
struct Root<'t> {
    #[serde(borrow)]
    benchmarks: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Record {
    fullname: String,
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    mean: f64,
    median: Option<f64>,
    #[serde(default)]
    data: Vec<Value>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"benchmarks\"", "\"stats\"", "\"fullname\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let root: Root<'_> = match json::root(source) {
        Ok(root) => root,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut parsed = Parsed::default();
    for raw in root.benchmarks {
        let record: Record = match json::read(source, raw.get()) {
            Ok(record) => record,
            Err(problem) => {
                parsed.problems.push(problem);
                continue;
            }
        };
        let samples: Option<Vec<f64>> = record.stats.data.iter().map(Value::as_f64).collect();
        let series = match samples {
            Some(samples) if !samples.is_empty() => {
                Series::new(&record.fullname, "time", Unit::seconds(), samples)
            }
            whole => {
                if whole.is_none() {
                    parsed.problems.push(
                        Diagnostic::warning(format!(
                            "{}: not every entry of data is a number; its summary is used instead",
                            record.fullname
                        ))
                        .at(Place::file(source.path)),
                    );
                }
                let (value, statistic) = record
                    .stats
                    .median
                    .map_or((record.stats.mean, "mean"), |median| (median, "median"));
                Series::new(&record.fullname, "time", Unit::seconds(), vec![value])
                    .summary(statistic)
            }
        };
        parsed.series.push(series);
    }
    parsed
}
