//! One module per benchmark tool: its output in, [`Series`] out.
//!
//! An adapter reads hostile text. It never panics, and a record it cannot read becomes a problem
//! with a place while the other records are kept: the caller decides what a problem means.

mod asv;
mod benchmark_js;
mod benchmark_tools;
mod benchmarkdotnet;
mod callgrind;
mod catch2;
mod criterion;
mod custom;
mod generic;
mod go;
mod google;
mod gungraun;
mod hyperfine;
mod jmh;
mod json;
mod k6;
mod libtest;
mod luau;
mod pytest;
mod vitest;

pub use criterion::{SAMPLE_FILE, from_sample};

use gatehouse_core::diagnostic::{Diagnostic, Place};

use crate::model::{Series, Threshold};

/// A file to read.
#[derive(Debug, Clone, Copy)]
pub struct Source<'t> {
    /// The path as the user gave it, for messages.
    pub path: &'t str,
    /// Its text.
    pub text: &'t str,
}

impl Source<'_> {
    /// An error about a line (from 0).
    fn line_error(&self, line: usize, message: impl Into<String>) -> Diagnostic {
        let place = Place {
            file: self.path.to_owned(),
            line: Some(line + 1),
            column: Some(1),
        };
        Diagnostic::error(message).at(place)
    }
}

/// What an adapter made of a file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The series read.
    pub series: Vec<Series>,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
    /// Limits that the tool checked by itself.
    pub thresholds: Vec<Threshold>,
}

impl Parsed {
    /// Nothing but a problem.
    fn failed(problem: Diagnostic) -> Self {
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }

    /// Keeps a record or its problem.
    fn take(&mut self, record: Result<impl IntoIterator<Item = Series>, Diagnostic>) {
        match record {
            Ok(series) => self.series.extend(series),
            Err(problem) => self.problems.push(problem),
        }
    }
}

/// A benchmark tool's output format.
pub struct Adapter {
    /// The name for `--format`.
    pub name: &'static str,
    /// What it reads, for `--help` and the docs page.
    pub about: &'static str,
    /// Whether a file looks like it.
    sniff: fn(&str) -> bool,
    /// Reads a file.
    parse: fn(Source<'_>) -> Parsed,
}

/// Every adapter, in the order in which `auto` asks them.
pub static ADAPTERS: &[Adapter] = &[
    Adapter {
        name: "generic",
        about: "benchmark-results/v1 JSON, this tool's own documented format",
        sniff: generic::sniff,
        parse: generic::parse,
    },
    Adapter {
        name: "criterion",
        about: "Criterion.rs sample.json files (give the target/criterion folder)",
        sniff: criterion::sniff_sample,
        parse: criterion::parse_sample,
    },
    Adapter {
        name: "cargo-criterion",
        about: "cargo criterion --message-format json",
        sniff: criterion::sniff_messages,
        parse: criterion::parse_messages,
    },
    Adapter {
        name: "google-benchmark",
        about: "Google Benchmark --benchmark_format=json",
        sniff: google::sniff,
        parse: google::parse,
    },
    Adapter {
        name: "pytest-benchmark",
        about: "pytest --benchmark-json (samples with --benchmark-save-data)",
        sniff: pytest::sniff,
        parse: pytest::parse,
    },
    Adapter {
        name: "hyperfine",
        about: "hyperfine --export-json",
        sniff: hyperfine::sniff,
        parse: hyperfine::parse,
    },
    Adapter {
        name: "jmh",
        about: "JMH -rf json",
        sniff: jmh::sniff,
        parse: jmh::parse,
    },
    Adapter {
        name: "benchmarkdotnet",
        about: "BenchmarkDotNet full JSON exporter",
        sniff: benchmarkdotnet::sniff,
        parse: benchmarkdotnet::parse,
    },
    Adapter {
        name: "vitest",
        about: "vitest bench --outputJson",
        sniff: vitest::sniff,
        parse: vitest::parse,
    },
    Adapter {
        name: "gungraun",
        about: "Gungraun / iai-callgrind summary.json",
        sniff: gungraun::sniff,
        parse: gungraun::parse,
    },
    Adapter {
        name: "k6-stream",
        about: "k6 run --out json (JSON lines)",
        sniff: k6::sniff_stream,
        parse: k6::parse_stream,
    },
    Adapter {
        name: "k6",
        about: "k6 --summary-export and handleSummary JSON",
        sniff: k6::sniff_summary,
        parse: k6::parse_summary,
    },
    Adapter {
        name: "asv",
        about: "airspeed velocity result files",
        sniff: asv::sniff,
        parse: asv::parse,
    },
    Adapter {
        name: "julia",
        about: "BenchmarkTools.jl JSON",
        sniff: benchmark_tools::sniff,
        parse: benchmark_tools::parse,
    },
    Adapter {
        name: "custom",
        about: "[{name, unit, value}] JSON; direction from the unit where it tells",
        sniff: custom::sniff,
        parse: custom::parse,
    },
    Adapter {
        name: "custom-smaller-is-better",
        about: "the same, smaller being better",
        sniff: never,
        parse: custom::parse_smaller,
    },
    Adapter {
        name: "custom-bigger-is-better",
        about: "the same, bigger being better",
        sniff: never,
        parse: custom::parse_bigger,
    },
    Adapter {
        name: "catch2",
        about: "Catch2 XML reporter",
        sniff: catch2::sniff_xml,
        parse: catch2::parse_xml,
    },
    Adapter {
        name: "catch2-console",
        about: "Catch2 console output",
        sniff: catch2::sniff_console,
        parse: catch2::parse_console,
    },
    Adapter {
        name: "callgrind",
        about: "callgrind.out totals",
        sniff: callgrind::sniff,
        parse: callgrind::parse,
    },
    Adapter {
        name: "go",
        about: "go test -bench (each -count run is a sample)",
        sniff: go::sniff,
        parse: go::parse,
    },
    Adapter {
        name: "libtest",
        about: "libtest and Criterion.rs bencher lines",
        sniff: libtest::sniff,
        parse: libtest::parse,
    },
    Adapter {
        name: "benchmarkjs",
        about: "benchmark.js console output",
        sniff: benchmark_js::sniff,
        parse: benchmark_js::parse,
    },
    Adapter {
        name: "luau",
        about: "Luau bench.py output",
        sniff: luau::sniff,
        parse: luau::parse,
    },
];

fn never(_: &str) -> bool {
    false
}

/// The adapter of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|adapter| adapter.name == name)
}

/// The first adapter whose format the text looks like.
#[must_use]
pub fn detect(text: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|adapter| (adapter.sniff)(text))
}

impl Adapter {
    /// Reads a file. Samples that are not finite are problems; so is a file without any benchmark.
    #[must_use]
    pub fn read(&self, source: Source<'_>) -> Parsed {
        let mut parsed = (self.parse)(source);
        let mut kept = Vec::with_capacity(parsed.series.len());
        for series in parsed.series {
            let complaint = if series.benchmark.is_empty() {
                Some("a benchmark has no name".to_owned())
            } else if series.samples.is_empty() {
                Some(format!("{} has no sample", series.id()))
            } else if series.samples.iter().any(|sample| !sample.is_finite()) {
                Some(format!(
                    "{} has a sample that is not a finite number",
                    series.id()
                ))
            } else if !series.pairs.is_empty() && series.pairs.len() != series.samples.len() {
                Some(format!(
                    "{} has {} samples but {} pair indices",
                    series.id(),
                    series.samples.len(),
                    series.pairs.len()
                ))
            } else {
                None
            };
            match complaint {
                Some(message) => parsed
                    .problems
                    .push(Diagnostic::error(message).at(Place::file(source.path))),
                None => kept.push(series),
            }
        }
        if kept.is_empty() && parsed.problems.is_empty() {
            parsed.problems.push(
                Diagnostic::error("no benchmark result found")
                    .at(Place::file(source.path))
                    .help(format!(
                        "it was read as {}; pass --format if that is wrong",
                        self.name
                    )),
            );
        }
        Parsed {
            series: kept,
            ..parsed
        }
    }
}

/// A number as benchmark tools print it, with thousands separators.
fn number(text: &str) -> Option<f64> {
    let plain: String = text
        .trim()
        .chars()
        .filter(|c| *c != ',' && *c != '_')
        .collect();
    let starts = plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if starts {
        plain.parse().ok().filter(|value: &f64| value.is_finite())
    } else {
        None
    }
}

/// Whether the text is JSON whose start holds all of these words: cheap enough to ask of any file.
fn json_with(text: &str, words: &[&str]) -> bool {
    text.trim_start().starts_with(['{', '[']) && words.iter().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_unique() {
        for (at, adapter) in ADAPTERS.iter().enumerate() {
            assert!(
                ADAPTERS[..at]
                    .iter()
                    .all(|other| other.name != adapter.name),
                "{}",
                adapter.name
            );
        }
    }

    #[test]
    fn an_empty_file_is_a_problem_in_every_format() {
        for adapter in ADAPTERS {
            for text in ["", "{}", "[]", "null", "\n", "<a>"] {
                let parsed = adapter.read(Source { path: "x", text });
                assert!(
                    parsed.series.is_empty() && !parsed.problems.is_empty(),
                    "{} {text:?}",
                    adapter.name
                );
            }
        }
    }

    #[test]
    fn numbers_with_separators() {
        assert_eq!(number("1,431,759"), Some(1_431_759.0));
        assert_eq!(number("148.70"), Some(148.7));
        for bad in ["", "nan", "inf", "x", "1e999", "--1"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_adapter_panics(text in "\\PC{0,200}|[\\[\\]{}\":,0-9a-z\n]{0,200}") {
            for adapter in ADAPTERS {
                let _ = adapter.read(Source { path: "x", text: &text });
            }
        }
    }
}
