//! `on_failure { … }` and `finally { … }` of a pipeline: jobs after every job before them.

use std::sync::Arc;

use flow_syntax::Code;
use flow_syntax::tree::{Body, Stmt, StmtKind};

use super::super::{Infer, LocalKind, Phase, Where};
use super::{Around, keyword};
use crate::ty::{Family, Ty};

impl Infer<'_> {
    /// The jobs of a tail, for which nothing that the body made is certain.
    pub(in super::super) fn graph_tail(&mut self, stmt: &Stmt, body: &Body) {
        let word = word(stmt).unwrap_or("finally");
        let span = keyword(stmt, word);
        if self.place == Where::Flow {
            let finding = self
                .finding(Code::NotAllowedHere, span, format!("`{word}` has no meaning in a flow"))
                .label("not here")
                .note("a flow is a part of a pipeline, and only the whole of that succeeds or fails")
                .help("put it at the end of the pipeline");
            self.report(finding);
            return;
        }
        let help = "put it at the end of the body of the pipeline itself";
        if !self.only_at_top(span, &format!("`{word}`"), help) {
            return;
        }
        let kept: Vec<Vec<Ty>> =
            self.frames.iter().map(|frame| frame.iter().map(|local| local.val.ty.clone()).collect()).collect();
        for local in self.frames.iter_mut().flatten() {
            if local.kind == LocalKind::Let && local.val.phase == Phase::Run {
                local.val.ty = uncertain(&local.val.ty);
            }
        }
        let before = self.calls_so_far();
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
        if self.calls_so_far() == before && !exposes {
            let finding = self
                .finding(Code::NoCalls, span, format!("this `{word}` does nothing"))
                .label("no call in its block")
                .help("call a job in it, or remove it");
            self.report(finding);
        }
        // What it calls has run when the body has: no gate covers it.
        self.graph.calls.truncate(before);
    }

    /// `on_failure` comes before `finally`, and nothing but these after either.
    pub(super) fn tail_order(&mut self, body: &Body) {
        let mut last: Option<(&str, &Stmt)> = None;
        for stmt in &body.stmts {
            let Some((before, first)) = last else {
                last = word(stmt).map(|word| (word, stmt));
                continue;
            };
            let problem = match word(stmt) {
                Some("on_failure") if before == "finally" => "`on_failure` stands after `finally`",
                Some(word) => {
                    last = Some((word, stmt));
                    continue;
                }
                None if matches!(stmt.kind, StmtKind::Setting(_) | StmtKind::Hole) => continue,
                None => "a statement stands after the last ones",
            };
            let finding = self
                .finding(Code::NotAllowedHere, stmt.span, problem)
                .label("too late")
                .related(self.at(keyword(first, before)), format!("`{before}` is here"))
                .note("the end of a body is what happens at its end: `on_failure`, then `finally`")
                .help(format!("move it above `{before}`"));
            self.report(finding);
            return;
        }
    }
}

fn word(stmt: &Stmt) -> Option<&'static str> {
    match &stmt.kind {
        StmtKind::Finally(_) => Some("finally"),
        StmtKind::OnFailure(_) => Some("on_failure"),
        _ => None,
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
