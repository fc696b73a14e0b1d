//! Names for what is computed: short, and of what it is made of.

use flow_plan::model::{Const, Op, Value};

/// A name for a value, in lower case: letters, digits and `_`, a letter first.
pub(crate) fn name_of(value: &Value) -> String {
    const LONGEST: usize = 40;
    let name = tidy(&words(value));
    match name.get(..LONGEST) {
        Some(start) if name.len() > LONGEST => start.rsplit_once('_').map_or(start, |(whole, _)| whole).to_owned(),
        _ => name,
    }
}

/// `text` as such a name.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::new();
    for it in text.chars() {
        if it.is_ascii_alphanumeric() {
            out.push(it.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    if out.starts_with(|it: char| it.is_ascii_alphabetic()) { out.to_owned() } else { format!("x{out}") }
}

/// `base`, or the first of `base_2`, `base_3` … that is not taken.
pub(crate) fn unique(base: String, separator: char, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&base) {
        return base;
    }
    (2..).map(|at| format!("{base}{separator}{at}")).find(|it| !taken(it)).unwrap_or(base)
}

fn words(value: &Value) -> String {
    match value {
        Value::Const(Const::Text(it)) if !it.is_empty() => it.clone(),
        Value::Const(Const::Int(it)) => it.to_string(),
        Value::Const(Const::None) => "none".to_owned(),
        Value::Const(_) => "value".to_owned(),
        Value::Param(name) | Value::Secret(name) | Value::Item { name, .. } | Value::Step { name, .. } => name.clone(),
        Value::Output { output, .. } => output.clone(),
        Value::Ctx(name) => name.clone(),
        Value::Path(_) => "path".to_owned(),
        Value::Join(parts) => {
            let made: Vec<String> = parts.iter().filter(|it| !matches!(it, Value::Const(_))).map(words).collect();
            if made.is_empty() { "text".to_owned() } else { made.join("_") }
        }
        Value::Changed(patterns) => format!("changed_{}", patterns.first().map_or("", String::as_str)),
        Value::Json { path, .. } => path.last().cloned().unwrap_or_else(|| "json".to_owned()),
        Value::Present(_) | Value::Exists(_) => "present".to_owned(),
        Value::Succeeded(job) => format!("{job}_succeeded"),
        Value::Declassified { value, .. } => words(value),
        Value::Compute(it) => {
            let arg = |at: usize| it.args.get(at).map(|arg| words(&arg.value)).unwrap_or_default();
            let none = |at: usize| it.args.get(at).is_some_and(|arg| arg.value == Value::Const(Const::None));
            match &it.op {
                Op::Not => format!("not_{}", arg(0)),
                Op::And => format!("{}_and_{}", arg(0), arg(1)),
                Op::Or => format!("{}_or_{}", arg(0), arg(1)),
                Op::Ne if none(1) => format!("has_{}", arg(0)),
                Op::Eq if none(1) => format!("no_{}", arg(0)),
                Op::Eq => format!("{}_is_{}", arg(0), arg(1)),
                Op::Ne => format!("{}_is_not_{}", arg(0), arg(1)),
                Op::Lt => format!("{}_below_{}", arg(0), arg(1)),
                Op::Le => format!("{}_up_to_{}", arg(0), arg(1)),
                Op::Gt => format!("{}_above_{}", arg(0), arg(1)),
                Op::Ge => format!("{}_from_{}", arg(0), arg(1)),
                Op::Add | Op::Concat => format!("{}_plus_{}", arg(0), arg(1)),
                Op::Sub => format!("{}_minus_{}", arg(0), arg(1)),
                Op::Mul => format!("{}_times_{}", arg(0), arg(1)),
                Op::Div => format!("{}_by_{}", arg(0), arg(1)),
                Op::Rem => format!("{}_rest_{}", arg(0), arg(1)),
                Op::Neg => format!("minus_{}", arg(0)),
                Op::StartsWith => format!("{}_starts_with_{}", arg(0), arg(1)),
                Op::EndsWith => format!("{}_ends_with_{}", arg(0), arg(1)),
                Op::Contains => format!("{}_contains_{}", arg(0), arg(1)),
                Op::Field(name) => format!("{}_{name}", arg(0)),
                Op::Len => format!("{}_len", arg(0)),
                Op::IsEmpty => format!("{}_is_empty", arg(0)),
                Op::If => format!("{}_if_{}", arg(1), arg(0)),
                Op::List => "list".to_owned(),
                Op::Record => "record".to_owned(),
                Op::Coalesce
                | Op::Index
                | Op::Map(_)
                | Op::Lower
                | Op::Upper
                | Op::Replace
                | Op::Split
                | Op::Join
                | Op::Trim => arg(0),
            }
        }
    }
}
