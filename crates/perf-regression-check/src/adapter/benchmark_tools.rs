//! BenchmarkTools.jl: `BenchmarkGroup`s nested as `["Type", {fields}]`, trials or estimates as leaves.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde_json::Value;

use super::{Parsed, Source, json, json_with};
use crate::model::{Series, Unit};

/// The deepest nesting followed; real suites have a handful of levels.
const DEPTH: usize = 64;

pub(super) fn sniff(text: &str) -> bool {
    text.trim_start().starts_with('[') && json_with(text, &["\"BenchmarkTools\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let root: Value = match json::root(source) {
        Ok(root) => root,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut parsed = Parsed::default();
    for object in root.get(1).and_then(Value::as_array).into_iter().flatten() {
        walk(source, object, "", DEPTH, &mut parsed);
    }
    parsed
}

fn walk(source: Source<'_>, object: &Value, path: &str, depth: usize, parsed: &mut Parsed) {
    let fields = object.get(1);
    let number = |key: &str| {
        fields
            .and_then(|fields| fields.get(key))
            .and_then(Value::as_f64)
    };
    let list = |key: &str| -> Option<Vec<f64>> {
        fields?
            .get(key)?
            .as_array()?
            .iter()
            .map(Value::as_f64)
            .collect()
    };
    match object.get(0).and_then(Value::as_str) {
        Some("BenchmarkGroup") if depth > 0 => {
            let data = fields
                .and_then(|fields| fields.get("data"))
                .and_then(Value::as_object);
            for (name, child) in data.into_iter().flatten() {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}/{name}")
                };
                walk(source, child, &path, depth - 1, parsed);
            }
        }
        Some("Trial") if list("times").is_some() => {
            parsed.series.push(Series::new(
                path,
                "time",
                Unit::nanoseconds(),
                list("times").unwrap_or_default(),
            ));
            costs(path, number("memory"), number("allocs"), parsed);
        }
        Some("TrialEstimate") if number("time").is_some() => {
            let time = number("time").into_iter().collect();
            parsed
                .series
                .push(Series::new(path, "time", Unit::nanoseconds(), time).summary("estimate"));
            costs(path, number("memory"), number("allocs"), parsed);
        }
        _ => parsed.problems.push(
            Diagnostic::error(format!("{path:?} is neither a group nor a trial"))
                .at(Place::file(source.path)),
        ),
    }
}

fn costs(path: &str, memory: Option<f64>, allocations: Option<f64>, parsed: &mut Parsed) {
    parsed.series.extend(memory.map(|bytes| {
        Series::new(path, "allocated-bytes", Unit::bytes(), vec![bytes]).deterministic()
    }));
    parsed.series.extend(
        allocations.map(|count| {
            Series::new(path, "allocations", Unit::count(), vec![count]).deterministic()
        }),
    );
}
