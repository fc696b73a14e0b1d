//! The file system as the language sees it: which folder is a project, which programs are in it,
//! what they hold. The command and the language server share it; it knows nothing of either.
#![allow(clippy::disallowed_methods, reason = "a part of the rim: it reads the texts that go into the database")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_analysis::Unreadable;
use ignore::{DirEntry, WalkBuilder};
use smol_str::SmolStr;

/// The file that makes a folder a project.
pub const MANIFEST: &str = "flow.toml";

/// The ending of programs.
const EXTENSION: &str = "flow";

/// How deep a folder is searched that is a project only because a file in it was opened: it may be
/// anybody's home.
const LOOSE_DEPTH: usize = 3;

/// What a file holds.
pub type Text = Result<Arc<str>, Unreadable>;

/// What holds the files that can use one another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// A project's folder.
    Project(PathBuf),
    /// The folder of a file that lies in no project.
    Loose(PathBuf),
    /// A document that is not on disk, by its address.
    Document(String),
}

impl Root {
    /// The project of a file: the nearest folder with a manifest, else the git root, else the
    /// innermost of the client's folders, else the file's own folder.
    pub fn of_file(file: &Path, folders: &[PathBuf]) -> Self {
        let folder = file.parent().unwrap_or(file);
        Self::declared(folder).unwrap_or_else(|| {
            let inside = folders.iter().filter(|it| folder.starts_with(it));
            inside
                .max_by_key(|it| it.components().count())
                .map_or_else(|| Self::Loose(folder.to_path_buf()), |it| Self::Project(it.clone()))
        })
    }

    /// The project that a folder of the client belongs to.
    pub fn of_folder(folder: &Path) -> Self {
        Self::declared(folder).unwrap_or_else(|| Self::Project(folder.to_path_buf()))
    }

    fn declared(folder: &Path) -> Option<Self> {
        let mut manifest = folder.ancestors().filter(|it| it.join(MANIFEST).is_file());
        let mut git = folder.ancestors().filter(|it| it.join(".git").exists());
        manifest.next().or_else(|| git.next()).map(|it| Self::Project(it.to_path_buf()))
    }

    /// Its folder, if it is on disk.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Project(folder) | Self::Loose(folder) => Some(folder),
            Self::Document(_) => None,
        }
    }

    /// The name of a file in its project.
    pub fn name(&self, file: &Path) -> Option<SmolStr> {
        let path = file.strip_prefix(self.folder()?).ok()?;
        let parts: Vec<_> = path.components().map(|it| it.as_os_str().to_string_lossy()).collect();
        Some(SmolStr::from(parts.join("/")))
    }

    /// All programs of the project by name, in that order, with what they hold.
    pub fn programs(&self) -> Vec<(SmolStr, io::Result<Text>)> {
        let mut programs = self.listed(|_| true);
        programs.sort_by(|a, b| a.0.cmp(&b.0));
        programs
    }

    /// What `file` holds, if it is a program of the project that can be read.
    pub fn program(&self, file: &Path) -> Option<Text> {
        let file = file.to_path_buf();
        self.listed(move |path| file.starts_with(path)).pop()?.1.ok()
    }

    /// The programs that are at or below paths for which `on_the_way` holds: files that git ignores
    /// are none, and those below another project's folder are not of this one.
    fn listed(&self, on_the_way: impl Fn(&Path) -> bool + Send + Sync + 'static) -> Vec<(SmolStr, io::Result<Text>)> {
        let Some(folder) = self.folder() else { return Vec::new() };
        let has_manifest = folder.join(MANIFEST).is_file();
        let walk = WalkBuilder::new(folder)
            .hidden(false)
            .ignore(false)
            .require_git(false)
            .follow_links(false)
            .max_depth(matches!(self, Self::Loose(_)).then_some(LOOSE_DEPTH))
            .filter_entry(move |entry| {
                let inner = entry.depth() > 0 && is_folder(entry);
                let skipped = inner && (is_internal(entry) || begins_project(entry.path(), has_manifest));
                !skipped && on_the_way(entry.path())
            })
            .build();
        walk.filter_map(Result::ok)
            .filter(|entry| is_program(entry.path()) && entry.file_type().is_some_and(|it| it.is_file()))
            .filter_map(|entry| Some((self.name(entry.path())?, read(entry.path()))))
            .collect()
    }
}

/// Whether a path is that of a program.
pub fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == EXTENSION)
}

/// What a file holds.
///
/// # Errors
///
/// When it is not a file, or may not be read.
pub fn read(path: &Path) -> io::Result<Text> {
    Ok(match String::from_utf8(fs::read(path)?) {
        Ok(text) => Ok(Arc::from(text)),
        Err(error) => Err(Unreadable::NotUtf8(error.utf8_error().valid_up_to())),
    })
}

/// Git's own folder, and the one that `flowc run` puts results in.
fn is_internal(entry: &DirEntry) -> bool {
    entry.file_name() == ".git" || entry.file_name() == ".flow"
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|it| it.is_dir())
}

/// Whether a folder inside of a project is another one. Inside of a project with a manifest only a
/// manifest makes one, since the nearest manifest counts before git.
fn begins_project(folder: &Path, outer_has_manifest: bool) -> bool {
    folder.join(MANIFEST).is_file() || (!outer_has_manifest && folder.join(".git").exists())
}
