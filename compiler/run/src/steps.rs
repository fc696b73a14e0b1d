//! A job's steps in their order: which of them run, and what becomes of the job when one does not succeed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flow_plan::model::{Block, Const, Step};
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::event::{Cause, Event, Failure, StepName, StepOutcome};
use crate::process::Leftovers;
use crate::scope::Scope;
use crate::step::{self, Bench, Bounds, Left, StepEnd};
use crate::summary::StepSummary;

/// How long steps may take that clean up after the job's time is over.
const LATE: Duration = Duration::from_secs(300);

/// How the steps of a job ended.
pub(crate) struct Ran {
    /// The first failure that counts.
    pub(crate) failure: Option<Box<Failure>>,
    /// The job was asked to end.
    pub(crate) cancelled: bool,
    /// All of them, in order.
    pub(crate) steps: Vec<StepSummary>,
    /// What they published.
    pub(crate) published: BTreeMap<(String, String), Const>,
}

/// Runs the steps. `scope` lacks what they publish themselves.
pub(crate) async fn run(
    bench: &Bench<'_>,
    scope: Scope<'_>,
    cancel: &Cancel,
    deadline: Instant,
    leftovers: &mut Leftovers,
) -> Ran {
    let (mut failure, mut cancelled, mut steps) = (None, false, Vec::new());
    let mut left = Left::default();
    let (patient, mut deadline) = (cancel.patient(), deadline);
    let mut cleaning = false;
    for step in &bench.job.steps {
        cancelled |= cancel.is_cancelled();
        if step.block != Block::Main && !cleaning {
            cleaning = true;
            deadline = deadline.max(Instant::now() + LATE);
        }
        let name = step::name(step);
        let runs = match step.block {
            Block::Main => failure.is_none() && !cancelled,
            Block::OnFailure => failure.is_some() && !cancelled,
            Block::Finally => !patient.is_cancelled(),
        };
        let scope = Scope { published: &left.published, ..scope };
        let guard = step.guard.as_ref().map_or(Ok(true), |guard| scope.truth(&guard.condition));
        if !runs || guard == Ok(false) {
            steps.push(StepSummary { step: name, outcome: StepOutcome::Skipped, span: None });
            continue;
        }
        let (job, began, begin) = (bench.id.clone(), Instant::now(), bench.shared.tick());
        (bench.tell)(Event::StepStarted { job: job.clone(), step: name.clone() });
        let cancel = if step.block == Block::Finally { &patient } else { cancel };
        let bounds = Bounds { cancel, deadline };
        let end = match guard {
            Ok(_) => step::run(bench, step, &bounds, &scope, &left, leftovers).await,
            Err(why) => Err(compute_failed("the condition of the step", why, step)),
        };
        let tolerated = || match &step.continue_on_error {
            Some(value) => scope.truth(value).unwrap_or(false),
            None => false,
        };
        let outcome = match end {
            Ok(change) => {
                left.add(&step.id, change);
                StepOutcome::Succeeded
            }
            Err(StepEnd::Cancelled) => {
                cancelled = true;
                StepOutcome::Cancelled
            }
            Err(StepEnd::Failed { cause, place, last_lines }) => {
                let tolerated = tolerated();
                if tolerated {
                    let text = format!("the step `{}` {cause}, which is tolerated", step.title);
                    (bench.tell)(Event::Note { job: Some(job.clone()), text });
                } else if failure.is_none() {
                    failure = Some(failed(bench, &name, cause, place, last_lines));
                }
                if tolerated { StepOutcome::Tolerated } else { StepOutcome::Failed }
            }
        };
        let span = Some((begin, bench.shared.tick()));
        (bench.tell)(Event::StepEnded { job, step: name.clone(), outcome, elapsed: began.elapsed() });
        steps.push(StepSummary { step: name, outcome, span });
    }
    cancelled |= cancel.is_cancelled();
    Ran { failure, cancelled, steps, published: left.published }
}

fn compute_failed(what: &str, why: String, step: &Step) -> StepEnd {
    let cause = Cause::Compute { what: what.to_owned(), why };
    StepEnd::Failed { cause, place: step.place.clone(), last_lines: Vec::new() }
}

fn failed(
    bench: &Bench<'_>,
    step: &StepName,
    cause: Cause,
    place: flow_plan::model::Place,
    last_lines: Vec<String>,
) -> Box<Failure> {
    let log = bench.shared.folder.log(&bench.id);
    let (job, step) = (Arc::as_ref(&bench.id).to_owned(), Some(step.clone()));
    Box::new(Failure { job, step, cause, place, last_lines, log })
}
