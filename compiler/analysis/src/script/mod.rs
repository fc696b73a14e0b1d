//! Where an interpolation stands in a script, by a conservative reader per shell: what it does not
//! understand is [`Spot::Unclear`], never a guess. Knows nothing of names or types.

mod cmd;
mod pwsh;
mod python;
mod sh;
mod units;

use std::ops::Range;

use flow_syntax::tree::{Shell, Text};

pub use self::units::{Unit, Units};

/// Where an interpolation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Where the shell takes words, or an expression.
    Bare,
    /// Where the shell expands, between double quotes or in a here-document.
    Quoted,
    /// Where the shell expands and computes with what it finds: a number only.
    Number,
    /// Between single quotes.
    SingleQuoted,
    /// In a here-document whose delimiter is quoted.
    QuotedHereDoc,
    /// In a comment.
    Comment,
    /// After a character that takes the meaning of the next one away.
    Escaped,
    /// In a string of a language that does not expand there.
    InString,
    /// In a word with other text, where the shell has to be told that it is one.
    Joined,
    /// Somewhere that the reader does not understand.
    Unclear,
}

/// Which words may stand at a spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Any number.
    Any,
    /// One, since other text is part of the word.
    Glued,
    /// One, since the shell wants one.
    One,
}

/// What is known of the place of an interpolation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Where it stands.
    pub spot: Spot,
    /// How many words it may be.
    pub words: Words,
    /// Plainly safe text may stand here as it is.
    pub literal: bool,
    /// What encloses it: its beginning and its end, or a here-document's delimiter and body.
    pub around: Option<(Range<usize>, Range<usize>)>,
}

impl Reading {
    const UNCLEAR: Self = Self { spot: Spot::Unclear, words: Words::One, literal: false, around: None };

    const fn new(spot: Spot) -> Self {
        Self { spot, ..Self::UNCLEAR }
    }

    fn within(spot: Spot, open: Range<usize>, close: Range<usize>) -> Self {
        Self { around: Some((open, close)), ..Self::new(spot) }
    }
}

/// The place of each interpolation of a script, in order.
pub fn read(shell: Shell, text: &Text) -> Vec<Reading> {
    read_units(shell, &Units::of(text))
}

/// The same, of a text that is taken apart already.
pub fn read_units(shell: Shell, units: &Units) -> Vec<Reading> {
    match shell {
        Shell::Sh => sh::read(units, false),
        Shell::Bash => sh::read(units, true),
        Shell::Pwsh => pwsh::read(units),
        Shell::Cmd => cmd::read(units),
        Shell::Python => python::read(units),
    }
}

/// Whether a text means itself in every shell, by itself and within quotes.
pub fn plainly_safe(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '@' | '+' | ',' | '-'))
}

#[cfg(test)]
mod tests;
