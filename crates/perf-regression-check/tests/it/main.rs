//! Drives the built program with a cleared environment, on real and on made-up inputs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod alerts;
mod corpus;
mod dashboard;
mod fixtures;
mod history;
mod hostile;
mod metrics;
mod migration;
mod program;
mod publish;
mod reports;
mod runs;
mod servers;
mod simulation;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The built program in a folder of its own, with nothing in its environment but what is given.
struct Program {
    folder: tempfile::TempDir,
    vars: Vec<(String, String)>,
}

impl Program {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            vars: Vec::new(),
        }
    }

    /// As in a step of a workflow: with outputs and summary files.
    fn in_actions() -> Self {
        let program = Self::new();
        let file = |name: &str| program.path(name).display().to_string();
        let vars = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_OUTPUT", file("outputs")),
            ("GITHUB_STEP_SUMMARY", file("summary")),
            ("GITHUB_REPOSITORY", "org/consumer".to_owned()),
            ("GITHUB_SHA", "a".repeat(40)),
            ("GITHUB_RUN_ID", "42".to_owned()),
        ];
        let vars = vars
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self { vars, ..program }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        gatehouse_core::files::write_atomic(&path, text.as_bytes()).unwrap();
        path
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perf-regression-check"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear();
        // The measured commands are found through it.
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments).output().unwrap())
    }

    /// The step's outputs, as the runner reads them.
    fn outputs(&self) -> std::collections::BTreeMap<String, String> {
        gatehouse_core::runner::read_back(&self.read("outputs"), cfg!(windows))
            .unwrap()
            .into_iter()
            .collect()
    }
}

/// How the program ended.
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Outcome {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\nstdout:\n{}\nstderr:\n{}",
            self.out,
            self.err
        );
        self
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A benchmark-results/v1 document of times.
fn document(entries: &[(&str, &[f64])]) -> String {
    let results: Vec<serde_json::Value> = entries
        .iter()
        .map(|(name, samples)| {
            serde_json::json!({"benchmark": name, "metric": "time", "unit": "ns", "direction": "lower-is-better", "samples": samples})
        })
        .collect();
    serde_json::json!({"schema": "benchmark-results/v1", "results": results}).to_string()
}

/// Ten quiet samples around a value.
fn around(value: f64) -> Vec<f64> {
    [0.3, -0.4, 0.1, 0.2, -0.2, 0.0, 0.5, -0.1, -0.3, 0.4]
        .iter()
        .map(|percent| value * (1.0 + percent / 100.0))
        .collect()
}
