//! Order without data, and names of instances: `call as "title" after x`, `after x { … }`, `stage`.

use std::sync::Arc;

use flow_syntax::tree::{Body, Expr, ExprKind, Text};
use flow_syntax::{Code, Span};

use super::super::{Infer, Phase, Val};
use super::Around;
use crate::ty::Ty;

impl Infer<'_> {
    /// `call as "title" after x`.
    pub(in super::super) fn ordered(
        &mut self,
        span: Span,
        base: &Expr,
        title: Option<&Text>,
        after: Option<&Expr>,
    ) -> Val {
        let val = self.expr(base, None);
        let job = matches!(&val.ty, Ty::Call(call) if call.job);
        if !job && !val.ty.is_error() {
            let finding = self
                .finding(Code::NotAllowedHere, span, "`as` and `after` belong to the call of a job")
                .label("not a call of a job");
            self.report(finding);
        }
        if let Some(title) = title {
            self.title_of(title, "job");
        }
        if let Some(after) = after {
            self.order(after);
        }
        val
    }

    /// What stands after `after`: handles. A job under a guard orders too: one that is skipped lets
    /// those after it pass.
    pub(super) fn order(&mut self, after: &Expr) {
        if let ExprKind::List(elements) = &after.kind {
            // Calls of different jobs make no list of values, but one of finished jobs.
            for element in elements {
                self.order(&element.value);
            }
            self.out.types.insert(after.span, Val::new(Ty::List(Arc::new(Ty::Done)), Phase::Run));
            return;
        }
        let val = self.expr(after, None);
        if orders(&val.ty) {
            return;
        }
        let shown = self.show(&val.ty);
        let finding = self
            .finding(Code::TypeMismatch, after.span, "`after` takes jobs")
            .label(format!("this is {a}", a = crate::infer::article(&shown)))
            .help("name what a `let` bound to the call of a job, or a list of such names");
        self.report(finding);
    }

    /// `after x { … }`.
    pub(in super::super) fn after_block(&mut self, after: &Expr, body: &Body) {
        self.order(after);
        let before = (self.calls_so_far(), self.out.findings.len());
        self.open_block(Around::After, body);
        self.require_calls_since(before, after.span, "this `after` orders nothing");
    }

    /// `stage "title" { … }`.
    pub(in super::super) fn stage(&mut self, title: &Text, body: &Body) {
        let outer = self.graph.around.contains(&Around::Stage);
        if outer {
            let finding = self
                .finding(Code::NotAllowedHere, title.span, "a `stage` cannot stand in another one")
                .label("a stage in a stage")
                .note("stages follow each other; Azure Pipelines has them on one level only")
                .help("end the outer stage first, or leave this one out and keep its calls");
            self.report(finding);
        }
        if self.graph.around.contains(&Around::Tail) {
            self.only_at_top(title.span, "a `stage`", "call the jobs directly");
        }
        if let Some(name) = self.title_of(title, "stage") {
            self.distinct_in_loops(title, "stage");
            if let Some(first) = self.graph.stages.insert(name.to_lowercase(), title.span) {
                let finding = self
                    .finding(Code::BadTitle, title.span, format!("two stages are called `{name}`"))
                    .label("the second one")
                    .related(self.at(first), "the first one")
                    .help("join them, or give one of them another title");
                self.report(finding);
            }
        }
        let before = (self.calls_so_far(), self.out.findings.len());
        self.open_block(Around::Stage, body);
        self.require_calls_since(before, title.span, "this stage calls no job");
    }

    /// Reports a block in which nothing was called since there were `before` calls.
    fn require_calls_since(&mut self, before: (usize, usize), span: Span, headline: &str) {
        // What is wrong in it may have been meant as a call.
        if (self.calls_so_far(), self.out.findings.len()) != before {
            return;
        }
        let finding = self
            .finding(Code::NoCalls, span, headline)
            .label("no call in its block")
            .help("call a job in it, or remove it");
        self.report(finding);
    }

    /// Reports a title within a loop that is the same each time.
    pub(super) fn distinct_in_loops(&mut self, title: &Text, what: &str) {
        if title.plain().is_none() {
            return;
        }
        let Some(around) = self.graph.loops.iter().rev().find(|it| it.many).cloned() else { return };
        let name = &around.name;
        let finding = self
            .finding(Code::BadTitle, title.span, format!("there would be one {what} of this name for each `{name}`"))
            .label("the same each time")
            .related(self.at(around.over), "this runs more than once")
            .help(format!("let the name say which: `#{{{name}}}`"));
        self.report(finding);
    }
}

/// Whether a value of this type orders what comes after it.
fn orders(ty: &Ty) -> bool {
    match ty {
        Ty::Error | Ty::None | Ty::Done => true,
        Ty::Call(call) if call.job => true,
        Ty::Call(call) => matches!(call.outputs.as_slice(), [(_, only)] if orders(only)),
        Ty::Optional(inner) | Ty::List(inner) => orders(inner),
        Ty::Family(family) => orders(&family.member),
        _ => false,
    }
}
