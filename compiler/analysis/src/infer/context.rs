//! Reads of `ctx`: which member may be read where, and what is known of it.

use flow_syntax::Code;
use flow_syntax::tree::{Expr, ExprKind, Name};
use smol_str::SmolStr;

use super::{Infer, Phase, Val, Where};
use crate::ctx;
use crate::db::DefKind;
use crate::label::Labels;
use crate::scope::{Res, resolve};
use crate::suggest::{list, nearest};
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// Whether `e` is `ctx.github…` or `ctx.ado…`.
    pub(super) fn is_native(&self, e: &Expr) -> bool {
        let ExprKind::Field { base, name, .. } = &e.kind else { return false };
        match &base.kind {
            ExprKind::Name(word) => {
                word == "ctx"
                    && self.local(word).is_none()
                    && resolve(self.db, self.file, word) == Some(Res::Ctx)
                    && ctx::NATIVE.iter().any(|(native, _)| name.text == *native)
            }
            _ => self.is_native(base),
        }
    }

    /// `ctx.github.event.action`: text of one backend.
    pub(super) fn native_member(&mut self, base: &Expr, name: &Name) -> Val {
        let mut root = base;
        while let ExprKind::Field { base, .. } = &root.kind {
            root = base;
        }
        self.note(root.span, Res::Ctx);
        if name.is_missing() || !self.may_read_ctx(name) {
            return Val::error();
        }
        let labels = Labels { untrusted: true, ..Labels::PLAIN };
        Val { labels, ..Val::new(Ty::String.optional(), Phase::Plan) }
    }

    fn may_read_ctx(&mut self, name: &Name) -> bool {
        let (headline, note, help) = match self.def.kind(self.db) {
            DefKind::Fn => (
                "a function cannot read `ctx`",
                "what a function gives depends on its arguments alone",
                "take it as a parameter",
            ),
            DefKind::Const | DefKind::Struct | DefKind::Enum | DefKind::Artifact => (
                "a declaration cannot read `ctx`",
                "it means the same in every run and on every backend",
                "take it as a parameter, or read it in the job or pipeline that needs it",
            ),
            _ if self.place == Where::Expr => (
                "a default cannot read `ctx`",
                "a declaration means the same in every run and on every backend",
                "pass it where the call is made",
            ),
            _ => return true,
        };
        let finding = self
            .finding(Code::NotAllowedHere, name.span, headline)
            .label("differs from run to run")
            .note(note)
            .help(help);
        self.report(finding);
        false
    }

    pub(super) fn ctx_member(&mut self, name: &Name) -> Val {
        if name.is_missing() || !self.may_read_ctx(name) {
            return Val::error();
        }
        if let Some((native, what)) = ctx::NATIVE.iter().find(|(native, _)| name.text == *native) {
            let finding = self
                .finding(Code::WrongKind, name.span, format!("`ctx.{native}` is a whole context, not a value"))
                .label("not a value")
                .help(format!("name {what}"));
            self.report(finding);
            return Val::error();
        }
        let Some(member) = ctx::member(&name.text) else {
            self.unknown_ctx(name);
            return Val::error();
        };
        if member.job_only && !matches!(self.place, Where::Job | Where::Action | Where::Step) {
            let finding = self
                .finding(Code::NotAllowedHere, name.span, format!("`ctx.{}` belongs to a job", name.text))
                .label(format!("not in {}", self.place.noun()))
                .note(format!("it is: {}", member.docs))
                .help("read it in the job");
            self.report(finding);
            return Val::error();
        }
        let val = Val::new((member.ty)(self.db), member.phase);
        let norm = match member.name {
            "os" | "arch" => self.runner_part(member.name),
            _ => Norm::Unknown,
        };
        Val { labels: Labels { untrusted: member.untrusted, ..val.labels }, norm, ..val }
    }

    /// `ctx.os`, `ctx.arch`, as far as the runner of the job tells it.
    pub(super) fn runner_part(&self, part: &'static str) -> Norm {
        let symbol = || Norm::Symbol(SmolStr::from(format!("ctx.{part}")));
        let Some(runner) = &self.runner else { return symbol() };
        match (&runner.norm, &runner.ty) {
            (Norm::Value(ConstValue::Record { fields, .. }), _) => {
                fields.iter().find(|(name, _)| name == part).map_or_else(symbol, |(_, it)| Norm::Value(it.clone()))
            }
            (norm @ (Norm::Value(ConstValue::Variant { .. }) | Norm::Symbol(_)), Ty::Enum(_)) if part == "os" => {
                norm.clone()
            }
            _ => symbol(),
        }
    }

    fn unknown_ctx(&mut self, name: &Name) {
        let known = || ctx::MEMBERS.iter().map(|member| member.name).chain(ctx::NATIVE.map(|(native, _)| native));
        let finding = self
            .finding(Code::UnknownField, name.span, format!("`ctx` has no `{}`", name.text))
            .label("no such member");
        let elsewhere = match name.text.as_str() {
            "head_ref" | "source_branch" => Some("pull_request"),
            "pr" => Some("pull_request"),
            "commit" => Some("sha"),
            "repository" => Some("repo"),
            "event_name" => Some("event"),
            other => nearest(other, known()),
        };
        let finding = match elsewhere {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None => finding.help(format!("it has {}", list(known()))),
        };
        self.report(finding);
    }

    /// The labels of the field `name` of `base`.
    pub(super) fn labels_of_field(&self, ty: &Ty, base: &Val, name: &str, field: &Ty) -> Labels {
        let own = match ty {
            Ty::Struct(def)
                if def.name(self.db) == ctx::PULL_REQUEST
                    && crate::scope::prelude(self.db, ctx::PULL_REQUEST) == Some(*def) =>
            {
                !ctx::TRUSTED.contains(&name)
            }
            _ => base.labels.untrusted,
        };
        // Which fields of a struct are secret, their types say; what a call gives may be made of one.
        let made = matches!(ty, Ty::Call(_)) && base.labels.secret;
        Labels { secret: made || *field.present() == Ty::Secret, untrusted: own, ..base.labels }
    }
}
