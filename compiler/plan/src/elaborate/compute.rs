//! What is computed of values that are known later.

use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_syntax::tree::BinaryOp;

use super::fold::fold;
use super::value::{Val, constant};
use crate::model::{Compute, Const, Guard, Location, Op, Operand, Phase, Value, ValueType};

/// A truth value as an operand.
pub(super) fn truth(value: Value) -> Operand {
    Operand { value, ty: ValueType::Bool }
}

/// `op` of `args`.
pub(super) fn compute(op: Op, args: Vec<Operand>, ty: ValueType) -> Value {
    if let Some(known) = fold(&op, &args) {
        return known;
    }
    let phase = args.iter().map(|arg| arg.value.phase()).max().unwrap_or(Phase::Const);
    Value::Compute(Compute { op, args, ty, phase })
}

const fn known(value: &Value) -> Option<bool> {
    match value {
        Value::Const(Const::Bool(it)) => Some(*it),
        _ => None,
    }
}

/// `!value`.
pub(super) fn not(value: Value) -> Value {
    match value {
        Value::Const(Const::Bool(it)) => Value::Const(Const::Bool(!it)),
        Value::Compute(Compute { op: Op::Not, mut args, .. }) if args.len() == 1 => {
            args.pop().map_or(Value::Const(Const::Bool(true)), |arg| arg.value)
        }
        value => compute(Op::Not, vec![truth(value)], ValueType::Bool),
    }
}

/// All of `values`; what is known leaves them or decides.
pub(super) fn all(values: impl IntoIterator<Item = Value>) -> Value {
    joined(values, Op::And, true)
}

/// One of `values`.
pub(super) fn any(values: impl IntoIterator<Item = Value>) -> Value {
    joined(values, Op::Or, false)
}

fn joined(values: impl IntoIterator<Item = Value>, op: Op, neutral: bool) -> Value {
    let mut args: Vec<Operand> = Vec::new();
    for value in values {
        match value {
            value if known(&value) == Some(neutral) => {}
            value if known(&value) == Some(!neutral) => {
                // What stands before it is evaluated without effect.
                return value;
            }
            Value::Compute(inner) if inner.op == op => args.extend(inner.args),
            value => args.push(truth(value)),
        }
    }
    let mut seen: Vec<Operand> = Vec::with_capacity(args.len());
    for arg in args {
        if !seen.contains(&arg) {
            seen.push(arg);
        }
    }
    match seen.len() {
        0 => Value::Const(Const::Bool(neutral)),
        1 => seen.pop().map_or(Value::Const(Const::Bool(neutral)), |arg| arg.value),
        _ => compute(op, seen, ValueType::Bool),
    }
}

/// `if condition { then } else { otherwise }`.
pub(super) fn either(condition: Value, then: Operand, otherwise: Operand) -> Value {
    match known(&condition) {
        Some(true) => then.value,
        Some(false) => otherwise.value,
        None if then.value == otherwise.value => then.value,
        None => {
            let ty = wider(&then.ty, &otherwise.ty);
            compute(Op::If, vec![truth(condition), then, otherwise], ty)
        }
    }
}

/// The type of either: optional where one is.
fn wider(a: &ValueType, b: &ValueType) -> ValueType {
    match (a, b) {
        (ValueType::Optional(_), _) => a.clone(),
        (_, ValueType::Optional(inner)) if **inner == *a => b.clone(),
        (_, ValueType::Optional(_)) => ValueType::Optional(Box::new(a.clone())),
        _ => a.clone(),
    }
}

/// Whether a value is there.
pub(super) fn present(operand: Operand) -> Value {
    match &operand.value {
        Value::Const(Const::None) => Value::Const(Const::Bool(false)),
        Value::Const(_) => Value::Const(Const::Bool(true)),
        _ if !matches!(operand.ty, ValueType::Optional(_)) => Value::Const(Const::Bool(true)),
        _ => {
            let none = Operand { value: Value::Const(Const::None), ty: operand.ty.clone() };
            compute(Op::Ne, vec![operand, none], ValueType::Bool)
        }
    }
}

/// `a?.method()`, which of `none` is `none`. A text that is made of an empty one is empty anyway.
pub(super) fn asked_of_optional(op: Op, args: Vec<Operand>, ty: ValueType) -> Value {
    let optional = args.first().filter(|it| matches!(it.ty, ValueType::Optional(_))).cloned();
    let optional = optional.filter(|_| !matches!(op, Op::Lower | Op::Upper | Op::Replace | Op::Trim));
    match optional {
        Some(base) => {
            let asked = Operand { value: compute(op, args, ty.present().clone()), ty: ty.present().clone() };
            let none = Operand { value: Value::Const(Const::None), ty: ty.clone() };
            compute(Op::If, vec![truth(present(base)), asked, none], ty)
        }
        None => compute(op, args, ty),
    }
}

/// The conditions around something, as one guard.
pub(super) fn guard(conditions: &[Value]) -> Option<Guard> {
    let condition = all(conditions.iter().cloned());
    if known(&condition) == Some(true) {
        return None;
    }
    let phase = condition.phase();
    Some(Guard { condition, phase })
}

/// The operator.
pub(super) const fn binary(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Or => Op::Or,
        BinaryOp::And => Op::And,
        BinaryOp::Eq => Op::Eq,
        BinaryOp::Ne => Op::Ne,
        BinaryOp::Lt => Op::Lt,
        BinaryOp::Le => Op::Le,
        BinaryOp::Gt => Op::Gt,
        BinaryOp::Ge => Op::Ge,
        BinaryOp::Coalesce => Op::Coalesce,
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Sub,
        BinaryOp::Mul => Op::Mul,
        BinaryOp::Div => Op::Div,
        BinaryOp::Rem => Op::Rem,
    }
}

/// The method of a value known later, and how many arguments it takes.
pub(super) fn method(name: &str) -> Option<(Op, usize)> {
    Some(match name {
        "starts_with" => (Op::StartsWith, 1),
        "ends_with" => (Op::EndsWith, 1),
        "contains" => (Op::Contains, 1),
        "lower" => (Op::Lower, 0),
        "upper" => (Op::Upper, 0),
        "replace" => (Op::Replace, 2),
        "split" => (Op::Split, 1),
        "join" => (Op::Join, 1),
        "trim" => (Op::Trim, 0),
        "is_empty" => (Op::IsEmpty, 0),
        _ => return None,
    })
}

/// The type of a constant, as far as it shows.
pub(super) fn type_of(value: &ConstValue) -> ValueType {
    match value {
        ConstValue::None => ValueType::Optional(Box::new(ValueType::String)),
        ConstValue::Bool(_) => ValueType::Bool,
        ConstValue::Int(_) => ValueType::Int,
        ConstValue::Duration(_) => ValueType::Duration,
        ConstValue::Text(_) | ConstValue::Variant { .. } => ValueType::String,
        ConstValue::List(items) => ValueType::List(Box::new(items.first().map_or(ValueType::String, type_of))),
        ConstValue::Record { def: _, fields } => ValueType::Record {
            name: String::new(),
            fields: fields.iter().map(|(name, value)| (name.to_string(), type_of(value))).collect(),
        },
    }
}

/// The type of a value, as far as it shows by itself.
pub(super) fn shown_type(value: &Value) -> ValueType {
    match value {
        Value::Compute(it) => it.ty.clone(),
        Value::Changed(_) | Value::Present(_) | Value::Exists(_) | Value::Succeeded(_) => ValueType::Bool,
        Value::Path(location) if location.is_pattern() => texts(),
        Value::Const(Const::Bool(_)) => ValueType::Bool,
        Value::Const(Const::Int(_)) => ValueType::Int,
        Value::Const(Const::Duration(_)) => ValueType::Duration,
        Value::Const(Const::None) => ValueType::Optional(Box::new(ValueType::String)),
        Value::Declassified { value, .. } => shown_type(value),
        _ => ValueType::String,
    }
}

fn texts() -> ValueType {
    ValueType::List(Box::new(ValueType::String))
}

/// The path of a file or directory of type `ty`. What one pattern matches is a list; where it has to
/// match one file, that is its first element.
pub(super) fn placed(location: Location, ty: &Ty) -> Value {
    let one = location.is_pattern() && !matches!(ty, Ty::List(_));
    let path = Value::Path(location);
    if !one {
        return path;
    }
    let first = Operand { value: Value::Const(Const::Int(0)), ty: ValueType::Int };
    compute(Op::Index, vec![Operand { value: path, ty: texts() }, first], ValueType::String)
}

/// Texts as one list; those with a condition are left out where it does not hold.
pub(super) fn those_there(items: Vec<(Value, Option<Value>)>) -> Value {
    let list = |items: Vec<Value>| {
        let items = items.into_iter().map(|value| Operand { value, ty: ValueType::String }).collect();
        Operand { value: compute(Op::List, items, texts()), ty: texts() }
    };
    let mut all: Vec<Operand> = Vec::new();
    let mut always = Vec::new();
    for (item, condition) in items {
        match condition {
            None => always.push(item),
            Some(condition) => {
                if !always.is_empty() {
                    all.push(list(std::mem::take(&mut always)));
                }
                let value = either(condition, list(vec![item]), list(Vec::new()));
                all.push(Operand { value, ty: texts() });
            }
        }
    }
    if !always.is_empty() {
        all.push(list(always));
    }
    match all.len() {
        1 => all.pop().map_or(Value::Const(Const::None), |it| it.value),
        _ => compute(Op::Concat, all, texts()),
    }
}

/// A constant as an operand.
pub(super) fn literal(value: &ConstValue) -> Operand {
    Operand { value: Value::Const(constant(value)), ty: type_of(value) }
}

/// A value that is a truth value, from one during elaboration.
pub(super) fn as_truth(val: &Val) -> Option<Value> {
    match val {
        Val::Const(value) => Some(Value::Const(constant(value))),
        Val::Late(value) => Some(value.clone()),
        Val::Choice(it) => {
            Some(either(it.condition.clone(), truth(as_truth(&it.then)?), truth(as_truth(&it.otherwise)?)))
        }
        _ => None,
    }
}
