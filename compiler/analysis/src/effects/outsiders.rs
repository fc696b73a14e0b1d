//! Text of outsiders that becomes code or identity in what is called: the callee does not know who chose its
//! arguments, the caller does not see what becomes of them.

use flow_syntax::Code;

use super::{Step, facts};
use crate::db::{Db, Def};
use crate::infer::{check, signature};
use crate::label::Labels;
use crate::place::{Finding, Place};

/// A parameter that must not be text of outsiders.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Demand {
    /// Its bit.
    param: u64,
    /// What it becomes.
    noun: String,
    why: (&'static str, &'static str),
    /// From the item inwards; the last one is where it becomes that.
    way: Vec<Step>,
}

/// The demands of an item, the first for each parameter. Must not change when nothing of this does.
#[salsa::tracked(returns(ref), cycle_result = none)]
fn demands(db: &dyn Db, def: Def) -> Vec<Demand> {
    let checked = check(db, def);
    let mut all: Vec<Demand> = Vec::new();
    let mut add = |params: u64, noun: &str, why, way: Vec<Step>| {
        let seen = all.iter().fold(0, |seen, it| seen | it.param);
        for param in (0..u64::BITS).map(|bit| 1 << bit).filter(|bit| params & !seen & bit != 0) {
            all.push(Demand { param, noun: noun.to_owned(), why, way: way.clone() });
        }
    };
    for it in &checked.demands {
        add(it.params, &it.noun, it.why, vec![(Place::new(def, it.span), format!("here it becomes {}", it.noun))]);
    }
    each(db, def, &mut |labels, place, _, demand| {
        if labels.params != 0 {
            let step = (place, "it is passed on here".to_owned());
            add(labels.params, &demand.noun, demand.why, super::longer(&step, &demand.way));
        }
    });
    all
}

fn none(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Vec<Demand> {
    Vec::new()
}

/// Calls `f` for each argument in the body of `def` of which something is demanded, with what it carries and
/// what it is to the callee.
fn each(db: &dyn Db, def: Def, f: &mut dyn FnMut(Labels, Place, String, &Demand)) {
    let checked = check(db, def);
    for call in &facts(db, def).calls {
        let demands = demands(db, call.def);
        if demands.is_empty() {
            continue;
        }
        let params = &signature(db, call.def).params;
        for (name, span, _) in &call.args {
            let Some(index) = params.iter().position(|param| param.name == *name) else { continue };
            let Some(labels) = checked.types.get(span).map(|val| val.labels) else { continue };
            if let Some(demand) = demands.iter().find(|it| it.param & Labels::param(index) != 0) {
                f(labels, Place::new(def, *span), format!("`{name}` of `{}`", call.def.name(db)), demand);
            }
        }
    }
}

/// Arguments that are text of outsiders and become code or identity.
pub(super) fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    let types = &check(db, def).types;
    let untrusted = |span| types.get(span).is_some_and(|val| val.labels.untrusted);
    if !facts(db, def).calls.iter().any(|call| call.args.iter().any(|(_, span, _)| untrusted(span))) {
        return Vec::new();
    }
    super::bottom_up(db, def, |def| {
        demands(db, def);
    });
    let mut found = Vec::new();
    each(db, def, &mut |labels, place, noun, demand| {
        if !labels.untrusted {
            return;
        }
        let (note, help) = demand.why;
        let headline = format!("{noun} cannot come from outsiders, since it becomes {}", demand.noun);
        let mut finding = Finding::new(Code::UntrustedRefused, place, headline).label("outsiders control this text");
        for (place, text) in &demand.way {
            finding = finding.related(*place, text.clone());
        }
        found.push(finding.note(note).help(help));
    });
    found
}
