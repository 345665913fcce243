//! Identifiers that must not be mixed up, each checked where it enters.

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.
    #[error("{0:?} is not a full commit hash of 40 or 64 hexadecimal digits")]
    Commit(String),
    /// Not `owner/name`.
    #[error("{0:?} is not a repository of the form owner/name")]
    Repo(String),
}

/// A full git commit hash, lowercase.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitSha(String);

impl CommitSha {
    /// The hash as lowercase hexadecimal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl TryFrom<String> for CommitSha {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex && (text.len() == 40 || text.len() == 64) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(IdError::Commit(text))
        }
    }
}

impl From<CommitSha> for String {
    fn from(sha: CommitSha) -> Self {
        sha.0
    }
}

impl std::fmt::Display for CommitSha {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository as `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoSlug(String);

impl RepoSlug {
    /// `owner/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RepoSlug {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        match text.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => Ok(Self(text)),
            _ => Err(IdError::Repo(text)),
        }
    }
}

impl From<RepoSlug> for String {
    fn from(slug: RepoSlug) -> Self {
        slug.0
    }
}

/// The number of a workflow run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// Which attempt at a workflow run this is, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunAttempt(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_full_hashes() {
        assert!(
            CommitSha::try_from("A".repeat(40)).is_ok_and(|sha| sha.as_str() == "a".repeat(40))
        );
        assert!(CommitSha::try_from("a".repeat(64)).is_ok());
        for bad in [
            "",
            "abc",
            &"g".repeat(40),
            &"a".repeat(41),
            "--upload-pack=x",
        ] {
            assert!(CommitSha::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn slugs_have_two_plain_parts() {
        assert!(RepoSlug::try_from("org/actions".to_owned()).is_ok());
        for bad in ["org", "org/", "/x", "a/b/c", "a b/c", "a/b\n"] {
            assert!(RepoSlug::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
