//! The pipelines of a project, which are found by their names alone, in whatever file they are.

use flow_syntax::Code;
use flow_syntax::tree::{ItemKind, Setting, StmtKind};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::db::{Db, Def, DefKind, defs, syntax};
use crate::place::{Finding, Place};
use crate::scope::name_place;

/// All pipelines by name in lower case, in the order of files and of the source.
#[salsa::tracked(returns(ref))]
fn by_name(db: &dyn Db) -> FxHashMap<SmolStr, Vec<Def>> {
    let mut all: FxHashMap<SmolStr, Vec<Def>> = FxHashMap::default();
    let files = db.project().files(db);
    for def in files.values().flat_map(|file| defs(db, *file)) {
        if def.kind(db) == DefKind::Pipeline && !def.name(db).is_empty() {
            all.entry(lower(def.name(db))).or_default().push(*def);
        }
    }
    all
}

fn lower(name: &SmolStr) -> SmolStr {
    SmolStr::from(name.to_lowercase())
}

/// The pipeline of this name.
pub fn pipeline(db: &dyn Db, name: &str) -> Option<Def> {
    by_name(db).get(name.to_lowercase().as_str())?.iter().copied().find(|def| def.name(db) == name)
}

/// The names of all pipelines.
pub(crate) fn names(db: &dyn Db) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = by_name(db).values().flatten().map(|def| def.name(db).clone()).collect();
    names.sort_unstable();
    names
}

/// Another pipeline whose name, and so whose emitted file, is that of this one.
#[salsa::tracked(returns(copy))]
fn other(db: &dyn Db, def: Def) -> Option<Def> {
    if def.kind(db) != DefKind::Pipeline {
        return None;
    }
    let all = by_name(db).get(&lower(def.name(db)))?;
    // Of two in one file the second is reported as a second declaration.
    all.iter()
        .copied()
        .find(|other| *other != def && (other.file(db) != def.file(db) || other.name(db) != def.name(db)))
}

/// Two pipelines of one name are an error at both.
pub(crate) fn twin(db: &dyn Db, def: Def) -> Option<Finding> {
    let other = other(db, def)?;
    let (name, second) = (def.name(db), other.name(db));
    let here = name_place(db, def);
    let same = name == second;
    let headline = if same {
        format!("there are two pipelines `{name}`")
    } else {
        format!("the pipelines `{name}` and `{second}` differ by case only")
    };
    let finding = Finding::new(Code::DuplicateName, here, headline)
        .label(if same { "in this file" } else { "this one" })
        .related(name_place(db, other), if same { "and in another one" } else { "and this one" });
    Some(if same {
        finding.note("a pipeline is run and emitted by its name alone").help("rename one of them")
    } else {
        finding
            .note("each is emitted to a file of its name, and many systems do not tell these two apart")
            .help("rename one of them")
    })
}

/// The pipelines that start `def` when they finish, each with where that is said.
#[salsa::tracked(returns(ref))]
fn started_by(db: &dyn Db, def: Def) -> Vec<(Def, Place)> {
    let item = syntax(db, def);
    let ItemKind::Pipeline(tree) = &item.kind else { return Vec::new() };
    tree.body
        .stmts
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Setting(Setting::Trigger { finished: Some(name), .. }) => {
                Some((pipeline(db, &name.text)?, Place::new(def, name.span)))
            }
            _ => None,
        })
        .collect()
}

/// Pipelines that start each other for ever: the way from `def` back to itself, the shortest.
pub(crate) fn circle(db: &dyn Db, def: Def) -> Option<Finding> {
    if def.kind(db) != DefKind::Pipeline {
        return None;
    }
    let mut seen: FxHashSet<Def> = FxHashSet::default();
    let mut ways: Vec<Vec<(Def, Place)>> = started_by(db, def).iter().map(|step| vec![*step]).collect();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let Some((last, _)) = way.last().copied() else { continue };
            if last == def {
                // One that names itself is reported where it does.
                return (way.len() > 1).then(|| describe(db, def, &way));
            }
            if seen.insert(last) {
                longer.extend(started_by(db, last).iter().map(|step| way.iter().copied().chain([*step]).collect()));
            }
        }
        ways = longer;
    }
    None
}

fn describe(db: &dyn Db, def: Def, way: &[(Def, Place)]) -> Finding {
    let name = def.name(db);
    let mut finding =
        Finding::new(Code::Cycle, name_place(db, def), format!("`{name}` would start itself again and again"))
            .label("started when another one finishes");
    let mut started = name.clone();
    for (by, place) in way {
        finding = finding.related(*place, format!("`{}` starts `{started}`", by.name(db)));
        started = by.name(db).clone();
    }
    finding
        .note("each of these is started by the next one's end, so they would never stop")
        .help("remove one of these triggers")
}
