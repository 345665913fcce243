//! `benchmark-results/v1`: this tool's own format (docs/schemas/benchmark-results.schema.json).

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source, json, json_with};
use crate::model::{SCHEMA, Series};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Root<'t> {
    schema: String,
    #[serde(borrow)]
    results: Vec<&'t RawValue>,
}

pub(super) fn sniff(text: &str) -> bool {
    json_with(text, &["\"benchmark-results/"])
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    match json::root::<Root<'_>>(source) {
        Err(problem) => Parsed::failed(problem),
        Ok(root) if root.schema != SCHEMA => Parsed::failed(
            Diagnostic::error(format!("unknown schema {:?}", root.schema))
                .at(Place::file(source.path))
                .help(format!("this version reads {SCHEMA}")),
        ),
        Ok(root) => json::each(source, &root.results, |series: Series| Ok([series])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_record_is_named_and_the_others_are_kept() {
        let text = r#"{"schema": "benchmark-results/v1", "results": [
  {"benchmark": "a", "metric": "time", "unit": "ns", "direction": "lower-is-better", "samples": [1.0]},
  {"benchmark": "b", "metric": "time", "unit": "ns", "direction": "sideways", "samples": [1.0]},
  {"benchmark": "c", "metric": "time", "unit": "ns", "direction": "lower-is-better", "samples": [2.0]}]}"#;
        let parsed = parse(Source {
            path: "r.json",
            text,
        });
        assert_eq!(
            parsed
                .series
                .iter()
                .map(|s| s.benchmark.as_str())
                .collect::<Vec<_>>(),
            ["a", "c"]
        );
        let place = parsed.problems[0].place.as_ref().unwrap();
        assert_eq!(place.line, Some(3));
        assert!(place.column.unwrap() > 60, "{place}");
        assert!(parsed.problems[0].message.contains("sideways"));
    }
}
