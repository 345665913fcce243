//! What every gate shares, and nothing that only one gate needs.
//!
//! * [`system`]: environment, clock, randomness and standard streams behind a trait;
//! * [`runner`]: the GitHub Actions runner's protocol, with its limits handled before they bite;
//! * [`evidence`]: the statement through which gates speak to one another;
//! * [`stats`]: the tests, estimators and corrections that verdicts rest on;
//! * [`report`]: Markdown, self-contained HTML and accessible SVG charts;
//! * [`diagnostic`], [`exit`], [`files`], [`ids`], [`text`]: errors a user reads, exit codes,
//!   atomic writes, typed identifiers, and the neutralising of text that others wrote.
//!
//! This crate never names a gate.

pub mod diagnostic;
pub mod evidence;
pub mod exit;
pub mod files;
pub mod ids;
pub mod ledger;
#[cfg(feature = "net")]
pub mod net;
pub mod report;
pub mod runner;
pub mod stats;
pub mod system;
pub mod text;
