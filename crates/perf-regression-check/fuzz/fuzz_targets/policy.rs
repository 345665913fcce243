#![no_main]

use perf_regression_check::config::Policy;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(problems) = Policy::parse("perf.toml", text, jiff::civil::date(2026, 1, 1)) {
        assert!(!problems.is_empty());
    }
});
