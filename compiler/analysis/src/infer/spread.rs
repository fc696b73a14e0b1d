//! Records spread into arguments, `f(...record)`, and arguments that decide where a job runs.

use flow_syntax::Code;
use flow_syntax::Span;
use flow_syntax::tree::{Expr, ParamMode};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Infer, ParamSig, Phase, Signature, Val, article, signature};
use crate::db::Def;
use crate::scope::name_place;
use crate::suggest::list;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// `...record`: each of its fields fills the parameter of its name, unless an argument does that.
    /// `None` where it is no record, which is reported.
    pub(super) fn spread_record(
        &mut self,
        def: Def,
        value: &Expr,
        explicit: &[SmolStr],
        given: &mut FxHashMap<SmolStr, Span>,
        norms: &mut FxHashMap<SmolStr, Norm>,
    ) -> Option<Val> {
        let val = self.expr(value, None);
        let Ty::Struct(record) = *val.ty.single() else {
            if !val.ty.is_error() {
                let shown = self.show(&val.ty);
                let finding = self
                    .finding(Code::TypeMismatch, value.span, "only a record can be spread into arguments")
                    .label(format!("this is {}", article(&shown)))
                    .note("each field of a struct fills the parameter of its name")
                    .help("give the arguments by name");
                self.report(finding);
            }
            return None;
        };
        let fields = &signature(self.db, record).params;
        let params = &signature(self.db, def).params;
        let callee = def.name(self.db);
        let mut fills = false;
        for param in params.iter().filter(|param| param.mode != ParamMode::Out) {
            let Some(field) = fields.iter().find(|field| field.name == param.name) else { continue };
            fills = true;
            if explicit.contains(&param.name) {
                continue;
            }
            if let Some(first) = given.insert(param.name.clone(), value.span) {
                let finding = self
                    .finding(Code::DuplicateArgument, value.span, format!("`{}` is given by two records", param.name))
                    .label("again here")
                    .related(self.at(first), "first given here")
                    .help(format!("say which one counts: `{}: …`", param.name));
                self.report(finding);
            }
            let to = param.ty.substitute(&|name| norms.get(name).cloned());
            self.expect(
                value.span,
                &field.ty,
                &to,
                &format!("`{}` of `{callee}`, from the field of that name, is", param.name),
            );
            if param.mode == ParamMode::Const {
                self.require_const(value, &val, &format!("`{}` of `{callee}`", param.name));
                let norm = match &val.norm {
                    Norm::Value(ConstValue::Record { fields, .. }) => fields
                        .iter()
                        .find(|(name, _)| *name == param.name)
                        .map_or(Norm::Unknown, |(_, value)| Norm::Value(value.clone())),
                    _ => Norm::Unknown,
                };
                norms.insert(param.name.clone(), norm);
            }
        }
        if !fills && !crate::db::head_broken(self.db, def) {
            let names = list(fields.iter().map(|field| field.name.as_str()));
            let finding = self
                .finding(
                    Code::UnknownArgument,
                    value.span,
                    format!("`{callee}` takes none of the fields of `{}`", record.name(self.db)),
                )
                .label(format!("it has {names}"))
                .related(name_place(self.db, def), "declared here");
            self.report(finding);
        }
        Some(val)
    }

    /// A parameter that chooses the runner is needed before the job starts.
    pub(super) fn planned_argument(&mut self, sig: &Signature, param: &ParamSig, e: &Expr, val: &Val, noun: &str) {
        if !sig.planned.contains(&param.name)
            || val.phase <= Phase::Plan
            || val.ty.is_error()
            || self.late_by_params(e).is_some()
        {
            return;
        }
        let mut finding = self
            .finding(Code::TooLate, e.span, format!("{noun} must be known when a run is planned"))
            .label(format!("this is known {}", val.phase.when()))
            .note("it chooses where the job runs")
            .help("give what is known before any job runs: a constant, a `param`, a member of `ctx`");
        for (span, reason) in self.why_late(e, Phase::Plan) {
            finding = finding.related(self.at(span), reason);
        }
        self.report(finding);
    }
}
