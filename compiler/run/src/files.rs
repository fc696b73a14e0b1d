//! Copying and removing files so that nothing is lost on the way: executable bits, links, times.
//!
//! It refuses to know what the files are for.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::error::RunError;
use crate::event::Cause;
use crate::system;

/// What could not be done with which file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", .path.display())]
pub(crate) struct FileError {
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

impl From<FileError> for RunError {
    fn from(FileError { action, path, source }: FileError) -> Self {
        Self::Io { action, path, source }
    }
}

impl From<FileError> for Cause {
    fn from(FileError { action, path, source }: FileError) -> Self {
        Self::Io { action: action.to_owned(), path, message: source.to_string() }
    }
}

/// Adds to an error of the system what was tried with which file.
pub(crate) trait With<T> {
    fn with(self, action: &'static str, path: &Path) -> Result<T, FileError>;
}

impl<T> With<T> for io::Result<T> {
    fn with(self, action: &'static str, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError { action, path: path.to_owned(), source })
    }
}

/// Held for reading while an executable file is written, for writing while a process is started.
///
/// A process inherits, for the moment between fork and exec, all files that are open; and a file
/// that anyone has open for writing cannot be executed ("text file busy"). Without this lock, the
/// start of one job could make a program of another fail.
static EXECUTABLES: RwLock<()> = RwLock::new(());

fn writing_executable() -> RwLockReadGuard<'static, ()> {
    EXECUTABLES.read().unwrap_or_else(PoisonError::into_inner)
}

/// To be held while a process is started.
pub(crate) fn starting_process() -> RwLockWriteGuard<'static, ()> {
    EXECUTABLES.write().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).with("create the folder", path)
}

/// Copies the content and the mode of a file, sharing its blocks where the file system can.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), FileError> {
    let metadata = std::fs::metadata(from).with("read", from)?;
    copy_content(from, to, system::is_executable(&metadata))
}

/// As [`copy_file`]; `executable`: the copy will be run, now or when its mode is set.
pub(crate) fn copy_content(from: &Path, to: &Path, executable: bool) -> Result<(), FileError> {
    let _guard = executable.then(writing_executable);
    // It clones on file systems that can, and copies inside the kernel elsewhere.
    std::fs::copy(from, to).with("copy", from).map(drop)
}

/// Copies a file or a link as it is, with its time of change. `false`: `from` has gone, or is neither.
pub(crate) fn copy_entry(from: &Path, to: &Path) -> Result<bool, FileError> {
    let metadata = match std::fs::symlink_metadata(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other.with("read", from)?,
    };
    if metadata.is_symlink() {
        let target = std::fs::read_link(from).with("read the link", from)?;
        system::symlink(&target, to).with("create the link", to)?;
    } else if metadata.is_file() {
        copy_content(from, to, system::is_executable(&metadata))?;
    } else {
        return Ok(false);
    }
    system::copy_time(&metadata, to).with("set the time of", to)?;
    Ok(true)
}

/// Copies the content of a folder into the folder `to`, which is made if it is not there. Modes of
/// folders are not kept; what is neither file, link nor folder is left out.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), FileError> {
    make_folder(to)?;
    for entry in std::fs::read_dir(from).with("list", from)? {
        let entry = entry.with("list", from)?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().with("read", &from)?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            copy_entry(&from, &to)?;
        }
    }
    Ok(())
}

/// Removes a folder and all in it, also what is read-only. That it is not there is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<(), FileError> {
    let result = match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_removable(path);
            std::fs::remove_dir_all(path)
        }
        other => other,
    };
    result.with("remove", path)
}

/// Gives the right to remove what is inside; what fails here fails again when it is removed.
fn make_removable(folder: &Path) {
    let _ = system::set_folder_mode(folder, true);
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => make_removable(&path),
            // Elsewhere the folder's mode decides.
            Ok(kind) if kind.is_file() && cfg!(windows) => drop(system::set_file_mode(&path, false, true)),
            _ => {}
        }
    }
}

/// `path` without `.` and `..`, judged by its text alone; `None`: it is absolute, or leads above its start.
pub(crate) fn inside(path: &Path) -> Option<PathBuf> {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => result.push(name),
            Component::ParentDir if result.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(result)
}
