//! Artifacts: their way from the job that makes one to those that consume it, and what is shown to
//! people.

use flow_plan::model::{Field, FieldKind, Job, Op, Output, OutputKind, Schema, Value};
use flow_plan::outcome::conjuncts;
use flow_plan::pattern::common_folder;

use super::expr::Expr;
use super::matrix::INDEX;
use super::steps::{conditional, generated, uses};
use super::values::{Github, HOST, path};
use crate::EmitError;
use crate::facts::{Fetch, artifact_name};
use crate::lower::{Site, conditions};
use crate::pins::{DOWNLOAD, UPLOAD};
use crate::shell::artifacts::Packing;
use crate::shell::seal::{Made, is_made, sealed};
use crate::steps::receiving;
use crate::yaml::{Item, Map, Node};

/// The steps that make visible what a job consumes.
pub(super) fn downloads(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let Github { facts, pins } = *github;
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for fetch in facts.fetches(job) {
        if let Some(run) = fetch.earlier {
            match super::earlier::download(github, job, &fetch, run) {
                Ok(it) => items.extend(it),
                Err(it) => errors.push(it),
            }
            continue;
        }
        let name = artifact_name(facts.plan, fetch.job, fetch.output);
        let output = facts.output(fetch.job, fetch.output);
        let plain = facts.packing(fetch.job, fetch.output) == Packing::Plain;
        let below = match output.and_then(schema) {
            // What is uploaded as it is comes without the folders that all of it lies in.
            Some(schema) if plain => joined(&fetch.folder, &common_folder(paths(schema))),
            _ => fetch.folder.clone(),
        };
        match condition(github, job, &fetch) {
            Ok((condition, certain)) => {
                let legs = facts.job(fetch.job).map(|it| it.each.as_slice()).unwrap_or_default();
                let with = if !legs.is_empty() && legs == job.each.as_slice() {
                    // That of its own element.
                    Map::new().with("name", format!("{name}{INDEX}")).with("path", path(&below))
                } else if !legs.is_empty() {
                    // A folder for each.
                    Map::new().with("pattern", format!("{name}.*")).with("path", path(&below))
                } else if certain {
                    Map::new().with("name", name).with("path", path(&below))
                } else {
                    // A name that is not there is an error, what a pattern does not match is none.
                    Map::new().with("pattern", name).with("merge-multiple", true).with("path", path(&below))
                };
                let title = format!("Download {} of {}", fetch.output, fetch.job);
                items.push(uses(pins, &title, condition.as_deref(), DOWNLOAD, with));
            }
            Err(why) => errors.push(EmitError::at(
                &job.place,
                format!("{}: whether {} of {} is downloaded cannot be said: {why}", job.id, fetch.output, fetch.job),
                "decide by a condition around the jobs that make it",
            )),
        }
    }
    items.extend(receiving(HOST, facts, job).map(|(title, script)| generated(title, None, &script)));
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}

/// When an artifact is downloaded, and whether it is there then for certain.
pub(super) fn condition(github: &Github<'_>, job: &Job, fetch: &Fetch<'_>) -> Result<(Option<String>, bool), String> {
    let Some(producer) = github.facts.job(fetch.job) else { return Ok((None, true)) };
    let always = github.facts.output(fetch.job, fetch.output).is_some_and(|it| it.always);
    let tolerated = producer.continue_on_error.is_some();
    let result = || Expr::one(format!("needs.{}.result", producer.id));
    let mut all: Option<Expr> = None;
    if always {
        all = Some(result().differs(Expr::text("skipped")));
    } else if tolerated || !fetch.conditions.is_empty() && producer.guard.is_some() {
        all = Some(result().equals(Expr::text("success")));
    }
    let mut guard = github.facts.conditions(producer);
    guard.extend(conjuncts(producer.guard.as_ref()).into_iter().cloned());
    for (value, holds) in &fetch.conditions {
        // What holds when the producer runs need not be asked again; a conjunction holds part by part.
        let decided = if *holds {
            conditions::conjuncts(value).iter().all(|part| guard.iter().any(|it| it == *part))
        } else {
            guard.iter().any(|it| negates(it, value))
        };
        if !decided {
            let one = github.condition(Some(job), value, Site::If)?;
            let one = if *holds { one } else { one.not() };
            all = Some(match all {
                Some(all) => all.and(one),
                None => one,
            });
        }
    }
    Ok((all.map(|it| it.condition()), !(always || tolerated)))
}

fn negates(one: &Value, other: &Value) -> bool {
    let inner = |value: &Value, of: &Value| matches!(value, Value::Compute(it) if it.op == Op::Not && it.args.iter().all(|arg| arg.value == *of));
    inner(one, other) || inner(other, one)
}

fn schema(output: &Output) -> Option<&Schema> {
    match &output.kind {
        OutputKind::Artifact(schema) => Some(schema),
        OutputKind::Value { .. } => None,
    }
}

fn paths(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.fields.iter().map(|it| it.path.as_str())
}

pub(super) fn joined(folder: &str, below: &str) -> String {
    if below.is_empty() { folder.to_owned() } else { format!("{folder}/{below}") }
}

/// What an upload takes: each file or folder on a line.
pub(super) fn listed(lines: Vec<String>) -> Node {
    match <[String; 1]>::try_from(lines) {
        Ok([one]) => one.into(),
        Err(lines) => Node::Block(format!("{}\n", lines.join("\n"))),
    }
}

/// The files of these fields, below a folder, as an upload finds them. What a pattern matches are
/// files: a folder of such a name would come with all that it holds.
pub(super) fn found(folder: &str, pattern: bool) -> Vec<String> {
    let all = folder.ends_with("**") || folder.ends_with("**/*");
    if pattern && !all { vec![folder.to_owned(), format!("!{folder}/**")] } else { vec![folder.to_owned()] }
}

/// Whether something hidden may be among what these fields hold.
pub(super) fn may_hide<'a>(fields: impl IntoIterator<Item = &'a Field>) -> bool {
    fields.into_iter().any(|field| field.kind == FieldKind::Opaque || hides(&field.path))
}

/// Whether a path names something hidden, or may, as a pattern.
pub(super) fn hides(path: &str) -> bool {
    path.split('/').any(|part| part.len() > 1 && part.starts_with('.') || part.starts_with(['*', '?']))
}

/// The steps that check, pack and upload what a job made, then what it exposes.
pub(super) fn uploads(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let Github { facts, .. } = *github;
    let made = job.outputs.iter().filter_map(|output| {
        let travels = facts.travels(&job.id, &output.name);
        let systems = facts.systems(job.runner.os, &job.id, &output.name);
        Some(Made { output, schema: schema(output)?, systems, travels })
    });
    let (always, usual): (Vec<_>, Vec<_>) = made.partition(|it| it.output.always);
    let mut items = Vec::new();
    let mut errors = Vec::new();
    let mut check = |made: &[Made<'_>], condition: Option<&str>, items: &mut Vec<Item>| {
        let packs = made.iter().any(|it| it.travels && facts.packing(&job.id, &it.output.name) == Packing::Packed);
        let verb = if packs { "Check and pack" } else { "Check" };
        let title = match made {
            [] => return,
            [one] => format!("{verb} {}", one.output.name),
            _ => format!("{verb} what this job made"),
        };
        match sealed(HOST, &job.id, made) {
            Ok(mut script) => {
                let told = made.iter().find(|it| facts.is_asked_for(&job.id, &it.output.name));
                let id = told.map(|it| {
                    let made = is_made(it.schema);
                    script.push_str(&format!("\nif {made}; then echo made=true >> \"$GITHUB_OUTPUT\"; fi"));
                    check_id(&it.output.name)
                });
                items.push(conditional(&title, id.as_deref(), condition, &script));
            }
            Err(why) => {
                let place = made.first().map_or(&job.place, |it| &it.output.place);
                errors.push(EmitError::at(place, format!("{}: {why}", job.id), "change the type"));
            }
        }
        items.extend(made.iter().filter(|it| it.travels).map(|it| upload(github, job, it, condition)));
    };
    check(&usual, None, &mut items);
    // One that cannot be sealed keeps no other from being published.
    for one in &always {
        check(std::slice::from_ref(one), Some("always()"), &mut items);
    }
    match super::expose::shown(github, job) {
        Ok(it) => items.extend(it),
        Err(it) => errors.extend(it),
    }
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}

fn check_id(output: &str) -> String {
    format!("check-{output}")
}

/// For the outputs that are published however the job ends: whether each was made, where somebody asks.
pub(super) fn told(github: &Github<'_>, job: &Job) -> Vec<(String, String)> {
    let asked = job.outputs.iter().filter(|it| schema(it).is_some() && github.facts.is_asked_for(&job.id, &it.name));
    asked.map(|it| (it.name.clone(), format!("${{{{ steps.{}.outputs.made }}}}", check_id(&it.name)))).collect()
}

fn upload(github: &Github<'_>, job: &Job, made: &Made<'_>, condition: Option<&str>) -> Item {
    let name = &made.output.name;
    let packed = github.facts.packing(&job.id, name) == Packing::Packed;
    let files = if packed {
        path(&format!("pack/{name}")).into()
    } else {
        listed(paths(made.schema).map(|it| path(&joined(&format!("out/{name}"), it))).collect())
    };
    let leg = if job.each.is_empty() { "" } else { INDEX };
    let mut with = Map::new()
        .with("name", format!("{}{leg}", artifact_name(github.facts.plan, &job.id, name)))
        .with("path", files)
        .with("if-no-files-found", "error")
        .with("overwrite", true);
    let plain = made.schema.fields.iter().filter(|it| it.kind != FieldKind::Opaque);
    if may_hide(plain) {
        with.push("include-hidden-files", true);
    }
    uses(github.pins, &format!("Upload {name}"), condition, UPLOAD, with)
}
