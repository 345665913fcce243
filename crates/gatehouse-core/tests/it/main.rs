//! The statistics against tables that the field's own tools wrote.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod benchstat;
mod scipy;
