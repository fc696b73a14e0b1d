//! The project on disk: where it is, which programs it has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use flow_analysis::{Database, Unreadable};
use ignore::WalkBuilder;

/// A project with its programs in a database.
pub(crate) struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// Its programs.
    pub db: Database,
}

impl Project {
    /// The project of the folder `start`.
    pub(crate) fn load(start: &Path) -> Result<Self> {
        let start = start.canonicalize().with_context(|| format!("the folder {} cannot be read", start.display()))?;
        let root = root_of(&start);
        let mut db = Database::default();
        let mut texts = Vec::new();
        for path in programs(&root)? {
            let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let text = match String::from_utf8(bytes) {
                Ok(text) => Ok(Arc::from(text)),
                Err(error) => Err(Unreadable::NotUtf8(error.utf8_error().valid_up_to())),
            };
            texts.push((name_of(&root, &path).into(), text));
        }
        db.set_files(texts);
        Ok(Self { root, db })
    }
}

/// The folder of the nearest `flow.toml`, else the git repository, else the folder itself.
fn root_of(start: &Path) -> PathBuf {
    let above = |marker: &str| start.ancestors().find(|folder| folder.join(marker).exists());
    above("flow.toml").or_else(|| above(".git")).unwrap_or(start).to_owned()
}

/// The `.flow` files of a project, sorted; those that git ignores and those of a project inside it left out.
fn programs(root: &Path) -> Result<Vec<PathBuf>> {
    let inner = root.to_owned();
    let walk = WalkBuilder::new(root)
        .hidden(true)
        .require_git(false)
        .filter_entry(move |entry| entry.path() == inner || !entry.path().join("flow.toml").is_file())
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.with_context(|| format!("the folder {} cannot be read", root.display()))?;
        if entry.path().extension().is_some_and(|extension| extension == "flow")
            && entry.file_type().is_some_and(|kind| kind.is_file())
        {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// A file's path relative to the project, with `/`.
pub(crate) fn name_of(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
