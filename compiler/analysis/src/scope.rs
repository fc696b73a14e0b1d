//! What names mean at the top level of a file: its own items, its imports, the prelude.
//!
//! Local names, and variants that depend on an expected type, belong to [`infer`](crate::infer).

use flow_syntax::tree::{ItemKind, Use, UseTarget};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::db::{Db, Def, DefKind, File, defs, syntax};
use crate::place::{Finding, Place};
use crate::suggest::{list, nearest};

/// The top level of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Its declarations and imports; of two with one name, the first.
    pub names: FxHashMap<SmolStr, Def>,
    /// What its imports lead to.
    pub imports: FxHashMap<Def, File>,
    /// Duplicates, and imports of nothing.
    pub findings: Vec<Finding>,
}

/// What a word stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Res {
    /// A parameter, `let`, loop variable, output or pipeline parameter of the body it stands in.
    Local(SmolStr),
    /// A declaration.
    Def(Def),
    /// A module.
    Module(File),
    /// A variant of an enum.
    Variant(Def, SmolStr),
    /// `ctx`.
    Ctx,
    /// A function or method that needs no declaration.
    Builtin(Builtin),
}

/// A function or method that needs no declaration: noted at what is called, so that elaboration knows it
/// without reading words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `file("path")`
    File,
    /// `files("pattern")`
    Files,
    /// `dir("path")`
    Dir,
    /// `merge(a, b)`
    Merge,
    /// `dir.assert_exists("path")`
    AssertExists,
    /// `dir.subtree("path")`
    Subtree,
    /// `dir.filter("pattern")`
    Filter,
}

/// The top level of a file. Must not change when bodies do.
#[salsa::tracked(returns(ref))]
pub fn scope(db: &dyn Db, file: File) -> Scope {
    let mut scope = Scope::default();
    for &def in defs(db, file) {
        let name = def.name(db);
        if def.kind(db) == DefKind::Use {
            import(db, &mut scope, def);
        }
        if name.is_empty() {
            continue;
        }
        match scope.names.get(name) {
            Some(&first) => scope.findings.push(
                Finding::new(Code::DuplicateName, name_place(db, def), format!("`{name}` is declared twice"))
                    .label("again here")
                    .related(name_place(db, first), "first declared here")
                    .help("rename one of them"),
            ),
            None => {
                scope.names.insert(name.clone(), def);
            }
        }
    }
    scope
}

/// Where an item's name stands.
pub fn name_place(db: &dyn Db, def: Def) -> Place {
    let item = syntax(db, def);
    Place::new(def, item.name().map_or(item.span, |name| name.span))
}

fn import(db: &dyn Db, scope: &mut Scope, def: Def) {
    let item = syntax(db, def);
    let ItemKind::Use(import) = &item.kind else { return };
    match target(db, def.file(db), import) {
        Ok(file) if file == def.file(db) => scope.findings.push(
            Finding::new(Code::UnknownModule, Place::new(def, item.span), "a file cannot import itself")
                .label("this file")
                .note("what a file declares it can name without an import")
                .help("remove the import"),
        ),
        Ok(file) => {
            let earlier = scope.imports.iter().find(|(_, other)| **other == file).map(|(earlier, _)| *earlier);
            if let Some(earlier) = earlier
                && earlier.name(db) != def.name(db)
            {
                let (first, second) = (earlier.name(db), def.name(db));
                scope.findings.push(
                    Finding::new(
                        Code::ImportedTwice,
                        name_place(db, def),
                        format!("`{second}` and `{first}` are one module"),
                    )
                    .label("imported again")
                    .related(name_place(db, earlier), "first imported here")
                    .help(format!("remove one of the two, and use `{first}` everywhere")),
                );
            }
            scope.imports.insert(def, file);
        }
        Err(None) => {}
        Err(Some((span, headline, help))) => {
            let finding = Finding::new(Code::UnknownModule, Place::new(def, span), headline).label("not found");
            scope.findings.push(finding.help(help));
        }
    }
}

type NotFound = Option<(Span, String, String)>;

/// The file that an import leads to; `Err(None)` where the parser has complained already.
fn target(db: &dyn Db, from: File, import: &Use) -> Result<File, NotFound> {
    match &import.target {
        UseTarget::Module(path) => {
            let [root, rest @ ..] = path.segments.as_slice() else { return Err(None) };
            if root.is_missing() || rest.iter().any(flow_syntax::tree::Name::is_missing) {
                return Err(None);
            }
            let std = db.project().std(db);
            if root.text != "std" || rest.is_empty() {
                let headline = format!("there is no module `{}`", root.text);
                return Err(Some((
                    root.span,
                    headline,
                    "modules are `std.…`; a file is `use \"./file.flow\" as name`".to_owned(),
                )));
            }
            let name = rest.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>();
            let path_of = SmolStr::from(format!("std/{}.flow", name.join("/")));
            std.get(&path_of).copied().ok_or_else(|| {
                let name = name.join(".");
                let known: Vec<&str> = std
                    .keys()
                    .filter_map(|path| path.strip_prefix("std/")?.strip_suffix(".flow"))
                    .filter(|module| *module != "prelude")
                    .collect();
                let help = nearest(&name, known.iter().copied()).map_or_else(
                    || format!("the standard library has {}", list(known.iter().copied())),
                    |near| format!("did you mean `std.{near}`?"),
                );
                Some((path.span, format!("the standard library has no module `{name}`"), help))
            })
        }
        UseTarget::File(text) => {
            let Some(written) = text.plain() else { return Err(None) };
            let files = db.project().files(db);
            let path = relative(from.path(db), &written);
            path.as_ref().and_then(|path| files.get(path.as_str())).copied().ok_or_else(|| {
                let near = path.as_ref().and_then(|path| nearest(path, files.keys().map(SmolStr::as_str)));
                let folder = path.as_ref().is_some_and(|path| {
                    let inside = format!("{path}/");
                    path.is_empty() || files.keys().any(|file| file.starts_with(&inside))
                });
                if folder && !written.is_empty() {
                    return Some((text.span, format!("`{written}` is a folder, not a file"), "import its files one by one".to_owned()));
                }
                let help = near.map_or_else(
                    || "the path is relative to this file, uses `/` and ends in `.flow`; files that git ignores do not count".to_owned(),
                    |near| format!("there is `{near}`"),
                );
                let headline = if written.is_empty() { "the path of a file is missing".to_owned() } else { format!("there is no file `{written}`") };
                Some((text.span, headline, help))
            })
        }
    }
}

/// `written`, as seen from the file `from`, relative to the project; `None` outside of it.
fn relative(from: &str, written: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What `name` means at the top level of `file`.
pub fn resolve(db: &dyn Db, file: File, name: &str) -> Option<Res> {
    if name == "ctx" {
        return Some(Res::Ctx);
    }
    let own = scope(db, file);
    if let Some(&def) = own.names.get(name) {
        return Some(match own.imports.get(&def) {
            Some(&module) => Res::Module(module),
            None => Res::Def(def),
        });
    }
    let prelude = *db.project().std(db).get(flow_stdlib::PRELUDE)?;
    let names = &scope(db, prelude).names;
    names.get(name).map(|&def| Res::Def(def)).or_else(|| {
        let os = *names.get("Os")?;
        variants(db, os).iter().find(|variant| *variant == name).map(|variant| Res::Variant(os, variant.clone()))
    })
}

/// A declaration of the prelude, by name.
pub fn prelude(db: &dyn Db, name: &str) -> Option<Def> {
    let prelude = *db.project().std(db).get(flow_stdlib::PRELUDE)?;
    scope(db, prelude).names.get(name).copied()
}

/// All names that mean something at the top level of `file`.
pub fn visible(db: &dyn Db, file: File) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = scope(db, file).names.keys().cloned().collect();
    if let Some(prelude) = db.project().std(db).get(flow_stdlib::PRELUDE) {
        names.extend(scope(db, *prelude).names.keys().cloned());
    }
    names.extend(["linux", "windows", "macos", "ctx"].map(SmolStr::from));
    names.sort_unstable();
    names
}

/// The variants of an enum, in order.
#[salsa::tracked(returns(ref))]
pub fn variants(db: &dyn Db, def: Def) -> Vec<SmolStr> {
    match &syntax(db, def).kind {
        ItemKind::Enum(it) => it.variants.iter().map(|variant| variant.name.text.clone()).collect(),
        _ => Vec::new(),
    }
}
