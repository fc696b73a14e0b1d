//! Calls: of functions, structs, jobs, actions and methods.

use std::sync::Arc;

use flow_syntax::tree::{Arg, ArgValue, Expr, ExprKind, Name, ParamMode};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Infer, ParamSig, Phase, Val, Where, signature};
use crate::db::{Def, DefKind, has_nameless, head_broken};
use crate::scope::{Res, name_place, resolve};
use crate::suggest::{list, nearest};
use crate::ty::{Call, Ty};
use crate::value::Norm;

/// The methods of texts and lists.
pub(super) const METHODS: [&str; 10] =
    ["starts_with", "ends_with", "contains", "lower", "upper", "replace", "split", "join", "trim", "is_empty"];

impl Infer<'_> {
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], args_span: Span, expected: Option<&Ty>) -> Val {
        if let ExprKind::Name(name) = &callee.kind
            && super::take::TAKES.contains(&name.as_str())
            && self.local(name).is_none()
            && resolve(self.db, self.file, name).is_none()
        {
            return self.take(name, callee.span, args, expected);
        }
        if let ExprKind::Name(name) = &callee.kind
            && name == super::view::MERGE
            && self.local(name).is_none()
            && resolve(self.db, self.file, name).is_none()
        {
            return self.merge_directories(callee.span, args);
        }
        if let ExprKind::Field { base, name, .. } = &callee.kind
            && let Some(val) = self.run_of(base, name, args, args_span)
        {
            return val;
        }
        if let ExprKind::Field { base, name, .. } = &callee.kind
            && !self.is_module(base)
        {
            return self.method(base, name, args, callee.span);
        }
        let Some(def) = self.callee(callee) else {
            self.args_of_unknown(args);
            return Val::error();
        };
        match def.kind(self.db) {
            DefKind::Fn => {
                let (phase, _) = self.arguments(def, args, args_span);
                Val::new(signature(self.db, def).result.clone(), phase)
            }
            DefKind::Struct => {
                let (phase, _) = self.arguments(def, args, args_span);
                Val::new(Ty::Struct(def), phase)
            }
            DefKind::Job => {
                if !matches!(self.place, Where::Pipeline | Where::Flow) {
                    self.misplaced_call(callee.span, def, "job", "a pipeline");
                }
                self.instance(def, args, args_span, true)
            }
            DefKind::Action => {
                if !matches!(self.place, Where::Job | Where::Action | Where::Step) {
                    self.misplaced_call(callee.span, def, "action", "a job");
                    self.instance(def, args, args_span, false);
                    return Val::error();
                }
                self.instance(def, args, args_span, false)
            }
            DefKind::Flow => {
                if !matches!(self.place, Where::Pipeline | Where::Flow) {
                    self.misplaced_call(callee.span, def, "flow", "a pipeline");
                }
                self.instance(def, args, args_span, true)
            }
            DefKind::Extern => self.extern_call(def, callee.span, args, args_span),
            kind => {
                let finding = self
                    .finding(
                        Code::NotCallable,
                        callee.span,
                        format!("`{}` is {} and cannot be called", def.name(self.db), kind.noun()),
                    )
                    .label("not a job, an action, a function or a struct")
                    .related(name_place(self.db, def), "declared here");
                self.report(finding);
                self.args_of_unknown(args);
                Val::error()
            }
        }
    }

    fn is_module(&self, base: &Expr) -> bool {
        let ExprKind::Name(name) = &base.kind else { return false };
        if self.local(name).is_some() {
            return false;
        }
        match resolve(self.db, self.file, name) {
            Some(Res::Module(_)) => true,
            Some(Res::Def(def)) => def.kind(self.db) == DefKind::Use,
            // `rust.toolchain()` without the import: better "no module" than "no value".
            None => self.db.project().std(self.db).contains_key(&SmolStr::from(format!("std/{name}.flow"))),
            _ => false,
        }
    }

    pub(super) fn misplaced_call(&mut self, span: Span, def: Def, what: &str, where_: &str) {
        let name = def.name(self.db);
        let finding = self
            .finding(Code::NotAllowedHere, span, format!("the {what} `{name}` can be called in {where_} only"))
            .label(format!("a call of {what} `{name}`"))
            .related(name_place(self.db, def), "declared here")
            .help(if what != "action" {
                "call it in the pipeline, and take what it gives as a parameter"
            } else {
                "call it in a job, and that job here"
            });
        self.report(finding);
    }

    pub(super) fn args_of_unknown(&mut self, args: &[Arg]) {
        for arg in args {
            match &arg.value {
                ArgValue::Expr(value) | ArgValue::Spread(value) => {
                    // A bare word may be a variant of an enum that is not known.
                    if !matches!(value.kind, ExprKind::Name(_)) {
                        self.expr(value, None);
                    } else if let ExprKind::Name(name) = &value.kind {
                        self.read_local(name);
                    }
                }
                ArgValue::Out(_) => {}
            }
        }
    }

    /// What is called.
    fn callee(&mut self, callee: &Expr) -> Option<Def> {
        match &callee.kind {
            ExprKind::Name(name) => {
                if let Some(local) = self.read_local(name) {
                    let shown = self.show(&local.val.ty);
                    let finding = self
                        .finding(Code::NotCallable, callee.span, format!("`{name}` is a value and cannot be called"))
                        .label(format!("this is {a}", a = super::article(&shown)))
                        .related(self.at(local.span), "bound here");
                    self.report(finding);
                    return None;
                }
                match resolve(self.db, self.file, name) {
                    Some(Res::Def(def)) => {
                        self.note(callee.span, Res::Def(def));
                        Some(def)
                    }
                    Some(_) => {
                        let finding = self
                            .finding(Code::NotCallable, callee.span, format!("`{name}` cannot be called"))
                            .label("not a job, an action, a function or a struct");
                        self.report(finding);
                        None
                    }
                    None if has_nameless(self.db, self.file) => None,
                    None => {
                        let finding = self
                            .finding(Code::UnknownName, callee.span, format!("there is no `{name}` to call"))
                            .label("not found");
                        let finding = match self.nearest_name(name) {
                            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                                format!("change it to `{near}`"),
                                self.at(callee.span),
                                near,
                            ),
                            None => finding.help("declare it, or import it with `use`"),
                        };
                        self.report(finding);
                        None
                    }
                }
            }
            ExprKind::Field { base, name, .. } => {
                let ExprKind::Name(module) = &base.kind else { return None };
                let module = Name { text: module.clone(), span: base.span };
                let def = self.module_member(&module, name)?;
                self.note(callee.span, Res::Def(def));
                Some(def)
            }
            ExprKind::Hole => None,
            _ => {
                self.expr(callee, None);
                let finding = self.finding(Code::NotCallable, callee.span, "this cannot be called").label("not a name");
                self.report(finding);
                None
            }
        }
    }

    /// A call of a job or an action: its outputs, with const arguments put in.
    pub(super) fn instance(&mut self, def: Def, args: &[Arg], args_span: Span, job: bool) -> Val {
        let (_, norms) = self.arguments(def, args, args_span);
        if job {
            self.note_call(def);
        }
        if head_broken(self.db, def) {
            return Val::error();
        }
        let outputs = signature(self.db, def)
            .outputs
            .iter()
            .map(|output| {
                let ty = output.ty.substitute(&|name| norms.get(name).cloned()).folded(self.db);
                (output.name.clone(), ty)
            })
            .collect();
        Val::new(Ty::Call(Arc::new(Call { def, job, outputs })), Phase::Run)
    }

    /// Matches arguments with parameters. Gives the latest phase of an argument, and what each const
    /// parameter stands for.
    fn arguments(&mut self, def: Def, args: &[Arg], args_span: Span) -> (Phase, FxHashMap<SmolStr, Norm>) {
        let sig = signature(self.db, def);
        let callee = def.name(self.db).clone();
        // Of a callee that cannot be read, parameters may be missing.
        let broken = head_broken(self.db, def);
        let mut given: FxHashMap<SmolStr, Span> = FxHashMap::default();
        let mut norms: FxHashMap<SmolStr, Norm> = FxHashMap::default();
        let mut phase = Phase::Const;
        let mut position = 0;
        let mut spread = false;
        for arg in args {
            let value = match &arg.value {
                ArgValue::Expr(value) => value,
                ArgValue::Out(place) => {
                    let param = match &arg.name {
                        Some(name) => sig.params.iter().find(|param| param.name == name.text),
                        None => {
                            position += 1;
                            sig.params.get(position - 1)
                        }
                    };
                    let twice = param.is_some_and(|param| self.given_twice(&mut given, param, arg.span));
                    match &arg.name {
                        _ if param.is_some() || broken => {}
                        Some(name) => self.unknown_named(def, name, args, &mut given),
                        None => self.one_too_many(def, place.span),
                    }
                    self.out_argument(def, param.filter(|_| !twice), place, arg.span, &norms);
                    continue;
                }
                ArgValue::Spread(value) => {
                    self.not_built(arg.span, "spreading a record into arguments");
                    self.expr(value, None);
                    spread = true;
                    continue;
                }
            };
            let param = match &arg.name {
                Some(name) => {
                    let found = sig.params.iter().find(|param| param.name == name.text);
                    if found.is_none() && !broken {
                        self.unknown_named(def, name, args, &mut given);
                    }
                    found
                }
                None => {
                    let found = sig.params.get(position);
                    position += 1;
                    if found.is_none() && !broken {
                        self.one_too_many(def, value.span);
                    }
                    found
                }
            };
            let Some(param) = param else {
                if !matches!(value.kind, ExprKind::Name(_)) {
                    self.expr(value, None);
                } else if let ExprKind::Name(name) = &value.kind {
                    self.read_local(name);
                }
                continue;
            };
            self.given_twice(&mut given, param, arg.span);
            if param.mode == ParamMode::Out {
                self.out_left_out(def, param, value);
                continue;
            }
            let to = param.ty.substitute(&|name| norms.get(name).cloned()).folded(self.db);
            let val = self.check_expr(value, &to, &format!("`{}` of `{callee}` is", param.name));
            phase = phase.max(val.phase);
            if param.mode == ParamMode::Const {
                self.require_const(value, &val, &format!("`{}` of `{callee}`", param.name));
                let norm = if val.phase == Phase::Const { val.norm.clone() } else { Norm::Unknown };
                norms.insert(param.name.clone(), norm);
            }
            self.note_open(&param.ty, &param.name, &val.ty, &mut norms);
        }
        let missing: Vec<&ParamSig> =
            sig.params.iter().filter(|param| !param.optional && !given.contains_key(&param.name)).collect();
        if !missing.is_empty() && !spread && !broken {
            let names = list(missing.iter().map(|param| param.name.as_str()));
            let s = if missing.len() == 1 { "" } else { "s" };
            let at = Span::new(args_span.end.saturating_sub(1), args_span.end);
            let mut finding = self
                .finding(Code::MissingArgument, at, format!("the call of `{callee}` lacks the argument{s} {names}"))
                .label(format!("{names} missing"));
            for param in &missing {
                let shown = self.show(&param.ty);
                finding = finding.related(
                    crate::place::Place::new(def, param.span),
                    format!("`{}` is {}", param.name, super::article(&shown)),
                );
            }
            if let [only] = missing.as_slice() {
                finding = finding.help(format!("add `{}: …`", only.name));
            }
            self.report(finding);
        }
        for param in
            sig.params.iter().filter(|param| param.mode == ParamMode::Const && !given.contains_key(&param.name))
        {
            norms.entry(param.name.clone()).or_insert_with(|| super::types::default_norm(self, def, &param.name));
        }
        (phase, norms)
    }

    /// An argument of a name that no parameter has. What was meant is not missing as well.
    fn unknown_named(&mut self, def: Def, name: &Name, args: &[Arg], given: &mut FxHashMap<SmolStr, Span>) {
        let params = &signature(self.db, def).params;
        self.unknown_argument(def, name, params);
        let named = |near: &str| args.iter().any(|arg| arg.name.as_ref().is_some_and(|name| name.text == near));
        let open = params.iter().map(|param| param.name.as_str());
        if let Some(near) = nearest(&name.text, open).filter(|near| !named(near)) {
            given.entry(SmolStr::from(near)).or_insert(name.span);
        }
    }

    fn one_too_many(&mut self, def: Def, span: Span) {
        let (callee, takes) = (def.name(self.db), arguments(signature(self.db, def).params.len()));
        let finding = self
            .finding(Code::UnknownArgument, span, format!("`{callee}` takes {takes}"))
            .label("one too many")
            .related(name_place(self.db, def), "declared here");
        self.report(finding);
    }

    /// Reports a second argument for `param`; whether it is one.
    fn given_twice(&mut self, given: &mut FxHashMap<SmolStr, Span>, param: &ParamSig, span: Span) -> bool {
        let Some(first) = given.insert(param.name.clone(), span) else { return false };
        let finding = self
            .finding(Code::DuplicateArgument, span, format!("`{}` is given twice", param.name))
            .label("again here")
            .related(self.at(first), "first given here");
        self.report(finding);
        true
    }

    /// `Server(_)` takes its const arguments from the argument.
    fn note_open(&self, param: &Ty, name: &str, arg: &Ty, norms: &mut FxHashMap<SmolStr, Norm>) {
        let Ty::Artifact(def, params) = param else { return };
        let Ty::Artifact(_, args) = arg.single() else { return };
        for ((param, arg), sig) in params.iter().zip(args.iter()).zip(&signature(self.db, *def).params) {
            if *param == Norm::Any {
                norms.insert(SmolStr::from(format!("{name}.{}", sig.name)), arg.clone());
            }
        }
    }

    pub(super) fn unknown_argument(&mut self, def: Def, name: &Name, params: &[ParamSig]) {
        let callee = def.name(self.db);
        let known = || params.iter().map(|param| param.name.as_str());
        let finding = self
            .finding(Code::UnknownArgument, name.span, format!("`{callee}` has no parameter `{}`", name.text))
            .label("no such parameter")
            .related(name_place(self.db, def), "declared here");
        let finding = match nearest(&name.text, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(name.span),
                near,
            ),
            None => finding.help(format!("its parameters: {}", list(known()))),
        };
        self.report(finding);
    }

    fn method(&mut self, base: &Expr, name: &Name, args: &[Arg], span: Span) -> Val {
        let base_val = self.expr(base, None);
        if let Some(val) = self.directory_method(&base_val, name, args, span) {
            return val;
        }
        if base_val.ty.is_error() || name.is_missing() {
            self.args_of_unknown(args);
            return Val::error();
        }
        let string = Ty::String;
        let strings = Ty::List(Arc::new(Ty::String));
        let (params, result): (&[Ty], Ty) = match (&base_val.ty, name.text.as_str()) {
            (Ty::String | Ty::Path, "starts_with" | "ends_with" | "contains") => {
                (std::slice::from_ref(&string), Ty::Bool)
            }
            (Ty::String | Ty::Path, "lower" | "upper" | "trim") => (&[], Ty::String),
            (Ty::String, "replace") => (&[Ty::String, Ty::String], Ty::String),
            (Ty::String, "split") => (std::slice::from_ref(&string), strings),
            (Ty::String | Ty::List(_), "is_empty") => (&[], Ty::Bool),
            (Ty::List(element), "join") if matches!(**element, Ty::String | Ty::Error) => {
                (std::slice::from_ref(&string), Ty::String)
            }
            _ => {
                let shown = self.show(&base_val.ty);
                let finding = self
                    .finding(
                        Code::UnknownField,
                        name.span,
                        format!("{a} has no method `{}`", name.text, a = super::article(&shown)),
                    )
                    .label("no such method");
                let finding = match nearest(&name.text, METHODS) {
                    Some(near) if base_val.ty == Ty::String => finding.help(format!("did you mean `{near}`?")).fix(
                        format!("change it to `{near}`"),
                        self.at(name.span),
                        near,
                    ),
                    _ => finding,
                };
                self.report(finding);
                self.args_of_unknown(args);
                return Val::error();
            }
        };
        if params.len() != args.len() {
            let finding = self
                .finding(
                    Code::MissingArgument,
                    name.span,
                    format!("`{}` takes {}, not {}", name.text, arguments(params.len()), args.len()),
                )
                .label("wrong number of arguments");
            self.report(finding);
        }
        let mut phase = base_val.phase;
        for (index, arg) in args.iter().enumerate() {
            if let ArgValue::Expr(value) = &arg.value {
                let val = match params.get(index) {
                    Some(to) => self.check_expr(value, to, &format!("`{}` takes", name.text)),
                    None => self.expr(value, None),
                };
                phase = phase.max(val.phase);
            }
        }
        Val::new(result, phase)
    }
}

/// So many arguments, for a sentence.
fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}
