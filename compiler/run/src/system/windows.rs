//! Windows: compiles, untested. Where the system has no counterpart, the nearest that does no harm.

use std::fs::{File, Metadata};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::Exit;

/// There is no such bit: the name decides.
pub(crate) fn is_executable(_metadata: &Metadata) -> bool {
    true
}

/// Only the read-only attribute exists.
pub(crate) fn set_file_mode(path: &Path, _executable: bool, writable: bool) -> io::Result<()> {
    let mut permissions = std::fs::metadata(path)?.permissions();
    permissions.set_readonly(!writable);
    std::fs::set_permissions(path, permissions)
}

/// The attribute means nothing on folders.
pub(crate) fn set_folder_mode(_path: &Path, _writable: bool) -> io::Result<()> {
    Ok(())
}

/// Makes the link `link`, which says `target`.
pub(crate) fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    let folder = link.parent().is_some_and(|parent| parent.join(target).is_dir());
    if folder {
        std::os::windows::fs::symlink_dir(target, link)
    } else {
        std::os::windows::fs::symlink_file(target, link)
    }
}

/// Gives the file `path` the time of change that `metadata` has; links keep theirs.
pub(crate) fn copy_time(metadata: &Metadata, path: &Path) -> io::Result<()> {
    if metadata.is_symlink() {
        return Ok(());
    }
    File::options().write(true).open(path)?.set_modified(metadata.modified()?)
}

/// A path as git prints it.
pub(crate) fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Takes the lock that the file `path` stands for, by opening it for nobody else.
pub(crate) fn try_lock(path: &Path) -> io::Result<Option<File>> {
    const SHARING_VIOLATION: i32 = 32;
    match File::options().create(true).truncate(false).write(true).share_mode(0).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error() == Some(SHARING_VIOLATION) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether [`exchange`] is worth trying again.
pub(crate) const CAN_EXCHANGE: bool = false;

/// The system cannot.
pub(crate) fn exchange(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Who this process is, as `user:group`; `None`: there is no such thing.
pub(crate) const fn owner() -> Option<String> {
    None
}

/// Trees of processes are found by `taskkill`.
pub(crate) fn in_own_group(_command: &mut tokio::process::Command) {}

/// A process and those that it started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group(u32);

impl Group {
    /// The process and its tree.
    pub(crate) fn led_by(process: u32) -> Option<Self> {
        Some(Self(process))
    }

    /// There is no gentle way.
    pub(crate) fn terminate(self) {
        self.kill();
    }

    /// Ends the tree.
    pub(crate) fn kill(self) {
        let _ = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &self.0.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }

    /// Cannot be asked; the leader is waited for elsewhere.
    pub(crate) fn is_alive(self) -> bool {
        false
    }
}

/// How a process ended.
pub(crate) fn exit(status: ExitStatus) -> Exit {
    Exit::Code(status.code().unwrap_or(1))
}
