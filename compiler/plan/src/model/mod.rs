//! The plan: one pipeline, elaborated for one backend. A plain document that backends translate and
//! `flowc plan --format json` prints; docs/reference/plan.md describes it for readers outside.
//!
//! It knows nothing of syntax, names or types any more: calls have become job instances, const
//! loops are unrolled, const values are written in, artifacts are lists of paths.

mod expr;
mod files;
mod job;
mod output;
mod plan;
mod settings;
mod step;
mod value;
mod walk;

pub use expr::*;
pub use files::*;
pub use job::*;
pub use output::*;
pub use plan::*;
pub use settings::*;
pub use step::*;
pub use value::*;
