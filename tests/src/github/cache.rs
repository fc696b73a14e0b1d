//! `actions/cache`: folders under keys, each written once, found by the key or by its beginning.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use super::actions::{flag, text};
use super::job::Machine;
use super::{Step, glob};

/// Where what these paths held is kept.
fn place(machine: &Machine<'_>, paths: &str) -> PathBuf {
    let base = machine.whole.options.cache.clone().unwrap_or_else(|| machine.whole.base.join("cache"));
    base.join(hex(paths))
}

fn hex(text: &str) -> String {
    Sha256::digest(text).iter().take(10).map(|it| format!("{it:02x}")).collect()
}

/// Keys and archives, the newest first.
fn kept(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut all: Vec<(std::time::SystemTime, String, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|it| it.path().extension().is_some_and(|it| it == "key"))
        .filter_map(|it| {
            let key = fs::read_to_string(it.path()).ok()?;
            Some((it.metadata().ok()?.modified().ok()?, key, it.path().with_extension("tar")))
        })
        .collect();
    all.sort_by(|a, b| b.cmp(a));
    all.into_iter().map(|(_, key, archive)| (key, archive)).collect()
}

/// Brings back what is kept, if something is.
pub(super) fn restore(
    machine: &mut Machine<'_>,
    given: &BTreeMap<String, String>,
    done: &mut Step,
) -> Result<(), String> {
    let key = text(given, "key").ok_or("a cache has no key")?;
    if key.len() > 512 || key.contains(',') {
        return Err(format!("no key of a cache: {key}"));
    }
    let paths = text(given, "path").ok_or("a cache has no path")?;
    let kept = kept(&place(machine, paths));
    let mut prefixes = vec![key];
    prefixes.extend(text(given, "restore-keys").unwrap_or_default().lines().map(str::trim).filter(|it| !it.is_empty()));
    let exact = kept.iter().find(|(it, _)| it == key);
    let hit = exact.or_else(|| prefixes.iter().find_map(|prefix| kept.iter().find(|(it, _)| it.starts_with(prefix))));
    done.outputs.insert("cache-primary-key".to_owned(), key.to_owned());
    let Some((found, archive)) = hit else {
        if flag(given, "fail-on-cache-miss")? {
            return Err(format!("no cache under {key}"));
        }
        return Ok(());
    };
    done.outputs.insert("cache-hit".to_owned(), (found == key).to_string());
    done.outputs.insert("cache-matched-key".to_owned(), found.clone());
    if !flag(given, "lookup-only")? {
        tar(machine, &["-xPf", &archive.to_string_lossy()])?;
    }
    Ok(())
}

/// Keeps what is there now, unless the key is taken.
pub(super) fn save(machine: &mut Machine<'_>, given: &BTreeMap<String, String>) -> Result<(), String> {
    let key = text(given, "key").ok_or("a cache has no key")?;
    let paths = text(given, "path").ok_or("a cache has no path")?;
    let folder = place(machine, paths);
    if kept(&folder).iter().any(|(it, _)| it == key) {
        return Ok(());
    }
    let base = machine.workspace.parent().expect("a workspace lies in a job's folder");
    let mut names = Vec::new();
    for line in paths.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let path = match line.strip_prefix('~') {
            Some(rest) => machine.home.join(rest.trim_start_matches('/')),
            None => machine.workspace.join(line),
        };
        let path = glob::plain(&path);
        let inside = path.strip_prefix(base).map_err(|_| format!("{line} is not the job's"))?;
        if path.exists() {
            names.push(Path::new("..").join(inside).to_string_lossy().into_owned());
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let archive = folder.join(format!("{}.tar", hex(key)));
    let mut arguments = vec!["-cPf".to_owned(), archive.to_string_lossy().into_owned(), "--".to_owned()];
    arguments.extend(names);
    tar(machine, &arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
    fs::write(archive.with_extension("key"), key).map_err(|error| error.to_string())
}

fn tar(machine: &Machine<'_>, arguments: &[&str]) -> Result<(), String> {
    let done = Command::new("tar").current_dir(&machine.workspace).args(arguments).output();
    let done = done.map_err(|error| format!("tar: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}
