//! What is given to people: copies in the project, `.flow/out/<pipeline>/<name>`, so that they can be
//! opened, and stay until the next run replaces them. Each is a folder, as on hosted platforms.
//!
//! A job that failed gives what it has: a report of failed tests is what one wants to read then.

use std::path::{Path, PathBuf};

use flow_plan::model::{Expose, Field, FieldKind, Job, OutputKind};

use crate::files::{self, FileError, With};
use crate::folder::JobFolder;
use crate::system;

/// Copies what a job exposes. `Ok(None)`: there is nothing of it.
pub(crate) fn put(
    project: &Path,
    pipeline: &str,
    run: &str,
    job: &Job,
    expose: &Expose,
    folder: &JobFolder,
) -> Result<Option<PathBuf>, FileError> {
    let root = folder.flow().join("out").join(&expose.output);
    let schema = job.outputs.iter().find_map(|it| match &it.kind {
        OutputKind::Artifact(schema) if it.name == expose.output => Some(schema),
        _ => None,
    });
    let fields: Vec<&Field> = schema
        .into_iter()
        .flat_map(|it| &it.fields)
        .filter(|it| expose.field.as_ref().is_none_or(|name| *name == it.name))
        .filter(|it| root.join(&it.path).exists())
        .collect();
    if fields.is_empty() {
        return Ok(None);
    }
    let own = project.join(".flow");
    let out = own.join("out").join(plain(pipeline));
    files::make_folder(&out)?;
    let ignore = own.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").with("write", &ignore)?;
    }
    let name = plain(&expose.name);
    let new = out.join(format!(".{name}.{run}"));
    files::make_folder(&new)?;
    for field in fields {
        let from = root.join(&field.path);
        // A single field, or an output that is one, comes without the folders that it lies in.
        let single = expose.field.is_some() || field.name.is_empty();
        let below = match field.kind {
            _ if !single => field.path.as_str(),
            FieldKind::Opaque => "",
            FieldKind::File | FieldKind::Exec | FieldKind::Json => field.path.rsplit('/').next().unwrap_or_default(),
        };
        let to = new.join(below);
        if from.is_dir() {
            files::copy_folder(&from, &to)?;
            continue;
        }
        if let Some(folder) = to.parent() {
            files::make_folder(folder)?;
        }
        files::copy_file(&from, &to)?;
    }
    let path = out.join(&name);
    replace(&new, &path)?;
    Ok(Some(path))
}

/// Puts `new` where `path` is, in one moment where the system can.
fn replace(new: &Path, path: &Path) -> Result<(), FileError> {
    // Another run may do the same at the same time: what was not there a moment ago may be there now.
    const ATTEMPTS: usize = 5;
    for _ in 0..ATTEMPTS {
        if system::exchange(new, path).is_ok() {
            // Now it is what was there before.
            return files::remove_folder(new);
        }
        if !path.exists() && std::fs::rename(new, path).is_ok() {
            return Ok(());
        }
        if !system::CAN_EXCHANGE {
            files::remove_folder(path)?;
        }
    }
    std::fs::rename(new, path).with("create", path)
}

/// A name that every file system takes.
fn plain(name: &str) -> String {
    let allowed = |it: char| !it.is_control() && !"/\\:*?\"<>|".contains(it);
    let plain: String = name.chars().map(|it| if allowed(it) { it } else { '_' }).collect();
    match plain.trim_start_matches('.').trim_end_matches(['.', ' ']) {
        "" => "_".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_stay_in_their_folder() {
        assert_eq!(plain("core dumps 1"), "core dumps 1");
        assert_eq!(plain("../../etc"), "_.._etc");
        assert_eq!(plain("a/b: c"), "a_b_ c");
        assert_eq!(plain(".."), "_");
    }
}
