//! One request, one answer: HTTP as the gates use it.
//!
//! A gate makes a handful of requests and waits for each, so the client blocks. What is asked again
//! after a failure, and when, is for the caller to know; [`Http::deliver`] does it for messages that
//! may safely arrive twice.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::retry::{patient, retrying};
pub use ureq::http::{HeaderMap, Method, Uri};

/// The most that is read of an answer, in bytes.
const LARGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// No answer came.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(String);

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No answer came, after retries.
    #[error("no answer: {0}")]
    NoAnswer(#[from] NoAnswer),
    /// The receiver refused the message, or failed on every try.
    #[error("refused with status {status}: {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The start of what it said.
        reason: String,
        /// How long it asked to be left alone.
        retry_after: Option<Duration>,
    },
}

impl DeliveryError {
    /// Whether the same message may be taken later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
        }
    }
}

/// An answer of a server, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value when it is a whole number.
    #[must_use]
    pub fn number(&self, header: &str) -> Option<i64> {
        self.headers.get(header)?.to_str().ok()?.parse().ok()
    }
}

/// A client with a pool of connections.
#[derive(Debug, Clone)]
pub struct Http {
    agent: ureq::Agent,
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    /// A client. Certificates are judged as the operating system does, so that a company's own
    /// authority is believed; `HTTPS_PROXY` and its like are honoured; credentials do not follow a
    /// redirect to another place.
    #[must_use]
    pub fn new() -> Self {
        static PROVIDER: OnceLock<Arc<rustls::crypto::CryptoProvider>> = OnceLock::new();
        let provider = PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider()));
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::clone(provider))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .user_agent(concat!("gatehouse/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_recv_body(Some(Duration::from_secs(120)))
            .build();
        Self {
            agent: config.new_agent(),
        }
    }

    /// Sends a request once.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn send(&self, request: ureq::http::Request<&[u8]>) -> Result<Answer, NoAnswer> {
        let no_answer = |error: ureq::Error| NoAnswer(error.to_string());
        let response = if matches!(*request.method(), Method::GET | Method::HEAD) {
            self.agent.run(request.map(|_| ()))
        } else {
            self.agent.run(request)
        };
        let (parts, mut body) = response.map_err(no_answer)?.into_parts();
        let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.map_err(no_answer)?,
        })
    }

    /// Sends a message that may arrive twice, until the receiver takes it.
    ///
    /// # Errors
    /// When no answer comes or the receiver refuses, after retries where these may help.
    pub fn deliver(
        &self,
        method: &Method,
        address: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, DeliveryError> {
        let attempt = || {
            let mut request = ureq::http::Request::builder()
                .method(method.clone())
                .uri(address);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request
                .body(body)
                .map_err(|error| NoAnswer(error.to_string()))?;
            let answer = self.send(request)?;
            if (200..300).contains(&answer.status) {
                return Ok(answer);
            }
            let words = String::from_utf8_lossy(&answer.body);
            Err(DeliveryError::Refused {
                status: answer.status,
                reason: crate::text::visible(&crate::text::ellipsis(words.trim(), 300)),
                retry_after: answer
                    .number("retry-after")
                    .and_then(|seconds| u64::try_from(seconds).ok())
                    .map(Duration::from_secs),
            })
        };
        retrying(attempt, |error, pause| match error {
            DeliveryError::Refused {
                retry_after: Some(wanted),
                ..
            } if error.is_transient() => patient(*wanted, pause),
            error => error.is_transient().then_some(pause),
        })
    }
}
