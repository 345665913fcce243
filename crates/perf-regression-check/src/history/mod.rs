//! The history of benchmarks: what was measured commit after commit, and what it says.

pub mod detect;
pub mod predict;
