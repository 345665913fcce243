//! Histories of other projects, in the form that github-action-benchmark keeps them, here and back.

use std::collections::BTreeMap;
use std::io::Read as _;

use serde_json::{Value, json};

use crate::Program;
use crate::corpus::corpus;

/// A `data.js` of the series in a file of the corpus: one entry a commit, indented as the tool does.
fn data_js(series: &Value) -> (String, BTreeMap<String, f64>) {
    type Commits = BTreeMap<(i64, String, String), Vec<Value>>;
    let mut suites: BTreeMap<String, Commits> = BTreeMap::new();
    let mut values = BTreeMap::new();
    for one in series.as_array().unwrap() {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        for (at, commit) in one["x"].as_array().unwrap().iter().enumerate() {
            let Some(value) = one["y"][at].as_f64() else {
                continue;
            };
            let (date, id) = (
                one["t"][at].as_i64().unwrap(),
                commit.as_str().unwrap().to_owned(),
            );
            let mut bench = json!({"name": text("bench"), "value": value, "unit": text("unit")});
            if let Some(range) = one["range"][at].as_str() {
                bench["range"] = json!(range);
            }
            values.insert(
                format!(
                    "{} {id} {} {} {at}",
                    text("suite"),
                    text("bench"),
                    text("unit")
                ),
                value,
            );
            suites
                .entry(text("suite"))
                .or_default()
                .entry((date, id, text("tool")))
                .or_default()
                .push(bench);
        }
    }
    let entries: BTreeMap<String, Vec<Value>> = suites
        .into_iter()
        .map(|(suite, commits)| {
            let commits = commits.into_iter().map(|((date, id, tool), benches)| json!({"commit": {"id": id, "message": "", "timestamp": "", "url": format!("https://github.com/o/r/commit/{id}")}, "date": date, "tool": tool, "benches": benches}));
            (suite, commits.collect())
        })
        .collect();
    let data = json!({"lastUpdate": 0, "repoUrl": "https://github.com/o/r", "entries": entries});
    (format!("window.BENCHMARK_DATA = {data:#}"), values)
}

/// Every point of a `data.js` as a line, sorted.
fn points(text: &str) -> Vec<String> {
    let data: Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
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
    points.sort();
    points
}

#[test]
fn other_histories_move_here_small_and_back_whole() {
    let Some(corpus) = corpus() else { return };
    let mut files: Vec<_> = std::fs::read_dir(corpus.join("perf/histories"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut largest = (0, 0.0);
    for file in files {
        let mut json = Vec::new();
        flate2::read::GzDecoder::new(std::fs::File::open(&file).unwrap())
            .read_to_end(&mut json)
            .unwrap();
        let (text, values) = data_js(&serde_json::from_slice(&json).unwrap());
        let program = Program::new();
        program.write("data.js", &text);
        program
            .run(&["import", "data.js", "--ledger", "ledger"])
            .expect(0);
        program
            .run(&["export", "--ledger", "ledger", "--out", "back.js"])
            .expect(0);
        let back = points(&program.read("back.js"));
        assert_eq!(back, points(&text), "{}", file.display());
        assert_eq!(back.len(), values.len());
        let size = program
            .run(&["compact", "--ledger", "ledger"])
            .expect(0)
            .out;
        let bytes: usize = size
            .split("; ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let share = bytes as f64 / text.len() as f64;
        gatehouse_core::system::System::write(
            &gatehouse_core::system::RealSystem,
            gatehouse_core::system::Stream::Err,
            &format!(
                "{}: {} bytes as data.js, {bytes} in the ledger: {:.1} %\n",
                file.file_name().unwrap().to_string_lossy(),
                text.len(),
                share * 100.0
            ),
        )
        .unwrap();
        if text.len() > largest.0 {
            largest = (text.len(), share);
        }
    }
    // With few benchmarks a run its commit's hash, which does not compress, is a good part of it.
    assert!(largest.1 <= 0.15, "{largest:?}");
}
