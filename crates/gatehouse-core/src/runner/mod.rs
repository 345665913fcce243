//! The protocol between a step and the GitHub Actions runner.
//!
//! Outputs and summaries are files named by environment variables; annotations, masks and groups
//! are commands on standard output. Each has limits that the runner enforces by dropping things
//! without a word, so each is kept below its limit here and says what it left out.
//!
//! Sources: the runner's `FileCommandManager.cs` and `ActionCommand.cs`, and GitHub's page
//! "Workflow commands for GitHub Actions".

mod annotations;
mod command;
mod event;
mod outputs;
mod summary;

use std::path::PathBuf;

pub use annotations::{Annotation, Annotations};
pub use command::Command;
pub use event::{Event, PullRequest, WorkflowRun};
pub use outputs::{OutputError, Outputs, read_back};
pub use summary::{Summary, SummaryError, Table};

use crate::ids::{CommitSha, RepoSlug, RunAttempt, RunId};
use crate::system::{Stream, System};
use crate::text::log_line;

/// The runner around this process, or its absence.
pub struct Runner<'a> {
    system: &'a dyn System,
}

impl<'a> Runner<'a> {
    /// The runner that the environment describes.
    #[must_use]
    pub fn new(system: &'a dyn System) -> Self {
        Self { system }
    }

    /// The process behind it.
    #[must_use]
    pub fn system(&self) -> &'a dyn System {
        self.system
    }

    /// Whether this is a step of a workflow (`GITHUB_ACTIONS=true`).
    #[must_use]
    pub fn is_actions(&self) -> bool {
        self.system.var("GITHUB_ACTIONS").as_deref() == Some("true")
    }

    /// Whether debug logging was asked for when the workflow was started (`RUNNER_DEBUG=1`).
    #[must_use]
    pub fn is_debug(&self) -> bool {
        self.system.var("RUNNER_DEBUG").as_deref() == Some("1")
    }

    /// The checkout (`GITHUB_WORKSPACE`), against which a caller's relative paths are meant.
    #[must_use]
    pub fn workspace(&self) -> Option<PathBuf> {
        self.system.var("GITHUB_WORKSPACE").map(PathBuf::from)
    }

    /// The repository (`GITHUB_REPOSITORY`).
    #[must_use]
    pub fn repository(&self) -> Option<RepoSlug> {
        self.system
            .var("GITHUB_REPOSITORY")
            .and_then(|slug| RepoSlug::try_from(slug).ok())
    }

    /// Where people see the repository.
    #[must_use]
    pub fn repository_url(&self) -> Option<String> {
        let server = self.system.var("GITHUB_SERVER_URL")?;
        Some(format!("{server}/{}", self.repository()?.as_str()))
    }

    /// The workflow run (`GITHUB_RUN_ID`).
    #[must_use]
    pub fn run_id(&self) -> Option<RunId> {
        self.system
            .var("GITHUB_RUN_ID")
            .and_then(|id| id.parse().ok())
            .map(RunId)
    }

    /// The attempt at it (`GITHUB_RUN_ATTEMPT`).
    #[must_use]
    pub fn run_attempt(&self) -> Option<RunAttempt> {
        self.system
            .var("GITHUB_RUN_ATTEMPT")
            .and_then(|attempt| attempt.parse().ok())
            .map(RunAttempt)
    }

    /// The job's key in the workflow file (`GITHUB_JOB`).
    #[must_use]
    pub fn job(&self) -> Option<String> {
        self.system.var("GITHUB_JOB")
    }

    /// The commit under test: a pull request's head, else `GITHUB_SHA`.
    ///
    /// In a pull request `GITHUB_SHA` is a merge commit that GitHub made up and will forget;
    /// evidence must name the commit its author can be shown.
    #[must_use]
    pub fn commit(&self) -> Option<CommitSha> {
        let head = self
            .event()
            .and_then(|event| event.pull_request)
            .and_then(|pull| pull.head);
        head.or_else(|| {
            self.system
                .var("GITHUB_SHA")
                .and_then(|sha| CommitSha::try_from(sha).ok())
        })
    }

    /// The branch that the commit is on: of a pull request its head, else `GITHUB_REF_NAME`.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        self.system
            .var("GITHUB_HEAD_REF")
            .or_else(|| self.system.var("GITHUB_REF_NAME"))
    }

    /// The branch that the commit is to go to, or went to: of a pull request its base, of a push the
    /// branch itself.
    #[must_use]
    pub fn target_branch(&self) -> Option<String> {
        self.system
            .var("GITHUB_BASE_REF")
            .or_else(|| self.system.var("GITHUB_REF_NAME"))
    }

    /// The event that started the workflow, from the file at `GITHUB_EVENT_PATH`.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        Event::from_file(&PathBuf::from(self.system.var("GITHUB_EVENT_PATH")?))
    }

    /// The step's outputs.
    #[must_use]
    pub fn outputs(&self) -> Outputs<'a> {
        Outputs::new(self.system)
    }

    /// Appends a finished summary to the job's page; without a runner nothing happens.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), SummaryError> {
        summary.append_to(self.system)
    }

    /// Prints annotations, the worst first and within the runner's budget.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn annotate(&self, annotations: &Annotations) -> std::io::Result<()> {
        if self.is_actions() {
            self.system.write(Stream::Out, &annotations.render())
        } else {
            Ok(())
        }
    }

    /// Writes a line to the log. The line may be foreign text.
    pub fn log(&self, line: &str) {
        // A closed standard error leaves nobody to tell.
        let _ = self
            .system
            .write(Stream::Err, &format!("{}\n", log_line(line)));
    }

    /// Writes a line to the log when debug logging is on.
    pub fn debug(&self, line: &str) {
        if self.is_debug() {
            let _ = self
                .system
                .write(Stream::Err, &Command::new("debug", line).render());
        }
    }

    /// Asks the runner to replace `secret` by `***` in everything that follows.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn mask(&self, secret: &str) -> std::io::Result<()> {
        if !self.is_actions() {
            return Ok(());
        }
        // The runner masks line by line, so a multi-line secret is announced line by line too.
        for line in std::iter::once(secret)
            .chain(secret.lines())
            .filter(|line| !line.trim().is_empty())
        {
            self.system
                .write(Stream::Out, &Command::new("add-mask", line).render())?;
        }
        Ok(())
    }

    /// Runs `body` inside a folded group of the log.
    pub fn group<T>(&self, title: &str, body: impl FnOnce() -> T) -> T {
        if !self.is_actions() {
            self.log(title);
            return body();
        }
        let _ = self
            .system
            .write(Stream::Err, &Command::new("group", title).render());
        let result = body();
        let _ = self
            .system
            .write(Stream::Err, &Command::new("endgroup", "").render());
        result
    }

    /// Runs `body` while the runner obeys no commands: for output that other programs write.
    ///
    /// # Errors
    /// When there is no randomness for the token that ends the pause.
    pub fn without_commands<T>(&self, body: impl FnOnce() -> T) -> std::io::Result<T> {
        if !self.is_actions() {
            return Ok(body());
        }
        let token = command::token(self.system)?;
        let _ = self
            .system
            .write(Stream::Err, &Command::new("stop-commands", &token).render());
        let result = body();
        let _ = self.system.write(Stream::Err, &format!("::{token}::\n"));
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::FakeSystem;

    fn actions() -> FakeSystem {
        FakeSystem::new().with_var("GITHUB_ACTIONS", "true")
    }

    #[test]
    fn outside_actions_nothing_speaks_the_protocol() {
        let system = FakeSystem::new();
        let runner = Runner::new(&system);
        runner.mask("s3cret").unwrap();
        runner
            .annotate(&Annotations::from_iter([Annotation::error("x")]))
            .unwrap();
        runner.debug("quiet");
        assert_eq!(system.written(Stream::Out), "");
        assert_eq!(system.written(Stream::Err), "");
    }

    #[test]
    fn masks_cover_each_line() {
        let system = actions();
        Runner::new(&system).mask("a%\nb").unwrap();
        assert_eq!(
            system.written(Stream::Out),
            "::add-mask::a%25%0Ab\n::add-mask::a%25\n::add-mask::b\n"
        );
    }

    #[test]
    fn stop_commands_ends_with_its_own_token() {
        let system = actions();
        Runner::new(&system)
            .without_commands(|| system.write(Stream::Err, "::error::x\n").unwrap())
            .unwrap();
        let token = "01".repeat(16);
        assert_eq!(
            system.written(Stream::Err),
            format!("::stop-commands::{token}\n::error::x\n::{token}::\n")
        );
    }

    #[test]
    fn the_commit_of_a_pull_request_is_its_head() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("event.json");
        let head = "b".repeat(40);
        let event = serde_json::json!({"pull_request": {"number": 7, "head": {"sha": head}, "base": {"sha": "c".repeat(40)}}});
        crate::files::write_atomic(&path, event.to_string().as_bytes()).unwrap();
        let system = actions().with_var("GITHUB_SHA", "a".repeat(40));
        assert_eq!(
            Runner::new(&system).commit().unwrap().as_str(),
            "a".repeat(40)
        );
        let system = system.with_var("GITHUB_EVENT_PATH", path.display().to_string());
        assert_eq!(Runner::new(&system).commit().unwrap().as_str(), head);
    }

    #[test]
    fn groups_close_and_debug_is_opt_in() {
        let system = actions().with_var("RUNNER_DEBUG", "1");
        let runner = Runner::new(&system);
        runner.group("t:1", || runner.log("::warning::x"));
        runner.debug("d");
        assert_eq!(
            system.written(Stream::Err),
            "::group::t:1\n| ::warning::x\n::endgroup::\n::debug::d\n"
        );
    }
}
