//! Calls of `once` actions in a job, through all actions that it calls: each stands once for each key,
//! so callers must agree on what is not merged.

use flow_syntax::Code;
use smol_str::SmolStr;

use super::{Step, facts};
use crate::db::{Db, Def, DefKind};
use crate::infer::signature;
use crate::place::{Finding, Place};
use crate::value::Norm;

/// A call of a `once` action that a job makes, itself or through an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceCall {
    /// The action.
    pub action: Def,
    /// All of its arguments by parameter, those left out as well, in terms of the job's own symbols.
    pub args: Vec<(SmolStr, Norm)>,
    /// From the job inwards; the last one is the call.
    pub way: Vec<Step>,
}

/// The calls of `once` actions in a job or an action, those with equal arguments as one. Where they
/// hold symbols, whoever has their values compares again.
#[salsa::tracked(returns(ref), cycle_result = none)]
pub fn once_calls(db: &dyn Db, def: Def) -> Vec<OnceCall> {
    let mut all: Vec<OnceCall> = Vec::new();
    for call in &facts(db, def).calls {
        let callee = call.def;
        if callee.kind(db) != DefKind::Action {
            continue;
        }
        let step = (Place::new(def, call.span), format!("`{}` is called here", callee.name(db)));
        let sig = signature(db, callee);
        let norm_of = |name: &str| {
            let given = call.args.iter().find(|(param, ..)| param == name).map(|(_, _, norm)| norm.clone());
            given.unwrap_or_else(|| crate::eval::default_value(db, callee, name).map_or(Norm::Unknown, Norm::Value))
        };
        let own = sig.once.is_some().then(|| OnceCall {
            action: callee,
            args: sig.params.iter().map(|param| (param.name.clone(), norm_of(&param.name))).collect(),
            way: vec![step.clone()],
        });
        let inner = once_calls(db, callee).iter().map(|inner| OnceCall {
            action: inner.action,
            args: inner
                .args
                .iter()
                .map(|(name, norm)| {
                    let norm = norm.substitute(&|symbol| {
                        sig.params.iter().any(|param| param.name == symbol).then(|| norm_of(symbol))
                    });
                    (name.clone(), norm)
                })
                .collect(),
            way: super::longer(&step, &inner.way),
        });
        for call in own.into_iter().chain(inner) {
            if !all.iter().any(|other| other.action == call.action && other.args == call.args) {
                all.push(call);
            }
        }
    }
    all
}

fn none(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Vec<OnceCall> {
    Vec::new()
}

/// The first parameter that two calls of one action disagree on, if it can be told without values of
/// symbols.
fn disagree(db: &dyn Db, a: &OnceCall, b: &OnceCall) -> Option<(SmolStr, Norm, Norm)> {
    let sig = signature(db, a.action);
    let by = sig.once.as_ref()?;
    let pair = |name: &SmolStr| {
        let of = |call: &OnceCall| call.args.iter().find(|(param, _)| param == name).map(|(_, norm)| norm.clone());
        Some((of(a)?, of(b)?))
    };
    for key in by {
        let (x, y) = pair(key)?;
        if x != y || x == Norm::Unknown {
            return None;
        }
    }
    sig.params.iter().filter(|param| !param.merge && !by.contains(&param.name)).find_map(|param| {
        let (x, y) = pair(&param.name)?;
        (x.value().is_some() && y.value().is_some() && x != y).then(|| (param.name.clone(), x, y))
    })
}

/// Callers that disagree. What two calls in one action disagree on is said there.
pub(super) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    if !matches!(def.kind(db), DefKind::Job | DefKind::Action) {
        return Vec::new();
    }
    super::bottom_up(db, def, |def| {
        once_calls(db, def);
    });
    let calls = once_calls(db, def);
    let mut found = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let earlier = calls.iter().take(index).filter(|other| other.action == call.action);
        let conflict = earlier.filter_map(|other| Some((other, disagree(db, other, call)?))).next();
        let Some((other, (param, first, second))) = conflict else { continue };
        if inside_one_action(db, other, call) {
            continue;
        }
        let (Some((place, _)), Some((others_place, _))) = (call.way.first(), other.way.first()) else { continue };
        let action = call.action.name(db);
        let (first, second) = (first.display(db), second.display(db));
        let mut finding = Finding::new(
            Code::OnceConflict,
            *place,
            format!("`{action}` stands once in a job, and its callers disagree on `{param}`"),
        )
        .label(format!("with `{param}: {second}`"))
        .related(*others_place, format!("with `{param}: {first}`"));
        for (place, text) in call.way.iter().skip(1).chain(other.way.iter().skip(1)) {
            finding = finding.related(*place, text.clone());
        }
        found.push(
            finding
                .note("equal arguments are one call; which of two different ones is meant, nobody can tell")
                .help(format!("give both the same `{param}`, or let it tell calls apart: `by ({param})`")),
        );
    }
    found
}

/// Whether two calls disagree in the action that both go through already.
fn inside_one_action(db: &dyn Db, a: &OnceCall, b: &OnceCall) -> bool {
    let (Some((first, _)), Some((second, _))) = (a.way.first(), b.way.first()) else { return false };
    if first != second {
        return false;
    }
    let Some(callee) = facts(db, first.def).calls.iter().find(|call| call.span == first.span).map(|call| call.def)
    else {
        return false;
    };
    let inner = once_calls(db, callee);
    let find = |call: &OnceCall| inner.iter().find(|it| call.way.get(1..) == Some(it.way.as_slice()));
    match (find(a), find(b)) {
        (Some(a), Some(b)) => disagree(db, a, b).is_some(),
        _ => false,
    }
}
