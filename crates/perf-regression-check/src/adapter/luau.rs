//! Luau's bench.py: `SUCCESS: base64 : 15.041ms +/- 0.636% on luau`.

use super::{Parsed, Source, number};
use crate::model::{Series, Unit};

pub(super) fn sniff(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("SUCCESS:") && line.contains("+/-"))
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, line) in source.text.lines().enumerate() {
        if let Some(rest) = line.strip_prefix("SUCCESS:") {
            match success(rest) {
                Some(series) => parsed.series.push(series),
                None => parsed
                    .problems
                    .push(source.line_error(index, "expected `name : time +/- spread on driver`")),
            }
        } else if line.starts_with("FAILED:") || line.starts_with("ERROR:") {
            parsed
                .problems
                .push(source.line_error(index, format!("the run failed here: {line}")));
        }
    }
    parsed
}

fn success(rest: &str) -> Option<Series> {
    let (name, rest) = rest.rsplit_once(" :").or_else(|| rest.rsplit_once(':'))?;
    let (time, _) = rest.split_once("+/-")?;
    let time = time.trim();
    let digits = time.trim_end_matches(|c: char| !c.is_ascii_digit());
    Some(
        Series::new(
            name.trim(),
            "time",
            Unit::of(&time[digits.len()..]),
            vec![number(digits)?],
        )
        .summary("mean"),
    )
}
