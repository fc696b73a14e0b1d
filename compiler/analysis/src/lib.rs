//! The checked program: modules, names, types, phases, claims, as queries on a salsa database, from
//! file over items to facts per item. No file system, no terminal, no protocol.

mod cron;
pub mod ctx;
mod cycle;
pub mod db;
pub mod diagnostics;
pub mod effects;
pub mod eval;
pub mod events;
mod every;
mod filter;
pub mod infer;
pub mod label;
pub mod line_index;
mod norm;
pub mod path;
pub mod permission;
pub mod pipelines;
pub mod place;
pub mod raw;
mod recursion;
pub mod reference;
pub mod schema;
pub mod scope;
pub mod script;
pub mod settings;
pub mod suggest;
pub mod ty;
mod unused;
pub mod value;
mod walk;

pub use db::{Database, Db, Def, DefKind, File, Unreadable};
pub use diagnostics::diagnostics;
pub use place::{FileSpan, Finding, Place};
