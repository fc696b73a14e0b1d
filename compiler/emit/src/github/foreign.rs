//! Steps that somebody else has written.

use flow_plan::model::{Const, ForeignKind, ForeignStep, Job, Publish, PublishFrom, Step, Value, ValueType};

use super::expr::Expr;
use super::jobs::minutes;
use super::step::tolerance;
use super::steps::conditional;
use super::values::{Github, HOST, literal, quoted};
use super::{raw, step};
use crate::EmitError;
use crate::facts::Facts;
use crate::shell::values::checked;
use crate::steps::{Platform, value_path};
use crate::yaml::{Around, Item, Map, Node};

/// The step, and one that checks what it gave, where that is more than text.
pub(super) fn steps(
    github: &Github<'_>,
    job: &Job,
    step: &Step,
    it: &ForeignStep,
    condition: Option<Expr>,
) -> Result<Vec<Item>, EmitError> {
    let refuse =
        |why: String, help: &str| EmitError::at(&step.place, format!("{}: step `{}`: {why}", job.id, step.title), help);
    if it.kind == ForeignKind::Task {
        return Err(refuse("GitHub has no tasks".to_owned(), "choose by `match ctx.backend`"));
    }
    let Some(uses) = github.pins.uses(&it.reference) else {
        let why = format!("nothing says which commit `{}` is", it.reference);
        return Err(refuse(why, "run `flowc lock` and commit flow.lock, or write the commit"));
    };
    let read: Vec<&Publish> =
        step.publishes.iter().filter(|it| github.facts.is_read(job, &step.id, &it.name)).collect();
    let check = !read.iter().all(|it| is_text(it));
    let own_id = if check { format!("{}-action", step.id) } else { step.id.clone() };
    let when = condition.as_ref().map(Expr::condition);
    let mut map = Map::new()
        .with("name", literal(&step.title))
        .with_some("id", (!read.is_empty()).then_some(own_id.as_str()))
        .with_some("if", when.as_deref());
    tolerance(github, job, step, &mut map)?;
    map = map.with_some("timeout-minutes", step.timeout_seconds.map(minutes));
    let mut env = Map::new();
    let wide = job
        .env
        .iter()
        .filter(|(name, value)| !github.is_job_wide(job, name, value) && !step.env.iter().any(|(own, _)| own == name));
    for (name, value) in wide.chain(&step.env) {
        env.push(name.as_str(), github.text(job, value).map_err(|why| refuse(why, "pass it another way"))?);
    }
    if !env.entries.is_empty() {
        map.push("env", env);
    }
    raw::merge_in(github, job, &mut map, &step.raw)?;
    // An auditor asks for `$/`, which neither servers of an enterprise nor older runners know.
    let local = it.reference.starts_with("./").then(|| "zizmor: ignore[self-repository]".to_owned());
    map.push_around("uses", uses.text, Around { beside: uses.version.or(local), ..Around::default() });
    let mut with = Map::new();
    for (name, value) in &it.inputs {
        let text = github.text(job, value).map_err(|why| refuse(why, "give the input another way"))?;
        let node = match value {
            Value::Const(Const::Bool(_) | Const::Int(_)) => Node::Plain(text),
            _ if text.contains('\n') => Node::Block(text),
            _ => Node::Text(text),
        };
        with.push(name.as_str(), node);
    }
    if !with.entries.is_empty() {
        map.push("with", with);
    }
    let mut items = vec![Item::bare(map)];
    if check {
        items.push(
            checking(github, job, step, &own_id, &read, condition)
                .map_err(|why| refuse(why.to_owned(), "change its type"))?,
        );
    }
    Ok(items)
}

/// The output of a step in an expression: that of a foreign one, which no step looks at again, under its
/// own name.
pub(super) fn output(facts: &Facts<'_>, job: Option<&Job>, step: &str, name: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
    match job.and_then(|job| own_name(facts, job, step, name)) {
        Some(own) if !own.chars().all(plain) => format!("steps.{step}.outputs[{}]", quoted(&own)),
        own => format!("steps.{step}.outputs.{}", own.as_deref().unwrap_or(name)),
    }
}

fn own_name(facts: &Facts<'_>, job: &Job, step: &str, name: &str) -> Option<String> {
    let found = job.steps.iter().find(|it| it.id == step)?;
    let all = || found.publishes.iter().filter(|it| facts.is_read(job, step, &it.name));
    if !all().all(is_text) {
        return None;
    }
    let publish = found.publishes.iter().find(|it| it.name == name)?;
    match &publish.from {
        PublishFrom::Foreign(foreign) => Some(foreign.clone()),
        _ => None,
    }
}

/// Whether it is handed on as it is.
fn is_text(publish: &Publish) -> bool {
    publish.ty == ValueType::Optional(Box::new(ValueType::String))
}

/// The step that looks at the outputs and hands them on under the step's id.
fn checking(
    github: &Github<'_>,
    job: &Job,
    step: &Step,
    action: &str,
    read: &[&Publish],
    condition: Option<Expr>,
) -> Result<Item, &'static str> {
    let mut lines = vec![HOST.fail()];
    let mut env = Map::new();
    for publish in read {
        let PublishFrom::Foreign(foreign) = &publish.from else { continue };
        let variable = publish.name.to_uppercase();
        env.push(variable.as_str(), format!("${{{{ steps.{action}.outputs.{foreign} }}}}"));
        let below = value_path(&step.id, &publish.name);
        lines.push(format!("printf '%s\\n' \"${variable}\" > {}", HOST.path(&below)));
        let what = format!("{}: {} of {}", job.id, publish.name, step.title);
        let required = publish.ty == ValueType::String;
        let (check, form) = checked(HOST, job.runner.os, &below, publish, &what, required)?;
        lines.extend(check);
        lines.extend(github.publish(job, step, publish, form));
    }
    let known = step::succeeded(action);
    let when = match (condition, &step.continue_on_error) {
        (condition, None) => condition,
        (Some(condition), Some(_)) => Some(condition.and(known)),
        (None, Some(_)) => Some(known),
    };
    let when = when.map(|it| it.condition());
    let title = format!("Check what “{}” gave", step.title);
    let mut item = conditional(&title, Some(&step.id), when.as_deref(), &lines.join("\n"));
    if let Node::Map(map) = &mut item.value {
        let at = map.entries.len().saturating_sub(1);
        let run = map.entries.split_off(at);
        map.push("env", env);
        map.entries.extend(run);
    }
    Ok(item)
}
