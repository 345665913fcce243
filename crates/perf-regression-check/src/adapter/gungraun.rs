//! Gungraun's (formerly iai-callgrind) `summary.json`: one file per benchmark, counted events.
//!
//! Two shapes are read: `profiles[].data.total.metrics.<event>.values.new` of Gungraun, and
//! `profiles[].summaries.total.summary.<tool>.<event>.metrics` of iai-callgrind, whose value is
//! `Left` (no earlier run) or the first of `Both`.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Parsed, Source, callgrind, json, json_with};
use crate::model::{Series, Unit};

#[derive(Deserialize)]
struct Summary {
    module_path: String,
    #[serde(default)]
    function_name: String,
    id: Option<String>,
    #[serde(default)]
    profiles: Vec<Value>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(
        text,
        &["\"module_path\"", "\"function_name\"", "\"profiles\""],
    )
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let summary: Summary = match json::root(source) {
        Ok(summary) => summary,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut name = summary.module_path;
    if !summary.function_name.is_empty() && !name.ends_with(&summary.function_name) {
        name.push_str(&format!("::{}", summary.function_name));
    }
    if let Some(id) = summary.id.filter(|id| !id.is_empty()) {
        name.push_str(&format!("::{id}"));
    }
    let mut parsed = Parsed::default();
    for profile in &summary.profiles {
        let tool = profile
            .get("tool")
            .and_then(Value::as_str)
            .unwrap_or("tool");
        let now = profile
            .pointer("/data/total/metrics")
            .and_then(Value::as_object);
        let before = profile
            .pointer("/summaries/total/summary")
            .and_then(Value::as_object)
            .and_then(|summary| summary.values().next()?.as_object());
        match now.or(before) {
            Some(events) => parsed.series.extend(series(&name, tool, events)),
            None => parsed.problems.push(
                Diagnostic::error(format!(
                    "{name}: no totals of {tool} where this version looks for them"
                ))
                .at(Place::file(source.path))
                .help(
                    "Gungraun's summary version 7 and iai-callgrind's 0.14 to 0.16 are understood",
                ),
            ),
        }
    }
    parsed
}

fn series(name: &str, tool: &str, events: &Map<String, Value>) -> Vec<Series> {
    let counted = events.iter().filter(|(event, _)| !event.ends_with("Rate"));
    counted
        .filter_map(|(event, metric)| {
            let value = value(metric)?;
            let metric = if tool == "Callgrind" {
                callgrind::metric(event).to_owned()
            } else {
                format!("{tool}.{event}")
            };
            Some(Series::new(name, metric, Unit::count(), vec![value]).deterministic())
        })
        .collect()
}

fn value(metric: &Value) -> Option<f64> {
    let now = metric.pointer("/values/new");
    let before = metric
        .pointer("/metrics/Left")
        .or_else(|| metric.pointer("/metrics/Both/0"));
    let value = now.or(before)?;
    // Newer versions of the old shape tag the number with its kind.
    value
        .as_f64()
        .or_else(|| value.get("Int").or_else(|| value.get("Float"))?.as_f64())
}
