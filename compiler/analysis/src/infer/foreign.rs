//! What lies outside of Flow: typed bindings by `extern`, and steps without binding by `uses` and
//! `task`.

use std::sync::Arc;

use flow_syntax::tree::{
    Arg, ArgValue, Entry, EntryValue, ExprKind, Extern, ExternField, ExternKind, ExternPort, Foreign, Map, ParamMode,
    PortDirection, Text,
};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::sink::Sink;
use super::{Infer, OutputSig, ParamSig, Phase, Signature, Val, Where};
use crate::db::{Db, Def, syntax};
use crate::label::Labels;
use crate::permission::{Granted, SCOPES, access, granted, scope};
use crate::reference::{Form, Reference, parse};
use crate::suggest::{list, nearest};
use crate::ty::{Family, Ty, converts};

/// What an `extern` binds, in the words of what it binds: all that a backend needs to write a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// An action or a job.
    pub kind: ExternKind,
    /// As it is written.
    pub reference: SmolStr,
    /// What it names.
    pub names: Reference,
    /// Its inputs, outputs and secrets.
    pub ports: Vec<Port>,
    /// What it needs of the job's token.
    pub permissions: Vec<Granted>,
}

/// An input, output or secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Which of the three.
    pub direction: PortDirection,
    /// Its name in Flow.
    pub name: SmolStr,
    /// Its name outside.
    pub foreign: SmolStr,
    /// What joins the elements of a list.
    pub joined: Option<SmolStr>,
}

/// What an `extern` binds; `None` where it cannot be read, which has been reported.
#[salsa::tracked(returns(ref))]
pub fn binding(db: &dyn Db, def: Def) -> Option<Binding> {
    let item = syntax(db, def);
    let flow_syntax::tree::ItemKind::Extern(it) = &item.kind else { return None };
    let reference = it.reference.plain()?;
    let names = parse(&reference, form(it)).ok()?;
    let ports = it.ports().map(|port| Port {
        direction: port.direction,
        name: port.name.text.clone(),
        foreign: foreign_name(port),
        joined: port.joined.as_ref().and_then(Text::plain).map(SmolStr::from),
    });
    let permissions = it.fields.iter().filter_map(|field| match field {
        ExternField::Permissions(map) => Some(granted(map)),
        ExternField::Port(_) | ExternField::Hole(_) => None,
    });
    Some(Binding {
        kind: it.kind,
        reference: reference.into(),
        names,
        ports: ports.collect(),
        permissions: permissions.flatten().collect(),
    })
}

fn form(it: &Extern) -> Form {
    match (it.kind, it.task) {
        (_, true) => Form::Task,
        (ExternKind::Action, false) => Form::Action,
        (ExternKind::Job, false) => Form::Job,
    }
}

/// The name outside: as it says, else with `-` for `_`.
fn foreign_name(port: &ExternPort) -> SmolStr {
    match port.foreign.as_ref().and_then(Text::plain) {
        Some(name) => name.into(),
        None => port.name.text.replace('_', "-").into(),
    }
}

/// Whether an input of this name runs its text as a program, by what foreign actions and tasks call
/// such inputs.
fn evaluates(foreign: &str) -> bool {
    const NAMES: [&str; 10] =
        ["script", "run", "command", "commands", "cmd", "code", "args", "arguments", "inline", "expression"];
    let lower = foreign.to_ascii_lowercase();
    NAMES.contains(&lower.as_str()) || ["script", "command", "commands"].iter().any(|end| lower.ends_with(end))
}

/// The type of `r.outputs`: any name, and a text that may be missing.
pub(super) fn outputs() -> Ty {
    let member = Ty::String.optional();
    Ty::Family(Arc::new(Family { key: Ty::String, keys: None, binder: None, member }))
}

/// Whether a value travels as one text.
fn is_plain(ty: &Ty) -> bool {
    matches!(ty, Ty::Error | Ty::Bool | Ty::Int | Ty::Duration | Ty::String | Ty::Path | Ty::Enum(_))
}

/// Whether a value is files, which are passed by their path.
const fn is_files(ty: &Ty) -> bool {
    matches!(ty, Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_))
}

impl Infer<'_> {
    pub(super) fn extern_signature(&mut self, it: &Extern, sig: &mut Signature) {
        if it.task && it.kind == ExternKind::Job {
            let finding = self
                .finding(Code::BadReference, it.reference.span, "a task is a step, not a job")
                .label("a task")
                .help("write `extern action`, or name a template: `= \"ci/build.yml\"`");
            self.report(finding);
        } else {
            self.reference(&it.reference, form(it));
        }
        let mut permissions: Option<Span> = None;
        let mut foreign: FxHashMap<(bool, SmolStr), Span> = FxHashMap::default();
        for field in &it.fields {
            match field {
                ExternField::Hole(_) => {}
                ExternField::Permissions(map) => {
                    if let Some(first) = permissions.replace(map.span) {
                        let finding = self
                            .finding(Code::DuplicateSetting, map.span, "`permissions` is set twice")
                            .label("again here")
                            .related(self.at(first), "first set here")
                            .help("join the two blocks");
                        self.report(finding);
                    }
                    self.permissions(map);
                }
                ExternField::Port(port) => {
                    self.port(it, port, sig);
                    let out = port.direction == PortDirection::Out;
                    let name = foreign_name(port);
                    let own = port.foreign.as_ref().map_or(port.name.span, |text| text.span);
                    if let Some(first) = foreign.insert((out, name.clone()), own)
                        && !port.name.is_missing()
                        && port.foreign.is_some()
                    {
                        let finding = self
                            .finding(Code::DuplicateName, own, format!("`{name}` is bound twice"))
                            .label("again here")
                            .related(self.at(first), "first bound here")
                            .help("remove one of the two");
                        self.report(finding);
                    }
                }
            }
        }
        self.distinct("input", &sig.params.iter().map(|it| (it.name.clone(), it.span)).collect::<Vec<_>>());
        self.distinct("output", &sig.outputs.iter().map(|it| (it.name.clone(), it.span)).collect::<Vec<_>>());
    }

    fn reference(&mut self, text: &Text, form: Form) -> Option<Reference> {
        let plain = text.plain()?;
        match parse(&plain, form) {
            Ok(reference) => Some(reference),
            Err(problem) => {
                let finding = self
                    .finding(Code::BadReference, text.span, format!("`{plain}` {}", problem.what))
                    .label("what it names cannot be told")
                    .note("what a pipeline runs must be the same tomorrow, so it is named with a version")
                    .help(problem.help);
                self.report(finding);
                None
            }
        }
    }

    fn port(&mut self, it: &Extern, port: &ExternPort, sig: &mut Signature) {
        let default_ty = if port.direction == PortDirection::Secret { Ty::Secret } else { Ty::String };
        let ty = port.ty.as_ref().map_or(default_ty, |ty| self.lower_closed(ty));
        let (name, span) = (port.name.text.clone(), port.name.span);
        let at = port.ty.as_ref().map_or(span, |ty| ty.span);
        let ty = if self.port_type(it, port, &ty, at) { ty } else { Ty::Error };
        if let Some(foreign) = &port.foreign
            && foreign.plain().is_some_and(|name| name.trim().is_empty())
        {
            let finding = self
                .finding(Code::BadPort, foreign.span, "the name outside is empty")
                .label("no name")
                .help("write the name that the action gives it");
            self.report(finding);
        }
        if let Some(default) = &port.default {
            if port.direction == PortDirection::Out {
                let finding = self
                    .finding(Code::BadPort, default.span, format!("the output `{name}` has no default"))
                    .label("what is called gives it")
                    .help("remove the default; make the type optional with `?` if it may be missing");
                self.report(finding);
            } else {
                let val = self.check_expr(default, &ty, &format!("`{name}` is"));
                self.require_const(default, &val, &format!("the default of `{name}`"));
            }
        }
        if port.direction == PortDirection::Out {
            sig.outputs.push(OutputSig { name, span, ty, always: false });
        } else {
            let optional = port.default.is_some() || matches!(ty, Ty::Optional(_));
            sig.params.push(ParamSig { name, span, ty, mode: ParamMode::Plain, optional, merge: false });
        }
    }

    /// Whether an input, output or secret may be of type `ty`, and is joined exactly when it is a list.
    fn port_type(&mut self, it: &Extern, port: &ExternPort, ty: &Ty, at: Span) -> bool {
        let inner = ty.present();
        let name = &port.name.text;
        let list = matches!(inner, Ty::List(element) if is_plain(element));
        let (fits, what) = match port.direction {
            PortDirection::Secret => {
                (matches!(inner, Ty::Secret | Ty::Error), "a secret is of type `secret` or `secret?`")
            }
            PortDirection::Out => {
                (is_plain(inner) || list, "an output is a text, a number, a truth value, an enum or a list of these")
            }
            PortDirection::In if it.kind == ExternKind::Job => (
                is_plain(inner) || list,
                "a foreign job shares no files: an input is a text, a number, a truth value, an enum or a list of these",
            ),
            PortDirection::In => (
                is_plain(inner) || is_files(inner) || list,
                "an input is a text, a number, a truth value, an enum, files (their path is passed) or a list of texts",
            ),
        };
        if !fits {
            let shown = self.show(ty);
            let finding = self
                .finding(Code::BadPort, at, format!("`{name}` cannot be {}", super::article(&shown)))
                .label("cannot be passed on")
                .note(what);
            let finding = match (port.direction, inner) {
                (PortDirection::In, Ty::Secret) => finding.help(format!("write `secret {name}`")),
                (PortDirection::In, Ty::Artifact(..)) => finding.help("take one of its files"),
                _ => finding.help("give it another type"),
            };
            self.report(finding);
            return false;
        }
        match (&port.joined, list) {
            (None, true) => {
                let finding = self
                    .finding(Code::BadPort, at, format!("the list `{name}` does not say what joins its elements"))
                    .label("a list")
                    .note("what is foreign takes texts; a list travels as one")
                    .help("say it after the type: `joined \",\"`");
                self.report(finding);
            }
            (Some(joined), false) if !inner.is_error() => {
                let finding = self
                    .finding(Code::BadPort, joined.span, format!("`{name}` is not a list, so nothing is joined"))
                    .label("joins nothing")
                    .help("remove the `joined`, or make it a list");
                self.report(finding);
            }
            (Some(joined), true) if joined.plain().is_some_and(|text| text.is_empty()) => {
                let finding = self
                    .finding(Code::BadPort, joined.span, "elements that nothing separates cannot be told apart")
                    .label("empty")
                    .help("write what stands between them: `joined \",\"`");
                self.report(finding);
            }
            _ => {}
        }
        true
    }

    /// `permissions { contents = read }`.
    pub(super) fn permissions(&mut self, map: &Map) {
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for Entry { key, value } in map.entries.iter().filter(|entry| !entry.key.is_missing()) {
            match scope(&key.text) {
                Some(scope) => {
                    if let Some(first) = seen.insert(scope, key.span) {
                        let finding = self
                            .finding(Code::DuplicateSetting, key.span, format!("`{scope}` is set twice"))
                            .label("again here")
                            .related(self.at(first), "first set here")
                            .help("remove one of the two");
                        self.report(finding);
                    }
                }
                None => {
                    let finding = self
                        .finding(Code::UnknownSetting, key.span, format!("there is no permission `{}`", key.text))
                        .label("not known");
                    let finding = match nearest(&key.text, SCOPES) {
                        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                            format!("change it to `{near}`"),
                            self.at(key.span),
                            near,
                        ),
                        None => finding.help(format!("the permissions are {}", list(SCOPES))),
                    };
                    self.report(finding);
                }
            }
            let levels = crate::permission::levels(scope(&key.text).unwrap_or_default());
            if access(value).is_some_and(|it| levels.contains(&it)) {
                continue;
            }
            let (span, text) = match value {
                EntryValue::Expr(e) => match &e.kind {
                    ExprKind::Hole => continue,
                    ExprKind::Text(text) => (e.span, text.plain()),
                    _ => (e.span, None),
                },
                EntryValue::Map(map) => (map.span, None),
            };
            let words: Vec<&str> = levels.iter().map(|it| it.word()).collect();
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            let one_of = quoted.split_last().map(|(last, init)| format!("{} or {last}", init.join(", ")));
            let finding = self
                .finding(Code::BadSetting, span, format!("`{}` is {}", key.text, one_of.unwrap_or_default()))
                .label("none of these");
            // A word in quotes was meant without them.
            let finding = match text.filter(|text| words.contains(&text.as_str())) {
                Some(text) => {
                    let fix = format!("write `{text}`, without quotes");
                    finding.help(fix.clone()).fix(fix, self.at(span), text)
                }
                None => finding.help(format!("write `{} = {}`", key.text, words.first().copied().unwrap_or_default())),
            };
            self.report(finding);
        }
    }

    /// A call of a foreign action or job.
    pub(super) fn extern_call(&mut self, def: Def, span: Span, args: &[Arg], args_span: Span) -> Val {
        let item = syntax(self.db, def);
        let job = matches!(&item.kind, flow_syntax::tree::ItemKind::Extern(it) if it.kind == ExternKind::Job);
        let fits = match self.place {
            Where::Pipeline | Where::Flow => job,
            Where::Job | Where::Action | Where::Step => !job,
            Where::Expr => false,
        };
        let val = self.instance(def, args, args_span, job);
        if !fits {
            let (what, where_) = if job { ("job", "a pipeline") } else { ("action", "a job") };
            self.misplaced_call(span, def, what, where_);
            return Val::error();
        }
        let Some(binding) = binding(self.db, def) else { return val };
        for (arg, param) in super::matched(&super::signature(self.db, def).params, args) {
            let (ArgValue::Expr(value), Some(param)) = (&arg.value, param) else { continue };
            let Some(port) = binding.ports.iter().find(|port| port.name == param.name) else { continue };
            let noun = format!("the input `{}` of `{}`", param.name, def.name(self.db));
            let Some(given) = self.out.types.get(&value.span).cloned() else { continue };
            // What is of another type has been refused.
            if !converts(self.db, &given.ty, &param.ty) {
                continue;
            }
            if evaluates(&port.foreign) {
                self.sink(value, &given, Sink::Code(&noun));
            } else if *param.ty.present() == Ty::Path {
                self.sink(value, &given, Sink::Path(&noun));
            }
        }
        val
    }

    /// `uses "owner/repo@ref" { input = value }`.
    pub(super) fn foreign(&mut self, foreign: &Foreign) -> Val {
        self.require_steps(foreign.span, if foreign.task { "`task`" } else { "`uses`" });
        self.reference(&foreign.reference, if foreign.task { Form::Task } else { Form::Action });
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        let mut all = Val::new(Ty::Foreign, Phase::Run);
        all.labels = Labels { secret: false, ..self.env_labels() };
        for Entry { key, value } in foreign.inputs.iter().flat_map(|map| &map.entries) {
            if !key.is_missing()
                && let Some(first) = seen.insert(key.text.clone(), key.span)
            {
                let finding = self
                    .finding(Code::DuplicateSetting, key.span, format!("`{}` is set twice", key.text))
                    .label("again here")
                    .related(self.at(first), "first set here")
                    .help("remove one of the two");
                self.report(finding);
            }
            match value {
                EntryValue::Expr(value) => {
                    let val = self.expr(value, None);
                    let noun = format!("the input `{}`", key.text);
                    let sink = if evaluates(&key.text) { Sink::Code(&noun) } else { Sink::Confidential(&noun) };
                    // What it makes of its secrets, the platform masks; it says itself what it puts out.
                    all.labels = all.labels.join(Labels { secret: false, ..val.labels });
                    if self.sink(value, &val, sink) {
                        self.input(value.span, &val.ty, &key.text);
                    }
                }
                EntryValue::Map(map) => {
                    let finding = self
                        .finding(
                            Code::BadSetting,
                            map.span,
                            format!("the input `{}` is a value, not a block", key.text),
                        )
                        .label("a block")
                        .help(format!("write `{} = …`", key.text));
                    self.report(finding);
                }
            }
        }
        all
    }

    /// Whether a value can be the input of a step without binding.
    fn input(&mut self, span: Span, ty: &Ty, name: &str) {
        let inner = ty.single().present();
        if is_plain(inner) || is_files(inner) || matches!(inner, Ty::Secret | Ty::None) {
            return;
        }
        let shown = self.show(ty);
        if *ty == Ty::Unit {
            self.expect(span, ty, &Ty::String, &format!("the input `{name}` is"));
            return;
        }
        let finding = self
            .finding(Code::NotText, span, format!("the input `{name}` cannot be {}", super::article(&shown)))
            .label(format!("this is {}", super::article(&shown)))
            .note("an input is a text, a number, a truth value, an enum, a secret or files");
        let finding = match inner {
            Ty::List(_) => finding.help("join it: `xs.join(\",\")`, or bind the action with `extern`"),
            Ty::Artifact(..) => finding.help("name one of its files"),
            _ => finding.help("bind the action with `extern`, which gives its inputs types"),
        };
        self.report(finding);
    }
}
