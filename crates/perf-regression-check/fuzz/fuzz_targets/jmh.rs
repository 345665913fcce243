#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| perf_regression_check_fuzz::read("jmh", text));
