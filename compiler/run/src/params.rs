//! The pipeline's parameters and secrets, settled before anything starts.

use std::collections::{BTreeMap, BTreeSet};

use flow_plan::model::{Const, Job, Plan, Secret, SettingValue, Value, ValueType};

use crate::environment;
use crate::error::{MissingSecret, ParamProblem, RunError, nearest};
use crate::options::Options;
use crate::values;

/// The value of each parameter: what was given, else its default.
pub(crate) fn settle(plan: &Plan, given: &[(String, String)]) -> Result<BTreeMap<String, Const>, RunError> {
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
        match values::parse(&param.ty, text) {
            Ok(value) => drop(settled.insert(name.clone(), value)),
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
            (Some(default), _) => drop(settled.insert(param.name.clone(), default.clone())),
            (None, ValueType::Optional(_)) => drop(settled.insert(param.name.clone(), Const::None)),
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

/// The secrets that `jobs` read: what was given under the name in the program, else the variable of the name
/// that the program gives for local runs, else that of its own.
pub(crate) fn secrets<'a>(
    plan: &Plan,
    jobs: impl Iterator<Item = &'a Job>,
    options: &Options,
) -> Result<BTreeMap<String, String>, RunError> {
    let mut names = BTreeSet::new();
    for job in jobs {
        job.values(&mut |value| {
            if let Value::Secret(name) = value {
                names.insert(name.clone());
            }
        });
    }
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    for name in names {
        let declared = plan.secrets.iter().find(|it| it.name == name);
        let variable = variable(&name, declared);
        match given(&name, &variable, options) {
            Some(value) => drop(found.insert(name, value)),
            None if declared.is_some_and(|it| it.optional) => {}
            None => missing.push(MissingSecret { name, variable, place: declared.map(|it| it.place.clone()) }),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(RunError::Secrets(missing)) }
}

/// The secrets that are there, whoever reads them: what conditions of jobs ask.
pub(crate) fn secrets_there(plan: &Plan, options: &Options) -> BTreeMap<String, String> {
    let all = plan.secrets.iter();
    all.filter_map(|it| Some((it.name.clone(), given(&it.name, &variable(&it.name, Some(it)), options)?))).collect()
}

/// The variable that may hold a secret.
fn variable(name: &str, declared: Option<&Secret>) -> String {
    match declared.and_then(|it| it.source.as_ref()) {
        Some(SettingValue::Value(Value::Const(Const::Text(source)))) => source.clone(),
        _ => name.to_owned(),
    }
}

/// What a secret is; an empty one is none.
fn given(name: &str, variable: &str, options: &Options) -> Option<String> {
    let outside = || environment::get(&options.environment, variable)?.to_str().map(str::to_owned);
    options.secrets.get(name).cloned().or_else(outside).filter(|it| !it.is_empty())
}
