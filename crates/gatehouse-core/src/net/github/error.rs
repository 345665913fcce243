//! Why GitHub did not do what it was asked.

/// Why GitHub did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// There is no token.
    #[error("there is no token for GitHub")]
    NoToken,
    /// GitHub refused; its own words.
    #[error("GitHub refused {what} with status {status}: {message}")]
    Refused {
        /// The request: method and path.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What GitHub said.
        message: String,
    },
    /// A limit would be lifted too late to wait for.
    #[error("GitHub's rate limit holds for {0} s more")]
    Limited(u64),
    /// The network or the server failed, after retries.
    #[error("GitHub cannot be reached for {what}: {reason}")]
    Unreachable {
        /// The request: method and path.
        what: String,
        /// The reason.
        reason: String,
    },
    /// The answer is not what GitHub's documentation says.
    #[error("GitHub's answer to {what} makes no sense: {reason}")]
    Odd {
        /// The request: method and path.
        what: String,
        /// The reason.
        reason: String,
    },
}

impl GitHubError {
    /// Whether the token may not do this: in a fork's pull request it may only read.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403 | 404,
                ..
            }
        )
    }
}
