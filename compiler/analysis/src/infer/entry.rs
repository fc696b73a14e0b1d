//! The entries of blocks: typed by a table, or variables with free names.

use std::sync::Arc;

use flow_syntax::tree::{Entry, EntryValue, Expr, Map, Name};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::sink::Sink;
use super::{Infer, Phase, Val};
use crate::label::Labels;
use crate::settings::{EntryForm, EntryInfo};
use crate::suggest::{list, nearest};
use crate::ty::Ty;
use crate::value::ConstValue;

impl Infer<'_> {
    /// A block whose entries the table `known` describes. `span` is where what it belongs to is named.
    pub(super) fn block_entries(&mut self, map: &Map, what: &str, span: Span, known: &'static [EntryInfo]) {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        let mut meant: Vec<&str> = Vec::new();
        for Entry { key, value } in &map.entries {
            let Some(info) = known.iter().find(|info| info.name == key.text) else {
                self.unknown_entry(key, what, || known.iter().map(|info| info.name));
                if let Some(near) = nearest(&key.text, known.iter().map(|info| info.name)) {
                    // What was meant is not missing as well.
                    meant.push(near);
                }
                self.entry_reads(value);
                continue;
            };
            self.given_once(key, &mut seen);
            match value {
                EntryValue::Expr(value) => self.entry_value(info, value),
                EntryValue::Map(inner) => match info.form {
                    EntryForm::Block(known) | EntryForm::TextOr(known) => {
                        self.block_entries(inner, &format!("`{}`", info.name), key.span, known);
                    }
                    EntryForm::Env => self.env(inner, info.phase),
                    _ => self.not_a_block(inner.span, info.name),
                },
            }
        }
        let lacks = |name: &str| !seen.contains_key(name) && !meant.contains(&name);
        let missing: Vec<&str> =
            known.iter().filter(|info| info.required && lacks(info.name)).map(|info| info.name).collect();
        if let [first, ..] = missing.as_slice()
            && !map.entries.iter().any(|entry| entry.key.is_missing())
        {
            let names = list(missing.iter().copied());
            let finding = self
                .finding(Code::BadSetting, span, format!("{what} lacks {names}"))
                .label(format!("{names} missing"))
                .help(format!("add `{first} = …`"));
            self.report(finding);
        }
    }

    fn entry_value(&mut self, info: &EntryInfo, value: &Expr) {
        let what = format!("`{}`", info.name);
        match info.form {
            EntryForm::Env | EntryForm::Block(_) => {
                self.expr(value, None);
                self.not_a_value(value.span, info.name);
            }
            form => self.typed(form, value, info.name, info.phase, &what),
        }
    }

    /// A value that a setting or an entry `name` takes: of its type, known in time, one that may stand
    /// there and that makes sense.
    pub(super) fn typed(&mut self, form: EntryForm, value: &Expr, name: &str, phase: Phase, what: &str) {
        let ty = match form {
            EntryForm::Text | EntryForm::TextOr(_) => Ty::String,
            EntryForm::Texts => Ty::List(Arc::new(Ty::String)),
            EntryForm::Int(_) => Ty::Int,
            EntryForm::Bool => Ty::Bool,
            EntryForm::Duration => Ty::Duration,
            EntryForm::Secret => Ty::Secret,
            EntryForm::Ports => return self.ports(value, what),
            EntryForm::Env | EntryForm::Block(_) => return,
        };
        let val = self.sink_expr(value, &ty, sink_of(name, phase, what));
        if let Some(known) = val.norm.value()
            && let Some((problem, help)) = value_problem(form, known)
        {
            let finding = self
                .finding(Code::BadSetting, value.span, format!("{what} {problem}"))
                .label("not possible")
                .help(help);
            self.report(finding);
        }
    }

    /// `[5432]`, `["15432:5432"]`.
    fn ports(&mut self, value: &Expr, what: &str) {
        let val = self.expr(value, None);
        let fits = match &val.ty {
            Ty::List(inner) => matches!(**inner, Ty::Int | Ty::String | Ty::Error),
            other => other.is_error(),
        };
        if !fits {
            let shown = self.show(&val.ty);
            let finding = self
                .finding(Code::TypeMismatch, value.span, format!("{what} is a list of ports"))
                .label(format!("this is {a}", a = super::article(&shown)))
                .help("write `[5432]`, or `[\"15432:5432\"]` for another port on the host");
            self.report(finding);
            return;
        }
        self.sink(value, &val, Sink::Const(what));
        let Some(ConstValue::List(items)) = val.norm.value() else { return };
        let bad = items.iter().find(|item| !match item {
            ConstValue::Int(port) => (1..=65_535).contains(port),
            ConstValue::Text(text) => port_text(text),
            _ => true,
        });
        if let Some(bad) = bad {
            let shown = bad.display(self.db);
            let finding = self
                .finding(Code::BadSetting, value.span, format!("`{shown}` is not a port"))
                .label("not possible")
                .help("a port is a number from 1 to 65535; `\"15432:5432\"` is one on the host and one inside");
            self.report(finding);
        }
    }

    /// Counts what an entry reads, where what is wrong is the entry.
    fn entry_reads(&mut self, value: &EntryValue) {
        match value {
            EntryValue::Expr(value) => crate::walk::names(value, &mut |name, _| {
                self.read_local(name);
            }),
            EntryValue::Map(map) => map.entries.iter().for_each(|entry| self.entry_reads(&entry.value)),
        }
    }

    fn unknown_entry<'a, I: Iterator<Item = &'a str>>(&mut self, key: &Name, what: &str, known: impl Fn() -> I) {
        if key.is_missing() {
            return;
        }
        let finding =
            self.finding(Code::UnknownSetting, key.span, format!("{what} has no `{}`", key.text)).label("not known");
        let finding = match nearest(&key.text, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(key.span),
                near,
            ),
            None => finding.help(format!("it has {}", list(known()))),
        };
        self.report(finding);
    }

    /// Reports a key that stands in its block a second time.
    pub(super) fn given_once(&mut self, key: &Name, seen: &mut FxHashMap<SmolStr, Span>) {
        if key.is_missing() {
            return;
        }
        if let Some(first) = seen.insert(key.text.clone(), key.span) {
            let finding = self
                .finding(Code::DuplicateSetting, key.span, format!("`{}` is set twice", key.text))
                .label("again here")
                .related(self.at(first), "first set here")
                .help("remove one of the two");
            self.report(finding);
        }
    }

    pub(super) fn not_a_block(&mut self, span: Span, name: &str) {
        let finding = self
            .finding(Code::BadSetting, span, format!("`{name}` is a value, not a block"))
            .label("a block")
            .help(format!("write `{name} = …`"));
        self.report(finding);
    }

    pub(super) fn not_a_value(&mut self, span: Span, name: &str) {
        let finding = self
            .finding(Code::BadSetting, span, format!("`{name}` is a block"))
            .label("not a value")
            .help(format!("write `{name} {{ … }}`"));
        self.report(finding);
    }

    /// `env { NAME = value }`, whose values are known in `phase` at the latest.
    pub(super) fn env(&mut self, map: &Map, phase: Phase) {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        for Entry { key, value } in &map.entries {
            self.variable_name(key, false);
            self.given_once(key, &mut seen);
            match value {
                EntryValue::Expr(value) => {
                    let val = self.variable_value(value);
                    let what = format!("`{}`", key.text);
                    // The pipeline's variables are written before any job runs.
                    let sink = if phase == Phase::Plan { Sink::Shared(&what) } else { Sink::Confidential(&what) };
                    self.sink(value, &val, sink);
                }
                EntryValue::Map(map) => {
                    let finding = self
                        .finding(Code::BadSetting, map.span, "a variable holds a text, not a block")
                        .label("a block");
                    self.report(finding);
                }
            }
        }
    }

    /// Whether a variable may be called `name`; `exported` ones hold for the platform's own steps too.
    pub(super) fn variable_name(&mut self, name: &Name, exported: bool) {
        if name.is_missing() {
            return;
        }
        let text = name.text.as_str();
        let upper = text.to_ascii_uppercase();
        let valid = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !valid {
            let finding = self
                .finding(Code::BadSetting, name.span, format!("`{text}` cannot be the name of a variable"))
                .label("letters, digits and `_` only");
            self.report(finding);
            return;
        }
        let owner = if ["GITHUB_", "RUNNER_", "ACTIONS_"].iter().any(|prefix| upper.starts_with(prefix)) {
            Some(("GitHub owns the variables that begin like this", "choose another name"))
        } else if upper == "PATH" {
            Some(("without the folders that it holds, no program is found", "add a folder to it: `add_path \"bin\"`"))
        } else if exported && upper == "NODE_OPTIONS" {
            Some(("it would hold for the platform's own programs, which refuse it", "set it in the `env` of a step"))
        } else if exported && (upper.starts_with("AGENT_") || upper.starts_with("SYSTEM_")) {
            Some(("Azure Pipelines owns the variables that begin like this", "choose another name"))
        } else {
            None
        };
        if let Some((why, help)) = owner {
            let finding = self
                .finding(Code::ReservedVariable, name.span, format!("the variable `{text}` cannot be set"))
                .label("belongs to the platform")
                .note(why)
                .help(help);
            self.report(finding);
        } else if exported && upper != text {
            let finding = self
                .finding(
                    Code::ReservedVariable,
                    name.span,
                    format!("an exported variable is written in upper case: `{upper}`"),
                )
                .label("not in upper case")
                .note("Azure Pipelines changes the names of variables to upper case")
                .fix(format!("call it `{upper}`"), self.at(name.span), upper);
            self.report(finding);
        }
    }

    /// What an environment variable is set to.
    pub(super) fn variable_value(&mut self, value: &Expr) -> Val {
        let val = self.expr(value, None);
        if val.labels != Labels::PLAIN {
            self.env.push((value.span, val.labels));
        }
        let ty = val.ty.single();
        let fits = super::expr::is_text(ty.present())
            || matches!(ty.present(), Ty::Secret | Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_));
        if val.ty == Ty::Unit {
            self.expect(value.span, &val.ty, &Ty::String, "a variable holds");
        } else if !fits {
            let shown = self.show(ty);
            let finding = self
                .finding(Code::NotText, value.span, format!("a variable cannot hold {a}", a = super::article(&shown)))
                .label(format!("this is {a}", a = super::article(&shown)));
            let finding = match ty {
                Ty::List(_) => finding.help("join it: `xs.join(\" \")`"),
                Ty::Artifact(..) => finding.help("name one of its files"),
                _ => finding,
            };
            self.report(finding);
        }
        val
    }

    /// The entries of a block that has a fixed set of const ones.
    pub(super) fn entries(&mut self, map: &Map, what: &str, known: &[(&str, Ty)]) {
        let mut seen: FxHashMap<SmolStr, Span> = FxHashMap::default();
        for Entry { key, value } in &map.entries {
            let Some((name, ty)) = known.iter().find(|(name, _)| *name == key.text) else {
                self.unknown_entry(key, what, || known.iter().map(|(name, _)| *name));
                continue;
            };
            self.given_once(key, &mut seen);
            match value {
                EntryValue::Expr(value) => {
                    let val = self.check_expr(value, ty, &format!("`{name}` is"));
                    self.require_const(value, &val, &format!("`{name}`"));
                }
                EntryValue::Map(map) => self.not_a_block(map.span, name),
            }
        }
    }
}

/// What takes the value of the setting or entry `name`.
fn sink_of<'a>(name: &str, phase: Phase, what: &'a str) -> Sink<'a> {
    match (name, phase) {
        ("group" | "cancel", _) => Sink::Group(what),
        ("environment" | "name", Phase::Plan) => Sink::Environment(what),
        ("run_name", _) => Sink::RunName(what),
        ("key", _) => Sink::Key(what),
        ("ref", _) => Sink::Revision(what),
        ("url", _) => Sink::Page(what),
        (_, Phase::Const) => Sink::Const(what),
        _ => Sink::Confidential(what),
    }
}

/// What is wrong with a value that is known, and what to do.
fn value_problem(form: EntryForm, value: &ConstValue) -> Option<(String, String)> {
    match (form, value) {
        (EntryForm::Text | EntryForm::TextOr(_), ConstValue::Text(text)) if text.trim().is_empty() => {
            Some(("cannot be empty".to_owned(), "say it, or remove the setting".to_owned()))
        }
        (EntryForm::Texts, ConstValue::List(items)) if items.is_empty() => {
            Some(("cannot be an empty list".to_owned(), "name at least one, or remove the setting".to_owned()))
        }
        (EntryForm::Texts, ConstValue::List(items))
            if items.iter().any(|item| matches!(item, ConstValue::Text(text) if text.trim().is_empty())) =>
        {
            Some(("has an empty text".to_owned(), "remove it".to_owned()))
        }
        (EntryForm::Int(least), ConstValue::Int(number)) if *number < least => {
            Some((format!("is at least {least}, not {number}"), format!("write a number from {least} on")))
        }
        (EntryForm::Duration, ConstValue::Duration(0)) => {
            Some(("cannot be nothing".to_owned(), "give a time, such as `30min`, or remove it".to_owned()))
        }
        _ => None,
    }
}

/// `5432`, `15432:5432`, `5432/udp`.
fn port_text(text: &str) -> bool {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    matches!(protocol, "tcp" | "udp")
        && match ports.split_once(':') {
            Some((host, inside)) => port(host) && port(inside),
            None => port(ports),
        }
}
