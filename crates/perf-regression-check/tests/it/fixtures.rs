//! Files that the real tools wrote (tests/fixtures/generate/make.sh).

use crate::{Program, fixture};

struct Read {
    code: i32,
    series: Vec<serde_json::Value>,
    err: String,
}

fn read(name: &str) -> Read {
    let outcome = Program::new().run(&["parse", &fixture(name).display().to_string()]);
    let document: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(document["schema"], "benchmark-results/v1");
    Read {
        code: outcome.code.unwrap(),
        series: document["results"].as_array().unwrap().clone(),
        err: outcome.err,
    }
}

impl Read {
    /// Unit, direction, and samples of one metric.
    #[track_caller]
    fn of(&self, benchmark: &str, metric: &str) -> (&str, &str, Vec<f64>) {
        let found = self
            .series
            .iter()
            .find(|s| s["benchmark"] == benchmark && s["metric"] == metric);
        let found =
            found.unwrap_or_else(|| panic!("no {benchmark} [{metric}] in {:#?}", self.series));
        let samples = found["samples"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sample| sample.as_f64().unwrap())
            .collect();
        (
            found["unit"].as_str().unwrap(),
            found["direction"].as_str().unwrap(),
            samples,
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one line per fact in the tests below"
    )]
    #[track_caller]
    fn check(
        &self,
        benchmark: &str,
        metric: &str,
        unit: &str,
        direction: &str,
        count: usize,
        low: f64,
        high: f64,
    ) {
        let (got_unit, got_direction, samples) = self.of(benchmark, metric);
        assert_eq!(
            (got_unit, got_direction, samples.len()),
            (unit, direction, count),
            "{benchmark} [{metric}]"
        );
        assert!(
            samples.iter().all(|s| (low..=high).contains(s)),
            "{benchmark} [{metric}]: {samples:?}"
        );
    }
}

const LOWER: &str = "lower-is-better";
const HIGHER: &str = "higher-is-better";

#[test]
fn criterion_folder() {
    let read = read("criterion");
    assert_eq!((read.code, read.series.len()), (0, 3));
    read.check("fibonacci/10", "time", "ns", LOWER, 10, 20.0, 5000.0);
    read.check(
        "odd name/with: <marks>",
        "time",
        "ns",
        LOWER,
        10,
        1.0,
        500.0,
    );
}

#[test]
fn criterion_bencher_lines() {
    let read = read("criterion-bencher.txt");
    assert_eq!((read.code, read.series.len()), (0, 3));
    read.check("fibonacci/15", "time", "ns", LOWER, 1, 200.0, 50_000.0);
}

#[test]
fn gungraun_folder() {
    let read = read("gungraun");
    assert_eq!(read.code, 0);
    read.check(
        "counts::group::fibonacci::ten",
        "instructions",
        "count",
        LOWER,
        1,
        500.0,
        5000.0,
    );
    read.check(
        "counts::group::fibonacci::fifteen",
        "EstimatedCycles",
        "count",
        LOWER,
        1,
        5000.0,
        100_000.0,
    );
    assert!(read.series.iter().all(|s| s["nature"] == "deterministic"));
}

#[test]
fn callgrind_totals() {
    let read = read("callgrind.out");
    assert_eq!(read.code, 0, "{}", read.err);
    let instructions = read
        .series
        .iter()
        .find(|s| s["metric"] == "instructions")
        .unwrap();
    assert!(instructions["samples"][0].as_f64().unwrap() > 1000.0);
}

#[test]
fn go_counts_are_samples() {
    let read = read("go-count5.txt");
    assert_eq!(read.code, 0);
    read.check(
        "example.org/fixture.BenchmarkFib10",
        "time",
        "ns",
        LOWER,
        5,
        50.0,
        5000.0,
    );
    read.check(
        "example.org/fixture.BenchmarkAppend/size-100",
        "throughput",
        "bytes/s",
        HIGHER,
        5,
        1e6,
        1e12,
    );
    read.check(
        "example.org/fixture.BenchmarkAppend/size-200",
        "allocations",
        "count",
        LOWER,
        5,
        1.0,
        50.0,
    );
    read.check(
        "example.org/fixture.BenchmarkAppend/size-200",
        "widgets",
        "widgets",
        "unknown",
        5,
        200.0,
        200.0,
    );
}

#[test]
fn go_with_one_processor_keeps_sizes_apart() {
    let read = read("go-one-processor.txt");
    assert_eq!(read.code, 0);
    read.check(
        "example.org/fixture.BenchmarkAppend/size-100",
        "time",
        "ns",
        LOWER,
        1,
        10.0,
        50_000.0,
    );
    read.check(
        "example.org/fixture.BenchmarkAppend/size-200",
        "time",
        "ns",
        LOWER,
        1,
        10.0,
        50_000.0,
    );
}

#[test]
fn google_repetitions_and_a_failed_benchmark() {
    let read = read("google-repetitions.json");
    assert_eq!(
        read.code, 2,
        "a benchmark that failed is never dropped silently"
    );
    assert!(
        read.err.contains("BM_Broken failed: not today")
            && read.err.contains("google-repetitions.json:")
    );
    read.check("BM_Fib/10", "cpu_time", "ns", LOWER, 4, 20.0, 5000.0);
    read.check("BM_Fib/15", "items_per_second", "1/s", HIGHER, 4, 1e4, 1e8);
}

#[test]
fn google_aggregates_stand_in() {
    let read = read("google-aggregates.json");
    read.check("BM_Fib/15", "real_time", "ns", LOWER, 1, 200.0, 50_000.0);
    assert!(read.series.iter().all(|s| s["statistic"] == "median"));
}

#[test]
fn catch2_both_ways() {
    for name in ["catch2.xml", "catch2-console.txt"] {
        let read = read(name);
        assert_eq!((read.code, read.series.len()), (0, 2), "{name}");
        read.check(
            "Fibonacci & <friends>/fib 10",
            "time",
            "ns",
            LOWER,
            1,
            20.0,
            5000.0,
        );
    }
}

#[test]
fn pytest_with_and_without_samples() {
    read("pytest-samples.json").check(
        "test_fib.py::test_fib_10",
        "time",
        "ns",
        LOWER,
        12,
        1000.0,
        1e6,
    );
    let summary = read("pytest-summary.json");
    summary.check(
        "test_fib.py::test_fib_5",
        "time",
        "ns",
        LOWER,
        1,
        100.0,
        1e5,
    );
    assert_eq!(
        (summary.code, &summary.series[0]["statistic"]),
        (0, &serde_json::json!("median"))
    );
}

#[test]
fn hyperfine_times_are_samples() {
    let read = read("hyperfine.json");
    assert_eq!(read.code, 0);
    read.check("sleep 0.001", "time", "ns", LOWER, 8, 0.0, 1e9);
}

#[test]
fn k6_summary_and_stream() {
    let summary = read("k6-summary.json");
    assert_eq!(summary.code, 0);
    summary.check("http_req_duration", "p(95)", "ns", LOWER, 1, 1e4, 1e10);
    summary.check("http_reqs", "rate", "1/s", HIGHER, 1, 0.1, 1e6);
    summary.check("page_size", "avg", "", "unknown", 1, 6.0, 6.0);
    summary.check("checks", "value", "ratio", HIGHER, 1, 1.0, 1.0);
    let stream = read("k6-stream.jsonl");
    assert_eq!(stream.code, 0);
    stream.check("http_req_duration", "value", "ns", LOWER, 8, 1e4, 1e10);
    stream.check("page_size", "value", "", "unknown", 8, 6.0, 6.0);
    stream.check("iterations", "count", "count", "unknown", 1, 8.0, 8.0);
}

#[test]
fn vitest_and_benchmark_js() {
    // vitest's JSON has statistics only; its samples stay in memory.
    let vitest = read("vitest.json");
    assert_eq!((vitest.code, vitest.series.len()), (0, 2));
    vitest.check(
        "fib.bench.js > fib > ten",
        "time",
        "ns",
        LOWER,
        1,
        100.0,
        1e5,
    );
    read("benchmarkjs.txt").check("fib(10)", "throughput", "1/s", HIGHER, 1, 1e4, 1e9);
}

#[test]
fn jmh_modes_and_profilers() {
    let read = read("jmh.json");
    assert_eq!(read.code, 0);
    read.check(
        "example.Fib.perMillisecond{n=10}",
        "thrpt",
        "1/s",
        HIGHER,
        3,
        1e4,
        1e9,
    );
    read.check(
        "example.Fib.average{n=15}",
        "avgt",
        "ns",
        LOWER,
        3,
        200.0,
        1e6,
    );
    assert!(
        read.series
            .iter()
            .any(|s| s["metric"] == "gc.alloc.rate.norm" && s["unit"] == "bytes")
    );
}

#[test]
fn asv_parameters_samples_and_failures() {
    let read = read("asv.json");
    assert_eq!(read.code, 2, "the failed combinations are named");
    assert!(
        read.err.contains("time_broken(10, 'a') has no result"),
        "{}",
        read.err
    );
    read.check("fib.peakmem_list", "memory", "bytes", LOWER, 1, 1e6, 1e9);
    let (unit, direction, samples) = read.of("fib.Suite.time_fib(10, 'b')", "time");
    assert_eq!((unit, direction), ("ns", LOWER));
    assert!(
        samples.iter().all(|sample| (100.0..1e6).contains(sample)),
        "{samples:?}"
    );
}

#[test]
fn every_fixture_is_recognised_by_content() {
    let folder = fixture("");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "generate" {
            assert!(!read(&name).series.is_empty(), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 18, "{seen} fixtures");
}

/// Every prefix of every fixture: nothing panics, and what is cut is never silently complete.
#[test]
fn cut_files_never_pass_for_whole_ones() {
    use perf_regression_check::input::{Format, parse_text};
    for name in [
        "google-repetitions.json",
        "jmh.json",
        "hyperfine.json",
        "pytest-samples.json",
        "catch2.xml",
        "k6-summary.json",
        "vitest.json",
    ] {
        let text = std::fs::read_to_string(fixture(name)).unwrap();
        for cut in (0..text.trim_end().len() - 1)
            .step_by(37)
            .filter(|cut| text.is_char_boundary(*cut))
        {
            assert!(
                !parse_text(name, &text[..cut], Format::Auto)
                    .problems
                    .is_empty(),
                "{name} cut at {cut}"
            );
        }
    }
}
