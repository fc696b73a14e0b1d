//! What every part of the grammar is built from: the parser's types, single tokens, names, lists
//! and blocks that go on after an error.
//!
//! A rule fails only at its first token. Once that fits, whatever is missing is reported and left
//! as a hole. So nothing is parsed twice, and an error ends where its list element or line ends.

use chumsky::Boxed;
use chumsky::extra;
use chumsky::input::{InputRef, MapExtra};
use chumsky::inspector::SimpleState;
use chumsky::prelude::*;
use smol_str::SmolStr;

use super::problem::{Form, Problem, Want, Wants};
use crate::Span;
use crate::token::{Kind, Token};
use crate::tree::{Docs, Name};

/// The tokens of an item.
pub(super) type Tokens<'s> = &'s [Token];
/// Errors and state of the parser.
pub(super) type Extra<'s> = extra::Full<Problem, SimpleState<View<'s>>, ()>;
/// A rule of the grammar.
pub(super) type Rule<'s, O> = Boxed<'s, 's, Tokens<'s>, O, Extra<'s>>;
/// The input while it is being parsed.
pub(super) type Inp<'s, 'p> = InputRef<'s, 'p, Tokens<'s>, Extra<'s>>;
/// What is known when a rule has matched.
pub(super) type At<'s, 'b> = MapExtra<'s, 'b, Tokens<'s>, Extra<'s>>;

/// Any parser of ours.
pub(super) trait Parse<'s, O>: Parser<'s, Tokens<'s>, O, Extra<'s>> + Clone + 's {}
impl<'s, O, P: Parser<'s, Tokens<'s>, O, Extra<'s>> + Clone + 's> Parse<'s, O> for P {}

/// The text of the file and the tokens of the item.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'s> {
    pub(super) text: &'s str,
    pub(super) tokens: &'s [Token],
    /// Where the item begins in the file.
    pub(super) base: u32,
    /// All documentation comments of the file.
    pub(super) docs: &'s [Span],
}

impl<'s> View<'s> {
    /// The token at an index, an end where there is none.
    pub(super) fn token(&self, index: usize) -> Token {
        self.tokens.get(index).copied().unwrap_or_else(|| {
            let end = self.tokens.last().map_or(self.base, |it| it.end);
            Token::new(Kind::Eof, end, end).with_line(true)
        })
    }

    /// What a token says.
    pub(super) fn say(&self, token: Token) -> &'s str {
        token.span().text(self.text)
    }

    /// A range of the file as one of the item.
    pub(super) fn relative(&self, span: Span) -> Span {
        Span::new(span.start.saturating_sub(self.base), span.end.saturating_sub(self.base))
    }

    /// The range of the item that some tokens cover; for none, the end of the token before.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        match (self.tokens.get(start), end.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(first), Some(last)) if start < end => self.relative(Span::new(first.start, last.end)),
            _ => self.gap(start),
        }
    }

    /// The place right after the token before `index`.
    pub(super) fn gap(&self, index: usize) -> Span {
        let at = index.checked_sub(1).and_then(|before| self.tokens.get(before)).map_or(self.base, |it| it.end);
        self.relative(Span::empty(at))
    }

    /// A token as a name.
    pub(super) fn name(&self, token: Token) -> Name {
        Name { text: SmolStr::new(self.say(token)), span: self.relative(token.span()) }
    }

    /// The documentation right above a token.
    pub(super) fn docs_above(&self, token: Token, from: u32) -> Docs {
        if !token.has_docs() {
            return Docs::default();
        }
        let end = self.docs.partition_point(|it| it.start < token.start);
        let start = self.docs.partition_point(|it| it.start < from).min(end);
        let lines = self.docs.get(start..end).unwrap_or_default().iter().map(|it| {
            let line = it.text(self.text).trim_start_matches("///");
            SmolStr::new(line.strip_prefix(' ').unwrap_or(line))
        });
        Docs(lines.collect())
    }
}

/// The index of the next token.
pub(super) fn index(inp: &Inp<'_, '_>) -> usize {
    *inp.cursor().inner()
}

/// The next token.
pub(super) fn peek(inp: &mut Inp<'_, '_>) -> Token {
    inp.peek().unwrap_or_else(|| {
        let at = index(inp);
        inp.state().token(at)
    })
}

/// Reports that something else is expected at the next token.
pub(super) fn expect(inp: &mut Inp<'_, '_>, wants: impl Into<Wants>) {
    let at = index(inp);
    inp.emit(Problem::expected(at, wants));
}

/// The place before the next token.
pub(super) fn gap(inp: &mut Inp<'_, '_>) -> Span {
    let at = index(inp);
    inp.state().gap(at)
}

/// The documentation above the next token.
pub(super) fn docs(inp: &mut Inp<'_, '_>) -> Docs {
    let at = index(inp);
    let token = peek(inp);
    if !token.has_docs() {
        return Docs::default();
    }
    let from = at.checked_sub(1).map_or(0, |before| inp.state().token(before).end);
    inp.state().docs_above(token, from)
}

/// A parser from a function over the input that does not fail.
pub(super) fn total<'s, O: 's>(f: impl Fn(&mut Inp<'s, '_>) -> O + Clone + 's) -> impl Parse<'s, O> {
    custom(move |inp| Ok(f(inp)))
}

/// Applies a rule that does not fail once it may begin.
pub(super) fn run<'s, O>(inp: &mut Inp<'s, '_>, rule: &Rule<'s, O>) -> Result<O, Problem> {
    inp.parse(rule)
}

/// The range of what has matched.
pub(super) fn span(at: &mut At<'_, '_>) -> Span {
    let range = at.span();
    at.state().span(range.start, range.end)
}

/// The token, on any line.
pub(super) fn token<'s>(kind: Kind) -> impl Parse<'s, Token> + Copy {
    any().filter(move |it: &Token| it.kind == kind)
}

/// The token, on the line of what stands before it.
pub(super) fn here<'s>(kind: Kind) -> impl Parse<'s, Token> + Copy {
    any().filter(move |it: &Token| it.kind == kind && !it.line())
}

/// The token; reported if it is missing. Says whether it is there.
pub(super) fn require<'s>(kind: Kind, want: Want) -> impl Parse<'s, bool> {
    total(move |inp| {
        let there = peek(inp).kind == kind;
        if there {
            inp.skip();
        } else {
            expect(inp, want);
        }
        there
    })
}

/// The rule if the next token may begin it, else nothing.
pub(super) fn when<'s, O: 's>(starts: fn(Token) -> bool, rule: impl Parse<'s, O>) -> impl Parse<'s, Option<O>> {
    any().filter(move |it: &Token| starts(*it)).rewind().ignore_then(rule).or_not()
}

/// A name that is declared.
pub(super) fn name<'s>() -> impl Parse<'s, Name> {
    total(name_here)
}

/// A name that is declared, missing where none stands on this line.
pub(super) fn name_here(inp: &mut Inp<'_, '_>) -> Name {
    let token = peek(inp);
    let at = index(inp);
    if token.kind.is_ident() && !token.line() {
        inp.skip();
        return inp.state().name(token);
    }
    let missing = Name { text: SmolStr::default(), span: gap(inp) };
    if token.kind.is_hard() && !token.line() && !(token.kind == Kind::In && token.next != Kind::In) {
        inp.emit(Problem::new(at, Form::Reserved, Want::Name));
        inp.skip();
        return missing;
    }
    expect(inp, Want::Name);
    if matches!(token.kind, Kind::Underscore | Kind::Error) && !token.line() {
        inp.skip();
    }
    missing
}

/// Skips to the end of a bracket whose inside the next token is in.
fn skip_group(inp: &mut Inp<'_, '_>) {
    let mut depth = 0_usize;
    while let Some(token) = inp.next() {
        match token.kind {
            Kind::LParen | Kind::LBracket | Kind::LBrace | Kind::TextOpen | Kind::BlockOpen | Kind::HoleOpen => {
                depth += 1;
            }
            Kind::RParen | Kind::RBracket | Kind::RBrace | Kind::TextClose | Kind::BlockClose | Kind::HoleClose => {
                depth = depth.saturating_sub(1)
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
}

/// Skips at least one token and then up to one at which `stop` says so, a closing bracket or the
/// end; brackets are skipped with what is in them.
pub(super) fn skip_junk(inp: &mut Inp<'_, '_>, stop: impl Fn(Token) -> bool) {
    let mut first = true;
    while let Some(token) = inp.peek() {
        let closes = token.kind.is_closer() || matches!(token.kind, Kind::TextClose | Kind::BlockClose);
        if closes || (!first && stop(token)) {
            break;
        }
        skip_group(inp);
        first = false;
    }
}

/// The closing bracket; what stands before it is reported and skipped.
pub(super) fn close(inp: &mut Inp<'_, '_>, kind: Kind, wants: impl Into<Wants>) {
    if peek(inp).kind != kind {
        expect(inp, wants);
        skip_junk(inp, |_| false);
    }
    if peek(inp).kind == kind {
        inp.skip();
    }
}

/// What a closing bracket is called.
fn closing(kind: Kind) -> Want {
    match kind {
        Kind::RParen => Want::CloseParen,
        Kind::RBracket => Want::CloseBracket,
        _ => Want::CloseBrace,
    }
}

/// The inside of a bracket, its opening one gone: elements with commas between them. The element
/// does not fail; one that takes no token is not kept.
pub(super) fn list<'s, O: 's>(element: impl Parse<'s, O>, closer: Kind, want: Want) -> impl Parse<'s, Vec<O>> {
    let element = element.boxed();
    custom(move |inp| {
        let mut elements = Vec::new();
        loop {
            let token = peek(inp);
            if token.kind == closer || token.kind == Kind::Eof {
                inp.skip();
                return Ok(elements);
            }
            if token.kind == Kind::Comma {
                expect(inp, want);
                inp.skip();
                continue;
            }
            let before = index(inp);
            let element = inp.parse(&element)?;
            if index(inp) > before {
                elements.push(element);
            } else {
                skip_junk(inp, |it| it.kind == Kind::Comma || it.line());
                if index(inp) == before {
                    // A closing bracket of another kind, which balanced tokens do not have.
                    inp.skip();
                }
            }
            let token = peek(inp);
            if token.kind == Kind::Comma {
                inp.skip();
            } else if token.kind != closer && token.kind != Kind::Eof {
                if index(inp) > before {
                    expect(inp, [Want::Comma, closing(closer)]);
                }
                if !token.line() {
                    skip_junk(inp, |it| it.kind == Kind::Comma || it.line());
                    if peek(inp).kind == Kind::Comma {
                        inp.skip();
                    }
                }
            }
        }
    })
}

/// The inside of braces, the opening one gone: members one after the other, with or without commas.
/// A member fails where none begins; then the line is reported and skipped, and `hole` stands for it.
pub(super) fn block<'s, O: 's>(
    member: impl Parse<'s, O>,
    hole: fn(Span) -> Option<O>,
    want: Want,
    commas: bool,
) -> impl Parse<'s, Vec<O>> {
    let member = member.boxed();
    custom(move |inp| {
        let mut members = Vec::new();
        loop {
            let token = peek(inp);
            match token.kind {
                Kind::RBrace | Kind::Eof => {
                    inp.skip();
                    return Ok(members);
                }
                Kind::Comma if commas => {
                    // One comma after a member is taken below.
                    expect(inp, want);
                    inp.skip();
                    continue;
                }
                _ => {}
            }
            let before = index(inp);
            let mark = inp.save();
            if let Ok(member) = inp.parse(&member)
                && index(inp) > before
            {
                members.push(member);
                if commas && peek(inp).kind == Kind::Comma {
                    inp.skip();
                }
                continue;
            }
            inp.rewind(mark);
            inp.emit(Problem::new(before, Form::Junk, want));
            skip_junk(inp, |it| it.line() || (commas && it.kind == Kind::Comma));
            if index(inp) == before {
                // A closing bracket of another kind, which balanced tokens do not have.
                inp.skip();
            }
            let end = index(inp);
            members.extend(hole(inp.state().span(before, end)));
            if commas && peek(inp).kind == Kind::Comma {
                inp.skip();
            }
        }
    })
}

/// An opening bracket that belongs to what stands before it. One on the next line is reported and
/// taken all the same. Says whether there is one.
pub(super) fn open(inp: &mut Inp<'_, '_>, kind: Kind, want: Want) -> bool {
    let token = peek(inp);
    let at = index(inp);
    if token.kind != kind {
        inp.emit(Problem::expected(at, want));
        return false;
    }
    if token.line() {
        inp.emit(Problem::new(at, Form::BracketOnNextLine, want));
    }
    inp.skip();
    true
}

/// What `=` or `:` is followed by: on the same line, else reported. Where the next line cannot be
/// anything but the value, it is taken.
pub(super) fn value<'s, O: 's>(
    rule: &Rule<'s, O>,
    want: Want,
    starts: fn(Token) -> bool,
    hole: fn(Span) -> O,
) -> impl Parse<'s, O> + use<'s, O> {
    let rule = rule.clone();
    custom(move |inp| {
        let token = peek(inp);
        if starts(token) {
            if !token.line() {
                return inp.parse(&rule);
            }
            let at = index(inp);
            if only_a_value(token, want) && !is_key(inp.state(), at) {
                inp.emit(Problem::new(at, Form::NextLine, want));
                return inp.parse(&rule);
            }
        }
        expect(inp, want);
        let place = gap(inp);
        Ok(hole(place))
    })
}

/// Whether a text is the key of a map's entry.
fn is_key(source: &View<'_>, at: usize) -> bool {
    if source.token(at).kind != Kind::TextOpen {
        return false;
    }
    let empty = source.token(at + 1).kind == Kind::TextClose;
    let after = source.token(if empty { at + 2 } else { at + 3 });
    matches!(after.kind, Kind::Assign | Kind::LBrace)
}

/// Whether a line that begins so can only be what the line before lacks.
fn only_a_value(token: Token, want: Want) -> bool {
    match want {
        Want::Type => {
            token.kind == Kind::LBracket
                || (token.kind.is_ident()
                    && token.next != Kind::Colon
                    && !token.next.is_ident()
                    && !token.next.is_hard())
        }
        _ => matches!(
            token.kind,
            Kind::Int
                | Kind::Duration
                | Kind::TextOpen
                | Kind::BlockOpen
                | Kind::LBracket
                | Kind::LParen
                | Kind::Minus
                | Kind::Bang
                | Kind::True
                | Kind::False
                | Kind::None
        ),
    }
}
