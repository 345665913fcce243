//! `vitest bench --outputJson`: milliseconds, with samples when they were asked for.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Series, Unit};

#[derive(Deserialize)]
struct Root<'t> {
    #[serde(borrow)]
    files: Vec<File<'t>>,
}

#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    groups: Vec<Group<'t>>,
}

#[derive(Deserialize)]
struct Group<'t> {
    #[serde(rename = "fullName")]
    full_name: String,
    #[serde(borrow)]
    benchmarks: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Record {
    name: String,
    mean: Option<f64>,
    median: Option<f64>,
    #[serde(default)]
    samples: Vec<f64>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"files\"", "\"groups\"", "\"benchmarks\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let root: Root<'_> = match json::root(source) {
        Ok(root) => root,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut parsed = Parsed::default();
    for group in root.files.iter().flat_map(|file| &file.groups) {
        let read = json::each(source, &group.benchmarks, |record: Record| {
            let name = format!("{} > {}", group.full_name, record.name);
            let unit = Unit::of("ms");
            Ok([match (record.samples, record.median, record.mean) {
                (samples, _, _) if !samples.is_empty() => Series::new(name, "time", unit, samples),
                (_, Some(median), _) => {
                    Series::new(name, "time", unit, vec![median]).summary("median")
                }
                (_, _, Some(mean)) => Series::new(name, "time", unit, vec![mean]).summary("mean"),
                _ => return Err(format!("{name} has no result: it did not run")),
            }])
        });
        parsed.series.extend(read.series);
        parsed.problems.extend(read.problems);
    }
    parsed
}
