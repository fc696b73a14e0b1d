//! What is said of a run when it has ended.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use flow_plan::model::{Job, PipelineOutputKind, Plan};
use flow_plan::origin::described;

use crate::job::{JobEnd, Shared};
use crate::schedule::Finished;
use crate::scope::Scope;
use crate::summary::{Exposed, GateSummary, JobSummary, OutputSummary, Product};

/// How a job is shown to people: the title of its stage stands before its own.
pub fn title(plan: &Plan, job: &Job) -> String {
    let stage = job.stage.as_ref().and_then(|id| plan.stages.iter().find(|it| it.id == *id));
    stage.map_or_else(|| job.title.clone(), |stage| format!("{}: {}", stage.title, job.title))
}

/// How all jobs ended, in the plan's order, and what was exposed.
pub(crate) fn jobs(shared: &Shared, mut ended: BTreeMap<usize, Finished>) -> (Vec<JobSummary>, Vec<Exposed>) {
    let (mut jobs, mut exposed) = (Vec::new(), Vec::new());
    for (index, job) in shared.plan.jobs.iter().enumerate() {
        // All of them end, those that never began too.
        let Some(Finished { mut end, legs }) = ended.remove(&index) else { continue };
        exposed.append(&mut end.exposed);
        let legs = legs.into_iter().map(|(task, mut end)| {
            exposed.append(&mut end.exposed);
            one(shared, job, &task.id, task.title.to_string(), end, Vec::new())
        });
        let legs = legs.collect();
        jobs.push(one(shared, job, &job.id, title(&shared.plan, job), end, legs));
    }
    (jobs, exposed)
}

fn one(shared: &Shared, job: &Job, id: &str, title: String, end: JobEnd, legs: Vec<JobSummary>) -> JobSummary {
    let log = (end.span.is_some() && legs.is_empty()).then(|| shared.folder.log(id));
    let outputs = job.outputs.iter().filter_map(|it| {
        let made = &end.ended;
        let product = match (made.values.get(&it.name), made.artifacts.get(&it.name)) {
            (Some(value), _) => Product::Value(shared.masks.text(&value.text())),
            (None, digest) => {
                let digest = digest?.clone();
                Product::Artifact { manifest: shared.store.manifest_path(&digest), digest }
            }
        };
        Some(OutputSummary { name: it.name.clone(), product })
    });
    JobSummary {
        job: id.to_owned(),
        title,
        outputs: outputs.collect(),
        outcome: end.outcome,
        tolerated: end.tolerated,
        elapsed: end.elapsed,
        span: end.span,
        log,
        steps: end.steps,
        legs,
    }
}

/// What each gate says.
pub(crate) fn gates(plan: &Plan, jobs: &[JobSummary]) -> Vec<GateSummary> {
    let red = |covers: &[String]| {
        let covered = jobs.iter().filter(|job| covers.contains(&job.job));
        covered.filter(|job| !job.passes_gates()).map(|job| job.job.clone()).collect()
    };
    let gates = plan.gates.iter();
    gates.map(|it| GateSummary { gate: it.id.clone(), title: it.title.clone(), red: red(&it.covers) }).collect()
}

/// How the run is shown to people, where the pipeline says so.
pub(crate) fn name(shared: &Shared) -> Option<String> {
    let name = shared.plan.run_name.as_ref()?;
    shared.known.scope().text(name).ok().map(|it| shared.masks.text(&it))
}

/// What a caller of the pipeline gets, as far as it was made.
pub(crate) fn outputs(shared: &Shared) -> Vec<(String, String)> {
    let ended = shared.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let scope = Scope { jobs: &ended, ..shared.known.scope() };
    let of = |output: &flow_plan::model::PipelineOutput| {
        let text = match &output.kind {
            PipelineOutputKind::Value { value, .. } => scope.text(value).ok()?,
            PipelineOutputKind::Files(files) => {
                if !scope.exists(files).ok()? {
                    return None;
                }
                described(files)
            }
        };
        Some((output.name.clone(), shared.masks.text(&text)))
    };
    shared.plan.outputs.iter().filter_map(of).collect()
}
