//! The database: what goes in (texts of files), and the first queries on it, from file to items.
//!
//! An item is addressed by a [`Def`], which holds no position: what is computed from an item
//! survives every edit outside it. It knows no file system: the shell (cli/, lsp/) puts texts in.
#![expect(missing_docs, reason = "salsa's macros add methods without documentation")]

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_syntax::tree::{Item, ItemKind};
use flow_syntax::{Parse, tree};
use rustc_hash::{FxHashMap, FxHashSet};
use salsa::Setter;
use smol_str::SmolStr;

/// What queries run on.
#[salsa::db]
pub trait Db: salsa::Database {
    /// The files of the program.
    fn project(&self) -> Project;
}

/// A text with a name.
#[salsa::input(debug)]
pub struct File {
    /// Relative to the project's folder with `/`, or `std/…` for the standard library.
    #[returns(ref)]
    pub path: SmolStr,
    /// What it holds; `Err`: why it cannot be read as text.
    #[returns(ref)]
    pub text: Result<Arc<str>, Unreadable>,
}

/// Why a file has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not UTF-8 from this byte on.
    NotUtf8(usize),
}

/// The files that a `use` can reach, by path.
#[salsa::input(debug)]
pub struct Project {
    /// Of the project's folder.
    #[returns(ref)]
    pub files: Arc<BTreeMap<SmolStr, File>>,
    /// Of the standard library.
    #[returns(ref)]
    pub std: Arc<BTreeMap<SmolStr, File>>,
}

/// The address of a declaration or import: its file, its name and, where one name is declared twice,
/// which of them. Stable under every edit that leaves its name.
#[salsa::interned(unsafe(no_lifetime), revisions = usize::MAX, debug)]
pub struct Def {
    /// The file it stands in.
    #[returns(copy)]
    pub file: File,
    /// What it declares.
    #[returns(copy)]
    pub kind: DefKind,
    /// Its name; empty for items that have none.
    #[returns(ref)]
    pub name: SmolStr,
    /// How many items of the file with this name come before it.
    #[returns(copy)]
    pub nth: u32,
}

/// What an item declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the item of that keyword")]
pub enum DefKind {
    Use,
    Const,
    Fn,
    Enum,
    Struct,
    Artifact,
    Secret,
    Action,
    Extern,
    Job,
    Flow,
    Pipeline,
    Test,
    Hole,
}

impl DefKind {
    fn of(item: &Item) -> Self {
        match item.kind {
            ItemKind::Use(_) => Self::Use,
            ItemKind::Const(_) => Self::Const,
            ItemKind::Fn(_) => Self::Fn,
            ItemKind::Enum(_) => Self::Enum,
            ItemKind::Struct(_) => Self::Struct,
            ItemKind::Artifact(_) => Self::Artifact,
            ItemKind::Secret(_) => Self::Secret,
            ItemKind::Action(_) => Self::Action,
            ItemKind::Extern(_) => Self::Extern,
            ItemKind::Job(_) => Self::Job,
            ItemKind::Flow(_) => Self::Flow,
            ItemKind::Pipeline(_) => Self::Pipeline,
            ItemKind::Test(_) => Self::Test,
            ItemKind::Hole => Self::Hole,
        }
    }

    /// With its article, for a sentence: `a job`.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Use => "a module",
            Self::Const => "a constant",
            Self::Fn => "a function",
            Self::Enum => "an enum",
            Self::Struct => "a struct",
            Self::Artifact => "an artifact",
            Self::Secret => "a secret",
            Self::Action => "an action",
            Self::Extern => "a foreign binding",
            Self::Job => "a job",
            Self::Flow => "a flow",
            Self::Pipeline => "a pipeline",
            Self::Test => "a test",
            Self::Hole => "nothing",
        }
    }
}

/// The database of `flowc` and of its language server.
#[salsa::db]
#[derive(Clone)]
pub struct Database {
    storage: salsa::Storage<Self>,
    project: Option<Project>,
    /// The files of the durability [`EDITED`].
    edited: Arc<FxHashSet<File>>,
}

/// Of files that nobody edits, and of their list: an edit of another file leaves what was computed
/// from such files alone without a look at it.
const ON_DISK: salsa::Durability = salsa::Durability::MEDIUM;

/// Of files that are being edited.
const EDITED: salsa::Durability = salsa::Durability::LOW;

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn project(&self) -> Project {
        self.project.unwrap_or_else(|| Project::new(self, Arc::default(), Arc::default()))
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new(None)
    }
}

/// Told of everything that the database does.
pub type Observer = Box<dyn Fn(salsa::Event) + Send + Sync>;

impl Database {
    /// An empty project beside the standard library. `observer` is for tests that assert what an
    /// edit recomputes.
    pub fn new(observer: Option<Observer>) -> Self {
        let mut db = Self { storage: salsa::Storage::new(observer), project: None, edited: Arc::default() };
        let std = flow_stdlib::FILES
            .iter()
            .map(|(path, text)| {
                let file = File::builder(SmolStr::from(*path), Ok(Arc::from(*text)))
                    .durability(salsa::Durability::HIGH)
                    .new(&db);
                (SmolStr::from(*path), file)
            })
            .collect();
        let project = Project::builder(Arc::default(), Arc::new(std))
            .files_durability(ON_DISK)
            .std_durability(salsa::Durability::HIGH);
        db.project = Some(project.new(&db));
        db
    }

    /// The file of the project at `path`, if there is one.
    pub fn file(&self, path: &str) -> Option<File> {
        self.project().files(self).get(path).copied()
    }

    /// All files of the project, by path.
    pub fn files(&self) -> Arc<BTreeMap<SmolStr, File>> {
        Arc::clone(self.project().files(self))
    }

    /// Puts in a file that somebody edits, or gives it another text. From then on an edit of it asks
    /// only what depends on it whether it has changed; before the first one everything is asked once.
    pub fn set_file(&mut self, path: &str, text: Result<Arc<str>, Unreadable>) -> File {
        match self.file(path) {
            Some(file) => {
                let is_new = Arc::make_mut(&mut self.edited).insert(file);
                if is_new || file.text(self) != &text {
                    let _old = file.set_text(self).with_durability(EDITED).to(text);
                }
                file
            }
            None => {
                let file = File::builder(SmolStr::from(path), text).durability(EDITED).new(self);
                Arc::make_mut(&mut self.edited).insert(file);
                let mut files = BTreeMap::clone(&self.files());
                files.insert(SmolStr::from(path), file);
                self.list(files);
                file
            }
        }
    }

    /// Puts in files as they lie on disk, where nobody edits them: all of a project at once, since a
    /// map that is copied for each file would cost the square of their number.
    pub fn set_files(&mut self, texts: impl IntoIterator<Item = (SmolStr, Result<Arc<str>, Unreadable>)>) {
        let mut files = BTreeMap::clone(&self.files());
        for (path, text) in texts {
            match files.get(&path) {
                Some(file) if file.text(self) == &text && !self.edited.contains(file) => {}
                Some(file) => {
                    let file = *file;
                    Arc::make_mut(&mut self.edited).remove(&file);
                    let _old = file.set_text(self).with_durability(ON_DISK).to(text);
                }
                None => {
                    let file = File::builder(path.clone(), text).durability(ON_DISK).new(self);
                    files.insert(path, file);
                }
            }
        }
        self.list(files);
    }

    /// Says which files there are.
    fn list(&mut self, files: BTreeMap<SmolStr, File>) {
        if files != *self.files() {
            self.project().set_files(self).to(Arc::new(files));
        }
    }

    /// Takes a file away.
    pub fn remove_file(&mut self, path: &str) {
        let mut files = BTreeMap::clone(&self.files());
        if files.remove(path).is_some() {
            self.list(files);
        }
    }
}

/// The tree of a file. Runs again on every edit of it.
#[salsa::tracked(returns(ref))]
pub fn parse(db: &dyn Db, file: File) -> Parse {
    match file.text(db) {
        Ok(text) => flow_syntax::parse(text),
        Err(_) => Parse::default(),
    }
}

/// The items of a file by address, with where each begins. Runs again on every edit; only
/// [`defs`], [`syntax`] and the joining of findings read it.
#[salsa::tracked(returns(ref))]
pub fn placements(db: &dyn Db, file: File) -> FxHashMap<Def, tree::Placed> {
    let mut seen: FxHashMap<SmolStr, u32> = FxHashMap::default();
    parse(db, file)
        .items
        .iter()
        .map(|placed| {
            let name = placed.item.name().map(|name| name.text.clone()).unwrap_or_default();
            let nth = seen.entry(name.clone()).or_default();
            let def = Def::new(db, file, DefKind::of(&placed.item), name, *nth);
            *nth += 1;
            (def, placed.clone())
        })
        .collect()
}

/// The items of a file in the order of the source. Must not change when bodies do.
#[salsa::tracked(returns(ref))]
pub fn defs(db: &dyn Db, file: File) -> Vec<Def> {
    let mut placed: Vec<_> = placements(db, file).iter().map(|(def, placed)| (placed.start, *def)).collect();
    placed.sort_unstable_by_key(|(start, _)| *start);
    placed.into_iter().map(|(_, def)| def).collect()
}

/// The tree of an item. Must not change when something else in its file does.
#[salsa::tracked(returns(ref))]
pub fn syntax(db: &dyn Db, def: Def) -> Arc<Item> {
    placements(db, def.file(db)).get(&def).map_or_else(
        || Arc::new(Item { span: flow_syntax::Span::default(), docs: tree::Docs::default(), kind: ItemKind::Hole }),
        |placed| Arc::clone(&placed.item),
    )
}

/// Whether a file has an item whose name cannot be read, so that any name may be the one it declares.
#[salsa::tracked(returns(copy))]
pub fn has_nameless(db: &dyn Db, file: File) -> bool {
    defs(db, file).iter().any(|def| def.kind(db) != DefKind::Test && def.name(db).is_empty())
}

/// Whether the part of an item that others see has errors: not the body of a job, an action or a flow. Must not
/// change when bodies do.
#[salsa::tracked(returns(copy))]
pub fn head_broken(db: &dyn Db, def: Def) -> bool {
    let file = def.file(db);
    let Some(placed) = placements(db, file).get(&def) else { return false };
    let body = match &placed.item.kind {
        ItemKind::Job(it) => it.body.span,
        ItemKind::Action(it) => it.body.span,
        ItemKind::Flow(it) => it.body.span,
        _ => return broken(db, def),
    };
    if body.start == body.end {
        return broken(db, def);
    }
    let head = placed.start..placed.start + body.start;
    parse(db, file).errors.iter().any(|error| head.contains(&error.primary.place.start))
}

/// Whether the text of an item has errors, so that parts of it may be missing from its tree.
#[salsa::tracked(returns(copy))]
pub fn broken(db: &dyn Db, def: Def) -> bool {
    let file = def.file(db);
    let parse = parse(db, file);
    if parse.errors.is_empty() {
        return false;
    }
    let Some(start) = placements(db, file).get(&def).map(|placed| placed.start) else { return false };
    // What follows an item up to the next one may have been meant to belong to it.
    let after = parse.items.partition_point(|it| it.start <= start);
    let mut next = parse.items.iter().skip(after).filter(|it| !matches!(it.item.kind, ItemKind::Hole));
    let end = next.next().map_or(u32::MAX, |it| it.start);
    parse.errors.iter().any(|error| (start..end).contains(&error.primary.place.start))
}
