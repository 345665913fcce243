//! airspeed velocity result files (`results/<machine>/<commit>-<env>.json`).
//!
//! `results` maps a benchmark to a row whose columns `result_columns` names; a parameterised
//! benchmark has one value per combination, the last parameter varying fastest. Units are not in
//! the file: asv's name prefixes give them (`time_`, `mem_`, `peakmem_`), and `track_` has none.
//!
//! Source: asv documentation, "Developer docs: result file format".

use std::collections::BTreeMap;

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;
use serde_json::Value;

use super::{Parsed, Source, json, json_with};
use crate::model::{Direction, Series, Unit};

#[derive(Deserialize)]
struct Root {
    result_columns: Vec<String>,
    results: BTreeMap<String, Value>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(
        text,
        &["\"result_columns\"", "\"results\"", "\"commit_hash\""],
    )
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let text = without_nonfinite(source.text);
    let root: Root = match json::root(Source {
        text: &text,
        ..source
    }) {
        Ok(root) => root,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut parsed = Parsed::default();
    let column = |name: &str| root.result_columns.iter().position(|column| column == name);
    let (result, params, samples) = (column("result"), column("params"), column("samples"));
    for (name, row) in &root.results {
        let at = |index: Option<usize>| {
            index
                .and_then(|index| row.get(index))
                .filter(|value| !value.is_null())
        };
        // Without parameters, and without a failure, the row may be the bare value.
        let values = at(result).or_else(|| row.is_number().then_some(row));
        let Some(values) = values else {
            parsed.problems.push(
                Diagnostic::error(format!("{name} has no result: it failed"))
                    .at(Place::file(source.path)),
            );
            continue;
        };
        let labels = combinations(at(params));
        let values: Vec<&Value> = values
            .as_array()
            .map_or_else(|| vec![values], |list| list.iter().collect());
        for (index, value) in values.iter().enumerate() {
            let label = labels.get(index).filter(|label| !label.is_empty());
            let name = label.map_or_else(|| name.clone(), |label| format!("{name}({label})"));
            let raw = at(samples)
                .and_then(|all| all.get(index))
                .and_then(Value::as_array);
            let raw: Option<Vec<f64>> = raw.and_then(|raw| raw.iter().map(Value::as_f64).collect());
            match (raw.filter(|raw| !raw.is_empty()), value.as_f64()) {
                (Some(raw), _) => parsed.series.push(series(&name, raw)),
                (None, Some(value)) => parsed
                    .series
                    .push(series(&name, vec![value]).summary("median")),
                // asv writes null for a failed combination and NaN for a skipped one.
                (None, None) => parsed.problems.push(
                    Diagnostic::error(format!("{name} has no result: it failed"))
                        .at(Place::file(source.path)),
                ),
            }
        }
    }
    parsed
}

/// Python writes `NaN` and `Infinity`, which JSON does not have; here they mean "no value".
fn without_nonfinite(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"]
            .into_iter()
            .find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            plain.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = in_string;
        } else if c == '"' {
            in_string = !in_string;
        }
        plain.push(c);
        rest = &rest[c.len_utf8()..];
    }
    plain
}

fn series(name: &str, samples: Vec<f64>) -> Series {
    let last = name
        .split('(')
        .next()
        .and_then(|name| name.rsplit('.').next())
        .unwrap_or(name);
    if last.starts_with("mem_") || last.starts_with("peakmem_") {
        Series::new(name, "memory", Unit::bytes(), samples)
    } else if last.starts_with("track_") {
        Series::new(
            name,
            "value",
            Unit {
                name: String::new(),
                factor: 1.0,
                direction: Direction::Unknown,
            },
            samples,
        )
    } else {
        Series::new(name, "time", Unit::seconds(), samples)
    }
}

fn combinations(params: Option<&Value>) -> Vec<String> {
    let axes = params
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut labels = vec![String::new()];
    for axis in &axes {
        let values: Vec<String> = axis
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        // A hostile file must not multiply itself into memory.
        if labels.len().saturating_mul(values.len()) > 100_000 {
            return Vec::new();
        }
        labels = labels
            .iter()
            .flat_map(|label| {
                values.iter().map(move |value| {
                    if label.is_empty() {
                        value.clone()
                    } else {
                        format!("{label}, {value}")
                    }
                })
            })
            .collect();
    }
    labels
}
