//! The one door to what differs between operating systems: modes, links, locks, process groups.
//!
//! Both sides offer the same functions. Windows' side is kept compiling; nobody has tested it yet.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

use flow_plan::model::Os;

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself.
    Code(i32),
    /// By a signal: its number and name.
    #[cfg_attr(windows, expect(dead_code, reason = "there are none"))]
    Signal(i32, String),
}

/// This machine's system. Systems that Flow has no word for count as Linux.
pub(crate) const fn host() -> Os {
    if cfg!(windows) {
        Os::Windows
    } else if cfg!(target_os = "macos") {
        Os::Macos
    } else {
        Os::Linux
    }
}
