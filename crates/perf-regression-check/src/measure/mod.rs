//! `run`: measures two checkouts side by side and judges what was measured.
//!
//! The pure part (order, looks) is [`crate::duet`]; here are the processes. After every pair the
//! results so far are written as two documents that `compare` reads, so that whatever ends the
//! run early leaves something to look at.

mod checkout;
mod process;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::evidence::{Input, Verdict};
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{sha256_hex, write_atomic};
use gatehouse_core::runner::Runner;
use gatehouse_core::system::Stream;

use crate::cli;
use crate::config::Policy;
use crate::decision::Decision;
use crate::duet::{EarlyStop, Looks, RoundValue, Side, schedule};
use crate::input::{Format, parse_text, read_side};
use crate::model::{ResultSet, Series, Unit};
use crate::verdict::{Finding, RUN_FAILED, judge_at};
use crate::{Failure, finish, policy};

use checkout::Checkouts;
use process::{Command, Control, Ended};

/// Where a run's results come from.
enum Source {
    /// The command's standard output.
    Output(Format),
    /// Files of the checkout.
    Files(Vec<PathBuf>, Format),
    /// The time the whole command takes.
    WallTime,
}

/// Why measuring ended.
enum Stopped {
    /// All pairs are done.
    Complete,
    /// A look left nothing open.
    Settled,
    /// The time budget is used up.
    OutOfTime,
    /// Something went wrong; the pairs before it are kept.
    Failed(String),
}

/// Runs a script of the caller's once more; why it did not succeed.
pub(crate) fn repeat(script: &str, limit: Duration) -> Result<(), String> {
    let control = Control::install().map_err(|problem| problem.message)?;
    match Command::shell(script).run(std::path::Path::new("."), false, limit, &control)? {
        Ended::Succeeded { .. } => Ok(()),
        Ended::Failed { status, tail } => {
            let last = tail.lines().next_back().unwrap_or_default();
            Err(format!("{status} {}", gatehouse_core::text::visible(last)))
        }
        Ended::Interrupted => Err("it was interrupted".to_owned()),
        Ended::TimedOut => Err(format!("it did not end within {} s", limit.as_secs())),
    }
}

/// Runs the subcommand.
pub fn run(runner: &Runner<'_>, options: &cli::Run) -> Result<Exit, Failure> {
    let started = runner.system().now();
    let policy = policy(runner, &options.rules)?;
    let format = Format::parse(&options.format).map_err(Diagnostic::error)?;
    let command = Command::new(options)?;
    let source = match (options.wall_time, options.results.is_empty()) {
        (true, false) => {
            return Err(Diagnostic::error("--wall-time and --results exclude each other").into());
        }
        (true, true) => Source::WallTime,
        (false, true) => Source::Output(format),
        (false, false) => Source::Files(cli::Paths::flat(&options.results), format),
    };
    if let Some(cpu) = options.cpu {
        process::pin(cpu)?;
    }
    let seed = if let Some(seed) = options.seed {
        seed
    } else {
        let bytes = runner
            .system()
            .random()
            .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
        // Kept below 2^53, so that it survives being written as a JSON number.
        bytes[..6]
            .iter()
            .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    };
    let control = Control::install()?;
    let checkouts = Checkouts::prepare(runner, options, &control)?;
    runner.log(&format!(
        "measuring {} pairs, order drawn from seed {seed}: {}",
        options.pairs,
        command.shown()
    ));
    let mut duet = Duet {
        runner,
        options,
        control: &control,
        checkouts: &checkouts,
        command,
        source,
        begun: Instant::now(),
        sets: [ResultSet::default(), ResultSet::default()],
        done: 0,
    };
    let stop = if options.no_early_stop {
        EarlyStop::Never
    } else {
        EarlyStop::Allowed
    };
    let mut looks = Looks::new(policy.alpha, options.pairs as usize, stop);
    let mut level = None;
    let stopped = duet.measure(seed, &mut looks, &policy, &mut level);
    if runner.system().is_terminal(Stream::Err) {
        let _ = runner.system().write(Stream::Err, CLEAR_LINE);
    }
    let inputs = duet.write_partial()?;
    let (done, sets) = (duet.done, duet.sets);
    drop(checkouts);
    let alpha = level.unwrap_or_else(|| looks.last());
    let mut judgement = judge_at(&sets[0], &sets[1], policy, alpha);
    match stopped {
        Stopped::Complete => runner.log(&format!("all {done} pairs are done")),
        Stopped::Settled => runner.log(&format!(
            "stopped after {done} of {} pairs: nothing is open at this look's level",
            options.pairs
        )),
        Stopped::OutOfTime => runner.log(&format!(
            "stopped after {done} of {} pairs: the time budget is used up",
            options.pairs
        )),
        Stopped::Failed(message) => {
            let message = format!(
                "{message} ({done} of {} pairs were complete)",
                options.pairs
            );
            judgement.add(Finding {
                verdict: Verdict::Error,
                code: RUN_FAILED,
                message,
                about: None,
            });
        }
    }
    finish(runner, &judgement, inputs, started, &options.reports)
}

struct Duet<'a> {
    runner: &'a Runner<'a>,
    options: &'a cli::Run,
    control: &'a Control,
    checkouts: &'a Checkouts,
    command: Command,
    source: Source,
    begun: Instant,
    sets: [ResultSet; 2],
    done: usize,
}

impl Duet<'_> {
    fn measure(
        &mut self,
        seed: u64,
        looks: &mut Looks,
        policy: &Policy,
        level: &mut Option<f64>,
    ) -> Stopped {
        for round in 0..self.options.warmup {
            for side in [Side::Baseline, Side::Candidate] {
                self.progress(&format!(
                    "warm-up {} of {}, {}",
                    round + 1,
                    self.options.warmup,
                    side.word()
                ));
                if let Err(message) = self.once(side) {
                    return Stopped::Failed(message);
                }
            }
        }
        let budget = Duration::from_secs(self.options.time_budget);
        let measuring = Instant::now();
        for (round, order) in schedule(self.options.pairs as usize, seed)
            .into_iter()
            .enumerate()
        {
            // A pair that would not end in time is not begun: a half pair is of no use.
            let each = if round == 0 {
                Duration::ZERO
            } else {
                measuring.elapsed() / u32::try_from(round).unwrap_or(1)
            };
            if self.begun.elapsed() + each > budget {
                return Stopped::OutOfTime;
            }
            self.show_pair(round, each);
            let mut pair = [ResultSet::default(), ResultSet::default()];
            for side in order {
                match self.once(side) {
                    Ok(results) => pair[side as usize] = results,
                    Err(message) => {
                        return Stopped::Failed(format!("pair {}: {message}", round + 1));
                    }
                }
            }
            for (set, results) in self.sets.iter_mut().zip(pair) {
                set.extend(
                    results.series.into_iter().filter_map(|series| {
                        of_round(series, round as u64, self.options.round_value)
                    }),
                );
                // Every round repeats its complaints; each is worth saying once.
                for problem in results.problems {
                    if !set.problems.contains(&problem) {
                        set.problems.push(problem);
                    }
                }
            }
            self.done = round + 1;
            if let Err(failure) = self.write_partial() {
                let message = failure
                    .diagnostics
                    .first()
                    .map_or_else(String::new, |diagnostic| diagnostic.message.clone());
                return Stopped::Failed(message);
            }
            if let Some(alpha) = looks.interim(self.done) {
                let judgement = judge_at(&self.sets[0], &self.sets[1], policy.clone(), alpha);
                let decisions = &judgement.suite.decisions;
                if !decisions.is_empty() && !decisions.iter().any(Decision::is_open) {
                    *level = Some(alpha);
                    return Stopped::Settled;
                }
            }
        }
        Stopped::Complete
    }

    /// Runs the command once in a checkout.
    fn once(&self, side: Side) -> Result<ResultSet, String> {
        let folder = self.checkouts.folder(side);
        let budget =
            Duration::from_secs(self.options.time_budget).saturating_sub(self.begun.elapsed());
        let marker = tempfile::NamedTempFile::new()
            .map_err(|error| format!("cannot create a temporary file: {error}"))?;
        let capture = matches!(self.source, Source::Output(_));
        let ended = self.command.run(folder, capture, budget, self.control)?;
        match ended {
            Ended::Interrupted => Err("interrupted".to_owned()),
            Ended::TimedOut => Err(format!(
                "the {} did not end within the time budget",
                side.word()
            )),
            Ended::Failed { status, tail } => {
                self.runner
                    .log(&format!("the last words of the {}:", side.word()));
                let _ = self.runner.without_commands(|| {
                    tail.lines()
                        .for_each(|line| self.runner.log(&format!("  {line}")));
                });
                Err(format!("the {} ended with {status}", side.word()))
            }
            Ended::Succeeded { output, elapsed } => {
                let name = format!("{} output", side.word());
                match &self.source {
                    Source::WallTime => {
                        let nanoseconds = vec![elapsed.as_secs_f64() * 1e9];
                        let name = self.command.shown();
                        let series =
                            Series::new(name, "wall-time", Unit::nanoseconds(), nanoseconds);
                        Ok(ResultSet {
                            thresholds: Vec::new(),
                            series: vec![series],
                            problems: Vec::new(),
                        })
                    }
                    Source::Output(format) => {
                        let parsed = parse_text(&name, &output, *format);
                        self.accept(side, parsed.series, parsed.problems)
                    }
                    Source::Files(paths, format) => {
                        let paths: Vec<PathBuf> =
                            paths.iter().map(|path| folder.join(path)).collect();
                        let read = read_side(&paths, *format);
                        checkout::refuse_stale(&read.inputs, marker.path())?;
                        self.accept(side, read.set.series, read.set.problems)
                    }
                }
            }
        }
    }

    fn accept(
        &self,
        side: Side,
        series: Vec<Series>,
        problems: Vec<Diagnostic>,
    ) -> Result<ResultSet, String> {
        let first_error = problems
            .iter()
            .find(|problem| problem.severity == gatehouse_core::diagnostic::Severity::Error);
        match first_error {
            Some(problem) if !self.options.rules.lenient || series.is_empty() => {
                let place = problem
                    .place
                    .as_ref()
                    .map_or(String::new(), Place::to_string);
                Err(format!(
                    "the results of the {} cannot be read: {} {place}",
                    side.word(),
                    problem.message
                ))
            }
            _ => Ok(ResultSet {
                thresholds: Vec::new(),
                series,
                problems,
            }),
        }
    }

    /// Writes both sides' results so far.
    fn write_partial(&self) -> Result<Vec<Input>, Failure> {
        let mut inputs = Vec::new();
        for (side, set) in [Side::Baseline, Side::Candidate]
            .into_iter()
            .zip(&self.sets)
        {
            let path = self
                .options
                .reports
                .out_dir
                .join(format!("{}.json", side.word()));
            let json = serde_json::to_string_pretty(&set.document())
                .map_err(|error| Diagnostic::error(error.to_string()))?
                + "\n";
            write_atomic(&path, json.as_bytes())
                .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
            inputs.push(Input {
                name: path.display().to_string(),
                sha256: sha256_hex(json.as_bytes()),
            });
        }
        Ok(inputs)
    }

    fn show_pair(&self, round: usize, each: Duration) {
        let left = each * u32::try_from(self.options.pairs as usize - round).unwrap_or(0);
        let estimate = if round == 0 {
            String::new()
        } else {
            format!(", about {} s left", left.as_secs() + 1)
        };
        self.progress(&format!(
            "pair {} of {}{estimate}",
            round + 1,
            self.options.pairs
        ));
    }

    /// A line that is rewritten on a terminal; in a log, every tenth of the way.
    fn progress(&self, text: &str) {
        let system = self.runner.system();
        if system.is_terminal(Stream::Err) {
            let _ = system.write(Stream::Err, &format!("{CLEAR_LINE}{text}"));
            return;
        }
        let tenth = (self.options.pairs as usize).div_ceil(10);
        if self.done.is_multiple_of(tenth) {
            self.runner.log(text);
        }
    }
}

/// Back to the line's start, and nothing left on it.
const CLEAR_LINE: &str = "\r\u{1b}[K";

/// A run's samples of one metric as the one value of its round.
fn of_round(series: Series, round: u64, value: RoundValue) -> Option<Series> {
    let value = value.of(&series.samples, series.direction)?;
    Some(Series {
        samples: vec![value],
        pairs: vec![round],
        statistic: None,
        ..series
    })
}
