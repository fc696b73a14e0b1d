//! Whether what was made visible is still what was sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use super::{Digest, Entry, Store, StoreError};
use crate::files::{FileError, With};
use crate::system;

/// How a file of an artifact differs from what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
    /// It is another.
    Changed,
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "was added",
            Self::Removed => "was removed",
            Self::Changed => "was changed",
        })
    }
}

impl Store {
    /// Compares the folder `at` with the artifact that was [restored](Store::restore) there: the first
    /// file that differs.
    pub(crate) fn changed(&self, digest: &Digest, at: &Path) -> Result<Option<(String, Change)>, StoreError> {
        let mut expected = BTreeMap::new();
        let mut folders = BTreeSet::from([PathBuf::new()]);
        for entry in self.manifest(digest)?.entries {
            let path = PathBuf::from(entry.path());
            folders.extend(path.ancestors().skip(1).map(Path::to_owned));
            if let Entry::Directory { digest, .. } = &entry {
                for inner in self.manifest(digest)?.entries {
                    let path = path.join(inner.path());
                    folders.extend(path.ancestors().skip(1).map(Path::to_owned));
                    expected.insert(path, inner);
                }
            } else {
                expected.insert(path.clone(), entry);
            }
            folders.insert(path);
        }
        let mut open = vec![PathBuf::new()];
        while let Some(folder) = open.pop() {
            let full = at.join(&folder);
            for found in std::fs::read_dir(&full).with("list", &full)? {
                let found = found.with("list", &full)?;
                let path = folder.join(found.file_name());
                let change = match expected.remove(&path) {
                    Some(entry) if is_same(&entry, &found.path())? => None,
                    Some(_) => Some(Change::Changed),
                    None => (!folders.contains(&path)).then_some(Change::Added),
                };
                if let Some(change) = change {
                    return Ok(Some((path.to_string_lossy().into_owned(), change)));
                }
                if found.file_type().with("read", &found.path())?.is_dir() {
                    open.push(path);
                }
            }
        }
        Ok(expected.into_keys().next().map(|path| (path.to_string_lossy().into_owned(), Change::Removed)))
    }
}

fn is_same(entry: &Entry, path: &Path) -> Result<bool, FileError> {
    let metadata = std::fs::symlink_metadata(path).with("read", path)?;
    Ok(match entry {
        Entry::File { executable, size, digest, .. } => {
            metadata.is_file()
                && metadata.len() == *size
                && (cfg!(windows) || system::is_executable(&metadata) == *executable)
                && {
                    let content = std::fs::File::open(path).with("read", path)?;
                    Digest::of_reader(content).with("read", path)?.0 == *digest
                }
        }
        Entry::Link { target, .. } => {
            metadata.is_symlink() && std::fs::read_link(path).with("read the link", path)? == Path::new(target)
        }
        Entry::Empty { .. } | Entry::Directory { .. } => metadata.is_dir(),
    })
}
