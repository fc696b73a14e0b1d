//! What GitHub's expressions say with the language's meaning (docs/design/semantics.md 5.6): typed, so
//! that a truth value is one and not a text, and no text decides by being empty.
//!
//! Its operators ignore the case of texts, compare numbers as doubles and take `''` and `0` for each
//! other. So equality is said only of closed sets whose members do not differ by case alone, and order
//! only where one side is a small constant.

use flow_plan::model::{Compute, Const, Files, Job, Op, Operand, Param, Plan, Value, ValueType};
use flow_plan::script;

use super::context::{self, Reach};
pub(super) use super::term::Expr;
use super::term::Level;
use super::values::quoted;
use super::{foreign, params};
use crate::facts::Facts;
use crate::lower::conditions::{conjuncts, negated};
use crate::lower::types::Types;
use crate::lower::{Native, Site};
use crate::shell::FOLDER;

/// GitHub's words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words;

impl Native for Words {
    fn says(&self, facts: &Facts<'_>, job: Option<&Job>, value: &Value, site: Site) -> bool {
        let scope = Scope::new(facts, job, site);
        match site {
            Site::If | Site::Guard => scope.condition(value).is_some(),
            _ => scope.template(value).is_some(),
        }
    }

    fn asks(&self, plan: &Plan, param: &Param) -> bool {
        params::asks(plan, param)
    }
}

/// What GitHub has, where the language has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The value's text; `none` is the empty one.
    Text,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A list or an object.
    Json,
}

/// An expression for a value.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) expr: Expr,
    pub(super) form: Form,
}

impl Said {
    pub(super) fn new(form: Form, expr: Expr) -> Self {
        Self { expr, form }
    }

    fn text(self) -> Option<Expr> {
        (self.form == Form::Text).then_some(self.expr)
    }
}

/// Where something is said.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) job: Option<&'a Job>,
    pub(super) site: Site,
    /// What can have started a run that comes here.
    pub(super) reach: Reach<'a>,
}

/// The greatest whole number of which a double knows all smaller ones.
const EXACT: i64 = (1 << 53) - 1;
/// The greatest of which GitHub prints all digits.
const PRINTED: i64 = 999_999_999_999_999;

impl<'a> Scope<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, job: Option<&'a Job>, site: Site) -> Self {
        let mut reach = Reach::new(facts.plan);
        if !matches!(site, Site::Job | Site::Guard | Site::Caller)
            && let Some(guard) = job.and_then(|it| it.guard.as_ref())
        {
            conjuncts(&guard.condition).into_iter().for_each(|it| reach.narrow(it));
        }
        Self { facts, job, site, reach }
    }

    fn ty(&self, value: &Value) -> ValueType {
        Types { facts: self.facts, job: self.job }.of(value)
    }

    /// The value's text as a key of YAML takes it: text with expressions in it.
    pub(super) fn template(&self, value: &Value) -> Option<String> {
        match value {
            Value::Const(it) => Some(super::values::literal(&it.text())),
            Value::Join(parts) => parts.iter().map(|it| self.template(it)).collect(),
            Value::Declassified { value, .. } => self.template(value),
            // Which files a pattern matches is found by a step.
            Value::Path(location) if location.is_pattern() => None,
            Value::Path(location) => {
                let below = format!("{FOLDER}/{}", script::path(location));
                let known = matches!(self.site, Site::Step | Site::End);
                known.then(|| format!("${{{{ runner.temp }}}}{}", super::values::literal(&below)))
            }
            Value::Compute(it) if self.always_first(it).is_some() => self.template(self.always_first(it)?),
            Value::Output { job, output } if self.facts.early(job, output).is_some() => {
                self.template(self.facts.early(job, output)?)
            }
            value => {
                let said = self.say(value)?;
                Some(match context::literal(&said) {
                    Some(text) => super::values::literal(&text),
                    None if said.form == Form::Json => format!("${{{{ toJSON({}) }}}}", said.expr.text),
                    None => format!("${{{{ {} }}}}", said.expr.text),
                })
            }
        }
    }

    /// The value in an expression.
    pub(super) fn say(&self, value: &Value) -> Option<Said> {
        let text = |expr| Some(Said::new(Form::Text, expr));
        match value {
            Value::Const(it) => Some(said_const(it)),
            Value::Join(parts) => text(self.join(parts)?),
            Value::Declassified { value, .. } => self.say(value),
            Value::Param(name) => {
                let param = self.facts.plan.params.iter().find(|it| it.name == *name)?;
                let form = match &param.ty {
                    ValueType::Bool => Form::Bool,
                    ValueType::Int => Form::Number,
                    _ => Form::Text,
                };
                let expression = params::expression(self.facts.plan, param);
                let level = if expression.contains(" || ") { Level::Or } else { Level::One };
                Some(Said::new(form, Expr { text: expression, level }))
            }
            Value::Ctx(name) => context::member(self, name),
            Value::Secret(name) => matches!(self.site, Site::Step | Site::JobEnv | Site::End).then(|| {
                Said::new(Form::Text, Expr::one(format!("secrets.{}", context::secret(self.facts.plan, name))))
            }),
            Value::Step { step, name } => matches!(self.site, Site::If | Site::Step | Site::End)
                .then(|| Said::new(Form::Text, Expr::one(foreign::output(self.facts, self.job, step, name)))),
            Value::Output { job, output } => match self.facts.early(job, output) {
                Some(early) => self.say(early),
                None if self.site == Site::Pipeline => None,
                // There is one for each element.
                None if self.facts.job(job).is_some_and(|it| !it.each.is_empty()) => None,
                None => text(self.output(job, output)),
            },
            Value::Item { name, .. } => self.item(name),
            Value::Succeeded(job) => {
                let known = self.job.is_some_and(|it| it.needs.iter().any(|edge| edge.job == *job));
                let expr = super::outcome::has_succeeded(self.facts, job);
                (known && self.site != Site::Pipeline).then(|| Said::new(Form::Bool, expr))
            }
            Value::Compute(it) => self.computed(value, it),
            Value::Exists(files) if !matches!(self.site, Site::Pipeline | Site::Caller) => {
                Some(Said::new(Form::Bool, self.exists(files)?))
            }
            Value::Path(_) | Value::Changed(_) | Value::Json { .. } | Value::Present(_) | Value::Exists(_) => None,
        }
    }

    /// What another job hands on.
    fn output(&self, job: &str, output: &str) -> Expr {
        let all = if self.site == Site::Caller { "jobs" } else { "needs" };
        let foreign = self.facts.job(job).and_then(|it| it.foreign.as_ref());
        let name = foreign.and_then(|it| it.outputs.iter().find(|(name, _)| name == output));
        Expr::one(format!("{all}.{job}.outputs.{}", name.map_or(output, |(_, foreign)| foreign)))
    }

    /// Whether other jobs have made files.
    fn exists(&self, files: &Files) -> Option<Expr> {
        match files {
            Files::Output { job, output } => super::outcome::made(self.facts, job, output),
            Files::Subtree { of, .. } | Files::Filter { of, .. } => self.exists(of),
            Files::Either { condition, then, otherwise } => {
                let side = |files: &Option<Box<Files>>, holds: bool| -> Option<Expr> {
                    let Some(files) = files else { return Some(Expr::truth(false)) };
                    let there = self.exists(files)?;
                    let all = files.whole().is_some_and(|(job, _)| {
                        let output = Value::Output { job: job.to_owned(), output: String::new() };
                        self.only_under(&output, condition, !holds)
                    });
                    if all {
                        return Some(there);
                    }
                    let condition = self.truth(condition)?;
                    Some(if holds { condition.and(there) } else { condition.not().and(there) })
                };
                Some(side(then, true)?.or(side(otherwise, false)?))
            }
            Files::Part { .. } | Files::Earlier { .. } | Files::Merge { .. } => None,
        }
    }

    /// The element of the loop around the job.
    fn item(&self, name: &str) -> Option<Said> {
        let each = self.job?.each.iter().find(|it| it.name == name)?;
        // A job's condition is looked at before there are any.
        if matches!(self.site, Site::Pipeline | Site::Guard) {
            return None;
        }
        let form = match &each.ty {
            ValueType::Bool => Form::Bool,
            ValueType::Int => Form::Number,
            ValueType::List(_) | ValueType::Record { .. } => Form::Json,
            _ => Form::Text,
        };
        Some(Said::new(form, Expr::one(format!("matrix.{name}"))))
    }

    fn join(&self, parts: &[Value]) -> Option<Expr> {
        let (mut pattern, mut args) = (String::new(), Vec::new());
        for part in parts {
            match part {
                Value::Const(it) => pattern.push_str(&it.text().replace('{', "{{").replace('}', "}}")),
                part => {
                    let said = self.say(part).filter(|it| it.form != Form::Json)?;
                    pattern.push_str(&format!("{{{}}}", args.len()));
                    args.push(said.expr.text);
                }
            }
        }
        if args.is_empty() {
            let text: String =
                parts.iter().map(|it| if let Value::Const(it) = it { it.text() } else { String::new() }).collect();
            return Some(Expr::text(&text));
        }
        Some(Expr::one(format!("format({}, {})", quoted(&pattern), args.join(", "))))
    }

    fn computed(&self, value: &Value, it: &Compute) -> Option<Said> {
        let arg = |at: usize| it.args.get(at).map(|arg| &arg.value);
        let text = |expr| Some(Said::new(Form::Text, expr));
        match &it.op {
            Op::Coalesce => {
                let first = match arg(0)? {
                    Value::Ctx(name) if name.starts_with("github.") => context::printed(name),
                    first => self.say(first)?.text()?,
                };
                if self.always_first(it).is_some() {
                    return text(first);
                }
                let second = self.as_text(arg(1)?)?;
                text(if second.text == "''" { first } else { first.or(second) })
            }
            Op::If if self.ty(value) != ValueType::Bool => text(self.either(arg(0)?, arg(1)?, arg(2)?)?),
            Op::Field(name) => self.field(arg(0)?, name),
            _ => Some(Said::new(Form::Bool, self.truth_of(it)?)),
        }
    }

    /// What `a ?? b` is, if that is a text with something in it.
    fn always_first<'v>(&self, it: &'v Compute) -> Option<&'v Value> {
        let first = &it.args.first()?.value;
        (it.op == Op::Coalesce && matches!(first, Value::Join(_)) && self.is_never_empty(first)).then_some(first)
    }

    /// The value's text as an expression.
    fn as_text(&self, value: &Value) -> Option<Expr> {
        match value {
            Value::Const(it) => Some(Expr::text(&it.text())),
            value => self.say(value)?.text(),
        }
    }

    /// `if condition { then } else { otherwise }` of texts. `&&` and `||` pass over an empty one.
    fn either(&self, condition: &Value, then: &Value, otherwise: &Value) -> Option<Expr> {
        let (a, b) = (self.as_text(then)?, self.as_text(otherwise)?);
        if b.text == "''" && self.only_under(then, condition, false) {
            return Some(a);
        }
        if a.text == "''" && self.only_under(otherwise, condition, true) {
            return Some(b);
        }
        if self.only_under(then, condition, false) && self.only_under(otherwise, condition, true) {
            // One of the two has run, and what the other one made is empty.
            return Some(a.or(b));
        }
        let condition = self.truth(condition)?;
        if self.is_never_empty(then) || b.text == "''" {
            Some(condition.then(a).or(b))
        } else if self.is_never_empty(otherwise) || a.text == "''" {
            Some(condition.not().then(b).or(a))
        } else {
            None
        }
    }

    /// Whether a value is made by a step that runs only where `condition` holds, or does not.
    fn only_under(&self, value: &Value, condition: &Value, contrary: bool) -> bool {
        let under = match value {
            Value::Step { step, .. } => {
                let step = self.job.and_then(|job| job.steps.iter().find(|it| it.id == *step));
                let Some(guard) = step.and_then(|it| it.guard.as_ref()) else { return false };
                conjuncts(&guard.condition).into_iter().cloned().collect()
            }
            Value::Output { job, .. } => self.facts.job(job).map(|it| self.facts.conditions(it)).unwrap_or_default(),
            _ => Vec::new(),
        };
        under.iter().any(|it| match negated(it) {
            Some(inner) if contrary => inner == condition,
            None if contrary => negated(condition) == Some(it),
            _ => it == condition,
        })
    }

    fn is_never_empty(&self, value: &Value) -> bool {
        match value {
            Value::Const(it) => !it.text().is_empty(),
            Value::Join(parts) => parts.iter().any(|it| self.is_never_empty(it)),
            value => !matches!(self.ty(value), ValueType::String | ValueType::Optional(_)),
        }
    }

    /// A field of a struct that a step has published, which its check has found to be of its type.
    fn field(&self, base: &Value, name: &str) -> Option<Said> {
        let ty = self.ty(base);
        let ValueType::Record { fields, .. } = ty.present() else { return None };
        let (_, field) = fields.iter().find(|(it, _)| it == name)?;
        let optional = matches!(ty, ValueType::Optional(_)) || matches!(field, ValueType::Optional(_));
        let form = match field.present() {
            ValueType::Bool if !optional => Form::Bool,
            ValueType::String | ValueType::Enum { .. } => Form::Text,
            ValueType::Record { .. } => Form::Json,
            // Of a number GitHub prints 15 digits.
            _ => return None,
        };
        let base = match (base, self.say(base)?) {
            (_, Said { form: Form::Json, expr }) => expr.at(Level::One),
            (Value::Step { .. } | Value::Output { .. }, said) => {
                let optional = matches!(ty, ValueType::Optional(_));
                let json = if optional { said.text()?.or(Expr::text("{}")) } else { said.text()? };
                format!("fromJSON({})", json.text)
            }
            _ => return None,
        };
        Some(Said::new(form, Expr::one(format!("{base}.{name}"))))
    }

    /// A condition: all that has to hold, each under those before it.
    pub(super) fn condition(&self, value: &Value) -> Option<Expr> {
        let mut scope = self.clone();
        let mut all: Option<Expr> = None;
        for one in conjuncts(value) {
            let expr = scope.truth(one)?;
            scope.reach.narrow(one);
            all = Some(match all {
                Some(before) => before.and(expr),
                None => expr,
            });
        }
        all
    }

    /// The same without what is `known` to hold; `None` in it: that holds too.
    pub(super) fn beyond(&self, all: &[&Value], known: &dyn Fn(&Value) -> bool) -> Option<Option<Expr>> {
        let mut scope = self.clone();
        let mut open: Option<Expr> = None;
        for one in all {
            if !known(one) {
                let expr = scope.truth(one)?;
                open = Some(match open {
                    Some(before) => before.and(expr),
                    None => expr,
                });
            }
            scope.reach.narrow(one);
        }
        Some(open)
    }

    /// A truth value as one.
    pub(super) fn truth(&self, value: &Value) -> Option<Expr> {
        let said = match value {
            Value::Compute(it) if it.op == Op::And => return self.condition(value),
            Value::Ctx(name) => match context::truth(self, name) {
                Some(expr) => return Some(expr),
                None => self.say(value)?,
            },
            value => self.say(value)?,
        };
        match said.form {
            Form::Bool => Some(said.expr),
            Form::Text => match self.ty(value).present() {
                ValueType::Bool => Some(said.expr.equals(Expr::text("true"))),
                _ => None,
            },
            Form::Number | Form::Json => None,
        }
    }

    /// The contrary of a truth value.
    fn untruth(&self, value: &Value) -> Option<Expr> {
        let Value::Compute(it) = value else { return Some(self.truth(value)?.not()) };
        if it.op != Op::Or {
            return Some(self.truth(value)?.not());
        }
        let mut scope = self.clone();
        let all = it.args.iter().map(|arg| {
            let expr = scope.untruth(&arg.value);
            scope.reach.narrow_beyond(&arg.value);
            expr
        });
        all.reduce(|a, b| Some(a?.and(b?)))?
    }

    fn truth_of(&self, it: &Compute) -> Option<Expr> {
        let arg = |at: usize| it.args.get(at).map(|arg| &arg.value);
        match &it.op {
            Op::Not => self.untruth(arg(0)?),
            Op::And => {
                let all = it.args.iter().map(|arg| self.truth(&arg.value));
                all.reduce(|a, b| Some(a?.and(b?)))?
            }
            Op::Or => {
                let mut scope = self.clone();
                let all = it.args.iter().map(|arg| {
                    let expr = scope.truth(&arg.value);
                    scope.reach.narrow_beyond(&arg.value);
                    expr
                });
                all.reduce(|a, b| Some(a?.or(b?)))?
            }
            Op::Eq => self.equal(it.args.first()?, it.args.get(1)?),
            Op::Ne => Some(self.equal(it.args.first()?, it.args.get(1)?)?.not()),
            Op::Lt => self.order("<", ">", it.args.first()?, it.args.get(1)?),
            Op::Le => self.order("<=", ">=", it.args.first()?, it.args.get(1)?),
            Op::Gt => self.order(">", "<", it.args.first()?, it.args.get(1)?),
            Op::Ge => self.order(">=", "<=", it.args.first()?, it.args.get(1)?),
            Op::If => {
                let (condition, a, b) = (self.truth(arg(0)?)?, self.truth(arg(1)?)?, self.truth(arg(2)?)?);
                Some(match (a.known(), b.known()) {
                    (Some(true), _) => condition.or(b),
                    (_, Some(true)) => condition.not().or(a),
                    _ => condition.clone().and(a).or(condition.not().and(b)),
                })
            }
            Op::IsEmpty => {
                let value = arg(0)?;
                let empty = match self.ty(value) {
                    ValueType::String => "",
                    ValueType::List(_) if is_published(value) => "[]",
                    _ => return None,
                };
                Some(self.say(value)?.text()?.equals(Expr::text(empty)))
            }
            Op::StartsWith | Op::EndsWith | Op::Contains if *self.ty(arg(0)?).present() == ValueType::String => {
                let Value::Const(Const::Text(part)) = arg(1)? else { return None };
                // They ignore case, which must be nobody's.
                if part.is_empty() || !part.chars().all(|it| it.is_ascii() && !it.is_ascii_alphabetic()) {
                    return None;
                }
                let name = match it.op {
                    Op::StartsWith => "startsWith",
                    Op::EndsWith => "endsWith",
                    _ => "contains",
                };
                Some(Expr::one(format!("{name}({}, {})", self.say(arg(0)?)?.text()?.text, quoted(part))))
            }
            Op::Contains => {
                let (Value::Const(Const::List(list)), value) = (arg(0)?, arg(1)?) else { return None };
                let ValueType::Enum { .. } = self.ty(value) else { return None };
                let list = quoted(&Const::List(list.clone()).json().to_string());
                Some(Expr::one(format!("contains(fromJSON({list}), {})", self.as_text(value)?.text)))
            }
            _ => None,
        }
    }

    fn equal(&self, a: &Operand, b: &Operand) -> Option<Expr> {
        let (a, b) = match &a.value {
            Value::Const(_) => (&b.value, &a.value),
            _ => (&a.value, &b.value),
        };
        if let Some(expr) = context::equal(self, a, b) {
            return Some(expr);
        }
        if let (Value::Compute(it), Value::Const(b)) = (a, b)
            && let Some(expr) = self.chosen(it, b)
        {
            return Some(expr);
        }
        if *b == Value::Const(Const::None) {
            return Some(self.say(a)?.text()?.equals(Expr::text("")));
        }
        let (ty, other) = (self.ty(a), self.ty(b));
        let optional = matches!(ty, ValueType::Optional(_)) || matches!(other, ValueType::Optional(_));
        match ty.present() {
            ValueType::Bool if !optional => match b {
                Value::Const(Const::Bool(true)) => self.truth(a),
                Value::Const(Const::Bool(false)) => Some(self.truth(a)?.not()),
                b => Some(self.truth(a)?.equals(self.truth(b)?)),
            },
            ValueType::Bool | ValueType::Enum { .. } => Some(self.as_text(a)?.equals(self.as_text(b)?)),
            ValueType::Int if !optional => self.order("==", "==", &operand(a), &operand(b)),
            _ => None,
        }
    }

    /// Whether a choice between constants is this one.
    fn chosen(&self, it: &Compute, wanted: &Const) -> Option<Expr> {
        let side = |at: usize| match &it.args.get(at)?.value {
            Value::Const(is) => Some(Expr::truth(is == wanted)),
            Value::Compute(it) => self.chosen(it, wanted),
            _ => None,
        };
        if it.op != Op::If {
            return None;
        }
        let (then, otherwise) = (side(1)?, side(2)?);
        let condition = &it.args.first()?.value;
        Some(self.truth(condition)?.and(then).or(self.untruth(condition)?.and(otherwise)))
    }

    /// A comparison of numbers, one of them a constant below which a double knows all.
    fn order(&self, op: &str, turned: &str, a: &Operand, b: &Operand) -> Option<Expr> {
        match (&a.value, &b.value) {
            (value, Value::Const(Const::Int(it))) if it.abs() <= EXACT => {
                Some(self.number(value)?.compare(op, Expr::one(it.to_string())))
            }
            (Value::Const(Const::Int(it)), value) if it.abs() <= EXACT => {
                Some(self.number(value)?.compare(turned, Expr::one(it.to_string())))
            }
            _ => None,
        }
    }

    /// A whole number as a number, which an empty text would be too.
    pub(super) fn number(&self, value: &Value) -> Option<Expr> {
        if self.ty(value) != ValueType::Int {
            return None;
        }
        let said = self.say(value)?;
        match said.form {
            Form::Number => Some(said.expr),
            Form::Text => Some(Expr::one(format!("fromJSON({})", said.expr.text))),
            Form::Bool | Form::Json => None,
        }
    }
}

fn operand(value: &Value) -> Operand {
    Operand { value: value.clone(), ty: ValueType::Int }
}

/// Whether a step has checked it: then a list is compact.
fn is_published(value: &Value) -> bool {
    matches!(value, Value::Step { .. } | Value::Output { .. })
}

fn said_const(value: &Const) -> Said {
    match value {
        Const::Bool(it) => Said::new(Form::Bool, Expr::truth(*it)),
        Const::Int(it) if it.abs() <= PRINTED => Said::new(Form::Number, Expr::one(it.to_string())),
        other => Said::new(Form::Text, Expr::text(&other.text())),
    }
}
