//! Makes every value of a plan one that the platform can say itself where it stands.
//!
//! A platform's expressions mean what the language means for a part of the values only
//! (docs/design/semantics.md 5.6). [`lower`] takes a plan and gives one with the same meaning in which
//! the others are gone: a [step that computes](flow_plan::model::Run::Compute) them stands before their
//! first reader, under that reader's conditions, and readers refer to what it publishes. What a job
//! hands on is computed after its last step. So only [`Native::says`] differs between platforms; how
//! something is computed is `shell::compute`'s.
//!
//! Where no step of the job can come first, at keys of a job or of the pipeline, a value becomes an
//! output of an earlier job: whoever rewrites these positions adds an output with *any* value to that
//! job (its place among the jobs' outputs is all that is needed), makes the reader refer to it, and
//! does so before [`steps`] are looked at, which then compute it.

mod changed;
pub(crate) mod conditions;
pub(crate) mod jobs;
pub(crate) mod loops;
pub(crate) mod names;
pub(crate) mod params;
pub(crate) mod steps;
pub(crate) mod types;
pub(crate) mod visit;

use flow_plan::model::{Job, Param, Plan, Value};

use crate::EmitError;
use crate::facts::Facts;

/// Where a value stands: a platform knows different things there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Site {
    /// A key of the pipeline: before any job is looked at.
    Pipeline,
    /// What a called pipeline hands to its caller: all jobs have ended.
    Caller,
    /// A key of a job, its condition first of all: what other jobs gave is known, none of its steps
    /// has run, no secret can be asked for.
    Job,
    /// The condition of a job: as before.
    Guard,
    /// The environment of a job: as before, and secrets.
    JobEnv,
    /// The condition of a step.
    If,
    /// The environment of a step, or an input of one that somebody else has written.
    Step,
    /// What a job hands on when its steps have ended.
    End,
}

/// What a platform can say itself.
pub(crate) trait Native {
    /// Whether the platform's own words for the value mean exactly what the language means, where it
    /// stands; in a condition, as a truth value. `job` is the one that it stands in, with the steps
    /// that come before it at least.
    fn says(&self, facts: &Facts<'_>, job: Option<&Job>, value: &Value, site: Site) -> bool;

    /// Whether what a person gives for a parameter may be something else than its type says.
    fn asks(&self, plan: &Plan, param: &Param) -> bool;
}

/// A plan with nothing but native values in it.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// The plan.
    pub(crate) plan: Plan,
    /// The outputs that stand for conditions, each with what it was.
    pub(crate) conditions: Vec<(Value, Value)>,
}

/// The same plan with nothing but native values in it.
pub(crate) fn lower(plan: &Plan, native: &dyn Native) -> Result<Lowered, Vec<EmitError>> {
    let Lowered { plan, conditions } = jobs::lower(&loops::filters(plan)?, native)?;
    let mut plan = loops::lower(&plan)?;
    let whole = plan.clone();
    let facts = Facts::new(&whole)?.knowing(&conditions);
    for job in &mut plan.jobs {
        params::lower(&facts, native, job);
        steps::lower(&facts, native, job);
    }
    Ok(Lowered { plan, conditions })
}
