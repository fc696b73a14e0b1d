//! What is written nearly right, where the lexer knows what is meant: a unit apart from its number, a
//! hole that its text's quote should not have been in.

use super::{Lexing, Mode, Next, error, offset};
use crate::number;
use crate::token::Kind;
use crate::{Code, Diagnostic, Span};

impl<'s> Lexing<'s> {
    /// `30 min`: reports the blanks before a unit of time; returns the end of the unit.
    pub(super) fn unit_apart(&mut self, start: usize, end: usize) -> Option<usize> {
        let rest = self.near(end);
        let word = rest.trim_start_matches([' ', '\t']);
        if word.len() == rest.len() || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let length = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
        let (word, after) = word.split_at_checked(length)?;
        let unit = number::unit(word)?;
        // A name that happens to look like a unit: of a call, a setting, a field, an arm.
        if after.trim_start().starts_with(['(', '=', '{', ':', '.', '|', '[', '?']) {
            return None;
        }
        let digits = self.text.get(start..end).unwrap_or_default();
        let written = end + rest.len() - after.len();
        let instead = format!("{digits}{unit}");
        self.report(
            error(Code::BadNumber, start, written, format!("a unit of time touches its number: `{instead}`")).fix(
                format!("write `{instead}`"),
                Span::new(offset(start), offset(written)),
                instead,
            ),
        );
        Some(written)
    }

    /// In `"a #{b"` the last quote is meant to close the text around the hole: it stands after a whole
    /// operand, where no text begins, or no brace follows that could close the hole. `open` is the
    /// quote, `at` the end of its line.
    pub(super) fn quote_closes_outer(&mut self, open: usize, at: usize) -> Option<Next<'s>> {
        let Some(Mode::Hole { open: hole, .. }) = self.modes.last() else { return None };
        let hole = *hole;
        let quote = self.lexed.tokens.iter().rposition(|it| it.start == offset(open))?;
        let before = quote.checked_sub(1).and_then(|it| self.lexed.tokens.get(it))?;
        let operand = before.kind.is_word()
            || matches!(before.kind, Kind::Int | Kind::Duration | Kind::RParen | Kind::RBracket | Kind::TextClose);
        if !operand && self.text.get(open..at).unwrap_or_default().contains('}') {
            return None;
        }
        self.lexed.tokens.truncate(quote);
        while self.lexed.errors.last().is_some_and(|it| it.primary.place.start >= offset(open)) {
            self.lexed.errors.pop();
        }
        self.modes.pop();
        if self.lexed.errors.last().is_none_or(|it| it.primary.place.start < hole) {
            let place = Span::new(hole, hole + 2);
            self.report(
                Diagnostic::new(Code::UnclosedDelimiter, place, "this `#{` is never closed")
                    .label("it opens here")
                    .related(Span::empty(offset(open)), "still open at the end of the text")
                    .help("close it with `}`; a literal `#{` is written `\\#{`")
                    .fix("close it with `}`", Span::empty(offset(open)), "}"),
            );
        }
        self.push_virtual(Kind::HoleClose, open);
        match self.modes.last() {
            Some(Mode::Block(_)) => Some(Next::Block(self.at(open))),
            _ => Some(Next::Text(self.at(open))),
        }
    }
}
