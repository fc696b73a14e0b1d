//! Truth values, taken apart and put together.

use flow_plan::model::{Compute, Const, Guard, Op, Operand, Phase, Value, ValueType};

fn truth(value: Value) -> Operand {
    Operand { value, ty: ValueType::Bool }
}

/// The truth values that have to hold for `value` to hold, in order.
pub(crate) fn conjuncts(value: &Value) -> Vec<&Value> {
    match value {
        Value::Compute(Compute { op: Op::And, args, .. }) => {
            args.iter().flat_map(|arg| conjuncts(&arg.value)).collect()
        }
        other => vec![other],
    }
}

/// All of `values`.
pub(crate) fn all(mut values: Vec<Value>) -> Option<Value> {
    if values.len() < 2 {
        return values.pop();
    }
    let phase = values.iter().map(Value::phase).max().unwrap_or(Phase::Const);
    let args = values.into_iter().map(truth).collect();
    Some(Value::Compute(Compute { op: Op::And, args, ty: ValueType::Bool, phase }))
}

/// `!value`.
pub(crate) fn not(value: Value) -> Value {
    match value {
        Value::Const(Const::Bool(it)) => Value::Const(Const::Bool(!it)),
        value => {
            let phase = value.phase();
            Value::Compute(Compute { op: Op::Not, args: vec![truth(value)], ty: ValueType::Bool, phase })
        }
    }
}

/// What `value` is the contrary of.
pub(crate) fn negated(value: &Value) -> Option<&Value> {
    match value {
        Value::Compute(Compute { op: Op::Not, args, .. }) => args.first().map(|arg| &arg.value),
        _ => None,
    }
}

/// The guard of what runs only where all of `values` hold.
pub(crate) fn guard(values: &[Value]) -> Option<Guard> {
    let condition = all(values.to_vec())?;
    Some(Guard { phase: condition.phase(), condition })
}
