//! Fetching sources: those of the run, before its first step, and others where the author says so.

use flow_plan::model::{Checkout, Job, Place, Step, Value};

use super::steps::uses;
use super::values::{Github, literal};
use crate::EmitError;
use crate::pins::CHECKOUT;
use crate::yaml::{Item, Map, Node};

/// The step that comes first in a job.
pub(super) fn first(github: &Github<'_>, job: &Job, it: &Checkout) -> Result<Item, EmitError> {
    let with = inputs(github, job, it, job.inputs.as_deref(), &job.place)?;
    Ok(uses(github.pins, "Check out the sources", None, CHECKOUT, with))
}

/// A step between others.
pub(super) fn later(
    github: &Github<'_>,
    job: &Job,
    step: &Step,
    it: &Checkout,
    condition: Option<&str>,
) -> Result<Item, EmitError> {
    let with = inputs(github, job, it, None, &step.place)?;
    let title = match &it.repo {
        Some(Value::Const(repo)) => format!("{} {}", step.title, repo.text()),
        _ => step.title.clone(),
    };
    Ok(uses(github.pins, &title, condition, CHECKOUT, with))
}

fn inputs(
    github: &Github<'_>,
    job: &Job,
    options: &Checkout,
    patterns: Option<&[String]>,
    place: &Place,
) -> Result<Map, EmitError> {
    let mut with = Map::new();
    let values = [options.repo.as_ref(), options.reference.as_ref(), options.token.as_deref()];
    for (key, value) in ["repository", "ref", "token"].into_iter().zip(values) {
        if let Some(value) = value {
            let refuse = |why| EmitError::at(place, format!("{}: {why}", job.id), "write it another way");
            with.push(key, github.text(job, value).map_err(refuse)?);
        }
    }
    if let Some(path) = &options.path {
        with.push("path", literal(path));
    }
    if options.depth != 1 {
        with.push("fetch-depth", u64::from(options.depth));
    }
    // All of the history comes with the tags.
    if options.tags && options.depth != 0 {
        with.push("fetch-tags", true);
    }
    if options.submodules {
        with.push("submodules", "recursive");
    }
    if options.lfs {
        with.push("lfs", true);
    }
    if let Some(patterns) = patterns {
        let lines: Vec<_> = patterns.iter().map(|it| anchored(it)).collect();
        with.push("sparse-checkout", Node::Block(format!("{}\n", lines.join("\n"))));
        with.push("sparse-checkout-cone-mode", false);
    }
    with.push("persist-credentials", false);
    Ok(with)
}

/// A pattern relative to the root, as git's ignore files write it: there, one without a slash would
/// hold at any depth.
fn anchored(pattern: &str) -> String {
    match pattern.strip_prefix('!') {
        Some(rest) => format!("!/{rest}"),
        None => format!("/{pattern}"),
    }
}
