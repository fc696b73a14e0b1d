//! Carries out a plan on this machine: plan in, processes out.
//!
//! [`run`] starts the plan's jobs as processes, as many at once as asked for, each in its own copy of
//! the sources, and moves artifacts and values between them through a [store](store::Store) on disk.
//! What happens is told by [`Event`]s and, at the end, by a [`Summary`]: plain data, which others show.
//!
//! It refuses to know: the language (the plan says all), terminals and colours, command lines.
//!
//! ```text
//! schedule ──▶ job ──▶ steps ──▶ step ──▶ process ──▶ lines     events, failure, summary, result
//!   settle      ├──▶ sources, checkout  (what a job sees)        scope, compute, values
//!   legs        ├──▶ artifacts, store   (what jobs hand on)      params, context, environment
//!   report      └──▶ container, cache, lock                      files, system
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "this is the rim: to read and write files and start processes is its purpose"
)]

mod artifacts;
mod cache;
mod cancel;
mod changed;
mod check;
mod checkout;
mod compute;
mod container;
mod context;
mod environment;
mod error;
mod event;
mod expose;
mod fields;
mod files;
mod folder;
mod found;
mod job;
mod legs;
mod lines;
mod lock;
mod options;
mod params;
mod process;
mod report;
mod result;
mod schedule;
mod scope;
mod script;
mod settle;
mod shell;
mod sources;
mod step;
mod steps;
pub mod store;
mod summary;
mod system;
mod values;

pub use cancel::Cancel;
pub use error::{
    BadCheckout, ContextProblem, ForeignJob, MissingSecret, MissingShell, NeedsContainer, NoMatch, ParamProblem,
    RunError,
};
pub use event::{Cause, FieldProblem, FilesProblem, ValueProblem};
pub use event::{Event, Failure, Outcome, Skip, StepName, StepOutcome, Stream};
pub use options::{Consent, Options};
pub use report::title;
pub use result::json;
pub use schedule::run;
pub use summary::{Exposed, GateSummary, JobSummary, OutputSummary, Product, RunOutcome, StepSummary, Summary};
