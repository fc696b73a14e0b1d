//! Other pipelines: `on finished other`, and what runs of another one exposed.

use std::sync::Arc;

use flow_syntax::tree::{Arg, ArgValue, Expr, ExprKind, Name};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::super::sink::Sink;
use super::super::{Infer, Phase, Val, Where};
use super::exposed;
use crate::db::{Def, DefKind};
use crate::pipelines::{names, pipeline};
use crate::scope::{Res, name_place, resolve};
use crate::suggest::{list, nearest};
use crate::ty::{Call, Ty};

/// How a run of another pipeline is chosen, with the argument that says which.
const CHOICES: [(&str, &str); 2] = [("latest", "branch"), ("run", "id")];

impl Infer<'_> {
    /// The pipeline that `on finished` names.
    pub(in super::super) fn finished(&mut self, name: &Name) {
        if name.is_missing() {
            return;
        }
        let Some(def) = pipeline(self.db, &name.text) else {
            let known = names(self.db);
            let own = self.def.name(self.db);
            let others = || known.iter().map(SmolStr::as_str).filter(|it| it != own);
            let finding = self
                .finding(Code::UnknownPipeline, name.span, format!("there is no pipeline `{}`", name.text))
                .label("not found");
            let finding = match nearest(&name.text, others()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                    format!("change it to `{near}`"),
                    self.at(name.span),
                    near,
                ),
                None if others().next().is_none() => {
                    finding.help("the project has no other pipeline; `finished` follows one of its own")
                }
                None => finding.help(format!("the project has {}", list(others()))),
            };
            self.report(finding);
            return;
        };
        self.note(name.span, Res::Def(def));
        if def == self.def {
            let finding = self
                .finding(Code::Cycle, name.span, format!("`{}` would start itself again and again", name.text))
                .label("itself")
                .help("name another pipeline");
            self.report(finding);
        }
    }

    /// The pipeline that `e` names: one of this file, of a module, or of the project.
    fn pipeline_of(&self, e: &Expr) -> Option<Def> {
        let found = match &e.kind {
            ExprKind::Name(name) if self.local(name).is_none() => match resolve(self.db, self.file, name) {
                Some(Res::Def(def)) => Some(def),
                Some(_) => None,
                None => pipeline(self.db, name),
            },
            ExprKind::Field { base, name, .. } => {
                let ExprKind::Name(module) = &base.kind else { return None };
                let file = match resolve(self.db, self.file, module) {
                    Some(Res::Module(file)) if self.local(module).is_none() => file,
                    _ => return None,
                };
                crate::scope::scope(self.db, file).names.get(&name.text).copied()
            }
            _ => None,
        };
        found.filter(|def| def.kind(self.db) == DefKind::Pipeline)
    }

    /// `ci.latest(branch: "main")`, `ci.run(id: n)`; `None`: `base` names no pipeline.
    pub(in super::super) fn run_of(
        &mut self,
        base: &Expr,
        choice: &Name,
        args: &[Arg],
        args_span: Span,
    ) -> Option<Val> {
        let def = self.pipeline_of(base)?;
        if let ExprKind::Field { base: module, .. } = &base.kind
            && let ExprKind::Name(name) = &module.kind
            && let Some(res @ Res::Module(_)) = resolve(self.db, self.file, name)
        {
            self.note(module.span, res);
        }
        self.note(base.span, Res::Def(def));
        if choice.is_missing() {
            return Some(Val::error());
        }
        let Some((_, param)) = CHOICES.iter().find(|(name, _)| *name == choice.text) else {
            let finding = self
                .finding(Code::UnknownField, choice.span, format!("a pipeline has no `{}`", choice.text))
                .label("no way to choose a run");
            let finding = match nearest(&choice.text, CHOICES.iter().map(|(name, _)| *name)) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                    format!("change it to `{near}`"),
                    self.at(choice.span),
                    near,
                ),
                None => finding.help("choose a run: `.latest(branch: \"main\")`, or `.run(id: n)`"),
            };
            self.report(finding);
            self.drop_args(args);
            return Some(Val::error());
        };
        self.choice(&choice.text, param, args, args_span);
        if !matches!(self.place, Where::Pipeline | Where::Flow) {
            let finding = self
                .finding(Code::NotAllowedHere, base.span, "what another pipeline exposed is read in a pipeline")
                .label(format!("in {}", self.place.noun()))
                .help("read it in the pipeline, and take it as a parameter here");
            self.report(finding);
            return Some(Val::error());
        }
        if def == self.def {
            let finding = self
                .finding(Code::UnknownPipeline, base.span, "a pipeline cannot read its own earlier runs")
                .label("itself")
                .note("what of earlier runs still holds is reused by itself, job by job")
                .help("give the jobs that make it `inputs`, so that they are reused");
            self.report(finding);
            return Some(Val::error());
        }
        if self.graph.alone || crate::db::broken(self.db, def) {
            return Some(Val::error());
        }
        let outputs: Vec<(SmolStr, Ty)> =
            exposed(self.db, def).iter().map(|it| (it.name.clone(), it.ty.clone().optional())).collect();
        if outputs.is_empty() {
            let finding = self
                .finding(
                    Code::UnknownExposed,
                    base.span,
                    format!("`{}` exposes nothing that could be read", def.name(self.db)),
                )
                .label("no `expose` under a name that is one word")
                .related(name_place(self.db, def), "declared here")
                .help("expose it there: `expose built.server as \"server\"`");
            self.report(finding);
            return Some(Val::error());
        }
        Some(Val::new(Ty::Call(Arc::new(Call { def, job: false, outputs, also: Vec::new() })), Phase::Run))
    }

    /// The one argument that says which run.
    fn choice(&mut self, choice: &str, param: &str, args: &[Arg], args_span: Span) {
        let [Arg { name: Some(name), value: ArgValue::Expr(value), .. }] = args else {
            let at = Span::new(args_span.end.saturating_sub(1), args_span.end);
            let finding = self
                .finding(Code::MissingArgument, at, format!("`{choice}` takes one argument, `{param}`"))
                .label("which run?")
                .help(if param == "branch" { "as in `.latest(branch: \"main\")`" } else { "as in `.run(id: n)`" });
            self.report(finding);
            self.drop_args(args);
            return;
        };
        if name.text != param {
            let finding = self
                .finding(Code::UnknownArgument, name.span, format!("`{choice}` has no parameter `{}`", name.text))
                .label("no such parameter")
                .help(format!("it takes `{param}`"))
                .fix(format!("change it to `{param}`"), self.at(name.span), param);
            self.report(finding);
            self.drop_args(args);
            return;
        }
        let noun = format!("`{param}` of `{choice}`");
        if param == "branch" {
            self.sink_expr(value, &Ty::String, Sink::Revision(&noun));
            return;
        }
        // GitHub and Azure Pipelines number their runs; `ctx.run_id` is that number as a text.
        let val = self.expr(value, None);
        if val.ty != Ty::Int {
            self.expect(value.span, &val.ty, &Ty::String, &format!("{noun} is"));
        }
        self.sink(value, &val, Sink::Revision(&noun));
    }

    fn drop_args(&mut self, args: &[Arg]) {
        for arg in args {
            if let ArgValue::Expr(value) | ArgValue::Spread(value) = &arg.value {
                crate::walk::names(value, &mut |name, _| {
                    self.read_local(name);
                });
            }
        }
    }

    /// A field that runs of another pipeline do not have.
    pub(in super::super) fn unknown_exposed(&mut self, call: &Call, name: &Name) {
        let pipeline = call.def.name(self.db).clone();
        let known = || call.outputs.iter().map(|(name, _)| name.as_str());
        let finding = self
            .finding(Code::UnknownExposed, name.span, format!("`{pipeline}` exposes nothing as `{}`", name.text))
            .label("not exposed")
            .related(name_place(self.db, call.def), "declared here");
        let finding = match nearest(&name.text, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None => finding.help(format!("it exposes {}", list(known()))),
        };
        self.report(finding);
    }
}
