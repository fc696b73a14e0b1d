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
    let form = form(&param.ty);
    let docs = [param.docs.as_deref().map(one_line), form.hint.map(str::to_owned)];
    let docs: Vec<String> = docs.into_iter().flatten().collect();
    let mut map = Map::new().with_some("description", (!docs.is_empty()).then(|| docs.join(" ")));
    map.push("type", form.name);
    if let Some((variants, optional)) = form.options {
        if optional && variants.iter().any(|it| it.eq_ignore_ascii_case(NONE)) {
            let message =
                format!("the parameter {} has a choice `{NONE}`, which is what GitHub's form has for none", param.name);
            return Err(EmitError::at(&param.place, message, "give the variant another name"));
        }
        let none = optional.then_some(NONE);
        map.push("options", texts(none.into_iter().chain(variants.iter().map(String::as_str))));
    }
    match (&param.default, &param.ty) {
        (None | Some(Const::None), ValueType::Optional(_)) if form.options.is_some() => map.push("default", NONE),
        (None, ValueType::Optional(_)) | (Some(Const::None), _) => {}
        (None, _) => map.push("required", true),
        (Some(Const::Bool(it)), _) => map.push("default", *it),
        (Some(Const::Int(it)), ValueType::Int) => map.push("default", Node::Plain(it.to_string())),
        (Some(other), _) => map.push("default", other.text()),
    }
    Ok(map)
}

/// What stands in a form of choices for `none`, which no variant is called.
const NONE: &str = "none";

/// A field of GitHub's form.
struct Form<'a> {
    name: &'static str,
    /// What can be chosen, and whether nothing can.
    options: Option<(&'a [String], bool)>,
    /// What is to be written into it.
    hint: Option<&'static str>,
}

fn form(ty: &ValueType) -> Form<'_> {
    let plain = |name| Form { name, options: None, hint: None };
    let hinted = |hint| Form { hint: Some(hint), ..plain("string") };
    match ty {
        ValueType::Bool => plain("boolean"),
        ValueType::Int => plain("number"),
        ValueType::String => plain("string"),
        ValueType::Duration => hinted("(a duration: 30s, 20min, 1h)"),
        ValueType::Enum { variants, .. } => Form { options: Some((variants, false)), ..plain("choice") },
        ValueType::List(_) => hinted("(a list, as JSON)"),
        ValueType::Record { .. } => hinted("(a struct, as JSON)"),
        ValueType::Optional(inner) => match form(inner) {
            Form { options: Some((variants, _)), .. } => Form { options: Some((variants, true)), ..plain("choice") },
            // A number cannot be left out of the form.
            Form { name: "number", .. } => hinted("(a whole number, or nothing)"),
            other => other,
        },
    }
}

pub(super) fn one_line(docs: &str) -> String {
    docs.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether what a person gives may be something else than the type says: the form takes any number and
/// any text, and a caller any text for a choice.
pub(super) fn asks(plan: &Plan, param: &Param) -> bool {
    let called = plan.triggers.iter().any(|it| it.event == Event::Call);
    let given = called || plan.triggers.iter().any(|it| it.event == Event::Manual);
    let free = match &param.ty {
        ValueType::Bool | ValueType::String => false,
        ValueType::Enum { .. } => called,
        ValueType::Optional(inner) => match **inner {
            ValueType::String => false,
            ValueType::Enum { .. } => called,
            _ => true,
        },
        ValueType::Int | ValueType::Duration | ValueType::List(_) | ValueType::Record { .. } => true,
    };
    given && free
}

/// The expression that reads a parameter: its default on events that have no form. GitHub has no
/// way to ask whether an input is there, and `false`, `0` and `''` count as absent in `||`; so the
/// short form is used only where that cannot matter.
pub(super) fn expression(plan: &Plan, param: &Param) -> String {
    let input = format!("inputs.{}", param.name);
    // Who calls gets the default too, where nothing is given.
    let is_given = plan.triggers.iter().all(|it| matches!(it.event, Event::Manual | Event::Call));
    if let ValueType::Optional(inner) = &param.ty
        && matches!(**inner, ValueType::Enum { .. })
    {
        let given = match &param.default {
            Some(default) if *default != Const::None && !is_given => {
                format!("({input} || {})", quoted(&default.text()))
            }
            _ => input,
        };
        return format!("{given} != {0} && {given} || ''", quoted(NONE));
    }
    if is_given {
        return input;
    }
    // Lists and structs are text for GitHub.
    let json = |value: &Const| match value {
        Const::List(_) | Const::Record(_) => quoted(&Const::Text(value.text()).json().to_string()),
        value => quoted(&value.json().to_string()),
    };
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
