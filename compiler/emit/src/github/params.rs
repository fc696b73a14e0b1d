//! Parameters: the form of a manual run, and what reads one on every event.

use flow_plan::model::{Const, Event, Param, Plan, ValueType};

use super::values::quoted;
use crate::EmitError;
use crate::yaml::{Map, Node, texts};

/// The value of `workflow_dispatch`.
pub(super) fn inputs(plan: &Plan) -> Result<Node, Vec<EmitError>> {
    let mut inputs = Map::new();
    let mut errors = Vec::new();
    for param in &plan.params {
        match input(param) {
            Ok(it) => inputs.push(param.name.as_str(), it),
            Err(it) => errors.push(it),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(if inputs.entries.is_empty() { Node::Null } else { Map::new().with("inputs", inputs).into() })
}

/// What a caller gives: of types that a workflow has, so an enum is a text.
pub(super) fn called(param: &Param) -> Result<Map, EmitError> {
    let mut map = input(param)?;
    map.entries.retain(|it| !it.key.is("options"));
    for entry in &mut map.entries {
        if entry.key.is("type") && entry.value == "choice".into() {
            entry.value = "string".into();
        }
    }
    Ok(map)
}

fn input(param: &Param) -> Result<Map, EmitError> {
    let mut map = Map::new().with_some("description", param.docs.as_deref().map(one_line));
    match &param.ty {
        ValueType::Bool => map.push("type", "boolean"),
        ValueType::Int => map.push("type", "number"),
        ValueType::String | ValueType::Duration => map.push("type", "string"),
        ValueType::Enum { variants, .. } => {
            map.push("type", "choice");
            map.push("options", texts(variants.iter().map(String::as_str)));
        }
        ValueType::Optional(inner) if **inner == ValueType::String => map.push("type", "string"),
        ValueType::Optional(_) => {
            let message =
                format!("the parameter {} may be none: GitHub's form has no such choice for its type", param.name);
            return Err(EmitError::at(&param.place, message, "give it a type without `?` and a default"));
        }
        ValueType::List(_) | ValueType::Record { .. } => {
            let message = format!("the parameter {} is a list: GitHub's form has no such field", param.name);
            return Err(EmitError::at(&param.place, message, "take a string and split it"));
        }
    }
    match (&param.default, &param.ty) {
        (None, ValueType::Optional(_)) | (Some(Const::None), _) => {}
        (None, _) => map.push("required", true),
        (Some(Const::Bool(it)), _) => map.push("default", *it),
        (Some(Const::Int(it)), _) => map.push("default", Node::Plain(it.to_string())),
        (Some(other), _) => map.push("default", other.text()),
    }
    Ok(map)
}

pub(super) fn one_line(docs: &str) -> String {
    docs.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The expression that reads a parameter: its default on events that have no form. GitHub has no
/// way to ask whether an input is there, and `false`, `0` and `''` count as absent in `||`; so the
/// short form is used only where that cannot matter.
pub(super) fn expression(plan: &Plan, param: &Param) -> String {
    let input = format!("inputs.{}", param.name);
    if plan.triggers.iter().all(|it| it.event == Event::Manual) {
        return input;
    }
    let json = |value: &Const| quoted(&value.json().to_string());
    match (&param.ty, &param.default) {
        (_, None | Some(Const::None)) => input,
        (ValueType::String | ValueType::Duration | ValueType::Optional(_), Some(Const::Text(text)))
            if text.is_empty() =>
        {
            input
        }
        (ValueType::Bool, Some(Const::Bool(false))) => format!("{input} || false"),
        (ValueType::Enum { .. }, Some(default)) => {
            format!("{input} || {}", quoted(&default.text()))
        }
        (ValueType::Int, Some(Const::Int(0))) => format!("{input} || 0"),
        (ValueType::Int, Some(default)) => format!("fromJSON(format('{{0}}', {input}) || {})", quoted(&default.text())),
        (_, Some(default)) => format!("fromJSON(toJSON({input}) != 'null' && toJSON({input}) || {})", json(default)),
    }
}
