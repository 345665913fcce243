#![no_main]

use perf_regression_check::history::gab::{export, import};
use perf_regression_check::history::record::tracks;

// What was taken over once is taken over the same from its own export.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(imported) = import("data.js", text, Some("main")) {
        let _ = tracks(&imported.entries);
        let again = import("data.js", &export(&imported.entries, Some("o/r")), Some("main"));
        let again = again.expect("what was exported can be imported");
        assert_eq!(again.problems, []);
    }
});
