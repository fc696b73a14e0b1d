//! The project that a command works on, with its programs in a database.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flow_analysis::{Database, File};
use flow_project::Root;

use crate::parallel;

/// A project with its programs in a database.
pub(crate) struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// Its programs.
    pub db: Database,
    place: Root,
}

/// A setting that has no effect must not look as if it had one.
fn refuse_settings(manifest: &Path) -> Result<()> {
    let text = match std::fs::read_to_string(manifest) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.with_context(|| format!("{} cannot be read", manifest.display()))?,
    };
    let setting = text.lines().position(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    match setting {
        None => Ok(()),
        Some(line) => anyhow::bail!(
            "{}:{}: flow.toml has no settings yet; it only marks the folder of a project",
            manifest.display(),
            line + 1
        ),
    }
}

impl Project {
    /// The project of the folder `start`.
    pub(crate) fn load(start: &Path) -> Result<Self> {
        let start = start.canonicalize().with_context(|| format!("the folder {} cannot be read", start.display()))?;
        let place = Root::of_folder(&start);
        let root = place.folder().unwrap_or(&start).to_owned();
        refuse_settings(&root.join(flow_project::MANIFEST))?;
        let mut texts = Vec::new();
        for (name, text) in place.programs() {
            texts.push((name.clone(), text.with_context(|| format!("{name} cannot be read"))?));
        }
        let mut db = Database::default();
        db.set_files(texts);
        // Most of the work of a check, and the only part of it that needs nothing of other files.
        let files: Vec<File> = db.files().values().copied().collect();
        parallel::each(&db, &files, |db, file| {
            flow_analysis::db::parse(db, *file);
        });
        Ok(Self { root, db, place })
    }

    /// The name in the project of the file at `path`.
    pub(crate) fn name_of(&self, path: &Path) -> Option<String> {
        let path = path.canonicalize().ok()?;
        self.place.name(&path).map(|name| name.to_string())
    }
}
