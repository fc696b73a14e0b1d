//! What the formatter moves about: the tokens without their optional commas, each text one piece,
//! each with what stood before it (comments, line breaks) and what its place makes of it.

use std::borrow::Cow;

use super::marks::Marks;
use super::text::{self, Block};
use crate::Span;
use crate::token::{Kind, Token};

/// A comment and how many line breaks stand before it, at most two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment<'s> {
    pub(super) text: &'s str,
    pub(super) breaks: u8,
}

impl Comment<'_> {
    pub(super) fn is_documentation(&self) -> bool {
        self.text.starts_with("///") && !self.text.starts_with("////")
    }
}

/// What a bracket holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// One expression or type, or it is no bracket.
    #[default]
    Plain,
    /// Elements with commas between them, in round or square brackets.
    List,
    /// Members in braces; commas where they stand on one line.
    Members,
    /// Settings and statements in braces, never with commas.
    Body,
}

/// A token, or a text as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'s> {
    pub(super) kind: Kind,
    /// As it is to be written; of a block text the opening fence.
    pub(super) text: Cow<'s, str>,
    /// The rest of a block text.
    pub(super) block: Option<Block<'s>>,
    /// What stands between it and the piece before.
    pub(super) comments: Vec<Comment<'s>>,
    /// Line breaks right before it, at most two.
    pub(super) breaks: u8,
    /// Documentation stands before it, and no comma after that.
    pub(super) documented: bool,
    /// Begins an item, member or element that is not the first one.
    pub(super) member: bool,
    /// Touches the piece before it.
    pub(super) glued: bool,
    /// An operator between two operands.
    pub(super) binary: bool,
    /// An operator before its operand.
    pub(super) prefix: bool,
    /// An operand may end with it.
    pub(super) operand: bool,
    /// Of an opening bracket.
    pub(super) role: Role,
    /// Of an opening bracket: the index of the closing one.
    pub(super) close: usize,
    /// Of an opening bracket: its inside cannot stand on its line.
    pub(super) hard: bool,
    /// Of an opening bracket: the author broke a line somewhere inside, or something there is hard.
    lines: bool,
}

impl<'s> Piece<'s> {
    fn new(kind: Kind, text: impl Into<Cow<'s, str>>) -> Self {
        Self {
            kind,
            text: text.into(),
            block: None,
            comments: Vec::new(),
            breaks: 0,
            documented: false,
            member: false,
            glued: false,
            binary: false,
            prefix: false,
            operand: false,
            role: Role::Plain,
            close: 0,
            hard: false,
            lines: false,
        }
    }

    /// What stands after all others.
    pub(super) fn end() -> Self {
        Self::new(Kind::Eof, "")
    }

    /// Whether a space stands between it and `before`, which is on its line.
    pub(super) fn spaced_after(&self, before: &Self) -> bool {
        let tight = self.glued
            || before.prefix
            || matches!(before.kind, Kind::LParen | Kind::LBracket | Kind::Dot | Kind::QuestionDot)
            || matches!(
                self.kind,
                Kind::Colon | Kind::Dot | Kind::QuestionDot | Kind::Question | Kind::RParen | Kind::RBracket
            );
        let empty = before.kind == Kind::LBrace && self.kind == Kind::RBrace;
        !tight && !empty
    }

    /// What separates it from the element before it when both stand on one line.
    pub(super) fn separator(role: Role) -> &'static str {
        if role == Role::Body { " " } else { ", " }
    }

    /// Whether a line may begin with it inside a statement; there the author decides.
    pub(super) fn may_begin_line(&self) -> bool {
        self.binary || matches!(self.kind, Kind::Dot | Kind::QuestionDot)
    }
}

/// The pieces of a file or hole, the last one an end with the comments that follow all others.
pub(super) fn pieces<'s>(
    source: &'s str,
    tokens: &[Token],
    comments: &[Span],
    marks: &Marks,
    around: Span,
) -> Vec<Piece<'s>> {
    let mut building = Building {
        source,
        marks,
        comments,
        pieces: Vec::with_capacity(tokens.len() + 1),
        open: Vec::new(),
        end: around.start,
        breaks: 0,
        pending: Vec::new(),
        comma: false,
    };
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let taken = if token.kind.is_text() { text::length(tokens.get(at..).unwrap_or_default()) } else { 1 };
        building.token(tokens.get(at..at + taken).unwrap_or_default());
        at += taken;
    }
    building.before(around.end);
    building.push(Piece::end());
    building.pieces
}

struct Building<'s, 'b> {
    source: &'s str,
    marks: &'b Marks,
    /// Those that are still to come.
    comments: &'b [Span],
    pieces: Vec<Piece<'s>>,
    /// The indexes of the brackets that are open.
    open: Vec<usize>,
    /// Where the last token or comment ends.
    end: u32,
    /// Line breaks before the next piece.
    breaks: u8,
    /// Comments before the next piece.
    pending: Vec<Comment<'s>>,
    /// A comma stands before the next piece.
    comma: bool,
}

impl<'s> Building<'s, '_> {
    /// Goes on to `start` over white space and comments.
    fn before(&mut self, start: u32) {
        while let Some((comment, rest)) = self.comments.split_first().filter(|(it, _)| it.start < start) {
            let breaks = self.breaks.max(self.breaks_to(comment.start));
            self.pending.push(Comment { text: comment.text(self.source), breaks });
            (self.comments, self.end, self.breaks) = (rest, comment.end, 0);
        }
        self.breaks = self.breaks.max(self.breaks_to(start));
        self.end = start;
    }

    fn breaks_to(&self, start: u32) -> u8 {
        let between = Span::new(self.end, start).text(self.source);
        between.bytes().filter(|it| *it == b'\n').take(2).fold(0, |count, _| count + 1)
    }

    /// A token, or all those of a text.
    fn token(&mut self, tokens: &[Token]) {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
        self.before(first.start);
        self.end = last.end;
        if first.kind == Kind::Comma {
            self.comma = true;
            return;
        }
        let mut piece = if first.kind.is_text() {
            let (text, block) = text::read(self.source, tokens, self.marks);
            // Comments in its holes are written with it.
            let inside = self.comments.iter().take_while(|it| it.start < last.end).count();
            self.comments = self.comments.get(inside..).unwrap_or_default();
            Piece { block, ..Piece::new(first.kind, text) }
        } else {
            Piece::new(first.kind, first.span().text(self.source))
        };
        piece.documented = first.has_docs();
        self.describe(&mut piece, first.start);
        self.push(piece);
    }

    /// What the place of a piece makes of it.
    fn describe(&self, piece: &mut Piece<'s>, start: u32) {
        let before = self.pieces.last();
        let first = before.is_none() || self.open.last().is_some_and(|it| it + 1 == self.pieces.len());
        let members = self.open.last().and_then(|it| self.pieces.get(*it)).map(|it| it.role);
        piece.member = match members {
            _ if first || piece.kind.is_closer() => false,
            None => self.marks.items.contains(&start),
            Some(Role::Plain | Role::List) => self.comma,
            Some(Role::Members | Role::Body) => self.comma || self.marks.members.contains(&start),
        };
        let after_operand = !first && !piece.member && before.is_some_and(|it| it.operand);
        let kind = piece.kind;
        let after_dot = before.is_some_and(|it| matches!(it.kind, Kind::Dot | Kind::QuestionDot));
        piece.operand = kind.is_ident()
            || kind.is_text()
            || (after_dot && kind.is_word())
            || matches!(kind, Kind::Int | Kind::Duration | Kind::True | Kind::False | Kind::None | Kind::Underscore)
            || matches!(kind, Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::Question);
        piece.glued = self.marks.glued.contains(&start);
        match kind {
            Kind::Bang => piece.prefix = true,
            Kind::Minus => (piece.binary, piece.prefix) = (after_operand && !piece.glued, !after_operand),
            Kind::Ellipsis => (piece.prefix, piece.glued) = (!after_operand, after_operand),
            Kind::EqEq | Kind::Ne | Kind::Lt | Kind::Le | Kind::Gt | Kind::Ge => piece.binary = true,
            Kind::AndAnd | Kind::OrOr | Kind::Coalesce | Kind::Pipe => piece.binary = true,
            Kind::Plus | Kind::Star | Kind::Slash | Kind::Percent => piece.binary = true,
            Kind::LParen => {
                let keyword = self.open.is_empty() && self.ends_signature_with_word();
                piece.glued = after_operand && !keyword;
                let list =
                    piece.glued || before.is_some_and(|it| it.kind == Kind::Arrow || (keyword && it.kind == Kind::By));
                piece.role = if list { Role::List } else { Role::Plain };
            }
            Kind::LBracket => {
                let list = self.marks.lists.contains(&start);
                piece.glued = after_operand && !list;
                piece.role = if list { Role::List } else { Role::Plain };
            }
            Kind::LBrace => piece.role = if self.marks.bodies.contains(&start) { Role::Body } else { Role::Members },
            _ => {}
        }
    }

    /// Whether what stands last is the `on` or `by` after a signature, which is no callee.
    fn ends_signature_with_word(&self) -> bool {
        match self.pieces.as_slice() {
            [.., before, word] => matches!(word.kind, Kind::On | Kind::By) && before.kind == Kind::RParen,
            _ => false,
        }
    }

    fn push(&mut self, mut piece: Piece<'s>) {
        piece.comments = std::mem::take(&mut self.pending);
        piece.breaks = std::mem::take(&mut self.breaks);
        self.comma = false;
        // An operator at the end of a line goes to the beginning of the next one.
        if piece.comments.is_empty()
            && let Some(before) = self.pieces.last_mut()
            && before.binary
        {
            before.breaks = before.breaks.max(std::mem::take(&mut piece.breaks));
        }
        let index = self.pieces.len();
        if piece.kind.is_closer() {
            if let Some(open) = self.open.pop() {
                self.close(open, &piece);
            }
        } else if piece.kind.closer().is_some() {
            self.open.push(index);
        }
        self.pieces.push(piece);
    }

    /// Decides whether a bracket that `closer` closes must be broken into lines.
    fn close(&mut self, open: usize, closer: &Piece<'s>) {
        let end = self.pieces.len();
        let inside = self.pieces.get(open + 1..).unwrap_or_default();
        let broken_first = inside.first().unwrap_or(closer).breaks > 0;
        let empty = inside.is_empty();
        let mut comments = !closer.comments.is_empty();
        let mut lines = closer.breaks > 0;
        let mut members = 0;
        let mut at = 0;
        while let Some(piece) = inside.get(at) {
            comments |= !piece.comments.is_empty();
            members += usize::from(piece.member || at == 0);
            lines |= piece.breaks > 0 || piece.lines || piece.block.is_some() || piece.text.contains('\n');
            at = if piece.kind.closer().is_some() { piece.close - open } else { at + 1 };
        }
        let Some(open) = self.pieces.get_mut(open) else { return };
        open.close = end;
        open.hard = comments
            || match open.role {
                Role::Plain => broken_first && open.kind == Kind::LParen,
                Role::List => broken_first && !empty,
                Role::Members => lines && !empty,
                Role::Body => (lines || members > 1) && !empty,
            };
        open.lines = lines || open.hard;
    }
}
