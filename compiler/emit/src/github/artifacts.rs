//! Artifacts: their way from the job that makes one to those that consume it, and what is shown to
//! people.

use flow_plan::model::{Job, OutputKind};

use super::steps::{generated, uses};
use super::values::{Github, HOST, literal, path};
use crate::EmitError;
use crate::facts::artifact_name;
use crate::pins::{DOWNLOAD, UPLOAD};
use crate::shell::artifacts::{Packing, packing, sealed};
use crate::steps::{exposed_path, may_hide, receiving};
use crate::yaml::{Item, Map};

/// The steps that make visible what a job consumes.
pub(super) fn downloads(github: &Github<'_>, job: &Job) -> Vec<Item> {
    let Github { facts, pins } = *github;
    let fetches = facts.fetches(job).into_iter().map(|it| {
        let name = artifact_name(facts.plan, it.job, it.output);
        let with = Map::new().with("name", name).with("path", path(&it.folder));
        uses(pins, &format!("Download {} of {}", it.output, it.job), None, DOWNLOAD, with)
    });
    let mut items: Vec<_> = fetches.collect();
    items.extend(receiving(HOST, facts, job).map(|(title, script)| generated(title, None, &script)));
    items
}

/// The steps that check, pack and upload what a job made, then what it exposes.
pub(super) fn uploads(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let Github { facts, pins } = *github;
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for output in &job.outputs {
        let OutputKind::Artifact(schema) = &output.kind else {
            continue;
        };
        let travels = facts.travels(&job.id, &output.name);
        let systems = facts.systems(job.runner.os, &job.id, &output.name);
        let packed = travels && packing(schema) == Packing::Packed;
        let verb = if packed { "Check and pack" } else { "Check" };
        items.push(generated(
            &format!("{verb} {}", output.name),
            None,
            &sealed(HOST, systems, &job.id, output, schema, travels),
        ));
        if !travels {
            continue;
        }
        if schema.fields.iter().all(|it| it.optional) {
            let message =
                format!("{}: the artifact {} may be empty, and GitHub stores no empty one", job.id, output.name);
            errors.push(EmitError::at(&output.place, message, "give it a field that is always there"));
        }
        let folder = if packed { "pack" } else { "out" };
        let mut with = Map::new()
            .with("name", artifact_name(facts.plan, &job.id, &output.name))
            .with("path", path(&format!("{folder}/{}", output.name)))
            .with("if-no-files-found", "error")
            .with("overwrite", true);
        if may_hide(job, &output.name, false) {
            with.push("include-hidden-files", true);
        }
        items.push(uses(pins, &format!("Upload {}", output.name), None, UPLOAD, with));
    }
    for expose in &job.exposes {
        let Some(below) = exposed_path(job, &expose.output, expose.field.as_deref()) else {
            let message = format!("{}: `{}` exposes what the job does not make", job.id, expose.name);
            errors.push(EmitError::at(&expose.place, message, "expose an artifact output of the job"));
            continue;
        };
        if expose.name.is_empty() || expose.name.contains(['"', ':', '<', '>', '|', '*', '?', '\r', '\n', '\\', '/']) {
            let message = format!("{}: GitHub takes no artifact named `{}`", job.id, expose.name);
            errors.push(EmitError::at(&expose.place, message, "leave out \" : < > | * ? \\ / and line breaks"));
            continue;
        }
        let mut with = Map::new()
            .with("name", literal(&expose.name))
            .with("path", path(&below))
            .with("if-no-files-found", "warn")
            .with("overwrite", true)
            .with_some("retention-days", expose.retention_days.map(u64::from));
        if may_hide(job, &expose.output, true) {
            with.push("include-hidden-files", true);
        }
        items.push(uses(pins, &format!("Show {}", expose.name), Some("always()"), UPLOAD, with));
    }
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}
