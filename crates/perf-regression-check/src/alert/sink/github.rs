//! An issue for each alert, found again by a hidden marker, kept up to date, closed on recovery. An
//! issue that somebody closed stays closed: the change is accepted.

use std::cell::OnceCell;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::net::github::{GitHub, GitHubError, Issue, NewIssue};
use gatehouse_core::report::markdown::plain;
use gatehouse_core::runner::Runner;
use gatehouse_core::text::{ellipsis, visible};
use jiff::Timestamp;

use super::{Alert, Event, Links, Sink};
use crate::Failure;
use crate::alert::standing::Kind;
use crate::cli::history::Sinks;
use crate::report::number;

/// The longest title that GitHub takes.
const TITLE: usize = 250;

/// The issues of the repository.
pub(super) struct GitHubIssues {
    github: GitHub,
    author: String,
    label: Option<String>,
    links: Links,
    /// The open issues at the run's begin: an alert is told of once a run.
    known: OnceCell<Vec<Issue>>,
}

impl GitHubIssues {
    pub(super) fn new(
        runner: &Runner<'_>,
        options: &Sinks,
        links: &Links,
    ) -> Result<Self, Failure> {
        let repository = runner.repository().ok_or_else(|| {
            Diagnostic::error("it is not known which repository this is")
                .help("GITHUB_REPOSITORY names it in a workflow")
        })?;
        Ok(Self {
            github: GitHub::new(repository, runner.system())?,
            author: options.comment_author.clone(),
            label: Some(options.issue_label.clone()).filter(|label| !label.is_empty()),
            links: links.clone(),
            known: OnceCell::new(),
        })
    }

    fn is_of(&self, issue: &Issue, alert: &Alert) -> bool {
        let ours = issue
            .user
            .as_ref()
            .is_some_and(|user| user.login == self.author);
        // Anybody can write the marker; only our own account's issue is ours.
        ours && issue
            .body
            .as_deref()
            .is_some_and(|body| body.starts_with(&marker(alert)))
    }

    fn find(&self, alert: &Alert) -> Result<Option<Issue>, GitHubError> {
        let known = match self.known.get() {
            Some(known) => known,
            None => self.known.get_or_init({
                let issues = self.github.open_issues()?;
                || issues
            }),
        };
        Ok(known.iter().find(|issue| self.is_of(issue, alert)).cloned())
    }

    fn done(&self, alert: &Alert, event: Event) -> Result<(), GitHubError> {
        let body = self.body(alert, event);
        match (event, self.find(alert)?) {
            (Event::Opened, None) => {
                let new = NewIssue {
                    title: ellipsis(&visible(&alert.headline()), TITLE),
                    body,
                    labels: self.label.iter().cloned().collect(),
                };
                self.github
                    .create_issue(&new, |issue| self.is_of(issue, alert))
                    .map(drop)
            }
            (Event::Opened | Event::Updated, Some(issue)) => {
                if issue.body.as_deref().map(str::trim_end) == Some(body.trim_end()) {
                    return Ok(());
                }
                self.github.update_issue(issue.number, &body).map(drop)
            }
            (Event::Recovered, Some(issue)) => {
                self.github.close_issue(issue.number, &body).map(drop)
            }
            // Somebody closed it.
            (Event::Updated | Event::Recovered, None) => Ok(()),
        }
    }

    fn body(&self, alert: &Alert, event: Event) -> String {
        let mut lines = vec![marker(alert)];
        if event == Event::Recovered {
            let how = match alert.kind {
                Kind::Drift => "**Over**: the history shows it no longer.\n",
                Kind::Regression | Kind::Suspicion => {
                    "**Recovered**: later runs are back at the level before.\n"
                }
            };
            lines.push(how.to_owned());
        }
        let name = |text: &str| plain(&visible(&ellipsis(text, 500)));
        lines.push(format!(
            "{} of **{}** ({}) in the suite {}.\n",
            sentence(alert.kind.words()),
            name(&alert.series.benchmark),
            name(&alert.series.metric),
            name(&alert.suite)
        ));
        if let Some(change) = &alert.change {
            lines.push(format!(
                "- change: {} ({})",
                number::percent(change.estimate),
                number::interval(change)
            ));
        }
        if let Some((before, after)) = &alert.levels {
            lines.push(format!("- level: {before} → {after}"));
        }
        let commits = match (&alert.after, self.links.range(alert)) {
            (_, Some(link)) => format!("- commits: {link}"),
            (Some(after), None) => {
                format!("- commits: {}..{}", name(&after.id), name(&alert.commit.id))
            }
            (None, None) => format!("- commit: {}", name(&alert.commit.id)),
        };
        lines.push(commits);
        if let Some(time) = alert.commit.time {
            lines.push(format!("- first run: {time}"));
        }
        lines.push("\nClose this issue to accept the change: it is not opened again.".to_owned());
        lines.join("\n") + "\n"
    }
}

fn marker(alert: &Alert) -> String {
    format!("<!-- gatehouse-alert {} -->", alert.key)
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl Sink for GitHubIssues {
    fn name(&self) -> &'static str {
        "github-issues"
    }

    fn is_refreshed(&self) -> bool {
        true
    }

    fn tell(&self, alert: &Alert, event: Event, _: Timestamp) -> Result<(), String> {
        self.done(alert, event).map_err(|error| error.to_string())
    }
}
