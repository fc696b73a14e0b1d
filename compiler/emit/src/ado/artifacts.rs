//! Artifacts: their way from the job that makes one to those that consume it, and what is shown to
//! people.
//!
//! One name can be published once in a run, also if a stage or job is tried again. So each attempt has
//! a name of its own, and consumers are told which by an output variable.

use flow_plan::model::{Job, OutputKind};

use super::name;
use super::steps::generated;
use super::values::{HOST, literal, path, set};
use crate::EmitError;
use crate::facts::{Facts, Fetch, artifact_name};
use crate::shell::artifacts::{Packing, packing};
use crate::shell::seal::{Made, sealed};
use crate::steps::{exposed_path, receiving};
use crate::yaml::{Item, Map};

/// The variable that is appended to the names of exposed things: empty at the first attempt.
pub(super) const ATTEMPT: &str = "flow_again";

/// The name of the output variable that holds an artifact's name.
const ARTIFACT: &str = "artifact";

/// The line that sets [`ATTEMPT`].
pub(super) fn attempt() -> String {
    format!(
        "attempt=$SYSTEM_STAGEATTEMPT.$SYSTEM_JOBATTEMPT\n[ \"$attempt\" = 1.1 ] || echo \"##vso[task.setvariable variable={ATTEMPT}].$attempt\""
    )
}

/// The variable of a consuming job that holds an artifact's name.
pub(super) fn artifact_variable(fetch: &Fetch<'_>) -> String {
    match fetch.whole {
        Some(consume) => format!("flow_in_{}", name(&consume.id)),
        None => format!("flow_from_{}_{}", name(fetch.job), name(fetch.output)),
    }
}

fn seal_step(output: &str) -> String {
    format!("flow_seal_{}", name(output))
}

/// Where a consumer finds the name of the artifact.
pub(super) fn dependency(fetch: &Fetch<'_>) -> String {
    format!("$[ dependencies.{}.outputs['{}.flow_{ARTIFACT}'] ]", name(fetch.job), seal_step(fetch.output))
}

/// The steps that make visible what a job consumes.
pub(super) fn downloads(facts: &Facts<'_>, job: &Job) -> Vec<Item> {
    let fetches = facts.fetches(job).into_iter().map(|it| {
        let inputs = Map::new()
            .with("source", "current")
            .with("artifact", format!("$({})", artifact_variable(&it)))
            .with("path", path(&it.folder));
        Item::bare(
            Map::new()
                .with("task", "DownloadPipelineArtifact@2")
                .with("displayName", format!("Download {} of {}", it.output, it.job))
                .with("inputs", inputs),
        )
    });
    let mut items: Vec<_> = fetches.collect();
    items.extend(receiving(HOST, facts, job).map(|(title, script)| generated(title, None, &script)));
    items
}

/// The steps that check, pack and publish what a job made, then what it exposes.
pub(super) fn publishes(facts: &Facts<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for output in &job.outputs {
        let OutputKind::Artifact(schema) = &output.kind else {
            continue;
        };
        let travels = facts.travels(&job.id, &output.name);
        let systems = facts.systems(job.runner.os, &job.id, &output.name);
        let packed = travels && packing(output, schema) == Packing::Packed;
        let verb = if packed { "Check and pack" } else { "Check" };
        let made = Made { output, schema, systems, travels };
        let mut script = match sealed(HOST, &job.id, std::slice::from_ref(&made)) {
            Ok(it) => it,
            Err(why) => {
                errors.push(EmitError::at(&output.place, format!("{}: {why}", job.id), "change the type"));
                continue;
            }
        };
        let title = format!("{verb} {}", output.name);
        if !travels {
            items.push(generated(&title, None, &script));
            continue;
        }
        if schema.fields.iter().all(|it| it.optional) {
            let message =
                format!("{}: the artifact {} may be empty, and Azure stores no empty one", job.id, output.name);
            errors.push(EmitError::at(&output.place, message, "give it a field that is always there"));
        }
        let artifact = artifact_name(facts.plan, &job.id, &output.name);
        script.push('\n');
        script.push_str(&set(ARTIFACT, &format!("{artifact}.$SYSTEM_STAGEATTEMPT.$SYSTEM_JOBATTEMPT")));
        items.push(generated(&title, Some(&seal_step(&output.name)), &script));
        let folder = if packed { "pack" } else { "out" };
        items.push(Item::bare(
            Map::new()
                .with("publish", path(&format!("{folder}/{}", output.name)))
                .with("displayName", format!("Publish {}", output.name))
                .with("artifact", format!("{artifact}.$(System.StageAttempt).$(System.JobAttempt)")),
        ));
    }
    for expose in &job.exposes {
        let Some(below) = exposed_path(job, &expose.output, expose.field.as_deref()) else {
            let message = format!("{}: `{}` exposes what the job does not make", job.id, expose.name);
            errors.push(EmitError::at(&expose.place, message, "expose an artifact output of the job"));
            continue;
        };
        if expose.name.is_empty()
            || expose.name.contains(['"', ':', '<', '>', '|', '*', '?', '\r', '\n', '\\', '/', '$'])
        {
            let message = format!("{}: Azure takes no artifact named `{}`", job.id, expose.name);
            errors.push(EmitError::at(&expose.place, message, "leave out \" : < > | * ? \\ / $ and line breaks"));
            continue;
        }
        items.push(Item::bare(
            Map::new()
                .with("publish", path(&below))
                .with("displayName", format!("Show {}", literal(&expose.name)))
                .with("artifact", format!("{}$({ATTEMPT})", expose.name))
                .with("condition", "always()")
                // What a failed job never wrote is not shown; that is no further failure.
                .with("continueOnError", true),
        ));
    }
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}
