//! An append-only history of a gate's runs, kept where the user keeps things.
//!
//! A run is one immutable compressed file, `suite/yyyy/mm/<time>-<commit>-<run>-<attempt>.json.gz`,
//! so writers never touch each other's files: there is nothing to merge and nothing to lose. Old
//! months are put together by [`Ledger::compact`]. What is kept of a run is a table of named columns
//! ([`Columns`]); what the columns mean is the gate's business.
//!
//! Where the files lie is a [`Store`]: a folder, a git branch, or an object store. Every store
//! creates a file only if it is not there yet. A file that cannot be read is reported by name,
//! skipped, and never written over.

mod codec;
mod directory;
mod git;
mod key;
#[cfg(feature = "net")]
mod object;
mod store;

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Place};
use crate::ids::CommitSha;
use crate::system::System;

pub use codec::{Columns, decode, encode};
pub use directory::Directory;
pub use git::GitBranch;
pub use key::EntryKey;
pub use store::{Change, Created, Read, Store, StoreError};

/// One run: where it comes from, and what it measured or found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The series of runs that it belongs to.
    pub suite: String,
    /// The run.
    pub run: Run,
    /// The gate's table.
    pub columns: Columns,
}

/// Where and when a run took place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Run {
    /// The commit that was measured.
    pub commit: CommitSha,
    /// Its first parent, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<CommitSha>,
    /// The branch, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub branch: Option<String>,
    /// When it was measured.
    pub time: Timestamp,
    /// The workflow run's number; 0 outside a workflow.
    #[serde(default)]
    pub run_id: u64,
    /// The attempt, from 1; 0 outside a workflow.
    #[serde(default)]
    pub attempt: u32,
    /// What it ran on.
    #[serde(default)]
    pub machine: Machine,
    /// Versions of the tools involved, by name.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
}

/// The fingerprint of a runner: what can make the same code slower or faster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The processor's model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpu: Option<String>,
    /// The processors that the job may use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cores: Option<u32>,
    /// The runner's image with its version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<String>,
    /// Operating system and architecture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub os: Option<String>,
}

impl Machine {
    /// The machine this process runs on.
    #[must_use]
    pub fn here(system: &dyn System) -> Self {
        let image = system
            .var("ImageOS")
            .map(|os| match system.var("ImageVersion") {
                Some(version) => format!("{os} {version}"),
                None => os,
            });
        let cpu = std::fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| {
                let line = text.lines().find(|line| line.starts_with("model name"))?;
                Some(line.split_once(':')?.1.trim().to_owned())
            });
        Self {
            cpu,
            cores: std::thread::available_parallelism()
                .ok()
                .and_then(|n| u32::try_from(n.get()).ok()),
            image,
            os: Some(format!(
                "{} {}",
                std::env::consts::OS,
                std::env::consts::ARCH
            )),
        }
    }

    /// Whether times taken on both can be compared: the same processor, number of cores and
    /// operating system, where both are known. A new version of the image is no other machine.
    #[must_use]
    pub fn is_compatible(&self, other: &Self) -> bool {
        fn agree<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        agree(self.cpu.as_ref(), other.cpu.as_ref())
            && agree(self.cores.as_ref(), other.cores.as_ref())
            && agree(self.os.as_ref(), other.os.as_ref())
    }
}

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The runs, by time; each once, also where a compaction was cut short.
    pub entries: Vec<Entry>,
    /// One warning per file that could not be read.
    pub problems: Vec<Diagnostic>,
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// The monthly files written.
    pub months: usize,
    /// The files that they replace.
    pub files: usize,
}

/// The history in a store.
pub struct Ledger {
    store: Box<dyn Store>,
}

impl Ledger {
    /// The ledger in any store.
    #[must_use]
    pub fn new(store: Box<dyn Store>) -> Self {
        Self { store }
    }

    /// The ledger at a location as users write it: a folder; `branch:NAME` of the repository the
    /// process stands in; `git+URL#BRANCH`; `s3://`, `gs://` or `az://` with bucket and prefix.
    ///
    /// # Errors
    /// When the location makes no sense or cannot be set up.
    pub fn open(location: &str, system: &dyn System) -> Result<Self, StoreError> {
        let store: Box<dyn Store> = if let Some(branch) = location.strip_prefix("branch:") {
            Box::new(GitBranch::of_checkout(branch, system)?)
        } else if let Some(rest) = location.strip_prefix("git+") {
            let (url, branch) = rest.rsplit_once('#').ok_or_else(|| {
                StoreError::Location(format!(
                    "{location:?} names no branch: write git+URL#BRANCH"
                ))
            })?;
            Box::new(GitBranch::at(url, branch, Vec::new())?)
        } else if ["s3://", "gs://", "az://"]
            .iter()
            .any(|scheme| location.starts_with(scheme))
        {
            Self::object_store(location, system)?
        } else if location.contains("://") {
            return Err(StoreError::Location(format!(
                "{location:?} is no place for a ledger: give a folder, branch:NAME, git+URL#BRANCH, s3://, gs:// or az://"
            )));
        } else {
            Box::new(Directory::new(location))
        };
        Ok(Self { store })
    }

    #[cfg(feature = "net")]
    fn object_store(location: &str, system: &dyn System) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(object::Objects::open(location, system)?))
    }

    #[cfg(not(feature = "net"))]
    fn object_store(location: &str, _system: &dyn System) -> Result<Box<dyn Store>, StoreError> {
        Err(StoreError::Location(format!(
            "{location:?}: object stores are not built in"
        )))
    }

    /// Adds a run. Adding the same run again changes nothing. Where another run has its name, two
    /// jobs of a matrix that end in the same millisecond, it is kept a millisecond later.
    ///
    /// # Errors
    /// When the store fails after retries.
    pub fn append(&self, entry: &Entry) -> Result<Created, StoreError> {
        const NAMESAKES: usize = 1000;
        let mut entry = entry.clone();
        for _ in 0..NAMESAKES {
            let name = EntryKey::of(&entry).path();
            match self
                .store
                .create(&name, &codec::encode(std::slice::from_ref(&entry))?)
            {
                Err(StoreError::Taken(_)) => entry.run.time += jiff::SignedDuration::from_millis(1),
                done => return done,
            }
        }
        Err(StoreError::Taken(EntryKey::of(&entry).path()))
    }

    /// Adds many runs of the past at once, as monthly files.
    ///
    /// # Errors
    /// When the store fails after retries.
    pub fn import(&self, entries: &[Entry]) -> Result<Compacted, StoreError> {
        let mut months: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            months
                .entry(EntryKey::of(entry).folder())
                .or_default()
                .push(entry.clone());
        }
        let add = months
            .iter()
            .map(|(folder, entries)| month_file(folder, entries))
            .collect::<Result<Vec<_>, _>>()?;
        let done = Compacted {
            months: add.len(),
            files: 0,
        };
        self.store.change(&Change {
            add,
            remove: Vec::new(),
        })?;
        Ok(done)
    }

    /// Every run of a suite, or of all.
    ///
    /// # Errors
    /// When the store cannot be read at all. Single files that cannot be read are problems.
    pub fn load(&self, suite: Option<&str>) -> Result<Loaded, StoreError> {
        let names: Vec<String> = self
            .store
            .list()?
            .into_iter()
            .filter(|name| {
                key::is_ledger_file(name) && suite.is_none_or(|suite| key::is_of_suite(name, suite))
            })
            .collect();
        let mut loaded = Loaded::default();
        let mut seen = HashSet::new();
        for (name, bytes) in self.store.read(&names)? {
            match bytes.and_then(|bytes| codec::decode(&bytes)) {
                Ok(entries) => loaded.entries.extend(entries.into_iter().filter(|entry| seen.insert(EntryKey::of(entry)))),
                Err(reason) => loaded.problems.push(
                    Diagnostic::warning(format!("this file of the ledger cannot be read: {reason}"))
                        .at(Place::file(name))
                        .help("it is left as it is; restore it from a backup, or remove it to end this warning"),
                ),
            }
        }
        loaded
            .entries
            .sort_by(|a, b| (a.run.time, EntryKey::of(a)).cmp(&(b.run.time, EntryKey::of(b))));
        Ok(loaded)
    }

    /// Puts the files of each month that ended before `today`'s together. Files that cannot be read
    /// stay where they are. A compaction that is cut short loses and doubles nothing.
    ///
    /// # Errors
    /// When the store fails after retries.
    pub fn compact(&self, today: Date) -> Result<Compacted, StoreError> {
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in self.store.list()? {
            if let Some((folder, _)) = name.rsplit_once('/').filter(|_| key::is_ledger_file(&name))
                && key::month_is_before(folder, today)
            {
                folders.entry(folder.to_owned()).or_default().push(name);
            }
        }
        let mut done = Compacted::default();
        let mut change = Change::default();
        for (folder, names) in folders.into_iter().filter(|(_, names)| names.len() > 1) {
            let (mut entries, mut read): (Vec<Entry>, Vec<String>) = (Vec::new(), Vec::new());
            for (name, bytes) in self.store.read(&names)? {
                if let Ok(more) = bytes.and_then(|bytes| codec::decode(&bytes)) {
                    entries.extend(more);
                    read.push(name);
                }
            }
            entries.sort_by_key(EntryKey::of);
            entries.dedup_by_key(|entry| EntryKey::of(entry));
            if read.len() < 2 {
                continue;
            }
            let (name, bytes) = month_file(&folder, &entries)?;
            done.months += 1;
            done.files += read.len();
            change
                .remove
                .extend(read.into_iter().filter(|old| *old != name));
            change.add.push((name, bytes));
        }
        if done.months > 0 {
            self.store.change(&change)?;
        }
        Ok(done)
    }

    /// The bytes that the ledger's files take.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        let names = self.store.list()?;
        let files = self.store.read(&names)?;
        Ok(files
            .iter()
            .map(|(_, bytes)| bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            .sum())
    }
}

/// The file that holds `entries` of a month; its name tells its content, so writing it twice is
/// writing it once.
fn month_file(folder: &str, entries: &[Entry]) -> Result<(String, Vec<u8>), StoreError> {
    let bytes = codec::encode(entries)?;
    let digest = crate::files::sha256_hex(&bytes);
    Ok((format!("{folder}/month-{}.json.gz", &digest[..16]), bytes))
}
