#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    for windows in [false, true] {
        let _ = gatehouse_core::runner::read_back(text, windows);
    }
});
