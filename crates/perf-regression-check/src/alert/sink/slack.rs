//! An incoming webhook of Slack, or of what speaks its protocol (Mattermost, Rocket.Chat, Discord with
//! `/slack`). See <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.

use gatehouse_core::net::http::Http;
use gatehouse_core::text::{ellipsis, visible};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Alert, Event, Links, Sink, post};

/// The longest text of a block.
const LONGEST: usize = 2900;

/// A webhook; its address is the secret.
pub(super) struct Slack {
    http: Http,
    webhook: String,
    links: Links,
}

impl Slack {
    pub(super) fn new(webhook: String, links: Links) -> Self {
        Self {
            http: Http::new(),
            webhook,
            links,
        }
    }

    fn body(&self, alert: &Alert, event: Event) -> Value {
        let sign = match event {
            Event::Opened | Event::Updated => ":red_circle:",
            Event::Recovered => ":large_green_circle: Recovered:",
        };
        let headline = plain(&alert.headline());
        let mut lines = vec![format!("{sign} *{headline}*")];
        if let Some((before, after)) = &alert.levels {
            lines.push(format!("{} → {}", plain(before), plain(after)));
        }
        if let Some(link) = self.links.range(alert) {
            lines.push(format!("<{link}|The commits that it lies between>"));
        }
        let text = ellipsis(&lines.join("\n"), LONGEST);
        json!({
            // What notifications and old clients show.
            "text": ellipsis(&format!("{sign} {headline}"), LONGEST),
            "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}],
        })
    }
}

/// Text that is shown as it is: Slack gives `&`, `<` and `>` a meaning, among them mentions of
/// everybody, and `*`, `_`, `~` and the backtick shapes.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // A joiner that nobody sees keeps the sign from being one.
            '*' | '_' | '~' | '`' | '@' => {
                shown.push('\u{2060}');
                shown.push(c);
                shown.push('\u{2060}');
            }
            c => shown.push(c),
        }
    }
    shown
}

impl Sink for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn is_refreshed(&self) -> bool {
        false
    }

    fn tell(&self, alert: &Alert, event: Event, _: Timestamp) -> Result<(), String> {
        let body = self.body(alert, event);
        post(&self.http, &self.webhook, &body, &self.webhook)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mention_nobody_and_link_nowhere() {
        let shown = plain("<!channel> <https://evil|here> *bold*");
        assert!(!shown.contains('<') && !shown.contains("*bold"), "{shown}");
    }
}
