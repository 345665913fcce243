//! benchmark.js lines: `NAME x 1,431,759 ops/sec ±0.74% (93 runs sampled)`.

use super::{Parsed, Source, number};
use crate::model::{Series, Unit};

pub(super) fn sniff(text: &str) -> bool {
    text.lines()
        .any(|line| line.contains(" x ") && line.contains(" ops/sec"))
}

pub(super) fn parse(source: Source<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, line) in source.text.lines().enumerate() {
        let Some((head, _)) = line.split_once(" ops/sec") else {
            continue;
        };
        // The name may hold " x " itself; the rate stands after the last one.
        match head
            .rsplit_once(" x ")
            .and_then(|(name, rate)| Some((name.trim(), number(rate)?)))
        {
            Some((name, rate)) => {
                parsed.series.push(
                    Series::new(name, "throughput", Unit::of("ops/sec"), vec![rate])
                        .summary("mean"),
                );
            }
            None => parsed
                .problems
                .push(source.line_error(index, "expected `name x rate ops/sec`")),
        }
    }
    parsed
}
