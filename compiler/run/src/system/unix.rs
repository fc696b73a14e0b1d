//! Unix: the only file that knows modes, signals and process groups.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::fs::{AtFlags, CWD, FlockOperation, RenameFlags, Timespec, Timestamps};
use rustix::process::{Pid, Signal};

use super::Exit;

/// Whether its owner may execute it.
pub(crate) fn is_executable(metadata: &Metadata) -> bool {
    metadata.mode() & 0o100 != 0
}

/// Sets the mode of a file to 0644, 0755, or the same without writing.
pub(crate) fn set_file_mode(path: &Path, executable: bool, writable: bool) -> io::Result<()> {
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, Permissions::from_mode(if writable { mode } else { mode & 0o555 }))
}

/// Sets the mode of a folder to 0755 or, without writing, to 0555.
pub(crate) fn set_folder_mode(path: &Path, writable: bool) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(if writable { 0o755 } else { 0o555 }))
}

/// Makes the link `link`, which says `target`.
pub(crate) fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Gives `path`, itself and not what it links to, the time of change that `metadata` has.
pub(crate) fn copy_time(metadata: &Metadata, path: &Path) -> io::Result<()> {
    let changed = Timespec { tv_sec: metadata.mtime(), tv_nsec: metadata.mtime_nsec() as _ };
    let times = Timestamps { last_access: changed, last_modification: changed };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// A path as git prints it.
pub(crate) fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    std::ffi::OsString::from_vec(bytes).into()
}

/// Takes the lock that the file `path` stands for, until the returned handle is dropped or the
/// process ends. `None`: someone else has it.
pub(crate) fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether [`exchange`] is worth trying again.
pub(crate) const CAN_EXCHANGE: bool = true;

/// Exchanges two folders in one moment.
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    Ok(rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

/// Who this process is, as `user:group`; `None`: one who owns all that containers make.
pub(crate) fn owner() -> Option<String> {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    (!user.is_root()).then(|| format!("{}:{}", user.as_raw(), group.as_raw()))
}

/// Makes the program start in a process group of its own.
pub(crate) fn in_own_group(command: &mut tokio::process::Command) {
    command.process_group(0);
}

/// A process group, which a process and all it starts are in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group(Pid);

impl Group {
    /// The group that a process started [`in_own_group`] leads.
    pub(crate) fn led_by(process: u32) -> Option<Self> {
        i32::try_from(process).ok().and_then(Pid::from_raw).map(Self)
    }

    /// Asks all its processes to end.
    pub(crate) fn terminate(self) {
        // It fails only if there is nobody left to ask.
        let _ = rustix::process::kill_process_group(self.0, Signal::TERM);
    }

    /// Ends all its processes.
    pub(crate) fn kill(self) {
        let _ = rustix::process::kill_process_group(self.0, Signal::KILL);
    }

    /// Whether it still has a process that does something.
    pub(crate) fn is_alive(self) -> bool {
        rustix::process::test_kill_process_group(self.0).is_ok() && self.has_more_than_zombies()
    }

    /// Processes that have ended stay in the table until their parent asks for them. In a container
    /// whose first process never does, the group would seem to live for ever.
    fn has_more_than_zombies(self) -> bool {
        let Ok(processes) = std::fs::read_dir("/proc") else { return true };
        let mut known = false;
        for process in processes.flatten() {
            let Ok(stat) = std::fs::read_to_string(process.path().join("stat")) else { continue };
            // `id (name) state parent group …`, where the name may hold anything.
            let Some((_, rest)) = stat.rsplit_once(')') else { continue };
            let mut words = rest.split_whitespace();
            let (state, group) = (words.next(), words.nth(1));
            known = true;
            if group.and_then(|it| it.parse().ok()) == Some(self.0.as_raw_nonzero().get()) && state != Some("Z") {
                return true;
            }
        }
        // Systems without such a table have no answer.
        !known
    }
}

/// How a process ended.
pub(crate) fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(number)) => Exit::Signal(number, signal_name(number)),
        (None, None) => Exit::Code(status.into_raw()),
    }
}

fn signal_name(number: i32) -> String {
    let known = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
    ];
    known
        .iter()
        .find(|(signal, _)| signal.as_raw() == number)
        .map_or_else(|| format!("signal {number}"), |(_, name)| (*name).to_owned())
}
