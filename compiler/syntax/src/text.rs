//! Cooking texts: what the literal stretches between two quotes say. Where a text begins and ends
//! is the lexer's business.

use smol_str::{SmolStr, SmolStrBuilder};

/// An escape that means nothing: its range in the raw text, and a replacement if one is likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadEscape {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: BadEscapeKind,
}

/// What is wrong with an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadEscapeKind {
    /// A backslash before something that has no escape.
    Unknown,
    /// `\u` that is not followed by `{hex}`.
    Unicode,
    /// `\u{…}` of something that is no character.
    NoCharacter,
}

/// A stretch of a one-line text with its escapes resolved; unknown ones stand as they are.
pub(crate) fn unescape(raw: &str, mut bad: impl FnMut(BadEscape)) -> SmolStr {
    if !raw.contains('\\') {
        return SmolStr::new(raw);
    }
    let mut out = SmolStrBuilder::new();
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let start = raw.len() - from.len();
        let (value, length, problem) = escape(from);
        if let Some(kind) = problem {
            bad(BadEscape { start, end: start + length, kind });
        }
        let (whole, after) = from.split_at_checked(length).unwrap_or((from, ""));
        match value {
            Some(value) => out.push(value),
            None if whole == "\\#{" => out.push_str("#{"),
            None => out.push_str(whole),
        }
        rest = after;
    }
    out.push_str(rest);
    out.finish()
}

/// The escape at the start of `from`: its character, its length and what is wrong with it.
fn escape(from: &str) -> (Option<char>, usize, Option<BadEscapeKind>) {
    let mut chars = from.chars();
    chars.next();
    match chars.next() {
        Some('"') => (Some('"'), 2, None),
        Some('\\') => (Some('\\'), 2, None),
        Some('n') => (Some('\n'), 2, None),
        Some('t') => (Some('\t'), 2, None),
        Some('r') => (Some('\r'), 2, None),
        Some('#') if chars.next() == Some('{') => (None, 3, None),
        Some('u') => {
            let rest = chars.as_str();
            let Some((hex, _)) = rest.strip_prefix('{').and_then(|it| it.split_once('}')) else {
                return (None, 2, Some(BadEscapeKind::Unicode));
            };
            if hex.is_empty() || hex.len() > 8 || !hex.bytes().all(|it| it.is_ascii_hexdigit()) {
                return (None, 2, Some(BadEscapeKind::Unicode));
            }
            let length = hex.len() + 4;
            match u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
                Some(value) => (Some(value), length, None),
                None => (None, length, Some(BadEscapeKind::NoCharacter)),
            }
        }
        Some(other) => (None, 1 + other.len_utf8(), Some(BadEscapeKind::Unknown)),
        None => (None, 1, Some(BadEscapeKind::Unknown)),
    }
}

/// A stretch of block text, which is raw but for its line break.
pub(crate) fn block_line(raw: &str) -> SmolStr {
    match raw.strip_suffix("\r\n") {
        Some(line) => {
            let mut out = SmolStrBuilder::new();
            out.push_str(line);
            out.push('\n');
            out.finish()
        }
        None => SmolStr::new(raw),
    }
}
