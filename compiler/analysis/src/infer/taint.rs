//! Text of outsiders that a job, an action or a flow reads by itself: what it gives may hold it.
//!
//! What it is given as an argument is followed at its call.

use flow_syntax::tree::{ExprKind, ItemKind};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::check;
use crate::ctx;
use crate::db::{Db, Def, DefKind, syntax};
use crate::scope::{Res, resolve};

/// Whether outputs of a job, an action or a flow can hold text of outsiders that it reads by itself.
///
/// Jobs are told by what they write, since their checks ask for actions only. What an action reads, its
/// outputs may hold: it is asked for by those that it calls, so it goes by the words of its body.
pub(super) fn gives_untrusted(db: &dyn Db, def: Def) -> bool {
    let mut seen = FxHashSet::from_iter([def]);
    let mut open = vec![def];
    while let Some(def) = open.pop() {
        if def.kind(db) == DefKind::Job {
            if writes_untrusted(db, def) {
                return true;
            }
            continue;
        }
        let reads = reads(db, def);
        if reads.outsiders {
            return true;
        }
        open.extend(reads.calls.iter().filter(|callee| seen.insert(**callee)));
    }
    false
}

/// Whether a job writes text of outsiders into an output. Must not change when all else of its body does.
#[salsa::tracked(returns(copy))]
fn writes_untrusted(db: &dyn Db, job: Def) -> bool {
    check(db, job).gives_untrusted
}

/// What the words of a body say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reads {
    /// It reads text of outsiders.
    outsiders: bool,
    /// Actions, jobs and flows that it names.
    calls: Vec<Def>,
}

#[salsa::tracked(returns(ref))]
fn reads(db: &dyn Db, def: Def) -> Reads {
    let item = syntax(db, def);
    let body = match &item.kind {
        ItemKind::Action(it) => &it.body,
        ItemKind::Flow(it) => &it.body,
        _ => return Reads::default(),
    };
    let file = def.file(db);
    let mut reads = Reads::default();
    let mut seen: FxHashSet<Def> = FxHashSet::default();
    let mut callee = |res: Option<Res>, calls: &mut Vec<Def>| {
        if let Some(Res::Def(def)) = res
            && matches!(def.kind(db), DefKind::Action | DefKind::Job | DefKind::Flow)
            && seen.insert(def)
        {
            calls.push(def);
        }
    };
    crate::every::expression(body, &mut |e| match &e.kind {
        ExprKind::Name(name) => callee(resolve(db, file, name), &mut reads.calls),
        ExprKind::Field { base, name, .. } => match &base.kind {
            ExprKind::Name(word) if word == "ctx" => reads.outsiders |= of_outsiders(&name.text),
            ExprKind::Name(module) => {
                if let Some(Res::Module(file)) = resolve(db, file, module) {
                    callee(resolve(db, file, &name.text), &mut reads.calls);
                }
            }
            // Of a pull request that is bound to a name, all fields count.
            ExprKind::Field { base: root, name: member, .. } if member.text == "pull_request" => {
                let of_ctx = matches!(&root.kind, ExprKind::Name(word) if word == "ctx");
                reads.outsiders |= of_ctx && !ctx::TRUSTED.contains(&name.text.as_str());
            }
            _ => {}
        },
        _ => {}
    });
    reads
}

/// Whether a member of `ctx` is text of outsiders. A pull request has fields that are and others.
fn of_outsiders(member: &SmolStr) -> bool {
    ctx::member(member).is_some_and(|member| member.untrusted) || ctx::NATIVE.iter().any(|(native, _)| native == member)
}
