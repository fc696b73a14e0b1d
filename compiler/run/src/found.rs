//! What patterns match in a folder, and files that are gathered by one.
//!
//! It refuses to know what the files are for.

use std::path::Path;

use flow_plan::model::{Field, FieldKind, Matches};
use flow_plan::pattern;

use crate::event::{FieldProblem, FilesProblem};
use crate::files::{self, FileError, With};
use crate::system;

/// A name that cannot be told to others: in a folder where a pattern chooses, all names have to be
/// such that every store takes them.
pub(crate) fn strange(name: &str) -> Option<char> {
    name.chars().find(|it| it.is_ascii_control() || "\\\":<>|*?".contains(*it))
}

/// The paths of all that lies below `root` and is no folder, with `/`, sorted by bytes; of names that
/// are not UTF-8 with what is wrong replaced. What git keeps at the top is not looked at.
pub(crate) fn all(root: &Path) -> Result<Vec<String>, FileError> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        let full = root.join(&folder);
        for entry in std::fs::read_dir(&full).with("list", &full)? {
            let entry = entry.with("list", &full)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if folder.is_empty() && name == ".git" {
                continue;
            }
            let path = if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") };
            if entry.file_type().with("read", &entry.path())?.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The files below `root` that the pattern matches, sorted by bytes. A link to one counts.
pub(crate) fn matching(root: &Path, pattern: &str) -> Result<Vec<String>, FileError> {
    let (folder, rest) = pattern::split(pattern);
    let below = root.join(folder);
    if !below.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = all(&below)?;
    found.retain(|it| pattern::matches(rest, it) && below.join(it).is_file());
    Ok(found.into_iter().map(|it| if folder.is_empty() { it } else { format!("{folder}/{it}") }).collect())
}

/// Whether so many files are as many as a field wants.
pub(crate) fn count(field: &Field, found: &[String]) -> Result<(), FieldProblem> {
    match (field.matches, found.len()) {
        (Some(Matches::One | Matches::Some), 0) if !field.optional => Err(FilesProblem::None.into()),
        (Some(Matches::One), 2..) => Err(FilesProblem::Several(found.to_vec()).into()),
        _ => Ok(()),
    }
}

/// Copies the files that a pattern matches below `root` to the folder `to` of a field with a pattern:
/// if that has folders of its own, with those that they lie in below the pattern's; else without.
pub(crate) fn collect(
    root: &Path,
    pattern: &str,
    field: &Field,
    to: &Path,
) -> Result<Result<(), FieldProblem>, FileError> {
    let found = matching(root, pattern)?;
    if let Err(problem) = count(field, &found) {
        return Ok(Err(problem));
    }
    let keeps = pattern::split(&field.path).1.contains('/');
    let above = pattern::split(pattern).0;
    for path in found {
        let below = path.strip_prefix(above).unwrap_or(&path).trim_start_matches('/');
        let name = if keeps { below } else { below.rsplit('/').next().unwrap_or(below) };
        let new = to.join(name);
        if new.symlink_metadata().is_ok() {
            return Ok(Err(FilesProblem::Twice(name.to_owned()).into()));
        }
        if let Some(folder) = new.parent() {
            files::make_folder(folder)?;
        }
        let from = root.join(&path);
        files::copy_file(&from, &new)?;
        let executable =
            field.kind == FieldKind::Exec || system::is_executable(&std::fs::metadata(&from).with("read", &from)?);
        system::set_file_mode(&new, executable, true).with("set the mode of", &new)?;
    }
    Ok(Ok(()))
}
