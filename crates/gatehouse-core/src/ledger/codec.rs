//! The content of a ledger's files: gzipped JSON, columns that repeat stored once.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::store::StoreError;
use super::{Entry, Run};

/// A table: a list of values per column, by the column's name.
pub type Columns = BTreeMap<String, Vec<Value>>;

/// The version of the format.
const SCHEMA: &str = "ledger/v1";
/// The most that a file may unpack to, in bytes: a few kilobytes must not become gigabytes.
const LIMIT: u64 = 512 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    suite: String,
    /// Columns that several runs share: names, units, directions.
    shared: Vec<Vec<Value>>,
    runs: Vec<Packed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packed {
    run: Run,
    /// For each column its values, or the place of its values in `shared`.
    columns: BTreeMap<String, Column>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Column {
    Values(Vec<Value>),
    Shared(usize),
}

/// Packs entries of one suite as a file of a ledger.
///
/// # Errors
/// When an entry cannot be written as JSON, which no entry that was read should cause.
pub fn encode(entries: &[Entry]) -> Result<Vec<u8>, StoreError> {
    let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
    let text = |values: &Vec<Value>| serde_json::to_string(values).unwrap_or_default();
    for values in entries.iter().flat_map(|entry| entry.columns.values()) {
        counts.entry(text(values)).or_default().0 += 1;
    }
    let mut shared = Vec::new();
    let mut runs = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut columns = BTreeMap::new();
        for (name, values) in &entry.columns {
            let column = match counts.get_mut(&text(values)) {
                Some((count, place)) if *count > 1 => {
                    if *place == 0 {
                        shared.push(values.clone());
                        *place = shared.len();
                    }
                    Column::Shared(*place - 1)
                }
                _ => Column::Values(values.clone()),
            };
            columns.insert(name.clone(), column);
        }
        runs.push(Packed {
            run: entry.run.clone(),
            columns,
        });
    }
    let file = File {
        schema: SCHEMA.to_owned(),
        suite: entries
            .first()
            .map(|entry| entry.suite.clone())
            .unwrap_or_default(),
        shared,
        runs,
    };
    let json = serde_json::to_vec(&file).map_err(|error| StoreError::Failed(error.to_string()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&json)
        .and_then(|()| gzip.finish())
        .map_err(|error| StoreError::Failed(error.to_string()))
}

/// Unpacks a file of a ledger.
///
/// # Errors
/// A fragment that says what is wrong with the file.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let mut json = Vec::new();
    GzDecoder::new(bytes)
        .take(LIMIT + 1)
        .read_to_end(&mut json)
        .map_err(|error| format!("not whole gzip: {error}"))?;
    if json.len() as u64 > LIMIT {
        return Err(format!("it unpacks to more than {LIMIT} bytes"));
    }
    let file: File = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    if file.schema != SCHEMA {
        return Err(format!("its format is {:?}, not {SCHEMA:?}", file.schema));
    }
    let mut entries = Vec::with_capacity(file.runs.len());
    for packed in file.runs {
        let mut columns = Columns::new();
        for (name, column) in packed.columns {
            let values = match column {
                Column::Values(values) => values,
                Column::Shared(place) => file
                    .shared
                    .get(place)
                    .cloned()
                    .ok_or_else(|| format!("column {name:?} refers to nothing"))?,
            };
            columns.insert(name, values);
        }
        entries.push(Entry {
            suite: file.suite.clone(),
            run: packed.run,
            columns,
        });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CommitSha;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<f64>()
                .prop_filter("finite", |number| number.is_finite())
                .prop_map(Value::from),
            ".*".prop_map(Value::from),
            prop::collection::vec(-1e9..1e9, 0..4).prop_map(Value::from),
        ]
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let columns =
            prop::collection::btree_map("[a-z]{1,3}", prop::collection::vec(value(), 0..5), 0..4);
        let entry =
            (columns, 0_i64..4_000_000_000, any::<u64>()).prop_map(|(columns, second, run_id)| {
                Entry {
                    suite: "s".to_owned(),
                    run: Run {
                        commit: CommitSha::try_from("a".repeat(40)).unwrap(),
                        parent: None,
                        branch: Some("b".to_owned()),
                        time: jiff::Timestamp::from_second(second).unwrap(),
                        run_id,
                        attempt: 1,
                        machine: crate::ledger::Machine::default(),
                        tools: BTreeMap::new(),
                    },
                    columns,
                }
            });
        prop::collection::vec(entry, 1..6)
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_the_same(entries in entries()) {
            prop_assert_eq!(decode(&encode(&entries).unwrap()).unwrap(), entries);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&bytes).is_err());
        }
    }
}
