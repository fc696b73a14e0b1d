//! Puts pieces on lines: which brackets are broken, what is indented how far, where blank lines are.

use super::fit;
use super::pieces::{Piece, Role};
use crate::token::Kind;

/// Lines are not longer, where that can be helped.
const WIDTH: usize = 120;

/// What is in a bracket, or goes on on the next line, stands further right by this.
const INDENT: usize = 4;

/// All pieces on one line.
pub(super) fn one_line(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    let mut roles = Vec::new();
    let mut last: Option<&Piece<'_>> = None;
    for piece in pieces.iter().filter(|it| it.kind != Kind::Eof) {
        if let Some(before) = last {
            if piece.member {
                out.push_str(Piece::separator(roles.last().copied().unwrap_or_default()));
            } else if piece.spaced_after(before) {
                out.push(' ');
            }
        }
        out.push_str(&piece.text);
        if piece.kind.closer().is_some() {
            roles.push(piece.role);
        } else if piece.kind.is_closer() {
            roles.pop();
        }
        last = Some(piece);
    }
    out
}

/// A file.
pub(super) fn file(pieces: &[Piece<'_>]) -> String {
    let end = Piece::end();
    let out = String::with_capacity(pieces.len() * 8);
    let mut layout = Layout { pieces, end: &end, out, column: 0, indent: 0, fresh: true, open: Vec::new() };
    layout.items();
    layout.out
}

/// A bracket around the present place.
pub(super) struct Open {
    pub(super) close: usize,
    pub(super) role: Role,
    /// Its elements stand on lines of their own.
    pub(super) broken: bool,
    /// Line breaks inside its elements are removed.
    pub(super) joined: bool,
}

struct Layout<'s, 'p> {
    pieces: &'p [Piece<'s>],
    /// What stands after the last piece.
    end: &'p Piece<'s>,
    out: String,
    /// Characters on the present line.
    column: usize,
    /// The indentation of the present line; a block text's lines do not count.
    indent: usize,
    /// Nothing stands on the present line.
    fresh: bool,
    open: Vec<Open>,
}

impl<'s, 'p> Layout<'s, 'p> {
    fn at(&self, index: usize) -> &'p Piece<'s> {
        self.pieces.get(index).unwrap_or(self.end)
    }

    fn write(&mut self, text: &str) {
        if self.fresh {
            self.out.extend(std::iter::repeat_n(' ', self.indent));
            self.column = self.indent;
            self.fresh = false;
        }
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    /// Begins a line, unless one has just begun.
    fn line(&mut self, indent: usize) {
        if !self.fresh {
            self.out.push('\n');
            self.fresh = true;
        }
        self.indent = indent;
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn items(&mut self) {
        let last = self.pieces.len().saturating_sub(1);
        let mut before: Option<(Kind, bool)> = None;
        for (from, to) in self.elements(0, last) {
            let kind = self.at(from).kind;
            let alike = before.is_some_and(|(it, _)| it == kind);
            let stacked = alike && matches!(kind, Kind::Use | Kind::Const | Kind::Secret);
            // Items of one line and one kind stay together if the author put them so.
            let bare = alike && self.at(from).comments.is_empty();
            self.lead(from, 0, before.is_none(), before.is_some() && !stacked && !bare);
            let begin = self.out.len();
            self.member(from, to, 0, false);
            let long = self.out.get(begin..).is_some_and(|it| it.contains('\n'));
            let together = stacked || !long && before.is_some_and(|(_, long)| !long);
            if bare && !together && self.out.get(..begin).is_some_and(|it| !it.ends_with("\n\n")) {
                self.out.insert(begin, '\n');
            }
            before = Some((kind, long));
        }
        self.comments(last, 0, before.is_none(), false);
        if !self.fresh {
            self.out.push('\n');
        }
    }

    /// The ranges of pieces between two indexes that begin with a member each.
    fn elements(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut elements = Vec::new();
        let (mut start, mut at) = (from, from);
        while at < to {
            let piece = self.at(at);
            if piece.member && at > start {
                elements.push((start, at));
                start = at;
            }
            at = if piece.kind.closer().is_some() { piece.close + 1 } else { at + 1 };
        }
        if start < to {
            elements.push((start, to));
        }
        elements
    }

    /// The comments before a piece, one at the end of the present line or all on lines of their own.
    /// Nothing stands before the `first` one in its bracket; `apart` wants a blank line before it.
    fn comments(&mut self, index: usize, indent: usize, mut first: bool, mut apart: bool) -> (bool, bool) {
        let piece = self.at(index);
        apart &= piece.breaks < 2 && piece.comments.iter().all(|it| it.breaks < 2);
        for (n, comment) in piece.comments.iter().enumerate() {
            // Documentation is that of what stands below.
            if n == 0 && comment.breaks == 0 && !self.fresh && !comment.is_documentation() {
                self.write(" ");
            } else {
                self.line(indent);
                if (comment.breaks > 1 && !first) || std::mem::take(&mut apart) {
                    self.blank_line();
                }
                first = false;
            }
            self.write(comment.text);
        }
        (first, apart)
    }

    /// All that stands before a piece that begins a line.
    fn lead(&mut self, index: usize, indent: usize, first: bool, apart: bool) {
        let (first, apart) = self.comments(index, indent, first, apart);
        self.line(indent);
        if (self.at(index).breaks > 1 && !first) || apart {
            self.blank_line();
        }
    }

    /// An item, statement or element, which begins on the present line; `base` is that line's
    /// indentation or that of what it is a part of.
    fn member(&mut self, from: usize, to: usize, base: usize, joined: bool) {
        // The braces after `if`, `for` and `match` are indented as these are.
        let mut header = base;
        let mut at = from;
        while at < to {
            let piece = self.at(at);
            if at > from {
                self.between(self.at(at - 1), at, base, joined);
            }
            if matches!(piece.kind, Kind::If | Kind::For | Kind::Match) {
                header = self.indent;
            }
            self.piece(piece);
            if piece.kind.closer().is_some() {
                let indent = if piece.kind == Kind::LBrace { header } else { self.indent };
                self.bracket(at, indent, base);
                at = piece.close;
            }
            at += 1;
        }
    }

    /// What separates a piece from the one before it in its statement.
    fn between(&mut self, before: &Piece<'_>, index: usize, base: usize, joined: bool) {
        let piece = self.at(index);
        let indent = if piece.kind == Kind::Else { base } else { base + INDENT };
        if !piece.comments.is_empty() {
            self.comments(index, indent, true, false);
            self.line(indent);
        } else if !joined && piece.breaks > 0 && piece.may_begin_line() {
            self.line(indent);
        } else if piece.spaced_after(before) {
            self.write(" ");
        }
    }

    fn piece(&mut self, piece: &Piece<'_>) {
        self.write(&piece.text);
        let Some(block) = &piece.block else { return };
        let indent = " ".repeat(self.indent + INDENT);
        for line in &block.lines {
            self.out.push('\n');
            if line.indented && !line.text.is_empty() {
                self.out.push_str(&indent);
            }
            self.out.push_str(&line.text);
        }
        self.out.push('\n');
        self.column = 0;
        self.write(&indent);
        self.write(block.fence);
    }

    /// The inside of a bracket and its end. Its lines, if it is broken, are indented from `indent`; what
    /// goes on in it otherwise, from `base`.
    fn bracket(&mut self, open: usize, indent: usize, base: usize) {
        let piece = self.at(open);
        let (role, close) = (piece.role, piece.close);
        if open + 1 == close && self.at(close).comments.is_empty() {
            self.write(&self.at(close).text);
            return;
        }
        let room = WIDTH.saturating_sub(self.column);
        let broken = piece.hard || (role != Role::Plain && !fit::fits(self.pieces, open, room, &self.open));
        // Elements that have room on the line stand on it whole; one expression in brackets is laid
        // out as it would be without them.
        let joined = !broken && (role != Role::Plain || self.open.last().is_some_and(|it| it.joined));
        self.open.push(Open { close, role, broken, joined });
        let elements = self.elements(open + 1, close);
        if broken {
            for (n, (from, to)) in elements.iter().enumerate() {
                self.lead(*from, indent + INDENT, n == 0, false);
                self.member(*from, *to, indent + INDENT, false);
                if role == Role::List {
                    self.write(",");
                }
            }
            self.comments(close, indent + INDENT, elements.is_empty(), false);
            self.line(indent);
        } else {
            let brace = if piece.kind == Kind::LBrace { " " } else { "" };
            self.write(brace);
            for (n, (from, to)) in elements.iter().enumerate() {
                self.write(if n == 0 { "" } else { Piece::separator(role) });
                self.member(*from, *to, base, joined);
            }
            self.write(brace);
        }
        self.write(&self.at(close).text);
        self.open.pop();
    }
}
