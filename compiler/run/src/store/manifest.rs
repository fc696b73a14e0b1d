//! Manifests, version 1: the text that says what an artifact consists of. Its SHA-256 identifies the
//! artifact, on every system.
//!
//! One line per entry, `kind mode size sha256 path`, sorted by bytes, each ended by a line feed:
//!
//! ```text
//! d 0755 0 - empty/folder
//! f 0644 12 <sha-256 of the content> notes.txt
//! f 0755 345 <sha-256 of the content> bin/server
//! l 0644 9 <sha-256 of the target> current -> notes.txt
//! t 0755 678 <sha-256 of its manifest> assets
//! ```
//!
//! `f` is a file, `d` a directory with nothing in it (others follow from what they hold), `l` a link
//! whose size is that of its target's text. Paths have `/`, are in UTF-8 and without control
//! characters. What is empty has an empty manifest.
//!
//! A sealed directory has a manifest of its own, whose paths are relative to it: so it has one digest
//! wherever it lies, in whichever artifact and on whichever system. `t` stands for one in an artifact,
//! with the size of its manifest; there is none within a directory.

use std::fmt::Write;

use super::Digest;

/// What an artifact consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// In any order; the text is sorted.
    pub entries: Vec<Entry>,
}

/// A file, link or empty directory of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File {
        /// Where it lies in the artifact.
        path: String,
        /// Whether it may be executed.
        executable: bool,
        /// In bytes.
        size: u64,
        /// Of its content.
        digest: Digest,
    },
    /// A directory with nothing in it.
    Empty {
        /// Where it lies in the artifact.
        path: String,
    },
    /// A link.
    Link {
        /// Where it lies in the artifact.
        path: String,
        /// What it says.
        target: String,
    },
    /// A sealed directory, which has a manifest of its own.
    Directory {
        /// Where it lies in the artifact; empty if it is all of it.
        path: String,
        /// Of its manifest, in bytes.
        size: u64,
        /// Of its manifest.
        digest: Digest,
    },
}

impl Manifest {
    /// The text that is stored, and whose digest identifies the artifact.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = self.entries.iter().map(Entry::line).collect();
        lines.sort_unstable();
        lines.concat()
    }

    /// Reads a text that [`text`](Self::text) wrote; else says what is wrong with it.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
        let entries = text
            .split_terminator('\n')
            .map(|line| Entry::parse(line).ok_or_else(|| format!("`{line}` is not `kind mode size sha256 path`")));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl Entry {
    /// Where it lies.
    pub fn path(&self) -> &str {
        match self {
            Self::File { path, .. } | Self::Empty { path } | Self::Link { path, .. } | Self::Directory { path, .. } => {
                path
            }
        }
    }

    /// The same, lying elsewhere.
    pub(crate) fn moved(self, path: String) -> Self {
        match self {
            Self::File { executable, size, digest, .. } => Self::File { path, executable, size, digest },
            Self::Empty { .. } => Self::Empty { path },
            Self::Link { target, .. } => Self::Link { path, target },
            Self::Directory { size, digest, .. } => Self::Directory { path, size, digest },
        }
    }

    fn line(&self) -> String {
        let mut line = String::new();
        // Writing to a string cannot fail.
        let _ = match self {
            Self::File { path, executable, size, digest } => {
                let mode = if *executable { "0755" } else { "0644" };
                writeln!(line, "f {mode} {size} {digest} {path}")
            }
            Self::Empty { path } => writeln!(line, "d 0755 0 - {path}"),
            Self::Directory { path, size, digest } => writeln!(line, "t 0755 {size} {digest} {path}"),
            Self::Link { path, target } => {
                writeln!(line, "l 0644 {} {} {path} -> {target}", target.len(), Digest::of(target))
            }
        };
        line
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        let (kind, mode, size, digest, path) =
            (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
        let size: u64 = size.parse().ok()?;
        let entry = match kind {
            "f" => {
                let digest = Digest(digest.to_owned());
                Self::File { path: path.to_owned(), executable: mode == "0755", size, digest }
            }
            "d" => Self::Empty { path: path.to_owned() },
            "t" => Self::Directory { path: path.to_owned(), size, digest: Digest(digest.to_owned()) },
            "l" => {
                // The size tells where the target begins, since a path may hold ` -> ` too.
                let (path, target) = path.split_at_checked(path.len().checked_sub(usize::try_from(size).ok()?)?)?;
                Self::Link { path: path.strip_suffix(" -> ")?.to_owned(), target: target.to_owned() }
            }
            _ => return None,
        };
        // What does not come out as it went in was not written by us.
        (entry.line().strip_suffix('\n') == Some(line)).then_some(entry)
    }
}
