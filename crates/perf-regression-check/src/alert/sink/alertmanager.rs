//! Prometheus Alertmanager, API version 2 (`POST /api/v2/alerts`, its `openapi.yaml`).
//!
//! An alert ends by itself when it is not sent again, so it is sent with an end far away, and with an
//! end now when it recovered. The labels identify it: sending it again is the same as once.

use gatehouse_core::net::http::Http;
use gatehouse_core::text::ellipsis;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{Alert, Event, Links, Sink, post};
use crate::alert::standing::Kind;

/// An alert that no run repeats ends after so long.
const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest value of a label.
const LONGEST: usize = 1000;

/// An Alertmanager.
pub(super) struct Alertmanager {
    http: Http,
    address: String,
    links: Links,
    repository: Option<String>,
}

impl Alertmanager {
    pub(super) fn new(base: &str, links: Links, repository: Option<String>) -> Self {
        Self {
            http: Http::new(),
            address: format!("{base}/api/v2/alerts"),
            links,
            repository,
        }
    }

    fn body(&self, alert: &Alert, event: Event, now: Timestamp) -> Value {
        let ends = match event {
            Event::Opened | Event::Updated => now + LASTS,
            Event::Recovered => now,
        };
        let severity = match alert.kind {
            Kind::Regression => "warning",
            Kind::Suspicion | Kind::Drift => "info",
        };
        let mut one = Map::from_iter([
            (
                "labels".to_owned(),
                json!({
                    "alertname": "PerformanceRegression",
                    "key": alert.key,
                    "suite": ellipsis(&alert.suite, LONGEST),
                    "benchmark": ellipsis(&alert.series.benchmark, LONGEST),
                    "metric": ellipsis(&alert.series.metric, LONGEST),
                    "severity": severity,
                    "repository": self.repository.as_deref().unwrap_or("unknown"),
                }),
            ),
            (
                "annotations".to_owned(),
                json!({
                    "summary": ellipsis(&alert.headline(), LONGEST),
                    "description": alert.levels.as_ref().map_or_else(String::new, |(before, after)| format!("{before} → {after}")),
                }),
            ),
            ("endsAt".to_owned(), json!(ends)),
        ]);
        // Only a start that is known and past: the time of the first run that showed it.
        if let Some(time) = alert.commit.time.filter(|time| *time < now) {
            one.insert("startsAt".to_owned(), json!(time));
        }
        if let Some(link) = self.links.range(alert) {
            one.insert("generatorURL".to_owned(), json!(link));
        }
        json!([one])
    }
}

impl Sink for Alertmanager {
    fn name(&self) -> &'static str {
        "alertmanager"
    }

    fn is_refreshed(&self) -> bool {
        true
    }

    fn tell(&self, alert: &Alert, event: Event, now: Timestamp) -> Result<(), String> {
        // An address may hold a password.
        post(
            &self.http,
            &self.address,
            &self.body(alert, event, now),
            &self.address,
        )
    }
}
