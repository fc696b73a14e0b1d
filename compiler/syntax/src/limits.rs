//! How deep a tree may become. Everything that later walks the tree is recursive, and the stack of
//! a thread is small, so what is nested or chained beyond reason is refused here, before the parser,
//! and left out of the tokens. Wants balanced brackets.

use crate::delimiters::MAX_DEPTH;
use crate::token::{Kind, Token};
use crate::{Code, Diagnostic, Span};

/// Operators, calls, fields and branches in one chain.
const MAX_CHAIN: usize = 128;

/// The longest way down through chains and brackets together.
const MAX_HEIGHT: usize = 256;

/// What stands between two brackets.
#[derive(Default)]
struct Level {
    /// The index of the token that opens it.
    open: usize,
    /// Operators in the present chain.
    chain: usize,
    /// The deepest way down inside brackets of the present chain, and of all chains before it.
    child: usize,
    height: usize,
    /// An operand has just ended.
    operand: bool,
    /// A bracket inside is too deep.
    deep: bool,
    /// The first token that is left out of the present chain.
    dropping: Option<usize>,
}

impl Level {
    fn reset(&mut self) {
        self.height = self.height.max(self.chain + self.child);
        (self.chain, self.child, self.operand) = (0, 0, false);
    }
}

#[derive(Default)]
struct Limits {
    levels: Vec<Level>,
    dropped: Vec<(usize, usize)>,
    deep: Option<Span>,
    long: Option<Span>,
}

/// Leaves out what is too deep; an [`Error`](Kind::Error) token takes its place.
pub(crate) fn enforce(tokens: Vec<Token>, errors: &mut Vec<Diagnostic<Span>>) -> Vec<Token> {
    let mut limits = Limits { levels: vec![Level::default()], ..Limits::default() };
    for (index, token) in tokens.iter().enumerate() {
        limits.token(index, *token);
    }
    limits.end_chain(tokens.len());
    if let Some(place) = limits.deep {
        let headline = format!("brackets are nested deeper than {MAX_DEPTH}");
        errors.push(
            Diagnostic::new(Code::NestedTooDeeply, place, headline).help("give the inner part a name of its own"),
        );
    }
    if let Some(place) = limits.long {
        let headline = format!("an expression has more than {MAX_CHAIN} operators in one chain");
        errors.push(
            Diagnostic::new(Code::ExpressionTooLong, place, headline)
                .label("the rest is not read")
                .help("give parts of it names of their own, or write a list"),
        );
    }
    without(tokens, limits.dropped)
}

impl Limits {
    fn token(&mut self, index: usize, token: Token) {
        let Some(level) = self.levels.last_mut() else { return };
        let kind = token.kind;
        match kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::HoleOpen => {
                if matches!(kind, Kind::LParen | Kind::LBracket) {
                    if level.operand && !token.line() {
                        self.link(index, token);
                    } else if level.operand {
                        self.end_chain(index);
                    }
                }
                if self.levels.len() > MAX_DEPTH {
                    self.deep.get_or_insert(token.span());
                    if let Some(level) = self.levels.last_mut() {
                        level.deep = true;
                    }
                }
                self.levels.push(Level { open: index, ..Level::default() });
            }
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::HoleClose => self.close(index, token),
            Kind::Bang | Kind::If | Kind::For | Kind::Match => {
                // `else if` is one link.
                if level.operand {
                    self.end_chain(index);
                }
                self.link(index, token);
            }
            Kind::Dot
            | Kind::QuestionDot
            | Kind::Coalesce
            | Kind::EqEq
            | Kind::Ne
            | Kind::Lt
            | Kind::Le
            | Kind::Gt
            | Kind::Ge
            | Kind::AndAnd
            | Kind::OrOr
            | Kind::Amp
            | Kind::Pipe
            | Kind::Plus
            | Kind::Minus
            | Kind::Star
            | Kind::Slash
            | Kind::Percent
            | Kind::Question
            | Kind::As
            | Kind::After
            | Kind::Else
            | Kind::In => self.link(index, token),
            Kind::Int | Kind::Duration | Kind::True | Kind::False | Kind::None | Kind::Error | Kind::Underscore => {
                self.operand(index);
            }
            Kind::TextOpen | Kind::BlockOpen => self.operand(index),
            Kind::Chunk | Kind::TextClose | Kind::BlockClose => {}
            _ if kind.is_ident() => self.operand(index),
            // A keyword is a name after a dot.
            _ if kind.is_word() && level.chain > 0 && !level.operand => level.operand = true,
            _ => self.end_chain(index),
        }
    }

    fn operand(&mut self, index: usize) {
        if self.levels.last().is_some_and(|it| it.operand) {
            self.end_chain(index);
        }
        if let Some(level) = self.levels.last_mut() {
            level.operand = true;
        }
    }

    fn link(&mut self, index: usize, token: Token) {
        let Some(level) = self.levels.last_mut() else { return };
        level.chain += 1;
        level.operand = false;
        if level.chain > MAX_CHAIN {
            level.chain = MAX_CHAIN;
            if level.dropping.is_none() {
                level.dropping = Some(index);
                self.long.get_or_insert(token.span());
            }
        }
    }

    fn end_chain(&mut self, index: usize) {
        let Some(level) = self.levels.last_mut() else { return };
        level.reset();
        if let Some(from) = level.dropping.take() {
            self.dropped.push((from, index));
        }
    }

    fn close(&mut self, index: usize, token: Token) {
        self.end_chain(index);
        if self.levels.len() < 2 {
            return;
        }
        let Some(level) = self.levels.pop() else { return };
        let mut height = level.height + 1;
        if level.deep || height > MAX_HEIGHT {
            self.dropped.push((level.open + 1, index));
            self.deep.get_or_insert(token.span());
            height = 1;
        }
        if let Some(parent) = self.levels.last_mut() {
            parent.child = parent.child.max(height);
            parent.operand = true;
        }
    }
}

/// The tokens without some ranges, each of which leaves an [`Error`](Kind::Error) token.
fn without(mut tokens: Vec<Token>, mut ranges: Vec<(usize, usize)>) -> Vec<Token> {
    if ranges.is_empty() {
        return tokens;
    }
    ranges.sort_unstable_by_key(|(from, to)| (*from, std::cmp::Reverse(*to)));
    let mut kept = Vec::with_capacity(tokens.len());
    let mut next = 0;
    for (from, to) in ranges {
        if from < next {
            continue;
        }
        kept.extend_from_slice(tokens.get(next..from).unwrap_or_default());
        if let (Some(first), Some(last)) = (tokens.get(from), tokens.get(to.saturating_sub(1))) {
            kept.push(Token::new(Kind::Error, first.start, last.end.max(first.end)).with_line(first.line()));
        }
        next = to;
    }
    kept.extend(tokens.drain(next.min(tokens.len())..));
    kept
}
