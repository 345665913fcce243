//! The exit codes of every gate, in one table.

use std::process::ExitCode;

/// How a gate's process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// The verdict is pass, or the gate ran in report-only mode.
    Pass = 0,
    /// The verdict is fail.
    Fail = 1,
    /// Usage, configuration or input error; nothing was decided.
    Usage = 2,
    /// The verdict is inconclusive, and the policy blocks on that.
    Inconclusive = 3,
    /// The outside world failed (network, GitHub, a store, a measured command) after retries.
    World = 4,
}

impl Exit {
    /// The process exit status.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table that `--help` prints.
pub const HELP: &str = "\
Exit codes:
  0  pass (or report-only mode)
  1  the verdict is fail
  2  usage, configuration or input error
  3  inconclusive, and the policy blocks on that
  4  the outside world failed after retries";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_code() {
        for exit in [
            Exit::Pass,
            Exit::Fail,
            Exit::Usage,
            Exit::Inconclusive,
            Exit::World,
        ] {
            assert!(HELP.contains(&format!("\n  {}  ", exit.code())), "{exit:?}");
        }
    }
}
