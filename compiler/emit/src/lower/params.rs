//! Parameters that a person gives as text: where a platform does not check what they are, the first step
//! of each job that reads one does, and hands it on in the form that the language has.

use flow_plan::model::{
    Job, Location, OutputKind, Param, Position, Publish, PublishFrom, Run, Script, ScriptPart, Shell, Step, Value,
};

use super::Native;
use super::names::unique;
use super::steps::each;
use crate::facts::Facts;

/// Puts the step before the others of a job of the plan that `facts` are of.
pub(crate) fn lower(facts: &Facts<'_>, native: &dyn Native, job: &mut Job) {
    let asked: Vec<&Param> = facts.plan.params.iter().filter(|it| native.asks(facts.plan, it)).collect();
    if asked.is_empty() {
        return;
    }
    let id = unique("params".to_owned(), '-', |id| job.steps.iter().any(|it| it.id == id));
    let mut read = Vec::new();
    let mut pass = |value: &mut Value| replaced(facts, &asked, &id, value, &mut read);
    job.env.iter_mut().for_each(|(_, value)| pass(value));
    for step in &mut job.steps {
        each(step, &mut |value, _, _| pass(value));
        if let Some(guard) = &mut step.guard {
            pass(&mut guard.condition);
        }
    }
    for output in &mut job.outputs {
        match &mut output.kind {
            // Who reads such a one looks at the parameter itself.
            OutputKind::Value { value, .. } if !facts.is_early(value) => pass(value),
            _ => {}
        }
    }
    if let Some(url) = job.environment.as_mut().and_then(|it| it.url.as_mut()) {
        pass(url);
    }
    let found: Vec<&Param> = asked.into_iter().filter(|it| read.contains(&it.name)).collect();
    if !found.is_empty() {
        job.steps.insert(0, checking(job, &id, &found));
    }
}

/// Refers to what the step hands on; notes which parameters that are.
fn replaced(facts: &Facts<'_>, asked: &[&Param], step: &str, value: &mut Value, read: &mut Vec<String>) {
    match value {
        Value::Param(name) if asked.iter().any(|it| it.name == *name) => {
            read.push(name.clone());
            *value = Value::Step { step: step.to_owned(), name: std::mem::take(name) };
        }
        Value::Output { job, output } => {
            let Some(early) = facts.early(job, output) else { return };
            let mut own = early.clone();
            let before = read.len();
            replaced(facts, asked, step, &mut own, read);
            if read.len() > before {
                *value = own;
            }
        }
        Value::Join(parts) => parts.iter_mut().for_each(|part| replaced(facts, asked, step, part, read)),
        Value::Declassified { value, .. } => replaced(facts, asked, step, value, read),
        Value::Compute(it) => it.args.iter_mut().for_each(|arg| replaced(facts, asked, step, &mut arg.value, read)),
        _ => {}
    }
}

/// The step that looks at what was given.
fn checking(job: &Job, id: &str, params: &[&Param]) -> Step {
    let mut parts = Vec::new();
    for (at, param) in params.iter().enumerate() {
        let name = param.name.clone();
        parts.push(ScriptPart::Text(if at == 0 { "printf '%s\\n' \"" } else { "\nprintf '%s\\n' \"" }.to_owned()));
        parts.push(ScriptPart::Read {
            variable: name.to_uppercase(),
            value: Value::Param(name.clone()),
            position: Position::Quoted,
        });
        parts.push(ScriptPart::Text("\" > ".to_owned()));
        let location = Location::Value { step: id.to_owned(), name };
        parts.push(ScriptPart::Path { location, position: Position::Bare });
    }
    let publish = |it: &&Param| Publish::new(it.name.clone(), it.ty.clone(), PublishFrom::File);
    Step {
        id: id.to_owned(),
        title: if params.len() == 1 { "Check the parameter" } else { "Check the parameters" }.to_owned(),
        run: Run::Script(Script { shell: Shell::Bash, parts }),
        publishes: params.iter().map(publish).collect(),
        place: job.place.clone(),
        ..Step::default()
    }
}
