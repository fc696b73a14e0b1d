//! Values that travel: their types, and what they are when they are read.
//!
//! The rules are those of every backend: UTF-8 without NUL, at most 32,000 bytes, an empty text and
//! `none` are one. It refuses to know where a value goes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flow_plan::model::{Const, Job, Plan, Value, ValueType};

use crate::error::names;
use crate::event::ValueProblem;

/// More is a file.
const LONGEST: u64 = 32_000;

/// Reads a value from the file that a script wrote. `Ok(None)`: there is no such file.
pub(crate) fn read_file(path: &Path) -> io::Result<Option<Result<String, ValueProblem>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let length = file.metadata()?.len();
    // Twice the limit, for the line breaks at the end, which do not count.
    if length > 2 * LONGEST {
        return Ok(Some(Err(ValueProblem::TooLong(length))));
    }
    let mut bytes = Vec::new();
    file.take(2 * LONGEST).read_to_end(&mut bytes)?;
    Ok(Some(from_bytes(bytes)))
}

/// Line breaks at the end are removed, as by a shell's `$(…)`.
fn from_bytes(mut bytes: Vec<u8>) -> Result<String, ValueProblem> {
    while bytes.pop_if(|it| *it == b'\n').is_some() {
        bytes.pop_if(|it| *it == b'\r');
    }
    if bytes.len() as u64 > LONGEST {
        return Err(ValueProblem::TooLong(bytes.len() as u64));
    }
    if bytes.contains(&0) {
        return Err(ValueProblem::Nul);
    }
    String::from_utf8(bytes).map_err(|_| ValueProblem::NotUtf8)
}

/// Checks that `text` is of the type, and returns the value.
pub(crate) fn parse(ty: &ValueType, text: &str) -> Result<Const, ValueProblem> {
    if text.is_empty() {
        let optional = matches!(ty, ValueType::Optional(_));
        return if optional { Ok(Const::None) } else { Err(ValueProblem::Empty) };
    }
    let wrong = || ValueProblem::Type { found: shortened(text), expected: expected(ty) };
    match ty {
        ValueType::Bool => match text {
            "true" | "True" => Ok(Const::Bool(true)),
            "false" | "False" => Ok(Const::Bool(false)),
            _ => Err(wrong()),
        },
        ValueType::Int => integer(text).map(Const::Int).ok_or_else(wrong),
        ValueType::Duration => duration(text).map(Const::Duration).ok_or_else(wrong),
        ValueType::String => Ok(Const::Text(text.to_owned())),
        ValueType::Enum { variants, .. } if variants.iter().any(|it| it == text) => Ok(Const::Text(text.to_owned())),
        ValueType::Enum { variants, .. } => {
            Err(ValueProblem::NotAllowed { found: shortened(text), allowed: variants.clone() })
        }
        ValueType::List(_) | ValueType::Record { .. } => {
            let json: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong())?;
            from_json(ty, &json).ok_or_else(wrong)
        }
        ValueType::Optional(inner) => parse(inner, text),
    }
}

/// Checks a value that was computed, and returns it in the one form that the type has for it.
pub(crate) fn settle(ty: &ValueType, value: Const) -> Result<Const, ValueProblem> {
    let text = value.text();
    if text.len() as u64 > LONGEST {
        return Err(ValueProblem::TooLong(text.len() as u64));
    }
    match (ty, &value) {
        // As JSON it would no longer be told from a text.
        (ValueType::Duration, Const::Duration(_)) => Ok(value),
        (ValueType::Optional(inner), Const::Duration(_)) if **inner == ValueType::Duration => Ok(value),
        _ => parse(ty, &text),
    }
}

/// Decimal digits without leading zeros, which other readers would take for octal.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || !digits.starts_with('0') && !digits.starts_with('+');
    text.parse().ok().filter(|_| plain)
}

/// Milliseconds.
fn duration(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Whether JSON is of the type.
pub(crate) fn fits(ty: &ValueType, json: &serde_json::Value) -> bool {
    from_json(ty, json).is_some()
}

/// A value of the type from its JSON form. A number is a whole one however it is written.
fn from_json(ty: &ValueType, json: &serde_json::Value) -> Option<Const> {
    match ty {
        ValueType::Bool => json.as_bool().map(Const::Bool),
        ValueType::Int => whole(json).map(Const::Int),
        ValueType::Duration => json.as_str().and_then(duration).map(Const::Duration),
        ValueType::String => json.as_str().map(|it| Const::Text(it.to_owned())),
        ValueType::Enum { variants, .. } => {
            let known = json.as_str().filter(|it| variants.iter().any(|known| known == it));
            known.map(|it| Const::Text(it.to_owned()))
        }
        ValueType::List(inner) => {
            json.as_array()?.iter().map(|it| from_json(inner, it)).collect::<Option<_>>().map(Const::List)
        }
        ValueType::Record { fields, .. } => {
            let object = json.as_object()?;
            if !object.keys().all(|key| fields.iter().any(|(name, _)| name == key)) {
                return None;
            }
            let field = |(name, ty): &(String, ValueType)| {
                let value = object.get(name).unwrap_or(&serde_json::Value::Null);
                Some((name.clone(), from_json(ty, value)?))
            };
            fields.iter().map(field).collect::<Option<_>>().map(Const::Record)
        }
        ValueType::Optional(_) if json.is_null() => Some(Const::None),
        ValueType::Optional(inner) => from_json(inner, json),
    }
}

fn whole(json: &serde_json::Value) -> Option<i64> {
    let exact = |it: f64| (it.fract() == 0.0 && it.abs() < 9.2e18).then(|| format!("{it:.0}").parse().ok()).flatten();
    json.as_i64().or_else(|| json.as_f64().and_then(exact))
}

/// A value as JSON shows it by itself.
pub(crate) fn untyped(json: serde_json::Value) -> Const {
    match json {
        serde_json::Value::Null => Const::None,
        serde_json::Value::Bool(it) => Const::Bool(it),
        serde_json::Value::Number(ref it) => whole(&json).map_or_else(|| Const::Text(it.to_string()), Const::Int),
        serde_json::Value::String(it) => Const::Text(it),
        serde_json::Value::Array(items) => Const::List(items.into_iter().map(untyped).collect()),
        serde_json::Value::Object(fields) => {
            Const::Record(fields.into_iter().map(|(name, value)| (name, untyped(value))).collect())
        }
    }
}

/// What the type takes, in words that follow "takes" or "not".
pub(crate) fn expected(ty: &ValueType) -> String {
    match ty {
        ValueType::Bool => "`true` or `false`".to_owned(),
        ValueType::Int => "a whole number such as `42`, of 64 bits".to_owned(),
        ValueType::Duration => "a duration such as `30s`, `20min`, `1h`".to_owned(),
        ValueType::String => "a text that is not empty".to_owned(),
        ValueType::Enum { variants, .. } => format!("one of {}", names(variants)),
        ValueType::List(inner) => format!("a JSON list, each item {}", expected(inner)),
        ValueType::Record { name, fields } => {
            let fields: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            format!("a JSON object of `{name}`, with {}", fields.join(", "))
        }
        ValueType::Optional(inner) => format!("{}, or nothing", expected(inner)),
    }
}

fn shortened(text: &str) -> String {
    const LENGTH: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(LENGTH).collect();
    if short.len() == text.len() { short } else { format!("{short}…") }
}

/// Calls `visit` for each value that a job uses, and each that these are made of.
pub(crate) fn each<'a>(plan: &'a Plan, visit: &mut dyn FnMut(&'a Job, &'a Value)) {
    for job in &plan.jobs {
        job.values(&mut |value| visit(job, value));
    }
}

#[cfg(test)]
mod tests {
    use flow_plan::model::ValueType;

    use super::{from_bytes, parse};
    use crate::event::ValueProblem;

    fn check(ty: &ValueType, text: &str) -> Result<String, ValueProblem> {
        parse(ty, text).map(|it| it.text())
    }

    fn ok(ty: &ValueType, text: &str) -> String {
        check(ty, text).unwrap_or_else(|problem| format!("error: {problem}"))
    }

    #[test]
    fn scalars_have_one_form() {
        assert_eq!(ok(&ValueType::Bool, "true"), "true");
        assert_eq!(ok(&ValueType::Bool, "yes"), "error: it is `yes`, not `true` or `false`");
        assert_eq!(ok(&ValueType::Int, "-9223372036854775808"), "-9223372036854775808");
        for bad in ["9223372036854775808", "08", "+1", "1.0", " 1", "0x10", "-"] {
            assert!(check(&ValueType::Int, bad).is_err(), "{bad}");
        }
        assert_eq!(ok(&ValueType::Duration, "20min"), "1200s");
        assert!(check(&ValueType::Duration, "20").is_err());
        assert_eq!(ok(&ValueType::String, "ä\nb"), "ä\nb");
        assert_eq!(check(&ValueType::String, ""), Err(ValueProblem::Empty));
        assert_eq!(ok(&ValueType::Optional(ValueType::String.into()), ""), "");
    }

    #[test]
    fn lists_are_compact_json() {
        let ints = ValueType::List(ValueType::Int.into());
        assert_eq!(ok(&ints, "[ 1, 2 ]"), "[1,2]");
        assert!(check(&ints, "[1, \"2\"]").is_err());
        assert!(check(&ints, "1").is_err());
    }

    #[test]
    fn line_breaks_at_the_end_go() {
        assert_eq!(from_bytes(b"a\n\n".to_vec()), Ok("a".to_owned()));
        assert_eq!(from_bytes(b"a\r\n".to_vec()), Ok("a".to_owned()));
        assert_eq!(from_bytes(b"a\0b".to_vec()), Err(ValueProblem::Nul));
        assert_eq!(from_bytes(vec![0xff]), Err(ValueProblem::NotUtf8));
        assert_eq!(from_bytes(vec![b'a'; 32_001]), Err(ValueProblem::TooLong(32_001)));
        let longest = [vec![b'a'; 32_000], vec![b'\n']].concat();
        assert_eq!(from_bytes(longest).map(|it| it.len()), Ok(32_000));
    }
}
