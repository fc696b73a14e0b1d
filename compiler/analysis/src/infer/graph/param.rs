//! `param name: T = default`: what a pipeline asks for.

use flow_syntax::Code;
use flow_syntax::tree::{self, Body, Name, ParamMode, Setting, StmtKind};
use smol_str::SmolStr;

use super::super::{Infer, Local, LocalKind, ParamSig, Phase, Val, signature};
use super::out::is_plain;
use crate::db::DefKind;
use crate::ty::Ty;

impl Infer<'_> {
    /// The parameters of a pipeline, which its settings declare.
    pub(in super::super) fn pipeline_params(&mut self, body: &Body) -> Vec<ParamSig> {
        let mut sigs: Vec<ParamSig> = Vec::new();
        for stmt in &body.stmts {
            let StmtKind::Setting(Setting::Param { name, ty: written, default }) = &stmt.kind else { continue };
            let mut ty = self.lower_closed(written);
            if !self.can_be_asked_for(&ty) {
                self.not_a_param(name, written, &ty);
                ty = Ty::Error;
            }
            if let Some(default) = default {
                let val = self.check_expr(default, &ty, &format!("`{}` is", name.text));
                self.require_const(default, &val, &format!("the default of `{}`", name.text));
            }
            if let Some(first) = sigs.iter().find(|it| it.name != name.text && it.name.eq_ignore_ascii_case(&name.text))
            {
                let finding = self
                    .finding(
                        Code::DuplicateName,
                        name.span,
                        format!("the parameters `{}` and `{}` differ by case only", first.name, name.text),
                    )
                    .label("the second one")
                    .related(self.at(first.span), "the first one")
                    .note("hosted CI does not tell upper from lower case in the names of parameters")
                    .help("give one of them another name");
                self.report(finding);
            }
            let sig = ParamSig {
                name: name.text.clone(),
                span: name.span,
                optional: default.is_some() || matches!(ty, Ty::Optional(_)),
                ty,
                mode: ParamMode::Plain,
                merge: false,
            };
            self.declare(name, param_val(&sig), LocalKind::Param, None);
            sigs.push(sig);
        }
        sigs
    }

    /// Binds a parameter in the body.
    pub(in super::super) fn bind_param(&mut self, name: &Name) {
        let sig = signature(self.db, self.def);
        let Some(sig) = sig.params.iter().find(|sig| sig.span == name.span && !name.is_missing()) else { return };
        let late = Some(format!("`{}` is a parameter of the pipeline, known when a run is planned", name.text));
        let (name, span, val) = (sig.name.clone(), sig.span, param_val(sig));
        self.bind(Local { name, span, val, kind: LocalKind::Param, used: false, late });
    }

    /// Whether a person can type a value of this type, or choose it: what is no plain value is asked
    /// for as JSON.
    fn can_be_asked_for(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Optional(inner) => **inner != Ty::Bool && is_plain(inner),
            Ty::List(inner) => self.is_data(inner),
            Ty::Struct(_) => self.is_data(ty),
            other => is_plain(other),
        }
    }

    /// Whether values of this type can be written as JSON: no files, no secrets, no handles.
    pub(super) fn is_data(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Path => true,
            Ty::List(inner) | Ty::Optional(inner) => self.is_data(inner),
            // A struct cannot hold itself.
            Ty::Struct(def) => {
                !is_runner(self, *def) && signature(self.db, *def).params.iter().all(|field| self.is_data(&field.ty))
            }
            other => is_plain(other),
        }
    }

    fn not_a_param(&mut self, name: &Name, written: &tree::Type, ty: &Ty) {
        let shown = self.show(ty);
        let help = match ty.present() {
            Ty::Secret => {
                format!("declare it at the top of the file, `secret {}`, and read it by that name", upper(&name.text))
            }
            Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_) => {
                "read what another pipeline exposed: `ci.run(id: n).server`".to_owned()
            }
            Ty::Bool => "use an `enum` with a variant for each of the three cases".to_owned(),
            _ => {
                "ask for a `bool`, an `int`, a `string`, a `duration`, an enum, or a list or struct of these".to_owned()
            }
        };
        let finding = self
            .finding(
                Code::TypeMismatch,
                written.span,
                format!("a pipeline cannot ask for {a}", a = super::super::article(&shown)),
            )
            .label("nobody can type this in")
            .note("a parameter is a field of a form, or `--param` on a command line")
            .help(help);
        self.report(finding);
    }
}

fn is_runner(infer: &Infer<'_>, def: crate::db::Def) -> bool {
    def.kind(infer.db) == DefKind::Struct && Some(def) == crate::scope::prelude(infer.db, "Runner")
}

fn param_val(sig: &ParamSig) -> Val {
    Val::new(sig.ty.clone(), Phase::Plan)
}

fn upper(name: &SmolStr) -> String {
    name.to_ascii_uppercase()
}
