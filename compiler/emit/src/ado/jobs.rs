//! A job: where it runs, after whom, what it reads of others.

use flow_plan::model::{Arch, Job, Os};

use super::artifacts::{ATTEMPT, artifact_variable};
use super::name;
use super::steps;
use super::values::{Ado, Context, context, context_variable, literal, variable};
use crate::EmitError;
use crate::facts::Facts;
use crate::steps::Platform;
use crate::yaml::{Map, Node, texts};

/// The job's mapping.
pub(super) fn job(facts: &Facts<'_>, job: &Job) -> Result<Map, Vec<EmitError>> {
    let ado = Ado { facts };
    // The facts hold the plan, so this is the very job.
    let Some(job) = facts.job(&job.id) else {
        return Ok(Map::new());
    };
    let steps = steps::all(&ado, job)?;
    let mut map = Map::new().with("job", name(&job.id)).with("displayName", literal(&job.title));
    match facts.needs(job).as_slice() {
        [] => {}
        [one] => map.push("dependsOn", name(one)),
        many => map.push("dependsOn", texts(many.iter().map(|it| name(it)))),
    }
    map.push("pool", pool(job).map_err(|it| vec![it])?);
    if job.runner.ado.is_some() {
        // Own agents keep their folders; a job begins in an empty one.
        map.push("workspace", Map::new().with("clean", "all"));
    }
    map.push("timeoutInMinutes", minutes(job.timeout_seconds));
    map.push("cancelTimeoutInMinutes", 5);
    let variables = variables(&ado, job).map_err(|why| {
        vec![EmitError::at(&job.place, format!("{}: {why}", job.id), "leave this backend out, or write it another way")]
    })?;
    if !variables.entries.is_empty() {
        map.push("variables", variables);
    }
    map.push("steps", steps);
    Ok(map)
}

fn variables(ado: &Ado<'_>, job: &Job) -> Result<Map, String> {
    let facts = ado.facts;
    let Some(job) = facts.job(&job.id) else {
        return Ok(Map::new());
    };
    let mut map = Map::new();
    for (key, value) in job.env.iter().filter(|(key, value)| ado.is_job_wide(job, key, value)) {
        for (_, text) in ado.value(job, key, value)?.env {
            map.push(key.as_str(), text);
        }
    }
    for member in facts.context(job) {
        if let Context::Expression(expression) = context(job, member)? {
            map.push(context_variable(member), expression);
        }
    }
    for (producer, output) in facts.reads(job) {
        if let Some(it) = facts.job(producer) {
            map.push(variable(producer, output), ado.dependency(it, output));
        }
    }
    for fetch in facts.fetches(job) {
        map.push(artifact_variable(&fetch), super::artifacts::dependency(&fetch));
    }
    if !job.exposes.is_empty() {
        map.push(ATTEMPT, "");
    }
    Ok(map)
}

fn pool(job: &Job) -> Result<Map, EmitError> {
    if let Some(pool) = &job.runner.ado {
        let map = Map::new().with("name", pool.name.as_str());
        let demands = (!pool.demands.is_empty()).then(|| texts(pool.demands.iter().map(String::as_str)));
        return Ok(map.with_some("demands", demands));
    }
    let image = match (job.runner.os, job.runner.arch) {
        (Os::Linux, Arch::X64) => "ubuntu-latest",
        (Os::Windows, Arch::X64) => "windows-latest",
        (Os::Macos, Arch::X64) => "macOS-latest",
        (os, Arch::Arm64) => {
            let message = format!("{}: Azure hosts no {} agent with an ARM processor", job.id, os.name());
            return Err(EmitError::at(
                &job.place,
                message,
                "name a pool of your own: `Runner(…, ado: AdoPool(name: …))`",
            ));
        }
    };
    Ok(Map::new().with("vmImage", Node::Text(image.to_owned())))
}

/// Whole minutes, at least one: none at all would mean no limit.
pub(super) fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60).max(1)
}
