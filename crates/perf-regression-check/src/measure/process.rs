//! One run of the measured command: its own process group, a scrubbed environment, bounded
//! output, a deadline, and an end on Ctrl-C that leaves no orphan.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::text::{ellipsis, visible};

use crate::cli;

/// The most output read as results, in bytes.
const OUTPUT_LIMIT: u64 = 256 * 1024 * 1024;
/// The last bytes of the error output that are kept for the message.
const TAIL_LIMIT: usize = 4000;

/// What the measured code must not be able to reach: the step's outputs, and tokens.
const WITHHELD: &[&str] = &[
    "GITHUB_OUTPUT",
    "GITHUB_ENV",
    "GITHUB_PATH",
    "GITHUB_STATE",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GATEHOUSE_TOKEN",
    "GATEHOUSE_SLACK_WEBHOOK",
    "GATEHOUSE_ALERTMANAGER_URL",
    "GATEHOUSE_PAGERDUTY_KEY",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_CACHE_URL",
    "ACTIONS_RESULTS_URL",
    "ACTIONS_RUNTIME_URL",
];

/// Lets a signal end the running command.
pub(super) struct Control {
    interrupted: Arc<AtomicBool>,
    group: Arc<AtomicU32>,
}

impl Control {
    /// Takes over Ctrl-C and termination.
    pub(super) fn install() -> Result<Self, Diagnostic> {
        let control = Self {
            interrupted: Arc::default(),
            group: Arc::default(),
        };
        let (interrupted, group) = (Arc::clone(&control.interrupted), Arc::clone(&control.group));
        let handler = move || {
            interrupted.store(true, Ordering::SeqCst);
            kill_group(group.load(Ordering::SeqCst));
        };
        ctrlc::set_handler(handler)
            .map_err(|error| Diagnostic::error(format!("cannot watch for Ctrl-C: {error}")))?;
        Ok(control)
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }
}

/// How a run ended.
pub(super) enum Ended {
    /// With success.
    Succeeded {
        /// Its standard output, when that was asked for.
        output: String,
        /// How long it took, from start to exit.
        elapsed: Duration,
    },
    /// With another exit status, or by a signal.
    Failed {
        /// The status in words.
        status: String,
        /// The end of its error output.
        tail: String,
    },
    /// By Ctrl-C or termination of this program.
    Interrupted,
    /// At the deadline.
    TimedOut,
}

/// A command that can be run many times.
pub(super) struct Command {
    words: Vec<OsString>,
}

impl Command {
    /// The measured command of the options.
    pub(super) fn new(options: &cli::Run) -> Result<Self, Diagnostic> {
        if let Some(script) = &options.shell_command {
            return Ok(Self::shell(script));
        }
        if options.command.is_empty() {
            return Err(Diagnostic::error("no command to measure")
                .help("put it after `--`, or pass --shell-command"));
        }
        Ok(Self {
            words: options.command.clone(),
        })
    }

    /// A script of the caller's, run by bash as a workflow step would be.
    pub(super) fn shell(script: &str) -> Self {
        let words = [
            "bash",
            "--noprofile",
            "--norc",
            "-eo",
            "pipefail",
            "-c",
            script,
        ];
        Self {
            words: words.into_iter().map(OsString::from).collect(),
        }
    }

    /// The command for people, and as the benchmark's name when its whole time is taken.
    pub(super) fn shown(&self) -> String {
        let script = self.words.first().is_some_and(|word| word == "bash") && self.words.len() == 7;
        let words: Vec<String> = self
            .words
            .iter()
            .skip(if script { 6 } else { 0 })
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        ellipsis(&visible(&words.join(" ")), 200)
    }

    /// Runs it once in `folder`.
    pub(super) fn run(
        &self,
        folder: &Path,
        capture: bool,
        limit: Duration,
        control: &Control,
    ) -> Result<Ended, String> {
        if control.is_interrupted() {
            return Ok(Ended::Interrupted);
        }
        let mut command = std::process::Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        command.stdout(if capture {
            Stdio::piped()
        } else {
            Stdio::null()
        });
        for name in WITHHELD {
            command.env_remove(name);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let begun = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", self.shown()))?;
        control.group.store(child.id(), Ordering::SeqCst);
        // A signal between the check above and the line before found no group to end.
        if control.is_interrupted() {
            kill_group(child.id());
        }
        let result = attend(&mut child, begun, limit);
        control.group.store(0, Ordering::SeqCst);
        let Attended {
            status,
            output,
            tail,
            elapsed,
            timed_out,
        } = result?;
        Ok(match () {
            () if control.is_interrupted() => Ended::Interrupted,
            () if timed_out => Ended::TimedOut,
            () if !status.success() => Ended::Failed {
                status: in_words(status),
                tail,
            },
            () => Ended::Succeeded { output, elapsed },
        })
    }
}

struct Attended {
    status: ExitStatus,
    output: String,
    tail: String,
    elapsed: Duration,
    timed_out: bool,
}

/// Drains both pipes in threads and waits; a watchdog ends the group at the deadline.
fn attend(child: &mut Child, begun: Instant, limit: Duration) -> Result<Attended, String> {
    let id = child.id();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let output = scope.spawn(move || stdout.map_or_else(|| Ok(Vec::new()), drain));
        let tail = scope.spawn(move || stderr.map_or_else(Vec::new, drain_tail));
        let (ended, deadline) = mpsc::channel::<()>();
        let watchdog = scope.spawn(move || {
            let late = deadline.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
            if late {
                kill_group(id);
            }
            late
        });
        let status = child
            .wait()
            .map_err(|error| format!("cannot wait for the command: {error}"));
        let elapsed = begun.elapsed();
        drop(ended);
        let timed_out = watchdog.join().unwrap_or(false);
        // What the command left running would hold the pipes open.
        kill_group(id);
        let output = output
            .join()
            .unwrap_or_else(|_| Err("reading its output failed".to_owned()))?;
        let tail = tail.join().unwrap_or_default();
        Ok(Attended {
            status: status?,
            output: String::from_utf8_lossy(&output).into_owned(),
            tail: String::from_utf8_lossy(&tail).into_owned(),
            elapsed,
            timed_out,
        })
    })
}

fn drain(pipe: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    pipe.take(OUTPUT_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read its output: {error}"))?;
    if bytes.len() as u64 > OUTPUT_LIMIT {
        return Err(format!("it prints more than {OUTPUT_LIMIT} bytes"));
    }
    Ok(bytes)
}

fn drain_tail(mut pipe: impl Read) -> Vec<u8> {
    let (mut tail, mut chunk) = (Vec::new(), [0_u8; 8192]);
    while let Ok(read @ 1..) = pipe.read(&mut chunk) {
        tail.extend_from_slice(&chunk[..read]);
        let excess = tail.len().saturating_sub(TAIL_LIMIT);
        tail.drain(..excess);
    }
    tail
}

fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(
        || "an unknown status".to_owned(),
        |code| format!("exit code {code}"),
    )
}

/// Ends a process and everything it started; 0 is nobody.
fn kill_group(id: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(id)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // Already gone is what we want.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    if id != 0 {
        let _ = std::process::Command::new("taskkill")
            .args(["/T", "/F", "/PID", &id.to_string()])
            .output();
    }
}

/// Confines this process and what it starts to one CPU.
#[cfg(target_os = "linux")]
pub(super) fn pin(cpu: usize) -> Result<(), Diagnostic> {
    if cpu >= rustix::thread::CpuSet::MAX_CPU {
        return Err(Diagnostic::error(format!("there is no CPU {cpu}")));
    }
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set)
        .map_err(|error| Diagnostic::error(format!("cannot run on CPU {cpu} only: {error}")))
}

/// Confines this process and what it starts to one CPU.
#[cfg(not(target_os = "linux"))]
pub(super) fn pin(_cpu: usize) -> Result<(), Diagnostic> {
    Err(Diagnostic::error("--cpu is only available on Linux"))
}
