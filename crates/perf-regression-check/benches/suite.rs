//! Reading and deciding a large suite. Compare as ratios within one run: the machine varies more.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros; a benchmark may fail"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use perf_regression_check::config::Policy;
use perf_regression_check::input::{Format, parse_text};
use perf_regression_check::model::{ResultSet, Series, Unit};
use perf_regression_check::verdict::judge;

const SAMPLES: usize = 30;

fn set(benchmarks: usize, paired: bool, seed: u64) -> ResultSet {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut set = ResultSet::default();
    set.extend((0..benchmarks).map(|index| {
        let samples = (0..SAMPLES)
            .map(|_| 1000.0 * (1.0 + 0.02 * random.f64()))
            .collect();
        let mut series = Series::new(
            format!("group/{index}"),
            "time",
            Unit::nanoseconds(),
            samples,
        );
        if paired {
            series.pairs = (0..SAMPLES as u64).collect();
        }
        series
    }));
    set
}

fn deciding(c: &mut Criterion) {
    let mut group = c.benchmark_group("judge");
    group.sample_size(10);
    for (name, paired) in [("unpaired", false), ("paired", true)] {
        let (old, new) = (set(1000, paired, 1), set(1000, paired, 2));
        group.bench_function(BenchmarkId::new(name, "1000 benchmarks"), |b| {
            b.iter(|| judge(black_box(&old), black_box(&new), Policy::default()).verdict);
        });
    }
    group.finish();
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.sample_size(10);
    let generic = serde_json::to_string(&set(1000, false, 1).document()).unwrap();
    let go: String = (0..1000)
        .flat_map(|index| {
            (0..SAMPLES).map(move |run| format!("BenchmarkX{index}-8 1000 {} ns/op\n", 1000 + run))
        })
        .collect();
    for (name, text) in [("generic", &generic), ("go", &go)] {
        group.throughput(criterion::Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| parse_text("x", black_box(text), Format::Auto).series.len());
        });
    }
    group.finish();
}

criterion_group!(benches, deciding, reading);
criterion_main!(benches);
