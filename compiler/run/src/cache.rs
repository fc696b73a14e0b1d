//! Caches: folders that are kept between runs, `caches/<name>/<key>` in the store. They may go at any time, so what
//! fails here is a note.
//!
//! What lies outside of the sources, such as `~/.cargo`, is this machine's own and stays as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use flow_plan::model::{Cache, Job};

use crate::event::Cause;
use crate::files::{self, FileError, With};
use crate::job::Shared;
use crate::scope::Scope;
use crate::step::blocking;
use crate::store::Digest;

/// How many of a name are kept.
const KEPT: usize = 5;

/// A cache of a job that runs.
#[derive(Clone)]
pub(crate) struct Open {
    name: String,
    /// Where all of the name lie.
    folder: PathBuf,
    key: Vec<String>,
    /// What is kept, in its order.
    paths: Vec<PathBuf>,
    /// It was there under this very key.
    hit: bool,
}

/// Puts what was kept into the tree of a job.
pub(crate) async fn restore(
    shared: &Arc<Shared>,
    job: &Job,
    scope: &Scope<'_>,
    sources: &Path,
    note: &(dyn Fn(String) + Sync),
) -> Vec<Open> {
    let mut open = Vec::new();
    for cache in &job.caches {
        let it = match opened(shared, cache, scope, sources) {
            Ok(it) => it,
            Err(why) => {
                note(format!("the cache `{}` is not used: {why}", cache.name));
                continue;
            }
        };
        let (mut found, fallback) = (it.clone(), cache.fallback);
        let done = blocking(move || {
            let from = match found.folder.join(entry(&found.key)) {
                exact if exact.is_dir() => {
                    found.hit = true;
                    Some(exact)
                }
                _ if fallback => newest(&found.folder, found.key.split_last().map_or(&[], |(_, start)| start)),
                _ => None,
            };
            let used = from.is_some();
            for (index, path) in found.paths.iter().enumerate() {
                let Some(kept) = from.as_ref().map(|it| it.join(index.to_string())) else { break };
                copy(&kept, path)?;
            }
            Ok((found, used))
        });
        match done.await {
            Ok((found, used)) => {
                let how = match (found.hit, used) {
                    (true, _) => "was there",
                    (false, true) => "was there under a key that begins alike",
                    (false, false) => "is empty",
                };
                note(format!("the cache `{}` {how}", cache.name));
                open.push(found);
            }
            Err(cause) => {
                note(format!("the cache `{}` is not used: it {cause}", cache.name));
                open.push(it);
            }
        }
    }
    open
}

/// Keeps what a job that succeeded has left.
pub(crate) async fn save(shared: &Arc<Shared>, caches: Vec<Open>, note: &(dyn Fn(String) + Sync)) {
    for cache in caches.into_iter().filter(|it| !it.hit) {
        let (name, run) = (cache.name.clone(), shared.folder.id.clone());
        if let Err(cause) = blocking(move || keep(&cache, &run).map_err(Cause::from)).await {
            note(format!("the cache `{name}` is not kept: it {cause}"));
        }
    }
}

fn opened(shared: &Shared, cache: &Cache, scope: &Scope<'_>, sources: &Path) -> Result<Open, String> {
    let texts = |values: &[flow_plan::model::Value]| {
        values.iter().map(|value| scope.text(value)).collect::<Result<Vec<String>, String>>()
    };
    let paths = texts(&cache.paths)?.into_iter().filter_map(|path| {
        let below = files::inside(Path::new(&path)).filter(|_| !path.starts_with('~'))?;
        Some(sources.join(below))
    });
    // Other projects have caches of the same names.
    let project = Digest::of(shared.options.project.as_os_str().as_encoded_bytes());
    let project = project.as_str().get(..16).unwrap_or_default();
    let folder = shared.folder.store().join("caches").join(project).join(&cache.name);
    Ok(Open { name: cache.name.clone(), folder, key: texts(&cache.key)?, paths: paths.collect(), hit: false })
}

/// The folder of a key: a digest for each of its parts, so that those that begin alike are found.
fn entry(key: &[String]) -> String {
    let parts = key.iter().map(|part| Digest::of(part).as_str().get(..12).unwrap_or_default().to_owned());
    let parts: Vec<String> = parts.collect();
    format!("k-{}", parts.join("-"))
}

fn newest(folder: &Path, start: &[String]) -> Option<PathBuf> {
    let start = entry(start);
    let start = start.trim_end_matches('-');
    entries(folder).into_iter().rev().map(|(_, path)| path).find(|path| {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        name.strip_prefix(start).is_some_and(|rest| rest.starts_with('-'))
    })
}

/// All that is kept, oldest first.
fn entries(folder: &Path) -> Vec<(SystemTime, PathBuf)> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(SystemTime, PathBuf)> = found
        .filter(|it| it.file_name().to_string_lossy().starts_with("k-"))
        .filter_map(|it| Some((it.metadata().ok()?.modified().ok()?, it.path())))
        .collect();
    found.sort();
    found
}

fn keep(cache: &Open, run: &str) -> Result<(), FileError> {
    let to = cache.folder.join(entry(&cache.key));
    if to.exists() || cache.paths.iter().all(|path| !path.exists()) {
        return Ok(());
    }
    files::make_folder(&cache.folder)?;
    let new = tempfile::Builder::new().prefix(&format!("new-{run}-")).tempdir_in(&cache.folder);
    let new = new.with("create a folder in", &cache.folder)?;
    for (index, path) in cache.paths.iter().enumerate() {
        copy(path, &new.path().join(index.to_string()))?;
    }
    let path = new.keep();
    if std::fs::rename(&path, &to).is_err() {
        // Another run was faster; its content is as good.
        files::remove_folder(&path)?;
    }
    let kept = entries(&cache.folder);
    for (_, old) in kept.iter().take(kept.len().saturating_sub(KEPT)) {
        files::remove_folder(old)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    if from.is_dir() {
        return files::copy_folder(from, to);
    }
    if from.is_file() {
        if let Some(folder) = to.parent() {
            files::make_folder(folder)?;
        }
        return files::copy_file(from, to);
    }
    Ok(())
}
