//! Annotations within the runner's budget.
//!
//! The runner keeps ten annotations of each type per step, and all steps inside one composite
//! action count as one; a message is cut at 4096 characters. So the worst come first, at most nine
//! per type are printed, and a tenth counts those left out.

use super::command::Command;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::text::{ellipsis, visible};

/// How many annotations of one type are printed before the one that counts the rest.
const PER_TYPE: usize = 9;
/// The longest message the runner keeps, in characters.
const MESSAGE_LIMIT: usize = 4096;
/// The longest title that is still a title.
const TITLE_LIMIT: usize = 200;

/// A message shown on the run's page and, with a place, in the changed files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Error, warning or notice.
    pub severity: Severity,
    /// A short heading.
    pub title: Option<String>,
    /// The text.
    pub message: String,
    /// Where in the repository, when it is anywhere.
    pub place: Option<Place>,
}

impl Annotation {
    /// An error without title or place.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: None,
            message: message.into(),
            place: None,
        }
    }

    /// Sets the severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the heading.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    fn render(&self) -> String {
        let mut command =
            Command::new(self.severity.word(), ellipsis(&self.message, MESSAGE_LIMIT));
        if let Some(place) = &self.place {
            command = command.property("file", visible(&place.file));
            if let Some(line) = place.line {
                command = command.property("line", line.to_string());
            }
            if let Some(column) = place.column {
                command = command.property("col", column.to_string());
            }
        }
        if let Some(title) = &self.title {
            command = command.property("title", ellipsis(&visible(title), TITLE_LIMIT));
        }
        command.render()
    }
}

impl From<&Diagnostic> for Annotation {
    fn from(diagnostic: &Diagnostic) -> Self {
        let mut message = visible(&diagnostic.message);
        if let Some(help) = &diagnostic.help {
            message.push_str("\nhelp: ");
            message.push_str(&visible(help));
        }
        Self {
            severity: diagnostic.severity,
            title: None,
            message,
            place: diagnostic.place.clone(),
        }
    }
}

/// A step's annotations. Within a type they keep the order in which they were added: add the
/// worst first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    all: Vec<Annotation>,
}

impl Annotations {
    /// Adds one.
    pub fn push(&mut self, annotation: Annotation) {
        self.all.push(annotation);
    }

    /// The command lines: errors, then warnings, then notices, each type within its budget.
    #[must_use]
    pub fn render(&self) -> String {
        let mut lines = String::new();
        for severity in [Severity::Error, Severity::Warning, Severity::Notice] {
            let of_type: Vec<&Annotation> = self
                .all
                .iter()
                .filter(|one| one.severity == severity)
                .collect();
            // Ten fit, so ten are shown as they are; only an eleventh makes room for the count.
            let shown = if of_type.len() > PER_TYPE + 1 {
                PER_TYPE
            } else {
                of_type.len()
            };
            for annotation in &of_type[..shown] {
                lines.push_str(&annotation.render());
            }
            if of_type.len() > shown {
                let rest = format!(
                    "and {} more, listed in the job summary",
                    of_type.len() - shown
                );
                lines.push_str(&Command::new(severity.word(), rest).render());
            }
        }
        lines
    }
}

impl FromIterator<Annotation> for Annotations {
    fn from_iter<I: IntoIterator<Item = Annotation>>(annotations: I) -> Self {
        Self {
            all: annotations.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_ten_of_a_type_and_the_rest_is_counted() {
        let many: Annotations = (0..25)
            .map(|n| Annotation::error(format!("e{n}")))
            .collect();
        let lines = many.render();
        assert_eq!(lines.lines().count(), 10);
        assert!(
            lines.ends_with("::error::and 16 more, listed in the job summary\n"),
            "{lines}"
        );
        let ten: Annotations = (0..10)
            .map(|n| Annotation::error(format!("e{n}")))
            .collect();
        assert!(ten.render().ends_with("::error::e9\n"));
    }

    #[test]
    fn errors_come_first_and_long_messages_are_cut() {
        let lines = Annotations::from_iter([
            Annotation::error("n").severity(Severity::Notice),
            Annotation::error("x".repeat(9000)).title("a:b,c\nd"),
        ])
        .render();
        let first = lines.lines().next().unwrap();
        assert!(
            first.starts_with("::error title=a%3Ab%2Cc\\nd::xx"),
            "{first}"
        );
        assert!(first.chars().count() < 4096 + 60);
        assert!(lines.ends_with("::notice::n\n"));
    }
}
