//! `callgrind.out` files: the totals of every event the run counted.
//!
//! Source: the Callgrind manual, "Callgrind Format Specification".

use gatehouse_core::diagnostic::{Diagnostic, Place};

use super::{Parsed, Source, number};
use crate::model::{Series, Unit};

pub(super) fn sniff(text: &str) -> bool {
    let head: Vec<&str> = text.lines().take(60).collect();
    head.iter().any(|line| line.starts_with("events: "))
        && head
            .iter()
            .any(|line| line.starts_with("cmd: ") || line.starts_with("# callgrind"))
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let field = |key: &str| {
        source
            .text
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    // A run cut short has no totals; its summary, written first, may be there.
    let totals = source
        .text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals:"))
        .or_else(|| field("summary:"));
    let (Some(events), Some(totals)) = (field("events:"), totals) else {
        return Parsed::failed(
            Diagnostic::error("no `events:` or no `totals:` line: the run was cut short")
                .at(Place::file(source.path))
                .help("let the program under callgrind end by itself"),
        );
    };
    let name = field("cmd:").unwrap_or(source.path);
    let mut parsed = Parsed::default();
    let values: Vec<&str> = totals.split_whitespace().collect();
    for (index, event) in events.split_whitespace().enumerate() {
        // Trailing zeros may be left out.
        match values.get(index).map_or(Some(0.0), |value| number(value)) {
            Some(value) => parsed
                .series
                .push(Series::new(name, metric(event), Unit::count(), vec![value]).deterministic()),
            None => parsed.problems.push(
                Diagnostic::error(format!("total of {event} is no number"))
                    .at(Place::file(source.path)),
            ),
        }
    }
    parsed
}

/// Callgrind's event names in words where they are common.
pub(super) fn metric(event: &str) -> &str {
    match event {
        "Ir" => "instructions",
        other => other,
    }
}
