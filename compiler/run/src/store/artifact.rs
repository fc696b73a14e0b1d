//! From a directory to an artifact in the store and back, with nothing lost or invented: executable
//! bits, links, hidden files and empty directories survive; what could not is refused.
//!
//! It refuses to know who made the directory and who will read it.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use flow_plan::model::{Field, FieldKind, Schema};

use super::{Digest, Entry, Manifest, Store, StoreError};
use crate::event::FieldProblem;
use crate::fields;
use crate::files::{self, With};
use crate::system;

/// A directory cannot become an artifact.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A field is not what the schema says.
    #[error("`{path}` {problem}")]
    Field {
        /// The field's name.
        field: String,
        /// Its path in the artifact.
        path: String,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// Something in a directory cannot be stored.
    #[error("`{path}` {problem}")]
    Entry {
        /// Its path in the artifact; what is not UTF-8 is replaced.
        path: String,
        /// What is wrong.
        problem: SealProblem,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something in a directory cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealProblem {
    /// A link whose target is not in the same directory.
    LinkLeaves(String),
    /// The name is not UTF-8.
    NameNotUtf8,
    /// The name holds a line break.
    LineBreak,
    /// Neither file nor directory nor link.
    Special,
}

impl Display for SealProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkLeaves(target) => write!(f, "is a link to `{target}`, which is not inside the directory"),
            Self::NameNotUtf8 => f.write_str("has a name that is not UTF-8"),
            Self::LineBreak => f.write_str("has a name with a line break"),
            Self::Special => f.write_str("is neither a file nor a directory nor a link"),
        }
    }
}

/// Stores what `schema` names below the folder `root`. The second result lists what else lies there,
/// which is left out.
pub(crate) fn seal(store: &Store, schema: &Schema, root: &Path) -> Result<(Digest, Vec<String>), SealError> {
    let mut manifest = Manifest::default();
    for field in &schema.fields {
        match fields::check(root, field) {
            Ok(()) => add_field(store, field, root, &mut manifest)?,
            Err(FieldProblem::Missing) if field.optional => {}
            Err(problem) => {
                return Err(SealError::Field { field: field.name.clone(), path: field.path.clone(), problem });
            }
        }
    }
    let digest = store.add_manifest(&manifest)?;
    Ok((digest, strays(schema, root)?))
}

fn add_field(store: &Store, field: &Field, root: &Path, manifest: &mut Manifest) -> Result<(), SealError> {
    let path = root.join(&field.path);
    if field.kind == FieldKind::Opaque {
        return Directory { store, root: &path, prefix: &field.path, manifest }.add(Path::new(""));
    }
    // A link that a script put where a file is wanted stands for the file, as for every program that opens it.
    let (digest, size) = store.add_file(&path)?;
    let executable = field.kind == FieldKind::Exec;
    manifest.entries.push(Entry::File { path: field.path.clone(), executable, size, digest });
    Ok(())
}

/// An opaque directory that is being sealed.
struct Directory<'a> {
    store: &'a Store,
    /// The directory itself.
    root: &'a Path,
    /// Its path in the artifact; empty if it is all of it.
    prefix: &'a str,
    manifest: &'a mut Manifest,
}

impl Directory<'_> {
    /// Adds what lies below `folder`, relative to the directory.
    fn add(&mut self, folder: &Path) -> Result<(), SealError> {
        let full = self.root.join(folder);
        let entries = std::fs::read_dir(&full).with("list", &full).map_err(StoreError::from)?;
        let mut empty = true;
        for entry in entries {
            empty = false;
            let entry = entry.with("list", &full).map_err(StoreError::from)?;
            let path = folder.join(entry.file_name());
            let metadata = entry.metadata().with("read", &entry.path()).map_err(StoreError::from)?;
            if metadata.is_dir() {
                self.add(&path)?;
            } else {
                self.add_one(&path, &metadata)?;
            }
        }
        if empty && !(folder.as_os_str().is_empty() && self.prefix.is_empty()) {
            let path = self.name(folder)?;
            self.manifest.entries.push(Entry::Empty { path });
        }
        Ok(())
    }

    fn add_one(&mut self, path: &Path, metadata: &Metadata) -> Result<(), SealError> {
        let name = self.name(path)?;
        let full = self.root.join(path);
        let entry = if metadata.is_file() {
            let (digest, size) = self.store.add_file(&full)?;
            Entry::File { path: name, executable: system::is_executable(metadata), size, digest }
        } else if metadata.is_symlink() {
            let target = std::fs::read_link(&full).with("read the link", &full).map_err(StoreError::from)?;
            if !self.stays(path, &target) {
                let problem = SealProblem::LinkLeaves(target.to_string_lossy().into_owned());
                return Err(SealError::Entry { path: name, problem });
            }
            let target = text(&target).map_err(|problem| SealError::Entry { path: name.clone(), problem })?;
            Entry::Link { path: name, target }
        } else {
            return Err(SealError::Entry { path: name, problem: SealProblem::Special });
        };
        self.manifest.entries.push(entry);
        Ok(())
    }

    /// Whether a link leads to something in the directory: by its text, and, if there is something at
    /// its end, by where that really is, since the text may lead through other links.
    fn stays(&self, link: &Path, target: &Path) -> bool {
        let folder = link.parent().unwrap_or(Path::new(""));
        let by_text = target.is_relative() && files::inside(&folder.join(target)).is_some();
        by_text
            && match (self.root.join(link).canonicalize(), self.root.canonicalize()) {
                (Ok(end), Ok(root)) => end.starts_with(root),
                _ => true,
            }
    }

    /// The path in the artifact.
    fn name(&self, path: &Path) -> Result<String, SealError> {
        let full = Path::new(self.prefix).join(path);
        text(&full).map_err(|problem| SealError::Entry { path: full.to_string_lossy().into_owned(), problem })
    }
}

/// A path as manifests hold it.
fn text(path: &Path) -> Result<String, SealProblem> {
    let text = path.to_str().ok_or(SealProblem::NameNotUtf8)?;
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    let text = text.trim_end_matches('/').to_owned();
    if text.contains(['\n', '\r']) { Err(SealProblem::LineBreak) } else { Ok(text) }
}

/// What lies below `root` and belongs to no field.
fn strays(schema: &Schema, root: &Path) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        if schema.fields.iter().any(|it| it.kind == FieldKind::Opaque && folder == Path::new(&it.path)) {
            continue;
        }
        let full = root.join(&folder);
        let entries = match std::fs::read_dir(&full) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other.with("list", &full)?,
        };
        for entry in entries {
            let entry = entry.with("list", &full)?;
            let path = folder.join(entry.file_name());
            if entry.file_type().with("read", &entry.path())?.is_dir() {
                folders.push(path);
            } else if !schema.fields.iter().any(|it| path == Path::new(&it.path)) {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

impl Store {
    /// Makes the artifact with this digest visible as the folder `to`, read-only.
    ///
    /// # Errors
    /// If something of it is missing or damaged, or cannot be written.
    pub(crate) fn restore(&self, digest: &Digest, to: &Path) -> Result<(), StoreError> {
        let manifest = self.manifest(digest)?;
        let mut folders = BTreeSet::from([to.to_owned()]);
        files::make_folder(to)?;
        for entry in &manifest.entries {
            let (Entry::File { path, .. } | Entry::Empty { path } | Entry::Link { path, .. }) = entry;
            let unsafe_path = || StoreError::Manifest {
                digest: digest.clone(),
                problem: format!("`{path}` leads out of the artifact"),
            };
            let relative = files::inside(Path::new(path)).ok_or_else(unsafe_path)?;
            let full = to.join(&relative);
            let folder = if matches!(entry, Entry::Empty { .. }) { Some(full.as_path()) } else { full.parent() };
            if let Some(folder) = folder
                && !folders.contains(folder)
            {
                files::make_folder(folder)?;
                folders.extend(folder.ancestors().take_while(|it| *it != to).map(Path::to_owned));
            }
            match entry {
                Entry::File { path, executable, size, digest } => {
                    self.place(digest, *size, *executable, &full, path)?;
                }
                Entry::Link { target, .. } => {
                    system::symlink(Path::new(target), &full).with("create the link", &full)?;
                }
                Entry::Empty { .. } => {}
            }
        }
        // Deepest first: a folder sorts before what it holds.
        for folder in folders.iter().rev() {
            system::set_folder_mode(folder, false).with("set the mode of", folder)?;
        }
        Ok(())
    }
}
