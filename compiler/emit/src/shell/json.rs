//! JSON, as scripts look at it.

use flow_plan::model::ValueType;

use super::word;

/// The command that succeeds if the file, a word of the shell, is JSON of the type.
pub(super) fn holds(ty: &ValueType, file: &str) -> Result<String, &'static str> {
    let test = test(ty)?;
    Ok(format!("jq -es {} {file} > /dev/null", word(&format!("length == 1 and (.[0] | {test})"))))
}

/// A filter of jq that is true for JSON of the type.
pub(super) fn test(ty: &ValueType) -> Result<String, &'static str> {
    Ok(match ty {
        ValueType::Bool => "type == \"boolean\"".to_owned(),
        ValueType::Int => {
            "type == \"number\" and . == floor and . >= -9223372036854775808 and . <= 9223372036854775807".to_owned()
        }
        ValueType::String => "type == \"string\"".to_owned(),
        ValueType::Duration => "type == \"string\" and test(\"^[0-9]+(ms|s|min|h|d)$\")".to_owned(),
        ValueType::Enum { variants, .. } => {
            let list = variants.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
            format!("IN({list})")
        }
        ValueType::List(inner) => format!("type == \"array\" and all(.[]; {})", test(inner)?),
        ValueType::Record { fields, .. } => {
            let names = fields.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let mut all = vec!["type == \"object\"".to_owned(), format!("keys - [{names}] == []")];
            for (name, ty) in fields {
                all.push(format!("(.{name} | {})", test(ty)?));
            }
            all.join(" and ")
        }
        ValueType::Optional(inner) => format!("(. == null or ({}))", test(inner)?),
    })
}
