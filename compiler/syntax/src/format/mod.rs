//! The formatter: one canonical form for a file, with everything in it that was in it.
//!
//! It works on the tokens, which cannot be lost that way, and asks the tree only for what tokens do
//! not tell: where statements and fields begin, which braces are bodies, which `[` is a list. In four
//! steps: [`marks`] walks the tree; [`pieces`] makes each token a piece with the comments and line
//! breaks that stood before it, each text ([`text`]) a single one, and leaves the optional commas
//! out; [`layout`] puts the pieces on lines and the commas where they belong; here, the result is
//! read again, and if it does not say the same, the file is left as it was.
//!
//! Lines are only ever broken before a member of a bracket and before its end, and only joined inside
//! one statement, where the line rules of the grammar say nothing. Where a line goes on with an
//! operator or a dot, or ends after a comment, the author has decided, and it stays.

mod fit;
mod layout;
mod marks;
mod pieces;
mod text;

use marks::Marks;
use pieces::Piece;

use crate::{Diagnostic, Parse, Span, lexer, parse};

/// The canonical form of a file.
///
/// # Errors
///
/// What is wrong with the file, if that keeps it from being read; then it has no canonical form.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic<Span>>> {
    let errors = parse(text).errors;
    if !errors.is_empty() {
        return Err(errors);
    }
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    // No text has a carriage return but before a line break, and elsewhere it is a space.
    let lines: Vec<&str> = plain.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let source = lines.join("\n");
    let before = read(&source, &parse(&source));
    let formatted = layout::file(&before);
    let parsed = parse(&formatted);
    let same = parsed.errors.is_empty() && says_the_same(&before, &read(&formatted, &parsed));
    Ok(if same { formatted } else { text.to_owned() })
}

fn read<'s>(text: &'s str, parse: &Parse) -> Vec<Piece<'s>> {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let lexed = lexer::lex(text);
    let marks = Marks::new(&parse.items, &lexed.tokens);
    pieces::pieces(text, &lexed.tokens, &lexed.comments, &marks, Span::new(0, end))
}

/// Whether two texts have the same tokens, in the same roles, and the same comments between them.
fn says_the_same(before: &[Piece<'_>], after: &[Piece<'_>]) -> bool {
    let same = |a: &Piece<'_>, b: &Piece<'_>| {
        (a.kind, &a.text, &a.block) == (b.kind, &b.text, &b.block)
            && (a.role, a.member, a.glued, a.documented) == (b.role, b.member, b.glued, b.documented)
            && a.comments.iter().map(|it| it.text).eq(b.comments.iter().map(|it| it.text))
    };
    before.len() == after.len() && before.iter().zip(after).all(|(a, b)| same(a, b))
}
