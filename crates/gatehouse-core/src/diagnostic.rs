//! Errors as a user reads them: what, where, and what to do about it.
//!
//! A diagnostic is data. It is rendered for a terminal by [`Diagnostic::render`] and for a pull
//! request as an annotation by [`crate::runner::Annotation`]. Messages are lowercase fragments.

use crate::text::visible;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Worth acting on; does not decide.
    Warning,
    /// Decides.
    Error,
}

impl Severity {
    /// The word the runner's commands and the log use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a file. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: None,
            column: None,
        }
    }

    /// The line and column of a byte offset in `text`.
    #[must_use]
    pub fn at_offset(file: impl Into<String>, text: &str, offset: usize) -> Self {
        let before = crate::text::byte_prefix(text, offset);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self {
            file: file.into(),
            line: Some(line),
            column: Some(column),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&visible(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

/// One message to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// Where, when there is a place.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: None,
            help: None,
        }
    }

    /// A warning without a place.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The lines for a log, each safe to print: `error: what`, `  --> where`, `  help: how`.
    #[must_use]
    pub fn render(&self, colour: Colour) -> String {
        let (on, off) = match (colour, self.severity) {
            (Colour::Never, _) => ("", ""),
            (Colour::Always, Severity::Error) => ("\u{1b}[1;31m", "\u{1b}[0m"),
            (Colour::Always, Severity::Warning) => ("\u{1b}[1;33m", "\u{1b}[0m"),
            (Colour::Always, Severity::Notice) => ("\u{1b}[1;36m", "\u{1b}[0m"),
        };
        let mut lines = format!(
            "{on}{}{off}: {}\n",
            self.severity.word(),
            visible(&self.message)
        );
        if let Some(place) = &self.place {
            lines.push_str(&format!("  --> {place}\n"));
        }
        if let Some(help) = &self.help {
            lines.push_str(&format!("  help: {}\n", visible(help)));
        }
        lines
    }
}

/// Whether a rendering may use colour: only on a terminal, and never with `NO_COLOR` set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    Always,
    /// Plain text.
    Never,
}

impl Colour {
    /// The choice for a stream of this process (<https://no-color.org>).
    #[must_use]
    pub fn of(system: &dyn crate::system::System, stream: crate::system::Stream) -> Self {
        if system.is_terminal(stream) && system.var("NO_COLOR").is_none() {
            Self::Always
        } else {
            Self::Never
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns() {
        let text = "ab\ncdé\nf";
        let place = Place::at_offset("x", text, text.find('f').unwrap());
        assert_eq!((place.line, place.column), (Some(3), Some(1)));
        let place = Place::at_offset("x", text, text.find('é').unwrap());
        assert_eq!((place.line, place.column), (Some(2), Some(3)));
        assert_eq!(Place::at_offset("x", "", 99).to_string(), "x:1:1");
    }

    #[test]
    fn hostile_text_stays_on_its_line() {
        let shown = Diagnostic::error("bad\n::error::x")
            .at(Place::file("a\nb"))
            .help("do\rthis")
            .render(Colour::Never);
        assert_eq!(
            shown,
            "error: bad\\n::error::x\n  --> a\\nb\n  help: do\\rthis\n"
        );
    }
}
