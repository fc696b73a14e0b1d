//! What is given to people and other programs: uploads under the author's names.

use flow_plan::model::{Expose, Field, Found, Job, OutputKind, When};
use flow_plan::script;

use super::artifacts::{found, hides, joined, listed, may_hide};
use super::expr::Expr;
use super::steps::uses;
use super::values::{Github, literal, path};
use crate::EmitError;
use crate::lower::Site;
use crate::pins::UPLOAD;
use crate::yaml::{Item, Map};

/// The uploads, in the order of the source.
pub(super) fn shown(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for expose in &job.exposes {
        match one(github, job, expose) {
            Ok(it) => items.push(it),
            Err(it) => errors.push(it),
        }
    }
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}

fn one(github: &Github<'_>, job: &Job, expose: &Expose) -> Result<Item, EmitError> {
    let refuse = |message: String, help: &str| Err(EmitError::at(&expose.place, message, help));
    let name = &expose.name;
    if name.is_empty() || name.contains(['"', ':', '<', '>', '|', '*', '?', '\r', '\n', '\\', '/']) {
        let message = format!("{}: GitHub takes no artifact named `{name}`", job.id);
        return refuse(message, "leave out \" : < > | * ? \\ / and line breaks");
    }
    if github.facts.is_internal(name) {
        let message = format!("{}: `{name}` is what the workflow calls an artifact of its own", job.id);
        return refuse(message, "choose another name with `as`");
    }
    let Some((files, hidden)) = files(job, expose) else {
        let message = format!("{}: `{name}` exposes what the job does not make", job.id);
        return refuse(message, "expose an artifact output of the job");
    };
    let mut condition = match expose.when {
        When::Always => Some(Expr::one("always()")),
        When::Failed => Some(Expr::one("failure()")),
        When::Succeeded => None,
    };
    if let Some(guard) = &expose.guard {
        let one = match github.condition(Some(job), &guard.condition, Site::If) {
            Ok(it) => it,
            Err(why) => {
                let message = format!("{}: whether `{name}` is exposed cannot be said: {why}", job.id);
                return refuse(message, "expose it without a condition");
            }
        };
        condition = Some(match condition {
            Some(when) => when.and(one),
            None => one,
        });
    }
    let condition = condition.map(|it| it.condition());
    let mut with = Map::new()
        .with("name", literal(name))
        .with("path", listed(files))
        .with("if-no-files-found", "warn")
        .with("overwrite", true)
        .with_some("retention-days", expose.retention_days.map(u64::from));
    if hidden {
        with.push("include-hidden-files", true);
    }
    Ok(uses(github.pins, &format!("Show {name}"), condition.as_deref(), UPLOAD, with))
}

/// What is uploaded, a line each, and whether something hidden may be among it.
fn files(job: &Job, expose: &Expose) -> Option<(Vec<String>, bool)> {
    match &expose.found {
        Some(Found::File(it)) => Some((vec![literal(&plain(it))], hides(it))),
        // What lies in a folder of the sources is not known.
        Some(Found::Dir(it)) => Some((vec![literal(&plain(it))], true)),
        Some(Found::Files(it)) => Some((found(&literal(&plain(it)), true), hides(it))),
        Some(Found::Placed(location)) => {
            let below = script::path(location);
            let below = below.trim_end_matches('/');
            Some((found(&path(below), location.is_pattern()), true))
        }
        None => {
            let fields = fields(job, expose)?;
            let line = |field: &Field| {
                let below = if field.path == "." { "" } else { field.path.as_str() };
                found(&path(&joined(&format!("out/{}", expose.output), below)), field.matches.is_some())
            };
            let hidden = may_hide(fields.iter().copied());
            Some((fields.into_iter().flat_map(line).collect(), hidden))
        }
    }
}

/// The fields that are exposed: all, or one with what it holds.
fn fields<'a>(job: &'a Job, expose: &Expose) -> Option<Vec<&'a Field>> {
    let output = job.outputs.iter().find(|it| it.name == expose.output)?;
    let OutputKind::Artifact(schema) = &output.kind else { return None };
    let own: Vec<&Field> = schema.fields.iter().filter(|it| expose.shows(it)).collect();
    (!own.is_empty()).then_some(own)
}

/// A path that an upload takes for nothing else.
fn plain(path: &str) -> String {
    if path.starts_with(['!', '#', '~']) { format!("./{path}") } else { path.to_owned() }
}
