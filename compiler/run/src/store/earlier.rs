//! What runs have exposed, for runs of the project's other pipelines: in the store's folder
//! `exposed/<project>/<pipeline>/` a file `<when it ended>.<run>.json` for each run.
//!
//! What is exposed is kept as the folder that people get, as hosted platforms do: so a reader finds the
//! same files here and there, and its schema says which of them can be executed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flow_plan::model::{Field, FieldKind, Files, Schema};
use flow_plan::origin::exposed;
use flow_plan::pattern;
use serde::{Deserialize, Serialize};

use super::artifact::seal_folder;
use super::{Digest, Entry, Manifest, SealError, Store, StoreError, write_whole};
use crate::files::{self, With};

/// The version of this form.
const FORMAT: u32 = 1;

/// What a run has exposed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    format: u32,
    /// The run's id.
    pub(crate) run: String,
    /// The branch that it was of.
    pub(crate) branch: String,
    /// All its jobs succeeded.
    pub(crate) succeeded: bool,
    /// The manifests of the folders, by name.
    pub(crate) names: BTreeMap<String, Digest>,
}

/// Which run is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// The latest that succeeded on this branch.
    Branch(String),
    /// That of this id.
    Run(String),
}

impl Shown {
    /// What a run that ends now has exposed.
    pub(crate) fn new(run: &str, branch: String, succeeded: bool) -> Self {
        Self { format: FORMAT, run: run.to_owned(), branch, succeeded, names: BTreeMap::new() }
    }
}

/// Where a store keeps what the runs of a project have exposed. A project is its folder: one at another
/// place is another, also if it is a clone.
pub(crate) fn folder(root: &Path, project: &Path) -> PathBuf {
    let digest = Digest::of(project.as_os_str().as_encoded_bytes());
    root.join("exposed").join(digest.as_str().get(..32).unwrap_or_default())
}

/// Finds what a run of a pipeline exposed under a name; `exposed` is the project's [`folder`]. A record
/// that cannot be read is none.
pub(crate) fn recall(exposed: &Path, pipeline: &str, wanted: &Wanted, name: &str) -> Option<Digest> {
    let mut found: Vec<_> = std::fs::read_dir(exposed.join(pipeline)).ok()?.flatten().map(|it| it.path()).collect();
    // What ended later sorts later.
    found.sort_unstable();
    found.into_iter().rev().find_map(|path| {
        let shown: Shown = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let fits = match wanted {
            Wanted::Branch(branch) => shown.succeeded && shown.branch == *branch,
            Wanted::Run(id) => shown.run == *id,
        };
        fits.then(|| shown.names.get(name).cloned())
    })?
}

impl Store {
    /// Keeps the folders that a run of a pipeline has exposed, each with its name, in the project's [`folder`].
    pub(crate) fn remember<'a>(
        &self,
        exposed: &Path,
        pipeline: &str,
        mut shown: Shown,
        folders: impl IntoIterator<Item = (&'a str, &'a Path)>,
    ) -> Result<(), SealError> {
        for (name, folder) in folders {
            shown.names.insert(name.to_owned(), seal_folder(self, folder)?);
        }
        let folder = exposed.join(pipeline);
        files::make_folder(&folder).map_err(StoreError::from)?;
        let ended = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_millis());
        let path = folder.join(format!("{ended:013}.{}.json", shown.run));
        let text = serde_json::to_vec_pretty(&shown).map_err(std::io::Error::from);
        let text = text.with("write", &path).map_err(StoreError::from)?;
        Ok(write_whole(&self.scratch, &path, &text)?)
    }

    /// What was exposed, as an artifact of this schema.
    pub(super) fn as_artifact(&self, folder: &Digest, schema: &Schema) -> Result<Manifest, StoreError> {
        let all = self.manifest(folder)?.entries;
        let mut manifest = Manifest::default();
        for (field, below) in exposed(schema) {
            if field.kind == FieldKind::Opaque {
                let own = all.iter().filter_map(|entry| {
                    let path = entry.path();
                    let rest = if below.is_empty() { Some(path) } else { path.strip_prefix(&below)?.strip_prefix('/') };
                    Some(entry.clone().moved(rest?.to_owned()))
                });
                let own = Manifest { entries: own.collect() };
                if !own.entries.is_empty() {
                    manifest.entries.push(self.add_directory(field.path.clone(), &own)?);
                }
                continue;
            }
            let above = field.path.strip_suffix(below.as_str()).unwrap_or_default();
            for entry in &all {
                let Entry::File { path, size, digest, .. } = entry else { continue };
                if is_of(field, &below, path) {
                    let path = format!("{above}{path}");
                    let executable = field.kind == FieldKind::Exec;
                    manifest.entries.push(Entry::File { path, executable, size: *size, digest: digest.clone() });
                }
            }
        }
        Ok(manifest)
    }
}

fn is_of(field: &Field, below: &str, path: &str) -> bool {
    if field.matches.is_some() { pattern::matches(below, path) } else { below == path }
}

/// What an earlier run exposed, of which `files` are a part, and which part.
pub(crate) fn base(files: &Files) -> Option<(&Files, &Schema, String)> {
    let (mut of, mut part) = (files, String::new());
    while let Files::Part { of: whole, field } = of {
        part = if part.is_empty() { field.clone() } else { format!("{field}.{part}") };
        of = whole;
    }
    match of {
        Files::Earlier { schema, .. } => Some((of, schema, part)),
        _ => None,
    }
}
