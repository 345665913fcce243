//! Talking to the network: one runtime, TLS by rustls with ring.

pub mod github;

use std::sync::Once;

/// A single-threaded runtime that drives one request, or a handful, at a time.
#[derive(Debug)]
pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// A runtime, with the process's TLS provider set.
    ///
    /// # Errors
    /// When the operating system gives no event queue.
    pub fn new() -> std::io::Result<Self> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // An error says that another provider was set before, which does as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map(Self)
    }

    /// Waits for a future.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}
