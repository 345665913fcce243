//! What the fuzz targets share: read, then judge against itself, so that whatever a parser lets
//! through must also survive the decision and the reports.

use perf_regression_check::config::Policy;
use perf_regression_check::input::{Format, parse_text};
use perf_regression_check::model::ResultSet;
use perf_regression_check::verdict::judge;

/// Reads `text` in the named format and reports on it.
pub fn read(format: &str, text: &str) {
    let format = Format::parse(format).expect("the target names a format");
    let parsed = parse_text("fuzz", text, format);
    assert!(!parsed.series.is_empty() || !parsed.problems.is_empty(), "nothing is silently empty");
    let mut set = ResultSet::default();
    set.extend(parsed.series.into_iter().take(50));
    let judgement = judge(&set, &set, Policy::default());
    assert_eq!(judgement.count(perf_regression_check::decision::Outcome::Regression), 0, "no set is worse than itself");
    let _ = perf_regression_check::report::summary::summary(&judgement, "fuzz");
    let _ = perf_regression_check::report::html::report(&judgement, "fuzz");
}
