//! JSON read record by record, so that one broken record does not take the others with it.

use gatehouse_core::diagnostic::{Diagnostic, Place};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parsed, Source};
use crate::model::Series;

/// Reads `raw`, a part of the source's text, as a `T`; an error says where in the whole file.
pub(super) fn read<'t, T: Deserialize<'t>>(
    source: Source<'t>,
    raw: &'t str,
) -> Result<T, Diagnostic> {
    serde_json::from_str(raw).map_err(|error| {
        let start = (raw.as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize);
        // The error's place counts from the start of the record.
        let before: usize = raw
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let offset = start + before + error.column().saturating_sub(1);
        let message = error.to_string();
        let message = message
            .split(" at line ")
            .next()
            .unwrap_or(&message)
            .to_owned();
        Diagnostic::error(format!("cannot read this record: {message}")).at(Place::at_offset(
            source.path,
            source.text,
            offset,
        ))
    })
}

/// The whole text as a `T`, whose lists hold [`RawValue`] records to be read one by one.
pub(super) fn root<'t, T: Deserialize<'t>>(source: Source<'t>) -> Result<T, Diagnostic> {
    read(source, source.text)
}

/// Reads every record with `convert`, keeping what can be read.
pub(super) fn each<'t, T: Deserialize<'t>, I: IntoIterator<Item = Series>>(
    source: Source<'t>,
    records: &[&'t RawValue],
    convert: impl Fn(T) -> Result<I, String>,
) -> Parsed {
    let mut parsed = Parsed::default();
    for raw in records {
        parsed.take(one(source, raw.get(), &convert));
    }
    parsed
}

/// Reads one record with `convert`.
pub(super) fn one<'t, T: Deserialize<'t>, R>(
    source: Source<'t>,
    raw: &'t str,
    convert: impl Fn(T) -> Result<R, String>,
) -> Result<R, Diagnostic> {
    let value = read(source, raw)?;
    convert(value).map_err(|message| {
        let start = (raw.as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize);
        Diagnostic::error(message).at(Place::at_offset(source.path, source.text, start))
    })
}
