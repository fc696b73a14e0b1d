//! Carries out a plan on this machine: plan in, processes out.
//!
//! [`run`] starts the plan's jobs as processes, as many at once as asked for, each in its own copy of
//! the sources, and moves artifacts and values between them through a [store](store::Store) on disk.
//! What happens is told by [`Event`]s and, at the end, by a [`Summary`]: plain data, which others show.
//!
//! It refuses to know: the language (the plan says all), terminals and colours, command lines.
//!
//! ```text
//! schedule ──▶ job ──▶ step ──▶ process ──▶ lines        events, failure, summary
//!              ├──▶ sources  (what a job sees)           params, values, context, environment
//!              └──▶ store    (what jobs hand on)         files, system
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "this is the rim: to read and write files and start processes is its purpose"
)]

mod cancel;
mod check;
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
mod lines;
mod options;
mod params;
mod process;
mod schedule;
mod shell;
mod sources;
mod step;
pub mod store;
mod summary;
mod system;
mod values;

pub use cancel::Cancel;
pub use error::{ForeignJob, MissingShell, NoMatch, ParamProblem, RunError};
pub use event::{Cause, FieldProblem, FilesProblem, ValueProblem};
pub use event::{Event, Failure, Outcome, StepName, Stream};
pub use options::Options;
pub use schedule::run;
pub use summary::{Exposed, JobSummary, OutputSummary, Product, RunOutcome, Summary};
