#![no_main]

use perf_regression_check::report::comment::{LIMIT, comment};
use perf_regression_check::report::document::Document;

// Whatever an artifact holds, the comment made of it fits.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = Document::read("report.json", bytes) {
        let text = comment(&document, document.proven_verdict(), "", LIMIT);
        assert!(text.chars().count() <= LIMIT && !text.contains("<script"));
    }
});
