//! Files that commands write, and how they differ from what was there.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use similar::TextDiff;

/// Writes a file whole or not at all. One that is there keeps its mode, and a link to it stays one.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let there = path.canonicalize();
    let path = there.as_deref().unwrap_or(path);
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).with_context(|| format!("the folder {} cannot be made", parent.display()))?;
    let written = || format!("{} cannot be written", path.display());
    let old = std::fs::metadata(path).map(|it| it.permissions());
    if old.as_ref().is_ok_and(std::fs::Permissions::readonly) {
        // Renaming would not ask.
        return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied)).with_context(written);
    }
    let mut temporary =
        tempfile::NamedTempFile::new_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    temporary.write_all(text.as_bytes()).with_context(written)?;
    match old {
        Ok(mode) => temporary.as_file().set_permissions(mode).with_context(written)?,
        Err(_) => readable(&temporary).with_context(written)?,
    }
    temporary.persist(path).with_context(written)?;
    Ok(())
}

/// A temporary file is its owner's alone; a committed one is everybody's.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

/// How a file would change; `becomes` says by what.
pub(crate) fn diff(name: &str, old: &str, new: &str, becomes: &str) -> String {
    let (there, here) = (format!("{name} (as it is)"), format!("{name} ({becomes})"));
    TextDiff::from_lines(old, new).unified_diff().header(&there, &here).to_string()
}
