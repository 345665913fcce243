//! The command line of the history: `record`, `check`, `detect`, `import`, `export`, `compact`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Paths, Reports, Rules, paths};

/// Where the history lies.
#[derive(Debug, Args)]
pub struct Place {
    /// Where runs are kept: a folder, branch:NAME of this repository, git+URL#BRANCH, or
    /// s3://, gs://, az:// with bucket and prefix
    #[arg(
        long,
        env = "GATEHOUSE_LEDGER",
        default_value = "branch:perf-ledger",
        value_name = "LOCATION"
    )]
    pub ledger: String,
    /// The series of runs within the ledger
    #[arg(
        long,
        env = "GATEHOUSE_SUITE",
        default_value = "default",
        value_name = "NAME"
    )]
    pub suite: String,
}

/// What was measured, when the workflow does not say it, or says it wrongly.
#[derive(Debug, Args)]
pub struct Measured {
    /// The commit that was measured [default: the pull request's head, else the workflow's, else HEAD]
    #[arg(long, env = "GATEHOUSE_COMMIT", value_name = "SHA")]
    pub commit: Option<String>,
    /// The branch that it is on [default: the workflow's]
    #[arg(long, env = "GATEHOUSE_BRANCH", value_name = "NAME")]
    pub branch: Option<String>,
    /// When it was measured, RFC 3339 [default: now]
    #[arg(long, env = "GATEHOUSE_TIME", value_name = "TIME")]
    pub time: Option<jiff::Timestamp>,
}

/// Results of one run.
#[derive(Debug, Args)]
pub struct Results {
    /// Result files or folders (repeat, or one per line in the variable)
    #[arg(long, required = true, env = "GATEHOUSE_RESULTS", value_parser = paths, value_name = "PATH")]
    pub results: Vec<Paths>,
    /// The tool that wrote the results, or `auto`
    #[arg(
        long,
        env = "GATEHOUSE_FORMAT",
        default_value = "auto",
        value_name = "NAME"
    )]
    pub format: String,
}

/// `record`.
#[derive(Debug, Args)]
pub struct Record {
    /// The results.
    #[command(flatten)]
    pub results: Results,
    /// Where they go.
    #[command(flatten)]
    pub place: Place,
    /// What was measured.
    #[command(flatten)]
    pub measured: Measured,
    /// Keep what could be read of results that could not be read whole
    #[arg(long, env = "GATEHOUSE_LENIENT")]
    pub lenient: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The results.
    #[command(flatten)]
    pub results: Results,
    /// The history.
    #[command(flatten)]
    pub place: Place,
    /// The branch that the change goes to [default: the pull request's base, else the default branch]
    #[arg(long, env = "GATEHOUSE_TARGET_BRANCH", value_name = "NAME")]
    pub target_branch: Option<String>,
    /// The commit that the change started from [default: the merge base with the target branch]
    #[arg(long, env = "GATEHOUSE_MERGE_BASE", value_name = "SHA")]
    pub merge_base: Option<String>,
    /// Before failing, run this with bash: it measures again and writes its results where the first are.
    /// A benchmark then fails only if both measurements are beyond what was expected
    #[arg(long, env = "GATEHOUSE_CONFIRM_WITH", value_name = "SCRIPT")]
    pub confirm_with: Option<String>,
    /// The most that measuring again may take, in seconds
    #[arg(
        long,
        env = "GATEHOUSE_CONFIRM_SECONDS",
        default_value_t = 1800,
        value_name = "SECONDS"
    )]
    pub confirm_seconds: u64,
    /// Compare with runs on any machine, not only on one of the same kind
    #[arg(long, env = "GATEHOUSE_ANY_MACHINE")]
    pub any_machine: bool,
    /// The rules.
    #[command(flatten)]
    pub rules: Rules,
    /// Where the reports go.
    #[command(flatten)]
    pub reports: Reports,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// Lines for people.
    Text,
    /// One JSON document.
    Json,
}

/// `detect`.
#[derive(Debug, Args)]
pub struct Detect {
    /// The history.
    #[command(flatten)]
    pub place: Place,
    /// Take series from this file instead of a ledger: a JSON list of objects with `suite`, `bench`,
    /// `unit`, `dir` (up-bad or down-bad), `x` and `y`; gzipped or not
    #[arg(long, env = "GATEHOUSE_SERIES", value_name = "FILE")]
    pub series: Option<PathBuf>,
    /// Only runs on this branch [default: all]
    #[arg(long, env = "GATEHOUSE_BRANCH", value_name = "NAME")]
    pub branch: Option<String>,
    /// Go on from this file, and keep it up to date: only new runs are looked at
    #[arg(long, env = "GATEHOUSE_STATE", value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The smallest change that is reported, in percent
    #[arg(
        long,
        env = "GATEHOUSE_MIN_CHANGE_PERCENT",
        default_value_t = 5.0,
        value_name = "PERCENT"
    )]
    pub min_change_percent: f64,
    /// Compare with this commit as well, the last release for instance, to find slow drift
    #[arg(long, env = "GATEHOUSE_RELEASE", value_name = "SHA")]
    pub release: Option<String>,
    /// How to print
    #[arg(
        long,
        env = "GATEHOUSE_PRINT",
        value_enum,
        default_value = "text",
        value_name = "HOW"
    )]
    pub print: Shape,
    /// Exit with 1 when a confirmed change or a drift made something worse
    #[arg(long, env = "GATEHOUSE_FAIL_ON_CHANGE")]
    pub fail_on_change: bool,
}

/// `alert`.
#[derive(Debug, Args)]
pub struct Alert {
    /// The history.
    #[command(flatten)]
    pub place: Place,
    /// This run, under which what was sent is kept; with --branch only its runs are looked at.
    #[command(flatten)]
    pub measured: Measured,
    /// The smallest change that anybody is told of, in percent
    #[arg(
        long,
        env = "GATEHOUSE_MIN_CHANGE_PERCENT",
        default_value_t = 5.0,
        value_name = "PERCENT"
    )]
    pub min_change_percent: f64,
    /// Tell of changes that took place at most so long before the newest run, in days
    #[arg(
        long,
        env = "GATEHOUSE_MAX_AGE_DAYS",
        default_value_t = 30,
        value_name = "DAYS"
    )]
    pub max_age_days: u32,
    /// Tell of suspected changes as well: about one in eight hundred decisions is a false one
    #[arg(long, env = "GATEHOUSE_ALERT_SUSPECTED")]
    pub suspected: bool,
    /// Measure slow drift from this commit as well
    #[arg(long, env = "GATEHOUSE_RELEASE", value_name = "SHA")]
    pub release: Option<String>,
    /// Where evidence.json goes
    #[arg(
        long,
        env = "GATEHOUSE_OUT_DIR",
        default_value = "gatehouse-report",
        value_name = "DIR"
    )]
    pub out_dir: PathBuf,
    /// Who is told.
    #[command(flatten)]
    pub sinks: Sinks,
}

/// Who is told.
#[derive(Debug, Args)]
pub struct Sinks {
    /// Open an issue for each, keep it up to date, close it on recovery; needs `issues: write`
    #[arg(long, env = "GATEHOUSE_GITHUB_ISSUES")]
    pub github_issues: bool,
    /// The label of the issues; none when empty
    #[arg(
        long,
        env = "GATEHOUSE_ISSUE_LABEL",
        default_value = "performance",
        value_name = "NAME"
    )]
    pub issue_label: String,
    /// The account that the token belongs to: only its issues are touched
    #[arg(
        long,
        env = "GATEHOUSE_COMMENT_AUTHOR",
        default_value = "github-actions[bot]",
        value_name = "LOGIN"
    )]
    pub comment_author: String,
    /// An incoming webhook of Slack or of what speaks its protocol; a secret, so use the variable
    #[arg(
        long,
        env = "GATEHOUSE_SLACK_WEBHOOK",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub slack_webhook: Option<String>,
    /// The address of an Alertmanager
    #[arg(
        long,
        env = "GATEHOUSE_ALERTMANAGER_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub alertmanager_url: Option<String>,
    /// The routing key of a PagerDuty integration; a secret, so use the variable
    #[arg(
        long,
        env = "GATEHOUSE_PAGERDUTY_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub pagerduty_key: Option<String>,
    /// Where PagerDuty takes events
    #[arg(
        long,
        env = "GATEHOUSE_PAGERDUTY_URL",
        default_value = "https://events.pagerduty.com/v2/enqueue",
        value_name = "URL"
    )]
    pub pagerduty_url: String,
}

/// `metrics`.
#[derive(Debug, Args)]
pub struct Metrics {
    /// The history.
    #[command(flatten)]
    pub place: Place,
    /// Only runs on this branch [default: all]
    #[arg(long, env = "GATEHOUSE_BRANCH", value_name = "NAME")]
    pub branch: Option<String>,
    /// The smallest change of level that counts, in percent
    #[arg(
        long,
        env = "GATEHOUSE_MIN_CHANGE_PERCENT",
        default_value_t = 5.0,
        value_name = "PERCENT"
    )]
    pub min_change_percent: f64,
    /// The file to write
    #[arg(
        long,
        env = "GATEHOUSE_METRICS",
        default_value = "metrics.txt",
        value_name = "FILE"
    )]
    pub out: PathBuf,
    /// Push to this Pushgateway as well
    #[arg(long, env = "GATEHOUSE_PUSHGATEWAY", value_name = "URL")]
    pub pushgateway: Option<String>,
    /// The job that the metrics are pushed as
    #[arg(
        long,
        env = "GATEHOUSE_JOB",
        default_value = "gatehouse",
        value_name = "NAME"
    )]
    pub job: String,
}

/// `dashboard`.
#[derive(Debug, Args)]
pub struct Dashboard {
    /// The folder to write the site to
    #[arg(
        long,
        env = "GATEHOUSE_SITE",
        default_value = "site",
        value_name = "DIR"
    )]
    pub out: PathBuf,
    /// Where runs are kept
    #[arg(
        long,
        env = "GATEHOUSE_LEDGER",
        default_value = "branch:perf-ledger",
        value_name = "LOCATION"
    )]
    pub ledger: String,
    /// Only this series of runs [default: all]
    #[arg(long, env = "GATEHOUSE_SUITE", value_name = "NAME")]
    pub suite: Option<String>,
    /// Only runs on this branch [default: all]
    #[arg(long, env = "GATEHOUSE_BRANCH", value_name = "NAME")]
    pub branch: Option<String>,
    /// Take series from this file instead of a ledger (see `detect`)
    #[arg(long, env = "GATEHOUSE_SERIES", value_name = "FILE")]
    pub series: Option<PathBuf>,
    /// The heading
    #[arg(
        long,
        env = "GATEHOUSE_TITLE",
        default_value = "Benchmarks",
        value_name = "TEXT"
    )]
    pub title: String,
    /// Where commits are shown [default: the workflow's repository]
    #[arg(long, env = "GATEHOUSE_REPOSITORY_URL", value_name = "URL")]
    pub repository_url: Option<String>,
    /// The smallest change that is shown, in percent
    #[arg(
        long,
        env = "GATEHOUSE_MIN_CHANGE_PERCENT",
        default_value_t = 5.0,
        value_name = "PERCENT"
    )]
    pub min_change_percent: f64,
    /// Measure slow drift from this commit as well
    #[arg(long, env = "GATEHOUSE_RELEASE", value_name = "SHA")]
    pub release: Option<String>,
}

/// `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The `data.js` of github-action-benchmark
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where its runs go; each of its suites keeps its name
    #[arg(
        long,
        env = "GATEHOUSE_LEDGER",
        default_value = "branch:perf-ledger",
        value_name = "LOCATION"
    )]
    pub ledger: String,
    /// The branch that its commits are on
    #[arg(
        long,
        env = "GATEHOUSE_BRANCH",
        default_value = "main",
        value_name = "NAME"
    )]
    pub branch: String,
}

/// `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The ledger
    #[arg(
        long,
        env = "GATEHOUSE_LEDGER",
        default_value = "branch:perf-ledger",
        value_name = "LOCATION"
    )]
    pub ledger: String,
    /// The file to write
    #[arg(
        long,
        env = "GATEHOUSE_EXPORT",
        default_value = "data.js",
        value_name = "FILE"
    )]
    pub out: PathBuf,
}

/// `compact`.
#[derive(Debug, Args)]
pub struct Compact {
    /// The ledger
    #[arg(
        long,
        env = "GATEHOUSE_LEDGER",
        default_value = "branch:perf-ledger",
        value_name = "LOCATION"
    )]
    pub ledger: String,
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Unless the run is of a pull request, or follows another run (`workflow_run`), whose results
    /// anybody may have made.
    Auto,
    /// In any case.
    Always,
    /// Not at all.
    Never,
}

/// `gate`.
#[derive(Debug, Args)]
pub struct Gate {
    /// What is checked.
    #[command(flatten)]
    pub check: Check,
    /// What was measured.
    #[command(flatten)]
    pub measured: Measured,
    /// Whether the run is added to the history: by default unless it is of a pull request or follows
    /// another run
    #[arg(
        long,
        env = "GATEHOUSE_RECORD",
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    pub record: When,
    /// What is posted.
    #[command(flatten)]
    pub posting: Posting,
}

/// What is posted to GitHub.
#[derive(Debug, Args)]
pub struct Posting {
    /// Write no comment on the pull request
    #[arg(long, env = "GATEHOUSE_NO_COMMENT")]
    pub no_comment: bool,
    /// Make a check run on the commit as well
    #[arg(long, env = "GATEHOUSE_CHECK_RUN")]
    pub check_run: bool,
    /// The account that the token belongs to: only its comment is brought up to date
    #[arg(
        long,
        env = "GATEHOUSE_COMMENT_AUTHOR",
        default_value = "github-actions[bot]",
        value_name = "LOGIN"
    )]
    pub comment_author: String,
}

/// `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The report.json that the judging step wrote
    #[arg(
        long,
        env = "GATEHOUSE_REPORT",
        default_value = "gatehouse-report/report.json",
        value_name = "FILE"
    )]
    pub report: PathBuf,
    /// What is posted.
    #[command(flatten)]
    pub posting: Posting,
}
