//! A job: where it runs, after whom, with which rights, what it hands on.

use flow_plan::model::Job;

use super::steps;
use super::triggers::first_jobs;
use super::values::{Github, hosted};
use crate::facts::Facts;
use crate::steps::Platform;
use crate::yaml::{Around, Map, Node, texts};
use crate::{EmitError, Pins};

/// The job's mapping.
pub(super) fn job(facts: &Facts<'_>, pins: &Pins, job: &Job) -> Result<Map, Vec<EmitError>> {
    let github = Github { facts, pins };
    let steps = steps::all(&github, job)?;
    let refuse = |why: String| {
        vec![EmitError::at(&job.place, format!("{}: {why}", job.id), "leave this backend out, or write it another way")]
    };

    let needs = facts.needs(job);
    let mut map = Map::new().with("name", super::values::literal(&job.title));
    match needs.as_slice() {
        [] => {
            if let Some(condition) = first_jobs(facts.plan) {
                map.push("if", condition);
            }
        }
        [one] => map.push("needs", *one),
        many => map.push("needs", texts(many.iter().copied())),
    }
    map.push("runs-on", runs_on(job));
    map.push("timeout-minutes", minutes(job.timeout_seconds));
    if job.checkout.is_some() {
        let mut rights = Map::new();
        rights.push_around("contents", "read", Around::beside("to check out the sources"));
        map.push("permissions", rights);
    }
    let mut env = Map::new();
    for (name, value) in job.env.iter().filter(|(name, value)| github.is_job_wide(job, name, value)) {
        env.push(name.as_str(), github.text(job, value).map_err(refuse)?);
    }
    if !env.entries.is_empty() {
        map.push("env", env);
    }
    let mut outputs = Map::new();
    for (output, _, value) in facts.read_outputs(job) {
        outputs.push_around(
            output.name.as_str(),
            github.text(job, value).map_err(refuse)?,
            Around::default().above(output.docs.as_deref()),
        );
    }
    if !outputs.entries.is_empty() {
        map.push("outputs", outputs);
    }
    map.push("steps", steps);
    Ok(map)
}

fn runs_on(job: &Job) -> Node {
    match job.runner.github.as_deref() {
        None | Some([]) => hosted(job.runner.os, job.runner.arch).into(),
        Some([one]) => one.as_str().into(),
        Some(many) => texts(many.iter().map(String::as_str)),
    }
}

/// Whole minutes, at least one: GitHub knows no others.
pub(super) fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60).max(1)
}
