//! k6: the end-of-run summary, and the stream of points.
//!
//! A trend's points are samples in the stream and statistics in the summary; trends marked as
//! time are in milliseconds. Requests of one run are not independent of each other, so a single
//! run's points say how the run went, not how runs vary: compare rounds (`run`) for that.

use std::collections::BTreeMap;

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::stats::quantile::{mean, quantile};
use serde::Deserialize;
use serde_json::Value;

use super::{Parsed, Source, json, json_with};
use crate::model::{Direction, Series, SeriesId, Threshold, Unit};

#[derive(Deserialize)]
struct Summary {
    metrics: BTreeMap<String, BTreeMap<String, Value>>,
}

pub(super) fn sniff_summary(text: &str) -> bool {
    json_with(text, &["\"metrics\"", "\"iterations\""])
        || json_with(text, &["\"metrics\"", "\"iteration_duration\""])
}

pub(super) fn parse_summary(source: Source<'_>) -> Parsed {
    let root: Summary = match json::root(source) {
        Ok(root) => root,
        Err(problem) => return Parsed::failed(problem),
    };
    let mut parsed = Parsed::default();
    for (name, fields) in &root.metrics {
        // handleSummary nests the numbers under `values` and states what they are.
        let nested = fields.get("values").and_then(Value::as_object);
        let stated_time = fields
            .get("contains")
            .and_then(Value::as_str)
            .map(|contains| contains == "time");
        let numbers: Vec<(&str, f64)> = match nested {
            Some(values) => values
                .iter()
                .filter_map(|(key, value)| Some((key.as_str(), value.as_f64()?)))
                .collect(),
            None => fields
                .iter()
                .filter_map(|(key, value)| Some((key.as_str(), value.as_f64()?)))
                .collect(),
        };
        if numbers.is_empty() {
            parsed.problems.push(
                Diagnostic::error(format!("metric {name} has no number"))
                    .at(Place::file(source.path)),
            );
        }
        if let Some(checked) = fields.get("thresholds") {
            parsed.thresholds.extend(summary_thresholds(name, checked));
        }
        let trend = numbers.iter().any(|(key, _)| *key == "avg");
        for (statistic, value) in numbers {
            // `passes` and `fails` count what the rate already says; thresholds are not numbers.
            if matches!(statistic, "passes" | "fails" | "thresholds") {
                continue;
            }
            let unit = match (trend, statistic) {
                (true, _) if stated_time.unwrap_or_else(|| is_duration(name)) => Unit::of("ms"),
                (false, "rate") if numbers_have_count(fields, nested) => rate_unit(name),
                (false, "count") => count_unit(name),
                _ => plain_unit(name),
            };
            parsed
                .series
                .push(Series::new(name, statistic, unit, vec![value]).summary(statistic));
        }
    }
    parsed
}

/// The thresholds of a metric in a summary. Expressions without a result, or something else that is no
/// result, are thresholds of which it cannot be told whether they were kept.
fn summary_thresholds(metric: &str, checked: &Value) -> Vec<Threshold> {
    match checked {
        Value::Object(checked) => checked
            .iter()
            .map(|(expression, result)| summary_threshold(metric, expression, result))
            .collect(),
        Value::Array(expressions) => expressions
            .iter()
            .map(|expression| threshold(metric, expression.as_str().unwrap_or("?"), None))
            .collect(),
        Value::Null => Vec::new(),
        _ => vec![threshold(metric, "?", None)],
    }
}

/// A threshold of a summary: `handleSummary` says `{"ok": true}` of one that was kept,
/// `--summary-export` says `true` of one that was crossed.
fn summary_threshold(metric: &str, expression: &str, result: &Value) -> Threshold {
    let kept = result
        .as_bool()
        .map(|crossed| !crossed)
        .or_else(|| result["ok"].as_bool());
    threshold(metric, expression, kept)
}

fn threshold(metric: &str, expression: &str, kept: Option<bool>) -> Threshold {
    let statistic = expression
        .split(['<', '>', '=', '!'])
        .next()
        .unwrap_or_default();
    Threshold {
        on: SeriesId {
            benchmark: metric.to_owned(),
            metric: statistic.trim().to_owned(),
        },
        expression: expression.to_owned(),
        kept,
    }
}

/// Whether points keep a threshold, as k6 reckons: percentiles between neighbouring points, counts as
/// sums. `None` for what the points do not tell: a counter's rate needs the time that the run took.
fn keeps(stream: &Stream, expression: &str) -> Option<bool> {
    let at = expression.find(['<', '>', '=', '!'])?;
    let (statistic, rest) = (expression[..at].trim(), &expression[at..]);
    let digits = rest.trim_start_matches(['<', '>', '=', '!']);
    let operator = &rest[..rest.len() - digits.len()];
    let limit: f64 = digits.trim().parse().ok()?;
    let points = &stream.points;
    let sum: f64 = points.iter().sum();
    let value = match (stream.kind.as_str(), statistic) {
        ("trend", "avg") if !points.is_empty() => mean(points),
        ("trend", "min") => points.iter().copied().reduce(f64::min)?,
        ("trend", "max") => points.iter().copied().reduce(f64::max)?,
        ("trend", "med") => quantile(points, 0.5)?,
        ("trend", percentile) => {
            let share = percentile.strip_prefix("p(")?.strip_suffix(')')?;
            let share: f64 = share.trim().parse().ok()?;
            quantile(points, (share / 100.0).clamp(0.0, 1.0))?
        }
        ("counter", "count") => sum,
        ("rate", "rate") => sum / points.len() as f64,
        ("gauge", "value") => *points.last()?,
        _ => return None,
    };
    match operator {
        "<" => Some(value < limit),
        "<=" => Some(value <= limit),
        ">" => Some(value > limit),
        ">=" => Some(value >= limit),
        "==" | "===" => Some(value == limit),
        "!=" => Some(value != limit),
        _ => None,
    }
}

fn numbers_have_count(
    fields: &BTreeMap<String, Value>,
    nested: Option<&serde_json::Map<String, Value>>,
) -> bool {
    fields.contains_key("count") || nested.is_some_and(|values| values.contains_key("count"))
}

/// k6's built-in trends of time; a summary export does not say which are.
fn is_duration(name: &str) -> bool {
    let base = name.split('{').next().unwrap_or(name);
    base.starts_with("http_req_")
        || base.ends_with("_duration")
        || matches!(base, "ws_connecting" | "ws_ping" | "iteration_duration")
}

fn plain_unit(name: &str) -> Unit {
    let base = name.split('{').next().unwrap_or(name);
    let direction = match base {
        "checks" => Direction::HigherIsBetter,
        "http_req_failed" => Direction::LowerIsBetter,
        _ => Direction::Unknown,
    };
    let unit = if matches!(base, "checks" | "http_req_failed") {
        "ratio"
    } else {
        ""
    };
    Unit {
        name: unit.to_owned(),
        factor: 1.0,
        direction,
    }
}

fn rate_unit(name: &str) -> Unit {
    let unit = if is_data(name) {
        Unit::of("bytes/s")
    } else {
        Unit::of("ops/s")
    };
    let direction = if matches!(name, "http_reqs" | "iterations") {
        Direction::HigherIsBetter
    } else {
        Direction::Unknown
    };
    Unit { direction, ..unit }
}

fn count_unit(name: &str) -> Unit {
    let unit = if is_data(name) {
        Unit::bytes()
    } else {
        Unit::count()
    };
    Unit {
        direction: Direction::Unknown,
        ..unit
    }
}

fn is_data(name: &str) -> bool {
    name.starts_with("data_")
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    metric: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "type")]
    kind: Option<String>,
    contains: Option<String>,
    value: Option<f64>,
    thresholds: Option<Vec<String>>,
}

pub(super) fn sniff_stream(text: &str) -> bool {
    text.trim_start().starts_with('{')
        && text
            .lines()
            .take(3)
            .any(|line| line.contains("\"metric\"") && line.contains("\"data\""))
}

#[derive(Default)]
struct Stream {
    kind: String,
    time: bool,
    points: Vec<f64>,
    thresholds: Vec<String>,
}

pub(super) fn parse_stream(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut metrics: BTreeMap<String, Stream> = BTreeMap::new();
    for raw in source.text.lines().filter(|line| !line.trim().is_empty()) {
        let line: Line = match json::read(source, raw) {
            Ok(line) => line,
            Err(problem) => {
                parsed.problems.push(problem);
                continue;
            }
        };
        let stream = metrics.entry(line.metric).or_default();
        match line.kind.as_str() {
            "Metric" => {
                stream.kind = line.data.kind.unwrap_or_default();
                stream.time = line.data.contains.as_deref() == Some("time");
                stream.thresholds = line.data.thresholds.unwrap_or_default();
            }
            _ => stream.points.extend(line.data.value),
        }
    }
    for (name, stream) in metrics
        .into_iter()
        .filter(|(_, stream)| !stream.points.is_empty())
    {
        for expression in &stream.thresholds {
            let kept = keeps(&stream, expression);
            parsed.thresholds.push(threshold(&name, expression, kept));
        }
        let sum: f64 = stream.points.iter().sum();
        let series = match stream.kind.as_str() {
            "trend" if stream.time => Series::new(&name, "value", Unit::of("ms"), stream.points),
            "trend" => Series::new(&name, "value", plain_unit(&name), stream.points),
            "counter" => Series::new(&name, "count", count_unit(&name), vec![sum]).summary("sum"),
            "rate" => Series::new(
                &name,
                "rate",
                plain_unit(&name),
                vec![sum / stream.points.len() as f64],
            )
            .summary("rate"),
            // Gauges hold their last value.
            _ => Series::new(
                &name,
                "value",
                plain_unit(&name),
                stream.points.last().copied().into_iter().collect(),
            )
            .summary("last"),
        };
        parsed.series.push(series);
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(kind: &str, points: &[f64]) -> Stream {
        Stream {
            kind: kind.to_owned(),
            points: points.to_vec(),
            ..Stream::default()
        }
    }

    #[test]
    fn thresholds_are_judged_from_points() {
        let trend = stream("trend", &[10.0, 20.0, 30.0, 40.0]);
        for (expression, kept) in [
            ("p(95)<39", Some(true)),
            ("p(95) < 38", Some(false)),
            ("avg<=25", Some(true)),
            ("med>25", Some(false)),
            ("max==40", Some(true)),
            ("min!=10", Some(false)),
            ("p(x)<1", None),
            ("count>1", None),
            ("avg<", None),
            ("<1", None),
            ("", None),
        ] {
            assert_eq!(keeps(&trend, expression), kept, "{expression}");
        }
        assert_eq!(
            keeps(&stream("counter", &[1.0, 1.0]), "count>=2"),
            Some(true)
        );
        assert_eq!(keeps(&stream("counter", &[1.0]), "rate>1"), None);
        assert_eq!(keeps(&stream("rate", &[1.0, 0.0]), "rate>0.9"), Some(false));
    }

    #[test]
    fn the_two_summaries_say_the_opposite_of_each_other() {
        let kept = |json: &str| {
            let result = serde_json::from_str(json).unwrap();
            summary_threshold("work", "p(95)<500", &result).kept
        };
        assert_eq!(kept("{\"ok\": true}"), Some(true));
        assert_eq!(kept("false"), Some(true));
        assert_eq!(kept("true"), Some(false));
        assert_eq!(kept("7"), None);
        let of = |json: &str| -> Vec<Option<bool>> {
            let checked = serde_json::from_str(json).unwrap();
            let thresholds = summary_thresholds("work", &checked);
            thresholds
                .into_iter()
                .map(|threshold| threshold.kept)
                .collect()
        };
        assert_eq!(of("[\"p(95)<500\", \"avg<1\"]"), [None, None]);
        assert_eq!(of("\"p(95)<500\""), [None]);
        assert_eq!(of("null"), []);
    }
}
