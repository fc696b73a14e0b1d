//! Azure Pipelines: from a plan to one pipeline file of jobs in one stage.
//!
//! Three habits of the platform shape everything here: `$(name)` is replaced wherever it stands, also
//! inside the values of variables; artifacts cannot be overwritten; and an omitted trigger is not none.

mod artifacts;
mod encode;
mod jobs;
mod params;
mod steps;
mod triggers;
mod values;

use flow_plan::construct::Construct;
use flow_plan::model::{Event, Plan};
use rustc_hash::FxHashMap;

use crate::facts::Facts;
use crate::limits::{self, ADO};
use crate::stamp::stamped;
use crate::yaml::{Around, Item, Map};
use crate::{EmitError, Emitted, Options, Warning};

/// Where the files of Azure Pipelines lie.
pub(crate) const FOLDER: &str = ".azure-pipelines";

/// What is carried out beyond what [`Construct`] leaves to every backend; one to a line, in its order.
#[rustfmt::skip]
pub(crate) const LOWERED: &[Construct] = &[
    Construct::Assertion,
    Construct::Part,
    Construct::View,
    Construct::PassFiles,
];

/// The pipeline file of a plan.
pub(crate) fn emit(plan: &Plan, options: &Options) -> Result<Emitted, Vec<EmitError>> {
    let facts = Facts::new(plan)?;
    let mut errors = same_names(plan);
    let mut root = triggers::all(plan).unwrap_or_else(|it| {
        errors.extend(it);
        Map::new()
    });
    match params::parameters(plan) {
        Ok(Some(it)) => root.push_around("parameters", it, Around::blank()),
        Ok(None) => {}
        Err(it) => errors.extend(it),
    }
    let mut jobs = Vec::new();
    for job in &plan.jobs {
        match jobs::job(&facts, job) {
            Ok(it) => jobs.push((job, it)),
            Err(it) => errors.extend(it),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let ids: Vec<&str> = jobs.iter().map(|(job, _)| job.id.as_str()).collect();
    let item = |(job, map): (&flow_plan::model::Job, Map)| Item {
        value: map.into(),
        around: Around::blank().above(job.docs.as_deref()),
    };
    root.push_around("jobs", jobs.into_iter().map(item).collect::<Vec<_>>(), Around::blank());

    let mut notes = vec![String::new(), plan.title.clone()];
    notes.extend(plan.docs.iter().flat_map(|it| it.lines()).map(str::to_owned));
    notes.push(String::new());
    let text = stamped(plan, options, &notes, &root);
    let found = limits::check(plan, &ADO, &text, &ids, &root);
    if !found.errors.is_empty() {
        return Err(found.errors);
    }
    let mut warnings = warnings(plan);
    warnings.extend(found.warnings);
    Ok(Emitted { path: format!("{FOLDER}/{}.yml", plan.pipeline), text, warnings })
}

/// A name for a job, step or variable: Azure takes letters, digits and `_`.
pub(crate) fn name(id: &str) -> String {
    id.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '_' }).collect()
}

/// Jobs, or steps of a job, that Azure could not tell apart.
fn same_names(plan: &Plan) -> Vec<EmitError> {
    let mut errors = Vec::new();
    let mut jobs: FxHashMap<String, &str> = FxHashMap::default();
    for job in &plan.jobs {
        if let Some(other) = jobs.insert(name(&job.id).to_ascii_lowercase(), &job.id) {
            let message = format!("the jobs {other} and {} have one name on Azure, where - and _ are one", job.id);
            errors.push(EmitError::at(&job.place, message, "give one of the calls a title with `as`"));
        }
        let mut steps: FxHashMap<String, &str> = FxHashMap::default();
        for step in &job.steps {
            if let Some(other) = steps.insert(name(&step.id).to_ascii_lowercase(), &step.id) {
                let message = format!("{}: the steps {other} and {} have one name on Azure", job.id, step.id);
                errors.push(EmitError::at(&step.place, message, "give one of them another title"));
            }
        }
    }
    errors
}

fn warnings(plan: &Plan) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if plan.triggers.iter().any(|it| it.event == Event::PullRequest) {
        warnings.push(Warning {
            message: "Azure Repos does not read `pr`: there, a pull request starts no pipeline by itself".to_owned(),
            place: None,
            help: "if the repository is in Azure Repos, add a build validation policy to the branch".to_owned(),
        });
    }
    let branchless = |it: &flow_plan::model::Trigger| it.event == Event::Schedule && it.branches.is_empty();
    if plan.triggers.iter().any(branchless) {
        warnings.push(Warning {
            message: format!(
                "a schedule names no branch, and Azure knows no default one: it runs on `{}`",
                triggers::DEFAULT_BRANCH
            ),
            place: None,
            help: "name the branches, if yours is called otherwise".to_owned(),
        });
    }
    for (job, expose) in plan.jobs.iter().flat_map(|job| job.exposes.iter().map(move |it| (job, it))) {
        if expose.retention_days.is_some() {
            warnings.push(Warning {
                message: format!(
                    "{}: Azure keeps `{}` as long as the run, whatever `retention` says",
                    job.id, expose.name
                ),
                place: Some(expose.place.clone()),
                help: "set the retention in the project's settings".to_owned(),
            });
        }
    }
    warnings
}
