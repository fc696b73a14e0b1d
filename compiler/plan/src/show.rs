//! Values of a plan as a person reads them.

use crate::model::{Compute, Location, Op, Value};

/// A value in one line.
pub fn value(value: &Value) -> String {
    match value {
        Value::Const(it) => it.text(),
        Value::Param(name) => name.clone(),
        Value::Ctx(name) => format!("ctx.{name}"),
        Value::Secret(name) => format!("secret {name}"),
        Value::Step { step, name } => format!("{step}.{name}"),
        Value::Output { job, output } => format!("{job}.{output}"),
        Value::Path(location) => path(location),
        Value::Join(parts) => parts.iter().map(self::value).collect(),
        Value::Item { name, .. } => name.clone(),
        Value::Changed(globs) => format!("changed({})", globs.join(", ")),
        Value::Json { file, path: fields } => format!("{}.{}", path(file), fields.join(".")),
        Value::Present(location) => format!("{} is there", path(location)),
        Value::Exists(_) => "its files are there".to_owned(),
        Value::Succeeded(job) => format!("{job} succeeded"),
        Value::Declassified { value, .. } => format!("declassify({})", self::value(value)),
        Value::Compute(it) => computed(it),
    }
}

fn path(location: &Location) -> String {
    crate::script::path(location)
}

fn computed(it: &Compute) -> String {
    let args: Vec<String> = it.args.iter().map(|arg| value(&arg.value)).collect();
    let sign = match it.op {
        Op::And => "&&",
        Op::Or => "||",
        Op::Eq => "==",
        Op::Ne => "!=",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Div => "/",
        Op::Rem => "%",
        Op::Coalesce => "??",
        Op::Not => return format!("!({})", args.join("")),
        Op::Neg => return format!("-({})", args.join("")),
        Op::List => return format!("[{}]", args.join(", ")),
        _ => {
            let name = format!("{:?}", it.op).to_lowercase();
            return format!("{name}({})", args.join(", "));
        }
    };
    args.iter()
        .zip(&it.args)
        .map(|(text, arg)| match &arg.value {
            Value::Compute(inner) if inner.op != Op::Not => format!("({text})"),
            _ => text.clone(),
        })
        .collect::<Vec<_>>()
        .join(&format!(" {sign} "))
}
