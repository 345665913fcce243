//! `[{"name", "unit", "value"}]`: the hand-made form that github-action-benchmark made common.
//!
//! The form itself does not say which way is better; the unit does for times, sizes and rates.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{Direction, Series, Unit};

#[derive(Deserialize)]
struct Record {
    name: String,
    unit: String,
    value: f64,
}

pub(super) fn sniff(text: &str) -> bool {
    text.trim_start().starts_with('[') && json_with(text, &["\"name\"", "\"unit\"", "\"value\""])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    read(source, None)
}

pub(super) fn parse_smaller(source: Source<'_>) -> Parsed {
    read(source, Some(Direction::LowerIsBetter))
}

pub(super) fn parse_bigger(source: Source<'_>) -> Parsed {
    read(source, Some(Direction::HigherIsBetter))
}

fn read(source: Source<'_>, stated: Option<Direction>) -> Parsed {
    match json::root::<Vec<&RawValue>>(source) {
        Err(problem) => Parsed::failed(problem),
        Ok(records) => json::each(source, &records, |record: Record| {
            let mut unit = Unit::of(&record.unit);
            // A size may be memory used or memory left: only the name knows.
            if let Some(direction) = stated.or((unit.name == "bytes").then_some(Direction::Unknown))
            {
                unit.direction = direction;
            }
            Ok([Series::new(record.name, "value", unit, vec![record.value]).summary("value")])
        }),
    }
}
