//! A script's text taken apart: characters as the shell will see them, and interpolations.

use flow_syntax::Span;
use flow_syntax::tree::{Text, TextPart};

/// A piece of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A character of the author's text.
    Char(char),
    /// An interpolation: which, from 0.
    Hole(usize),
}

/// A script's pieces, and where they stand.
#[derive(Clone, Debug, Default)]
pub struct Units {
    all: Vec<Unit>,
    /// Where each stands in the source, where that can be told.
    spans: Vec<Option<Span>>,
    holes: usize,
}

impl Units {
    /// Those of a text.
    pub fn of(text: &Text) -> Self {
        let mut units = Self::default();
        for part in &text.parts {
            match part {
                TextPart::Literal { value, span } => {
                    let mut at = plain_widths(value, *span, text.block).then_some(span.start);
                    for c in value.chars() {
                        let here = at.map(|from| Span::new(from, from + width(c, text.block)));
                        at = here.map(|span| span.end);
                        units.push(Unit::Char(c), here);
                    }
                }
                TextPart::Hole(hole) => {
                    let index = units.holes;
                    units.holes += 1;
                    units.push(Unit::Hole(index), Some(hole.span));
                }
            }
        }
        units
    }

    fn push(&mut self, unit: Unit, span: Option<Span>) {
        self.all.push(unit);
        self.spans.push(span);
    }

    /// How many interpolations there are.
    pub fn holes(&self) -> usize {
        self.holes
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The piece at `at`.
    pub fn get(&self, at: usize) -> Option<Unit> {
        self.all.get(at).copied()
    }

    /// The character at `at`, if it is one.
    pub fn char(&self, at: usize) -> Option<char> {
        match self.get(at) {
            Some(Unit::Char(c)) => Some(c),
            _ => None,
        }
    }

    /// The character before `at`, if it is one.
    pub fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.char(at))
    }

    /// The place of the pieces `range` in the source, where that can be told.
    pub fn span(&self, range: std::ops::Range<usize>) -> Option<Span> {
        let spans = self.spans.get(range)?;
        match (spans.first(), spans.last()) {
            (Some(Some(first)), Some(Some(last))) => Some(first.to(*last)),
            _ => None,
        }
    }

    /// The characters of `range`, interpolations left out.
    pub fn chars(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = char> + '_ {
        self.all.get(range).unwrap_or_default().iter().filter_map(|unit| match unit {
            Unit::Char(c) => Some(*c),
            Unit::Hole(_) => None,
        })
    }
}

/// How many bytes a character takes in the source, written the usual way.
fn width(c: char, block: bool) -> u32 {
    match c {
        '"' | '\\' | '\n' if !block => 2,
        c => c.len_utf8() as u32,
    }
}

/// Whether each character of a literal is written the usual way, so that places can be counted. A
/// character written by its number takes more than the usual way, and none takes less.
fn plain_widths(value: &str, span: Span, block: bool) -> bool {
    let usual: u32 = value.chars().map(|c| width(c, block)).sum();
    let counted = usual == span.len() || (block && value.ends_with('\n') && usual + 1 == span.len());
    counted && (block || !value.contains(['\t', '\r']))
}
