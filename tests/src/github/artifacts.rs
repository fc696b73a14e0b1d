//! `actions/upload-artifact` and `actions/download-artifact`: files without modes, links or empty
//! folders, under names of which each may be taken once.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::actions::{flag, text};
use super::job::Machine;
use super::{Artifact, Step, glob};

/// Uploads.
pub(super) fn upload(
    machine: &mut Machine<'_>,
    given: &BTreeMap<String, String>,
    done: &mut Step,
) -> Result<(), String> {
    let name = text(given, "name").unwrap_or("artifact");
    if let Some(wrong) = name.chars().find(|it| "\":<>|*?\r\n\\/".contains(*it)) {
        return Err(format!("an artifact may not be called {name:?}, because of {wrong:?}"));
    }
    let lines = given.get("path").ok_or("no path is given")?;
    let hidden = flag(given, "include-hidden-files")?;
    let found = glob::find(lines, &machine.workspace, &machine.home, hidden);
    if found.files.is_empty() {
        let none = format!("No files were found with the provided path: {lines}");
        return match text(given, "if-no-files-found").unwrap_or("warn") {
            "error" => Err(none),
            "ignore" => Ok(()),
            _ => {
                done.annotations.push(format!("warning: {none}"));
                Ok(())
            }
        };
    }
    if let Some(days) = text(given, "retention-days") {
        let days: u32 = days.parse().map_err(|_| format!("retention-days: {days}"))?;
        if !(1..=400).contains(&days) {
            return Err(format!("retention-days: {days}"));
        }
    }
    machine.uploads += 1;
    if machine.uploads > 500 {
        return Err("more than 500 artifacts of one job".to_owned());
    }
    let whole = &mut *machine.whole;
    let folder = whole.base.join("artifacts").join(name);
    if whole.artifacts.contains_key(name) {
        if !flag(given, "overwrite")? {
            return Err(format!("Conflict: an artifact with the name {name} exists already"));
        }
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    let top = found.top();
    for file in &found.files {
        let inside = file.strip_prefix(&top).map_err(|_| format!("{} is outside", file.display()))?;
        if let Some(wrong) = inside.to_string_lossy().chars().find(|it| "\":<>|*?\r\n\\".contains(*it)) {
            return Err(format!("a file may not be called {inside:?}, because of {wrong:?}"));
        }
        copy(file, &folder.join(inside))?;
    }
    let id = (whole.artifacts.len() + 1).to_string();
    let retention = text(given, "retention-days").and_then(|it| it.parse().ok());
    whole.artifacts.insert(name.to_owned(), Artifact { folder, job: machine.label.clone(), retention });
    done.outputs.insert("artifact-id".to_owned(), id);
    machine.say(&format!("uploaded {name}: {} files\n", found.files.len()));
    Ok(())
}

/// Downloads.
pub(super) fn download(
    machine: &mut Machine<'_>,
    given: &BTreeMap<String, String>,
    done: &mut Step,
) -> Result<(), String> {
    let place = text(given, "path").unwrap_or(".");
    let to = match place.strip_prefix('~') {
        Some(rest) => machine.home.join(rest.trim_start_matches('/')),
        None => machine.workspace.join(place),
    };
    let to = glob::plain(&to);
    let own = machine.contexts["github"].get("run_id").text();
    // Without a token the run's id says nothing.
    let other = text(given, "run-id").filter(|id| *id != own && text(given, "github-token").is_some());
    let all: BTreeMap<String, PathBuf> = match other {
        None => machine.whole.artifacts.iter().map(|(name, it)| (name.clone(), it.folder.clone())).collect(),
        Some(id) => {
            if !matches!(machine.permissions.get("actions").text().as_str(), "read" | "write") {
                return Err("the job may not read artifacts of other runs".to_owned());
            }
            let folder = machine.whole.options.earlier.get(id).ok_or_else(|| format!("there is no run {id}"))?;
            let entries = fs::read_dir(folder).map_err(|error| error.to_string())?.flatten();
            entries.map(|it| (it.file_name().to_string_lossy().into_owned(), it.path())).collect()
        }
    };
    let named = text(given, "name");
    let pattern: Option<Vec<char>> = text(given, "pattern").map(|it| it.chars().collect());
    let wanted: Vec<(&String, &PathBuf)> = all
        .iter()
        .filter(|(name, _)| match (named, &pattern) {
            (Some(wanted), _) => *name == wanted,
            (None, Some(pattern)) => glob::word(pattern, &name.chars().collect::<Vec<_>>()),
            (None, None) => true,
        })
        .collect();
    if let (Some(name), true) = (named, wanted.is_empty()) {
        return Err(format!("Unable to download artifact(s): Artifact not found for name: {name}"));
    }
    fs::create_dir_all(&to).map_err(|error| error.to_string())?;
    let flat = named.is_some() || flag(given, "merge-multiple")?;
    for (name, from) in &wanted {
        transport(from, &if flat { to.clone() } else { to.join(name) })?;
    }
    done.outputs.insert("download-path".to_owned(), to.to_string_lossy().into_owned());
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let said = format!("downloaded {}\n", names.join(", "));
    machine.say(&said);
    Ok(())
}

/// A file as an archive keeps it.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", to.display());
    fs::create_dir_all(to.parent().expect("a file has a folder")).map_err(wrong)?;
    fs::write(to, fs::read(from).map_err(wrong)?).map_err(wrong)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o644)).map_err(wrong)
}

fn transport(from: &Path, to: &Path) -> Result<(), String> {
    for entry in fs::read_dir(from).map_err(|error| error.to_string())?.flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            transport(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}
