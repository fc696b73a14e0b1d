//! Signatures: names, parameters, outputs, types.

use super::{Docs, Expr, Text};
use crate::Span;
use smol_str::SmolStr;

/// A word of the source. Empty where one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Name {
    /// The word.
    pub text: SmolStr,
    /// Where it stands.
    pub span: Span,
}

impl Name {
    /// Whether a name was required here and none was written.
    pub fn is_missing(&self) -> bool {
        self.text.is_empty()
    }
}

/// `a.b.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub segments: Vec<Name>,
    /// The whole.
    pub span: Span,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its documentation.
    pub docs: Docs,
    /// `const`, `out` or neither.
    pub mode: ParamMode,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The value when no argument is given.
    pub default: Option<Expr>,
    /// `merge union`.
    pub merge: Option<Name>,
    /// The whole.
    pub span: Span,
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamMode {
    /// Read when the call runs.
    Plain,
    /// Known while compiling.
    Const,
    /// Written by the callee.
    Out,
}

/// A declared output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its documentation.
    pub docs: Docs,
    /// Published however the job ends.
    pub always: bool,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The path of a bare `file` output.
    pub path: Option<Text>,
    /// The whole.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its form.
    pub kind: TypeKind,
    /// The whole.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// Missing or unreadable.
    Hole,
    /// `string`, `rust.Crate`, `Server(linux)`, `json(Meta)`.
    Path {
        /// The name.
        path: Path,
        /// Its arguments.
        args: Vec<TypeArg>,
    },
    /// `[T]`.
    List(Box<Type>),
    /// `[K: T]`, `[k in K: T(k)]`.
    Family {
        /// What tells the members apart.
        key: FamilyKey,
        /// The members' type.
        member: Box<Type>,
    },
    /// `T?`.
    Optional(Box<Type>),
}

/// The key of a family type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FamilyKey {
    /// `[K: …]`.
    Type(Box<Type>),
    /// `[k in K: …]`.
    Binder {
        /// `k`.
        name: Name,
        /// `K`: an enum, or a const list.
        keys: Box<Expr>,
    },
}

/// An argument of a type. Written as an expression, read as a type where one is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeArg {
    /// `_`.
    Any(Span),
    /// An expression.
    Expr(Expr),
}
