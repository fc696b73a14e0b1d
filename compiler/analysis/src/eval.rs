//! Evaluation of what is known while compiling. Total: it ends on every program, by limits where the
//! language alone does not see to it, and gives a [`Failure`] with a place instead of a value.

use std::cell::Cell;

use flow_syntax::tree::{
    Arg, ArgValue, Arm, ArmValue, BinaryOp, Body, Else, Expr, ExprKind, HoleKind, If, ItemKind, ParamMode, Source,
    Stmt, StmtKind, Text, TextPart, UnaryOp,
};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::db::{Db, Def, DefKind, syntax};
use crate::infer::{check, const_value, matched, signature};
use crate::place::{Finding, Place};
use crate::scope::{Res, variants};
use crate::value::ConstValue;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where.
    pub place: Place,
    /// A clause for a sentence; empty where the cause has been reported.
    pub why: String,
}

impl Failure {
    /// A failure that is to be reported.
    pub fn new(place: Place, why: impl Into<String>) -> Self {
        Self { place, why: why.into() }
    }

    /// The finding that reports it, unless its cause has been.
    pub fn finding(&self, _db: &dyn Db) -> Option<Finding> {
        (!self.why.is_empty()).then(|| {
            Finding::new(Code::EvaluationFailed, self.place, format!("this cannot be computed: {}", self.why))
                .label("here")
        })
    }
}

type Result<T> = std::result::Result<T, Failure>;

/// How much one evaluation may do: expressions looked at, and 64 bytes or 8 elements copied.
pub const STEPS: u32 = 1_000_000;
/// How deep functions may call functions.
const DEPTH: u32 = 64;
/// How long a text may become, in bytes.
const TEXT: usize = 1 << 20;
/// How many elements a list may have.
const LIST: usize = 100_000;

/// An evaluation within one item.
pub struct Eval<'a> {
    db: &'a dyn Db,
    def: Def,
    names: &'a FxHashMap<Span, Res>,
    depth: u32,
    /// What is left of [`STEPS`].
    left: Cell<u32>,
}

/// Named values.
pub type Env = [(SmolStr, ConstValue)];

/// The value that a parameter of `def` has when no argument is given.
pub fn default_value(db: &dyn Db, def: Def, param: &str) -> Option<ConstValue> {
    let item = syntax(db, def);
    let names = &signature(db, def).checked.names;
    let default = match &item.kind {
        ItemKind::Job(it) => it.params.iter().find(|it| it.name.text == param)?.default.as_ref()?,
        ItemKind::Action(it) => it.params.iter().find(|it| it.name.text == param)?.default.as_ref()?,
        ItemKind::Fn(it) => it.params.iter().find(|it| it.name.text == param)?.default.as_ref()?,
        ItemKind::Artifact(it) => it.params.iter().find(|it| it.name.text == param)?.default.as_ref()?,
        ItemKind::Struct(it) => match it.fields.iter().find(|it| it.name.text == param)?.default.as_ref() {
            Some(default) => default,
            // A field `T?` may be left out.
            None => return Some(ConstValue::None),
        },
        ItemKind::Extern(it) => match it.ports().find(|it| it.name.text == param)?.default.as_ref() {
            Some(default) => default,
            // An input `T?` may be left out.
            None => return Some(ConstValue::None),
        },
        _ => return None,
    };
    Eval::new(db, def, names).expr(default, &[]).ok()
}

/// The value of the function `def` for the values of all its parameters, in order.
pub fn apply(db: &dyn Db, def: Def, args: Vec<ConstValue>) -> Option<ConstValue> {
    let item = syntax(db, def);
    let ItemKind::Fn(function) = &item.kind else { return None };
    let params = &signature(db, def).params;
    let env: Vec<(SmolStr, ConstValue)> = params.iter().map(|param| param.name.clone()).zip(args).collect();
    Eval { depth: 1, ..Eval::new(db, def, &check(db, def).names) }.expr(&function.value, &env).ok()
}

impl<'a> Eval<'a> {
    /// An evaluation in `def`, whose words stand for `names`.
    pub fn new(db: &'a dyn Db, def: Def, names: &'a FxHashMap<Span, Res>) -> Self {
        Self { db, def, names, depth: 0, left: Cell::new(STEPS) }
    }

    /// The same with less to do.
    #[must_use]
    pub fn within(self, steps: u32) -> Self {
        self.left.set(steps.min(STEPS));
        self
    }

    /// How much is left to do.
    pub fn left(&self) -> u32 {
        self.left.get()
    }

    /// A place in the item.
    pub(crate) fn at(&self, span: Span) -> Place {
        Place::new(self.def, span)
    }

    fn fail<T>(&self, span: Span, why: impl Into<String>) -> Result<T> {
        Err(Failure::new(self.at(span), why))
    }

    /// Not a value while compiling; whoever needed one has said so.
    fn unknown<T>(&self, span: Span) -> Result<T> {
        self.fail(span, "")
    }

    fn step(&self, span: Span) -> Result<()> {
        self.work(span, 1)
    }

    fn work(&self, span: Span, steps: usize) -> Result<()> {
        let left = u32::try_from(steps).ok().and_then(|steps| self.left.get().checked_sub(steps));
        let Some(left) = left else {
            self.left.set(0);
            return self
                .fail(span, "it takes more than 1,000,000 steps; loop over shorter lists, or compute it in a script");
        };
        self.left.set(left);
        Ok(())
    }

    /// The value of `e`, where `env` holds the local values.
    pub fn expr(&self, e: &Expr, env: &Env) -> Result<ConstValue> {
        self.step(e.span)?;
        Ok(match &e.kind {
            ExprKind::Hole => return self.unknown(e.span),
            ExprKind::Int(it) => ConstValue::Int(*it),
            ExprKind::Duration(it) => ConstValue::Duration(*it),
            ExprKind::Bool(it) => ConstValue::Bool(*it),
            ExprKind::None => ConstValue::None,
            ExprKind::Text(it) => ConstValue::Text(self.text(it, env)?.into()),
            ExprKind::Name(name) => return self.name(name, e.span, env),
            ExprKind::List(elements) => {
                let mut items = Vec::with_capacity(elements.len());
                for element in elements {
                    match self.expr(&element.value, env)? {
                        ConstValue::List(inner) if element.spread => {
                            self.work(element.value.span, inner.len() / 8)?;
                            items.extend(inner.iter().cloned());
                        }
                        value => items.push(value),
                    }
                    self.limit_list(items.len(), e.span)?;
                }
                ConstValue::List(items.into())
            }
            ExprKind::Unary { op, operand } => match (op, self.expr(operand, env)?) {
                (UnaryOp::Not, ConstValue::Bool(it)) => ConstValue::Bool(!it),
                (UnaryOp::Neg, ConstValue::Int(it)) => match it.checked_neg() {
                    Some(value) => ConstValue::Int(value),
                    None => return self.fail(e.span, "the result does not fit into 64 bits"),
                },
                _ => return self.unknown(e.span),
            },
            ExprKind::Binary { op, op_span, left, right } => return self.binary(*op, *op_span, left, right, env),
            ExprKind::Field { base, name, .. } => {
                if let Some(Res::Variant(def, variant)) = self.names.get(&e.span) {
                    return Ok(ConstValue::Variant { def: *def, name: variant.clone() });
                }
                if self.names.get(&base.span) == Some(&Res::Ctx) {
                    // Whoever evaluates for one backend puts it in under this name.
                    let member = format!("ctx.{}", name.text);
                    return match env.iter().find(|(name, _)| *name == member) {
                        Some((_, value)) => Ok(value.clone()),
                        None => self.unknown(e.span),
                    };
                }
                if let Some(Res::Def(def)) = self.names.get(&e.span) {
                    return const_value(self.db, *def).ok_or_else(|| Failure::new(self.at(e.span), ""));
                }
                // Of a `server: Server(_)` only `server.os` is known, under this name.
                if let ExprKind::Name(base) = &base.kind
                    && let Some((_, value)) = env.iter().rev().find(|(known, _)| {
                        known.strip_prefix(base.as_str()).and_then(|rest| rest.strip_prefix('.'))
                            == Some(name.text.as_str())
                    })
                {
                    return Ok(value.clone());
                }
                match self.expr(base, env)? {
                    ConstValue::Record { fields, .. } => match fields.iter().find(|(field, _)| *field == name.text) {
                        Some((_, value)) => value.clone(),
                        None => return self.unknown(e.span),
                    },
                    ConstValue::List(items) if name.text == "len" => {
                        ConstValue::Int(i64::try_from(items.len()).unwrap_or(i64::MAX))
                    }
                    ConstValue::None => ConstValue::None,
                    _ => return self.unknown(e.span),
                }
            }
            ExprKind::Index { base, index } => match (self.expr(base, env)?, self.expr(index, env)?) {
                (ConstValue::List(items), ConstValue::Int(at)) => {
                    match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                        Some(item) => item.clone(),
                        None => {
                            return self.fail(
                                index.span,
                                format!("the list has {} elements, there is none at {at}", items.len()),
                            );
                        }
                    }
                }
                _ => return self.unknown(e.span),
            },
            ExprKind::Call { callee, args, .. } => return self.call(e.span, callee, args, env),
            ExprKind::Ordered { .. } => return self.unknown(e.span),
            ExprKind::If(it) => return self.if_value(it, e.span, env),
            ExprKind::For(it) => {
                let items: Vec<ConstValue> = match self.names.get(&it.iterable.span) {
                    Some(Res::Def(def)) if def.kind(self.db) == DefKind::Enum => variants(self.db, *def)
                        .iter()
                        .map(|name| ConstValue::Variant { def: *def, name: name.clone() })
                        .collect(),
                    _ => match self.expr(&it.iterable, env)? {
                        ConstValue::List(items) => items.to_vec(),
                        _ => return self.unknown(e.span),
                    },
                };
                let mut out = Vec::new();
                self.work(e.span, items.len() / 8 + env.len())?;
                let mut env = env.to_vec();
                for item in items {
                    env.push((it.name.text.clone(), item));
                    let keep = match &it.filter {
                        Some(filter) => self.expr(filter, &env)? == ConstValue::Bool(true),
                        None => true,
                    };
                    if keep {
                        out.push(self.body(&it.body, &env)?);
                        self.limit_list(out.len(), e.span)?;
                    }
                    env.pop();
                }
                ConstValue::List(out.into())
            }
            ExprKind::Match(it) => {
                let value = self.expr(&it.value, env)?;
                let arm = it
                    .arms
                    .iter()
                    .find(|arm| arm.patterns.iter().any(|pattern| crate::schema::matches(&pattern.kind, &value)));
                return match arm {
                    Some(Arm { value: ArmValue::Body(body), .. }) => self.body(body, env),
                    Some(Arm { value: ArmValue::Source(Source::Expr(value)), .. }) => self.expr(value, env),
                    _ => self.unknown(e.span),
                };
            }
        })
    }

    /// Before a text becomes `size` bytes long.
    fn limit_text(&self, size: usize, span: Span) -> Result<()> {
        if size > TEXT {
            return self.fail(span, "the text becomes longer than 1 MiB; what is larger belongs into a file");
        }
        self.work(span, size / 64)
    }

    /// Before a list has `size` elements.
    fn limit_list(&self, size: usize, span: Span) -> Result<()> {
        if size > LIST {
            return self.fail(span, "the list becomes longer than 100,000 elements; use a shorter one");
        }
        Ok(())
    }

    fn name(&self, name: &str, span: Span, env: &Env) -> Result<ConstValue> {
        match self.names.get(&span) {
            Some(Res::Local(_)) | None => match env.iter().rev().find(|(local, _)| local == name) {
                Some((_, value)) => Ok(value.clone()),
                None => self.unknown(span),
            },
            Some(Res::Variant(def, name)) => Ok(ConstValue::Variant { def: *def, name: name.clone() }),
            Some(Res::Def(def)) if def.kind(self.db) == DefKind::Const => {
                const_value(self.db, *def).ok_or_else(|| Failure::new(self.at(span), ""))
            }
            Some(_) => self.unknown(span),
        }
    }

    /// The text, its holes filled in.
    pub fn text(&self, text: &Text, env: &Env) -> Result<String> {
        let mut out = String::new();
        for part in &text.parts {
            match part {
                TextPart::Literal { value, .. } => out.push_str(value),
                TextPart::Hole(hole) => match &hole.kind {
                    HoleKind::Read { value, .. } => match self.expr(value, env)?.text() {
                        Some(text) => out.push_str(&text),
                        None => return self.unknown(hole.span),
                    },
                    HoleKind::Claim(_) => return self.unknown(hole.span),
                },
            }
            self.limit_text(out.len(), text.span)?;
        }
        Ok(out)
    }

    fn if_value(&self, it: &If, span: Span, env: &Env) -> Result<ConstValue> {
        if self.expr(&it.condition, env)? == ConstValue::Bool(true) {
            return self.body(&it.then, env);
        }
        match &it.otherwise {
            Some(Else::Body(body)) => self.body(body, env),
            Some(Else::If(inner, span)) => self.if_value(inner, *span, env),
            None => {
                self.step(span)?;
                Ok(ConstValue::None)
            }
        }
    }

    fn body(&self, body: &Body, env: &Env) -> Result<ConstValue> {
        if let [Stmt { kind: StmtKind::Source(Source::Expr(value)), .. }] = body.stmts.as_slice() {
            return self.expr(value, env);
        }
        self.work(body.span, env.len())?;
        let mut env = env.to_vec();
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Let { name, value: Some(Source::Expr(value)), .. } => {
                    let value = self.expr(value, &env)?;
                    env.push((name.text.clone(), value));
                }
                StmtKind::Source(Source::Expr(value)) => return self.expr(value, &env),
                _ => return self.unknown(stmt.span),
            }
        }
        self.unknown(body.span)
    }

    fn call(&self, span: Span, callee: &Expr, args: &[flow_syntax::tree::Arg], env: &Env) -> Result<ConstValue> {
        let def = match self.names.get(&callee.span) {
            Some(Res::Def(def)) => *def,
            _ => return self.method(span, callee, args, env),
        };
        if self.depth >= DEPTH {
            if crate::recursion::recursive(self.db, def) {
                // That has been reported where the functions are.
                return self.unknown(span);
            }
            return self.fail(span, "functions call functions more than 64 deep; call fewer of them in each other");
        }
        let params = &signature(self.db, def).params;
        let mut given: Vec<(SmolStr, ConstValue)> = Vec::with_capacity(params.len());
        let mut spread: Vec<(SmolStr, ConstValue)> = Vec::new();
        for (arg, param) in matched(params, args) {
            if let ArgValue::Spread(record) = &arg.value {
                let ConstValue::Record { fields, .. } = self.expr(record, env)? else { return self.unknown(arg.span) };
                spread.extend(fields.iter().cloned());
                continue;
            }
            let (ArgValue::Expr(value), Some(param)) = (&arg.value, param) else { return self.unknown(arg.span) };
            given.push((param.name.clone(), self.expr(value, env)?));
        }
        for param in params {
            if given.iter().any(|(name, _)| *name == param.name) {
                continue;
            }
            if let Some((_, value)) = spread.iter().find(|(name, _)| *name == param.name) {
                given.push((param.name.clone(), value.clone()));
                continue;
            }
            match default_value(self.db, def, &param.name) {
                Some(value) => given.push((param.name.clone(), value)),
                None => return self.unknown(span),
            }
        }
        let item = syntax(self.db, def);
        match &item.kind {
            ItemKind::Fn(function) => {
                let names = &check(self.db, def).names;
                let inner = Eval { db: self.db, def, names, depth: self.depth + 1, left: self.left.clone() };
                let value = inner.expr(&function.value, &given);
                self.left.set(inner.left.get());
                // Where the caller can do something about it.
                value.map_err(|failure| {
                    if failure.why.is_empty() { failure } else { Failure { place: self.at(span), ..failure } }
                })
            }
            ItemKind::Struct(_) => {
                let fields = params
                    .iter()
                    .filter(|param| param.mode == ParamMode::Plain)
                    .filter_map(|param| given.iter().find(|(name, _)| *name == param.name).cloned())
                    .collect();
                Ok(ConstValue::Record { def, fields })
            }
            _ => self.unknown(span),
        }
    }

    fn method(&self, span: Span, callee: &Expr, args: &[flow_syntax::tree::Arg], env: &Env) -> Result<ConstValue> {
        let (base, name) = match &callee.kind {
            ExprKind::Field { base, name, .. } => (base, name),
            // What is known while compiling is not secret: it stays what it is.
            ExprKind::Name(name) if name == "declassify" => {
                return match args {
                    [Arg { value: ArgValue::Expr(value), .. }, ..] => self.expr(value, env),
                    _ => self.unknown(span),
                };
            }
            _ => return self.unknown(span),
        };
        let base = self.expr(base, env)?;
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            match &arg.value {
                ArgValue::Expr(value) => values.push(self.expr(value, env)?),
                ArgValue::Out(_) | ArgValue::Spread(_) => return self.unknown(arg.span),
            }
        }
        use ConstValue::{Bool, List, Text};
        match &base {
            Text(it) => self.work(span, it.len() / 64)?,
            List(it) => self.work(span, it.len() / 8)?,
            _ => {}
        }
        let value = match (&base, name.text.as_str(), values.as_slice()) {
            (ConstValue::None, ..) => ConstValue::None,
            (List(items), "contains", [wanted]) => Bool(items.contains(wanted)),
            (Text(it), "starts_with", [Text(arg)]) => Bool(it.starts_with(arg.as_str())),
            (Text(it), "ends_with", [Text(arg)]) => Bool(it.ends_with(arg.as_str())),
            (Text(it), "contains", [Text(arg)]) => Bool(it.contains(arg.as_str())),
            (Text(it), "is_empty", []) => Bool(it.is_empty()),
            (List(it), "is_empty", []) => Bool(it.is_empty()),
            (Text(it), "lower", []) => Text(it.to_ascii_lowercase().into()),
            (Text(it), "upper", []) => Text(it.to_ascii_uppercase().into()),
            (Text(it), "trim", []) => Text(it.trim_matches(|c: char| c.is_ascii_whitespace()).into()),
            (Text(it), "replace", [Text(from), Text(to)]) if !from.is_empty() => {
                let found = it.matches(from.as_str()).count();
                self.limit_text(it.len().saturating_add(found.saturating_mul(to.len())), span)?;
                Text(it.replace(from.as_str(), to).into())
            }
            (Text(it), "split", [Text(by)]) if !by.is_empty() => {
                let parts = it.matches(by.as_str()).count() + 1;
                self.limit_list(parts, span)?;
                self.work(span, parts)?;
                List(it.split(by.as_str()).map(|part| Text(part.into())).collect())
            }
            (Text(_), "replace" | "split", _) => return self.fail(span, "an empty text cannot be searched for"),
            (List(items), "join", [Text(by)]) => {
                let texts: Option<Vec<String>> = items.iter().map(ConstValue::text).collect();
                let Some(texts) = texts else { return self.unknown(span) };
                let size = texts.iter().map(String::len).sum::<usize>() + by.len() * texts.len();
                self.limit_text(size, span)?;
                Text(texts.join(by).into())
            }
            _ => return self.unknown(span),
        };
        Ok(value)
    }

    fn binary(&self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr, env: &Env) -> Result<ConstValue> {
        use ConstValue::{Bool, Duration, Int, List};
        let a = self.expr(left, env)?;
        match (op, &a) {
            (BinaryOp::And, Bool(false)) | (BinaryOp::Or, Bool(true)) => return Ok(a),
            (BinaryOp::Coalesce, ConstValue::None) => return self.expr(right, env),
            (BinaryOp::Coalesce, _) => return Ok(a),
            _ => {}
        }
        let b = self.expr(right, env)?;
        let whole = |value: Option<i64>| match value {
            Some(value) => Ok(Int(value)),
            None => self.fail(op_span, "the result does not fit into 64 bits"),
        };
        Ok(match (op, a, b) {
            (BinaryOp::And | BinaryOp::Or, _, b) => b,
            (BinaryOp::Eq, a, b) => Bool(a == b),
            (BinaryOp::Ne, a, b) => Bool(a != b),
            (BinaryOp::Lt, Int(a), Int(b)) => Bool(a < b),
            (BinaryOp::Le, Int(a), Int(b)) => Bool(a <= b),
            (BinaryOp::Gt, Int(a), Int(b)) => Bool(a > b),
            (BinaryOp::Ge, Int(a), Int(b)) => Bool(a >= b),
            (BinaryOp::Lt, Duration(a), Duration(b)) => Bool(a < b),
            (BinaryOp::Le, Duration(a), Duration(b)) => Bool(a <= b),
            (BinaryOp::Gt, Duration(a), Duration(b)) => Bool(a > b),
            (BinaryOp::Ge, Duration(a), Duration(b)) => Bool(a >= b),
            (BinaryOp::Add, Int(a), Int(b)) => whole(a.checked_add(b))?,
            (BinaryOp::Sub, Int(a), Int(b)) => whole(a.checked_sub(b))?,
            (BinaryOp::Mul, Int(a), Int(b)) => whole(a.checked_mul(b))?,
            (BinaryOp::Div | BinaryOp::Rem, Int(_), Int(0)) => return self.fail(op_span, "it divides by zero"),
            (BinaryOp::Div, Int(a), Int(b)) => whole(a.checked_div(b))?,
            (BinaryOp::Rem, Int(a), Int(b)) => whole(a.checked_rem(b))?,
            (BinaryOp::Add, Duration(a), Duration(b)) => match a.checked_add(b) {
                Some(sum) => Duration(sum),
                None => return self.fail(op_span, "the duration is too long"),
            },
            (BinaryOp::Sub, Duration(a), Duration(b)) => match a.checked_sub(b) {
                Some(rest) => Duration(rest),
                None => return self.fail(op_span, "the duration is negative"),
            },
            (BinaryOp::Mul, Duration(a), Int(b)) | (BinaryOp::Mul, Int(b), Duration(a)) => {
                let Ok(times) = u64::try_from(b) else { return self.fail(op_span, "the duration is negative") };
                match a.checked_mul(times) {
                    Some(product) => Duration(product),
                    None => return self.fail(op_span, "the duration is too long"),
                }
            }
            (BinaryOp::Div, Duration(_), Int(0)) => return self.fail(op_span, "it divides by zero"),
            (BinaryOp::Div, Duration(a), Int(b)) => match u64::try_from(b).ok().and_then(|b| a.checked_div(b)) {
                Some(part) => Duration(part),
                None => return self.fail(op_span, "the duration is negative"),
            },
            (BinaryOp::Add, List(a), List(b)) => {
                self.limit_list(a.len() + b.len(), op_span)?;
                self.work(op_span, (a.len() + b.len()) / 8)?;
                List(a.iter().chain(b.iter()).cloned().collect())
            }
            _ => return self.unknown(op_span),
        })
    }
}
