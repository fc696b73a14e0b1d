//! What the benchmarks measure, and with what: generated programs, hostile texts, edits, budgets. The
//! generator of large valid programs serves tests of other crates too.
#![allow(clippy::disallowed_methods, reason = "measuring needs the clock, and processes that are measured")]
#![allow(clippy::indexing_slicing, reason = "a benchmark that indexes badly should end")]

mod component;
pub mod program;
pub mod random;

pub use program::{Program, Shape, SourceFile};
