//! Untrusted text in GitHub-flavoured Markdown.
//!
//! GitHub renders Markdown and a subset of HTML, links `@names` and `#numbers`, and ends a table
//! cell at `|`. A benchmark's name must do none of this, so a cell escapes everything that has a
//! meaning and breaks what would become a mention.

use crate::text::{ellipsis, visible};

/// The longest name that a table shows whole, in characters.
const CELL_LIMIT: usize = 120;

/// Text for HTML content or a quoted attribute.
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// One line of plain text inside Markdown: nothing in it is markup, a link or a mention.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut safe = String::new();
    for c in visible(&ellipsis(text, CELL_LIMIT)).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A character reference is text to the Markdown parser and to what links mentions.
            '@' | '#' | '`' | '*' | '_' | '~' | '[' | ']' | '(' | ')' | '!' | '|' | '\\' | '$'
            | '{' | '}' => {
                safe.push_str(&format!("&#{};", u32::from(c)));
            }
            // Breaks automatic links: `https://x` is no link without its colon.
            ':' => safe.push_str("&#58;"),
            c => safe.push(c),
        }
    }
    // `www.` links itself without a scheme.
    safe.replace("www.", "www&#46;")
}

/// A table cell: as [`plain`]; text that is plainly harmless is left readable in the source.
#[must_use]
pub fn cell(text: &str) -> String {
    let harmless = |c: char| {
        c.is_ascii_alphanumeric() || " +-.,/%=±–…×→·".contains(c) || "✅❌⚠❔✔".contains(c)
    };
    if text.chars().count() <= CELL_LIMIT && text.chars().all(harmless) && !text.contains("www.") {
        text.to_owned()
    } else {
        plain(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(cell("fib 10"), "fib 10");
        assert_eq!(cell("a|b"), "a&#124;b");
        assert_eq!(cell("<img src=x>"), "&lt;img src=x&gt;");
        assert_eq!(cell("@octocat #1"), "&#64;octocat &#35;1");
        assert_eq!(cell("x\n| y"), "x&#92;n&#124; y");
        assert!(!cell("https://evil.example [x](y)").contains("://"));
    }

    proptest! {
        #[test]
        fn a_cell_has_no_markup(text in "\\PC*|[|`<>@#\\[\\]()!*_\n\r&]*") {
            let cell = cell(&text);
            prop_assert!(!cell.contains(['\n', '\r', '|', '`', '<', '>', '@', '[', '*', '_']));
        }
    }
}
