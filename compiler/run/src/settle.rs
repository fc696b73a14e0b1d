//! What the beginning of a run decides: where jobs run, which of them will not run in any case, whether those that
//! deploy may.

use flow_plan::model::{Guard, Job, Phase, Plan, Value};

use crate::error::RunError;
use crate::options::{Consent, Options};
use crate::scope::Known;

/// Puts in where jobs run, where a value decides it.
pub(crate) fn runners(plan: &mut Plan, known: &Known) -> Result<(), RunError> {
    for job in &mut plan.jobs {
        let Some(choice) = &job.runner_choice else { continue };
        let value = known.scope().text(&choice.value).map_err(|why| problem("where a job runs", why, job))?;
        let arm = choice.arms.iter().find(|(values, _)| values.contains(&value));
        let Some((_, runner)) = arm else {
            return Err(problem("where a job runs", format!("nothing is said of `{value}`"), job));
        };
        job.runner = runner.clone();
    }
    Ok(())
}

/// Which jobs may run: not those whose guard is known not to hold.
pub(crate) fn active(plan: &Plan, known: &Known) -> Result<Vec<bool>, RunError> {
    let one = |job: &Job| match &job.guard {
        Some(Guard { condition, phase }) if *phase <= Phase::Plan && !has_items(job, condition) => {
            known.scope().truth(condition).map_err(|why| problem("the condition of a job", why, job))
        }
        _ => Ok(true),
    };
    plan.jobs.iter().map(one).collect()
}

/// Whether a value is different for each element of the lists that a job runs for.
pub(crate) fn has_items(job: &Job, value: &Value) -> bool {
    let mut any = false;
    value.each(&mut |value| {
        any |= matches!(value, Value::Item { name, .. } if job.each.iter().any(|each| each.name == *name));
    });
    any
}

/// Asks whether jobs may use their environments.
pub(crate) fn environments<'a>(
    jobs: impl Iterator<Item = &'a Job>,
    known: &Known,
    options: &Options,
) -> Result<(), RunError> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for job in jobs {
        let Some(environment) = &job.environment else { continue };
        // One that is different for each element is asked for by what tells it apart.
        let name = if has_items(job, &environment.name) {
            format!("{} of each element", flow_plan::show::value(&environment.name))
        } else {
            let name = known.scope().text(&environment.name);
            name.map_err(|why| problem("the name of an environment", why, job))?
        };
        match all.iter_mut().find(|(it, _)| *it == name) {
            Some((_, jobs)) => jobs.push(job.id.clone()),
            None => all.push((name, vec![job.id.clone()])),
        }
    }
    match &options.consent {
        _ if all.is_empty() => Ok(()),
        Consent::Yes => Ok(()),
        Consent::Ask(ask) if ask(&all) => Ok(()),
        Consent::Ask(_) => Err(RunError::Refused(all)),
        Consent::Nobody => Err(RunError::Environments(all)),
    }
}

fn problem(what: &str, why: String, job: &Job) -> RunError {
    RunError::Value { what: format!("{what} cannot be computed"), why, place: job.place.clone() }
}
