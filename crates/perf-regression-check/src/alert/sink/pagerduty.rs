//! PagerDuty, Events API v2: `trigger` and `resolve` with the alert's key as `dedup_key`.
//! See <https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>.

use gatehouse_core::net::http::Http;
use gatehouse_core::text::ellipsis;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Alert, Event, Links, Sink, post};
use crate::alert::standing::Kind;

/// The longest summary that PagerDuty takes.
const SUMMARY: usize = 1024;

/// An integration of PagerDuty.
pub(super) struct PagerDuty {
    http: Http,
    address: String,
    routing_key: String,
    links: Links,
    source: String,
}

impl PagerDuty {
    pub(super) fn new(address: String, routing_key: String, links: Links, source: String) -> Self {
        Self {
            http: Http::new(),
            address,
            routing_key,
            links,
            source,
        }
    }

    fn body(&self, alert: &Alert, event: Event) -> Value {
        if event == Event::Recovered {
            return json!({
                "routing_key": self.routing_key,
                "event_action": "resolve",
                "dedup_key": alert.key,
            });
        }
        let severity = match alert.kind {
            Kind::Regression => "warning",
            Kind::Suspicion | Kind::Drift => "info",
        };
        let links: Vec<Value> = self
            .links
            .range(alert)
            .map(|href| json!({ "href": href, "text": "The commits that it lies between" }))
            .into_iter()
            .collect();
        let mut payload = json!({
            "summary": ellipsis(&alert.headline(), SUMMARY),
            "source": self.source,
            "severity": severity,
            "component": ellipsis(&alert.series.benchmark, SUMMARY),
            "group": ellipsis(&alert.suite, SUMMARY),
            "class": "performance",
            "custom_details": {
                "metric": alert.series.metric,
                "levels": alert.levels,
                "commit": alert.commit.id,
            },
        });
        if let Some(time) = alert.commit.time {
            payload["timestamp"] = json!(time);
        }
        json!({
            "routing_key": self.routing_key,
            "event_action": "trigger",
            "dedup_key": alert.key,
            "payload": payload,
            "links": links,
            "client": "Gatehouse",
        })
    }
}

impl Sink for PagerDuty {
    fn name(&self) -> &'static str {
        "pagerduty"
    }

    fn is_refreshed(&self) -> bool {
        false
    }

    fn tell(&self, alert: &Alert, event: Event, _: Timestamp) -> Result<(), String> {
        let body = self.body(alert, event);
        post(&self.http, &self.address, &body, &self.routing_key)
    }
}
