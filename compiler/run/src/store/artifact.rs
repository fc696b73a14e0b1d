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
    /// The name, or what a link says, holds a character that not every system can hold.
    NotPortable(char),
    /// Neither file nor directory nor link.
    Special,
}

impl Display for SealProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkLeaves(target) => write!(f, "is a link to `{target}`, which is not inside the directory"),
            Self::NameNotUtf8 => f.write_str("has a name that is not UTF-8"),
            Self::NotPortable('\n' | '\r') => f.write_str("has a name with a line break"),
            Self::NotPortable('\\') => f.write_str("has a name with a backslash"),
            Self::NotPortable(_) => f.write_str("has a name with a control character"),
            Self::Special => f.write_str("is neither a file nor a directory nor a link"),
        }
    }
}

/// Stores what `schema` names below the folder `root`. The second result lists what else lies there,
/// which is left out.
pub(crate) fn seal(store: &Store, schema: &Schema, root: &Path) -> Result<(Digest, Vec<String>), SealError> {
    let mut manifest = Manifest::default();
    for field in &schema.fields {
        match fields::files(root, field) {
            Ok(files) => add_field(store, field, &files, root, &mut manifest)?,
            Err(FieldProblem::Missing) if field.optional => {}
            Err(problem) => {
                return Err(SealError::Field { field: field.name.clone(), path: field.path.clone(), problem });
            }
        }
    }
    let digest = store.add_manifest(&manifest)?;
    Ok((digest, strays(schema, root)?))
}

/// Stores a folder as a directory that is sealed as it stands.
pub(super) fn seal_folder(store: &Store, root: &Path) -> Result<Digest, SealError> {
    let mut own = Manifest::default();
    Directory { store, root, prefix: "", manifest: &mut own }.add(Path::new(""))?;
    Ok(store.add_manifest(&own)?)
}

fn add_field(
    store: &Store,
    field: &Field,
    files: &[String],
    root: &Path,
    manifest: &mut Manifest,
) -> Result<(), SealError> {
    let path = root.join(&field.path);
    if field.kind == FieldKind::Opaque {
        let mut own = Manifest::default();
        Directory { store, root: &path, prefix: &field.path, manifest: &mut own }.add(Path::new(""))?;
        manifest.entries.push(store.add_directory(field.path.clone(), &own)?);
        return Ok(());
    }
    // A link that a script put where a file is wanted stands for the file, as for every program that opens it.
    for path in files {
        let (digest, size) = store.add_file(&root.join(path))?;
        let executable = field.kind == FieldKind::Exec;
        manifest.entries.push(Entry::File { path: path.clone(), executable, size, digest });
    }
    Ok(())
}

/// An opaque directory that is being sealed.
struct Directory<'a> {
    store: &'a Store,
    /// The directory itself.
    root: &'a Path,
    /// Its path in the artifact, for messages; empty if it is all of it.
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
        if empty && !folder.as_os_str().is_empty() {
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
                return Err(self.refused(path, problem));
            }
            let target = text(&target).map_err(|problem| self.refused(path, problem))?;
            Entry::Link { path: name, target }
        } else {
            return Err(self.refused(path, SealProblem::Special));
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

    /// The path in the directory.
    fn name(&self, path: &Path) -> Result<String, SealError> {
        text(path).map_err(|problem| self.refused(path, problem))
    }

    fn refused(&self, path: &Path, problem: SealProblem) -> SealError {
        let path = Path::new(self.prefix).join(path).to_string_lossy().into_owned();
        SealError::Entry { path, problem }
    }
}

/// A path as manifests hold it.
fn text(path: &Path) -> Result<String, SealProblem> {
    let text = path.to_str().ok_or(SealProblem::NameNotUtf8)?;
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    match text.chars().find(|it| it.is_ascii_control() || *it == '\\') {
        Some(it) => Err(SealProblem::NotPortable(it)),
        None => Ok(text),
    }
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
            } else if !schema.fields.iter().any(|it| it.covers(&path.to_string_lossy())) {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

impl Store {
    /// Stores the manifest of a sealed directory, and returns it as the entry of an artifact.
    pub(crate) fn add_directory(&self, path: String, manifest: &Manifest) -> Result<Entry, StoreError> {
        let digest = self.add_manifest(manifest)?;
        Ok(Entry::Directory { path, size: manifest.text().len() as u64, digest })
    }

    /// Makes the artifact with this digest visible as the folder `to`, read-only.
    ///
    /// # Errors
    /// If something of it is missing or damaged, or cannot be written.
    pub(crate) fn restore(&self, digest: &Digest, to: &Path) -> Result<(), StoreError> {
        let mut folders = BTreeSet::from([to.to_owned()]);
        files::make_folder(to)?;
        self.put(digest, to, None, &mut folders)?;
        // Deepest first: a folder sorts before what it holds.
        for folder in folders.iter().rev() {
            system::set_folder_mode(folder, false).with("set the mode of", folder)?;
        }
        Ok(())
    }

    /// Puts what a manifest lists into `top`, for a directory of an artifact into the folder `below` in
    /// it; notes the folders that are made.
    fn put(
        &self,
        digest: &Digest,
        top: &Path,
        below: Option<&Path>,
        folders: &mut BTreeSet<PathBuf>,
    ) -> Result<(), StoreError> {
        for entry in self.manifest(digest)?.entries {
            let name = below.unwrap_or(Path::new("")).join(entry.path());
            let unsafe_path = || StoreError::Manifest {
                digest: digest.clone(),
                problem: format!("`{}` leads out of the artifact", entry.path()),
            };
            let full = top.join(files::inside(&name).ok_or_else(unsafe_path)?);
            let folder = match entry {
                Entry::Empty { .. } | Entry::Directory { .. } => Some(full.as_path()),
                Entry::File { .. } | Entry::Link { .. } => full.parent(),
            };
            if let Some(folder) = folder
                && !folders.contains(folder)
            {
                files::make_folder(folder)?;
                folders.extend(folder.ancestors().take_while(|it| *it != top).map(Path::to_owned));
            }
            match &entry {
                Entry::File { executable, size, digest, .. } => {
                    self.place(digest, *size, *executable, &full, &name.to_string_lossy())?;
                }
                Entry::Link { target, .. } => {
                    system::symlink(Path::new(target), &full).with("create the link", &full)?;
                }
                Entry::Directory { digest, .. } if below.is_none() => {
                    self.put(digest, top, Some(Path::new(entry.path())), folders)?;
                }
                // One within another is none of ours.
                Entry::Directory { .. } => return Err(unsafe_path()),
                Entry::Empty { .. } => {}
            }
        }
        Ok(())
    }
}
