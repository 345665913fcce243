//! The corpus of other projects' files, when `GATEHOUSE_CORPUS` says where it is.

use std::path::PathBuf;

use perf_regression_check::input::{Format, parse_text};

#[expect(
    clippy::disallowed_methods,
    reason = "the test's own environment, not the program's"
)]
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("GATEHOUSE_CORPUS")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    if folder.is_none() {
        gatehouse_core::system::System::write(
            &gatehouse_core::system::RealSystem,
            gatehouse_core::system::Stream::Err,
            "SKIPPED: GATEHOUSE_CORPUS is not set, the corpus was not read\n",
        )
        .unwrap();
    }
    folder
}

/// File, number of series, and for some of them: benchmark, metric, unit, value.
type Expected = (
    &'static str,
    usize,
    &'static [(&'static str, &'static str, &'static str, f64)],
);

const EXPECTED: &[Expected] = &[
    (
        "benchmarkdotnet.json",
        0,
        &[(
            "Sample.Benchmarks.Fib10",
            "time",
            "ns",
            24.419_498_533_010_483,
        )],
    ),
    (
        "benchmarkjs_output.txt",
        3,
        &[
            ("fib(10)", "throughput", "1/s", 1_431_759.0),
            (
                "createObjectBuffer with 200 comments",
                "throughput",
                "1/s",
                81.61,
            ),
        ],
    ),
    (
        "benchmarkluau_output.txt",
        3,
        &[
            ("base64", "time", "ns", 15.041e6),
            ("life", "time", "ns", 85.089e6),
        ],
    ),
    (
        "cargo_output.txt",
        2,
        &[
            ("bench_fib_10", "time", "ns", 135.0),
            ("bench_fib_20", "time", "ns", 18_149.0),
        ],
    ),
    (
        "cargo_output2.txt",
        4,
        &[("bench_engine_new", "time", "ns", 211_834.0)],
    ),
    (
        "cargo_output3.txt",
        2,
        &[("bench_fib_20", "time", "ns", 18_794.12)],
    ),
    (
        "cargo_output_units.txt",
        5,
        &[
            ("cmov", "value", "cycles", 2835.0),
            ("upload", "value", "MS/s", 1911.0),
        ],
    ),
    (
        "catch2_output_v2.txt",
        4,
        &[
            ("Fibonacci/Fibonacci 20", "time", "ns", 41_731.0),
            ("More Fibonacci/Fibonacci~ 5!", "time", "ns", 36.0),
        ],
    ),
    (
        "catch2_output_v3.txt",
        4,
        &[
            ("Fibonacci/Fibonacci 10", "time", "ns", 344.0),
            ("More Fibonacci/Fibonacci-15_bench", "time", "ns", 3789.0),
        ],
    ),
    (
        "criterion_output.txt",
        4,
        &[
            ("Create Realm", "time", "ns", 329.0),
            ("Fibonacci (Execution)", "time", "ns", 1_672_496.0),
        ],
    ),
    (
        "customBiggerIsBetter_output.json",
        2,
        &[
            (
                "My Custom Bigger Is Better Benchmark - Throughput",
                "value",
                "1/s",
                70.0,
            ),
            (
                "My Custom Bigger Is Better Benchmark - Free Memory",
                "value",
                "bytes",
                150e6,
            ),
        ],
    ),
    (
        "customSmallerIsBetter_output.json",
        2,
        &[(
            "My Custom Smaller Is Better Benchmark - CPU Load",
            "value",
            "Percent",
            50.0,
        )],
    ),
    (
        "customSmallerIsBetter_output2.json",
        4,
        &[
            ("No instrumentation", "value", "ns", 90.9439),
            ("Binary file", "value", "ns", 3886.75),
        ],
    ),
    (
        "go_fiber_duplicate_names_output.txt",
        16,
        &[
            (
                "github.com/gofiber/fiber/v3/middleware/cache.BenchmarkAppendMsgitem",
                "time",
                "ns",
                55.76,
            ),
            (
                "github.com/gofiber/fiber/v3/middleware/csrf.BenchmarkAppendMsgitem",
                "time",
                "ns",
                0.3733,
            ),
            (
                "github.com/gofiber/fiber/v3/middleware/csrf.BenchmarkUnmarshalitem",
                "throughput",
                "bytes/s",
                229.35e6,
            ),
        ],
    ),
    (
        "go_fiber_output.txt",
        18,
        &[
            (
                "Benchmark_Ctx_Accepts/run-[]string{\".xml\"}",
                "time",
                "ns",
                247.6,
            ),
            (
                "Benchmark_Utils_GetOffer/mime_extension#02",
                "allocated-bytes",
                "bytes",
                48.0,
            ),
        ],
    ),
    (
        "go_output.txt",
        10,
        &[
            ("BenchmarkFib10", "time", "ns", 325.0),
            (
                "BenchmarkFib/my/tabled/benchmark_-_20,var1=13,var2=14",
                "time",
                "ns",
                40_537.456,
            ),
            ("BenchmarkFib11", "auxMetricUnits", "auxMetricUnits", 3.0),
        ],
    ),
    (
        "go_single_package_output.txt",
        2,
        &[(
            "github.com/example/mypackage.BenchmarkFib20",
            "time",
            "ns",
            40_537.0,
        )],
    ),
    (
        "googlecpp_output.json",
        4,
        &[
            ("fib_10", "real_time", "ns", 214.989_801_145_479_53),
            ("fib_20", "cpu_time", "ns", 27_364.903_204_272_36),
        ],
    ),
    (
        "issue16_output.txt",
        2,
        &[
            ("Fibonacci/Fibonacci 10", "time", "ns", 0.0),
            ("Fibonacci/Fibonacci 20", "time", "ns", 1.0),
        ],
    ),
    (
        "jmh_output.json",
        1,
        &[(
            "org.openjdk.jmh.samples.JMHSample_01_HelloWorld.wellHelloThere",
            "thrpt",
            "1/s",
            3_376_519_889.0,
        )],
    ),
    (
        "jmh_output_2.json",
        1,
        &[(
            "org.openjdk.jmh.samples.JMHSample_01_HelloWorld.wellHelloThere{paramA=17,paramB=33}",
            "thrpt",
            "1/s",
            3_376_519_889.0,
        )],
    ),
    (
        "julia_output.json",
        6,
        &[
            ("fib/20", "time", "ns", 31_028.0),
            ("fib/10", "time", "ns", 246.038_461_538_461_55),
            ("fib/10", "allocations", "count", 0.0),
        ],
    ),
    (
        "pytest_output.json",
        2,
        &[("bench.py::test_fib_10", "time", "ns", 22_300.0)],
    ),
    (
        "pytest_several_units.json",
        0,
        &[("bench.py::test_fib_1", "time", "ns", 143.76)],
    ),
];

#[test]
fn every_tool_output_gives_the_right_names_values_and_units() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("perf/tool-output/github-action-benchmark");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), EXPECTED.len());
    for (file, count, values) in EXPECTED {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let parsed = parse_text(file, &text, Format::Auto);
        let errors: Vec<_> = parsed
            .problems
            .iter()
            .filter(|p| p.severity == gatehouse_core::diagnostic::Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
        if *count > 0 {
            let names: Vec<String> = parsed.series.iter().map(|s| s.id().to_string()).collect();
            assert_eq!(names.len(), *count, "{file}: {names:#?}");
        }
        for (benchmark, metric, unit, value) in *values {
            let found = parsed
                .series
                .iter()
                .find(|s| s.benchmark == *benchmark && s.metric == *metric);
            let found = found.unwrap_or_else(|| {
                panic!("{file} has no {benchmark} [{metric}]: {:#?}", parsed.series)
            });
            let got = gatehouse_core::stats::quantile::median(&found.samples).unwrap();
            assert_eq!(found.unit, *unit, "{file} {benchmark}");
            assert!(
                (got - value).abs() <= 1e-4 * value.abs(),
                "{file} {benchmark}: {got}, not {value}"
            );
        }
    }
}

#[test]
fn no_cut_or_damaged_file_of_the_corpus_panics() {
    let Some(corpus) = corpus() else { return };
    for entry in std::fs::read_dir(corpus.join("perf/tool-output/github-action-benchmark")).unwrap()
    {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for at in (0..text.len())
            .step_by(53)
            .filter(|at| text.is_char_boundary(*at))
        {
            let _ = parse_text("x", &text[..at], Format::Auto);
            let _ = parse_text("x", &text[at..], Format::Auto);
            let damaged = format!("{}\u{0}{{[\"{}", &text[..at], &text[at..]);
            let _ = parse_text("x", &damaged, Format::Auto);
        }
    }
}
