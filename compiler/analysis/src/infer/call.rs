//! Calls: of functions, structs, jobs, actions and methods.

use std::sync::Arc;

use flow_syntax::tree::{Arg, ArgValue, Expr, ExprKind, Name, ParamMode};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::sink::Sink;
use super::{Infer, ParamSig, Phase, Val, Where, signature};
use crate::db::{Def, DefKind, has_nameless, head_broken};
use crate::label::Labels;
use crate::scope::{Res, name_place, resolve};
use crate::suggest::{list, nearest};
use crate::ty::{Call, Ty};
use crate::value::Norm;

impl Infer<'_> {
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], args_span: Span, expected: Option<&Ty>) -> Val {
        if let ExprKind::Name(name) = &callee.kind
            && super::take::TAKES.contains(&name.as_str())
            && resolve(self.db, self.file, name).is_none()
        {
            return self.take(name, callee.span, args, expected);
        }
        if let ExprKind::Name(name) = &callee.kind
            && name == super::view::MERGE
            && resolve(self.db, self.file, name).is_none()
        {
            return self.merge_directories(callee.span, args);
        }
        if let ExprKind::Field { base, name, .. } = &callee.kind
            && let Some(val) = self.run_of(base, name, args, args_span)
        {
            return val;
        }
        if let ExprKind::Name(name) = &callee.kind
            && super::method::BUILTINS.contains(&name.as_str())
            && resolve(self.db, self.file, name).is_none()
        {
            return self.builtin(name, callee, args);
        }
        if let ExprKind::Field { base, name, optional } = &callee.kind
            && !self.is_module(base)
        {
            return self.method(base, *optional, name, args, callee.span);
        }
        let Some(def) = self.callee(callee) else {
            self.args_of_unknown(args);
            return Val::error();
        };
        match def.kind(self.db) {
            DefKind::Fn => {
                let (given, _) = self.arguments(def, args, args_span);
                let result = Val::new(signature(self.db, def).result.clone(), Phase::Const).with(&given);
                // A plain text cannot come of a secret: the function's body was refused.
                let secret = result.labels.secret && *result.ty.present() != Ty::String;
                Val { labels: Labels { secret, ..result.labels }, ..result }
            }
            DefKind::Struct => {
                let (given, _) = self.arguments(def, args, args_span);
                // Which of its fields are secret, their types say.
                let labels = Labels { secret: false, ..given.labels };
                Val { labels, ..Val::new(Ty::Struct(def), given.phase) }
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
                // It would have been written.
                ArgValue::Out(place) => self.mistaken.push(place.root.text.clone()),
            }
        }
    }

    /// What is called.
    fn callee(&mut self, callee: &Expr) -> Option<Def> {
        match &callee.kind {
            ExprKind::Name(name) => {
                // A local value may have the name of what can be called, and is none.
                let callable = match resolve(self.db, self.file, name) {
                    Some(Res::Def(def)) => !matches!(
                        def.kind(self.db),
                        DefKind::Use
                            | DefKind::Const
                            | DefKind::Secret
                            | DefKind::Enum
                            | DefKind::Artifact
                            | DefKind::Pipeline
                            | DefKind::Test
                            | DefKind::Hole
                    ),
                    _ => false,
                };
                if !callable && let Some(local) = self.read_local(name) {
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
        let (given, norms) = self.arguments(def, args, args_span);
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
        // A job that calls a job, which is wrong, must not ask for its own findings.
        let in_graph = matches!(self.place, Where::Pipeline | Where::Flow);
        let reads = job == in_graph && super::taint::gives_untrusted(self.db, def);
        // The scripts of an action have the environment of its caller.
        let env = if job { Labels::PLAIN } else { self.env_labels() };
        let labels = Labels { secret: false, ..given.labels }.join(env);
        let labels = Labels { untrusted: labels.untrusted || reads, ..labels };
        for arg in args {
            if let ArgValue::Out(place) = &arg.value {
                self.taint(&place.root.text, labels);
            }
        }
        Val { labels, ..Val::new(Ty::Call(Arc::new(Call { def, job, outputs, also: Vec::new() })), Phase::Run) }
    }

    /// Matches arguments with parameters. Gives how late the arguments are and what they carry, and what
    /// each const parameter stands for.
    fn arguments(&mut self, def: Def, args: &[Arg], args_span: Span) -> (Val, FxHashMap<SmolStr, Norm>) {
        let sig = signature(self.db, def);
        let callee = def.name(self.db).clone();
        // Of a callee that cannot be read, parameters may be missing.
        let broken = head_broken(self.db, def);
        let mut given: FxHashMap<SmolStr, Span> = FxHashMap::default();
        let mut norms: FxHashMap<SmolStr, Norm> = FxHashMap::default();
        let mut all = Val::new(Ty::Unit, Phase::Const);
        let mut position = 0;
        let mut spreads: Vec<&Expr> = Vec::new();
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
                    spreads.push(value);
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
            let noun = format!("`{}` of `{callee}`", param.name);
            let secret = *to.present() == Ty::Secret;
            let val =
                self.sink_expr(value, &to, if secret { Sink::Confidential(&noun) } else { Sink::Argument(&noun) });
            all = all.with(&val);
            self.planned_argument(sig, param, value, &val, &noun);
            if param.mode == ParamMode::Const {
                self.require_const(value, &val, &format!("`{}` of `{callee}`", param.name));
                let fits = crate::ty::converts(self.db, &val.ty, &to);
                let norm = if fits && val.phase == Phase::Const { val.norm.clone() } else { Norm::Unknown };
                norms.insert(param.name.clone(), norm);
            }
            self.note_open(&param.ty, &param.name, &val.ty, &mut norms);
        }
        let given_by_name: Vec<SmolStr> = given.keys().cloned().collect();
        let mut spread_broken = false;
        for value in spreads {
            match self.spread_record(def, value, &given_by_name, &mut given, &mut norms) {
                Some(val) => all = all.with(&val),
                None => spread_broken = true,
            }
        }
        let missing: Vec<&ParamSig> =
            sig.params.iter().filter(|param| !param.optional && !given.contains_key(&param.name)).collect();
        if !missing.is_empty() && !spread_broken && !broken {
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
        (all, norms)
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
}

/// So many arguments, for a sentence.
pub(super) fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}
