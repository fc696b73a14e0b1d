//! The project that a command works on, with its programs in a database.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flow_analysis::Database;
use flow_project::Root;

/// A project with its programs in a database.
pub(crate) struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// Its programs.
    pub db: Database,
    place: Root,
}

impl Project {
    /// The project of the folder `start`.
    pub(crate) fn load(start: &Path) -> Result<Self> {
        let start = start.canonicalize().with_context(|| format!("the folder {} cannot be read", start.display()))?;
        let place = Root::of_folder(&start);
        let root = place.folder().unwrap_or(&start).to_owned();
        let mut texts = Vec::new();
        for (name, text) in place.programs() {
            texts.push((name.clone(), text.with_context(|| format!("{name} cannot be read"))?));
        }
        let mut db = Database::default();
        db.set_files(texts);
        Ok(Self { root, db, place })
    }

    /// The name in the project of the file at `path`.
    pub(crate) fn name_of(&self, path: &Path) -> Option<String> {
        let path = path.canonicalize().ok()?;
        self.place.name(&path).map(|name| name.to_string())
    }
}
