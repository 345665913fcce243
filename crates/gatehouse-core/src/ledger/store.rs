//! What a ledger asks of the place it lies in.

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The location makes no sense.
    #[error("{0}")]
    Location(String),
    /// Another content lies under the name, and stays there.
    #[error("{0} is already there with another content; nothing was written over")]
    Taken(String),
    /// The store failed, after retries where they make sense.
    #[error("{0}")]
    Failed(String),
}

/// The outcome of a creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was written.
    New,
    /// The same content was there already.
    Known,
}

/// Files to add and to remove.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Names and contents.
    pub add: Vec<(String, Vec<u8>)>,
    /// Names.
    pub remove: Vec<String>,
}

/// A file as it was read, or why it was not.
pub type Read = (String, Result<Vec<u8>, String>);

/// A place with named immutable files. Names are relative, with `/` between segments.
pub trait Store: Send + Sync {
    /// All names.
    fn list(&self) -> Result<Vec<String>, StoreError>;

    /// The contents of many files. One that vanished meanwhile is left out: a compaction moved it.
    fn read(&self, names: &[String]) -> Result<Vec<Read>, StoreError>;

    /// Writes a file if there is none of that name.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when there is one with another content.
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError>;

    /// Adds files, then removes others: at once where the store can, else in this order.
    fn change(&self, change: &Change) -> Result<(), StoreError>;
}
