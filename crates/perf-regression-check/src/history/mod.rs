//! The history of benchmarks: what was measured commit after commit, and what it says.
//!
//! [`record`] puts a run into a ledger's columns and reads it back as [`record::Track`]s;
//! [`baseline`] chooses the runs that a change is compared with; [`predict`] and [`check`] decide
//! about the next run; [`error_budget`] forgives a few misses of a limit; [`detect`] finds changes of level after they were merged, [`drift`] slow ones;
//! [`commands`], [`checking`] and [`detecting`] are the subcommands around them; [`gab`] moves histories of github-action-benchmark
//! here and back.

pub mod baseline;
pub mod check;
pub mod checking;
pub mod commands;
pub mod confirm;
pub mod detect;
pub mod detecting;
pub mod drift;
pub mod error_budget;
pub mod findings;
pub mod gab;
pub mod predict;
pub mod record;
pub mod recorded;
