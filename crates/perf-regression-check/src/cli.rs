//! The command line: clap, nothing else. Every option has an environment variable of the same
//! meaning, which is how the action passes its inputs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub mod history;

use crate::config::{OnInconclusive, OnMissing};
use crate::duet::RoundValue;

const EXAMPLES: &str = "\
Examples:
  Compare two result files of any supported tool:
    perf-regression-check compare --baseline old.json --candidate new.json
  Measure a change against the target branch, side by side on this machine:
    perf-regression-check run --baseline-ref origin/main --prepare 'cargo build --release' -- ./target/release/my-bench
  Judge a run by the runs before it, kept on a branch, and keep it too:
    perf-regression-check gate --results results.json --ledger branch:perf-ledger
  Find out since when a benchmark is slower:
    perf-regression-check detect --ledger branch:perf-ledger
  Show the history as a site:
    perf-regression-check dashboard --ledger branch:perf-ledger --out site
  See what is understood of a file, and why a benchmark was decided as it was:
    perf-regression-check parse results.txt
    perf-regression-check explain parse/large --baseline old.json --candidate new.json
";

/// Decides whether a change made benchmarks slower, and says how sure it is.
#[derive(Debug, Parser)]
#[command(name = "perf-regression-check", version, after_help = after_help(), max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

fn after_help() -> String {
    format!("{EXAMPLES}\n{}", gatehouse_core::exit::HELP)
}

fn formats() -> String {
    let list: Vec<String> = crate::adapter::ADAPTERS
        .iter()
        .map(|adapter| format!("  {:<26}{}", adapter.name, adapter.about))
        .collect();
    format!(
        "Formats (chosen by content unless --format says):\n{}",
        list.join("\n")
    )
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare two sets of benchmark results
    #[command(after_help = format!("{}\n\n{}", formats(), gatehouse_core::exit::HELP))]
    Compare(Compare),
    /// Measure two checkouts side by side, in randomised interleaved pairs, and compare them
    #[command(after_help = gatehouse_core::exit::HELP)]
    Run(Run),
    /// Print what is understood of result files, as benchmark-results/v1 JSON
    #[command(after_help = formats())]
    Parse(Parse),
    /// Print how one benchmark was decided, in words and numbers
    Explain(Explain),
    /// Judge a run by the history, add it to the history, and report: what a workflow does after its
    /// benchmarks
    #[command(after_help = gatehouse_core::exit::HELP)]
    Gate(history::Gate),
    /// Add a run's results to the history
    #[command(after_help = gatehouse_core::exit::HELP)]
    Record(history::Record),
    /// Judge a run by the history: is it beyond what earlier runs let expect?
    #[command(after_help = gatehouse_core::exit::HELP)]
    Check(history::Check),
    /// Find changes of level in the history, and slow drift
    #[command(after_help = gatehouse_core::exit::HELP)]
    Detect(history::Detect),
    /// Tell people of what got worse in the history, once, and again when it recovered
    #[command(after_help = gatehouse_core::exit::HELP)]
    Alert(history::Alert),
    /// Write the newest values and states for Prometheus, and push them to a Pushgateway
    #[command(after_help = gatehouse_core::exit::HELP)]
    Metrics(history::Metrics),
    /// Write the history as a static site: an overview, and a page for each benchmark
    #[command(after_help = gatehouse_core::exit::HELP)]
    Dashboard(history::Dashboard),
    /// Post a report: a comment on the pull request, and a check run
    #[command(after_help = gatehouse_core::exit::HELP)]
    Report(history::Report),
    /// Take a history of github-action-benchmark over
    Import(history::Import),
    /// Write the history as github-action-benchmark's data.js
    Export(history::Export),
    /// Put the files of past months of the history together
    Compact(history::Compact),
}

/// Paths, one per line. Blank lines are nothing: a YAML block ends with one.
#[derive(Debug, Clone)]
pub struct Paths(Vec<PathBuf>);

impl Paths {
    /// The paths of all uses of an option.
    #[must_use]
    pub fn flat(all: &[Self]) -> Vec<PathBuf> {
        all.iter()
            .flat_map(|paths| paths.0.iter().cloned())
            .collect()
    }
}

fn paths(text: &str) -> Result<Paths, String> {
    let paths: Vec<PathBuf> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(PathBuf::from)
        .collect();
    if paths.is_empty() {
        Err("no path given".to_owned())
    } else {
        Ok(Paths(paths))
    }
}

/// The two sides.
#[derive(Debug, Args)]
pub struct Sides {
    /// Baseline results: files or folders (repeat, or one per line in the variable)
    #[arg(long, required = true, env = "GATEHOUSE_BASELINE", value_parser = paths, value_name = "PATH")]
    pub baseline: Vec<Paths>,
    /// Candidate results: files or folders
    #[arg(long, required = true, env = "GATEHOUSE_CANDIDATE", value_parser = paths, value_name = "PATH")]
    pub candidate: Vec<Paths>,
    /// The tool that wrote the results, or `auto`
    #[arg(
        long,
        env = "GATEHOUSE_FORMAT",
        default_value = "auto",
        value_name = "NAME"
    )]
    pub format: String,
}

/// The rules. What is not given here comes from the policy file, else from the defaults.
#[derive(Debug, Args)]
pub struct Rules {
    /// The policy file [default: .github/perf.toml when it exists]
    #[arg(long, env = "GATEHOUSE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Let proven worsenings of up to this many percent through [default: 0]
    #[arg(long, env = "GATEHOUSE_TOLERANCE_PERCENT", value_name = "PERCENT")]
    pub tolerance_percent: Option<f64>,
    /// The size of change in percent that the data must be able to show [default: 5]
    #[arg(long, env = "GATEHOUSE_DETECT_PERCENT", value_name = "PERCENT")]
    pub detect_percent: Option<f64>,
    /// The false discovery rate over all benchmarks [default: 0.05]
    #[arg(long, env = "GATEHOUSE_ALPHA", value_name = "RATE")]
    pub alpha: Option<f64>,
    /// Whether an inconclusive verdict blocks [default: block]
    #[arg(
        long,
        env = "GATEHOUSE_ON_INCONCLUSIVE",
        value_enum,
        value_name = "WHAT"
    )]
    pub on_inconclusive: Option<OnInconclusive>,
    /// What a benchmark missing from the candidate does [default: inconclusive]
    #[arg(long, env = "GATEHOUSE_ON_MISSING", value_enum, value_name = "WHAT")]
    pub on_missing: Option<OnMissing>,
    /// Take unreadable records for warnings
    #[arg(long, env = "GATEHOUSE_LENIENT")]
    pub lenient: bool,
}

/// Where the results go.
#[derive(Debug, Args)]
pub struct Reports {
    /// The folder for evidence.json, report.html and summary.md
    #[arg(
        long,
        env = "GATEHOUSE_OUT_DIR",
        default_value = "gatehouse-report",
        value_name = "DIR"
    )]
    pub out_dir: PathBuf,
    /// The heading of the reports
    #[arg(
        long,
        env = "GATEHOUSE_TITLE",
        default_value = "Performance",
        value_name = "TEXT"
    )]
    pub title: String,
    /// Report only: exit 0 whatever the verdict of the comparison
    #[arg(long, env = "GATEHOUSE_REPORT_ONLY")]
    pub report_only: bool,
}

/// `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The two sides.
    #[command(flatten)]
    pub sides: Sides,
    /// The rules.
    #[command(flatten)]
    pub rules: Rules,
    /// Where the results go.
    #[command(flatten)]
    pub reports: Reports,
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The baseline: a checkout
    #[arg(
        long,
        env = "GATEHOUSE_BASELINE_DIR",
        value_name = "DIR",
        conflicts_with = "baseline_ref"
    )]
    pub baseline_dir: Option<PathBuf>,
    /// The baseline: a commit, branch or tag, checked out into a temporary worktree [default: in a
    /// pull request, the merge base with the target branch]
    #[arg(long, env = "GATEHOUSE_BASELINE_REF", value_name = "REF")]
    pub baseline_ref: Option<String>,
    /// The candidate: a checkout
    #[arg(
        long,
        env = "GATEHOUSE_CANDIDATE_DIR",
        default_value = ".",
        value_name = "DIR"
    )]
    pub candidate_dir: PathBuf,
    /// The most pairs of runs
    #[arg(long, env = "GATEHOUSE_PAIRS", default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub pairs: u32,
    /// Runs of each side before the first pair, not counted
    #[arg(long, env = "GATEHOUSE_WARMUP", default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub warmup: u32,
    /// Stop measuring after this many seconds, with the pairs there are
    #[arg(long, env = "GATEHOUSE_TIME_BUDGET", default_value_t = 1200, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub time_budget: u64,
    /// Always run all pairs, even when an interim look leaves nothing open
    #[arg(long, env = "GATEHOUSE_NO_EARLY_STOP")]
    pub no_early_stop: bool,
    /// Run on this CPU only (Linux)
    #[arg(long, env = "GATEHOUSE_CPU", value_name = "NUMBER")]
    pub cpu: Option<usize>,
    /// The seed of the order of runs [default: drawn, and reported]
    #[arg(long, env = "GATEHOUSE_SEED", value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// What stands for a run that gives several samples: their median, or the best of them, which
    /// is steadier where other programs take turns on the machine
    #[arg(
        long,
        env = "GATEHOUSE_ROUND_VALUE",
        value_enum,
        default_value = "median",
        value_name = "WHAT"
    )]
    pub round_value: RoundValue,
    /// Take the time of the whole command instead of results that it prints
    #[arg(long, env = "GATEHOUSE_WALL_TIME")]
    pub wall_time: bool,
    /// Read results from this file or folder of the checkout after each run, instead of from the
    /// command's standard output
    #[arg(long, env = "GATEHOUSE_RESULTS", value_parser = paths, value_name = "PATH")]
    pub results: Vec<Paths>,
    /// The tool that writes the results, or `auto`
    #[arg(
        long,
        env = "GATEHOUSE_FORMAT",
        default_value = "auto",
        value_name = "NAME"
    )]
    pub format: String,
    /// A shell command that is run once in each checkout before measuring (a build, usually)
    #[arg(long, env = "GATEHOUSE_PREPARE", value_name = "SCRIPT")]
    pub prepare: Option<String>,
    /// The measured command as a shell script, instead of arguments after `--`
    #[arg(
        long,
        env = "GATEHOUSE_COMMAND",
        value_name = "SCRIPT",
        conflicts_with = "command"
    )]
    pub shell_command: Option<String>,
    /// The measured command
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// The rules.
    #[command(flatten)]
    pub rules: Rules,
    /// Where the results go.
    #[command(flatten)]
    pub reports: Reports,
}

/// `parse`.
#[derive(Debug, Args)]
pub struct Parse {
    /// Result files or folders
    #[arg(required = true, value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// The tool that wrote the results, or `auto`
    #[arg(
        long,
        env = "GATEHOUSE_FORMAT",
        default_value = "auto",
        value_name = "NAME"
    )]
    pub format: String,
    /// Take unreadable records for warnings
    #[arg(long, env = "GATEHOUSE_LENIENT")]
    pub lenient: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The benchmark's name, or a part of it
    #[arg(value_name = "ID")]
    pub id: String,
    /// The two sides.
    #[command(flatten)]
    pub sides: Sides,
    /// The rules.
    #[command(flatten)]
    pub rules: Rules,
}
