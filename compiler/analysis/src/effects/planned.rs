//! Parameters that must be known when a run is planned: they name an environment or a group, or choose a
//! runner, in what is called. Whoever calls gives them in time, over flows too.

use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Step, facts};
use crate::db::{Db, Def, DefKind};
use crate::infer::{Phase, check, signature};
use crate::label::Labels;
use crate::place::{Finding, Place};
use crate::scope::{Res, name_place};

/// A parameter that is needed before any job runs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Demand {
    param: SmolStr,
    /// From the item inwards; the last one is where it is needed.
    way: Vec<Step>,
}

/// The demands of an item, the first for each parameter. Must not change when nothing of this does.
#[salsa::tracked(returns(ref), cycle_result = none)]
fn demands(db: &dyn Db, def: Def) -> Vec<Demand> {
    let mut all: Vec<Demand> = Vec::new();
    let mut add = |param: &SmolStr, way: Vec<Step>| {
        if !all.iter().any(|it| it.param == *param) {
            all.push(Demand { param: param.clone(), way });
        }
    };
    for param in &signature(db, def).planned {
        add(param, vec![(name_place(db, def), "it chooses where this job runs".to_owned())]);
    }
    for (param, span, noun) in &check(db, def).planned {
        add(param, vec![(Place::new(def, *span), format!("here it becomes {noun}"))]);
    }
    late(db, def, &mut |_, span, _, demand| {
        for param in passed_on(db, def, span) {
            let step = (Place::new(def, span), "it is passed on here".to_owned());
            add(&param, super::longer(&step, &demand.way));
        }
    });
    all
}

fn none(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Vec<Demand> {
    Vec::new()
}

/// Calls `f` for each argument in the body of `def` that is known too late for what is called: the callee,
/// where it stands, its name.
fn late(db: &dyn Db, def: Def, f: &mut dyn FnMut(Def, Span, &SmolStr, &Demand)) {
    let types = &check(db, def).types;
    for call in &facts(db, def).calls {
        let demands = demands(db, call.def);
        for (name, span, _) in &call.args {
            let Some(demand) = demands.iter().find(|it| it.param == *name) else { continue };
            if types.get(span).is_some_and(|val| val.phase > Phase::Plan && !val.ty.is_error()) {
                f(call.def, *span, name, demand);
            }
        }
    }
}

/// The parameters of the flow `def` that an argument is made of.
fn passed_on(db: &dyn Db, def: Def, span: Span) -> Vec<SmolStr> {
    if def.kind(db) != DefKind::Flow {
        return Vec::new();
    }
    let checked = check(db, def);
    let params = &signature(db, def).params;
    if let Some(Res::Local(name)) = checked.names.get(&span)
        && params.iter().any(|param| param.name == *name)
    {
        return vec![name.clone()];
    }
    let bits = checked.types.get(&span).map_or(0, |val| val.labels.params);
    let made = params.iter().enumerate().filter(|(index, _)| bits & Labels::param(*index) != 0);
    made.map(|(_, param)| param.name.clone()).collect()
}

/// Arguments that are known too late.
pub(super) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    if !matches!(def.kind(db), DefKind::Pipeline | DefKind::Flow) {
        return Vec::new();
    }
    super::bottom_up(db, def, |def| {
        demands(db, def);
    });
    let mut found = Vec::new();
    late(db, def, &mut |callee, span, name, demand| {
        // A runner's parameter was judged with the call, and what is passed on is judged where it comes from.
        if signature(db, callee).planned.contains(name) || !passed_on(db, def, span).is_empty() {
            return;
        }
        let headline = format!("`{name}` of `{}` must be known when a run is planned", callee.name(db));
        let mut finding = Finding::new(Code::TooLate, Place::new(def, span), headline)
            .label(format!("this is known {}", Phase::Run.when()))
            .help("give what is known before any job runs: a constant, a `param`, a member of `ctx`");
        for (place, text) in &demand.way {
            finding = finding.related(*place, text.clone());
        }
        found.push(finding);
    });
    found
}
