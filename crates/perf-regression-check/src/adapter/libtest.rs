//! `test NAME ... bench: 135 ns/iter (+/- 24)`: libtest, and Criterion.rs with
//! `--output-format bencher`. One line is one value; the line's spread is not a sample.

use super::{Parsed, Source, number};
use crate::model::{Series, Unit};

pub(super) fn sniff(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("test ") && line.contains("... bench:"))
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, line) in source.text.lines().enumerate() {
        let Some((name, result)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once("... bench:"))
        else {
            continue;
        };
        match values(name.trim(), result) {
            Some(series) => parsed.series.extend(series),
            None => parsed.problems.push(source.line_error(
                index,
                format!(
                    "cannot read the result of {}: {}",
                    name.trim(),
                    result.trim()
                ),
            )),
        }
    }
    parsed
}

fn values(name: &str, result: &str) -> Option<Vec<Series>> {
    let (value, rest) = result.trim().split_once(' ')?;
    let (unit, rest) = rest.split_once(" (+/-").unwrap_or((rest, ""));
    let unit = Unit::of(unit);
    let metric = if unit.name == "ns" { "time" } else { "value" };
    let mut series = vec![Series::new(name, metric, unit, vec![number(value)?]).summary("median")];
    // "= 123 MB/s" follows when the benchmark states its bytes.
    if let Some((rate, unit)) = rest
        .split_once(" = ")
        .and_then(|(_, rate)| rate.trim().split_once(' '))
    {
        series.push(
            Series::new(name, "throughput", Unit::of(unit), vec![number(rate)?]).summary("median"),
        );
    }
    Some(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throughput_follows_the_time() {
        let text = "test a b ... bench:   1,234.5 ns/iter (+/- 10) = 81 MB/s\ntest c ... bench: oops ns/iter\n";
        let parsed = parse(Source { path: "x", text });
        assert_eq!(
            (
                parsed.series[0].benchmark.as_str(),
                parsed.series[0].samples[0]
            ),
            ("a b", 1234.5)
        );
        assert_eq!(
            (parsed.series[1].unit.as_str(), parsed.series[1].samples[0]),
            ("bytes/s", 81e6)
        );
        assert_eq!(parsed.problems.len(), 1);
    }
}
