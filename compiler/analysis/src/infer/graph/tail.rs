//! `on_failure { … }` and `finally { … }` of a pipeline: jobs after every job before them.

use std::sync::Arc;

use flow_syntax::tree::{Body, StmtKind};
use flow_syntax::{Code, Span};

use super::super::{Infer, LocalKind, Phase};
use super::Around;
use crate::ty::{Family, Ty};

impl Infer<'_> {
    /// The jobs of a tail, for which nothing that the body made is certain. `span` is that of its word.
    pub(in super::super) fn graph_tail(&mut self, body: &Body, word: &str, span: Span) {
        let kept: Vec<Vec<Ty>> =
            self.frames.iter().map(|frame| frame.iter().map(|local| local.val.ty.clone()).collect()).collect();
        for local in self.frames.iter_mut().flatten() {
            if local.kind == LocalKind::Let && local.val.phase == Phase::Run {
                local.val.ty = uncertain(&local.val.ty);
            }
        }
        let before = self.calls_so_far();
        let wrong = self.out.findings.len();
        self.inside(Around::Tail, |infer| {
            infer.scoped(|infer| {
                for stmt in &body.stmts {
                    infer.stmt(stmt);
                }
            });
        });
        for (frame, kept) in self.frames.iter_mut().zip(kept) {
            for (local, ty) in frame.iter_mut().zip(kept) {
                local.val.ty = ty;
            }
        }
        let exposes = body.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Expose { .. }));
        if self.calls_so_far() == before && !exposes && self.out.findings.len() == wrong {
            let finding = self
                .finding(Code::NoCalls, span, format!("this `{word}` does nothing"))
                .label("no call in its block")
                .help("call a job in it, or remove it");
            self.report(finding);
        }
        // What it calls has run when the body has: no gate covers it.
        self.graph.calls.truncate(before);
    }
}

/// The type of what may not have been made.
fn uncertain(ty: &Ty) -> Ty {
    match ty {
        Ty::Family(family) => {
            let member = uncertain(&family.member);
            Ty::Family(Arc::new(Family { member, ..Family::clone(family) }))
        }
        Ty::List(inner) => Ty::List(Arc::new(uncertain(inner))),
        other => other.clone().optional(),
    }
}
