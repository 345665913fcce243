//! Which series of the candidate belongs to which of the baseline.
//!
//! Series match by benchmark and metric. What only one side has is reported, never dropped; a
//! pair of such left-overs with similar names is suspected to be a rename.

use std::collections::{HashMap, HashSet};

use crate::model::{ResultSet, Series, SeriesId};

/// Above this many left-overs on a side, renames are no longer looked for: it is another suite.
const RENAME_LIMIT: usize = 500;
/// How alike two names must be, by shared letter pairs (Dice), to be suspected of being one.
const RENAME_SIMILARITY: f64 = 0.7;

/// The two sets, matched.
#[derive(Debug)]
pub struct Matching<'s> {
    /// Series on both sides: baseline, candidate.
    pub both: Vec<(&'s Series, &'s Series)>,
    /// Series that only the baseline has.
    pub missing: Vec<&'s Series>,
    /// Series that only the candidate has.
    pub new: Vec<&'s Series>,
    /// Suspected renames among the two: old name, new name.
    pub renames: Vec<(SeriesId, SeriesId)>,
}

/// Matches the candidate's series with the baseline's.
#[must_use]
pub fn match_sets<'s>(baseline: &'s ResultSet, candidate: &'s ResultSet) -> Matching<'s> {
    let index: HashMap<(&str, &str), &Series> = candidate
        .series
        .iter()
        .map(|series| ((series.benchmark.as_str(), series.metric.as_str()), series))
        .collect();
    let mut matched = HashSet::new();
    let (mut both, mut missing) = (Vec::new(), Vec::new());
    for old in &baseline.series {
        let key = (old.benchmark.as_str(), old.metric.as_str());
        match index.get(&key) {
            Some(new) => {
                matched.insert(key);
                both.push((old, *new));
            }
            None => missing.push(old),
        }
    }
    let new: Vec<&Series> = candidate
        .series
        .iter()
        .filter(|s| !matched.contains(&(s.benchmark.as_str(), s.metric.as_str())))
        .collect();
    let renames = suspect_renames(&missing, &new);
    Matching {
        both,
        missing,
        new,
        renames,
    }
}

fn suspect_renames(missing: &[&Series], new: &[&Series]) -> Vec<(SeriesId, SeriesId)> {
    if missing.len() > RENAME_LIMIT || new.len() > RENAME_LIMIT {
        return Vec::new();
    }
    let pairs_of = |series: &[&Series]| {
        series
            .iter()
            .map(|s| letter_pairs(&s.benchmark))
            .collect::<Vec<_>>()
    };
    let (old_pairs, new_pairs) = (pairs_of(missing), pairs_of(new));
    let mut candidates = Vec::new();
    for (i, old) in missing.iter().enumerate() {
        for (j, fresh) in new.iter().enumerate() {
            if old.metric == fresh.metric && old.unit == fresh.unit {
                let alike = similarity(&old_pairs[i], &new_pairs[j]);
                if alike >= RENAME_SIMILARITY {
                    candidates.push((alike, i, j));
                }
            }
        }
    }
    // The most alike first; every name is used once.
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_old, mut used_new) = (HashSet::new(), HashSet::new());
    let mut renames = Vec::new();
    for (_, i, j) in candidates {
        if !used_old.contains(&i) && !used_new.contains(&j) {
            used_old.insert(i);
            used_new.insert(j);
            renames.push((missing[i].id(), new[j].id()));
        }
    }
    renames
}

/// Neighbouring letters of a name, lowercase, sorted; bounded for very long names.
fn letter_pairs(name: &str) -> Vec<(char, char)> {
    let letters: Vec<char> = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(256)
        .flat_map(char::to_lowercase)
        .collect();
    let mut pairs: Vec<(char, char)> = letters.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.sort_unstable();
    pairs
}

/// Dice's coefficient of two sorted multisets.
fn similarity(a: &[(char, char)], b: &[(char, char)]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * shared as f64 / (a.len() + b.len()) as f64
}

/// The samples of both sides that were taken in the same rounds, one per round and side, in the
/// order of rounds; `None` when a side does not say its rounds.
///
/// Several samples of one round are not independent: their median stands for them.
#[must_use]
pub fn paired_samples(baseline: &Series, candidate: &Series) -> Option<Vec<(f64, f64)>> {
    let (old, new) = (by_round(baseline)?, by_round(candidate)?);
    let mut rounds: Vec<&u64> = old.keys().filter(|round| new.contains_key(round)).collect();
    rounds.sort_unstable();
    Some(
        rounds
            .into_iter()
            .map(|round| (old[round], new[round]))
            .collect(),
    )
}

fn by_round(series: &Series) -> Option<HashMap<u64, f64>> {
    if series.pairs.is_empty() || series.pairs.len() != series.samples.len() {
        return None;
    }
    let mut rounds: HashMap<u64, Vec<f64>> = HashMap::new();
    for (round, sample) in series.pairs.iter().zip(&series.samples) {
        rounds.entry(*round).or_default().push(*sample);
    }
    Some(
        rounds
            .into_iter()
            .filter_map(|(round, samples)| {
                Some((round, gatehouse_core::stats::quantile::median(&samples)?))
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;

    fn set(names: &[&str]) -> ResultSet {
        let series = names
            .iter()
            .map(|name| Series::new(*name, "time", Unit::nanoseconds(), vec![1.0]))
            .collect();
        ResultSet {
            thresholds: Vec::new(),
            series,
            problems: Vec::new(),
        }
    }

    #[test]
    fn left_overs_are_reported_and_renames_suspected() {
        let (old, new) = (
            set(&["same", "parse large file", "gone"]),
            set(&["brand new", "same", "parse_large_files"]),
        );
        let matching = match_sets(&old, &new);
        assert_eq!(matching.both.len(), 1);
        assert_eq!(matching.missing.len(), 2);
        assert_eq!(matching.new.len(), 2);
        let renames: Vec<_> = matching
            .renames
            .iter()
            .map(|(a, b)| (a.benchmark.as_str(), b.benchmark.as_str()))
            .collect();
        assert_eq!(renames, [("parse large file", "parse_large_files")]);
    }

    #[test]
    fn pairs_are_matched_by_round_not_by_position() {
        let series = |samples: &[f64], pairs: &[u64]| Series {
            pairs: pairs.to_vec(),
            ..Series::new("b", "t", Unit::nanoseconds(), samples.to_vec())
        };
        let (old, new) = (
            series(&[1.0, 2.0, 9.0], &[0, 1, 7]),
            series(&[20.0, 10.0, 12.0], &[1, 0, 0]),
        );
        assert_eq!(
            paired_samples(&old, &new).unwrap(),
            [(1.0, 11.0), (2.0, 20.0)]
        );
        assert!(paired_samples(&old, &series(&[1.0], &[])).is_none());
    }
}
