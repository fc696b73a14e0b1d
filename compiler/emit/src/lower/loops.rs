//! Jobs that run for each element of a list known later: what their legs make, and who reads it.
//!
//! A platform keeps one value for all legs. So each leg leaves its values in an artifact of its own,
//! and a reader finds them there: a later job of the same loop that of its own leg, any other all of
//! them, in the order of the list.

use flow_plan::model::{
    Block, Consume, Field, FieldKind, Files, Job, Location, Op, Output, OutputKind, Place, Plan, Position, Publish,
    PublishFrom, Run, Schema, Script, ScriptPart, Shell, Step, Value, ValueType,
};
use rustc_hash::FxHashSet;

use super::conditions::{self, conjuncts};
use super::names::unique;
use crate::EmitError;
use crate::facts::artifact_name;

/// The same plan with readers that find what each leg made.
pub(crate) fn lower(plan: &Plan) -> Result<Plan, Vec<EmitError>> {
    let mut lowered = plan.clone();
    let mut errors = Vec::new();
    let looped: FxHashSet<&str> = plan.jobs.iter().filter(|it| !it.each.is_empty()).map(|it| it.id.as_str()).collect();
    for at in 0..plan.jobs.len() {
        let (before, rest) = lowered.jobs.split_at_mut(at);
        if let Some(job) = rest.first_mut() {
            readers(plan, &looped, before, job, &mut errors);
        }
    }
    if errors.is_empty() { Ok(lowered) } else { Err(errors) }
}

/// Which conditions and lists a job has that only its elements decide: they become filters of the list.
pub(crate) fn filters(plan: &Plan) -> Result<Plan, Vec<EmitError>> {
    let mut lowered = plan.clone();
    let mut errors = Vec::new();
    for job in lowered.jobs.iter_mut().filter(|it| !it.each.is_empty()) {
        let (mut open, mut own) = (Vec::new(), Vec::new());
        if let Some(guard) = &job.guard {
            for one in conjuncts(&guard.condition) {
                let asks = |it: &Value| matches!(it, Value::Item { name, .. } if job.each.iter().any(|each| each.name == *name));
                if mentions(one, &asks) { own.push(one.clone()) } else { open.push(one.clone()) }
            }
        }
        if own.is_empty() && job.each.len() == 1 {
            continue;
        }
        if job.guard.is_some() {
            job.guard = conditions::guard(&open);
        }
        let inner = |it: &Value| matches!(it, Value::Item { .. });
        let depends = job.each.iter().any(|it| mentions(&it.list, &inner));
        let free = own.is_empty() && !depends && job.each.iter().all(|it| it.filter.is_none());
        match job.each.as_mut_slice() {
            [each] => each.filter = conditions::all(each.filter.take().into_iter().chain(own).collect()),
            _ if free => {}
            _ => errors.push(EmitError::at(
                &job.place,
                format!("{}: an inner loop or a condition here asks for the element of an outer loop, and both lists are known only later", job.id),
                "make one list of structs that holds what both loops need, and loop over that",
            )),
        }
    }
    if errors.is_empty() { Ok(lowered) } else { Err(errors) }
}

fn mentions(value: &Value, asks: &dyn Fn(&Value) -> bool) -> bool {
    let mut found = false;
    value.each(&mut |it| found |= asks(it));
    found
}

/// Has a job find the values of legs.
fn readers(plan: &Plan, looped: &FxHashSet<&str>, before: &mut [Job], job: &mut Job, errors: &mut Vec<EmitError>) {
    let has_legs = |id: &str| looped.contains(id) && id != job.id;
    let mut read: Vec<(String, Vec<String>)> = Vec::new();
    job.values(&mut |value| {
        if let Value::Output { job: from, output } = value
            && has_legs(from)
        {
            match read.iter_mut().find(|(id, _)| id == from) {
                Some((_, outputs)) if outputs.contains(output) => {}
                Some((_, outputs)) => outputs.push(output.clone()),
                None => read.push((from.clone(), vec![output.clone()])),
            }
        }
    });
    for consume in &job.consumes {
        consume.from.outputs(&mut |from, output| {
            if has_legs(from) {
                errors.push(EmitError::at(
                    &job.place,
                    format!("{}: {output} of {from} is files of a job that runs for each element of a list known later, and there is one name for all of them", job.id),
                    "let the loop's job hand on values, or loop over a list that is known while compiling",
                ));
            }
        });
    }
    let mut first = Vec::new();
    for (id, outputs) in read {
        let Some(maker) = before.iter_mut().find(|it| it.id == id) else { continue };
        if maker.continue_on_error.is_some() || maker.foreign.is_some() {
            let what = if maker.foreign.is_some() { "is another workflow" } else { "may fail" };
            errors.push(EmitError::at(
                &job.place,
                format!("{}: the values of {id}, which runs for each element of a list known later and {what}, cannot be told apart", job.id),
                "call it outside of the loop, or do not read what it gives",
            ));
            continue;
        }
        let same = same_loop(maker, job);
        let step = unique(format!("values-of-{id}"), '-', |id| job.steps.iter().any(|it| it.id == id));
        let input = unique(format!("{id}-values"), '-', |id| job.consumes.iter().any(|it| it.id == id));
        let kept = keep(maker, &outputs);
        let types: Vec<(String, ValueType)> =
            outputs.iter().filter_map(|it| Some((it.clone(), ty(maker, it)?))).collect();
        first.push(find(&step, &id, (&input, &artifact_name(plan, &id, &kept)), &types, same, &job.place));
        let schema = schema(&kept, maker);
        let (from, output) = (id.clone(), kept);
        let consume = Consume::new(input, Files::Output { job: from, output }, schema);
        job.consumes.push(Consume { optional: !same, ..consume });
        let mut refer = |value: &mut Value| {
            super::jobs::rewrite(value, &mut |value| match value {
                Value::Output { job: from, output } if *from == id => {
                    Some(Value::Step { step: step.clone(), name: output.clone() })
                }
                _ => None,
            });
        };
        super::visit::job(job, &mut refer);
    }
    job.steps.splice(0..0, first);
}

/// Whether a job runs for each element of the very list that an earlier one does.
fn same_loop(maker: &Job, job: &Job) -> bool {
    maker.each == job.each
}

fn ty(maker: &Job, output: &str) -> Option<ValueType> {
    maker.outputs.iter().find(|it| it.name == output).and_then(|it| match &it.kind {
        OutputKind::Value { ty, .. } => Some(ty.clone()),
        OutputKind::Artifact(_) => None,
    })
}

/// Has a job leave these values in an artifact, and gives its name.
fn keep(maker: &mut Job, outputs: &[String]) -> String {
    let known = maker.outputs.iter().find(|it| it.docs.as_deref() == Some(KEPT)).map(|it| it.name.clone());
    let name = known
        .unwrap_or_else(|| unique("values".to_owned(), '_', |name| maker.outputs.iter().any(|it| it.name == name)));
    let (fields, mut parts) = (schema(&name, maker).fields, Vec::new());
    let new: Vec<&String> = outputs.iter().filter(|it| !fields.iter().any(|field| field.name == **it)).collect();
    for output in &new {
        let value = maker.outputs.iter().find(|it| it.name == **output).and_then(|it| match &it.kind {
            OutputKind::Value { value, .. } => Some(value.clone()),
            OutputKind::Artifact(_) => None,
        });
        let Some(value) = value else { continue };
        parts.push(ScriptPart::Text(if parts.is_empty() { "printf %s " } else { "\nprintf %s " }.to_owned()));
        let variable = output.to_ascii_uppercase().replace('-', "_");
        parts.push(ScriptPart::Read { variable: format!("VALUE_{variable}"), value, position: Position::Bare });
        parts.push(ScriptPart::Text(" > ".to_owned()));
        let location = Location::Produced { output: name.clone(), path: (*output).clone() };
        parts.push(ScriptPart::Path { location, position: Position::Bare });
    }
    let more: Vec<Field> = new.iter().map(|it| Field::new(it.as_str(), FieldKind::File, it.as_str())).collect();
    match maker.outputs.iter_mut().find(|it| it.name == name) {
        Some(Output { kind: OutputKind::Artifact(schema), .. }) => schema.fields.extend(more),
        _ => {
            let schema = Schema { name: "values".to_owned(), fields: more };
            let output = Output::new(name.clone(), OutputKind::Artifact(schema), maker.place.clone());
            maker.outputs.push(Output { docs: Some(KEPT.to_owned()), ..output });
        }
    }
    if !parts.is_empty() {
        let at = maker.steps.iter().position(|it| it.block != Block::Main).unwrap_or(maker.steps.len());
        let id = unique("keep-values".to_owned(), '-', |id| maker.steps.iter().any(|it| it.id == id));
        let run = Run::Script(Script { shell: Shell::Bash, parts });
        let title = "Keep the values of this leg".to_owned();
        maker.steps.insert(at, Step { id, title, run, place: maker.place.clone(), ..Step::default() });
    }
    name
}

/// What tells the artifact from the author's own.
const KEPT: &str = "The values of one leg.";

fn schema(name: &str, maker: &Job) -> Schema {
    let found = maker.outputs.iter().find(|it| it.name == name).and_then(|it| match &it.kind {
        OutputKind::Artifact(schema) => Some(schema.clone()),
        OutputKind::Value { .. } => None,
    });
    found.unwrap_or(Schema { name: "values".to_owned(), fields: Vec::new() })
}

/// The step that finds values.
fn find(
    id: &str,
    maker: &str,
    (input, artifact): (&str, &str),
    types: &[(String, ValueType)],
    same: bool,
    place: &Place,
) -> Step {
    let mut parts = Vec::new();
    let path = |location| ScriptPart::Path { location, position: Position::Bare };
    let consumed = |path: &str| Location::Consumed { input: input.to_owned(), path: path.to_owned() };
    let kept = |name: &str| Location::Value { step: id.to_owned(), name: name.to_owned() };
    if same {
        for (name, _) in types {
            parts.push(ScriptPart::Text(if parts.is_empty() { "cp " } else { "\ncp " }.to_owned()));
            parts.push(path(consumed(name)));
            parts.push(ScriptPart::Text(" ".to_owned()));
            parts.push(path(kept(name)));
        }
    } else {
        for (name, ty) in types {
            parts.push(ScriptPart::Text(if parts.is_empty() { "leg=0\n" } else { "\nleg=0\n" }.to_owned()));
            parts.push(ScriptPart::Text("while [ -e ".to_owned()));
            parts.push(path(consumed(&format!("{artifact}."))));
            parts.push(ScriptPart::Text(format!("$leg ]; do\n  {} < ", as_json(ty))));
            parts.push(path(consumed(&format!("{artifact}."))));
            parts.push(ScriptPart::Text(format!("$leg/{name}\n  leg=$((leg + 1))\ndone | jq -cs . > ")));
            parts.push(path(kept(name)));
        }
    }
    let list = |ty: &ValueType| if same { ty.clone() } else { ValueType::List(Box::new(ty.clone())) };
    let publishes = types.iter().map(|(name, ty)| Publish::new(name.clone(), list(ty), PublishFrom::File));
    let title =
        if same { format!("Read what {maker} made for this element") } else { format!("Collect what {maker} made") };
    Step {
        id: id.to_owned(),
        title,
        run: Run::Script(Script { shell: Shell::Bash, parts }),
        publishes: publishes.collect(),
        place: place.clone(),
        ..Step::default()
    }
}

/// The command that makes JSON of a value's text.
fn as_json(ty: &ValueType) -> &'static str {
    match ty {
        ValueType::Bool | ValueType::Int | ValueType::List(_) | ValueType::Record { .. } => "jq -c .",
        ValueType::Optional(inner) => match **inner {
            ValueType::Bool | ValueType::Int | ValueType::List(_) | ValueType::Record { .. } => {
                "jq -Rsc 'if . == \"\" then null else fromjson end'"
            }
            _ => "jq -Rsc 'if . == \"\" then null else . end'",
        },
        ValueType::String | ValueType::Enum { .. } | ValueType::Duration => "jq -Rsc .",
    }
}

/// The list that a filtered loop runs over.
pub(crate) fn filtered(job: &Job) -> Option<Value> {
    let [each] = job.each.as_slice() else { return None };
    let filter = each.filter.clone()?;
    let list = ValueType::List(Box::new(each.ty.clone()));
    let phase = each.list.phase().max(filter.phase());
    let operand = |value, ty| flow_plan::model::Operand { value, ty };
    let item = Value::Item { name: each.name.clone(), phase };
    let args = vec![
        operand(each.list.clone(), list.clone()),
        operand(item, each.ty.clone()),
        operand(filter, ValueType::Bool),
    ];
    Some(Value::Compute(flow_plan::model::Compute { op: Op::Map(each.name.clone()), args, ty: list, phase }))
}
