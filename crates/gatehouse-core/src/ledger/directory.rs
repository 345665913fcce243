//! A ledger in a folder.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::store::{Change, Created, Read, Store, StoreError};

/// A folder on a local or mounted file system.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The folder, which is made with the first file.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

fn failed(action: &str, path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Failed(format!("cannot {action} {}: {error}", path.display()))
}

impl Store for Directory {
    fn list(&self) -> Result<Vec<String>, StoreError> {
        let (mut names, mut folders) = (Vec::new(), vec![(self.root.clone(), String::new())]);
        while let Some((folder, prefix)) = folders.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                // No folder yet is an empty ledger, but only at the root.
                Err(error) if error.kind() == ErrorKind::NotFound && prefix.is_empty() => break,
                Err(error) => return Err(failed("list", &folder, &error)),
            };
            for entry in entries {
                let entry = entry.map_err(|error| failed("list", &folder, &error))?;
                let kind = entry
                    .file_type()
                    .map_err(|error| failed("list", &folder, &error))?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                // Symbolic links are not followed: they may lead anywhere.
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{name}/")));
                } else if kind.is_file() {
                    names.push(name);
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, names: &[String]) -> Result<Vec<Read>, StoreError> {
        let read = |name: &String| match std::fs::read(self.root.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            result => Some((name.clone(), result.map_err(|error| error.to_string()))),
        };
        Ok(names.iter().filter_map(read).collect())
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(folder).map_err(|error| failed("create", folder, &error))?;
        let mut file = tempfile::NamedTempFile::new_in(folder)
            .map_err(|error| failed("write", &path, &error))?;
        file.write_all(bytes)
            .map_err(|error| failed("write", &path, &error))?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(Created::New),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                let known = std::fs::read(&path).map_err(|error| failed("read", &path, &error))?;
                if known == bytes {
                    Ok(Created::Known)
                } else {
                    Err(StoreError::Taken(name.to_owned()))
                }
            }
            Err(error) => Err(failed("write", &path, &error.error)),
        }
    }

    fn change(&self, change: &Change) -> Result<(), StoreError> {
        for (name, bytes) in &change.add {
            self.create(name, bytes)?;
        }
        for name in &change.remove {
            let path = self.root.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed("remove", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
