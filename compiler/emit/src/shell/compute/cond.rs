//! Truth values as commands of bash.

use flow_plan::model::{Compute, Const, Files, Op, Value, ValueType};
use flow_plan::script;

use super::{BASE, Script, word};

impl Script<'_> {
    /// A command that succeeds where the value holds; what must come before it is among the lines.
    pub(super) fn condition(&mut self, value: &Value) -> String {
        if let Some((_, variable)) = self.known.iter().find(|(it, _)| it == value) {
            return format!("[ \"${variable}\" = true ]");
        }
        match value {
            Value::Const(Const::Bool(it)) => it.to_string(),
            Value::Declassified { value, .. } => self.condition(value),
            value if self.is_leaf(value) => format!("[ \"${}\" = true ]", self.read(value)),
            Value::Present(location) if location.is_pattern() => {
                let (_, found) = self.found(location);
                format!("[ -n \"$({found})\" ]")
            }
            Value::Present(location) => format!("[ -e {} ]", self.host.path(&script::path(location))),
            Value::Exists(files) => match &**files {
                Files::Output { job, .. } => {
                    let read = self.read(&Value::Succeeded(job.clone()));
                    format!("[ \"${read}\" = true ]")
                }
                _ => self.held(value),
            },
            Value::Compute(it) if !self.is_of_jq(it) => self.operator(value, it),
            value => self.held(value),
        }
    }

    /// By a variable that holds the text.
    fn held(&mut self, value: &Value) -> String {
        let name = crate::lower::names::name_of(value);
        format!("[ \"${}\" = true ]", self.variable(&name, value))
    }

    fn operator(&mut self, value: &Value, it: &Compute) -> String {
        let arg = |at: usize| it.args.get(at).map_or(&Value::Const(Const::None), |arg| &arg.value);
        match it.op {
            Op::Not => match self.condition(arg(0)) {
                there if there.starts_with("[ -n ") && !there.contains("] ") => there.replacen("-n", "-z", 1),
                none if none.starts_with("[ -z ") && !none.contains("] ") => none.replacen("-z", "-n", 1),
                simple if !simple.contains(" && ") && !simple.contains(" || ") => format!("! {simple}"),
                other => format!("! {{ {other}; }}"),
            },
            Op::And => self.chain(value, it, " && ", " || "),
            Op::Or => self.chain(value, it, " || ", " && "),
            Op::Eq | Op::Ne if self.is_asked_by_jq(value, it) => self.held_by_jq(value),
            Op::Eq => self.equal(it, true),
            Op::Ne => self.equal(it, false),
            Op::Lt => self.order("-lt", arg(0), arg(1)),
            Op::Le => self.order("-le", arg(0), arg(1)),
            Op::Gt => self.order("-gt", arg(0), arg(1)),
            Op::Ge => self.order("-ge", arg(0), arg(1)),
            Op::StartsWith | Op::EndsWith | Op::Contains if self.is_asked_by_jq(value, it) => self.held_by_jq(value),
            Op::StartsWith => self.pattern("", "*", arg(0), arg(1)),
            Op::EndsWith => self.pattern("*", "", arg(0), arg(1)),
            Op::Contains => self.pattern("*", "*", arg(0), arg(1)),
            Op::IsEmpty => format!("[ -z {} ]", self.word(arg(0))),
            // The others are no truth values, or have two sides.
            _ => self.held(value),
        }
    }

    /// Whether jq compares, since it makes what is compared. It does not know all whole numbers.
    pub(super) fn is_asked_by_jq(&self, value: &Value, it: &Compute) -> bool {
        let text = matches!(it.op, Op::StartsWith | Op::EndsWith | Op::Contains);
        let same = matches!(it.op, Op::Eq | Op::Ne) && !self.is_none(it) && !self.counts(it);
        let whole = it.args.iter().any(|arg| *self.ty(&arg.value).present() == ValueType::Int);
        (text || (same && !whole)) && self.needs_jq(value)
    }

    fn held_by_jq(&mut self, value: &Value) -> String {
        let name = crate::lower::names::name_of(value);
        let variable = self.local(&name);
        self.by_jq(&variable, value);
        format!("[ \"${variable}\" = true ]")
    }

    /// Several, joined. What a later one needs first may fail, and must not be looked at then.
    fn chain(&mut self, value: &Value, it: &Compute, by: &str, other: &str) -> String {
        let mut parts = Vec::new();
        for (at, arg) in it.args.iter().enumerate() {
            let before = self.lines.len();
            let known = self.known.len();
            let part = self.condition(&arg.value);
            if at > 0 && self.lines.len() > before {
                // Once more, one inside the other.
                self.lines.truncate(before);
                self.known.truncate(known);
                return self.nest(value, it, at, &parts.join(by), by == " && ");
            }
            parts.push(if part.contains(other) { format!("{{ {part}; }}") } else { part });
        }
        parts.join(by)
    }

    fn nest(&mut self, value: &Value, it: &Compute, at: usize, before: &str, and: bool) -> String {
        let name = crate::lower::names::name_of(value);
        let variable = self.local(&name);
        let rest = Value::Compute(Compute { args: it.args.get(at..).unwrap_or_default().to_vec(), ..it.clone() });
        let (first, second) = if and { ("false", before.to_owned()) } else { ("true", format!("! {{ {before}; }}")) };
        self.line(format!("{variable}={first}\nif {second}; then"));
        self.nested(|script| {
            let condition = match it.args.get(at..) {
                Some([one]) => script.condition(&one.value),
                _ => script.condition(&rest),
            };
            script.truth(&variable, &condition);
        });
        self.line("fi");
        format!("[ \"${variable}\" = true ]")
    }

    fn equal(&mut self, it: &Compute, same: bool) -> String {
        let arg = |at: usize| it.args.get(at).map_or(&Value::Const(Const::None), |arg| &arg.value);
        let (a, b) = match arg(0) {
            Value::Const(_) => (arg(1), arg(0)),
            _ => (arg(0), arg(1)),
        };
        if *b == Value::Const(Const::None) {
            return format!("[ {} {} ]", if same { "-z" } else { "-n" }, self.word(a));
        }
        let (ty, other) = (self.ty(a), self.ty(b));
        let optional = matches!(ty, ValueType::Optional(_)) || matches!(other, ValueType::Optional(_));
        match ty.present() {
            ValueType::Int if !optional => self.order(if same { "-eq" } else { "-ne" }, a, b),
            ValueType::Duration if !optional => self.order(if same { "-eq" } else { "-ne" }, a, b),
            _ => {
                let (a, b) = (self.word(a), self.word(b));
                format!("[ {a} {} {b} ]", if same { "=" } else { "!=" })
            }
        }
    }

    fn order(&mut self, op: &str, a: &Value, b: &Value) -> String {
        let mut side = |value: &Value| match self.ty(value).present() {
            ValueType::Duration => self.milliseconds(value),
            _ => self.int(value),
        };
        let (a, b) = (side(a), side(b));
        format!("[ {a} {op} {b} ]")
    }

    /// Whether a text has a part, at its beginning, its end or anywhere.
    fn pattern(&mut self, before: &str, after: &str, text: &Value, part: &Value) -> String {
        let text = self.text(text);
        let part = self.text(part);
        let subject = match text.as_slice() {
            [super::Piece::Var(it)] => format!("${it}"),
            _ => word(&text),
        };
        format!("[[ {subject} == {before}{}{after} ]]", word(&part))
    }

    /// Whether a file that a pattern matches differs from what the run started from. Where that is not
    /// known, all counts as changed.
    pub(super) fn changed(&mut self, variable: &str, patterns: &[String]) {
        self.compares = true;
        let patterns: Vec<String> = patterns.iter().map(|it| pathspec(it)).collect();
        self.line(format!(
            "{variable}=true\nif git cat-file -e \"${BASE}^{{commit}}\" 2> /dev/null && git diff --quiet \"${BASE}\" HEAD -- {}; then\n  {variable}=false\nfi",
            patterns.join(" ")
        ));
    }
}

/// A pattern as git's commands take it.
fn pathspec(pattern: &str) -> String {
    match pattern.strip_prefix('!') {
        Some(rest) => format!("':(exclude,glob){}'", rest.replace('\'', "'\\''")),
        None => format!("':(glob){}'", pattern.replace('\'', "'\\''")),
    }
}
