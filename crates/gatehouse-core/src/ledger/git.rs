//! A ledger on a branch of a git repository, written through the `git` program.
//!
//! The branch shares no history with the code. A write makes a commit on the branch's tip and
//! pushes it without force: the server takes it only if the tip is still the same
//! (compare-and-swap). If it moved, the write is made anew on the new tip, after a pause that is
//! drawn at random so that many writers do not stay in step. Only the tip is ever fetched.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::store::{Change, Created, Read, Store, StoreError};
use crate::system::System;

/// How long a write is tried before it is given up.
const PATIENCE: Duration = Duration::from_secs(300);
/// Pauses grow from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Failures other than a moved tip are tried this often.
const OUTAGES: u32 = 4;
/// Where the tip is kept locally.
const TIP: &str = "refs/ledger/tip";

/// A branch, and a bare repository of our own to work in.
#[derive(Debug)]
pub struct GitBranch {
    url: String,
    branch: String,
    /// Configuration that authenticates, handed over in the environment and never as an argument.
    config: Vec<(String, String)>,
    work: tempfile::TempDir,
}

/// What a push came to.
enum Pushed {
    Done,
    /// Another writer was faster.
    Moved,
}

impl GitBranch {
    /// A branch of the repository that the process stands in: of its remote `origin`, with the
    /// credentials that the checkout left in its configuration.
    ///
    /// # Errors
    /// Outside a repository, without a remote, or for a name that is no branch.
    pub fn of_checkout(branch: &str, system: &dyn System) -> Result<Self, StoreError> {
        let here = system
            .var("GITHUB_WORKSPACE")
            .map_or_else(|| PathBuf::from("."), PathBuf::from);
        let ask = |arguments: &[&str]| -> Option<String> {
            let output = Command::new("git")
                .current_dir(&here)
                .args(arguments)
                .stdin(Stdio::null())
                .output()
                .ok()?;
            output
                .status
                .success()
                .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let url = ask(&["remote", "get-url", "--push", "origin"]).ok_or_else(|| {
            StoreError::Location(format!("branch:{branch} needs a checkout with a remote named origin; run actions/checkout first"))
        })?;
        let mut config = Vec::new();
        for line in ask(&["config", "--get-regexp", r"^http\..*\.extraheader$"])
            .unwrap_or_default()
            .lines()
        {
            if let Some((key, value)) = line.split_once(' ') {
                config.push((key.to_owned(), value.to_owned()));
            }
        }
        // A relative path is relative to the checkout.
        let url = if url.contains(':') || url.starts_with('/') {
            url
        } else {
            here.join(url).display().to_string()
        };
        Self::at(&url, branch, config)
    }

    /// A branch of the repository at `url`, with configuration for git besides.
    ///
    /// # Errors
    /// When the name is no branch, or no working folder can be made.
    pub fn at(url: &str, branch: &str, config: Vec<(String, String)>) -> Result<Self, StoreError> {
        if url.starts_with('-') || url.is_empty() {
            return Err(StoreError::Location(format!("{url:?} is no repository")));
        }
        let no_branch = || StoreError::Location(format!("{branch:?} is no name for a branch"));
        if branch.starts_with('-') {
            return Err(no_branch());
        }
        let work = tempfile::Builder::new()
            .prefix("gatehouse-ledger-")
            .tempdir()
            .map_err(|error| {
                StoreError::Failed(format!("cannot create a temporary folder: {error}"))
            })?;
        let store = Self {
            url: url.to_owned(),
            branch: branch.to_owned(),
            config,
            work,
        };
        store
            .git(&["check-ref-format", &format!("refs/heads/{branch}")], None)
            .map_err(|_| no_branch())?;
        store.git(&["init", "--quiet", "--bare", "."], None)?;
        Ok(store)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "protocol.ext.allow=never",
                "-c",
                "gc.auto=0",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .args(arguments)
            .current_dir(self.work.path())
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .env("GIT_AUTHOR_NAME", "gatehouse")
            .env("GIT_AUTHOR_EMAIL", "gatehouse@users.noreply.github.com")
            .env("GIT_COMMITTER_NAME", "gatehouse")
            .env("GIT_COMMITTER_EMAIL", "gatehouse@users.noreply.github.com")
            .env("GIT_CONFIG_COUNT", self.config.len().to_string());
        for (at, (key, value)) in self.config.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{at}"), key)
                .env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        command
    }

    fn git(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, StoreError> {
        let (ok, out, err) = run(self.command(arguments), input)?;
        if ok {
            return Ok(out);
        }
        Err(StoreError::Failed(format!(
            "git {}: {}",
            arguments[0],
            self.last_words(&err)
        )))
    }

    /// The last line of an error output, without the address: it may hold a password.
    fn last_words(&self, err: &str) -> String {
        let line = err
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("no reason given");
        crate::text::visible(&line.replace(&self.url, "the repository"))
    }

    /// Fetches the branch's tip; `None` when there is no such branch yet.
    fn fetch(&self) -> Result<Option<String>, StoreError> {
        let refspec = format!("+refs/heads/{}:{TIP}", self.branch);
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--depth=1",
            "--no-write-fetch-head",
            "--",
            &self.url,
            &refspec,
        ];
        let mut pause = FIRST_PAUSE;
        for outage in 0.. {
            let (ok, _, err) = run(self.command(&arguments), None)?;
            if ok {
                let tip = self.git(&["rev-parse", "--verify", "--quiet", TIP], None)?;
                return Ok(Some(String::from_utf8_lossy(&tip).trim().to_owned()));
            }
            if err.contains("couldn't find remote ref") {
                return Ok(None);
            }
            if outage == OUTAGES {
                return Err(StoreError::Failed(format!(
                    "cannot fetch the ledger's branch {}: {}",
                    self.branch,
                    self.last_words(&err)
                )));
            }
            wait(&mut pause);
        }
        Ok(None)
    }

    fn push(&self, commit: &str) -> Result<Pushed, StoreError> {
        let refspec = format!("{commit}:refs/heads/{}", self.branch);
        let (ok, out, err) = run(
            self.command(&["push", "--porcelain", "--quiet", "--", &self.url, &refspec]),
            None,
        )?;
        if ok {
            return Ok(Pushed::Done);
        }
        let said = String::from_utf8_lossy(&out).into_owned() + &err;
        let moved = [
            "[rejected]",
            "cannot lock ref",
            "failed to update ref",
            "reference already exists",
            "incorrect old value",
            "failed to lock",
        ];
        if moved.iter().any(|sign| said.contains(sign)) {
            Ok(Pushed::Moved)
        } else {
            Err(StoreError::Failed(format!(
                "cannot push to the ledger's branch {}: {}",
                self.branch,
                self.last_words(&err)
            )))
        }
    }

    fn names(&self, tip: &str) -> Result<BTreeSet<String>, StoreError> {
        let list = self.git(&["ls-tree", "-r", "-z", "--name-only", tip], None)?;
        Ok(list
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect())
    }

    /// The contents of files at the tip, in the order asked for; `None` for one that is not there.
    fn contents(&self, tip: &str, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let asked: String = names
            .iter()
            .map(|name| format!("{tip}:{}\n", name.replace('\n', "")))
            .collect();
        let out = self.git(&["cat-file", "--batch"], Some(asked.as_bytes()))?;
        let broken = || StoreError::Failed("git cat-file: its output ends early".to_owned());
        let mut rest = out.as_slice();
        let mut contents = Vec::with_capacity(names.len());
        for _ in names {
            let end = rest
                .iter()
                .position(|byte| *byte == b'\n')
                .ok_or_else(broken)?;
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            match head
                .rsplit_once(' ')
                .and_then(|(_, size)| size.parse::<usize>().ok())
            {
                Some(size) if rest.len() > size => {
                    contents.push(Some(rest[..size].to_vec()));
                    rest = &rest[size + 1..];
                }
                Some(_) => return Err(broken()),
                None => contents.push(None),
            }
        }
        Ok(contents)
    }

    /// A commit of `change` on `tip`.
    fn commit(&self, tip: Option<&str>, change: &Change) -> Result<String, StoreError> {
        let index = self.work.path().join("index");
        let with_index = |arguments: &[&str], input: Option<&[u8]>| {
            let mut command = self.command(arguments);
            command.env("GIT_INDEX_FILE", &index);
            let (ok, out, err) = run(command, input)?;
            if ok {
                return Ok(String::from_utf8_lossy(&out).trim().to_owned());
            }
            Err(StoreError::Failed(format!(
                "git {}: {}",
                arguments[0],
                self.last_words(&err)
            )))
        };
        with_index(&["read-tree", tip.unwrap_or("--empty")], None)?;
        let mut lines = String::new();
        for (name, bytes) in &change.add {
            let blob = self.git(&["hash-object", "-w", "--stdin"], Some(bytes))?;
            lines.push_str(&format!(
                "100644 {}\t{name}\n",
                String::from_utf8_lossy(&blob).trim()
            ));
        }
        for name in &change.remove {
            lines.push_str(&format!("0 {}\t{name}\n", "0".repeat(40)));
        }
        with_index(&["update-index", "--index-info"], Some(lines.as_bytes()))?;
        let tree = with_index(&["write-tree"], None)?;
        let message = match (change.add.as_slice(), change.remove.len()) {
            ([(name, _)], 0) => format!("Add {name}"),
            (add, removed) => format!("Add {} files, remove {removed}", add.len()),
        };
        let mut arguments = vec!["commit-tree", "-m", &message];
        arguments.extend(tip.iter().flat_map(|tip| ["-p", tip]));
        arguments.push(&tree);
        with_index(&arguments, None)
    }

    /// Commits and pushes what `wanted` makes of the tip, until the server takes it. `None` from
    /// `wanted` means that nothing is left to do.
    fn swap(
        &self,
        wanted: impl Fn(Option<&str>) -> Result<Option<Change>, StoreError>,
    ) -> Result<bool, StoreError> {
        let begun = Instant::now();
        let (mut pause, mut outages) = (FIRST_PAUSE, 0);
        loop {
            let tip = self.fetch()?;
            let Some(change) = wanted(tip.as_deref())? else {
                return Ok(false);
            };
            let commit = self.commit(tip.as_deref(), &change)?;
            match self.push(&commit) {
                Ok(Pushed::Done) => return Ok(true),
                Ok(Pushed::Moved) if begun.elapsed() > PATIENCE => {
                    return Err(StoreError::Failed(format!(
                        "the ledger's branch {} kept moving for {} s; nothing was written",
                        self.branch,
                        PATIENCE.as_secs()
                    )));
                }
                Ok(Pushed::Moved) => {}
                Err(error) => {
                    outages += 1;
                    if outages > OUTAGES {
                        return Err(error);
                    }
                }
            }
            wait(&mut pause);
        }
    }
}

/// Runs git to its end: whether it succeeded, its output, its errors.
fn run(mut command: Command, input: Option<&[u8]>) -> Result<(bool, Vec<u8>, String), StoreError> {
    let broken = |error: std::io::Error| StoreError::Failed(format!("cannot run git: {error}"));
    let mut child = command
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    let (mut stdin, mut stderr) = (child.stdin.take(), child.stderr.take());
    // Each pipe has its own thread: git may answer before it has read everything.
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            if let (Some(stdin), Some(input)) = (&mut stdin, input) {
                // A child that stops reading says why on its standard error.
                let _ = stdin.write_all(input);
            }
        });
        let errors = scope.spawn(move || {
            let mut text = Vec::new();
            if let Some(stderr) = &mut stderr {
                let _ = stderr.read_to_end(&mut text);
            }
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut out = Vec::new();
        if let Some(stdout) = &mut child.stdout {
            stdout.read_to_end(&mut out).map_err(broken)?;
        }
        let _ = writer.join();
        let err = errors.join().unwrap_or_default();
        Ok((child.wait().map_err(broken)?.success(), out, err))
    })
}

/// Sleeps up to `pause`, which grows.
fn wait(pause: &mut Duration) {
    let mut bytes = [0_u8; 4];
    // Without randomness writers only stay in step for longer.
    let _ = getrandom::fill(&mut bytes);
    let share = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
    std::thread::sleep(pause.mul_f64(share));
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

impl Store for GitBranch {
    fn list(&self) -> Result<Vec<String>, StoreError> {
        match self.fetch()? {
            Some(tip) => Ok(self.names(&tip)?.into_iter().collect()),
            None => Ok(Vec::new()),
        }
    }

    fn read(&self, names: &[String]) -> Result<Vec<Read>, StoreError> {
        // What `list` fetched is still there.
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let contents = self.contents(TIP, names)?;
        Ok(names
            .iter()
            .zip(contents)
            .filter_map(|(name, bytes)| Some((name.clone(), Ok(bytes?))))
            .collect())
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError> {
        let names = [name.to_owned()];
        let wanted = |tip: Option<&str>| {
            let known = match tip {
                Some(tip) => self.contents(tip, &names)?.pop().flatten(),
                None => None,
            };
            match known {
                None => Ok(Some(Change {
                    add: vec![(name.to_owned(), bytes.to_vec())],
                    remove: Vec::new(),
                })),
                Some(known) if known == bytes => Ok(None),
                Some(_) => Err(StoreError::Taken(name.to_owned())),
            }
        };
        Ok(if self.swap(wanted)? {
            Created::New
        } else {
            Created::Known
        })
    }

    fn change(&self, change: &Change) -> Result<(), StoreError> {
        let wanted = |tip: Option<&str>| {
            let present = tip
                .map(|tip| self.names(tip))
                .transpose()?
                .unwrap_or_default();
            let mut left = change.clone();
            left.remove.retain(|name| present.contains(name));
            let added: Vec<String> = left.add.iter().map(|(name, _)| name.clone()).collect();
            if let Some(tip) = tip {
                let known = self.contents(tip, &added)?;
                let mut known = known.into_iter();
                for (name, bytes) in std::mem::take(&mut left.add) {
                    match known.next().flatten() {
                        None => left.add.push((name, bytes)),
                        Some(there) if there == bytes => {}
                        Some(_) => return Err(StoreError::Taken(name)),
                    }
                }
            }
            Ok((!left.add.is_empty() || !left.remove.is_empty()).then_some(left))
        };
        self.swap(wanted).map(|_| ())
    }
}
