//! Values of a plan as a person reads them.

use crate::model::{Compute, Const, Earlier, Files, Location, Op, Value, ValueType};

/// A value in one line.
pub fn value(value: &Value) -> String {
    match value {
        Value::Const(Const::None) => "none".to_owned(),
        Value::Const(Const::Text(text)) if text.is_empty() => "\"\"".to_owned(),
        Value::Const(it) => it.text(),
        Value::Param(name) => name.clone(),
        Value::Ctx(name) => format!("ctx.{name}"),
        Value::Secret(name) => format!("secret {name}"),
        Value::Step { step, name } => format!("{step}.{name}"),
        Value::Output { job, output } => format!("{job}.{output}"),
        Value::Path(location) => path(location),
        Value::Join(parts) => parts
            .iter()
            .map(|part| match part {
                Value::Const(it) => it.text(),
                part => format!("#{{{}}}", self::value(part)),
            })
            .collect(),
        Value::Item { name, .. } => name.clone(),
        Value::Changed(globs) => format!("changed({})", globs.join(", ")),
        Value::Json { file, path: fields } => format!("{}.{}", path(file), fields.join(".")),
        Value::Present(location) => format!("{} is there", path(location)),
        Value::Exists(files) => format!("{} is there", self::files(files)),
        Value::Succeeded(job) => format!("{job} succeeded"),
        Value::Declassified { value, .. } => format!("declassify({})", self::value(value)),
        Value::Compute(it) => computed(it),
    }
}

/// Where files come from, in one line.
pub fn files(from: &Files) -> String {
    match from {
        Files::Output { job, output } => format!("{job}.{output}"),
        Files::Earlier { pipeline, run: Earlier::Latest { branch: None }, name, .. } => {
            format!("{pipeline}.latest().{name}")
        }
        Files::Earlier { pipeline, run: Earlier::Latest { branch: Some(branch) }, name, .. } => {
            format!("{pipeline}.latest({}).{name}", value(branch))
        }
        Files::Earlier { pipeline, run: Earlier::Run { id }, name, .. } => {
            format!("{pipeline}.run({}).{name}", value(id))
        }
        Files::Part { of, field } => format!("{}.{field}", files(of)),
        Files::Either { condition, then, otherwise } => {
            let side = |side: &Option<Box<Files>>| side.as_ref().map_or_else(|| "none".to_owned(), |it| files(it));
            format!("{} if {} else {}", side(then), value(condition), side(otherwise))
        }
        Files::Subtree { of, path } => format!("{}.subtree({path})", files(of)),
        Files::Filter { of, pattern } => format!("{}.filter({pattern})", files(of)),
        Files::Merge { of, identical } => {
            let of: Vec<String> = of.iter().map(files).collect();
            format!("merge({}{})", of.join(", "), if *identical { ", on_conflict: identical" } else { "" })
        }
    }
}

fn path(location: &Location) -> String {
    crate::script::path(location)
}

fn computed(it: &Compute) -> String {
    let args: Vec<String> = it.args.iter().map(|arg| value(&arg.value)).collect();
    let sign = match &it.op {
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
        Op::Concat => return format!("[{}]", args.iter().map(|it| format!("...{it}")).collect::<Vec<_>>().join(", ")),
        Op::Record => {
            let ValueType::Record { name, fields } = &it.ty else { return format!("({})", args.join(", ")) };
            let fields: Vec<String> = fields.iter().zip(&args).map(|((name, _), it)| format!("{name}: {it}")).collect();
            return format!("{name}({})", fields.join(", "));
        }
        Op::If => {
            return match args.as_slice() {
                [condition, then, otherwise] => format!("(if {condition} {{ {then} }} else {{ {otherwise} }})"),
                _ => args.join(", "),
            };
        }
        Op::Map(name) => {
            return match args.as_slice() {
                [list, body] => format!("(for {name} in {list} {{ {body} }})"),
                [list, body, filter] => format!("(for {name} in {list} if {filter} {{ {body} }})"),
                _ => args.join(", "),
            };
        }
        Op::Index => {
            return match args.as_slice() {
                [list, at] => format!("{list}[{at}]"),
                _ => args.join(", "),
            };
        }
        Op::Field(name) => return format!("{}.{name}", args.join("")),
        Op::Len => return format!("{}.len", args.join("")),
        Op::StartsWith => "starts_with",
        Op::EndsWith => "ends_with",
        Op::Contains => "contains",
        Op::Lower => "lower",
        Op::Upper => "upper",
        Op::Replace => "replace",
        Op::Split => "split",
        Op::Join => "join",
        Op::Trim => "trim",
        Op::IsEmpty => "is_empty",
    };
    if sign.chars().all(|it| it.is_ascii_alphabetic() || it == '_')
        && let [base, args @ ..] = args.as_slice()
    {
        return format!("{base}.{sign}({})", args.join(", "));
    }
    args.iter()
        .zip(&it.args)
        .map(|(text, arg)| match &arg.value {
            Value::Compute(inner) if is_infix(&inner.op) => format!("({text})"),
            _ => text.clone(),
        })
        .collect::<Vec<_>>()
        .join(&format!(" {sign} "))
}

/// Whether a sign stands between its operands.
const fn is_infix(op: &Op) -> bool {
    matches!(
        op,
        Op::And
            | Op::Or
            | Op::Eq
            | Op::Ne
            | Op::Lt
            | Op::Le
            | Op::Gt
            | Op::Ge
            | Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::Rem
            | Op::Coalesce
    )
}
