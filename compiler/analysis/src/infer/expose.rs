//! `expose e as "name"` in a job or an action: files for people and other programs.

use flow_syntax::tree::{Expr, ExprKind, Map, Text};
use flow_syntax::{Code, Span};

use super::Infer;
use crate::scope::Res;
use crate::ty::Ty;

impl Infer<'_> {
    pub(super) fn expose_of_job(&mut self, value: &Expr, title: Option<&Text>, options: Option<&Map>) {
        let val = self.expr(value, None);
        let ty = val.ty.single().clone();
        self.exposable(value.span, &ty);
        match title {
            Some(title) => {
                self.expose_title(title);
            }
            None if self.is_take(value) => {
                self.exposed_nameless(value.span);
            }
            None => {}
        }
        if let Some(options) = options {
            self.expose_options(options);
        }
    }

    /// `file("…")`, `dir("…")`: what has no name of its own.
    fn is_take(&self, value: &Expr) -> bool {
        let ExprKind::Call { callee, .. } = &value.kind else { return false };
        matches!(self.out.names.get(&callee.span), Some(Res::Builtin(_)))
    }

    fn exposable(&mut self, span: Span, ty: &Ty) {
        let one = |ty: &Ty| {
            matches!(ty.present(), Ty::Error | Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_))
        };
        if one(ty) || matches!(ty.present(), Ty::List(inner) if one(inner)) {
            return;
        }
        let shown = self.show(ty);
        let finding = self
            .finding(Code::TypeMismatch, span, "only files can be exposed")
            .label(format!("this is {a}", a = super::article(&shown)))
            .help("expose an artifact, a `file` or an `opaque` directory");
        self.report(finding);
    }
}
