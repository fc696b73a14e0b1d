//! Where an interpolation stands in a script, by a conservative state machine per shell: what it does
//! not understand is [`Spot::Unclear`], never a guess. Knows nothing of names or types.

mod cmd;
mod pwsh;
mod python;
mod sh;

use flow_syntax::tree::{Shell, Text, TextPart};

/// Where an interpolation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// By itself: one word.
    Bare,
    /// Where the shell expands, between double quotes or in a here-document.
    Quoted,
    /// Between single quotes.
    SingleQuoted,
    /// In a here-document whose delimiter is quoted.
    QuotedHereDoc,
    /// In a comment.
    Comment,
    /// After a backslash.
    Escaped,
    /// In a string of a language that does not expand there.
    InString,
    /// Somewhere that the state machine does not understand.
    Unclear,
}

/// Reads a script from its beginning to its end.
trait Reader {
    /// The next character of the author's text.
    fn char(&mut self, c: char);
    /// Where an interpolation at this point stands.
    fn hole(&mut self) -> Spot;
}

/// The spot of each interpolation of a script, in order.
pub fn spots(shell: Shell, text: &Text) -> Vec<Spot> {
    match shell {
        Shell::Sh | Shell::Bash => read(sh::Sh::default(), text),
        Shell::Pwsh => read(pwsh::Pwsh::default(), text),
        Shell::Cmd => read(cmd::Cmd::default(), text),
        Shell::Python => read(python::Python::default(), text),
    }
}

fn read(mut reader: impl Reader, text: &Text) -> Vec<Spot> {
    let mut spots = Vec::new();
    for part in &text.parts {
        match part {
            TextPart::Literal { value, .. } => value.chars().for_each(|c| reader.char(c)),
            TextPart::Hole(_) => spots.push(reader.hole()),
        }
    }
    spots
}
