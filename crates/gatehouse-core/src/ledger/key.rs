//! The names of a ledger's files.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Entry;

/// What identifies a run, and names its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey {
    suite: String,
    year_month: (i16, i8),
    name: String,
}

impl EntryKey {
    /// The key of an entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let run = &entry.run;
        let time = run.time.to_zoned(TimeZone::UTC);
        Self {
            suite: segment(&entry.suite),
            year_month: (time.year(), time.month()),
            name: format!(
                "{}-{}-{}-{}",
                time.strftime("%Y%m%dT%H%M%S%3fZ"),
                run.commit.short(),
                run.run_id,
                run.attempt
            ),
        }
    }

    /// The folder of its suite and month.
    #[must_use]
    pub fn folder(&self) -> String {
        let (year, month) = self.year_month;
        format!("{}/{year:04}/{month:02}", self.suite)
    }

    /// The file that holds it alone.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}.json.gz", self.folder(), self.name)
    }
}

/// A suite's name as one path segment that is safe everywhere, and different for different names.
fn segment(suite: &str) -> String {
    let mut segment = String::new();
    for byte in suite.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => segment.push(char::from(byte)),
            // Upper case is spelt out: some file systems do not tell it from lower case.
            other => segment.push_str(&format!("={other:02x}")),
        }
    }
    if segment.is_empty() {
        "=".to_owned()
    } else {
        segment
    }
}

/// Whether a file looks like one of a ledger's: others may lie beside them.
pub(super) fn is_ledger_file(name: &str) -> bool {
    let mut parts = name.rsplit('/');
    let file = parts.next().is_some_and(|file| file.ends_with(".json.gz"));
    let mut number = |digits: usize| {
        parts.next().is_some_and(|part| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    file && number(2) && number(4) && parts.next().is_some() && parts.next().is_none()
}

pub(super) fn is_of_suite(name: &str, suite: &str) -> bool {
    name.split('/').next() == Some(segment(suite).as_str())
}

/// Whether the month that a folder is named after is over.
pub(super) fn month_is_before(folder: &str, today: Date) -> bool {
    let mut parts = folder.rsplit('/');
    let month = parts.next().and_then(|part| part.parse::<i8>().ok());
    let year = parts.next().and_then(|part| part.parse::<i16>().ok());
    matches!((year, month), (Some(year), Some(month)) if (year, month) < (today.year(), today.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_become_one_safe_segment_each() {
        for (suite, expected) in [
            ("unit-1", "unit-1"),
            ("", "="),
            ("../a", "=2e=2e=2fa"),
            ("A b", "=41=20b"),
            ("é", "=c3=a9"),
        ] {
            assert_eq!(segment(suite), expected);
        }
        assert!(is_of_suite("=41/2026/01/x.json.gz", "A"));
    }

    #[test]
    fn only_files_of_the_form_are_the_ledgers() {
        assert!(is_ledger_file("s/2026/01/x.json.gz"));
        for other in [
            "README.md",
            "s/2026/01/x.json",
            "s/26/01/x.json.gz",
            "a/s/2026/01/x.json.gz",
            "2026/01/x.json.gz",
        ] {
            assert!(!is_ledger_file(other), "{other}");
        }
    }

    #[test]
    fn this_month_is_not_over() {
        let today = jiff::civil::date(2026, 2, 1);
        assert!(month_is_before("s/2026/01", today) && month_is_before("s/2025/12", today));
        assert!(!month_is_before("s/2026/02", today) && !month_is_before("s/x/y", today));
    }
}
