//! Step outputs: the file at `GITHUB_OUTPUT`, in the form that no value can break out of.
//!
//! Every value is written as a heredoc whose delimiter is random and is checked not to stand in
//! the value. [`read_back`] is a port of the runner's own reader (`FileCommandManager.cs`,
//! `EnvFileKeyValuePairs`), against which the writer is property-tested.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use super::command::token;
use crate::system::System;

/// GitHub's limit for the outputs of one job, in bytes of UTF-16 as the service counts them.
const JOB_LIMIT: usize = 1024 * 1024;

/// Why an output was not written. Nothing of it is in the file then.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The runner's file format has no way to say this name.
    #[error("{0:?} is no output name: a letter or `_`, then letters, digits, `-` and `_`")]
    Name(String),
    /// A value beyond what a job may output at all.
    #[error("output {name} has {length} bytes; a job's outputs may have {JOB_LIMIT} together")]
    TooLong {
        /// The output's name.
        name: String,
        /// Its value's length in bytes.
        length: usize,
    },
    /// The file could not be written, or there was no randomness.
    #[error("cannot write step outputs: {0}")]
    Io(#[from] std::io::Error),
}

/// Writes step outputs.
pub struct Outputs<'a> {
    system: &'a dyn System,
    path: Option<PathBuf>,
}

impl<'a> Outputs<'a> {
    pub(super) fn new(system: &'a dyn System) -> Self {
        Self {
            system,
            path: system.var("GITHUB_OUTPUT").map(PathBuf::from),
        }
    }

    /// Sets an output. Without a runner (no `GITHUB_OUTPUT`) the name is still checked and nothing
    /// is written.
    pub fn set(&self, name: &str, value: &str) -> Result<(), OutputError> {
        let mut chars = name.chars();
        let starts = chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !starts || !chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            return Err(OutputError::Name(name.to_owned()));
        }
        if value.len() > JOB_LIMIT {
            return Err(OutputError::TooLong {
                name: name.to_owned(),
                length: value.len(),
            });
        }
        let Some(path) = &self.path else {
            return Ok(());
        };
        let mut delimiter = format!("gatehouse_{}", token(self.system)?);
        while value.contains(&delimiter) {
            delimiter = format!("gatehouse_{}", token(self.system)?);
        }
        // On Windows the runner takes CR LF for one line break, so a value that ends in CR must be
        // followed by a CR LF of our own.
        let eol = if cfg!(windows) { "\r\n" } else { "\n" };
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)?;
        let separator = if ends_inside_a_line(&mut file)? {
            eol
        } else {
            ""
        };
        file.write_all(
            format!("{separator}{name}<<{delimiter}{eol}{value}{eol}{delimiter}{eol}").as_bytes(),
        )?;
        Ok(())
    }
}

/// Whether an earlier writer left its last line open; our record would then become part of it.
fn ends_inside_a_line(file: &mut std::fs::File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0_u8];
    file.read_exact(&mut last)?;
    Ok(last[0] != b'\n')
}

/// The pairs that the runner reads from an outputs file; a port of its reader.
///
/// `windows` says on which system the runner runs: only there is CR LF one line break.
///
/// # Errors
/// The message with which the runner would fail the step.
pub fn read_back(text: &str, windows: bool) -> Result<Vec<(String, String)>, String> {
    let mut lines = Lines {
        text,
        at: 0,
        windows,
    };
    let mut pairs = Vec::new();
    while let Some((line, _)) = lines.next_line() {
        if line.is_empty() {
            continue;
        }
        let equals = line.find('=');
        let heredoc = line
            .find("<<")
            .filter(|at| equals.is_none_or(|equals| *at < equals));
        if let Some(at) = heredoc {
            let (name, delimiter) = (&line[..at], &line[at + 2..]);
            if name.is_empty() || delimiter.is_empty() {
                return Err(format!(
                    "Invalid format '{line}'. Name and delimiter must not be empty"
                ));
            }
            let start = lines.at;
            let mut end = start;
            loop {
                match lines.next_line() {
                    None => {
                        return Err(format!(
                            "Invalid value. Matching delimiter not found '{delimiter}'"
                        ));
                    }
                    Some((line, _)) if line == delimiter => break,
                    Some((_, newline)) => end = lines.at - newline,
                }
            }
            pairs.push((name.to_owned(), text[start..end.max(start)].to_owned()));
        } else if let Some(at) = equals {
            if at == 0 {
                return Err(format!("Invalid format '{line}'. Name must not be empty"));
            }
            pairs.push((line[..at].to_owned(), line[at + 1..].to_owned()));
        } else {
            return Err(format!("Invalid format '{line}'"));
        }
    }
    Ok(pairs)
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
    windows: bool,
}

impl<'t> Lines<'t> {
    /// The next line and the length of the line break that ended it.
    fn next_line(&mut self) -> Option<(&'t str, usize)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let Some(lf) = rest.find('\n') else {
            self.at = self.text.len();
            return Some((rest, 0));
        };
        self.at += lf + 1;
        if self.windows && rest[..lf].ends_with('\r') {
            return Some((&rest[..lf - 1], 2));
        }
        Some((&rest[..lf], 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::FakeSystem;
    use proptest::prelude::*;

    fn written(pairs: &[(&str, &str)], before: &str) -> Result<String, OutputError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        crate::files::write_atomic(&path, before.as_bytes()).unwrap();
        let system = FakeSystem::new().with_var("GITHUB_OUTPUT", path.display().to_string());
        let outputs = Outputs::new(&system);
        for (name, value) in pairs {
            outputs.set(name, value)?;
        }
        Ok(std::fs::read_to_string(path).unwrap())
    }

    #[test]
    fn the_port_reads_both_forms() {
        let pairs = read_back("a=1=2\n\nb<<E\nx\ny=z\nE\nc<<E\nE\nd=<<\n", false).unwrap();
        let expected = [("a", "1=2"), ("b", "x\ny=z"), ("c", ""), ("d", "<<")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        for bad in ["=1", "x", "<<E\nE\n", "a<<E\nb", "a<<\n"] {
            assert!(read_back(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn windows_runners_take_crlf_for_one_break() {
        assert_eq!(
            read_back("a<<E\r\nx\r\r\nE\r\n", true).unwrap(),
            [("a".to_owned(), "x\r".to_owned())]
        );
        assert_eq!(
            read_back("a<<E\nx\r\nE\n", false).unwrap(),
            [("a".to_owned(), "x\r".to_owned())]
        );
    }

    #[test]
    fn a_value_that_holds_the_delimiter_gets_another_one() {
        // The fake system's first token is all ones: a value that guessed it.
        let guess = format!("gatehouse_{}", "01".repeat(16));
        let value = format!("x\n{guess}\nevil=1");
        let text = written(&[("a", &value)], "").unwrap();
        assert_eq!(read_back(&text, false).unwrap(), [("a".to_owned(), value)]);
    }

    #[test]
    fn an_open_last_line_is_closed_first() {
        let text = written(&[("a", "1")], "earlier=x").unwrap();
        let pairs = read_back(&text, false).unwrap();
        assert_eq!(
            pairs,
            [("earlier", "x"), ("a", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn a_megabyte_goes_through_and_more_is_refused() {
        let megabyte = "é\n".repeat(JOB_LIMIT / 3);
        let text = written(&[("a", &megabyte), ("b", "")], "").unwrap();
        let pairs = read_back(&text, false).unwrap();
        assert_eq!(
            pairs,
            [("a".to_owned(), megabyte), ("b".to_owned(), String::new())]
        );
        assert!(matches!(
            written(&[("a", &"x".repeat(JOB_LIMIT + 1))], ""),
            Err(OutputError::TooLong { .. })
        ));
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("\r".to_owned()),
            Just("<<".to_owned()),
            Just("=".to_owned()),
            Just(format!("gatehouse_{}", "01".repeat(16))),
            Just("::set-output name=x::y".to_owned()),
            "[ -~]{0,8}",
            "\\PC{0,4}",
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_is_set_is_read_back(
            pairs in proptest::collection::vec((prop_oneof!["[a-zA-Z_][a-zA-Z0-9_-]{0,12}".boxed(), hostile().boxed()], hostile()), 0..5)
        ) {
            let mut accepted = Vec::new();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("out");
            let system = FakeSystem::new().with_var("GITHUB_OUTPUT", path.display().to_string());
            for (name, value) in &pairs {
                match Outputs::new(&system).set(name, value) {
                    Ok(()) => accepted.push((name.clone(), value.clone())),
                    Err(error) => prop_assert!(matches!(error, OutputError::Name(_))),
                }
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            prop_assert_eq!(read_back(&text, cfg!(windows)).unwrap(), accepted);
        }

        #[test]
        fn the_port_never_panics(text in hostile(), windows: bool) {
            let _ = read_back(&text, windows);
        }
    }
}
