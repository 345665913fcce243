//! The job summary, within its byte budget.
//!
//! The runner drops a step's whole summary when its file passes 1 MiB. A [`Summary`] therefore
//! takes blocks and tables until 1000 KiB are reached, ends on a row, and says how much is left
//! out. Rows are added worst first, so what is left out is what mattered least.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use crate::report::markdown::cell;
use crate::system::System;

/// Bytes a step's summary may have: below the runner's 1 MiB, with room for the closing words.
const BUDGET: usize = 1000 * 1024;
/// Kept free for closing tags and the sentence that counts what is left out.
const RESERVE: usize = 1024;

/// Why a summary was not written.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The file could not be written.
    #[error("cannot write the job summary: {0}")]
    Io(#[from] std::io::Error),
}

/// A table for the summary. Cells are escaped when they are added.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// When set, the table is folded behind these words.
    pub folded: Option<String>,
    header: Vec<String>,
    numeric: Vec<bool>,
    rows: Vec<String>,
}

impl Table {
    /// A table with these columns; a column whose title starts with `#` holds right-aligned numbers.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let numeric = columns.iter().map(|title| title.starts_with('#')).collect();
        let header = columns
            .iter()
            .map(|title| title.trim_start_matches('#').to_owned())
            .collect();
        Self {
            folded: None,
            header,
            numeric,
            rows: Vec::new(),
        }
    }

    /// Adds a row of untrusted texts.
    pub fn row<I: IntoIterator<Item = S>, S: AsRef<str>>(&mut self, cells: I) {
        let mut line = String::from("|");
        for text in cells {
            line.push(' ');
            line.push_str(&cell(text.as_ref()));
            line.push_str(" |");
        }
        line.push('\n');
        self.rows.push(line);
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn head(&self) -> String {
        let titles: Vec<String> = self.header.iter().map(|title| cell(title)).collect();
        let rules: Vec<&str> = self
            .numeric
            .iter()
            .map(|numeric| if *numeric { "---:" } else { "---" })
            .collect();
        format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | "))
    }
}

/// A summary under construction.
#[derive(Debug, Clone)]
pub struct Summary {
    text: String,
    full: bool,
    budget: usize,
}

impl Default for Summary {
    fn default() -> Self {
        Self::within(BUDGET)
    }
}

impl Summary {
    /// An empty summary.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty summary of at most so many bytes: for a comment, say.
    #[must_use]
    pub fn within(budget: usize) -> Self {
        Self {
            text: String::new(),
            full: false,
            budget,
        }
    }

    fn fits(&self, more: usize) -> bool {
        self.text.len() + more + RESERVE <= self.budget
    }

    /// Adds a block of trusted Markdown whole, or not at all once the budget is reached.
    pub fn block(&mut self, markdown: &str) {
        if !self.full && self.fits(markdown.len() + 2) {
            self.text.push_str(markdown.trim_end());
            self.text.push_str("\n\n");
        } else {
            self.full = true;
        }
    }

    /// Adds a table, up to the row at which the budget ends; the rows left out are counted.
    pub fn table(&mut self, table: &Table) {
        if table.is_empty() {
            return;
        }
        let open = table.folded.as_ref().map_or(String::new(), |words| {
            format!(
                "<details><summary>{}</summary>\n\n",
                crate::report::markdown::escape_html(words)
            )
        });
        let head = table.head();
        if self.full || !self.fits(open.len() + head.len()) {
            self.full = true;
            return;
        }
        self.text.push_str(&open);
        self.text.push_str(&head);
        let mut shown = 0;
        while shown < table.rows.len() && self.fits(table.rows[shown].len()) {
            self.text.push_str(&table.rows[shown]);
            shown += 1;
        }
        self.text.push('\n');
        if shown < table.rows.len() {
            self.full = true;
            let left = table.rows.len() - shown;
            self.text.push_str(&format!(
                "_{left} more rows do not fit here; the report has them all._\n\n"
            ));
        }
        if table.folded.is_some() {
            self.text.push_str("</details>\n\n");
        }
    }

    /// The Markdown so far: at most 1000 KiB, or what was allowed, always ending on a whole line.
    #[must_use]
    pub fn markdown(&self) -> &str {
        &self.text
    }

    pub(super) fn append_to(&self, system: &dyn System) -> Result<(), SummaryError> {
        let Some(path) = system.var("GITHUB_STEP_SUMMARY").map(PathBuf::from) else {
            return Ok(());
        };
        let taken = std::fs::metadata(&path)
            .map_or(0, |meta| usize::try_from(meta.len()).unwrap_or(usize::MAX));
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if taken.saturating_add(self.text.len()) <= BUDGET + RESERVE {
            file.write_all(self.text.as_bytes())?;
        } else if taken < BUDGET {
            // Another writer shares this step's file: adding ours would lose both.
            file.write_all(b"\n_This step's summary does not fit beside what was already written; see the report._\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::FakeSystem;

    #[test]
    fn a_huge_table_stops_on_a_row_and_counts_the_rest() {
        let mut table = Table::new(&["benchmark", "#change"]);
        table.folded = Some("all".to_owned());
        for n in 0..40_000 {
            table.row([
                format!("benchmark number {n} with a long name"),
                "+1.0 %".to_owned(),
            ]);
        }
        let mut summary = Summary::new();
        summary.block("# head");
        summary.table(&table);
        summary.block("never reached");
        let text = summary.markdown();
        assert!(text.len() <= BUDGET, "{}", text.len());
        let rows = text
            .lines()
            .filter(|line| line.starts_with("| benchmark number"))
            .count();
        assert!(text.contains(&format!("_{} more rows do not fit here", 40_000 - rows)));
        assert!(text.ends_with("</details>\n\n"));
        assert!(!text.contains("never reached"));
    }

    #[test]
    fn a_shared_file_never_passes_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("summary");
        crate::files::write_atomic(&path, "x".repeat(BUDGET - 10).as_bytes()).unwrap();
        let system = FakeSystem::new().with_var("GITHUB_STEP_SUMMARY", path.display().to_string());
        let mut summary = Summary::new();
        summary.block(&"y".repeat(500_000));
        summary.append_to(&system).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.len() < 1024 * 1024);
        assert!(text.contains("does not fit"));
    }
}
