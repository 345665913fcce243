//! Histories in a plain file: a JSON list of series, gzipped or not. What tries of the rules are
//! made on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;

use super::record::{Point, Track};
use crate::model::{Direction, Nature, SeriesId, Unit};

/// The most that is read of a file, in bytes, unpacked.
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
    let unreadable =
        |error: std::io::Error| Diagnostic::error(format!("cannot read {shown}: {error}"));
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    // Read as it is unpacked: the text of a long history is larger than the history.
    let plain: Box<dyn Read> = if file
        .fill_buf()
        .map_err(unreadable)?
        .starts_with(&[0x1f, 0x8b])
    {
        Box::new(BufReader::new(GzDecoder::new(file)))
    } else {
        Box::new(file)
    };
    let recorded: Vec<Recorded> = serde_json::from_reader(plain.take(LIMIT)).map_err(|error| {
        let place = Place {
            file: shown.clone(),
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
