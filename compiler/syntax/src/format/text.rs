//! Texts, each as one piece. What they say stays as it is, byte for byte; in holes the spaces are
//! set, but one that spans lines stays as it is too.

use std::borrow::Cow;

use super::layout;
use super::marks::Marks;
use super::pieces::pieces;
use crate::Span;
use crate::token::{Kind, Token};

/// What follows the opening fence of a block text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block<'s> {
    pub(super) lines: Vec<Line<'s>>,
    /// The closing quotes.
    pub(super) fence: &'s str,
}

/// A line of a block text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'s> {
    pub(super) text: Cow<'s, str>,
    /// It takes the block's indentation; one inside of a hole does not.
    pub(super) indented: bool,
}

/// How many tokens the text has that the first one opens.
pub(super) fn length(tokens: &[Token]) -> usize {
    group(tokens, Kind::is_text, |it| matches!(it, Kind::TextClose | Kind::BlockClose))
}

/// How many tokens there are up to the one that closes the first one.
fn group(tokens: &[Token], opens: impl Fn(Kind) -> bool, closes: impl Fn(Kind) -> bool) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if opens(token.kind) {
            depth += 1;
        } else if closes(token.kind) {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

/// A part of a text: a stretch of it, or a hole.
struct Part<'s> {
    text: Cow<'s, str>,
    hole: bool,
}

/// The tokens of a text as what is written on the line where it begins, and the rest of a block.
pub(super) fn read<'s>(source: &'s str, tokens: &[Token], marks: &Marks) -> (Cow<'s, str>, Option<Block<'s>>) {
    let [open, inner @ .., close] = tokens else { return (Cow::Borrowed(""), None) };
    let parts = parts(source, inner, Span::new(open.end, close.start), marks);
    let say = |token: &Token| token.span().text(source);
    if open.kind == Kind::TextOpen {
        let inner: String = parts.into_iter().map(|it| it.text).collect();
        return (Cow::Owned(format!("{}{inner}{}", say(open), say(close))), None);
    }
    let before = source.get(..close.start as usize).unwrap_or_default();
    let indent = before.get(before.rfind('\n').map_or(0, |it| it + 1)..).unwrap_or_default();
    (Cow::Borrowed(say(open)), Some(Block { lines: lines(parts, indent), fence: say(close) }))
}

fn parts<'s>(source: &'s str, tokens: &[Token], inside: Span, marks: &Marks) -> Vec<Part<'s>> {
    let mut parts = Vec::new();
    let mut end = inside.start;
    let mut rest = tokens;
    while let Some(at) = rest.iter().position(|it| it.kind == Kind::HoleOpen) {
        rest = rest.get(at..).unwrap_or_default();
        let length = group(rest, |it| it == Kind::HoleOpen, |it| it == Kind::HoleClose);
        let (hole, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let [open, inner @ .., close] = hole else { break };
        parts.push(Part { text: Cow::Borrowed(Span::new(end, open.start).text(source)), hole: false });
        let whole = open.span().to(close.span()).text(source);
        let text = if whole.contains('\n') {
            Cow::Borrowed(whole)
        } else {
            let pieces = pieces(source, inner, &[], marks, Span::new(open.end, close.start));
            Cow::Owned(format!("#{{{}}}", layout::one_line(&pieces)))
        };
        parts.push(Part { text, hole: true });
        (rest, end) = (after, close.end);
    }
    parts.push(Part { text: Cow::Borrowed(Span::new(end, inside.end).text(source)), hole: false });
    parts
}

/// The lines between the fences, without the indentation that the closing one has.
fn lines<'s>(parts: Vec<Part<'s>>, indent: &str) -> Vec<Line<'s>> {
    let mut lines: Vec<Line<'s>> = vec![Line { text: Cow::Borrowed(""), indented: false }];
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.into_iter().enumerate() {
        let stretches: Vec<Cow<'s, str>> = match part.text {
            Cow::Borrowed(text) => text.split('\n').map(Cow::Borrowed).collect(),
            Cow::Owned(text) => vec![Cow::Owned(text)],
        };
        let final_stretch = stretches.len() - 1;
        for (n, stretch) in stretches.into_iter().enumerate() {
            if n == 0 {
                match lines.last_mut() {
                    Some(line) if line.text.is_empty() => line.text = stretch,
                    Some(line) => line.text.to_mut().push_str(&stretch),
                    None => {}
                }
            } else if part.hole {
                lines.push(Line { text: stretch, indented: false });
            } else {
                let goes_on = n == final_stretch && at < last;
                let blank = stretch.trim().is_empty() && !goes_on;
                let text = if blank {
                    Cow::Borrowed("")
                } else {
                    match stretch {
                        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(indent).unwrap_or(text)),
                        Cow::Owned(text) => Cow::Owned(text),
                    }
                };
                lines.push(Line { text, indented: true });
            }
        }
    }
    // The rest of the opening fence's line, and the closing fence's indentation.
    lines.remove(0);
    lines.pop();
    lines
}
