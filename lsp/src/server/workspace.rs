//! The programs that the client works on: projects, their databases, and the documents that are open
//! and count instead of what is on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flow_analysis::Database;
use flow_project::{Root, Text, read};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use tower_lsp::ls_types::{TextDocumentContentChangeEvent, Uri};

use crate::proto::capabilities::Client;
use crate::proto::text::apply;
use crate::proto::uri::{Address, Addresses, to_path};
use crate::proto::view::View;

/// All that changes while the server runs.
#[derive(Default)]
pub(super) struct Workspace {
    client: Client,
    folders: Vec<PathBuf>,
    projects: BTreeMap<Root, Project>,
    documents: FxHashMap<Key, Document>,
    gone: Vec<Root>,
    loads: u64,
    openings: u64,
}

/// A document by what it is; one file may have several addresses.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Path(PathBuf),
    Uri(String),
}

impl Key {
    fn new(uri: &Uri) -> Self {
        to_path(uri).map_or_else(|| Self::Uri(uri.as_str().to_owned()), Self::Path)
    }

    /// Where the document belongs: its project, and its name there.
    fn place(&self, folders: &[PathBuf]) -> (Root, SmolStr) {
        match self {
            Self::Uri(uri) => (Root::Document(uri.clone()), SmolStr::from(uri.as_str())),
            Self::Path(path) => {
                let root = Root::of_file(path, folders);
                let name = root.name(path).unwrap_or_default();
                (root, name)
            }
        }
    }
}

/// What the client has open.
struct Document {
    address: Address,
    text: Arc<str>,
    root: Root,
    name: SmolStr,
}

struct Project {
    db: Database,
    loading: Loading,
    /// Whether its findings may differ from what was published.
    dirty: bool,
}

/// How far the database holds what is on disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loading {
    /// What it holds is of no use yet.
    First(u64),
    /// It is being read once more.
    Again(u64),
    /// Something changed while it was being read.
    Outdated(u64),
    Done,
}

/// A project that is to be read from disk.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// Which.
    pub(super) root: Root,
    number: u64,
}

impl Workspace {
    /// Learns who the client is and which folders it has.
    pub(super) fn greet(&mut self, client: Client, folders: Vec<PathBuf>) {
        self.client = client;
        self.folders = folders;
    }

    /// Whether the client can watch files.
    pub(super) fn is_watched(&self) -> bool {
        self.client.watches
    }

    /// Adds and removes folders of the client.
    pub(super) fn change_folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) -> Vec<Load> {
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(added);
        self.regroup()
    }

    /// Decides anew which projects there are, and reads them.
    pub(super) fn regroup(&mut self) -> Vec<Load> {
        let before: BTreeSet<Root> = std::mem::take(&mut self.projects).into_keys().collect();
        for folder in &self.folders {
            self.projects.entry(Root::of_folder(folder)).or_default();
        }
        for (key, document) in &mut self.documents {
            (document.root, document.name) = key.place(&self.folders);
            let project = self.projects.entry(document.root.clone()).or_default();
            project.db.set_file(&document.name, Ok(Arc::clone(&document.text)));
        }
        self.gone.extend(before.into_iter().filter(|root| !self.projects.contains_key(root)));
        let roots: Vec<_> = self.projects.keys().cloned().collect();
        roots.iter().filter_map(|root| self.reload(root)).collect()
    }

    /// Takes over a document from the disk.
    pub(super) fn open(&mut self, uri: Uri, version: i32, text: String) -> Option<Load> {
        let key = Key::new(&uri);
        let (root, name) = key.place(&self.folders);
        let text: Arc<str> = Arc::from(text);
        let is_new = !self.projects.contains_key(&root);
        let project = self.projects.entry(root.clone()).or_default();
        project.db.set_file(&name, Ok(Arc::clone(&text)));
        project.dirty = true;
        let load = is_new.then(|| self.reload(&root)).flatten();
        self.openings += 1;
        let address = Address { uri, version: Some(version), opening: self.openings };
        self.documents.insert(key, Document { address, text, root, name });
        load
    }

    /// Edits a document that is open.
    pub(super) fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let Some(document) = self.documents.get_mut(&Key::new(uri)) else { return };
        document.text = Arc::from(apply(&document.text, changes, self.client.encoding));
        document.address.version = Some(version);
        if let Some(project) = self.projects.get_mut(&document.root) {
            project.db.set_file(&document.name, Ok(Arc::clone(&document.text)));
            project.dirty = true;
        }
    }

    /// Gives a document back to the disk.
    pub(super) fn close(&mut self, uri: &Uri) {
        let key = Key::new(uri);
        let Some(Document { root, name, .. }) = self.documents.remove(&key) else { return };
        let is_needed = self.folders.iter().any(|folder| Root::of_folder(folder) == root)
            || self.documents.values().any(|document| document.root == root);
        if !is_needed {
            self.projects.remove(&root);
            self.gone.push(root);
            return;
        }
        let Some(project) = self.projects.get_mut(&root) else { return };
        let on_disk = match &key {
            Key::Path(path) => root.program(path),
            Key::Uri(_) => None,
        };
        match on_disk {
            Some(text) => project.db.set_files([(name, text)]),
            None => project.db.remove_file(&name),
        }
        project.dirty = true;
    }

    /// Reads a file again that the project knows and that is not open; `false` if it is unknown, so
    /// that the project must be searched again.
    pub(super) fn refresh(&mut self, path: &Path) -> bool {
        if self.documents.contains_key(&Key::Path(path.to_path_buf())) {
            return true;
        }
        let root = Root::of_file(path, &self.folders);
        let Some(project) = self.projects.get_mut(&root) else { return true };
        let known = root.name(path).filter(|name| project.db.file(name).is_some());
        match (known, read(path)) {
            (Some(name), Ok(text)) if project.loading == Loading::Done => {
                project.db.set_files([(name, text)]);
                project.dirty = true;
                true
            }
            _ => false,
        }
    }

    /// The projects that have to do with a path.
    pub(super) fn around(&self, path: &Path) -> Vec<Root> {
        let is_around = |root: &&Root| root.folder().is_some_and(|folder| path.starts_with(folder));
        self.projects.keys().filter(is_around).cloned().collect()
    }

    /// Has a project read from disk, now or as soon as the present reading is over.
    pub(super) fn reload(&mut self, root: &Root) -> Option<Load> {
        let project = self.projects.get_mut(root)?;
        self.loads += 1;
        let number = self.loads;
        let (loading, starts) = match project.loading {
            Loading::First(0) => (Loading::First(number), true),
            Loading::Done => (Loading::Again(number), true),
            Loading::First(running) | Loading::Again(running) | Loading::Outdated(running) => {
                (Loading::Outdated(running), false)
            }
        };
        project.loading = loading;
        starts.then(|| Load { root: root.clone(), number })
    }

    /// Takes what was read from disk; what is open counts before it. Returns the next reading if
    /// something changed meanwhile.
    pub(super) fn loaded(&mut self, load: &Load, texts: Vec<(SmolStr, Text)>) -> Option<Load> {
        let open: BTreeSet<SmolStr> = self.open_in(&load.root).map(|it| it.name.clone()).collect();
        let project = self.projects.get_mut(&load.root)?;
        let outdated = match project.loading {
            Loading::First(number) | Loading::Again(number) if number == load.number => false,
            Loading::Outdated(number) if number == load.number => true,
            _ => return None,
        };
        let db = &mut project.db;
        let listed: BTreeSet<SmolStr> = texts.iter().map(|(name, _)| name.clone()).collect();
        for name in db.files().keys().filter(|name| !listed.contains(*name) && !open.contains(*name)) {
            db.remove_file(name);
        }
        let is_news = |(name, text): &(SmolStr, Text)| {
            !open.contains(name) && db.file(name).is_none_or(|file| file.text(db) != text)
        };
        let news: Vec<_> = texts.into_iter().filter(is_news).collect();
        if !news.is_empty() {
            db.set_files(news);
        }
        project.loading = Loading::Done;
        project.dirty = true;
        outdated.then(|| self.reload(&load.root)).flatten()
    }

    /// Projects that no longer are.
    pub(super) fn take_gone(&mut self) -> Vec<Root> {
        let gone = std::mem::take(&mut self.gone);
        gone.into_iter().filter(|root| !self.projects.contains_key(root)).collect()
    }

    /// A project whose findings may have changed, which it then counts as published.
    pub(super) fn take_dirty(&mut self) -> Option<(Root, View)> {
        let is_due = |it: &Project| it.dirty && !matches!(it.loading, Loading::First(_));
        let (root, project) = self.projects.iter_mut().find(|(_, project)| is_due(project))?;
        project.dirty = false;
        let root = root.clone();
        let view = self.view(&root)?;
        Some((root, view))
    }

    /// Has a project's findings published again.
    pub(super) fn mark_dirty(&mut self, root: &Root) {
        if let Some(project) = self.projects.get_mut(root) {
            project.dirty = true;
        }
    }

    /// The program that a document belongs to, and the document's name there.
    pub(super) fn view_of(&self, uri: &Uri) -> Option<(View, SmolStr)> {
        let document = self.documents.get(&Key::new(uri))?;
        Some((self.view(&document.root)?, document.name.clone()))
    }

    fn view(&self, root: &Root) -> Option<View> {
        let open = self.open_in(root).map(|it| (it.name.clone(), it.address.clone())).collect();
        let addresses = Addresses::new(root.folder(), open);
        Some(View { db: self.projects.get(root)?.db.clone(), addresses, client: self.client })
    }

    fn open_in<'a>(&'a self, root: &'a Root) -> impl Iterator<Item = &'a Document> {
        self.documents.values().filter(move |document| document.root == *root)
    }
}

impl Default for Project {
    fn default() -> Self {
        Self { db: Database::default(), loading: Loading::First(0), dirty: true }
    }
}
