//! The store: where artifacts lie between the job that makes them and the jobs that read them.
//!
//! ```text
//! <store>/
//!   version             "flow-store 1"; another number is another layout, and is refused
//!   blobs/ab/cdef…      contents of files, named by their SHA-256, read-only
//!   manifests/ab/cdef…  what artifacts consist of (manifest.rs), named by their SHA-256, read-only
//!   exposed/…           what runs have given to people (earlier.rs)
//!   runs/<run>/         what belongs to one run (../folder.rs), its records (record.rs) among it
//! ```
//!
//! Everything is written under another name in the run's own folder, flushed, and renamed when whole:
//! a reader finds a file complete or not at all, and what a killed run leaves lies in its folder. What
//! is read is compared with the digest that names it: a manifest always, a blob the first time that
//! this process uses it. A damaged file is removed when it is noticed, so that it can be made again.
//!
//! It refuses to know jobs and plans: that is for who calls it.

mod artifact;
pub(crate) mod earlier;
mod location;
mod manifest;
pub(crate) mod record;
mod unchanged;
pub(crate) mod view;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::files::{self, FileError, With};
use crate::system;

pub(crate) use artifact::seal;
pub use artifact::{SealError, SealProblem};
pub(crate) use location::folder;
pub use manifest::{Entry, Manifest};
pub use unchanged::Change;
pub use view::ViewError;

const VERSION: &str = "flow-store 1\n";

/// A SHA-256 as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(String);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self::from_hash(Sha256::new_with_prefix(bytes))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_hash(hash: Sha256) -> Self {
        use fmt::Write;
        let mut text = String::with_capacity(64);
        for byte in hash.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// Of what is left to read, and how much that is.
    fn of_reader(mut reader: impl Read) -> io::Result<(Self, u64)> {
        let (mut hash, mut size) = (Sha256::new(), 0);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok((Self::from_hash(hash), size)),
                Ok(count) => {
                    hash.update(buffer.get(..count).unwrap_or_default());
                    size += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The store cannot do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is of another version.
    #[error("the store {} is of version `{found}`, this program knows `{}`: remove it, or set FLOW_STORE to another folder", .root.display(), VERSION.trim_end())]
    Version {
        /// Its folder.
        root: PathBuf,
        /// What its version file says.
        found: String,
    },
    /// `$FLOW_STORE` is not a folder's name.
    #[error("FLOW_STORE is `{0}`, but the store must be a folder on this machine")]
    NotAFolder(String),
    /// The system names no cache folder.
    #[error(
        "there is no folder for the store: set FLOW_STORE, or the variable that the cache folder follows from ({0})"
    )]
    Nowhere(&'static str),
    /// A file's content is not what its name says. It has been removed.
    #[error("the stored {what} was damaged: {} does not have the content that it is named after; it has been removed, and the next run makes it again", .path.display())]
    Damaged {
        /// `manifest`, or `file` and its path in the artifact.
        what: String,
        /// The file in the store.
        path: PathBuf,
    },
    /// A file is not there any more.
    #[error("the stored {what} has gone: there is no {}", .path.display())]
    Missing {
        /// `manifest`, or `file` and its path in the artifact.
        what: String,
        /// The file in the store.
        path: PathBuf,
    },
    /// A manifest is whole but not of the known form.
    #[error("the manifest {digest} cannot be read: {problem}")]
    Manifest {
        /// Its digest.
        digest: Digest,
        /// What is wrong.
        problem: String,
    },
    /// A file or folder could not be used.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<FileError> for StoreError {
    fn from(FileError { action, path, source }: FileError) -> Self {
        Self::Io { action, path, source }
    }
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// Where files are written before they are whole; on the same file system.
    scratch: PathBuf,
    /// The blobs that this process has read and found whole.
    verified: Mutex<HashSet<Digest>>,
}

/// Makes the store's folder, or checks that it is one of ours.
pub(crate) fn prepare(root: &Path) -> Result<(), StoreError> {
    let version = root.join("version");
    match std::fs::read(&version) {
        Ok(found) if found == VERSION.as_bytes() => Ok(()),
        Ok(found) => {
            let found = String::from_utf8_lossy(&found).trim_end().to_owned();
            Err(StoreError::Version { root: root.to_owned(), found })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            files::make_folder(root)?;
            write_whole(root, &version, VERSION.as_bytes())
        }
        Err(source) => Err(StoreError::Io { action: "read", path: version, source }),
    }
}

/// Writes a file so that it is there complete or not at all.
fn write_whole(scratch: &Path, path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut file = tempfile::NamedTempFile::new_in(scratch).with("create a file in", scratch)?;
    file.write_all(content).with("write", file.path())?;
    file.as_file().sync_all().with("write", file.path())?;
    rename(file.into_temp_path(), path)
}

fn rename(from: tempfile::TempPath, to: &Path) -> Result<(), StoreError> {
    let Err(first) = from.persist(to) else { return Ok(()) };
    // Whether the folder exists *now* says nothing: another thread may have made it since.
    if let (io::ErrorKind::NotFound, Some(folder)) = (first.error.kind(), to.parent()) {
        files::make_folder(folder)?;
        return Ok(first.path.persist(to).map_err(|it| it.error).with("create", to)?);
    }
    Err(first.error).with("create", to)?
}

impl Store {
    /// Opens the store in `root`, which [`prepare`] has seen. `scratch` is a folder of the caller's
    /// own in it.
    pub(crate) fn open(root: &Path, scratch: &Path) -> Self {
        Self { root: root.to_owned(), scratch: scratch.to_owned(), verified: Mutex::default() }
    }

    /// Where the manifest with this digest lies.
    pub fn manifest_path(&self, digest: &Digest) -> PathBuf {
        self.path("manifests", digest)
    }

    fn path(&self, folder: &str, Digest(digits): &Digest) -> PathBuf {
        let (first, rest) = digits.split_at_checked(2).unwrap_or((digits, ""));
        self.root.join(folder).join(first).join(rest)
    }

    /// Stores the content of a file, and says its digest and size.
    pub(crate) fn add_file(&self, file: &Path) -> Result<(Digest, u64), StoreError> {
        let copy = tempfile::NamedTempFile::new_in(&self.scratch).with("create a file in", &self.scratch)?;
        let copy = copy.into_temp_path();
        // Nobody runs what lies in the store.
        files::copy_content(file, &copy, false)?;
        system::set_file_mode(&copy, false, true).with("set the mode of", &copy)?;
        // What is hashed is the copy: whatever happens to the file meanwhile, the name fits the content.
        let content = std::fs::File::options().read(true).write(true).open(&copy).with("read", &copy)?;
        let (digest, size) = Digest::of_reader(&content).with("read", &copy)?;
        let path = self.path("blobs", &digest);
        let stored = std::fs::metadata(&path).is_ok_and(|it| it.len() == size);
        if !stored {
            content.sync_all().with("write", &copy)?;
            drop(content);
            system::set_file_mode(&copy, false, false).with("set the mode of", &copy)?;
            rename(copy, &path)?;
        }
        Ok((digest, size))
    }

    /// Stores a manifest, and says its digest.
    pub(crate) fn add_manifest(&self, manifest: &Manifest) -> Result<Digest, StoreError> {
        let text = manifest.text();
        let digest = Digest::of(&text);
        let path = self.manifest_path(&digest);
        if !path.exists() {
            write_whole(&self.scratch, &path, text.as_bytes())?;
            system::set_file_mode(&path, false, false).with("set the mode of", &path)?;
        }
        Ok(digest)
    }

    /// The manifest with this digest.
    ///
    /// # Errors
    /// If it is not there, damaged, or cannot be read.
    pub fn manifest(&self, digest: &Digest) -> Result<Manifest, StoreError> {
        let path = self.manifest_path(digest);
        let what = || "manifest".to_owned();
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { what: what(), path });
            }
            other => other.with("read", &path)?,
        };
        if Digest::of(&text) != *digest {
            return Err(damaged(what(), path));
        }
        Manifest::parse(&text).map_err(|problem| StoreError::Manifest { digest: digest.clone(), problem })
    }

    /// Copies a blob to `to`, read-only, and checks the copy. `name` is the file's path in the artifact.
    fn place(&self, digest: &Digest, size: u64, executable: bool, to: &Path, name: &str) -> Result<(), StoreError> {
        let path = self.path("blobs", digest);
        let what = || format!("file `{name}`");
        let metadata = match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { what: what(), path });
            }
            other => other.with("read", &path)?,
        };
        if metadata.len() != size {
            return Err(damaged(what(), path));
        }
        files::copy_content(&path, to, executable)?;
        if !self.verified().contains(digest) {
            let content = std::fs::File::open(to).with("read", to)?;
            if Digest::of_reader(content).with("read", to)?.0 != *digest {
                return Err(damaged(what(), path));
            }
            self.verified().insert(digest.clone());
        }
        Ok(system::set_file_mode(to, executable, false).with("set the mode of", to)?)
    }

    fn verified(&self) -> std::sync::MutexGuard<'_, HashSet<Digest>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a file whose content is not what its name says.
fn damaged(what: String, path: PathBuf) -> StoreError {
    // If it cannot be removed, it will be found damaged again: nobody ever believes it.
    let _ = system::set_file_mode(&path, false, true);
    let _ = std::fs::remove_file(&path);
    StoreError::Damaged { what, path }
}

/// What `variables` says about `name`; an empty text is nothing.
fn variable<'a>(
    variables: &'a std::collections::BTreeMap<std::ffi::OsString, std::ffi::OsString>,
    name: &str,
) -> Option<&'a OsStr> {
    crate::environment::get(variables, name).filter(|it| !it.is_empty())
}
