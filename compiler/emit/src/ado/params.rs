//! Parameters: the form of a manual run; on every other event each has its default.

use flow_plan::model::{Const, Param, Plan, ValueType};

use crate::EmitError;
use crate::yaml::{Item, Map, Node, texts};

/// The value of `parameters`.
pub(super) fn parameters(plan: &Plan) -> Result<Option<Node>, Vec<EmitError>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for param in &plan.params {
        match parameter(param) {
            Ok(it) => items.push(Item::bare(it)),
            Err(it) => errors.push(it),
        }
    }
    if errors.is_empty() { Ok((!items.is_empty()).then_some(Node::Seq(items))) } else { Err(errors) }
}

fn parameter(param: &Param) -> Result<Map, EmitError> {
    let docs = param.docs.as_deref().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut map = Map::new().with("name", param.name.as_str()).with_some("displayName", docs);
    match &param.ty {
        ValueType::Bool => map.push("type", "boolean"),
        ValueType::Int => map.push("type", "number"),
        ValueType::String | ValueType::Duration => map.push("type", "string"),
        ValueType::Enum { variants, .. } => {
            map.push("type", "string");
            map.push("values", texts(variants.iter().map(String::as_str)));
        }
        ValueType::Optional(inner) if **inner == ValueType::String => map.push("type", "string"),
        ValueType::Optional(_) | ValueType::List(_) | ValueType::Record { .. } => {
            let message = format!("the parameter {} is optional or a list: Azure's form has no such field", param.name);
            return Err(EmitError::at(&param.place, message, "give it a plain type and a default"));
        }
    }
    match (&param.default, &param.ty) {
        (Some(Const::None), _) | (None, ValueType::Optional(_)) => map.push("default", ""),
        (None, _) => {}
        (Some(Const::Bool(it)), _) => map.push("default", *it),
        (Some(Const::Int(it)), _) => map.push("default", Node::Plain(it.to_string())),
        (Some(other), _) => map.push("default", super::values::literal(&other.text())),
    }
    Ok(map)
}

/// What reads a parameter. Azure writes truth values with a capital.
pub(super) fn expression(param: &Param) -> String {
    match param.ty {
        ValueType::Bool => format!("${{{{ lower(parameters.{}) }}}}", param.name),
        _ => format!("${{{{ parameters.{} }}}}", param.name),
    }
}
