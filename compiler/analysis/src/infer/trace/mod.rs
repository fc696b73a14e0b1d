//! What a body writes and reads, in the order in which it happens, and the verdict on it: each output is
//! written exactly once on every path, and read after that (docs/design/semantics.md 3.4).
//!
//! A body is walked once; what it does to places is kept here as a tree of [`Event`]s. The verdict carries
//! that tree out once for each value of the const parameters that decide something in it, where these are
//! few: so an output that one variant of a job needs and another does not have is judged for each, and a
//! loop for each of its elements.

mod judge;
mod way;

use std::collections::BTreeSet;
use std::sync::Arc;

use flow_syntax::Span;
use flow_syntax::tree::Expr;
use smol_str::SmolStr;

use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// A place that is written or read.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The output, or the `let` without value.
    pub root: SmolStr,
    pub steps: Vec<SpotStep>,
}

#[derive(Clone, Debug)]
pub(super) enum SpotStep {
    Field(SmolStr),
    Key(Expr, Norm),
}

/// Something that happens to a place, or what decides whether it does.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Write {
        spot: Spot,
        span: Span,
    },
    Read {
        spot: Spot,
        span: Span,
    },
    /// `let x: T` without a value: from here on it is another `x`.
    Declare {
        name: SmolStr,
        ty: Ty,
        span: Span,
    },
    /// `let x = e`, known while compiling.
    Bind {
        name: SmolStr,
        value: Expr,
    },
    /// One of the arms; none, where that is possible, is an empty one.
    Branch {
        on: Decision,
        arms: Vec<Vec<Self>>,
    },
    Loop(Arc<Loop>),
    /// A step whose failure is tolerated: what it did may not have happened.
    Tolerated(Vec<Self>),
}

/// What decides which arm is taken.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// The first arm if it holds, else the second.
    If(Expr),
    /// The arm that has the value among its patterns; `None` is `_`.
    Match(Expr, Vec<Vec<Option<ConstValue>>>),
    /// Known when it runs.
    Late,
}

#[derive(Debug)]
pub(super) struct Loop {
    pub name: SmolStr,
    /// What it runs over, where that is known.
    pub keys: Option<Arc<[ConstValue]>>,
    pub iterable: Expr,
    /// Where each element stands, if it is written out.
    pub elements: Vec<Span>,
    pub span: Span,
    /// Elements are left out, and by what if that is known while compiling.
    pub filter: Option<Decision>,
    pub body: Vec<Event>,
}

/// The names that decide something.
fn names_in(events: &[Event], out: &mut BTreeSet<SmolStr>) {
    let decision = |on: &Decision, out: &mut BTreeSet<SmolStr>| {
        if let Decision::If(e) | Decision::Match(e, _) = on {
            expr_names(e, out);
        }
    };
    for event in events {
        match event {
            Event::Write { spot, .. } | Event::Read { spot, .. } => {
                for step in &spot.steps {
                    if let SpotStep::Key(key, _) = step {
                        expr_names(key, out);
                    }
                }
            }
            Event::Declare { ty, .. } => symbols_in(ty, out),
            Event::Bind { value, .. } => expr_names(value, out),
            Event::Branch { on, arms } => {
                // What decides about nothing is left out.
                if arms.iter().any(|arm| !arm.is_empty()) {
                    decision(on, out);
                    arms.iter().for_each(|arm| names_in(arm, out));
                }
            }
            Event::Loop(it) => {
                expr_names(&it.iterable, out);
                if let Some(filter) = &it.filter {
                    decision(filter, out);
                }
                names_in(&it.body, out);
            }
            Event::Tolerated(inner) => names_in(inner, out),
        }
    }
}

fn expr_names(e: &Expr, out: &mut BTreeSet<SmolStr>) {
    crate::walk::names(e, &mut |name, _| {
        out.insert(SmolStr::from(name));
    });
}

/// The const parameters that a type mentions.
fn symbols_in(ty: &Ty, out: &mut BTreeSet<SmolStr>) {
    fn norm(it: &Norm, out: &mut BTreeSet<SmolStr>) {
        match it {
            Norm::Symbol(name) => {
                out.insert(name.clone());
            }
            Norm::Call(_, args) => args.iter().for_each(|arg| norm(arg, out)),
            _ => {}
        }
    }
    match ty {
        Ty::Artifact(_, args) => args.iter().for_each(|arg| norm(arg, out)),
        Ty::Optional(inner) | Ty::List(inner) | Ty::Json(inner) => symbols_in(inner, out),
        Ty::Family(family) => symbols_in(&family.member, out),
        _ => {}
    }
}
