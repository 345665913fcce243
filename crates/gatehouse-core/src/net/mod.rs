//! Talking to the network: HTTP with TLS by rustls, and GitHub's API on top of it.

pub mod github;
pub mod http;
mod retry;
