//! From the paths a user gives to one [`ResultSet`]: files, folders, encodings, bounds.

use std::path::{Path, PathBuf};

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::evidence::Input;
use gatehouse_core::files::{read_bounded, sha256_hex};

use crate::adapter::{self, Adapter, Parsed, SAMPLE_FILE, Source};
use crate::model::{ResultSet, Series};

/// The largest file read, in bytes. A k6 stream of an hour is some hundred megabytes.
const FILE_LIMIT: u64 = 1 << 30;
/// The most files taken from a folder, and how deep it is searched.
const FOLDER_LIMIT: usize = 100_000;
const FOLDER_DEPTH: usize = 16;

/// How a file's format is chosen.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// By its content.
    Auto,
    /// As the user said.
    Named(&'static str),
}

impl Format {
    /// Reads the option.
    ///
    /// # Errors
    /// The list of formats when it is none of them.
    pub fn parse(name: &str) -> Result<Self, String> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        adapter::by_name(name)
            .map(|adapter| Self::Named(adapter.name))
            .ok_or_else(|| {
                let names: Vec<&str> = adapter::ADAPTERS
                    .iter()
                    .map(|adapter| adapter.name)
                    .collect();
                format!("unknown format; known are auto, {}", names.join(", "))
            })
    }
}

/// One side as it was read.
#[derive(Debug, Default)]
pub struct Side {
    /// Its results and problems.
    pub set: ResultSet,
    /// The files, with their digests.
    pub inputs: Vec<Input>,
    /// What was read and is not joined yet.
    read: Vec<Series>,
}

/// Reads files and folders into one set. What cannot be read is a problem in it.
#[must_use]
pub fn read_side(paths: &[PathBuf], format: Format) -> Side {
    let mut side = Side::default();
    for path in paths {
        read_path(path, format, &mut side);
    }
    // Joined once: a folder may hold a file for each of thousands of benchmarks.
    let series = std::mem::take(&mut side.read);
    side.set.extend(series);
    side
}

fn read_path(path: &Path, format: Format, side: &mut Side) {
    if !path.is_dir() {
        read_file(path, format, side);
        return;
    }
    let shown = path.display().to_string();
    let mut files = Vec::new();
    if let Err(error) = collect(path, FOLDER_DEPTH, &mut files) {
        side.set.problems.push(
            Diagnostic::error(format!("cannot read the folder: {error}")).at(Place::file(&shown)),
        );
    }
    files.sort();
    let named = |name: &str| {
        files
            .iter()
            .filter(|file| file.file_name().is_some_and(|n| n == name))
            .cloned()
            .collect::<Vec<_>>()
    };
    // Criterion keeps the last run in `new` and older ones beside it.
    let samples: Vec<PathBuf> = named(SAMPLE_FILE)
        .into_iter()
        .filter(|file| {
            file.parent()
                .and_then(Path::file_name)
                .is_some_and(|n| n == "new")
        })
        .collect();
    let summaries = named("summary.json");
    if !samples.is_empty() {
        for file in &samples {
            read_criterion(file, side);
        }
    } else if !summaries.is_empty() {
        for file in &summaries {
            read_file(file, format, side);
        }
    } else if files.is_empty() {
        side.set
            .problems
            .push(Diagnostic::error("the folder holds no file").at(Place::file(shown)));
    } else {
        for file in &files {
            read_file(file, format, side);
        }
    }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        // Links are not followed: a hostile artifact must not lead out of its folder.
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), depth - 1, files)?;
        } else if kind.is_file() && files.len() < FOLDER_LIMIT {
            files.push(entry.path());
        } else if kind.is_file() {
            return Err(std::io::Error::other(format!(
                "more than {FOLDER_LIMIT} files"
            )));
        }
    }
    Ok(())
}

fn load(path: &Path, side: &mut Side) -> Option<String> {
    match read_bounded(path, FILE_LIMIT) {
        Err(error) => {
            side.set.problems.push(
                Diagnostic::error(error.to_string())
                    .help("results that are not there are never taken for results that are fine"),
            );
            None
        }
        Ok(bytes) => {
            side.inputs.push(Input {
                name: path.display().to_string(),
                sha256: sha256_hex(&bytes),
            });
            let text = decode(bytes);
            if text.is_none() {
                side.set.problems.push(
                    Diagnostic::error("the file is neither UTF-8 nor UTF-16 text")
                        .at(Place::file(path.display().to_string())),
                );
            }
            text
        }
    }
}

/// UTF-8 with or without byte order mark; UTF-16 with one, which is what a PowerShell `>` writes.
fn decode(bytes: Vec<u8>) -> Option<String> {
    let wide = |little: bool| -> Option<String> {
        let units = bytes[2..].chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if little {
                u16::from_le_bytes(pair)
            } else {
                u16::from_be_bytes(pair)
            }
        });
        char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(true),
        [0xfe, 0xff, ..] => wide(false),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes).ok(),
    }
}

fn read_criterion(sample_path: &Path, side: &mut Side) {
    let id_path = sample_path.with_file_name("benchmark.json");
    let (Some(sample), Some(id)) = (load(sample_path, side), load(&id_path, side)) else {
        return;
    };
    let (sample_name, id_name) = (
        sample_path.display().to_string(),
        id_path.display().to_string(),
    );
    let series = adapter::from_sample(
        Source {
            path: &sample_name,
            text: &sample,
        },
        Source {
            path: &id_name,
            text: &id,
        },
    );
    match series {
        Ok(series) => side.read.push(series),
        Err(problem) => side.set.problems.push(problem),
    }
}

fn read_file(path: &Path, format: Format, side: &mut Side) {
    let Some(text) = load(path, side) else { return };
    let parsed = parse_text(&path.display().to_string(), &text, format);
    side.set.problems.extend(parsed.problems);
    side.set.thresholds.extend(parsed.thresholds);
    side.read.extend(parsed.series);
}

/// Reads one text in the chosen format.
#[must_use]
pub fn parse_text(path: &str, text: &str, format: Format) -> Parsed {
    let adapter: Option<&Adapter> = match format {
        Format::Named(name) => adapter::by_name(name),
        Format::Auto => adapter::detect(text),
    };
    match adapter {
        Some(adapter) => adapter.read(Source { path, text }),
        None => Parsed {
            problems: vec![
                Diagnostic::error(if text.trim().is_empty() {
                    "the file is empty"
                } else {
                    "no known benchmark format"
                })
                .at(Place::file(path))
                .help("pass --format to say which tool wrote it; `parse --help` lists the formats"),
            ],
            ..Parsed::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("é\n".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode(utf16).as_deref(), Some("é\n"));
        assert_eq!(decode(b"\xef\xbb\xbfx".to_vec()).as_deref(), Some("x"));
        assert_eq!(decode(vec![0xff, 0xfe, 0x00, 0xd8]), None);
        assert_eq!(decode(vec![0x80]), None);
    }

    #[test]
    fn what_is_not_there_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let side = read_side(
            &[dir.path().join("missing.json"), dir.path().to_path_buf()],
            Format::Auto,
        );
        assert_eq!(side.set.problems.len(), 2);
        assert!(side.set.series.is_empty());
    }
}
