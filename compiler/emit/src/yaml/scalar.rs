//! How a text is written so that every reader, of YAML 1.1 or 1.2, reads that very text.
//!
//! It errs towards quotes: an unneeded quote costs a character, a missing one changes a value.

use std::borrow::Cow;

/// The text on one line: plain if that is safe, else in single quotes, else in double quotes.
pub(super) fn inline(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        Cow::Borrowed(text)
    } else if all_printable(text, &[]) {
        Cow::Owned(format!("'{}'", text.replace('\'', "''")))
    } else {
        Cow::Owned(double_quoted(text))
    }
}

/// Whether the text may stand without quotes.
pub(super) fn is_plain(text: &str) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return false;
    };
    // Of the characters that may begin a plain scalar, those that never mean anything else.
    (first.is_alphanumeric() || "_/.$(".contains(first))
        && !matches!(last, ' ' | ':')
        && all_printable(text, &[])
        && !text.bytes().zip(text.bytes().skip(1)).any(|pair| matches!(pair, (b':', b' ') | (b' ', b'#')))
        && !resolves(text)
}

/// Whether some reader takes the plain text for something else than a string.
fn resolves(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "true", "false", "on", "off", "null", ".inf", ".nan"];
    if WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return true;
    }
    // Integers of all bases, floats, sexagesimals (1:30), dates and times: all begin so and are made
    // of these characters only. Versions such as 1.2.3 are quoted as well, which does no harm.
    text.starts_with(|it: char| it.is_ascii_digit() || it == '.')
        && text.chars().all(|it| it.is_ascii_hexdigit() || "xXoO_.+-:tTzZ ".contains(it))
}

/// Whether the text can be written as a literal block.
pub(super) fn is_block(text: &str) -> bool {
    all_printable(text, b"\n\t") && text.lines().any(|line| !line.trim().is_empty())
}

/// Whether all characters are printable, or one of `others`.
fn all_printable(text: &str, others: &[u8]) -> bool {
    // Nearly all texts are ASCII: bytes are much faster than characters.
    if text.is_ascii() {
        text.bytes().all(|it| !it.is_ascii_control() || others.contains(&it))
    } else {
        text.chars().all(|it| is_printable(it) || u8::try_from(it).is_ok_and(|it| others.contains(&it)))
    }
}

/// A character that stands for itself in every reader: no control character, no line break of any
/// version of YAML, no byte order mark, no noncharacter.
fn is_printable(it: char) -> bool {
    !it.is_control() && !matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            it if is_printable(it) => out.push(it),
            it => out.push_str(&format!("\\u{:04x}", u32::from(it))),
        }
    }
    out.push('"');
    out
}
