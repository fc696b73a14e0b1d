//! The pipeline's parameters and secrets, settled before anything starts.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use flow_plan::model::{Plan, Value, ValueType};

use crate::environment;
use crate::error::{ParamProblem, RunError, nearest};
use crate::values;

/// The value of each parameter: what was given, else its default.
pub(crate) fn settle(plan: &Plan, given: &[(String, String)]) -> Result<BTreeMap<String, String>, RunError> {
    let mut problems = Vec::new();
    let mut settled = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (name, text) in given {
        let Some(param) = plan.params.iter().find(|it| it.name == *name) else {
            let known: Vec<String> = plan.params.iter().map(|it| it.name.clone()).collect();
            let suggestion = nearest(name, known.iter().map(String::as_str));
            problems.push(ParamProblem::Unknown { name: name.clone(), suggestion, known });
            continue;
        };
        if !seen.insert(name) {
            problems.push(ParamProblem::Repeated { name: name.clone() });
            continue;
        }
        match values::check(&param.ty, text) {
            Ok(text) => drop(settled.insert(name.clone(), text)),
            Err(_) => problems.push(ParamProblem::Invalid {
                name: name.clone(),
                given: text.clone(),
                expected: values::expected(&param.ty),
                suggestion: nearest(text, variants(&param.ty).iter().map(String::as_str)),
            }),
        }
    }
    for param in plan.params.iter().filter(|it| !seen.contains(&it.name)) {
        match (&param.default, &param.ty) {
            (Some(default), _) => drop(settled.insert(param.name.clone(), default.text())),
            (None, ValueType::Optional(_)) => drop(settled.insert(param.name.clone(), String::new())),
            (None, ty) => problems.push(ParamProblem::Missing {
                name: param.name.clone(),
                expected: values::expected(ty),
                place: param.place.clone(),
            }),
        }
    }
    if problems.is_empty() { Ok(settled) } else { Err(RunError::Params(problems)) }
}

fn variants(ty: &ValueType) -> &[String] {
    match ty {
        ValueType::Enum { variants, .. } => variants,
        ValueType::Optional(inner) => variants(inner),
        _ => &[],
    }
}

/// The secrets that the plan reads, from the variables of their names.
pub(crate) fn secrets(
    plan: &Plan,
    variables: &BTreeMap<OsString, OsString>,
) -> Result<BTreeMap<String, String>, RunError> {
    let mut names = BTreeSet::new();
    values::each(plan, &mut |_, value| {
        if let Value::Secret(name) = value {
            names.insert(name.clone());
        }
    });
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    for name in names {
        match environment::get(variables, &name).and_then(|it| it.to_str()).filter(|it| !it.is_empty()) {
            Some(value) => drop(found.insert(name, value.to_owned())),
            None => missing.push(name),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(RunError::Secrets(missing)) }
}
