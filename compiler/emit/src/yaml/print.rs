//! From a document to its text: two spaces a level, LF, the same to the byte on every system.

use std::borrow::Cow;

use super::scalar::{inline, is_block, is_plain};
use super::{Around, Key, Map, Node};

/// A longer key must be written in the explicit form: readers give up looking for its colon.
const LONGEST_IMPLICIT_KEY: usize = 1000;

/// The text of a document, with `header` as comment above it.
pub fn print(header: &[String], root: &Map) -> String {
    let mut out = String::new();
    for line in header {
        comment(&mut out, 0, line);
    }
    entries(&mut out, root, 0, false);
    out
}

/// The entries of a mapping; `begun` if the line of the first one stands there up to its key.
fn entries(out: &mut String, map: &Map, indent: usize, begun: bool) {
    for (index, entry) in map.entries.iter().enumerate() {
        if !(begun && index == 0) {
            before(out, &entry.around, indent, index == 0);
            pad(out, indent);
        }
        let key = match &entry.key {
            Key::Text(it) => inline(it),
            Key::Plain(it) => Cow::Borrowed(*it),
        };
        if key.len() > LONGEST_IMPLICIT_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            pad(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        value(out, &entry.value, &entry.around, indent);
    }
}

/// The value after a key's colon, to the end of its last line.
fn value(out: &mut String, node: &Node, around: &Around, indent: usize) {
    match node {
        Node::Map(map) if !map.entries.is_empty() => {
            end(out, around);
            entries(out, map, indent + 2, false);
        }
        Node::Seq(items) if !items.is_empty() => {
            end(out, around);
            for (index, item) in items.iter().enumerate() {
                before(out, &item.around, indent + 2, index == 0);
                pad(out, indent + 2);
                out.push('-');
                item_value(out, &item.value, &item.around, indent + 2);
            }
        }
        other => scalar(out, other, around, indent),
    }
}

/// The value after the dash of a sequence: a mapping begins on the same line.
fn item_value(out: &mut String, node: &Node, around: &Around, indent: usize) {
    match node {
        Node::Map(map) if !map.entries.is_empty() => {
            // The first line's indentation is the dash and a space; a comment cannot stand there.
            let commented = map.entries.first().is_some_and(|it| !it.around.above.is_empty());
            let begun = around.beside.is_none() && !commented;
            out.push(if begun { ' ' } else { '\n' });
            if let Some(beside) = &around.beside {
                comment(out, indent + 2, beside);
            }
            entries(out, map, indent + 2, begun);
        }
        Node::Seq(items) if !items.is_empty() => value(out, node, around, indent),
        other => scalar(out, other, around, indent),
    }
}

fn scalar(out: &mut String, node: &Node, around: &Around, indent: usize) {
    match node {
        Node::Null => {}
        Node::Plain(text) => {
            out.push(' ');
            out.push_str(text);
        }
        Node::Block(text) if is_block(text) && !is_plain(text) => {
            block(out, text, around, indent + 2);
            return;
        }
        Node::Text(text) | Node::Block(text) => {
            out.push(' ');
            out.push_str(&inline(text));
        }
        Node::Map(_) => out.push_str(" {}"),
        Node::Seq(_) => out.push_str(" []"),
    }
    end(out, around);
}

/// A literal block. Its header says how many line breaks end the text, and the indentation if a
/// reader could not tell it from the first line.
fn block(out: &mut String, text: &str, around: &Around, indent: usize) {
    out.push_str(" |");
    if text.starts_with([' ', '\t', '\n']) {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) => {
            if body.ends_with('\n') {
                out.push('+');
            }
            body
        }
    };
    end(out, around);
    for line in body.split('\n') {
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn before(out: &mut String, around: &Around, indent: usize, first: bool) {
    // A blank line before the first entry would part it from its key.
    if around.blank && !(first && indent > 0) && !out.is_empty() {
        out.push('\n');
    }
    for line in &around.above {
        comment(out, indent, line);
    }
}

fn end(out: &mut String, around: &Around) {
    if let Some(beside) = &around.beside {
        out.push_str(" # ");
        out.push_str(&tame(beside));
    }
    out.push('\n');
}

fn comment(out: &mut String, indent: usize, line: &str) {
    pad(out, indent);
    let text = format!("# {}", tame(line));
    out.push_str(text.trim_end());
    out.push('\n');
}

/// A comment's text on one line: what no reader accepts in a comment becomes a space.
fn tame(text: &str) -> String {
    let printable =
        |it: char| !it.is_control() && !matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    text.chars().map(|it| if printable(it) { it } else { ' ' }).collect()
}

fn pad(out: &mut String, indent: usize) {
    const SPACES: &str = "                                ";
    match SPACES.get(..indent) {
        Some(spaces) => out.push_str(spaces),
        None => out.extend(std::iter::repeat_n(' ', indent)),
    }
}
