//! The tree of a file, as docs/reference/grammar.md has it: plain data, every node with its span,
//! every place that the grammar requires something in may hold a *hole* instead.
//!
//! Spans are relative to the start of the item (see [`Placed`]). Nothing here knows what a name
//! means; what may stand where is checked by flow-analysis, not by the shape of this tree.

mod body;
mod expr;
mod item;
mod text;
mod ty;

pub use body::*;
pub use expr::*;
pub use item::*;
pub use text::*;
pub use ty::*;
