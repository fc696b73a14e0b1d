//! Operators on what is known by now: the parts of a record or a parameter may be, where the checker
//! sees none of it. No platform is asked what `1 > 0` is.

use crate::model::{Const, Op, Operand, Value, ValueType};

/// What an operator gives, where its operands tell; what has no result is left to fail where it runs.
pub(super) fn fold(op: &Op, args: &[Operand]) -> Option<Value> {
    let constant = |at: usize| match args.get(at).map(|it| &it.value) {
        Some(Value::Const(it)) => Some(it),
        _ => None,
    };
    let first = constant(0)?;
    if *op == Op::Coalesce {
        let other = args.get(1)?;
        return Some(if is_none(first) { other.value.clone() } else { Value::Const(first.clone()) });
    }
    let optional = args.iter().any(|it| matches!(it.ty, ValueType::Optional(_)));
    let found = match (op, first, constant(1)) {
        (Op::Eq, a, Some(b)) => equal(a, b)?,
        (Op::Ne, a, Some(b)) => !equal(a, b)?,
        (Op::Lt, Const::Int(a), Some(Const::Int(b))) => a < b,
        (Op::Le, Const::Int(a), Some(Const::Int(b))) => a <= b,
        (Op::Gt, Const::Int(a), Some(Const::Int(b))) => a > b,
        (Op::Ge, Const::Int(a), Some(Const::Int(b))) => a >= b,
        (Op::Lt, Const::Duration(a), Some(Const::Duration(b))) => a < b,
        (Op::Le, Const::Duration(a), Some(Const::Duration(b))) => a <= b,
        (Op::Gt, Const::Duration(a), Some(Const::Duration(b))) => a > b,
        (Op::Ge, Const::Duration(a), Some(Const::Duration(b))) => a >= b,
        (Op::StartsWith, Const::Text(a), Some(Const::Text(b))) if !optional => a.starts_with(b.as_str()),
        (Op::EndsWith, Const::Text(a), Some(Const::Text(b))) if !optional => a.ends_with(b.as_str()),
        (Op::Contains, Const::Text(a), Some(Const::Text(b))) if !optional => a.contains(b.as_str()),
        (Op::IsEmpty, Const::Text(a), None) if !optional => a.is_empty(),
        _ => return None,
    };
    Some(Value::Const(Const::Bool(found)))
}

/// An empty text and `none` are one.
fn is_none(value: &Const) -> bool {
    matches!(value, Const::None) || matches!(value, Const::Text(text) if text.is_empty())
}

fn equal(a: &Const, b: &Const) -> Option<bool> {
    match (a, b) {
        (Const::List(_) | Const::Record(_), _) | (_, Const::List(_) | Const::Record(_)) => None,
        _ => Some(a == b || (is_none(a) && is_none(b))),
    }
}
