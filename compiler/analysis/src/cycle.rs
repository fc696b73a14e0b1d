//! Constants that need themselves, over others, over functions and over files; and structs that hold
//! themselves. Each circle is reported once, with every link.

use flow_syntax::tree::{ExprKind, ItemKind};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashSet;

use crate::db::{Db, Def, DefKind, syntax};
use crate::infer::{const_value, signature};
use crate::place::{Finding, Place};
use crate::scope::{Res, name_place, resolve, scope};
use crate::ty::Ty;

/// A link of a circle: what is needed, and where that is written.
pub(crate) type Link = (Def, Place);

/// The constants and functions that the value of a constant, or the body of a function, names.
#[salsa::tracked(returns(ref))]
fn needs(db: &dyn Db, def: Def) -> Vec<Link> {
    let item = syntax(db, def);
    let value = match &item.kind {
        ItemKind::Const(it) => &it.value,
        ItemKind::Fn(it) => &it.value,
        _ => return Vec::new(),
    };
    let file = def.file(db);
    let mut links: Vec<Link> = Vec::new();
    let mut seen = FxHashSet::default();
    crate::walk::deep(value, &mut |part| {
        let found = match &part.kind {
            ExprKind::Name(name) => match resolve(db, file, name) {
                Some(Res::Def(found)) => Some(found),
                _ => None,
            },
            ExprKind::Field { base, name, .. } => match &base.kind {
                ExprKind::Name(module) => match resolve(db, file, module) {
                    Some(Res::Module(module)) => scope(db, module).names.get(&name.text).copied(),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        if let Some(found) = found
            && matches!(found.kind(db), DefKind::Const | DefKind::Fn)
            && seen.insert(found)
        {
            links.push((found, Place::new(def, part.span)));
        }
    });
    links
}

/// What the words of a constant stand for, without its type: in a circle it has none.
pub(crate) fn names(db: &dyn Db, def: Def) -> Vec<(Span, Res)> {
    let item = syntax(db, def);
    let ItemKind::Const(it) = &item.kind else { return Vec::new() };
    let mut names: Vec<(Span, Res)> =
        needs(db, def).iter().map(|(needed, place)| (place.span, Res::Def(*needed))).collect();
    crate::walk::deep(&it.value, &mut |part| {
        if let ExprKind::Name(name) = &part.kind
            && let Some(res @ Res::Module(_)) = resolve(db, def.file(db), name)
        {
            names.push((part.span, res));
        }
    });
    names
}

/// The structs that a value of a struct holds one of.
fn holds(db: &dyn Db, def: Def) -> Vec<Link> {
    let fields = &signature(db, def).params;
    let direct = fields.iter().filter_map(|field| match &field.ty {
        Ty::Struct(inner) => Some((*inner, Place::new(def, field.span))),
        _ => None,
    });
    direct.collect()
}

/// The shortest way from `def` back to it: by breadth, each link with the one before it.
pub(crate) fn way_back(def: Def, links: impl Fn(Def) -> Vec<Link>) -> Option<Vec<Link>> {
    let mut seen: FxHashSet<Def> = FxHashSet::default();
    let mut found: Vec<(Link, Option<usize>)> = links(def).into_iter().map(|link| (link, None)).collect();
    let mut next = 0;
    while let Some(((last, _), _)) = found.get(next).copied() {
        if last == def {
            let mut way = Vec::new();
            let mut at = Some(next);
            while let Some((link, before)) = at.and_then(|at| found.get(at).copied()) {
                way.push(link);
                at = before;
            }
            way.reverse();
            return Some(way);
        }
        if seen.insert(last) {
            found.extend(links(last).into_iter().map(|link| (link, Some(next))));
        }
        next += 1;
    }
    None
}

/// Whether `def` is the one of its circle that reports it.
pub(crate) fn speaks(db: &dyn Db, def: Def, way: &[Link]) -> bool {
    let order = |def: Def| (def.file(db).path(db).clone(), def.name(db).clone(), def.nth(db));
    way.iter().filter(|(other, _)| other.kind(db) == def.kind(db)).all(|(other, _)| order(def) <= order(*other))
}

/// What is wrong if `def` needs or holds itself.
pub(crate) fn finding(db: &dyn Db, def: Def) -> Option<Finding> {
    let name = def.name(db);
    match def.kind(db) {
        // One that has a value needs nothing that it cannot have.
        DefKind::Const if const_value(db, def).is_none() => {
            let way = way_back(def, |def| needs(db, def).clone())?;
            if !speaks(db, def, &way) {
                return None;
            }
            let finding = Finding::new(Code::Cycle, name_place(db, def), format!("`{name}` needs itself"))
                .label("to know this, it has to be known already");
            Some(
                linked(db, finding, &way, "needs")
                    .help("give one of the declarations in the circle a value of its own"),
            )
        }
        DefKind::Struct => {
            let way = way_back(def, |def| holds(db, def))?;
            if !speaks(db, def, &way) {
                return None;
            }
            let finding = Finding::new(Code::Cycle, name_place(db, def), format!("a `{name}` holds a `{name}`"))
                .label("a value of it would never end");
            Some(linked(db, finding, &way, "holds").help("make one of the fields optional with `?`, or a list"))
        }
        _ => None,
    }
}

fn linked(db: &dyn Db, mut finding: Finding, way: &[Link], verb: &str) -> Finding {
    for (needed, place) in way {
        finding = finding.related(*place, format!("{verb} `{}`", needed.name(db)));
    }
    finding
}
