#![no_main]

use perf_regression_check::history::detect::{Settings, State, advance, detect};
use perf_regression_check::history::predict::predict;

// Any finite numbers; going on from a kept state finds what a full run finds.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let numbers = bytes.chunks_exact(8).map(|chunk| f64::from_le_bytes(chunk.try_into().expect("eight bytes")));
    let values: Vec<f64> = numbers.filter(|value| value.is_finite()).take(2000).collect();
    let full = detect(&values, &Settings::default());
    let (mut state, mut parts) = (State::default(), Vec::new());
    for end in [values.len() / 3, values.len() / 2, values.len()] {
        parts.extend(advance(&mut state, &values[..end], &Settings::default()));
    }
    assert_eq!(format!("{parts:?}"), format!("{full:?}"));
    let _ = predict(&values, 0.9999);
});
