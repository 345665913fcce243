//! Decides whether a change made benchmarks slower. See the library for how.

use std::process::ExitCode;

use gatehouse_core::system::RealSystem;

fn main() -> ExitCode {
    perf_regression_check::main(&RealSystem, std::env::args_os()).into()
}
