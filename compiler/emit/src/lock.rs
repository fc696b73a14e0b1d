//! `flow.lock`: the pins of a project, as text and back. docs/reference/lock.md describes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::Pin;

/// The file's name, in the project's folder.
pub const LOCK_FILE: &str = "flow.lock";

/// The version of its format.
const FORMAT: u32 = 1;

const HEADER: &str = "\
# Which commit each version stands for that programs name. Made by `flowc lock`; commit it.
# `flowc lock --accept` takes over what an update bot has changed in emitted files.
";

/// What a lock file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By what a program writes: `owner/repo@v4`.
    pub pins: BTreeMap<String, Pin>,
}

/// What is wrong with a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// Where, from 1; 0: in general.
    pub line: usize,
    /// What.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[serde(default)]
    pin: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    uses: String,
    version: String,
    commit: String,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    ///
    /// When it is no TOML, of another format, or says what cannot be.
    pub fn read(text: &str) -> Result<Self, LockError> {
        let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        let file: File = toml::from_str(text).map_err(|error| LockError {
            line: error.span().map_or(0, |span| line(span.start)),
            message: error.message().to_owned(),
        })?;
        if file.format != FORMAT {
            let message = format!("its format is {}, and this flowc reads {FORMAT}", file.format);
            return Err(LockError { line: 0, message });
        }
        let mut pins = BTreeMap::new();
        for entry in file.pin {
            let line = line(entry.span().start);
            let Entry { uses, version, commit } = entry.into_inner();
            let wrong = |message: String| LockError { line, message };
            if !is_reference(&uses) {
                return Err(wrong(format!("`{uses}` is not of the form owner/repo@version")));
            }
            if !is_digest(&commit) {
                return Err(wrong(format!("`{commit}` is neither a commit of 40 digits nor a digest")));
            }
            if version.is_empty() || version.chars().any(|it| it.is_whitespace() || it.is_control() || it == '#') {
                return Err(wrong(format!("`{version}` is no version")));
            }
            if pins.insert(uses.clone(), Pin { commit, version }).is_some() {
                return Err(wrong(format!("`{uses}` stands twice")));
            }
        }
        Ok(Self { pins })
    }

    /// Its text, sorted.
    pub fn write(&self) -> String {
        let mut out = format!("{HEADER}format = {FORMAT}\n");
        for (uses, Pin { commit, version }) in &self.pins {
            let _ = write!(out, "\n[[pin]]\nuses = \"{uses}\"\nversion = \"{version}\"\ncommit = \"{commit}\"\n");
        }
        out
    }
}

/// `owner/repo@version`, or an image with its tag.
fn is_reference(text: &str) -> bool {
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|it| it.is_ascii_alphanumeric() || "._-/:@+".contains(it));
    if let Some(image) = text.strip_prefix("docker://") {
        return plain(image) && image.contains(':');
    }
    let Some((repository, version)) = text.split_once('@') else { return false };
    plain(version) && plain(repository) && repository.split('/').filter(|it| !it.is_empty()).count() == 2
}

/// A commit, or the digest of an image.
fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:");
    let length = if digits.is_some() { 64 } else { 40 };
    let digits = digits.unwrap_or(text);
    digits.len() == length && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::{Lock, Pin};

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn what_is_written_is_read() {
        let mut lock = Lock::default();
        for uses in ["b/c@v1", "a/b@release/v2"] {
            lock.pins.insert(uses.into(), Pin { commit: COMMIT.into(), version: "v1.2.3".into() });
        }
        let digest = format!("sha256:{}", "0a".repeat(32));
        lock.pins.insert("docker://r:5000/i:3".into(), Pin { commit: digest, version: "3".into() });
        let text = lock.write();
        assert_eq!(Lock::read(&text), Ok(lock));
        assert!(text.find("a/b@").unwrap() < text.find("b/c@").unwrap(), "sorted:\n{text}");
        assert_eq!(Lock::read(&Lock::default().write()), Ok(Lock::default()));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let entry = |uses: &str, version: &str, commit: &str| {
            format!("format = 1\n\n[[pin]]\nuses = \"{uses}\"\nversion = \"{version}\"\ncommit = \"{commit}\"\n")
        };
        let fine = entry("a/b@v1", "v1.0.0", COMMIT);
        assert!(Lock::read(&fine).is_ok());
        let twice = format!("{fine}{}", fine.replace("format = 1\n", ""));
        for (text, line, says) in [
            (twice.as_str(), 8, "`a/b@v1` stands twice"),
            (&entry("a/b", "v1", COMMIT), 3, "`a/b` is not of the form"),
            (&entry("a/b/c@v1", "v1", COMMIT), 3, "`a/b/c@v1` is not of the form"),
            (&entry("a/b@v1", "v1 # x", COMMIT), 3, "`v1 # x` is no version"),
            (&entry("a/b@v1", "v1", "0123"), 3, "`0123` is neither"),
            (&entry("a/b@v1", "v1", &COMMIT.to_uppercase()), 3, "is neither"),
            ("format = 2\n", 0, "its format is 2"),
            ("pin = []\n", 1, "missing field `format`"),
            ("format = 1\nother = 2\n", 2, "unknown field `other`"),
            ("format = 1\n<<<<<<< HEAD\n", 2, ""),
        ] {
            let error = Lock::read(text).unwrap_err();
            assert!(error.message.contains(says), "{text}\n{error:?}");
            assert_eq!(error.line, line, "{text}\n{error:?}");
        }
    }
}
