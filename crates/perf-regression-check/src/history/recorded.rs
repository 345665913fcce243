//! Histories in a plain file: a JSON list of series, gzipped or not. What tries of the rules are
//! made on.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use gatehouse_core::diagnostic::{Diagnostic, Place};
use gatehouse_core::files::read_bounded;
use serde::Deserialize;

use super::record::{Point, Track};
use crate::model::{Direction, Nature, SeriesId, Unit};

/// The largest file read, in bytes, packed and unpacked.
const LIMIT: u64 = 1024 * 1024 * 1024;

#[derive(Deserialize)]
struct Recorded {
    #[serde(default)]
    suite: String,
    bench: String,
    #[serde(default)]
    unit: String,
    /// `up-bad` or `down-bad`.
    #[serde(default)]
    dir: String,
    y: Vec<Option<f64>>,
}

/// Reads a file's series. Gaps in a series are left out.
///
/// # Errors
/// When the file cannot be read or is no such list, with the place.
pub fn read(path: &Path) -> Result<Vec<Track>, Diagnostic> {
    let shown = path.display().to_string();
    let mut bytes =
        read_bounded(path, LIMIT).map_err(|error| Diagnostic::error(error.to_string()))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let unpacked = GzDecoder::new(bytes.as_slice())
            .take(LIMIT)
            .read_to_end(&mut plain);
        unpacked.map_err(|error| {
            Diagnostic::error(format!("not whole gzip: {error}")).at(Place::file(&shown))
        })?;
        bytes = plain;
    }
    let recorded: Vec<Recorded> = serde_json::from_slice(&bytes).map_err(|error| {
        let place = Place {
            file: shown,
            line: Some(error.line()),
            column: Some(error.column()),
        };
        Diagnostic::error(format!("no list of series: {error}"))
            .at(place)
            .help("a series has bench, y, and where known suite, unit and dir (up-bad or down-bad)")
    })?;
    Ok(recorded.into_iter().map(track).collect())
}

fn track(recorded: Recorded) -> Track {
    let unit = Unit::of(&recorded.unit);
    let direction = match recorded.dir.as_str() {
        "up-bad" => Direction::LowerIsBetter,
        "down-bad" => Direction::HigherIsBetter,
        _ => unit.direction,
    };
    let benchmark = if recorded.suite.is_empty() {
        recorded.bench
    } else {
        format!("{}/{}", recorded.suite, recorded.bench)
    };
    let values = recorded
        .y
        .into_iter()
        .enumerate()
        .filter_map(|(run, value)| Some((run, value.filter(|value| value.is_finite())?)));
    Track {
        id: SeriesId {
            benchmark,
            metric: "value".to_owned(),
        },
        unit: unit.name,
        direction,
        nature: Nature::Measured,
        points: values
            .map(|(run, value)| Point {
                run,
                value: value * unit.factor,
                quartiles: None,
            })
            .collect(),
    }
}
