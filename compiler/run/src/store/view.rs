//! Views of sealed directories: made of their manifests alone, so that nothing is copied.
//!
//! A view is a directory like any other: what it holds lies below it, a link that would leave it is
//! refused, and its manifest's digest identifies it.

use std::collections::BTreeMap;
use std::path::Path;

use flow_plan::model::{Files, Plan, Schema};
use flow_plan::origin::{described, origin};
use flow_plan::pattern;

use super::{Digest, Entry, Manifest, Store, StoreError, earlier};
use crate::files;

/// A view cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// What is asked for is not there.
    #[error("there is no directory `{path}` in {of}")]
    NoDirectory {
        /// The subtree.
        path: String,
        /// Of what.
        of: String,
    },
    /// A subtree that is something else.
    #[error("`{path}` in {of} is no directory")]
    NotADirectory {
        /// The subtree.
        path: String,
        /// Of what.
        of: String,
    },
    /// A link in a subtree that leads out of it.
    #[error("the link `{path}` leads out of {of}: it says `{target}`")]
    LinkLeaves {
        /// The link, relative to the view.
        path: String,
        /// What it says.
        target: String,
        /// The view.
        of: String,
    },
    /// Two files at one path.
    #[error("`{path}` is in {first} and in {second}{}", if *.may { " (and they differ)" } else { "" })]
    Conflict {
        /// Relative to the view.
        path: String,
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// They may be the same.
        may: bool,
    },
    /// What the view is of was not made.
    #[error("{0} was not made")]
    Missing(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finds what files are made of.
#[derive(Clone, Copy)]
pub(crate) struct Find<'a> {
    /// The artifact that an output of a job became.
    pub(crate) output: &'a dyn Fn(&str, &str) -> Option<Digest>,
    /// The folder that an earlier run exposed.
    pub(crate) earlier: &'a dyn Fn(&Files) -> Option<Digest>,
}

impl Store {
    /// The artifact that `files` are, as `schema` says.
    pub(crate) fn gather(
        &self,
        plan: &Plan,
        files: &Files,
        schema: &Schema,
        find: Find<'_>,
    ) -> Result<Digest, ViewError> {
        let mut manifest = Manifest::default();
        if let Some(of) = origin(plan, files) {
            let whole = (find.output)(of.job, &of.output.name).ok_or_else(|| ViewError::Missing(described(files)))?;
            let pairs = of.seen_as(schema);
            if of.part.is_empty() && pairs.iter().all(|(field, own)| field.path == own.path) {
                return Ok(whole);
            }
            for entry in self.manifest(&whole)?.entries {
                let Some((_, own)) = pairs.iter().find(|(field, _)| field.covers(entry.path())) else { continue };
                // What a pattern matches keeps its name.
                let path = if own.matches.is_some() { entry.path().to_owned() } else { own.path.clone() };
                manifest.entries.push(entry.moved(path));
            }
        } else if let Some((of, whole, part)) = earlier::base(files) {
            let folder = (find.earlier)(of).ok_or_else(|| ViewError::Missing(described(files)))?;
            for entry in self.as_artifact(&folder, whole)?.entries {
                let source = whole.fields.iter().find(|it| it.covers(entry.path()));
                let rest = source.and_then(|it| it.name.strip_prefix(part.as_str()));
                let name = rest.map(|it| it.strip_prefix('.').unwrap_or(it));
                let Some(own) = schema.fields.iter().find(|it| Some(it.name.as_str()) == name) else { continue };
                let path = if own.matches.is_some() { entry.path().to_owned() } else { own.path.clone() };
                manifest.entries.push(entry.moved(path));
            }
        } else if let [field] = schema.fields.as_slice() {
            let view = self.view(plan, files, find)?;
            manifest.entries.push(self.add_directory(field.path.clone(), &view)?);
        }
        Ok(self.add_manifest(&manifest)?)
    }

    /// What a directory holds.
    fn view(&self, plan: &Plan, files: &Files, find: Find<'_>) -> Result<Manifest, ViewError> {
        match files {
            Files::Subtree { of, path } => subtree(self.view(plan, of, find)?, path, files, of),
            Files::Filter { of, pattern } => {
                let mut view = self.view(plan, of, find)?;
                view.entries.retain(|it| pattern::matches(pattern, it.path()));
                Ok(view)
            }
            Files::Merge { of, identical } => {
                let mut merge = Merge { entries: BTreeMap::new(), identical: *identical };
                for files in of {
                    merge.add(files, self.view(plan, files, find)?)?;
                }
                Ok(merge.finish())
            }
            files if earlier::base(files).is_some() => {
                let missing = || ViewError::Missing(described(files));
                let (of, schema, part) = earlier::base(files).ok_or_else(missing)?;
                let folder = (find.earlier)(of).ok_or_else(missing)?;
                let field = schema.fields.iter().find(|it| it.name == part).ok_or_else(missing)?;
                let entries = self.as_artifact(&folder, schema)?.entries;
                let directory = entries.into_iter().find_map(|entry| match entry {
                    Entry::Directory { path, digest, .. } if path == field.path => Some(digest),
                    _ => None,
                });
                Ok(self.manifest(&directory.ok_or_else(missing)?)?)
            }
            _ => {
                let missing = || ViewError::Missing(described(files));
                let of = origin(plan, files).ok_or_else(missing)?;
                let field = of.fields().next().ok_or_else(missing)?;
                let whole = (find.output)(of.job, &of.output.name).ok_or_else(missing)?;
                let directory = self.manifest(&whole)?.entries.into_iter().find_map(|entry| match entry {
                    Entry::Directory { path, digest, .. } if path == field.path => Some(digest),
                    _ => None,
                });
                Ok(self.manifest(&directory.ok_or_else(missing)?)?)
            }
        }
    }
}

fn subtree(of: Manifest, path: &str, files: &Files, whole: &Files) -> Result<Manifest, ViewError> {
    let mut found = false;
    let mut view = Manifest::default();
    for entry in of.entries {
        let Some(rest) = entry.path().strip_prefix(path) else { continue };
        if rest.is_empty() {
            if !matches!(entry, Entry::Empty { .. }) {
                return Err(ViewError::NotADirectory { path: path.to_owned(), of: described(whole) });
            }
            found = true;
        } else if let Some(rest) = rest.strip_prefix('/') {
            found = true;
            let rest = rest.to_owned();
            view.entries.push(entry.moved(rest));
        }
    }
    if !found {
        return Err(ViewError::NoDirectory { path: path.to_owned(), of: described(whole) });
    }
    for entry in &view.entries {
        if let Entry::Link { path, target } = entry {
            let folder = Path::new(path).parent().unwrap_or(Path::new(""));
            if files::inside(&folder.join(target)).is_none() {
                let (path, target) = (path.clone(), target.clone());
                return Err(ViewError::LinkLeaves { path, target, of: described(files) });
            }
        }
    }
    Ok(view)
}

/// Directories, laid over one another.
struct Merge<'a> {
    /// By path, with what they are of. Sorted as text, so that what lies below a path comes after it.
    entries: BTreeMap<String, (Entry, &'a Files)>,
    identical: bool,
}

impl<'a> Merge<'a> {
    fn add(&mut self, files: &'a Files, of: Manifest) -> Result<(), ViewError> {
        for entry in of.entries {
            let path = entry.path().to_owned();
            let conflict = |path: &str, first: &Files, may: bool| {
                let (first, second) = (described(first), described(files));
                Err(ViewError::Conflict { path: path.to_owned(), first, second, may })
            };
            // A file where the other one has a folder around this, or a folder with something in it.
            let above = Path::new(&path).ancestors().skip(1).filter_map(Path::to_str).find_map(|it| {
                self.entries.get(it).filter(|(entry, _)| !matches!(entry, Entry::Empty { .. })).map(|(_, of)| *of)
            });
            if let Some(first) = above {
                return conflict(&path, first, false);
            }
            let below = self.entries.range(format!("{path}/")..format!("{path}0")).next().map(|(_, (_, of))| *of);
            match (below, self.entries.get(&path)) {
                // An empty folder is part of one with something in it.
                (Some(_), _) if matches!(entry, Entry::Empty { .. }) => continue,
                (Some(first), _) => return conflict(&path, first, false),
                (None, Some((other, _))) if *other == entry && (self.identical || is_empty(&entry)) => continue,
                (None, Some((_, first))) => return conflict(&path, first, self.identical),
                (None, None) => {}
            }
            self.entries.insert(path, (entry, files));
        }
        Ok(())
    }

    fn finish(self) -> Manifest {
        let filled: Vec<String> = self.entries.keys().cloned().collect();
        let has_content = |path: &str| {
            let start = format!("{path}/");
            filled.get(filled.partition_point(|it| *it < start)).is_some_and(|it| it.starts_with(&start))
        };
        let entries = self.entries.into_values().map(|(entry, _)| entry);
        Manifest { entries: entries.filter(|it| !is_empty(it) || !has_content(it.path())).collect() }
    }
}

fn is_empty(entry: &Entry) -> bool {
    matches!(entry, Entry::Empty { .. })
}
