//! A double of the GitHub REST API that remembers what is done to it.
//!
//! It answers the calls that the gates make with bodies of the documented shape ([`shape`]), and can
//! be told to fail: rate limits, secondary limits, broken servers, lost answers, latency ([`Fault`]).
//! What was asked and answered is kept ([`FakeGitHub::exchanges`]) and can be held against GitHub's own
//! description of its API ([`openapi`]). For tests and demonstrations; never shipped.

#![recursion_limit = "256"]

pub mod openapi;
mod repository;
mod routes;
pub mod shape;
mod state;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

pub use state::State;

/// Something that goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The server fails before doing anything.
    ServerError,
    /// The server does what is asked, and the answer is lost.
    LostAnswer,
    /// The hourly limit is used up; it is lifted after so many seconds.
    RateLimit(u64),
    /// Too much at once; try again after so many seconds.
    SecondaryLimit(u64),
    /// The answer takes so long.
    Latency(Duration),
    /// The token may not do this.
    Forbidden,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The request's body; null when there was none.
    pub request: Value,
    /// The status of the answer.
    pub status: u16,
    /// The answer's body.
    pub response: Value,
}

/// A running double, on a port of its own on loopback, until it is dropped.
pub struct FakeGitHub {
    /// The base address of its API.
    pub url: String,
    shared: Arc<Shared>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    exchanges: Mutex<Vec<Exchange>>,
    faults: Mutex<Vec<(String, Fault)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeGitHub {
    /// Starts one that knows of nothing, on a free port.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub fn start() -> std::io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts one on an address.
    ///
    /// # Errors
    /// When it cannot be listened on.
    pub fn listen(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (routes, runtime) = (
            routes::routes(Arc::clone(&shared)),
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        );
        std::thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                    return;
                };
                // A double that stops answering makes its test fail; there is nobody else to tell.
                tokio::select! {
                    _ = axum::serve(listener, routes) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            url,
            shared,
            stop: Some(stop),
        })
    }

    /// What it remembers, to be looked at or prepared.
    pub fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.shared.state)
    }

    /// Lets the next request whose `METHOD path` begins so go wrong. Faults are used up in order.
    pub fn fault(&self, request: &str, fault: Fault) {
        locked(&self.shared.faults).push((request.to_owned(), fault));
    }

    /// Everything asked and answered so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        locked(&self.shared.exchanges).clone()
    }
}

impl Drop for FakeGitHub {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
