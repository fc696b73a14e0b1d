//! Expressions and patterns.

use super::{Body, Name, Path, Place, Source, Text};
use crate::Span;
use smol_str::SmolStr;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Its form.
    pub kind: ExprKind,
    /// The whole; parentheses around it are not part of it.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// Missing or unreadable.
    Hole,
    /// `1_000`.
    Int(i64),
    /// `30min`, in milliseconds.
    Duration(u64),
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// A text.
    Text(Text),
    /// A bare word.
    Name(SmolStr),
    /// `[a, ...b]`.
    List(Vec<Element>),
    /// `!e`, `-e`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `a.b`, `a?.b`.
    Field {
        /// What has the field.
        base: Box<Expr>,
        /// `?.`.
        optional: bool,
        /// The field; missing while it is being typed.
        name: Name,
    },
    /// `a[i]`.
    Index {
        /// What is indexed.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `f(x, name: y)`.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// In order.
        args: Vec<Arg>,
        /// With the parentheses.
        args_span: Span,
    },
    /// `call as "title" after x`; at least one of the two is there.
    Ordered {
        /// The call.
        base: Box<Expr>,
        /// `as "title"`.
        title: Option<Text>,
        /// `after x`.
        after: Option<Box<Expr>>,
    },
    /// `if`.
    If(Box<If>),
    /// `for`.
    For(Box<For>),
    /// `match`.
    Match(Box<Match>),
}

/// An element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// `...xs`.
    pub spread: bool,
    /// The element.
    pub value: Expr,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// `name:`.
    pub name: Option<Name>,
    /// What is passed.
    pub value: ArgValue,
    /// The whole.
    pub span: Span,
}

/// What an argument passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgValue {
    /// A value.
    Expr(Expr),
    /// `out place`.
    Out(Place),
    /// `...record`.
    Spread(Expr),
}

/// `if c { … } else { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// When it holds.
    pub then: Body,
    /// When it does not.
    pub otherwise: Option<Else>,
}

/// What follows `else`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Else {
    /// `else { … }`.
    Body(Body),
    /// `else if …`, with its span.
    If(Box<If>, Span),
}

/// `for x in xs if c { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    /// The variable.
    pub name: Name,
    /// What is iterated.
    pub iterable: Expr,
    /// `if c`.
    pub filter: Option<Expr>,
    /// The body.
    pub body: Body,
}

/// `match e { p => … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// What is matched.
    pub value: Expr,
    /// In order.
    pub arms: Vec<Arm>,
    /// The braces and what is between them.
    pub arms_span: Span,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Alternatives.
    pub patterns: Vec<Pattern>,
    /// What the arm does.
    pub value: ArmValue,
    /// The whole.
    pub span: Span,
}

/// What an [`Arm`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmValue {
    /// `=> { … }`.
    Body(Body),
    /// `=> e`.
    Source(Source),
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Its form.
    pub kind: PatternKind,
    /// The whole.
    pub span: Span,
}

/// The forms of patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `_`.
    Any,
    /// `none`.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// `linux`, `Os.linux`.
    Path(Path),
    /// An integer.
    Int(i64),
    /// A text without holes.
    Text(SmolStr),
    /// Missing or unreadable.
    Hole,
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Neg,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `??`
    Coalesce,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
}

impl BinaryOp {
    /// As it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Coalesce => "??",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
        }
    }
}
