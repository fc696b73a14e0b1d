//! What a workflow is given: typed, with defaults, where the event has inputs at all.

use super::value::Value;

/// What `given` comes to by what a workflow declares; `what` names the workflow.
pub(super) fn typed(declared: &Value, given: &[(String, Value)], what: &str) -> Result<Value, String> {
    let mut all = Vec::new();
    for (name, _) in given {
        if declared.entries().iter().all(|(it, _)| !it.eq_ignore_ascii_case(name)) {
            return Err(format!("{what}: the input {name} is not declared"));
        }
    }
    for (name, declared) in declared.entries() {
        let mut value = given.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
        if value.is_none() && !declared.get("default").is_null() {
            value = Some(declared.get("default").clone());
        }
        if value.is_none() && declared.get("required").truthy() {
            return Err(format!("{what}: the input {name} is required"));
        }
        let kind = declared.get("type").text();
        let value = value.unwrap_or_default();
        let wrong = || format!("{what}: {} is no {kind}, which the input {name} is", value.json());
        let value = match kind.as_str() {
            "boolean" => match &value {
                Value::Bool(it) => Value::Bool(*it),
                Value::Null => Value::Bool(false),
                Value::Text(it) if it == "true" || it == "false" => Value::Bool(it == "true"),
                _ => return Err(wrong()),
            },
            "number" => match &value {
                Value::Number(it) => Value::Number(*it),
                Value::Null => Value::Number(0.0),
                Value::Text(it) if !it.trim().is_empty() && !value.number().is_nan() => Value::Number(value.number()),
                _ => return Err(wrong()),
            },
            _ if !value.is_primitive() => return Err(wrong()),
            _ => Value::Text(value.text()),
        };
        if kind == "choice" && !declared.get("options").items().iter().any(|it| it.text() == value.text()) {
            return Err(format!("{what}: {} is no choice of the input {name}", value.json()));
        }
        all.push((name.clone(), value));
    }
    Ok(Value::Object(all))
}
