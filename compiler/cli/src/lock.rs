//! The lock file of a project.

use std::path::Path;

use anyhow::{Context as _, Result};
use flow_emit::{LOCK_FILE, Lock, Pins};

/// What the lock file of a project holds; nothing if there is none.
pub(crate) fn read(root: &Path) -> Result<Lock> {
    let path = root.join(LOCK_FILE);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lock::default()),
        other => other.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    Lock::read(&text).map_err(|error| match error.line {
        0 => anyhow::anyhow!("{}: {}", path.display(), error.message),
        line => anyhow::anyhow!("{}:{line}: {}", path.display(), error.message),
    })
}

/// The pins of the standard library and of a lock file.
pub(crate) fn pins(lock: &Lock) -> Pins {
    let mut pins = Pins::default();
    pins.add(lock);
    pins
}
