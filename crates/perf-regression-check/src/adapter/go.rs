//! `go test -bench`: each line is one run, so `-count` gives samples.
//!
//! Names are qualified by the package they come from, since two packages may share one. The
//! `-8` that Go appends for GOMAXPROCS is dropped, unless that would merge two benchmarks: with
//! GOMAXPROCS=1 nothing is appended and `size-100` is a name.
//!
//! Source: <https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md>

use std::collections::{HashMap, HashSet};

use super::{Parsed, Source, number};
use crate::model::{Direction, Series, Unit};

struct Line<'t> {
    package: &'t str,
    name: &'t str,
    metrics: Vec<(f64, &'t str)>,
}

pub(super) fn sniff(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("Benchmark") && result(line).is_some_and(|line| line.is_ok()))
}

/// The name and the metrics of a result line; `None` for other lines, such as the bare name that
/// `-v` prints first.
#[expect(clippy::type_complexity, reason = "used once, right below")]
fn result(line: &str) -> Option<Result<(&str, Vec<(f64, &str)>), String>> {
    let mut fields = line.split_whitespace();
    let name = fields.next().filter(|name| name.starts_with("Benchmark"))?;
    let iterations = fields.next()?;
    // "BenchmarkX log output": words follow, no count; that is something the program printed.
    if !iterations.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest: Vec<&str> = fields.collect();
    if rest.is_empty() || !rest.len().is_multiple_of(2) {
        return Some(Err(format!(
            "{name}: expected pairs of value and unit after the iteration count"
        )));
    }
    let metrics = rest.chunks(2).map(|pair| {
        number(pair[0])
            .map(|value| (value, pair[1]))
            .ok_or_else(|| format!("{name}: {:?} is no number", pair[0]))
    });
    Some(
        metrics
            .collect::<Result<_, _>>()
            .map(|metrics| (name, metrics)),
    )
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut lines = Vec::new();
    let mut package = "";
    for (index, line) in source.text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("pkg:") {
            package = name.trim();
        } else if let Some(result) = result(line) {
            match result {
                Ok((name, metrics)) => lines.push(Line {
                    package,
                    name,
                    metrics,
                }),
                Err(message) => parsed.problems.push(source.line_error(index, message)),
            }
        } else if line.starts_with("--- FAIL") || line.starts_with("panic:") {
            parsed
                .problems
                .push(source.line_error(index, format!("the run failed here: {line}")));
        }
    }
    let merged = merged_by_dropping(&lines);
    for line in &lines {
        let stripped = without_procs(line.name);
        let name = if merged.contains(&(line.package, stripped)) {
            line.name
        } else {
            stripped
        };
        let name = if line.package.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", line.package)
        };
        parsed.series.extend(
            line.metrics
                .iter()
                .map(|(value, unit)| metric(&name, *value, unit)),
        );
    }
    parsed
}

/// The shortened names that would stand for several different full names.
fn merged_by_dropping<'t>(lines: &[Line<'t>]) -> HashSet<(&'t str, &'t str)> {
    let mut full: HashMap<(&str, &str), HashSet<&str>> = HashMap::new();
    for line in lines {
        full.entry((line.package, without_procs(line.name)))
            .or_default()
            .insert(line.name);
    }
    full.into_iter()
        .filter(|(_, names)| names.len() > 1)
        .map(|(key, _)| key)
        .collect()
}

fn without_procs(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((stem, procs))
            if !procs.is_empty() && procs.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            stem
        }
        _ => name,
    }
}

fn metric(benchmark: &str, value: f64, unit: &str) -> Series {
    let series = |metric: &str, unit| Series::new(benchmark, metric, unit, vec![value]);
    match unit {
        "ns/op" => series("time", Unit::nanoseconds()),
        "B/op" => series("allocated-bytes", Unit::bytes()).deterministic(),
        "allocs/op" => series("allocations", Unit::count()).deterministic(),
        "MB/s" => series("throughput", Unit::of("MB/s")),
        other => {
            let unit = Unit::of(other);
            // Go's own convention: a rate is better higher, everything else lower; it is a
            // convention only for the units that Go knows, so a custom metric stays unknown.
            let direction = if other.ends_with("/s") || unit.name == "ns" {
                unit.direction
            } else {
                Direction::Unknown
            };
            series(other, Unit { direction, ..unit })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_not_taken_for_processors() {
        let text = "BenchmarkA/size-100 1 5 ns/op\nBenchmarkA/size-200 1 6 ns/op\nBenchmarkB-8 1 7 ns/op\nBenchmarkB-8 1 8 ns/op\n";
        let names: Vec<_> = parse(Source { path: "x", text })
            .series
            .into_iter()
            .map(|s| s.benchmark)
            .collect();
        assert_eq!(
            names,
            [
                "BenchmarkA/size-100",
                "BenchmarkA/size-200",
                "BenchmarkB",
                "BenchmarkB"
            ]
        );
    }

    #[test]
    fn broken_lines_and_failures_are_named() {
        let text =
            "BenchmarkA\nBenchmarkA-8 10 5 ns/op\nBenchmarkB-8 10 x ns/op\n--- FAIL: BenchmarkC\n";
        let parsed = parse(Source { path: "x", text });
        assert_eq!(parsed.series.len(), 1);
        let lines: Vec<_> = parsed
            .problems
            .iter()
            .map(|p| p.place.as_ref().unwrap().line.unwrap())
            .collect();
        assert_eq!(lines, [3, 4]);
    }
}
