//! Workflow commands: `::name key=value,key=value::message`, with the runner's escaping.

use std::fmt::Write as _;

use crate::system::System;

/// One command, ready to be rendered on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    properties: Vec<(&'static str, String)>,
    message: String,
}

impl Command {
    /// A command without properties.
    #[must_use]
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            properties: Vec::new(),
            message: message.into(),
        }
    }

    /// Adds a property.
    #[must_use]
    pub fn property(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.properties.push((key, value.into()));
        self
    }

    /// The line, with its line break.
    #[must_use]
    pub fn render(&self) -> String {
        let mut line = format!("::{}", self.name);
        for (index, (key, value)) in self.properties.iter().enumerate() {
            let before = if index == 0 { ' ' } else { ',' };
            let _ = write!(line, "{before}{key}={}", escape_property(value));
        }
        let _ = writeln!(line, "::{}", escape_data(&self.message));
        line
    }
}

/// Escapes a message; `%` first, since the others introduce it.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property's value, where `:` and `,` would end it.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A token nobody can guess, as 32 hexadecimal digits.
pub(super) fn token(system: &dyn System) -> std::io::Result<String> {
    Ok(system
        .random()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The runner's reading of a command line, for the round trip.
    fn parse(line: &str) -> (String, Vec<(String, String)>, String) {
        let rest = line.strip_prefix("::").unwrap();
        let (head, message) = rest.split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let unescape = |text: &str| {
            let text = text.replace("%3A", ":").replace("%2C", ",");
            text.replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%25", "%")
        };
        let properties = properties
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), unescape(value)))
            .collect();
        let message = message
            .replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%25", "%");
        (name.to_owned(), properties, message)
    }

    proptest! {
        #[test]
        fn any_text_survives(file in "[^\u{0}]*", message in "[^\u{0}]*") {
            let line = Command::new("error", message.clone()).property("file", file.clone()).render();
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(!line.contains('\r'));
            let (name, properties, read) = parse(line.trim_end_matches('\n'));
            prop_assert_eq!(name, "error");
            prop_assert_eq!(properties, vec![("file".to_owned(), file)]);
            prop_assert_eq!(read, message);
        }
    }
}
