//! The outside of the process: environment, clock, randomness and the standard streams.
//!
//! Gates receive a [`System`] and never touch `std::env` or print by themselves, so a test can
//! drive every binary's logic with exactly the environment it names ([`FakeSystem`]).

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use jiff::Timestamp;

/// A standard stream: results go to [`Stream::Out`], everything else to [`Stream::Err`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: the result.
    Out,
    /// Standard error: the log.
    Err,
}

/// What a gate may ask of the process it runs in.
pub trait System: Send + Sync {
    /// The value of an environment variable; `None` when unset, empty or not UTF-8.
    ///
    /// Empty counts as unset because a composite action cannot leave a variable out of a step's
    /// `env:` map, only leave it empty.
    fn var(&self, name: &str) -> Option<String>;
    /// The current time.
    fn now(&self) -> Timestamp;
    /// Sixteen unpredictable bytes, for delimiters that hostile text must not be able to guess.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    fn random(&self) -> std::io::Result<[u8; 16]>;
    /// Whether the stream is an interactive terminal (colours, rewritten progress lines).
    fn is_terminal(&self, stream: Stream) -> bool;
    /// Writes text as it is; the text must already be neutralised (see [`crate::text`]).
    ///
    /// # Errors
    /// Whatever the stream reports, a closed pipe for instance.
    fn write(&self, stream: Stream, text: &str) -> std::io::Result<()>;
}

/// The real process.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealSystem;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that touches the process"
)]
impl System for RealSystem {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self) -> std::io::Result<[u8; 16]> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(bytes)
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Out => std::io::stdout().is_terminal(),
            Stream::Err => std::io::stderr().is_terminal(),
        }
    }

    fn write(&self, stream: Stream, text: &str) -> std::io::Result<()> {
        match stream {
            Stream::Out => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            Stream::Err => std::io::stderr().lock().write_all(text.as_bytes()),
        }
    }
}

/// A process made up for a test: a fixed clock, counted "randomness", captured streams.
#[derive(Debug)]
pub struct FakeSystem {
    vars: BTreeMap<String, String>,
    now: Timestamp,
    drawn: Mutex<u8>,
    out: Mutex<String>,
    err: Mutex<String>,
}

impl Default for FakeSystem {
    fn default() -> Self {
        Self {
            vars: BTreeMap::new(),
            now: Timestamp::UNIX_EPOCH,
            drawn: Mutex::new(0),
            out: Mutex::new(String::new()),
            err: Mutex::new(String::new()),
        }
    }
}

impl FakeSystem {
    /// A process with an empty environment at the Unix epoch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one environment variable.
    #[must_use]
    pub fn with_var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.vars.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn with_now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Everything written to a stream so far.
    #[must_use]
    pub fn written(&self, stream: Stream) -> String {
        let buffer = match stream {
            Stream::Out => &self.out,
            Stream::Err => &self.err,
        };
        buffer.lock().map(|text| text.clone()).unwrap_or_default()
    }
}

impl System for FakeSystem {
    fn var(&self, name: &str) -> Option<String> {
        self.vars
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&self) -> std::io::Result<[u8; 16]> {
        let mut drawn = self
            .drawn
            .lock()
            .map_err(|_| std::io::Error::other("poisoned"))?;
        *drawn = drawn.wrapping_add(1);
        Ok([*drawn; 16])
    }

    fn is_terminal(&self, _stream: Stream) -> bool {
        false
    }

    fn write(&self, stream: Stream, text: &str) -> std::io::Result<()> {
        let buffer = match stream {
            Stream::Out => &self.out,
            Stream::Err => &self.err,
        };
        buffer
            .lock()
            .map_err(|_| std::io::Error::other("poisoned"))?
            .push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_count_as_unset() {
        let system = FakeSystem::new().with_var("A", "").with_var("B", "b");
        assert_eq!(system.var("A"), None);
        assert_eq!(system.var("B").as_deref(), Some("b"));
    }
}
