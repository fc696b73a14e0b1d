//! What can be known to go wrong before anything starts: a plan that contradicts itself, jobs for
//! another system, shells that are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use flow_plan::construct::{Construct, refused};
use flow_plan::model::{FORMAT, Job, Os, OutputKind, Plan, Run, Shell, Value};

use crate::error::{ForeignJob, MissingShell, NotBuilt, RunError};
use crate::{shell, system, values};

/// What is carried out beyond what [`Construct`] leaves to every backend; one to a line, in its order.
#[rustfmt::skip]
const LOWERED: &[Construct] = &[
    Construct::MergeQueue,
    Construct::Call,
    Construct::Finished,
    Construct::NativeEvent,
    Construct::TriggerTypes,
    Construct::Timezone,
    Construct::OptionalSecret,
    Construct::SecretSource,
    Construct::RunName,
    Construct::Concurrency,
    Construct::Extends,
    Construct::Raw,
    Construct::Stage,
    Construct::Gate,
    Construct::PipelineOutput,
    Construct::JobGuard,
    Construct::ForEach,
    Construct::OnFailureJob,
    Construct::FinallyJob,
    Construct::RunnerChoice,
    Construct::Environment,
    Construct::Container,
    Construct::Service,
    Construct::Cache,
    Construct::Permissions,
    Construct::ContinueOnError,
    Construct::JobAlways,
    Construct::CheckoutPlace,
    Construct::AlwaysOutput,
    Construct::FamilyOutput,
    Construct::OptionalFiles,
    Construct::Assertion,
    Construct::Earlier,
    Construct::Part,
    Construct::Either,
    Construct::View,
    Construct::Pattern,
    Construct::Json,
    Construct::ExposeFound,
    Construct::ExposeWhen,
    Construct::ExposeGuard,
    Construct::StepGuard,
    Construct::OnFailure,
    Construct::Finally,
    Construct::Retry,
    Construct::Export,
    Construct::AddPath,
    Construct::Summary,
    Construct::Checkout,
    Construct::TakeFiles,
    Construct::PassFiles,
    Construct::SecretValue,
    Construct::Record,
    Construct::Spread,
    Construct::Compute,
    Construct::Item,
    Construct::Changed,
    Construct::Presence,
    Construct::Succeeded,
    Construct::Declassify,
    Construct::ContextPath,
];

/// The jobs' order, by their index in the plan.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// What each job needs, directly, once each.
    pub(crate) needs: Vec<BTreeSet<usize>>,
    /// What needs it.
    pub(crate) needed_by: Vec<BTreeSet<usize>>,
}

/// Checks that all that is read is made before, and returns the order.
pub(crate) fn graph(plan: &Plan) -> Result<Graph, RunError> {
    let unsound = |text: String| Err(RunError::Plan(text));
    if plan.format != FORMAT {
        return unsound(format!("it has format {}, this program knows {FORMAT}", plan.format));
    }
    let refused = refused(plan, LOWERED);
    if !refused.is_empty() {
        return Err(RunError::NotBuilt(refused.into_iter().map(NotBuilt).collect()));
    }
    let mut by_id: BTreeMap<&str, (usize, &Job)> = BTreeMap::new();
    let mut graph = Graph { needs: Vec::new(), needed_by: vec![BTreeSet::new(); plan.jobs.len()] };
    for (index, job) in plan.jobs.iter().enumerate() {
        let mut needs = BTreeSet::new();
        for edge in &job.needs {
            let Some((needed, _)) = by_id.get(edge.job.as_str()) else {
                return unsound(format!("job `{}` needs `{}`, which does not stand before it", job.id, edge.job));
            };
            needs.insert(*needed);
            if let Some(dependants) = graph.needed_by.get_mut(*needed) {
                dependants.insert(index);
            }
        }
        graph.needs.push(needs);
        for consume in &job.consumes {
            let mut unknown = None;
            consume.from.outputs(&mut |from, output| {
                let producer = by_id.get(from).map(|(_, job)| *job);
                let made = producer.is_some_and(|it| {
                    it.outputs.iter().any(|it| it.name == output && matches!(it.kind, OutputKind::Artifact(_)))
                });
                if !made || !job.needs.iter().any(|edge| edge.job == from) {
                    unknown = Some((from, output));
                }
            });
            if let Some((from, output)) = unknown {
                let id = &job.id;
                return unsound(format!(
                    "job `{id}` consumes `{output}` of `{from}`, which it does not need or which is not made"
                ));
            }
        }
        for expose in job.exposes.iter().filter(|it| it.found.is_none()) {
            let artifact = job.outputs.iter().find_map(|it| match &it.kind {
                OutputKind::Artifact(schema) if it.name == expose.output => Some(schema),
                _ => None,
            });
            if !artifact.is_some_and(|schema| schema.fields.iter().any(|it| expose.shows(it))) {
                return unsound(format!("job `{}` exposes `{}`, which is no artifact of it", job.id, expose.output));
            }
        }
        if by_id.insert(&job.id, (index, job)).is_some() {
            return unsound(format!("it has two jobs `{}`", job.id));
        }
    }
    let mut problem = None;
    values::each(plan, &mut |job, value| {
        let known = match value {
            Value::Output { job: from, .. } => job.needs.iter().any(|edge| edge.job == *from),
            Value::Param(name) => plan.params.iter().any(|it| it.name == *name),
            _ => true,
        };
        if !known {
            problem.get_or_insert_with(|| format!("job `{}` reads {value:?}, which it cannot know", job.id));
        }
    });
    problem.map_or(Ok(graph), unsound)
}

/// Refuses jobs for another system.
pub(crate) fn foreign(plan: &Plan, graph: &Graph, active: &[bool]) -> Result<(), RunError> {
    let host: Os = system::host();
    let mut jobs = Vec::new();
    for ((job, needed_by), active) in plan.jobs.iter().zip(&graph.needed_by).zip(active) {
        // An image brings its system along.
        if *active && job.runner.os != host && job.container.is_none() {
            let needed_by = needed_by.iter().filter_map(|it| Some(plan.jobs.get(*it)?.id.clone())).collect();
            jobs.push(ForeignJob { job: job.id.clone(), os: job.runner.os, needed_by, place: job.place.clone() });
        }
    }
    if jobs.is_empty() { Ok(()) } else { Err(RunError::Foreign { host, jobs }) }
}

/// Finds the shells that the scripts need which run on this machine.
pub(crate) fn shells<'a>(
    jobs: impl Iterator<Item = &'a Job>,
    variables: &BTreeMap<OsString, OsString>,
) -> Result<BTreeMap<&'static str, PathBuf>, RunError> {
    let mut found = BTreeMap::new();
    let mut missing: Vec<MissingShell> = Vec::new();
    for job in jobs.filter(|job| job.container.is_none()) {
        for step in &job.steps {
            let Run::Script(script) = &step.run else { continue };
            let shell: Shell = script.shell;
            let program = shell::program(shell);
            if found.contains_key(program) || missing.iter().any(|it| it.program == program) {
                continue;
            }
            match shell::find(program, variables) {
                Some(path) => drop(found.insert(program, path)),
                None => missing.push(MissingShell {
                    program: program.to_owned(),
                    job: job.id.clone(),
                    step: step.title.clone(),
                    place: step.place.clone(),
                }),
            }
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(RunError::Shells(missing)) }
}
