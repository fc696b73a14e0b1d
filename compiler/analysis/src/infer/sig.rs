//! Signatures: what other items need to know of an item.

use std::sync::Arc;

use flow_syntax::tree::{self, ItemKind, Output, Param, ParamMode};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Checked, Infer, Local, LocalKind, Phase, Val, Where, check};
use crate::db::{Db, Def, syntax};
use crate::label::Labels;
use crate::place::Finding;
use crate::scope::Res;
use crate::ty::{Family, Ty};
use crate::value::{ConstValue, Norm};

/// What other items need to know of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Parameters; for a struct its fields, which its constructor takes by name.
    pub params: Vec<ParamSig>,
    /// Outputs.
    pub outputs: Vec<OutputSig>,
    /// What a function gives, what a constant is.
    pub result: Ty,
    /// A job's parameters that choose its runner, so that they are known before it starts.
    pub planned: Vec<SmolStr>,
    /// Of a `once` action: the parameters that tell its calls apart.
    pub once: Option<Vec<SmolStr>>,
    /// What the walk over the signature found out.
    pub checked: Checked,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamSig {
    /// Its name.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// Its type; `Server(_)` has a [`Norm::Any`].
    pub ty: Ty,
    /// How it is passed.
    pub mode: ParamMode,
    /// It may be left out.
    pub optional: bool,
    /// Of a `once` action: its arguments are joined over all callers.
    pub merge: bool,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSig {
    /// Its name.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// Its type.
    pub ty: Ty,
    /// It is published however the job ends.
    pub always: bool,
}

impl Default for Signature {
    fn default() -> Self {
        Self {
            params: Vec::new(),
            outputs: Vec::new(),
            result: Ty::Unit,
            planned: Vec::new(),
            once: None,
            checked: Checked::default(),
        }
    }
}

/// The arguments of a call, each with the parameter that takes it, if one does.
pub fn matched<'a>(
    params: &'a [ParamSig],
    args: &'a [tree::Arg],
) -> impl Iterator<Item = (&'a tree::Arg, Option<&'a ParamSig>)> {
    let mut position = 0;
    args.iter().map(move |arg| {
        let param = match &arg.name {
            _ if matches!(arg.value, tree::ArgValue::Spread(_)) => None,
            Some(name) => params.iter().find(|param| param.name == name.text),
            None => {
                position += 1;
                params.get(position - 1)
            }
        };
        (arg, param)
    })
}

/// What other items need to know of `def`. Must not change when its body does.
#[salsa::tracked(returns(ref), cycle_result = in_cycle)]
pub fn signature(db: &dyn Db, def: Def) -> Signature {
    let item = syntax(db, def);
    let mut infer = Infer::new(db, def);
    let mut sig = Signature::default();
    match &item.kind {
        ItemKind::Const(it) => {
            sig.result = match &it.ty {
                Some(ty) => {
                    let ty = infer.lower(ty);
                    let val = infer.check_expr(&it.value, &ty, &format!("`{}` is", it.name.text));
                    infer.require_const(&it.value, &val, &format!("the constant `{}`", it.name.text));
                    ty
                }
                None => {
                    let val = infer.expr(&it.value, None);
                    if val.ty == Ty::Unit {
                        let finding = infer
                            .finding(Code::NoValue, it.value.span, format!("`{}` would have no value", it.name.text))
                            .label("gives no value");
                        infer.report(finding);
                        Ty::Error
                    } else {
                        infer.require_const(&it.value, &val, &format!("the constant `{}`", it.name.text));
                        val.ty
                    }
                }
            };
        }
        ItemKind::Fn(it) => {
            sig.params = infer.params(&it.params);
            sig.result = infer.lower(&it.result);
        }
        ItemKind::Struct(it) => {
            for field in &it.fields {
                let ty = infer.lower(&field.ty);
                if let Some(default) = &field.default {
                    infer.check_expr(default, &ty, &format!("`{}` is", field.name.text));
                }
                sig.params.push(ParamSig {
                    name: field.name.text.clone(),
                    span: field.name.span,
                    optional: field.default.is_some() || matches!(ty, Ty::Optional(_)),
                    ty,
                    mode: ParamMode::Plain,
                    merge: false,
                });
            }
            infer.distinct("field", &sig.params.iter().map(|it| (it.name.clone(), it.span)).collect::<Vec<_>>());
        }
        ItemKind::Enum(it) => {
            let variants: Vec<_> = it.variants.iter().map(|it| (it.name.text.clone(), it.name.span)).collect();
            infer.distinct("variant", &variants);
        }
        ItemKind::Artifact(it) => {
            sig.params = infer.params(&it.params);
            let types: Vec<Ty> = sig.params.iter().map(|param| param.ty.clone()).collect();
            infer.schema_params(&it.params, &types);
        }
        ItemKind::Action(it) => {
            sig.params = infer.params(&it.params);
            sig.outputs = infer.outputs(it.outputs.as_deref().unwrap_or_default());
            sig.once = infer.once_signature(it, &sig);
        }
        ItemKind::Job(it) => {
            sig.params = infer.params(&it.params);
            sig.outputs = infer.outputs(it.outputs.as_deref().unwrap_or_default());
            sig.planned = infer.runner(it);
        }
        ItemKind::Secret(it) => {
            sig.result = if it.optional { Ty::Secret.optional() } else { Ty::Secret };
            if let Some(map) = &it.sources {
                infer.secret_sources(map);
            }
        }
        ItemKind::Extern(it) => infer.extern_signature(it, &mut sig),
        ItemKind::Flow(it) => {
            sig.params = infer.params(&it.params);
            sig.outputs = infer.graph_outputs(it.outputs.as_deref().unwrap_or_default());
        }
        ItemKind::Pipeline(it) => {
            sig.params = infer.pipeline_params(&it.body);
            sig.outputs = infer.graph_outputs(it.outputs.as_deref().unwrap_or_default());
        }
        ItemKind::Use(_) | ItemKind::Test(_) | ItemKind::Hole => {}
    }
    sig.checked = infer.out;
    sig
}

/// A constant or a type that needs itself.
fn in_cycle(db: &dyn Db, _id: salsa::Id, def: Def) -> Signature {
    // Circles of constants are told as a whole.
    if def.kind(db) == crate::db::DefKind::Const {
        let names = crate::cycle::names(db, def).into_iter().collect();
        let checked = Checked { names, ..Checked::default() };
        return Signature { result: Ty::Error, checked, ..Signature::default() };
    }
    let place = crate::scope::name_place(db, def);
    let finding = Finding::new(Code::Cycle, place, format!("`{}` needs itself", def.name(db)))
        .label("to know this, it has to be known already")
        .help("give one of the declarations in the circle a value of its own");
    let checked = Checked { findings: vec![finding], ..Checked::default() };
    Signature { result: Ty::Error, checked, ..Signature::default() }
}

/// The value of a constant; `None` where it has none, which has been reported.
#[salsa::tracked(returns(clone), cycle_result = no_value)]
pub fn const_value(db: &dyn Db, def: Def) -> Option<ConstValue> {
    let item = syntax(db, def);
    let ItemKind::Const(it) = &item.kind else { return None };
    let checked = &signature(db, def).checked;
    crate::eval::Eval::new(db, def, &checked.names).expr(&it.value, &[]).ok()
}

fn no_value(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Option<ConstValue> {
    None
}

/// Evaluation failures of a constant.
pub(super) fn const_failure(db: &dyn Db, def: Def) -> Option<Finding> {
    let item = syntax(db, def);
    let ItemKind::Const(it) = &item.kind else { return None };
    let checked = &signature(db, def).checked;
    let quiet = checked.findings.iter().any(|finding| finding.severity == flow_syntax::Severity::Error);
    let failure = crate::eval::Eval::new(db, def, &checked.names).expr(&it.value, &[]).err()?;
    (!quiet).then(|| failure.finding(db)).flatten()
}

/// All findings of an item.
pub fn findings(db: &dyn Db, def: Def) -> Vec<Finding> {
    let mut all = signature(db, def).checked.findings.clone();
    all.extend(const_failure(db, def));
    all.extend(check(db, def).findings.iter().cloned());
    all.extend(crate::recursion::finding(db, def));
    all.extend(crate::cycle::finding(db, def));
    // What cannot be understood may have other effects than it seems.
    if all.iter().all(|finding| finding.severity != flow_syntax::Severity::Error) {
        all.extend(crate::effects::findings(db, def));
    }
    all.extend(crate::pipelines::circle(db, def));
    all
}

impl Infer<'_> {
    fn params(&mut self, params: &[Param]) -> Vec<ParamSig> {
        let mut sigs = Vec::with_capacity(params.len());
        for param in params {
            let ty = self.lower(&param.ty);
            let mode = self.param_mode(param, &ty);
            if let Some(default) = &param.default {
                // It means the same wherever the call is made.
                let place = std::mem::replace(&mut self.place, Where::Expr);
                let val = self.check_expr(default, &ty, &format!("`{}` is", param.name.text));
                self.require_const(default, &val, &format!("the default of `{}`", param.name.text));
                self.place = place;
            }
            let sig = ParamSig {
                name: param.name.text.clone(),
                span: param.name.span,
                ty,
                mode,
                optional: param.default.is_some(),
                merge: param.merge.is_some(),
            };
            self.declare(&param.name, sig.val(self.db), LocalKind::Param, None);
            sigs.push(sig);
        }
        self.case_twins("parameter", &sigs.iter().map(|it| (it.name.clone(), it.span)).collect::<Vec<_>>());
        sigs
    }

    fn outputs(&mut self, outputs: &[Output]) -> Vec<OutputSig> {
        self.outputs_of(outputs, Self::output_type)
    }

    /// The outputs of a signature, each checked by `one`: whether it can be of that type.
    pub(super) fn outputs_of(
        &mut self,
        outputs: &[Output],
        one: impl Fn(&mut Self, &Output, &Ty) -> bool,
    ) -> Vec<OutputSig> {
        let mut sigs: Vec<OutputSig> = Vec::with_capacity(outputs.len());
        for output in outputs {
            let mut ty = self.lower_closed(&output.ty);
            if output.always && self.place != Where::Job {
                let finding = self
                    .finding(Code::NotAllowedHere, output.name.span, "only an output of a job can be `always`")
                    .label(format!("of {}", self.place.noun()))
                    .note("an `always` output is published however its job ends; nothing else ends by itself")
                    .help("remove `always`");
                self.report(finding);
            }
            if !one(self, output, &ty) {
                ty = Ty::Error;
            }
            sigs.push(OutputSig { name: output.name.text.clone(), span: output.name.span, ty, always: output.always });
        }
        self.distinct("output", &sigs.iter().map(|it| (it.name.clone(), it.span)).collect::<Vec<_>>());
        for sig in &sigs {
            let Some(param) = self.local(&sig.name).map(|local| local.span) else { continue };
            let finding = self
                .finding(Code::DuplicateName, sig.span, format!("`{}` is a parameter and an output", sig.name))
                .label("the output")
                .related(self.at(param), "the parameter")
                .help("rename one of them");
            self.report(finding);
        }
        sigs
    }

    /// Reports names that occur twice.
    pub(super) fn distinct(&mut self, what: &str, names: &[(SmolStr, Span)]) {
        for (index, (name, span)) in names.iter().enumerate() {
            let Some((_, first)) = names.iter().take(index).find(|(other, _)| other == name && !name.is_empty()) else {
                continue;
            };
            let finding = self
                .finding(Code::DuplicateName, *span, format!("the {what} `{name}` is declared twice"))
                .label("again here")
                .related(self.at(*first), "first declared here")
                .help("rename one of them");
            self.report(finding);
        }
        self.case_twins(what, names);
    }

    /// Reports names that differ by case only.
    fn case_twins(&mut self, what: &str, names: &[(SmolStr, Span)]) {
        for (index, (name, span)) in names.iter().enumerate() {
            let twin = |other: &SmolStr| other != name && other.eq_ignore_ascii_case(name);
            let Some((other, first)) = names.iter().take(index).find(|(other, _)| twin(other)) else { continue };
            let finding = self
                .finding(Code::SameButForCase, *span, format!("the {what}s `{other}` and `{name}` differ by case only"))
                .label("the same but for case")
                .related(self.at(*first), "the other one")
                .note("platforms ignore the case of texts that they compare, and of the names of variables")
                .help("rename one of them");
            self.report(finding);
        }
    }

    /// `secret NAME { github = "…", ado = "…", local = "…" }`.
    fn secret_sources(&mut self, map: &tree::Map) {
        let backends = ["github", "ado", "local"].map(|name| (name, Ty::String));
        self.entries(map, "a secret", &backends);
        for entry in &map.entries {
            if let tree::EntryValue::Expr(value) = &entry.value
                && let tree::ExprKind::Text(text) = &value.kind
                && text.plain().is_some_and(|name| name.trim().is_empty())
            {
                let finding = self
                    .finding(Code::BadSetting, value.span, "the name of a secret is empty")
                    .label("no name")
                    .help("say under which name the backend keeps it, or leave the entry out");
                self.report(finding);
            }
        }
    }

    /// The runner of a job. Gives the parameters that choose it.
    fn runner(&mut self, job: &tree::Job) -> Vec<SmolStr> {
        let Some(runner) = &job.runner else {
            let end = job.body.span.start;
            let finding = self
                .finding(
                    Code::NoRunner,
                    job.name.span,
                    format!("the job `{}` does not say where it runs", job.name.text),
                )
                .label("no `on`")
                .help("say it after the signature: `on linux`")
                .fix("run it on Linux", self.at(Span::empty(end)), "on linux ");
            self.report(finding);
            return Vec::new();
        };
        let to = crate::scope::prelude(self.db, "Runner").map_or(Ty::Error, Ty::Struct);
        let os = crate::scope::prelude(self.db, "Os").map_or(Ty::Error, Ty::Enum);
        let val = self.expr(runner, Some(&os));
        self.expect(runner.span, &val.ty, &to, "a job runs on");
        let chosen = match &runner.kind {
            tree::ExprKind::Match(it) if val.phase > Phase::Const => self.chosen_runner(it),
            _ => None,
        };
        if chosen.is_none() {
            self.require_const(runner, &val, "where a job runs");
        }
        chosen.unwrap_or_default()
    }

    /// `on match profile { … }`: over an enum that is known when a run is planned, with const arms. Gives
    /// the parameters that it asks; `None` where it is not of that form.
    fn chosen_runner(&mut self, it: &tree::Match) -> Option<Vec<SmolStr>> {
        let value = self.out.types.get(&it.value.span)?.clone();
        let arms_const = it.arms.iter().all(|arm| match &arm.value {
            tree::ArmValue::Source(tree::Source::Expr(e)) => {
                self.out.types.get(&e.span).is_some_and(|val| val.phase == Phase::Const)
            }
            _ => false,
        });
        if !arms_const || !matches!(value.ty, Ty::Enum(_)) {
            return None;
        }
        match &it.value.kind {
            // Whoever calls the job gives it in time.
            tree::ExprKind::Name(name) if self.local(name).is_some() => Some(vec![name.clone()]),
            _ => (value.phase <= Phase::Plan).then(Vec::new),
        }
    }

    /// Binds the parameters in a body.
    pub(super) fn declare_params(&mut self, signature: &Signature) {
        for (index, param) in signature.params.iter().enumerate() {
            let late = (param.mode != ParamMode::Const)
                .then(|| format!("`{}` is not `const`: it may come from another job", param.name));
            // A parameter that the signature uses, as in `-> (x: T(os)) on os`, is used.
            let used = signature.checked.names.values().any(|res| *res == Res::Local(param.name.clone()));
            let (name, span, mut val) = (param.name.clone(), param.span, param.val(self.db));
            if param.mode == ParamMode::Plain && holds_text(&param.ty) {
                val.labels.params = Labels::param(index);
            }
            // A parameter that the action writes is to it like an output.
            let kind = if param.mode == ParamMode::Out { LocalKind::Output } else { LocalKind::Param };
            self.bind(Local { name, span, val, kind, used, late });
        }
    }
}

impl ParamSig {
    /// What is known of the parameter in a body.
    pub(super) fn val(&self, db: &dyn Db) -> Val {
        match self.mode {
            ParamMode::Const => Val::constant(self.ty.clone(), Norm::Symbol(self.name.clone())),
            // `Server(_)`: the argument's own const argument, as `server.os`, which no symbol is called.
            ParamMode::Plain | ParamMode::Out => Val::new(open(db, &self.ty, &self.name), Phase::Run),
        }
    }
}

/// Whether a value of this type can hold text of somebody's choice.
fn holds_text(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) | Ty::List(inner) => holds_text(inner),
        Ty::Family(family) => holds_text(&family.member),
        Ty::String | Ty::Path | Ty::Struct(_) | Ty::Json(_) | Ty::Artifact(..) => true,
        _ => false,
    }
}

/// `Server(_)` seen from inside the body: some variant, the same at each mention of the parameter.
pub(super) fn open(db: &dyn Db, ty: &Ty, name: &str) -> Ty {
    match ty {
        Ty::Artifact(def, args) => {
            let args: Vec<Norm> = args
                .iter()
                .zip(&signature(db, *def).params)
                .map(|(arg, param)| match arg {
                    Norm::Any => Norm::Symbol(SmolStr::from(format!("{name}.{}", param.name))),
                    other => other.clone(),
                })
                .collect();
            Ty::Artifact(*def, args.into())
        }
        Ty::List(inner) => Ty::List(Arc::new(open(db, inner, name))),
        Ty::Optional(inner) => open(db, inner, name).optional(),
        Ty::Family(family) => {
            Ty::Family(Arc::new(Family { member: open(db, &family.member, name), ..Family::clone(family) }))
        }
        other => other.clone(),
    }
}
