//! The law of outcomes: what must have become of the jobs before one for it to run. Every backend
//! follows it, each in its own words.
//!
//! A job runs exactly if the run was not cancelled, its guard holds, and each of its [ties](ties)
//! is as it says. Else it is *skipped*, if its guard does not hold or an `always` output that it
//! takes was not made, and *blocked*, if a tie is not as it says.

use crate::model::{Compute, EdgeKind, Files, Guard, Job, Op, Output, OutputKind, Role, Value, ValueType};

/// What a job asks of one that it comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie<'a> {
    /// The one before, by id.
    pub job: &'a str,
    /// How that must have ended.
    pub ended: Ended,
    /// Its `always` outputs that must have been made; where one was not, the job is skipped.
    pub made: Vec<&'a str>,
}

/// How a job must have ended for another one to run. One whose failure is tolerated has succeeded
/// for these when it failed; a job that runs for each element of a list when all of them have, and so
/// when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// In any way.
    Somehow,
    /// It has succeeded, or was skipped.
    Passed,
    /// It has succeeded.
    Succeeded,
}

/// The parts of a guard, all of which have to hold.
pub fn conjuncts(guard: Option<&Guard>) -> Vec<&Value> {
    match guard.map(|it| &it.condition) {
        None => Vec::new(),
        Some(Value::Compute(Compute { op: Op::And, args, .. })) => args.iter().map(|it| &it.value).collect(),
        Some(one) => vec![one],
    }
}

/// What a job asks of each job that it comes after: each once, in the order of its edges. `find` gives
/// a job of the plan by its id.
pub fn ties<'a>(job: &'a Job, find: impl Fn(&str) -> Option<&'a Job>) -> Vec<Tie<'a>> {
    let mut ties: Vec<Tie<'a>> = Vec::new();
    for edge in &job.needs {
        let at = ties.iter().position(|it| it.job == edge.job).unwrap_or_else(|| {
            ties.push(Tie { job: &edge.job, ended: Ended::Somehow, made: Vec::new() });
            ties.len() - 1
        });
        let (Some(tie), Some(before), Role::Normal) = (ties.get_mut(at), find(&edge.job), job.role) else {
            continue;
        };
        match &edge.kind {
            EdgeKind::Order => tie.ended = tie.ended.max(Ended::Passed),
            EdgeKind::Outcome if asks_of_always(job, before) => {}
            EdgeKind::Outcome => tie.ended = tie.ended.max(Ended::Passed),
            EdgeKind::Value(output) | EdgeKind::Artifact(output) => {
                let always = before.outputs.iter().find(|it| it.name == *output && it.always);
                let Some(always) = always else {
                    tie.ended = tie.ended.max(if is_meant(before, job) { Ended::Succeeded } else { Ended::Passed });
                    continue;
                };
                let asked = !may_lack(always) && takes(job, &edge.job, output);
                if asked && !tie.made.contains(&output.as_str()) {
                    tie.made.push(output);
                }
            }
        }
    }
    ties
}

/// Whether a job was meant to run wherever a later one is: all that decides on it decides on that too.
pub fn is_meant(before: &Job, job: &Job) -> bool {
    let own = conjuncts(job.guard.as_ref());
    let asks = |it: &Value| match it {
        Value::Succeeded(id) => *id == before.id,
        Value::Exists(files) => matches!(&**files, Files::Output { job, .. } if *job == before.id),
        _ => false,
    };
    conjuncts(before.guard.as_ref()).iter().all(|it| own.contains(it)) || own.iter().any(|it| asks(it))
}

/// Whether all that a job asks about another one is whether its `always` outputs are there.
fn asks_of_always(job: &Job, before: &Job) -> bool {
    let mut other = false;
    job.values(&mut |value| match value {
        Value::Succeeded(id) => other |= *id == before.id,
        Value::Exists(files) => files.outputs(&mut |from, output| {
            other |= from == before.id && !before.outputs.iter().any(|it| it.name == output && it.always);
        }),
        _ => {}
    });
    !other
}

/// Whether an output's type says itself that there may be nothing.
fn may_lack(output: &Output) -> bool {
    match &output.kind {
        OutputKind::Value { ty, .. } => matches!(ty, ValueType::Optional(_)),
        OutputKind::Artifact(schema) => schema.fields.iter().all(|it| it.optional),
    }
}

/// Whether a job takes an `always` output by itself. Of a family, and where something else will do,
/// what is missing is left out.
fn takes(job: &Job, from: &str, output: &str) -> bool {
    let itself = |files: &Files| files.whole() == Some((from, output));
    let mut reads = false;
    job.values_inside(&mut |value| {
        reads |= matches!(value, Value::Output { job, output: name } if job == from && name == output);
    });
    reads || job.consumes.iter().any(|it| !it.id.contains('/') && itself(&it.from))
}
