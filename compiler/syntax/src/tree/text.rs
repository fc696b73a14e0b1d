//! Texts and their interpolations.

use super::{Expr, Place};
use crate::Span;
use smol_str::SmolStr;

/// A text with its interpolations: a string, or block text between fences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// In order; no two literals of a one-line text are neighbours, a block text has one (or more)
    /// a line so that a position in the cooked text maps to the source by adding.
    pub parts: Vec<TextPart>,
    /// Between fences.
    pub block: bool,
    /// With the quotes.
    pub span: Span,
}

impl Text {
    /// The text, when it has no holes.
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                TextPart::Literal { value, .. } => Some(value.as_str()),
                TextPart::Hole(_) => None,
            })
            .collect()
    }
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// What stands there, escapes resolved and a block's indentation removed.
    Literal {
        /// The text.
        value: SmolStr,
        /// Where it stands in the source, without the removed indentation.
        span: Span,
    },
    /// `#{…}`.
    Hole(Hole),
}

/// `#{…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// What it holds.
    pub kind: HoleKind,
    /// With `#{` and `}`.
    pub span: Span,
}

/// What a [`Hole`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoleKind {
    /// `#{e}`, `#{e...}`.
    Read {
        /// The value.
        value: Expr,
        /// `...`.
        spread: bool,
    },
    /// `#{out place}`.
    Claim(Place),
}
