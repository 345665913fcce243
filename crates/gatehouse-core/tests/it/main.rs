//! The statistics against tables that the field's own tools wrote; ledgers in real stores.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod benchstat;
#[cfg(feature = "net")]
mod ledger;
mod scipy;
#[cfg(feature = "net")]
mod servers;
