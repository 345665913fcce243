//! Which runs of the history a change is compared with.
//!
//! The merge base of the pull request when it was measured; else its nearest ancestor that was; else
//! the last runs on the target branch. Only runs on a compatible machine count. When none fits there
//! is nothing to compare with, which is never a pass.

use std::collections::HashMap;

use gatehouse_core::ids::CommitSha;
use gatehouse_core::ledger::{Entry, Machine};

/// What is known of the change.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// The merge base and its ancestors, nearest first; empty when the repository cannot tell.
    pub ancestors: &'a [CommitSha],
    /// The target branch.
    pub branch: Option<&'a str>,
    /// The machine that measured the change; `None` compares with runs on any.
    pub machine: Option<&'a Machine>,
}

/// How the runs were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The newest is of the merge base.
    MergeBase,
    /// The newest is of an ancestor so many commits before the merge base.
    Ancestor(usize),
    /// They are the last on the target branch.
    Branch,
}

/// The runs to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// Places in the list of entries, oldest first.
    pub runs: Vec<usize>,
    /// How they were found.
    pub how: How,
    /// Runs left out because another kind of machine made them.
    pub other_machines: usize,
}

impl Baseline {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let from = match self.how {
            How::MergeBase => "up to the merge base".to_owned(),
            How::Ancestor(distance) => format!("up to {distance} commits before the merge base"),
            How::Branch => "the last on the target branch".to_owned(),
        };
        let others = match self.other_machines {
            0 => String::new(),
            n => format!("; {n} left out: other machines"),
        };
        format!("{} runs, {from}{others}", self.runs.len())
    }
}

/// Chooses from `entries`, which are ordered by time. The error says why none fits.
pub fn choose(entries: &[Entry], wanted: &Wanted<'_>) -> Result<Baseline, String> {
    let fits = |entry: &Entry| {
        wanted
            .machine
            .is_none_or(|machine| machine.is_compatible(&entry.run.machine))
    };
    let other_machines = entries.iter().filter(|entry| !fits(entry)).count();
    let distance: HashMap<&CommitSha, usize> = wanted.ancestors.iter().zip(0..).collect();
    let mut ancestors: Vec<(usize, usize)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| fits(entry))
        .filter_map(|(run, entry)| Some((*distance.get(&entry.run.commit)?, run)))
        .collect();
    // The furthest first; several runs of a commit stay in the order of time.
    ancestors.sort_by_key(|(distance, run)| (std::cmp::Reverse(*distance), *run));
    if let Some((nearest, _)) = ancestors.last() {
        let how = if *nearest == 0 {
            How::MergeBase
        } else {
            How::Ancestor(*nearest)
        };
        let runs = ancestors.iter().map(|(_, run)| *run).collect();
        return Ok(Baseline {
            runs,
            how,
            other_machines,
        });
    }
    let on_branch = |entry: &Entry| {
        wanted
            .branch
            .is_some_and(|branch| entry.run.branch.as_deref() == Some(branch))
    };
    let runs: Vec<usize> = (0..entries.len())
        .filter(|run| fits(&entries[*run]) && on_branch(&entries[*run]))
        .collect();
    if !runs.is_empty() {
        return Ok(Baseline {
            runs,
            how: How::Branch,
            other_machines,
        });
    }
    Err(match (entries.len(), other_machines, wanted.branch) {
        (0, _, _) => "the history is empty".to_owned(),
        (all, others, _) if all == others => {
            format!("all {all} runs of the history were made on other kinds of machines")
        }
        (_, _, Some(branch)) => {
            format!("no run of the history is of an ancestor or on the branch {branch:?}")
        }
        (_, _, None) => {
            "no run of the history is of an ancestor, and the target branch is not known".to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::record::tests::entry;

    fn history() -> Vec<Entry> {
        (1..=5).map(|second| entry(second, &[("a", 1.0)])).collect()
    }

    fn sha(n: i64) -> CommitSha {
        CommitSha::try_from(format!("{n:040x}")).unwrap()
    }

    #[test]
    fn the_merge_base_then_an_ancestor_then_the_branch() {
        let entries = history();
        let chosen = |ancestors: &[CommitSha], branch| {
            choose(
                &entries,
                &Wanted {
                    ancestors,
                    branch,
                    machine: None,
                },
            )
        };
        let merge_base = chosen(&[sha(3), sha(2), sha(1)], Some("main")).unwrap();
        assert_eq!(
            (merge_base.runs, merge_base.how),
            (vec![0, 1, 2], How::MergeBase)
        );
        let ancestor = chosen(&[sha(99), sha(98), sha(2)], None).unwrap();
        assert_eq!((ancestor.runs, ancestor.how), (vec![1], How::Ancestor(2)));
        let branch = chosen(&[sha(99)], Some("main")).unwrap();
        assert_eq!((branch.runs.len(), branch.how), (5, How::Branch));
        assert!(
            chosen(&[], Some("other"))
                .unwrap_err()
                .contains("\"other\"")
        );
        assert!(
            choose(&[], &Wanted::default())
                .unwrap_err()
                .contains("empty")
        );
    }

    #[test]
    fn other_machines_do_not_count() {
        let mut entries = history();
        let machine = |cpu: &str| Machine {
            cpu: Some(cpu.to_owned()),
            ..Machine::default()
        };
        for entry in &mut entries[1..] {
            entry.run.machine = machine("slow");
        }
        let fast = machine("fast");
        let wanted = Wanted {
            ancestors: &[],
            branch: Some("main"),
            machine: Some(&fast),
        };
        let chosen = choose(&entries, &wanted).unwrap();
        assert_eq!(
            (chosen.runs.as_slice(), chosen.other_machines),
            (&[0][..], 4),
            "an unknown machine may be any"
        );
        entries[0].run.machine = machine("slow");
        assert!(
            choose(&entries, &wanted)
                .unwrap_err()
                .contains("other kinds of machines")
        );
    }
}
