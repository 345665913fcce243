//! The house's own tooling: `cargo xtask demo`, `gen`, `release-tree`, `simulate`, `aa`.

mod aa;
mod demo;
mod generate;
mod histories;
mod noise;
mod null_table;
mod nulls;
mod process;
mod release_tree;
mod simulate;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The house's own tooling")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure the example program in duet mode: unchanged, 5 % slower, 5 % faster
    Demo,
    /// Write the generated files: README tables, JSON schemas, command-line pages
    Gen {
        /// Fail if a file differs from what would be written, and write nothing
        #[arg(long)]
        check: bool,
    },
    /// Assemble the tree that consumers use: actions at the root
    ReleaseTree {
        /// The folder to write, which must not exist
        out: PathBuf,
    },
    /// Simulate suites: false reds without a change, and power with one
    Simulate {
        /// Suites per setting
        #[arg(long, default_value_t = 2000)]
        suites: usize,
    },
    /// Simulate the null of the change-point statistic, and write its table
    NullTable {
        /// Shuffles per window length
        #[arg(long, default_value_t = 1_000_000)]
        permutations: usize,
    },
    /// Run `detect` on series without a change, and time it
    Nulls {
        /// Series per shape of noise
        #[arg(long, default_value_t = 1000)]
        series: usize,
        /// The level of a single look, instead of the default
        #[arg(long)]
        alpha: Option<f64>,
    },
    /// Try the history rules on recorded histories: false alerts, and injected changes found
    Histories {
        /// Files in the form of the corpus: a JSON list of series, gzipped or not
        #[arg(long)]
        series: Vec<PathBuf>,
    },
    /// Benchmark the example program against itself, through `run`
    Aa {
        /// How many comparisons
        #[arg(long, default_value_t = 40)]
        runs: u32,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo => demo::demo(),
        Command::Gen { check } => generate::generate(check),
        Command::ReleaseTree { out } => release_tree::release_tree(&out),
        Command::Simulate { suites } => {
            simulate::simulate(suites);
            Ok(())
        }
        Command::NullTable { permutations } => null_table::null_table(permutations),
        Command::Nulls { series, alpha } => {
            nulls::nulls(series, alpha);
            Ok(())
        }
        Command::Histories { series } => histories::histories(&series),
        Command::Aa { runs } => aa::aa(runs),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root.
fn root() -> Result<PathBuf> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .map(PathBuf::from)
        .ok_or_else(|| anyhow::anyhow!("the workspace has no root"))
}
