//! Text to tree: the lexer, the delimiter pass and the parser of Flow.
//!
//! [`parse`] is total: any text gives a tree, perhaps with holes, and a list of errors. This crate
//! knows nothing of names, types, files or terminals.

mod code;
mod diagnostic;
mod span;
pub mod tree;

pub use code::Code;
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use span::Span;
pub use tree::Placed;

/// What a text parses to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parse {
    /// In the order of the source.
    pub items: Vec<Placed>,
    /// Every `//` and `///` comment, with its slashes, in the order of the source; spans of the file.
    pub comments: Vec<Span>,
    /// What is wrong with the text; spans of the file.
    pub errors: Vec<Diagnostic<Span>>,
}
