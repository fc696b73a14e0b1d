//! What the benchmarks measure, and with what: generated programs, hostile texts, somebody who types.
//! The generator of large valid programs serves the tests of other crates too.
#![allow(clippy::disallowed_methods, reason = "measuring needs the clock, and processes that are measured")]
#![allow(clippy::indexing_slicing, reason = "a benchmark that indexes badly should end")]

mod component;
mod delivery;
pub mod editor;
pub mod program;
pub mod project;
pub mod random;
pub mod texts;
pub mod times;

pub use program::{Program, Shape, SourceFile};
