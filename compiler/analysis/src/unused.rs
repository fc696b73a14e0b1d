//! Declarations and imports that nothing uses.
//!
//! An import counts for its file. A declaration counts for the project, and only where there is no
//! doubt: it is private (`_name`), or it stands beside a pipeline. A file without one is a library,
//! whose users need not all be here.

use flow_syntax::Code;
use flow_syntax::tree::{ItemKind, UseTarget};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::db::{Db, Def, DefKind, File, broken, defs, syntax};
use crate::infer::{Checked, check, signature};
use crate::place::{Finding, Place};
use crate::schema::declared;
use crate::scope::{Res, name_place, scope};

/// What a file uses: declarations of any file, and names of its own imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Used {
    declarations: FxHashSet<Def>,
    modules: FxHashSet<File>,
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

/// What a file declares or imports for nothing.
pub(crate) fn findings(db: &dyn Db, file: File) -> Vec<Finding> {
    let items = defs(db, file);
    // What cannot be read may use anything.
    if items.iter().any(|def| def.kind(db) == DefKind::Hole || broken(db, *def)) {
        return Vec::new();
    }
    let entry = items.iter().any(|def| def.kind(db) == DefKind::Pipeline);
    items
        .iter()
        .filter_map(|&def| match def.kind(db) {
            DefKind::Use => import(db, file, def),
            DefKind::Const | DefKind::Fn | DefKind::Enum | DefKind::Struct | DefKind::Artifact | DefKind::Action => {
                let name = def.name(db);
                let reported = (entry || name.starts_with('_')) && !is_used(db, def);
                reported.then(|| declaration(db, def, name))
            }
            _ => None,
        })
        .collect()
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
    let keyword = syntax(db, def).keyword();
    Finding::new(Code::UnusedDeclaration, name_place(db, def), format!("the {keyword} `{name}` is never used"))
        .label("declared here, used nowhere in the project")
        .help("remove it")
}
