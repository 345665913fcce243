//! Benchmark results in one form, whichever tool wrote them.
//!
//! A [`ResultSet`] is a list of [`Series`]: one metric of one benchmark with its samples, unit and
//! direction. It is also the documented generic JSON format (`benchmark-results/v1`): what `parse`
//! prints, `compare` reads.

use std::collections::HashMap;

use gatehouse_core::diagnostic::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The marker of the generic format.
pub const SCHEMA: &str = "benchmark-results/v1";

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Times, sizes, counts of work.
    LowerIsBetter,
    /// Throughputs.
    HigherIsBetter,
    /// The tool does not say and the unit does not tell. A change is then never called better or worse.
    Unknown,
}

impl Direction {
    /// The direction of a metric of which nothing is said.
    fn untold() -> Self {
        Self::Unknown
    }
}

/// Whether repeating the measurement can give another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// Noisy: times and what follows from them. One sample then shows nothing.
    #[default]
    Measured,
    /// Counted: instructions, bytes and allocations of one operation. One sample is the value.
    Deterministic,
}

/// One metric of one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The benchmark's name, unique within its run together with `metric`.
    pub benchmark: String,
    /// What was measured: `time`, `throughput`, `instructions`.
    pub metric: String,
    /// The unit of `samples`: `ns`, `bytes`, `count`, `1/s`, `bytes/s`, or the tool's own word. In
    /// a document any spelling of a time, size or rate is read.
    pub unit: String,
    /// Which way is better. Left out: what the unit tells.
    #[serde(default = "Direction::untold")]
    pub direction: Direction,
    /// Whether the metric is noisy. Left out: counted for bytes, instructions and allocations,
    /// measured for everything else.
    #[serde(default)]
    pub nature: Nature,
    /// The raw samples where the tool keeps them, else the one value it reports. Finite.
    pub samples: Vec<f64>,
    /// The round each sample was taken in; samples of one round on both sides form a pair.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<u64>,
    /// What the one value is when the tool reported only a summary, for example `median`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
}

impl Series {
    /// A noisy series whose samples are raw, lower being better.
    #[must_use]
    pub fn new(
        benchmark: impl Into<String>,
        metric: impl Into<String>,
        unit: Unit,
        samples: Vec<f64>,
    ) -> Self {
        let samples = samples
            .into_iter()
            .map(|sample| sample * unit.factor)
            .collect();
        Self {
            benchmark: benchmark.into(),
            metric: metric.into(),
            unit: unit.name,
            direction: unit.direction,
            nature: Nature::Measured,
            samples,
            pairs: Vec::new(),
            statistic: None,
        }
    }

    /// Marks the samples as counted, not measured.
    #[must_use]
    pub fn deterministic(mut self) -> Self {
        self.nature = Nature::Deterministic;
        self
    }

    /// Marks the only sample as a summary.
    #[must_use]
    pub fn summary(mut self, statistic: &str) -> Self {
        self.statistic = Some(statistic.to_owned());
        self
    }

    /// Sets the direction that the tool states.
    #[must_use]
    pub fn directed(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// What identifies the series in a set.
    #[must_use]
    pub fn id(&self) -> SeriesId {
        SeriesId {
            benchmark: self.benchmark.clone(),
            metric: self.metric.clone(),
        }
    }
}

/// A benchmark and one of its metrics.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct SeriesId {
    /// The benchmark's name.
    pub benchmark: String,
    /// The metric's name.
    pub metric: String,
}

impl std::fmt::Display for SeriesId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.benchmark, self.metric)
    }
}

/// A unit as the tool wrote it, brought to the unit we keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The unit kept: `ns`, `bytes`, `count`, `1/s`, `bytes/s`, or the tool's own word.
    pub name: String,
    /// What a value is multiplied by.
    pub factor: f64,
    /// What the unit implies about direction.
    pub direction: Direction,
}

impl Unit {
    /// Nanoseconds.
    #[must_use]
    pub fn nanoseconds() -> Self {
        Self::of("ns")
    }

    /// Seconds, kept as nanoseconds.
    #[must_use]
    pub fn seconds() -> Self {
        Self::of("s")
    }

    /// Bytes.
    #[must_use]
    pub fn bytes() -> Self {
        Self::of("bytes")
    }

    /// A plain count of which less is better.
    #[must_use]
    pub fn count() -> Self {
        Self::of("count")
    }

    /// Reads a unit in any common spelling. A word it does not know is kept with factor 1 and an
    /// unknown direction.
    #[must_use]
    pub fn of(raw: &str) -> Self {
        use Direction::{HigherIsBetter as Higher, LowerIsBetter as Lower, Unknown};
        let raw = raw.trim();
        let make = |name: &str, factor: f64, direction| Self {
            name: name.to_owned(),
            factor,
            direction,
        };
        // "ns/iter", "us/op": a time for one operation is a time.
        let per_operation = ["/iter", "/op", "/call", "/iteration"]
            .iter()
            .find_map(|suffix| raw.strip_suffix(suffix));
        let plain = per_operation.unwrap_or(raw);
        if let Some(factor) = time_factor(plain) {
            return make("ns", factor, Lower);
        }
        if let Some(factor) = byte_factor(plain) {
            return make("bytes", factor, Lower);
        }
        if let Some((amount, time)) = plain.split_once('/')
            && let Some(seconds) = time_factor(time).map(|ns| ns / 1e9)
        {
            if let Some(bytes) = byte_factor(amount) {
                return make("bytes/s", bytes / seconds, Higher);
            }
            if matches!(
                amount,
                "ops"
                    | "op"
                    | "req"
                    | "reqs"
                    | "requests"
                    | "iter"
                    | "iters"
                    | "iterations"
                    | "items"
                    | "elem"
                    | "1"
            ) {
                return make("1/s", 1.0 / seconds, Higher);
            }
            return make(raw, 1.0, Higher);
        }
        match plain {
            "count" | "counts" | "#" | "allocs" | "allocations" | "instructions" | "cycles" => {
                make(
                    if plain == "cycles" { "cycles" } else { "count" },
                    1.0,
                    Lower,
                )
            }
            "hz" | "Hz" => make("1/s", 1.0, Higher),
            _ => make(raw, 1.0, Unknown),
        }
    }
}

/// Nanoseconds in a unit of time.
fn time_factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "ps" => 1e-3,
        "ns" | "nsec" | "nanoseconds" => 1.0,
        "us" | "µs" | "μs" | "usec" | "microseconds" => 1e3,
        "ms" | "msec" | "milliseconds" => 1e6,
        "s" | "sec" | "secs" | "second" | "seconds" => 1e9,
        "m" | "min" | "minutes" => 60e9,
        "h" | "hr" | "hours" => 3600e9,
        _ => return None,
    })
}

/// Bytes in a unit of size.
fn byte_factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "B" | "b" | "byte" | "bytes" | "Bytes" => 1.0,
        "kB" | "KB" | "kilobytes" | "Kilobytes" => 1e3,
        "MB" | "megabytes" | "Megabytes" => 1e6,
        "GB" | "gigabytes" | "Gigabytes" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    })
}

/// All series of one side, and what could not be read of it.
#[derive(Debug, Clone, Default)]
pub struct ResultSet {
    /// The series, in the order in which the tool wrote them.
    pub series: Vec<Series>,
    /// What was wrong with the input. An error among them makes the verdict `error`.
    pub problems: Vec<Diagnostic>,
    /// Limits that the benchmark itself states, and whether they were kept.
    pub thresholds: Vec<Threshold>,
}

/// A limit that a tool checked by itself: k6's thresholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// What it is about.
    pub on: SeriesId,
    /// The limit as it was written: `p(95)<500`.
    pub expression: String,
    /// Whether it was kept; `None` when that cannot be told.
    pub kept: Option<bool>,
}

impl ResultSet {
    /// Adds a series; samples of a series that is already there are appended to it, which is how
    /// repeated runs (`-count`, repetitions, several files) become samples.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Series>) {
        let mut index: HashMap<SeriesId, usize> = self
            .series
            .iter()
            .enumerate()
            .map(|(at, series)| (series.id(), at))
            .collect();
        for series in more {
            match index.get(&series.id()) {
                None => {
                    index.insert(series.id(), self.series.len());
                    self.series.push(series);
                }
                Some(at) => {
                    let known = &mut self.series[*at];
                    if known.unit != series.unit {
                        self.problems.push(Diagnostic::error(format!(
                            "{} is given in {} and in {}",
                            series.id(),
                            known.unit,
                            series.unit
                        )));
                        continue;
                    }
                    if known.pairs.is_empty() == series.pairs.is_empty() {
                        known.pairs.extend(&series.pairs);
                    } else {
                        // Half-paired data is not paired.
                        known.pairs.clear();
                    }
                    known.samples.extend(&series.samples);
                }
            }
        }
    }

    /// The generic document.
    #[must_use]
    pub fn document(&self) -> Document {
        Document {
            schema: SCHEMA.to_owned(),
            results: self.series.clone(),
        }
    }
}

/// The generic JSON format.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "benchmark-results/v1",
    description = "Benchmark results with raw samples, units and directions."
)]
pub struct Document {
    /// Always `benchmark-results/v1`.
    pub schema: String,
    /// One entry per benchmark and metric.
    pub results: Vec<Series>,
}

#[cfg(test)]
mod tests {
    use super::Direction::{HigherIsBetter as Higher, LowerIsBetter as Lower, Unknown};
    use super::*;

    #[test]
    fn units_are_normalised() {
        let unit = |raw| {
            let u = Unit::of(raw);
            (u.name, u.factor, u.direction)
        };
        assert_eq!(unit("us/op"), ("ns".to_owned(), 1e3, Lower));
        assert_eq!(unit("ns/iter"), ("ns".to_owned(), 1.0, Lower));
        assert_eq!(unit("ops/ms"), ("1/s".to_owned(), 1e3, Higher));
        assert_eq!(unit("MB/s"), ("bytes/s".to_owned(), 1e6, Higher));
        assert_eq!(unit("MB/sec"), ("bytes/s".to_owned(), 1e6, Higher));
        assert_eq!(unit("B/op"), ("bytes".to_owned(), 1.0, Lower));
        assert_eq!(unit("Megabytes"), ("bytes".to_owned(), 1e6, Lower));
        assert_eq!(unit("MS/s"), ("MS/s".to_owned(), 1.0, Higher));
        assert_eq!(unit("Percent"), ("Percent".to_owned(), 1.0, Unknown));
        assert_eq!(unit("cycles/iter"), ("cycles".to_owned(), 1.0, Lower));
        assert_eq!(unit(""), (String::new(), 1.0, Unknown));
    }

    #[test]
    fn repeated_runs_become_samples() {
        let one = |value, round: &[u64]| Series {
            pairs: round.to_vec(),
            ..Series::new("b", "time", Unit::nanoseconds(), vec![value])
        };
        let mut set = ResultSet::default();
        set.extend([one(1.0, &[0]), one(2.0, &[1])]);
        assert_eq!(
            (
                set.series[0].samples.as_slice(),
                set.series[0].pairs.as_slice()
            ),
            (&[1.0, 2.0][..], &[0, 1][..])
        );
        set.extend([one(3.0, &[])]);
        assert!(set.series[0].pairs.is_empty() && set.problems.is_empty());
        set.extend([Series::new("b", "time", Unit::bytes(), vec![1.0])]);
        assert_eq!(set.problems.len(), 1);
    }
}
