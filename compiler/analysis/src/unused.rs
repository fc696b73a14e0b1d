//! Declarations and imports that nothing uses.
//!
//! Outputs count for all callers. An import counts for its file. A declaration counts for the project, and only where there is no
//! doubt: it is private (`_name`), or it stands beside a pipeline. A file without one is a library,
//! whose users need not all be here.

use flow_syntax::tree::{ItemKind, UseTarget};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::db::{Db, Def, DefKind, File, broken, defs, syntax};
use crate::effects::facts;
use crate::infer::{Checked, check, signature};
use crate::place::{Finding, Place};
use crate::schema::declared;
use crate::scope::{Res, name_place, scope};

/// What a file uses: declarations of any file, and names of its own imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Used {
    declarations: FxHashSet<Def>,
    modules: FxHashSet<File>,
    /// Outputs that a caller reads.
    outputs: FxHashSet<(Def, SmolStr)>,
}

/// Must not change when an edit uses nothing new and drops nothing.
#[salsa::tracked(returns(ref))]
fn used(db: &dyn Db, file: File) -> Used {
    let mut used = Used::default();
    for &def in defs(db, file) {
        let mut note = |checked: &Checked| {
            for res in checked.names.values() {
                match res {
                    // An item does not use itself.
                    Res::Def(it) | Res::Variant(it, _) if *it != def => {
                        used.declarations.insert(*it);
                    }
                    Res::Module(module) => {
                        used.modules.insert(*module);
                    }
                    _ => {}
                }
            }
        };
        note(&signature(db, def).checked);
        note(check(db, def));
        used.outputs.extend(facts(db, def).reads.iter().cloned());
        if def.kind(db) == DefKind::Artifact {
            note(&declared(db, def).1);
        }
    }
    used
}

/// What is used anywhere in the project.
#[salsa::tracked(returns(ref))]
fn used_in_project(db: &dyn Db) -> FxHashSet<Def> {
    let files = db.project().files(db);
    files.values().flat_map(|file| used(db, *file).declarations.iter().copied()).collect()
}

/// Whether anything in the project uses a declaration: the answer for one must not change when that
/// for another does.
#[salsa::tracked(returns(copy))]
fn is_used(db: &dyn Db, def: Def) -> bool {
    used_in_project(db).contains(&def)
}

/// The outputs that anything in the project reads.
#[salsa::tracked(returns(ref))]
fn outputs_in_project(db: &dyn Db) -> FxHashSet<(Def, SmolStr)> {
    let files = db.project().files(db);
    files.values().flat_map(|file| used(db, *file).outputs.iter().cloned()).collect()
}

/// The outputs of a declaration that no caller reads, nor it itself. Must not change when those of
/// another one do.
#[salsa::tracked(returns(ref))]
fn unread(db: &dyn Db, def: Def) -> Vec<(SmolStr, Span)> {
    let read = outputs_in_project(db);
    let own = &facts(db, def).locals;
    let outputs = signature(db, def).outputs.iter().filter(|output| {
        let name = &output.name;
        !name.is_empty() && !name.starts_with('_') && !own.contains(name) && !read.contains(&(def, name.clone()))
    });
    outputs.map(|output| (output.name.clone(), output.span)).collect()
}

/// What a file declares or imports for nothing.
pub(crate) fn findings(db: &dyn Db, file: File) -> Vec<Finding> {
    let items = defs(db, file);
    // What cannot be read may use anything.
    if items.iter().any(|def| def.kind(db) == DefKind::Hole || broken(db, *def)) {
        return Vec::new();
    }
    let entry = items.iter().any(|def| def.kind(db) == DefKind::Pipeline);
    let mut found = Vec::new();
    for &def in items {
        match def.kind(db) {
            DefKind::Use => found.extend(import(db, file, def)),
            DefKind::Pipeline | DefKind::Test | DefKind::Hole => {}
            kind => {
                let name = def.name(db);
                if !entry && !name.starts_with('_') {
                    continue;
                }
                // A file of the standard library is none of the project's.
                if !is_used(db, def) && !used(db, file).declarations.contains(&def) {
                    found.push(declaration(db, def, name));
                } else if matches!(kind, DefKind::Job | DefKind::Action | DefKind::Flow) {
                    found.extend(unread(db, def).iter().map(|(name, span)| output(def, name, *span)));
                }
            }
        }
    }
    found
}

fn import(db: &dyn Db, file: File, def: Def) -> Option<Finding> {
    let scope = scope(db, file);
    let module = scope.imports.get(&def)?;
    // Of two imports of one module under different names, either may be the one that is used.
    if used(db, file).modules.contains(module) {
        return None;
    }
    let item = syntax(db, def);
    let ItemKind::Use(import) = &item.kind else { return None };
    let what = match &import.target {
        UseTarget::Module(path) => path.segments.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join("."),
        UseTarget::File(text) => text.plain()?,
    };
    let place = Place::new(def, item.span);
    Some(
        Finding::new(Code::UnusedImport, place, format!("`{what}` is imported and never used"))
            .label("never used")
            .help("remove the import")
            .fix("remove the import", place, ""),
    )
}

fn declaration(db: &dyn Db, def: Def, name: &SmolStr) -> Finding {
    let item = syntax(db, def);
    let keyword = item.keyword();
    let (what, label) = match def.kind(db) {
        DefKind::Job | DefKind::Flow => ("called", "declared here, called nowhere in the project"),
        DefKind::Secret => ("read", "declared here, read nowhere in the project"),
        _ => ("used", "declared here, used nowhere in the project"),
    };
    let finding =
        Finding::new(Code::UnusedDeclaration, name_place(db, def), format!("the {keyword} `{name}` is never {what}"))
            .label(label)
            .help("remove it");
    // Its documentation is not part of it, and would be left to what follows.
    if item.docs.0.is_empty() { finding.fix("remove it", Place::new(def, item.span), "") } else { finding }
}

fn output(def: Def, name: &SmolStr, span: Span) -> Finding {
    Finding::new(Code::UnusedOutput, Place::new(def, span), format!("the output `{name}` is never read"))
        .label("no caller in the project reads it")
        .help(format!("pass it on, `expose` it for people, or remove it; `_{name}` keeps it"))
}
