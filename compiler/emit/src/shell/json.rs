//! JSON, as scripts look at it.

use flow_plan::model::ValueType;

use super::compute::field;
use super::word;

/// The command that succeeds if the file, a word of the shell, is JSON of the type.
pub(super) fn holds(ty: &ValueType, file: &str) -> String {
    let test = test(ty);
    format!("jq -es {} {file} > /dev/null", word(&format!("length == 1 and (.[0] | {test})")))
}

/// A filter of jq that is true for JSON of the type. A whole number has 53 bits there: more is more than
/// most readers of JSON know.
pub(super) fn test(ty: &ValueType) -> String {
    match ty {
        ValueType::Bool => "type == \"boolean\"".to_owned(),
        ValueType::Int => {
            "type == \"number\" and . == floor and . >= -9007199254740991 and . <= 9007199254740991".to_owned()
        }
        ValueType::String => "type == \"string\"".to_owned(),
        ValueType::Duration => "type == \"string\" and test(\"^[0-9]+(ms|s|min|h|d)$\")".to_owned(),
        ValueType::Enum { variants, .. } => {
            let list = variants.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
            format!("IN({list})")
        }
        ValueType::List(inner) => format!("type == \"array\" and all(.[]; {})", test(inner)),
        ValueType::Record { fields, .. } => {
            let names = fields.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let mut all = vec!["type == \"object\"".to_owned(), format!("keys - [{names}] == []")];
            for (name, ty) in fields {
                all.push(format!("({} | {})", field(name), test(ty)));
            }
            all.join(" and ")
        }
        ValueType::Optional(inner) => format!("(. == null or ({}))", test(inner)),
    }
}

/// A jq filter that gives JSON of the type the one form that it has: fields by name, all of them there.
pub(super) fn form(ty: &ValueType) -> String {
    match ty {
        ValueType::List(inner) => match form(inner).as_str() {
            "." => ".".to_owned(),
            inner => format!("map({inner})"),
        },
        ValueType::Optional(inner) => match form(inner).as_str() {
            "." => ".".to_owned(),
            inner => format!("(if . == null then null else {inner} end)"),
        },
        ValueType::Record { fields, .. } => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            let fields = fields.iter().map(|(name, ty)| match form(ty).as_str() {
                "." if !field(name).contains('[') => name.clone(),
                inner => format!("\"{name}\": ({} | {inner})", field(name)),
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => ".".to_owned(),
    }
}
