//! Neutralising text that others wrote: benchmark names, log lines, file contents.
//!
//! The runner reads commands from a step's output: a line whose first non-blank characters are
//! `::`, and the older `##[` anywhere in a line. Terminals obey control sequences. Neither may be
//! reachable from a benchmark's name, so everything foreign passes through [`visible`] first.

use std::fmt::Write as _;

/// One line of printable text: control, bidirectional and line-breaking characters become escapes,
/// and the runner's command markers are broken up.
///
/// The result has no line break, so a caller that writes its own words in front of it also rules
/// out `::` at the start of a line; for a bare line use [`log_line`].
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    if shown.contains("##[") {
        shown.replace("##[", "# #[")
    } else {
        shown
    }
}

/// Characters that reorder, hide or break text where it is shown (bidirectional controls,
/// zero-width characters, line and paragraph separators).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A foreign line made safe to stand on a line of its own in the log.
#[must_use]
pub fn log_line(text: &str) -> String {
    let shown = visible(text);
    if shown.trim_start().starts_with("::") {
        format!("| {shown}")
    } else {
        shown
    }
}

/// At most `limit` characters, with the middle left out: names are told apart by both ends.
#[must_use]
pub fn ellipsis(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit || limit < 3 {
        return text.chars().take(limit.max(1)).collect();
    }
    let head = (limit - 1).div_ceil(2);
    let tail = limit - 1 - head;
    let mut short: String = text.chars().take(head).collect();
    short.push('…');
    short.extend(text.chars().skip(length - tail));
    short
}

/// The longest prefix of at most `limit` bytes that ends on a character boundary.
#[must_use]
pub fn byte_prefix(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commands_cannot_start_a_line() {
        assert_eq!(log_line("::error::x"), "| ::error::x");
        assert_eq!(log_line("  ::error::x"), "|   ::error::x");
        assert_eq!(visible("a\n::error::x"), "a\\n::error::x");
        assert_eq!(visible("x ##[error]y"), "x # #[error]y");
        assert_eq!(visible("\u{1b}[31m"), "\\u{1b}[31m");
    }

    #[test]
    fn ellipsis_keeps_both_ends() {
        assert_eq!(ellipsis("abcdefghij", 5), "ab…ij");
        assert_eq!(ellipsis("abc", 5), "abc");
        assert_eq!(ellipsis("", 5), "");
    }

    proptest! {
        #[test]
        fn visible_is_one_line_and_no_command(text in "\\PC*|[#\\[:\n\r \u{1b}]*") {
            let line = log_line(&text);
            prop_assert!(!line.contains(['\n', '\r', '\x1b']), "a control character is left");
            prop_assert!(!line.contains("##["));
            prop_assert!(!line.trim_start().starts_with("::"));
        }

        #[test]
        fn ellipsis_is_bounded(text in "\\PC{0,40}", limit in 3_usize..30) {
            prop_assert!(ellipsis(&text, limit).chars().count() <= limit);
        }

        #[test]
        fn byte_prefix_is_a_bounded_prefix(text in "\\PC{0,40}", limit in 0_usize..60) {
            let prefix = byte_prefix(&text, limit);
            prop_assert!(prefix.len() <= limit && text.starts_with(prefix));
        }
    }
}
