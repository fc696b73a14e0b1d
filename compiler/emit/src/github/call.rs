//! Workflows that call and are called: the trigger `call` with what a caller gives and gets, and jobs
//! that are other workflows.

use flow_plan::model::{Const, ForeignJob, Job, PipelineOutput, PipelineOutputKind, Plan, Value, ValueType};

use super::context::{CALLED, secret, tells_calls};
use super::expr::Scope;
use super::params;
use super::settings;
use super::values::{Github, literal};
use crate::EmitError;
use crate::lower::Site;
use crate::lower::types::Types;
use crate::yaml::{Around, Map, Node};

/// The value of `workflow_call`; without what is handed to the caller, which [`outputs`] adds.
pub(super) fn trigger(plan: &Plan) -> Result<Node, Vec<EmitError>> {
    let mut inputs = Map::new();
    let mut errors = Vec::new();
    for param in &plan.params {
        match params::called(param) {
            Ok(it) => inputs.push(param.name.as_str(), it),
            Err(it) => errors.push(it),
        }
    }
    if tells_calls(plan) {
        let docs = "Tells a call from other events; leave it as it is.";
        inputs.push(CALLED, Map::new().with("description", docs).with("type", "boolean").with("default", true));
    }
    let mut secrets = Map::new();
    for it in &plan.secrets {
        let name = secret(plan, &it.name);
        if secrets.get(name).is_none() {
            secrets.push(name, Map::new().with("required", !it.optional));
        }
    }
    let mut map = Map::new();
    for (key, entries) in [("inputs", inputs), ("secrets", secrets)] {
        if !entries.entries.is_empty() {
            map.push(key, entries);
        }
    }
    if errors.is_empty() { Ok(if map.entries.is_empty() { Node::Null } else { map.into() }) } else { Err(errors) }
}

/// Adds what a caller gets to the value of `workflow_call`.
pub(super) fn outputs(github: &Github<'_>, on: &mut Map) -> Result<(), Vec<EmitError>> {
    let mut outputs = Map::new();
    let mut errors = Vec::new();
    for output in &github.facts.plan.outputs {
        match handed_on(github, output) {
            Ok(it) => outputs.push(output.name.as_str(), it),
            Err(it) => errors.push(it),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let call = on.entries.iter_mut().find(|it| it.key.is("workflow_call"));
    if let Some(call) = call
        && !outputs.entries.is_empty()
    {
        let mut map = match std::mem::replace(&mut call.value, Node::Null) {
            Node::Map(map) => map,
            _ => Map::new(),
        };
        map.push("outputs", outputs);
        call.value = map.into();
    }
    Ok(())
}

fn handed_on(github: &Github<'_>, output: &PipelineOutput) -> Result<Map, EmitError> {
    let PipelineOutputKind::Value { value, .. } = &output.kind else {
        let message = format!("the output {} of the pipeline is files, and GitHub hands on texts only", output.name);
        return Err(EmitError::at(&output.place, message, "expose the files, and read them by `latest` or `run`"));
    };
    let text = github.text_at(None, value, Site::Caller).map_err(|why| {
        EmitError::at(
            &output.place,
            format!("the output {} of the pipeline: {why}", output.name),
            "compute it in a job",
        )
    })?;
    let docs = output.docs.as_deref().map(params::one_line);
    Ok(Map::new().with_some("description", docs).with("value", text))
}

/// The rest of a job that is another workflow, after its condition.
pub(super) fn job(github: &Github<'_>, job: &Job, foreign: &ForeignJob, map: &mut Map) -> Result<(), Vec<EmitError>> {
    let refuse = |why: String| EmitError::at(&job.place, format!("{}: {why}", job.id), "pass it another way");
    if !foreign.reference.contains(".github/workflows/") {
        let message = format!("{}: `{}` is no workflow of GitHub's", job.id, foreign.reference);
        return Err(vec![EmitError::at(&job.place, message, "leave this backend out, or call a workflow by an arm")]);
    }
    if job.continue_on_error.is_some() {
        let message = format!("{}: GitHub takes no `continue_on_error` for a workflow that is called", job.id);
        return Err(vec![EmitError::at(&job.place, message, "say it in the called workflow")]);
    }
    if let Some(it) = settings::concurrency(github, job).map_err(|it| vec![it])? {
        map.push("concurrency", it);
    }
    if let Some(rights) = settings::permissions(job) {
        map.push("permissions", rights);
    }
    let (text, mut version) = match github.pins.uses(&foreign.reference) {
        Some(it) => (it.text, it.version),
        None => (foreign.reference.clone(), None),
    };
    if text.starts_with("./") {
        // Not all readers of workflows know another way to say it.
        version = Some("zizmor: ignore[self-repository]".to_owned());
    }
    map.push_around("uses", text, Around { beside: version, ..Around::default() });
    let mut errors = Vec::new();
    let mut with = Map::new();
    for (name, value) in &foreign.inputs {
        match input(github, job, value) {
            Ok(Node::Null) => {}
            Ok(node) => with.push(name.as_str(), node),
            Err(why) => errors.push(refuse(why)),
        }
    }
    if !with.entries.is_empty() {
        map.push("with", with);
    }
    let mut secrets = Map::new();
    for (name, value) in &foreign.secrets {
        match github.text_at(Some(job), value, Site::JobEnv) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => secrets.push(name.as_str(), text),
            Err(why) => errors.push(refuse(why)),
        }
    }
    if !secrets.entries.is_empty() {
        map.push("secrets", secrets);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// An input of a workflow. Its type is checked: a number or a truth value is no text.
fn input(github: &Github<'_>, job: &Job, value: &Value) -> Result<Node, String> {
    let ty = Types { facts: github.facts, job: Some(job) }.of(value);
    let words = || format!("GitHub has no words for {} here", flow_plan::show::value(value));
    let scope = Scope::new(github.facts, Some(job), Site::Job);
    Ok(match (value, &ty) {
        // What is left out has the default of the workflow.
        (Value::Const(Const::None), _) => Node::Null,
        (Value::Const(Const::Bool(it)), _) => (*it).into(),
        (Value::Const(Const::Int(it)), _) => Node::Plain(it.to_string()),
        (Value::Const(it), _) => literal(&it.text()).into(),
        (_, ValueType::Bool) => format!("${{{{ {} }}}}", scope.truth(value).ok_or_else(words)?.text).into(),
        (_, ValueType::Int) => format!("${{{{ {} }}}}", scope.number(value).ok_or_else(words)?.text).into(),
        _ => github.text_at(Some(job), value, Site::Job)?.into(),
    })
}
