//! `changed(…)`: asked once, by the job that plans, which alone has the history that it takes to say it.

use flow_plan::model::{Checkout, Edge, EdgeKind, Files, Job, Output, OutputKind, Permission, Plan, Value, ValueType};

use super::jobs::{computing, keys, rewrite};
use super::names::{name_of, unique};
use super::steps;

/// The plan with a job of this id that says what was changed, to which all others refer; `None`: nobody asks.
pub(super) fn planned(plan: &Plan, id: &str) -> Option<Plan> {
    let mut asked: Vec<(Vec<String>, String)> = Vec::new();
    for job in &plan.jobs {
        job.values(&mut |value| {
            if let Value::Changed(patterns) = value
                && !asked.iter().any(|(it, _)| it == patterns)
            {
                let name = unique(name_of(value), '_', |name| asked.iter().any(|(_, it)| it == name));
                asked.push((patterns.clone(), name));
            }
        });
    }
    let place = plan.jobs.first()?.place.clone();
    if asked.is_empty() {
        return None;
    }
    let outputs = asked.iter().map(|(patterns, name)| {
        let kind = OutputKind::Value { ty: ValueType::Bool, value: Value::Changed(patterns.clone()) };
        Output::new(name.clone(), kind, place.clone())
    });
    let docs = Some("What decides on other jobs, and only a script can say.".to_owned());
    let mut first = computing(id, "plan", docs, outputs.collect(), &place);
    first.checkout = Some(Checkout { depth: 0, ..Checkout::default() });
    first.permissions = vec![Permission {
        scope: "contents".to_owned(),
        access: "read".to_owned(),
        why: vec!["to see what was changed".to_owned()],
    }];
    let mut jobs = vec![first];
    for job in &plan.jobs {
        let mut own = job.clone();
        let mut read: Vec<String> = Vec::new();
        each(&mut own, &mut |value| {
            rewrite(value, &mut |value| {
                let Value::Changed(patterns) = value else { return None };
                let (_, output) = asked.iter().find(|(it, _)| it == patterns)?;
                if !read.contains(output) {
                    read.push(output.clone());
                }
                Some(Value::Output { job: id.to_owned(), output: output.clone() })
            });
        });
        own.needs.extend(read.into_iter().map(|it| Edge { job: id.to_owned(), kind: EdgeKind::Value(it) }));
        jobs.push(own);
    }
    Some(Plan { jobs, ..plan.clone() })
}

/// Calls `visit` for each value that a job mentions.
fn each(job: &mut Job, visit: &mut dyn FnMut(&mut Value)) {
    job.guard.iter_mut().for_each(|it| visit(&mut it.condition));
    job.each.iter_mut().flat_map(|it| &mut it.filter).for_each(&mut *visit);
    keys(job, &mut |value, _| visit(value));
    if let Some(environment) = &mut job.environment {
        environment.url.iter_mut().for_each(&mut *visit);
    }
    job.caches.iter_mut().flat_map(|it| it.paths.iter_mut().chain(&mut it.key)).for_each(&mut *visit);
    if let Some(checkout) = &mut job.checkout {
        checkout.repo.iter_mut().chain(&mut checkout.reference).for_each(&mut *visit);
    }
    job.env.iter_mut().for_each(|(_, value)| visit(value));
    job.consumes.iter_mut().for_each(|it| files(&mut it.from, visit));
    for step in &mut job.steps {
        step.guard.iter_mut().for_each(|it| visit(&mut it.condition));
        steps::each(step, &mut |value, _, _| visit(value));
    }
    for output in &mut job.outputs {
        if let OutputKind::Value { value, .. } = &mut output.kind {
            visit(value);
        }
    }
    job.exposes.iter_mut().filter_map(|it| it.guard.as_mut()).for_each(|it| visit(&mut it.condition));
}

fn files(of: &mut Files, visit: &mut dyn FnMut(&mut Value)) {
    match of {
        Files::Part { of, .. } | Files::Subtree { of, .. } | Files::Filter { of, .. } => files(of, visit),
        Files::Either { condition, then, otherwise } => {
            visit(condition);
            then.iter_mut().chain(otherwise).for_each(|it| files(it, visit));
        }
        Files::Merge { of, .. } => of.iter_mut().for_each(|it| files(it, visit)),
        Files::Output { .. } | Files::Earlier { .. } => {}
    }
}
