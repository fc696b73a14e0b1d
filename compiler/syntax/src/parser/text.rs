//! Texts with their holes. What stands between the quotes is the lexer's business, what it says
//! crate::text's.

use chumsky::prelude::*;

use super::base::*;
use super::problem::{Form, Problem, Want};
use crate::text::{block_line, unescape};
use crate::token::{Kind, Token};
use crate::tree::*;

/// A text. Only that of a script may write by `#{out place}`. Fails where no text begins.
pub(super) fn text<'s>(expr: &Rule<'s, Expr>, place: &Rule<'s, Place>, script: bool) -> impl Parse<'s, Text> + use<'s> {
    let hole = hole(expr, place, script).boxed();
    custom(move |inp| {
        let from = index(inp);
        let open = peek(inp);
        if !open.kind.is_text() {
            return Err(Problem::expected(from, Want::Text));
        }
        inp.skip();
        let block = open.kind == Kind::BlockOpen;
        let mut parts = Vec::new();
        loop {
            let token = peek(inp);
            match token.kind {
                Kind::Chunk => {
                    inp.skip();
                    parts.extend(literal(inp.state(), token, block));
                }
                Kind::HoleOpen => parts.push(TextPart::Hole(inp.parse(&hole)?)),
                Kind::TextClose | Kind::BlockClose => {
                    inp.skip();
                    break;
                }
                // Only where too deep a text was cut.
                Kind::Error => inp.skip(),
                _ => break,
            }
        }
        let to = index(inp);
        Ok(Text { parts, block, span: inp.state().span(from, to) })
    })
}

fn literal(source: &View<'_>, token: Token, block: bool) -> Option<TextPart> {
    let raw = source.say(token);
    if raw.is_empty() {
        return None;
    }
    // The lexer has reported what is wrong with the escapes.
    let value = if block { block_line(raw) } else { unescape(raw, |_| ()) };
    Some(TextPart::Literal { value, span: source.relative(token.span()) })
}

/// `#{e}`, `#{e...}`, `#{out place}`.
fn hole<'s>(expr: &Rule<'s, Expr>, place: &Rule<'s, Place>, script: bool) -> impl Parse<'s, Hole> + use<'s> {
    let read = expr
        .clone()
        .then(token(Kind::Ellipsis).or_not())
        .map(|(value, spread)| HoleKind::Read { value, spread: spread.is_some() });
    let claim = custom({
        let place = place.clone();
        move |inp| {
            let at = index(inp);
            if peek(inp).kind != Kind::Out {
                return Err(Problem::expected(at, Want::Expr));
            }
            if !script {
                inp.emit(Problem::new(at, Form::StrayClaim, Want::Expr));
            }
            inp.skip();
            inp.parse(&place).map(HoleKind::Claim)
        }
    });
    token(Kind::HoleOpen)
        .ignore_then(claim.or(read))
        .then_ignore(total(|inp| close(inp, Kind::HoleClose, Want::CloseBrace)))
        .map_with(|kind, e| Hole { kind, span: span(e) })
}

/// A text that must be there, on this line.
pub(super) fn required<'s>(text: &Rule<'s, Text>) -> impl Parse<'s, Text> + use<'s> {
    let text = text.clone();
    custom(move |inp| {
        let token = peek(inp);
        if token.kind.is_text() && !token.line() {
            return inp.parse(&text);
        }
        expect(inp, Want::Text);
        if token.kind == Kind::Error && !token.line() {
            inp.skip();
        }
        Ok(Text { parts: Vec::new(), block: false, span: gap(inp) })
    })
}

/// A text without holes. Fails where no text begins.
pub(super) fn plain<'s>(text: &Rule<'s, Text>) -> impl Parse<'s, Text> + use<'s> {
    let text = text.clone();
    custom(move |inp| {
        let from = index(inp);
        let text = inp.parse(&text)?;
        if text.parts.iter().any(|it| matches!(it, TextPart::Hole(_))) {
            inp.emit(Problem::new(from, Form::HoleInName, Want::Text));
        }
        Ok(text)
    })
}
