//! Histories of github-action-benchmark: its `data.js` into a ledger, and a ledger into a `data.js`.
//!
//! The file is JavaScript that assigns one JSON object to `window.BENCHMARK_DATA`. Its points have a
//! name, a value, a unit, a range and free text; commits have an id and a time. All of that is kept
//! to the last digit; authors and messages of commits are not, git has them.

use std::collections::{BTreeMap, HashMap, HashSet};

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Entry, EntryKey, Machine, Run};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::record::columns;
use crate::model::{Direction, ResultSet, Series, Unit};

/// The name under which a run remembers which tool's results it has.
const TOOL: &str = "github-action-benchmark";
/// How the file begins.
const PREFIX: &str = "window.BENCHMARK_DATA = ";
/// Columns for what our model says in another way.
const NAME: &str = "gab-name";
const VALUE: &str = "gab-value";
const UNIT: &str = "gab-unit";
const RANGE: &str = "gab-range";
const EXTRA: &str = "gab-extra";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(default)]
    last_update: i64,
    #[serde(default)]
    repo_url: String,
    entries: BTreeMap<String, Vec<Value>>,
}

#[derive(Serialize, Deserialize)]
struct Recorded {
    commit: Commit,
    date: i64,
    tool: String,
    benches: Vec<Bench>,
}

#[derive(Serialize, Deserialize)]
struct Commit {
    id: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    url: String,
}

#[derive(Serialize, Deserialize)]
struct Bench {
    name: String,
    value: f64,
    #[serde(default)]
    unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extra: Option<String>,
}

/// What was read of a `data.js`.
#[derive(Debug, Default)]
pub struct Imported {
    /// One entry a commit and suite.
    pub entries: Vec<Entry>,
    /// One warning per commit that cannot be kept.
    pub problems: Vec<Diagnostic>,
}

/// Reads a `data.js`, or the JSON object alone.
///
/// # Errors
/// When the file as a whole makes no sense, with the place.
pub fn import(path: &str, text: &str, branch: Option<&str>) -> Result<Imported, Diagnostic> {
    let begin = text.find('{').unwrap_or(text.len());
    let json = text[begin..].trim_end().trim_end_matches(';');
    let value: Value = serde_json::from_str(json).map_err(|error| {
        let line = error.line() + text[..begin].matches('\n').count();
        let place = Place {
            file: path.to_owned(),
            line: Some(line),
            column: Some(error.column()),
        };
        Diagnostic::error(format!(
            "not the history of github-action-benchmark: {error}"
        ))
        .at(place)
        .help("the file assigns one JSON object to window.BENCHMARK_DATA")
    })?;
    if let Some(version) = value.get("version").filter(|version| **version != json!(1)) {
        return Err(Diagnostic::error(format!(
            "this file has version {version}; version 1 is understood"
        ))
        .at(Place::file(path))
        .help("export it as data.js of github-action-benchmark first"));
    }
    let data: Data = serde_json::from_value(value).map_err(|error| {
        Diagnostic::error(format!(
            "not the history of github-action-benchmark: {error}"
        ))
        .at(Place::file(path))
    })?;
    let mut imported = Imported::default();
    let mut taken = HashSet::new();
    for (suite, commits) in data.entries {
        for (at, commit) in commits.into_iter().enumerate() {
            match entry(&suite, commit, branch) {
                Ok(mut entry) => {
                    // Jobs of one commit may have written at the same moment.
                    while !taken.insert(EntryKey::of(&entry)) {
                        entry.run.time += SignedDuration::from_millis(1);
                    }
                    imported.entries.push(entry);
                }
                Err(reason) => imported.problems.push(
                    Diagnostic::warning(format!(
                        "entry {} of suite {suite:?} is left out: {reason}",
                        at + 1
                    ))
                    .at(Place::file(path)),
                ),
            }
        }
    }
    Ok(imported)
}

fn entry(suite: &str, recorded: Value, branch: Option<&str>) -> Result<Entry, String> {
    let recorded: Recorded = serde_json::from_value(recorded).map_err(|error| error.to_string())?;
    let commit = CommitSha::try_from(recorded.commit.id).map_err(|error| error.to_string())?;
    let time = Timestamp::from_millisecond(recorded.date).map_err(|error| error.to_string())?;
    let mut names: HashMap<String, usize> = HashMap::new();
    let series = recorded.benches.iter().map(|bench| {
        let nth = names
            .entry(bench.name.clone())
            .and_modify(|count| *count += 1)
            .or_insert(1);
        let name = if *nth == 1 {
            bench.name.clone()
        } else {
            format!("{} ({nth})", bench.name)
        };
        series(name, bench, &recorded.tool)
    });
    let set = ResultSet {
        thresholds: Vec::new(),
        series: series.collect(),
        problems: Vec::new(),
    };
    let mut table = columns(&set);
    let mut keep = |column: &str, of: &dyn Fn(&Bench, &Series) -> Value| {
        let values: Vec<Value> = recorded
            .benches
            .iter()
            .zip(&set.series)
            .map(|(bench, series)| of(bench, series))
            .collect();
        if values.iter().any(|value| !value.is_null()) {
            table.insert(column.to_owned(), values);
        }
    };
    let unless = |same: bool, value: Value| if same { Value::Null } else { value };
    keep(NAME, &|bench, series| {
        unless(bench.name == series.benchmark, json!(bench.name))
    });
    keep(VALUE, &|bench, series| {
        unless(series.samples[0] == bench.value, json!(bench.value))
    });
    keep(UNIT, &|bench, series| {
        unless(bench.unit == series.unit, json!(bench.unit))
    });
    keep(RANGE, &|bench, _| json!(bench.range));
    keep(EXTRA, &|bench, _| json!(bench.extra));
    Ok(Entry {
        suite: suite.to_owned(),
        run: Run {
            commit,
            parent: None,
            branch: branch.map(str::to_owned),
            time,
            run_id: 0,
            attempt: 0,
            machine: Machine::default(),
            tools: BTreeMap::from([(TOOL.to_owned(), recorded.tool)]),
        },
        columns: table,
    })
}

fn series(name: String, bench: &Bench, tool: &str) -> Series {
    let unit = Unit::of(&bench.unit);
    let metric = match unit.name.as_str() {
        "ns" => "time",
        "bytes" => "size",
        "1/s" | "bytes/s" => "throughput",
        _ => "value",
    };
    // What the tool's name says counts where the unit says nothing.
    let direction = match (unit.direction, tool) {
        (Direction::Unknown, "customBiggerIsBetter" | "benchmarkjs" | "pytest") => {
            Direction::HigherIsBetter
        }
        (
            Direction::Unknown,
            "customSmallerIsBetter"
            | "cargo"
            | "go"
            | "googlecpp"
            | "catch2"
            | "julia"
            | "benchmarkdotnet",
        ) => Direction::LowerIsBetter,
        (known, _) => known,
    };
    Series::new(name, metric, unit, vec![bench.value]).directed(direction)
}

/// The `data.js` that shows `entries` in github-action-benchmark's page. Its suites have one direction
/// each: a suite of ours with both becomes two.
#[must_use]
pub fn export(entries: &[Entry], repository: Option<&str>) -> String {
    let repo_url = repository
        .map(|slug| format!("https://github.com/{slug}"))
        .unwrap_or_default();
    let mut suites: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in entries {
        let known = entry.run.tools.get(TOOL);
        let mut parts: BTreeMap<(String, String), Vec<Bench>> = BTreeMap::new();
        for row in 0..entry.columns.get("median").map_or(0, Vec::len) {
            let Some((bench, higher)) = bench(entry, row) else {
                continue;
            };
            let (suite, tool) = match known {
                Some(tool) => (entry.suite.clone(), tool.clone()),
                None if higher => (
                    format!("{} (bigger is better)", entry.suite),
                    "customBiggerIsBetter".to_owned(),
                ),
                None => (entry.suite.clone(), "customSmallerIsBetter".to_owned()),
            };
            parts.entry((suite, tool)).or_default().push(bench);
        }
        for ((suite, tool), benches) in parts {
            let id = entry.run.commit.as_str();
            let recorded = Recorded {
                commit: Commit {
                    id: id.to_owned(),
                    message: String::new(),
                    timestamp: entry.run.time.to_string(),
                    url: if repo_url.is_empty() {
                        String::new()
                    } else {
                        format!("{repo_url}/commit/{id}")
                    },
                },
                date: entry.run.time.as_millisecond(),
                tool,
                benches,
            };
            suites.entry(suite).or_default().push(json!(recorded));
        }
    }
    let last_update = entries
        .iter()
        .map(|entry| entry.run.time.as_millisecond())
        .max()
        .unwrap_or(0);
    let data = Data {
        last_update,
        repo_url,
        entries: suites,
    };
    format!("{PREFIX}{:#}\n", json!(data))
}

/// A row as a point, and whether more of it is better.
fn bench(entry: &Entry, row: usize) -> Option<(Bench, bool)> {
    let cell = |column: &str| entry.columns.get(column).and_then(|values| values.get(row));
    let text = |column: &str| cell(column).and_then(Value::as_str).map(str::to_owned);
    let metric = text("metric")?;
    let name = text(NAME).or_else(|| {
        let name = text("benchmark")?;
        // Our benchmarks may have several metrics; theirs have a name and nothing else.
        Some(if entry.run.tools.contains_key(TOOL) || metric == "time" {
            name
        } else {
            format!("{name} [{metric}]")
        })
    })?;
    let bench = Bench {
        name,
        value: cell(VALUE)
            .and_then(Value::as_f64)
            .or_else(|| cell("median")?.as_f64())?,
        unit: text(UNIT).or_else(|| text("unit"))?,
        range: text(RANGE),
        extra: text(EXTRA),
    };
    Some((bench, text("direction")? == "higher-is-better"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> String {
        let bench = |name: &str, value: f64, unit: &str| json!({"name": name, "value": value, "unit": unit, "range": "± 3", "extra": "a\nb"});
        let at = |date: i64, tool: &str, benches: Vec<Value>| json!({"commit": {"id": "a".repeat(40), "author": {}}, "date": date, "tool": tool, "benches": benches});
        let data = json!({"lastUpdate": 5, "repoUrl": "https://github.com/o/r", "entries": {
            "Rust": [at(1000, "cargo", vec![bench("x", 0.1 + 0.2, "us/iter"), bench("x", 7.0, "ns/iter")]), at(1000, "cargo", vec![bench("x", 1e-300, "ns/iter")])],
            "JS": [at(2000, "benchmarkjs", vec![bench("y", 5e15, "ops/sec")])],
        }});
        format!("{PREFIX}{data:#};")
    }

    fn points(text: &str) -> Vec<String> {
        let data: Value = serde_json::from_str(
            text[text.find('{').unwrap()..]
                .trim_end()
                .trim_end_matches(';'),
        )
        .unwrap();
        let mut points = Vec::new();
        for (suite, commits) in data["entries"].as_object().unwrap() {
            for commit in commits.as_array().unwrap() {
                for bench in commit["benches"].as_array().unwrap() {
                    points.push(format!(
                        "{suite} {} {} {bench}",
                        commit["commit"]["id"], commit["tool"]
                    ));
                }
            }
        }
        points
    }

    #[test]
    fn there_and_back_loses_nothing() {
        let imported = import("data.js", &sample(), Some("main")).unwrap();
        assert!(imported.problems.is_empty() && imported.entries.len() == 3);
        let exported = export(&imported.entries, Some("o/r"));
        assert_eq!(points(&exported), points(&sample()));
        let names: Vec<&Value> = imported
            .entries
            .iter()
            .flat_map(|entry| &entry.columns["benchmark"])
            .collect();
        assert_eq!(names, ["y", "x", "x (2)", "x"]);
    }

    #[test]
    fn directions_are_those_of_the_tool() {
        let imported = import("data.js", &sample(), None).unwrap();
        assert_eq!(
            imported.entries[0].columns["direction"][0],
            "higher-is-better"
        );
        assert_eq!(
            imported.entries[1].columns["direction"][0],
            "lower-is-better"
        );
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_place() {
        let error = import(
            "data.js",
            "window.BENCHMARK_DATA = {\n \"entries\": [}",
            None,
        )
        .unwrap_err();
        assert_eq!(error.place.unwrap().line, Some(2));
        assert!(
            import("data.js", "{\"version\": 2, \"entries\": {}}", None)
                .unwrap_err()
                .message
                .contains("version 2")
        );
        let odd = import("data.js", "{\"entries\": {\"s\": [{\"commit\": {\"id\": \"short\"}, \"date\": 1, \"tool\": \"go\", \"benches\": []}, 3]}}", None).unwrap();
        assert_eq!((odd.entries.len(), odd.problems.len()), (0, 2));
    }
}
