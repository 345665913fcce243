//! `detect`: which series it looks at, what it keeps between runs, what it prints.

use std::collections::BTreeMap;
use std::path::Path;

use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::evidence::Verdict;
use gatehouse_core::exit::Exit;
use gatehouse_core::files::{read_bounded, write_atomic};
use gatehouse_core::runner::Runner;

use super::commands::{commit_sha, load_suite};
use super::findings::{self, Asked, Findings};
use super::{detect, recorded};
use crate::cli::history as cli;
use crate::report::changes;
use crate::{Failure, print};

/// The largest kept state read, in bytes.
const STATE_LIMIT: u64 = 512 * 1024 * 1024;

/// What is kept between runs of `detect`.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The state of each series, by its name.
    series: BTreeMap<String, detect::State>,
}

/// `detect`: finds changes of level, and slow drift.
pub(crate) fn run(runner: &Runner<'_>, options: &cli::Detect) -> Result<Exit, Failure> {
    let (tracks, runs) = if let Some(file) = &options.series {
        (recorded::read(file)?, Vec::new())
    } else {
        let suite = load_suite(runner, &options.place, options.branch.as_deref())?;
        (suite.tracks, suite.runs)
    };
    if tracks.is_empty() {
        return Err(Failure::usage(vec![
            Diagnostic::error("there is no series to look at")
                .help("record runs first, or check --suite and --branch"),
        ]));
    }
    let release = options.release.as_deref().map(commit_sha).transpose()?;
    let asked = Asked {
        at_least: options.min_change_percent / 100.0,
        release: release.as_ref(),
    };
    let mut kept = options
        .state
        .as_deref()
        .map(kept_state)
        .transpose()?
        .unwrap_or_default();
    let mut findings = Findings::default();
    for track in &tracks {
        let state = kept.series.entry(track.id.to_string()).or_default();
        if state.seen > track.points.len() {
            // The history was rewritten: it is read anew.
            *state = detect::State::default();
        }
        findings::look(track, &runs, &asked, state, &mut findings);
    }
    if let Some(path) = &options.state {
        let json =
            serde_json::to_vec(&kept).map_err(|error| Diagnostic::error(error.to_string()))?;
        write_atomic(path, &json)
            .map_err(|error| Failure::world(Diagnostic::error(error.to_string())))?;
    }
    let text = match options.print {
        cli::Shape::Json => {
            serde_json::to_string_pretty(&findings)
                .map_err(|error| Diagnostic::error(error.to_string()))?
                + "\n"
        }
        cli::Shape::Text => changes::listing(&findings),
    };
    print(runner, &text)?;
    let verdict = changes::verdict(&findings, options.fail_on_change);
    let world =
        |error: &dyn std::fmt::Display| Failure::world(Diagnostic::error(error.to_string()));
    runner
        .write_summary(&changes::summary(&findings, verdict))
        .map_err(|error| world(&error))?;
    for (name, value) in [
        ("verdict", verdict.word()),
        ("summary", &changes::headline(&findings)),
    ] {
        runner
            .outputs()
            .set(name, value)
            .map_err(|error| world(&error))?;
    }
    Ok(if verdict == Verdict::Fail {
        Exit::Fail
    } else {
        Exit::Pass
    })
}

fn kept_state(path: &Path) -> Result<Kept, Failure> {
    if !path.exists() {
        return Ok(Kept::default());
    }
    let bytes =
        read_bounded(path, STATE_LIMIT).map_err(|error| Diagnostic::error(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = Place {
            file: path.display().to_string(),
            line: Some(error.line()),
            column: Some(error.column()),
        };
        Diagnostic::error(format!("not a state of detect: {error}"))
            .at(place)
            .help("remove the file to begin anew")
            .into()
    })
}
