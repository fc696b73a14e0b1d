//! What is given to people: copies in the project, `.flow/out/<pipeline>/<name>`, so that they can be
//! opened, and stay until the next run replaces them. Each is a folder, as on hosted platforms.
//!
//! A job that failed gives what it has: a report of failed tests is what one wants to read then.

use std::path::{Path, PathBuf};

use flow_plan::model::{Expose, Field, FieldKind, Found, Job, OutputKind};
use flow_plan::pattern::{common_folder, split};
use flow_plan::script;

use crate::files::{self, FileError, With};
use crate::{found, system};

/// Where what a job exposes lies, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places<'a> {
    /// The project's folder.
    pub(crate) project: &'a Path,
    /// The pipeline's name.
    pub(crate) pipeline: &'a str,
    /// The run's id.
    pub(crate) run: &'a str,
    /// The sources that the job sees.
    pub(crate) sources: &'a Path,
    /// The job's private folder.
    pub(crate) flow: &'a Path,
}

/// Copies what a job exposes. `Ok(None)`: there is nothing of it.
pub(crate) fn put(places: &Places<'_>, job: &Job, expose: &Expose) -> Result<Option<PathBuf>, FileError> {
    let mut given = Vec::new();
    for one in shown(places, job, expose)? {
        if one.0.exists() {
            given.push(one);
        }
    }
    if given.is_empty() {
        return Ok(None);
    }
    let own = places.project.join(".flow");
    let out = own.join("out").join(plain(places.pipeline));
    files::make_folder(&out)?;
    let ignore = own.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").with("write", &ignore)?;
    }
    let name = plain(&expose.name);
    let new = out.join(format!(".{name}.{}", places.run));
    files::make_folder(&new)?;
    for (from, below) in given {
        let to = new.join(below);
        if from.is_dir() {
            files::copy_folder(&from, &to)?;
            continue;
        }
        if let Some(folder) = to.parent() {
            files::make_folder(folder)?;
        }
        files::copy_file(&from, &to)?;
        // What was consumed is read-only; this is for people.
        let metadata = std::fs::metadata(&to).with("read", &to)?;
        system::set_file_mode(&to, system::is_executable(&metadata), true).with("set the mode of", &to)?;
    }
    let path = out.join(&name);
    replace(&new, &path)?;
    Ok(Some(path))
}

/// The files and folders that are exposed, each with where it comes to. All come without the folders
/// that all of them lie in; one folder comes without its own name.
fn shown(places: &Places<'_>, job: &Job, expose: &Expose) -> Result<Vec<(PathBuf, String)>, FileError> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(match &expose.found {
        Some(Found::File(path)) => vec![(places.sources.join(path), name(path))],
        Some(Found::Dir(path)) => vec![(places.sources.join(path), String::new())],
        Some(Found::Files(pattern)) => matched(places.sources, pattern, split(pattern).0)?,
        Some(Found::Placed(location)) if location.is_pattern() => {
            let pattern = script::path(location);
            matched(places.flow, &pattern, split(&pattern).0)?
        }
        Some(Found::Placed(location)) => {
            let path = script::path(location);
            let from = places.flow.join(path.trim_end_matches('/'));
            let below = if from.is_dir() { String::new() } else { name(&path) };
            vec![(from, below)]
        }
        None => {
            let root = places.flow.join("out").join(&expose.output);
            let schema = job.outputs.iter().find_map(|it| match &it.kind {
                OutputKind::Artifact(schema) if it.name == expose.output => Some(schema),
                _ => None,
            });
            let fields: Vec<&Field> =
                schema.into_iter().flat_map(|it| &it.fields).filter(|it| expose.shows(it)).collect();
            if let [Field { kind: FieldKind::Opaque, path, .. }] = fields.as_slice() {
                return Ok(vec![(root.join(path), String::new())]);
            }
            let common = common_folder(fields.iter().map(|it| it.path.as_str()));
            let mut all = Vec::new();
            for field in fields {
                if field.matches.is_some() {
                    all.extend(matched(&root, &field.path, &common)?);
                } else {
                    all.push((root.join(&field.path), below(&field.path, &common)));
                }
            }
            all
        }
    })
}

/// The files below `root` that a pattern matches, each with its path below the folder `above`.
fn matched(root: &Path, pattern: &str, above: &str) -> Result<Vec<(PathBuf, String)>, FileError> {
    let all = found::matching(root, pattern)?;
    Ok(all.into_iter().map(|path| (root.join(&path), below(&path, above))).collect())
}

fn below(path: &str, above: &str) -> String {
    path.strip_prefix(above).unwrap_or(path).trim_start_matches('/').to_owned()
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
