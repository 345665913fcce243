//! Who is told: one file per kind of receiver behind one trait.

mod alertmanager;
mod github;
mod pagerduty;
mod slack;

use gatehouse_core::diagnostic::Diagnostic;
use gatehouse_core::net::http::{Http, Method};
use gatehouse_core::runner::Runner;
use jiff::Timestamp;
use serde_json::Value;

use super::plan::Event;
use super::standing::Alert;
use crate::Failure;
use crate::cli::history::Sinks;

/// A receiver of alerts.
pub trait Sink {
    /// What it is called in the journal: never changed, or everybody is told again.
    fn name(&self) -> &'static str;

    /// Whether it wants to hear of an alert for as long as it stands.
    fn is_refreshed(&self) -> bool;

    /// Tells it. Telling the same twice is the same as telling it once, as far as the receiver allows.
    ///
    /// # Errors
    /// Why it was not taken, without any secret in it.
    fn tell(&self, alert: &Alert, event: Event, now: Timestamp) -> Result<(), String>;
}

/// Where alerts lead to.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    /// The repository's address.
    pub(super) repository: Option<String>,
}

impl Links {
    /// The commits that the change lies between.
    fn range(&self, alert: &Alert) -> Option<String> {
        let repository = self.repository.as_deref()?;
        let is_hash = |id: &str| id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash(&alert.commit.id) {
            return None;
        }
        Some(match &alert.after {
            Some(after) if is_hash(&after.id) => {
                format!("{repository}/compare/{}...{}", after.id, alert.commit.id)
            }
            _ => format!("{repository}/commit/{}", alert.commit.id),
        })
    }
}

/// The receivers that the options name. Their secrets are masked in the log.
pub(super) fn configured(
    runner: &Runner<'_>,
    options: &Sinks,
) -> Result<Vec<Box<dyn Sink>>, Failure> {
    let repository = runner.repository();
    let links = Links {
        repository: runner.repository_url(),
    };
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    if options.github_issues {
        sinks.push(Box::new(github::GitHubIssues::new(
            runner, options, &links,
        )?));
    }
    for secret in [&options.slack_webhook, &options.pagerduty_key]
        .into_iter()
        .flatten()
    {
        // A log that cannot be written hides nothing and shows nothing.
        let _ = runner.mask(secret);
    }
    if let Some(webhook) = &options.slack_webhook {
        let address = address("GATEHOUSE_SLACK_WEBHOOK", webhook)?;
        sinks.push(Box::new(slack::Slack::new(address, links.clone())));
    }
    if let Some(url) = &options.alertmanager_url {
        let address = address("GATEHOUSE_ALERTMANAGER_URL", url)?;
        let repository = repository.clone().map(String::from);
        sinks.push(Box::new(alertmanager::Alertmanager::new(
            &address,
            links.clone(),
            repository,
        )));
    }
    if let Some(key) = &options.pagerduty_key {
        let address = address("GATEHOUSE_PAGERDUTY_URL", &options.pagerduty_url)?;
        let source = repository.map_or_else(|| "gatehouse".to_owned(), String::from);
        sinks.push(Box::new(pagerduty::PagerDuty::new(
            address,
            key.clone(),
            links,
            source,
        )));
    }
    Ok(sinks)
}

/// An address that messages can be sent to. It may hold a secret and is not repeated.
fn address(name: &str, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let known = text.starts_with("https://") || text.starts_with("http://");
    if known && text.parse::<gatehouse_core::net::http::Uri>().is_ok() {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(Diagnostic::error(format!("{name} is no address"))
        .help("it begins with https://")
        .into())
}

/// Posts JSON; what went wrong is said without `secret`.
fn post(http: &Http, address: &str, body: &Value, secret: &str) -> Result<(), String> {
    let headers = [("content-type", "application/json")];
    let body = body.to_string();
    match http.deliver(&Method::POST, address, &headers, body.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string().replace(secret, "***")),
    }
}
