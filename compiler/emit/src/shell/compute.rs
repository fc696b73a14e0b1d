//! The script of a step that computes values: bash for truth values, texts and whole numbers, jq for
//! lists, structs and what changes texts. It means what the language means: texts are compared
//! bytewise, whole numbers have 64 bits and do not wrap, `none` is the empty text.

mod cond;
mod helpers;
mod jq;

pub(crate) use jq::field;

use std::collections::BTreeSet;

use flow_plan::model::{Compute, Const, Job, Location, Op, Os, Value, ValueType};
use flow_plan::script::is_reserved;

use self::helpers::Helper;
use super::Host;
use super::patterns::{MATCHING, regex};
use super::values::LONGEST;
use crate::lower::names::{name_of, unique};
use crate::lower::types::{Items, Types};

/// A text between double quotes, in pieces.
type Text = Vec<Piece>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// As it is.
    Plain(String),
    /// What a variable holds.
    Var(String),
    /// The first seven characters of what a variable holds.
    Short(String),
}

/// A script in the making.
pub(crate) struct Script<'a> {
    host: Host,
    job: &'a Job,
    types: Types<'a>,
    /// Whether a step's environment can bring the value.
    native: &'a dyn Fn(&Value) -> bool,
    /// The variables that the environment brings.
    reads: Vec<(String, Value)>,
    /// Variables of the shell.
    locals: Vec<String>,
    /// Values that are in one of these already, and have been made where all that follows comes by.
    known: Vec<(Value, String)>,
    helpers: BTreeSet<Helper>,
    lines: Vec<String>,
    depth: usize,
    /// It asks what was changed since the commit that [`BASE`] names.
    compares: bool,
}

/// The variable that names the commit which the run's sources are compared with.
pub(crate) const BASE: &str = "BASE";

/// What a script that computes comes to.
pub(crate) struct Finished {
    /// The variables that it reads, by name.
    pub(crate) reads: Vec<(String, Value)>,
    /// It reads [`BASE`] too.
    pub(crate) compares: bool,
    /// Its lines.
    pub(crate) lines: Vec<String>,
}

/// Names of variables that the lines around use.
const TAKEN: [&str; 5] = ["end", "file", "value", "line", "sum"];

impl<'a> Script<'a> {
    pub(crate) fn new(host: Host, job: &'a Job, types: Types<'a>, native: &'a dyn Fn(&Value) -> bool) -> Self {
        Self {
            host,
            job,
            types,
            native,
            reads: Vec::new(),
            locals: TAKEN.iter().map(|it| (*it).to_owned()).collect(),
            known: Vec::new(),
            helpers: BTreeSet::new(),
            lines: Vec::new(),
            depth: 0,
            compares: false,
        }
    }

    /// All of it, functions first.
    pub(crate) fn finish(mut self) -> Finished {
        let jq = self.lines.iter().any(|it| it.contains("jq "));
        let own = self.job.container.is_some() || self.job.runner.github.is_some();
        if jq && own {
            self.helper(Helper::Fail);
        }
        let mut lines = helpers::functions(self.host, &self.helpers);
        if jq && own {
            lines
                .push("command -v jq > /dev/null || fail \"jq is missing where this job runs: install it\"".to_owned());
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.lines);
        Finished { reads: self.reads, compares: self.compares, lines }
    }

    /// Adds a line that must not be there twice.
    pub(crate) fn once(&mut self, text: &str) {
        if !self.lines.iter().any(|it| it == text) {
            self.line(text);
        }
    }

    /// Adds lines that refuse an empty text, or one that does not travel.
    pub(crate) fn check(&mut self, variable: &str, what: &str, required: bool, long: bool) {
        if required {
            let fail = self.helper(Helper::Fail);
            self.line(format!("[ -n \"${variable}\" ] || {fail} {}", super::message(&format!("{what} is empty"))));
        }
        if long {
            let fail = self.helper(Helper::Fail);
            let message = super::message(&format!("{what} is longer than {LONGEST} bytes: make it a file"));
            self.line(format!("[ \"$(printf %s \"${variable}\" | wc -c)\" -le {LONGEST} ] || {fail} {message}"));
        }
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let indent = "  ".repeat(self.depth);
        let lines: Vec<String> = text.as_ref().lines().map(|it| format!("{indent}{it}")).collect();
        self.lines.push(lines.join("\n"));
    }

    /// Computes a value; returns the variable that holds its text.
    pub(crate) fn variable(&mut self, name: &str, value: &Value) -> String {
        if let Some((_, variable)) = self.known.iter().find(|(it, _)| it == value) {
            return variable.clone();
        }
        if self.is_leaf(value) {
            return self.read(value);
        }
        let variable = self.local(name);
        self.assign(&variable, value);
        if self.depth == 0 {
            self.known.push((value.clone(), variable.clone()));
        }
        variable
    }

    /// Whether the text can be longer than each of those that it is made of.
    pub(crate) fn grows(&self, value: &Value) -> bool {
        let list = matches!(self.ty(value).present(), ValueType::List(_) | ValueType::Record { .. });
        list || jq::grows(value)
    }

    /// The command that prints the value, if it is text that jq makes: then it is best handed on so.
    pub(crate) fn printed(&mut self, name: &str, value: &Value) -> Option<String> {
        let ty = self.ty(value);
        (*ty.present() == ValueType::String && !self.is_leaf(value) && self.needs_jq(value))
            .then(|| self.jq_command(value, Some(name)))
    }

    fn local(&mut self, name: &str) -> String {
        let name = unique(name.to_owned(), '_', |it| self.locals.iter().any(|taken| taken == it));
        self.locals.push(name.clone());
        name
    }

    fn helper(&mut self, helper: Helper) -> &'static str {
        self.helpers.insert(helper);
        helper.name()
    }

    fn ty(&self, value: &Value) -> ValueType {
        self.types.of(value)
    }

    /// The variable of the environment that brings a value.
    fn read(&mut self, value: &Value) -> String {
        if let Some((name, _)) = self.reads.iter().find(|(_, other)| other == value) {
            return name.clone();
        }
        let name = name_of(value).to_ascii_uppercase();
        let name = if is_reserved(&name) { format!("FLOW_{name}") } else { name };
        let taken = |it: &str| {
            self.reads.iter().any(|(other, _)| other == it) || self.job.env.iter().any(|(other, _)| other == it)
        };
        let name = unique(name, '_', taken);
        self.reads.push((name.clone(), value.clone()));
        name
    }

    /// Whether the environment brings the value: the platform can say it, and it does not take what is
    /// to be kept from the step only to ask whether it is there.
    fn is_leaf(&self, value: &Value) -> bool {
        match value {
            Value::Const(_) | Value::Join(_) | Value::Declassified { .. } => false,
            Value::Compute(_) => self.is_secret_asked(value) && (self.native)(value),
            value => (self.native)(value),
        }
    }

    fn is_secret_asked(&self, value: &Value) -> bool {
        let Value::Compute(it) = value else { return false };
        matches!(it.op, Op::Eq | Op::Ne)
            && it.args.iter().any(|arg| matches!(arg.value, Value::Secret(_)))
            && it.args.iter().any(|arg| arg.value == Value::Const(Const::None))
    }

    /// The value's text, between double quotes.
    fn text(&mut self, value: &Value) -> Text {
        if let Some((_, variable)) = self.known.iter().find(|(it, _)| it == value) {
            return vec![Piece::Var(variable.clone())];
        }
        match value {
            Value::Const(it) => vec![Piece::Plain(it.text())],
            Value::Declassified { value, .. } => self.text(value),
            value if self.is_leaf(value) => vec![Piece::Var(self.read(value))],
            Value::Join(parts) if !self.needs_jq(value) => parts.iter().flat_map(|it| self.text(it)).collect(),
            Value::Ctx(name) if name == "short_sha" => {
                vec![Piece::Short(self.read(&Value::Ctx("sha".to_owned())))]
            }
            value => {
                let name = name_of(value);
                vec![Piece::Var(self.variable(&name, value))]
            }
        }
    }

    /// The value's text as one word.
    fn word(&mut self, value: &Value) -> String {
        let text = self.text(value);
        word(&text)
    }

    /// A whole number as one word, checked where nobody has.
    fn int(&mut self, value: &Value) -> String {
        let word = self.word(value);
        if matches!(value, Value::Param(_) | Value::Item { .. } | Value::Ctx(_)) {
            let check = self.helper(Helper::Whole);
            self.line(format!("{check} {word}"));
        }
        word
    }

    /// A duration as one word that says its milliseconds.
    fn milliseconds(&mut self, value: &Value) -> String {
        if let Value::Const(Const::Duration(ms)) = value {
            return ms.to_string();
        }
        let word = self.word(value);
        let ms = self.helper(Helper::Milliseconds);
        let variable = self.local(&format!("{}_ms", name_of(value)));
        self.line(format!("{variable}=$({ms} {word})"));
        format!("\"${variable}\"")
    }

    /// Whether jq has to make it.
    fn needs_jq(&self, value: &Value) -> bool {
        if self.is_leaf(value) || self.known.iter().any(|(it, _)| it == value) {
            return false;
        }
        match value {
            Value::Join(parts) => parts.iter().any(|it| self.needs_jq(it)),
            Value::Declassified { value, .. } => self.needs_jq(value),
            Value::Json { .. } => true,
            Value::Compute(it) => self.is_of_jq(it) || it.args.iter().any(|arg| self.needs_jq(&arg.value)),
            _ => false,
        }
    }

    /// Whether jq carries out this operator.
    fn is_of_jq(&self, it: &Compute) -> bool {
        let collection = |at: usize| {
            it.args.get(at).is_some_and(|arg| {
                matches!(self.ty(&arg.value).present(), ValueType::List(_) | ValueType::Record { .. })
            })
        };
        match it.op {
            Op::Lower
            | Op::Upper
            | Op::Replace
            | Op::Split
            | Op::Join
            | Op::Trim
            | Op::List
            | Op::Concat
            | Op::Record
            | Op::Field(_)
            | Op::Index
            | Op::Map(_)
            | Op::Len => true,
            Op::Eq | Op::Ne => !self.is_none(it) && (collection(0) || collection(1)),
            Op::Contains | Op::IsEmpty | Op::Add => collection(0),
            _ => false,
        }
    }

    fn is_none(&self, it: &Compute) -> bool {
        it.args.iter().any(|arg| arg.value == Value::Const(Const::None))
    }

    /// Whether it counts with 64 bits, or is of durations: jq's numbers are doubles.
    fn counts(&self, it: &Compute) -> bool {
        match it.op {
            Op::Add => !matches!(self.ty(&Value::Compute(it.clone())), ValueType::List(_)),
            Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Neg => true,
            Op::Lt | Op::Le | Op::Gt | Op::Ge => true,
            Op::Eq | Op::Ne => it.args.iter().any(|arg| *self.ty(&arg.value).present() == ValueType::Duration),
            _ => false,
        }
    }

    /// The lines that leave the value's text in a variable.
    fn assign(&mut self, variable: &str, value: &Value) {
        if self.is_leaf(value) || matches!(value, Value::Const(_)) {
            let word = self.word(value);
            return self.line(format!("{variable}={word}"));
        }
        match value {
            Value::Declassified { value, .. } => self.assign(variable, value),
            Value::Join(_) if !self.needs_jq(value) => {
                let word = self.word(value);
                self.line(format!("{variable}={word}"));
            }
            Value::Ctx(_) => {
                let word = self.word(value);
                self.line(format!("{variable}={word}"));
            }
            Value::Compute(it) if self.is_asked_by_jq(value, it) => self.by_jq(variable, value),
            Value::Compute(it) if !self.is_of_jq(it) => self.computed(variable, value, it),
            Value::Changed(patterns) => self.changed(variable, patterns),
            Value::Path(location) if location.is_pattern() => {
                let (folder, found) = self.found(location);
                let list = format!("jq -cRn --arg in {folder} '[inputs | $in + \"/\" + .]'");
                let list = if self.job.runner.os == Os::Windows { list.replacen("jq", "jq -b", 1) } else { list };
                self.line(format!("{variable}=$({found} | {list})"));
            }
            Value::Present(_) | Value::Exists(_) | Value::Succeeded(_) => {
                let condition = self.condition(value);
                self.truth(variable, &condition);
            }
            value => self.by_jq(variable, value),
        }
    }

    /// What jq makes, in a variable, with the line breaks at its end.
    fn by_jq(&mut self, variable: &str, value: &Value) {
        let command = self.jq_command(value, None);
        if *self.ty(value).present() == ValueType::String {
            self.line(format!("{variable}=$({command} && echo .)\n{variable}=${{{variable}%??}}"));
        } else {
            self.line(format!("{variable}=$({command})"));
        }
    }

    /// The folder of a pattern's artifact, a word, and the command that prints what the pattern matches
    /// there.
    fn found(&mut self, location: &Location) -> (String, String) {
        self.once(MATCHING);
        let (folder, pattern) = match location {
            Location::Consumed { input, path } => (format!("in/{input}"), path.as_str()),
            Location::Produced { output, path } => (format!("out/{output}"), path.as_str()),
            Location::Value { .. } => (String::new(), ""),
        };
        let folder = self.host.path(&folder);
        let command = format!("if [ -d {folder} ]; then cd {folder}; matching {}; fi", regex(pattern));
        (folder, command)
    }

    fn truth(&mut self, variable: &str, condition: &str) {
        self.line(format!("if {condition}; then {variable}=true; else {variable}=false; fi"));
    }

    fn computed(&mut self, variable: &str, value: &Value, it: &Compute) {
        let arg = |at: usize| it.args.get(at).map_or(&Value::Const(Const::None), |arg| &arg.value);
        let helper = match it.op {
            Op::If => return self.choose(variable, arg(0), arg(1), arg(2)),
            Op::Coalesce => return self.coalesce(variable, arg(0), arg(1)),
            Op::Add => Helper::Add,
            Op::Sub => Helper::Subtract,
            Op::Mul => Helper::Multiply,
            Op::Div => Helper::Divide,
            Op::Rem => Helper::Rest,
            Op::Neg => Helper::Subtract,
            _ => {
                let condition = self.condition(value);
                return self.truth(variable, &condition);
            }
        };
        let name = self.helper(helper);
        if self.ty(value) != ValueType::Duration {
            let (a, b) = match it.op {
                Op::Neg => ("0".to_owned(), self.int(arg(0))),
                _ => (self.int(arg(0)), self.int(arg(1))),
            };
            return self.line(format!("{variable}=$({name} {a} {b})"));
        }
        let mut side = |value: &Value| match self.ty(value).present() {
            ValueType::Duration => self.milliseconds(value),
            _ => self.int(value),
        };
        let (a, b) = (side(arg(0)), side(arg(1)));
        let print = self.helper(Helper::Duration);
        self.line(format!("{variable}=$({name} {a} {b})\n{variable}=$({print} \"${variable}\")"));
    }

    fn choose(&mut self, variable: &str, condition: &Value, then: &Value, otherwise: &Value) {
        let condition = self.condition(condition);
        self.line(format!("if {condition}; then"));
        self.nested(|it| it.assign(variable, then));
        self.line("else");
        self.nested(|it| it.assign(variable, otherwise));
        self.line("fi");
    }

    fn coalesce(&mut self, variable: &str, first: &Value, second: &Value) {
        self.assign(variable, first);
        self.line(format!("if [ -z \"${variable}\" ]; then"));
        self.nested(|it| it.assign(variable, second));
        self.line("fi");
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    /// jq, which on Windows would end lines with CR LF.
    fn jq_name(&self) -> &'static str {
        if self.job.runner.os == Os::Windows { "jq -b" } else { "jq" }
    }

    /// The type under the loops of a program of jq.
    fn ty_within(&self, value: &Value, items: &Items) -> ValueType {
        self.types.within(value, items)
    }
}

/// The pieces as one word.
fn word(text: &Text) -> String {
    if let [Piece::Plain(it)] = text.as_slice() {
        return super::word(it);
    }
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::from("\"");
    for (at, piece) in text.iter().enumerate() {
        match piece {
            Piece::Plain(it) => out.push_str(&super::escape(it)),
            Piece::Short(it) => out.push_str(&format!("${{{it}:0:7}}")),
            Piece::Var(it) => {
                let glued = text.get(at + 1).is_some_and(|next| match next {
                    Piece::Plain(it) => it.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '['),
                    _ => false,
                });
                out.push_str(&if glued { format!("${{{it}}}") } else { format!("${it}") });
            }
        }
    }
    out.push('"');
    out
}
