#![no_main]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use gatehouse_core::ledger::{decode, encode};
use perf_regression_check::history::record::tracks;

// Bytes as they are, and as the JSON inside; what can be read is written and read back the same.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = decode(bytes);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).expect("memory takes it");
    if let Ok(entries) = decode(&gzip.finish().expect("memory takes it")) {
        let _ = tracks(&entries);
        let back = decode(&encode(&entries).expect("it was read")).expect("it was written");
        assert_eq!(back, entries);
    }
});
