//! Values that travel: their types, and what they are when they are read.
//!
//! The rules are those of every backend: UTF-8 without NUL, at most 32,000 bytes, an empty text and
//! `none` are one. It refuses to know where a value goes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flow_plan::model::{Const, Job, OutputKind, Plan, Run, ScriptPart, Value, ValueType};

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

/// Checks that `text` is of the type, and returns it in the one form that the type has for it.
pub(crate) fn check(ty: &ValueType, text: &str) -> Result<String, ValueProblem> {
    if text.is_empty() {
        let optional = matches!(ty, ValueType::Optional(_));
        return if optional { Ok(String::new()) } else { Err(ValueProblem::Empty) };
    }
    let wrong = || ValueProblem::Type { found: shortened(text), expected: expected(ty) };
    match ty {
        ValueType::Bool => match text {
            "true" | "True" => Ok("true".to_owned()),
            "false" | "False" => Ok("false".to_owned()),
            _ => Err(wrong()),
        },
        ValueType::Int => integer(text).map(|it| it.to_string()).ok_or_else(wrong),
        ValueType::Duration => duration(text).map(|it| Const::Duration(it).text()).ok_or_else(wrong),
        ValueType::String => Ok(text.to_owned()),
        ValueType::Enum { variants, .. } if variants.iter().any(|it| it == text) => Ok(text.to_owned()),
        ValueType::Enum { variants, .. } => {
            Err(ValueProblem::NotAllowed { found: shortened(text), allowed: variants.clone() })
        }
        ValueType::List(_) | ValueType::Record { .. } => {
            let json: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong())?;
            if fits(ty, &json) { Ok(json.to_string()) } else { Err(wrong()) }
        }
        ValueType::Optional(inner) => check(inner, text),
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

/// Whether JSON is of the type. A number is a whole one however it is written.
pub(crate) fn fits(ty: &ValueType, json: &serde_json::Value) -> bool {
    match ty {
        ValueType::Bool => json.is_boolean(),
        ValueType::Int => json.is_i64() || json.as_f64().is_some_and(|it| it.fract() == 0.0 && it.abs() < 9.2e18),
        ValueType::Duration => json.as_str().is_some_and(|it| duration(it).is_some()),
        ValueType::String => json.is_string(),
        ValueType::Enum { variants, .. } => json.as_str().is_some_and(|it| variants.iter().any(|known| known == it)),
        ValueType::List(inner) => json.as_array().is_some_and(|items| items.iter().all(|it| fits(inner, it))),
        ValueType::Record { fields, .. } => json.as_object().is_some_and(|object| {
            let known = object.keys().all(|key| fields.iter().any(|(name, _)| name == key));
            known && fields.iter().all(|(name, ty)| fits(ty, object.get(name).unwrap_or(&serde_json::Value::Null)))
        }),
        ValueType::Optional(inner) => json.is_null() || fits(inner, json),
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

/// Calls `visit` for each value that a job uses, and each that these are joined of.
pub(crate) fn each<'a>(plan: &'a Plan, visit: &mut dyn FnMut(&'a Job, &'a Value)) {
    for job in &plan.jobs {
        let mut see = |value: &'a Value| each_part(value, &mut |part| visit(job, part));
        job.env.iter().for_each(|(_, value)| see(value));
        for step in &job.steps {
            step.env.iter().for_each(|(_, value)| see(value));
            if let Run::Script(script) = &step.run {
                for part in &script.parts {
                    if let ScriptPart::Read { value, .. } = part {
                        see(value);
                    }
                }
            }
        }
        for output in &job.outputs {
            if let OutputKind::Value { value, .. } = &output.kind {
                see(value);
            }
        }
    }
}

fn each_part<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    visit(value);
    if let Value::Join(parts) = value {
        parts.iter().for_each(|part| each_part(part, visit));
    }
}

/// Where values are looked up.
pub(crate) struct Scope<'a> {
    /// The pipeline's parameters.
    pub(crate) params: &'a BTreeMap<String, String>,
    /// Secrets by name.
    pub(crate) secrets: &'a BTreeMap<String, String>,
    /// Members of `ctx`.
    pub(crate) context: &'a BTreeMap<String, String>,
    /// What the job's steps have published, by step and name.
    pub(crate) published: &'a BTreeMap<(String, String), String>,
    /// What the jobs before it have produced, by job and output.
    pub(crate) outputs: &'a BTreeMap<(String, String), String>,
    /// The job's private folder.
    pub(crate) temp: &'a Path,
}

impl Scope<'_> {
    /// The value as text; `Err`: the value that nobody has made, a defect of the plan.
    pub(crate) fn text(&self, value: &Value) -> Result<String, String> {
        let found = match value {
            Value::Const(it) => Some(it.text()),
            Value::Param(name) => self.params.get(name).cloned(),
            Value::Ctx(name) => self.context.get(name).cloned(),
            Value::Secret(name) => self.secrets.get(name).cloned(),
            Value::Step { step, name } => self.published.get(&(step.clone(), name.clone())).cloned(),
            Value::Output { job, output } => self.outputs.get(&(job.clone(), output.clone())).cloned(),
            Value::Path(location) => {
                Some(self.temp.join(flow_plan::script::path(location)).to_string_lossy().into_owned())
            }
            Value::Join(parts) => return parts.iter().map(|it| self.text(it)).collect(),
            // A plan that has others is refused before.
            _ => None,
        };
        found.ok_or_else(|| format!("nobody has made {value:?}, which is read"))
    }
}

#[cfg(test)]
mod tests {
    use flow_plan::model::ValueType;

    use super::{check, from_bytes};
    use crate::event::ValueProblem;

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
