//! Recursion: functions, actions and flows that call themselves, over others too, are refused, so that
//! evaluation and elaboration always end.

use flow_syntax::Code;
use rustc_hash::FxHashSet;

use crate::cycle::{speaks, way_back};
use crate::db::{Db, Def, DefKind};
use crate::infer::check;
use crate::place::{Finding, Place};
use crate::scope::{Res, name_place};

/// The functions, actions and flows that an item calls, each with the first place. Must not change when their
/// bodies do.
#[salsa::tracked(returns(ref))]
fn callees(db: &dyn Db, def: Def) -> Vec<(Def, Place)> {
    let mut calls: Vec<(Def, Place)> = check(db, def)
        .names
        .iter()
        .filter_map(|(span, res)| match res {
            Res::Def(callee) if matches!(callee.kind(db), DefKind::Fn | DefKind::Action | DefKind::Flow) => {
                Some((*callee, Place::new(def, *span)))
            }
            _ => None,
        })
        .collect();
    calls.sort_unstable_by_key(|(_, place)| place.span);
    let mut seen = FxHashSet::default();
    calls.retain(|(callee, _)| seen.insert(*callee));
    calls
}

/// What is wrong if `def` calls itself.
pub(crate) fn finding(db: &dyn Db, def: Def) -> Option<Finding> {
    if !matches!(def.kind(db), DefKind::Fn | DefKind::Action | DefKind::Flow) {
        return None;
    }
    let way = way_back(def, |def| callees(db, def).clone())?;
    speaks(db, def, &way).then(|| describe(db, def, &way))
}

/// Whether `def` calls itself.
pub(crate) fn recursive(db: &dyn Db, def: Def) -> bool {
    way_back(def, |def| callees(db, def).clone()).is_some()
}

fn describe(db: &dyn Db, def: Def, way: &[(Def, Place)]) -> Finding {
    let name = def.name(db);
    let mut finding =
        Finding::new(Code::Cycle, name_place(db, def), format!("`{name}` calls itself")).label("declared here");
    for (callee, place) in way {
        finding = finding.related(*place, format!("calls `{}`", callee.name(db)));
    }
    match def.kind(db) {
        DefKind::Fn => finding
            .note("Flow has no recursion, so that computing a value always ends")
            .help("go through a list instead: `for x in xs { … }`"),
        DefKind::Flow => finding.note("a flow stands for its jobs, and these would never end"),
        _ => finding.note("an action stands for its steps, and these would never end"),
    }
}
