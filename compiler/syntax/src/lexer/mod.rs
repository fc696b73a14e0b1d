//! The lexer: text to tokens and comments, in one pass and total. Texts are read with token sets of
//! their own; a stack says which set is in force. Brackets other than holes are not its business.
//!
//! A text or hole that is not closed must not swallow the rest of the file. Holes may span lines,
//! so the lexer first believes that they do; when that ends badly it goes back to the first line
//! break in the hole, closes the hole there, and lets no hole span lines up to where it ended
//! badly, so that no byte is read more than twice.

mod block;
mod meant;
mod strange;

use logos::{Lexer, Logos};
use rustc_hash::FxHashMap;

use crate::number;
use crate::text::{BadEscapeKind, unescape};
use crate::token::{Kind, Token};
use crate::{Code, Diagnostic, Span};

/// What the lexer makes of a file.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Span>,
    /// The comments that are documentation.
    pub(crate) docs: Vec<Span>,
    pub(crate) errors: Vec<Diagnostic<Span>>,
}

/// Lexes a whole file.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexing = Lexing {
        text,
        lexed: Lexed::default(),
        modes: Vec::new(),
        line: true,
        docs: false,
        strict_until: 0,
        last_fences: None,
        item_line: None,
        strange_until: 0,
        no_comment_end: false,
    };
    lexing.lexed.tokens.reserve(text.len() / 4);
    let mut next = Next::Code(lexing.at(text.strip_prefix('\u{feff}').map_or(0, |rest| text.len() - rest.len())));
    loop {
        next = match next {
            Next::Code(lexer) => lexing.code(lexer),
            Next::Text(lexer) => lexing.one_line(lexer),
            Next::Block(lexer) => lexing.block(lexer),
            Next::End => break,
        };
    }
    lexing.lexed
}

/// Inside the quotes of a one-line text.
#[derive(Logos, Clone, Copy, PartialEq, Eq)]
enum InText {
    #[regex(r#"([^"\\#$\r\n]|\\[^\r\n])+"#)]
    #[token("#")]
    #[token("$")]
    #[token("\\")]
    #[token("\r")]
    Literal,
    #[token("#{")]
    Hole,
    #[token("${{")]
    Dollar,
    #[token("\"")]
    Quote,
    #[regex("\r?\n")]
    Break,
}

/// Which token set goes on from where.
enum Next<'s> {
    Code(Lexer<'s, Kind>),
    Text(Lexer<'s, InText>),
    Block(Lexer<'s, block::InBlock>),
    End,
}

/// What surrounds the present place; nothing surrounds code outside of texts.
enum Mode {
    Text {
        open: u32,
        /// The first line break in a hole that is closed by now.
        crossed: Option<Box<Crossing>>,
    },
    Block(block::Block),
    Hole {
        open: u32,
        /// Open braces inside.
        depth: u32,
        /// The first line break in it.
        crossed: Option<Box<Crossing>>,
    },
}

impl Mode {
    fn closer(&self) -> Kind {
        match self {
            Self::Text { .. } => Kind::TextClose,
            Self::Block(_) => Kind::BlockClose,
            Self::Hole { .. } => Kind::HoleClose,
        }
    }
}

/// A line break in a hole, and all that is needed to go back there.
struct Crossing {
    at: usize,
    /// The hole's place among the modes.
    hole: usize,
    open: u32,
    /// What was open inside the hole, outermost first.
    above: Vec<Kind>,
    tokens: usize,
    comments: usize,
    docs: usize,
    errors: usize,
}

struct Lexing<'s> {
    text: &'s str,
    lexed: Lexed,
    modes: Vec<Mode>,
    /// A line break stands before the next token.
    line: bool,
    /// Documentation stands before the next token.
    docs: bool,
    /// Up to here no hole spans lines.
    strict_until: usize,
    /// The last line that begins with a run of that many quotes.
    last_fences: Option<FxHashMap<usize, usize>>,
    /// A range in which no line begins an item, up to one that does.
    item_line: Option<std::ops::Range<usize>>,
    /// The end of the last line with a reported unknown character.
    strange_until: usize,
    /// No `*/` stands in the rest of the file.
    no_comment_end: bool,
}

/// Offsets fit, since files are smaller than 2 GiB.
#[expect(clippy::cast_possible_truncation, reason = "files of 2 GiB are refused before")]
fn offset(at: usize) -> u32 {
    at as u32
}

fn error(code: Code, start: usize, end: usize, headline: impl Into<String>) -> Diagnostic<Span> {
    Diagnostic::new(code, Span::new(offset(start), offset(end)), headline)
}

impl<'s> Lexing<'s> {
    fn at<'t, T: Logos<'t, Source = str>>(&self, at: usize) -> Lexer<'t, T>
    where
        T::Extras: Default,
        's: 't,
    {
        let mut lexer = T::lexer(self.text);
        lexer.bump(at);
        lexer
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let token = Token::new(kind, offset(start), offset(end)).with_line(self.line).with_docs(self.docs);
        self.lexed.tokens.push(token);
        self.line = false;
        self.docs = false;
    }

    fn push_virtual(&mut self, kind: Kind, at: usize) {
        self.lexed.tokens.push(Token::new(kind, offset(at), offset(at)).with_virtual());
    }

    fn report(&mut self, error: Diagnostic<Span>) {
        self.lexed.errors.push(error);
    }

    /// Appends to the last chunk where that ends here.
    fn chunk(&mut self, start: usize, end: usize) {
        match self.lexed.tokens.last_mut() {
            Some(last) if last.kind == Kind::Chunk && last.end == offset(start) => last.end = offset(end),
            _ => self.lexed.tokens.push(Token::new(Kind::Chunk, offset(start), offset(end))),
        }
    }

    fn is_column_0(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| self.text.as_bytes().get(before) == Some(&b'\n'))
    }

    /// The rest of the line from `at`, without its line break.
    fn line_rest(&self, at: usize) -> &'s str {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// As [`line_rest`](Self::line_rest), but not more than some thousand bytes, so that a question
    /// asked at every token of an endless line stays cheap.
    fn near(&self, at: usize) -> &'s str {
        let end = self.text.len().min(at.saturating_add(4096));
        let near = (0..4).find_map(|back| self.text.get(at..end - back)).unwrap_or_default();
        let line = near.split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn code(&mut self, mut lexer: Lexer<'s, Kind>) -> Next<'s> {
        while let Some(result) = lexer.next() {
            let span = lexer.span();
            let Ok(kind) = result else {
                let end = self.strange(span.start);
                lexer = self.at(end);
                continue;
            };
            match kind {
                Kind::LineBreak => {
                    self.line = true;
                    if !self.modes.is_empty()
                        && let Some(next) = self.line_break_in_hole(span.start)
                    {
                        return next;
                    }
                }
                Kind::Comment => self.comment(span.start, span.end),
                Kind::Comma if self.docs => {
                    self.documented_comma(span.start);
                    self.push(kind, span.start, span.end);
                }
                Kind::Slash if self.text.get(span.end..).is_some_and(|it| it.starts_with('*')) => {
                    let end = self.foreign_comment(span.start);
                    lexer.bump(end - span.end);
                }
                Kind::Quote => {
                    self.push(Kind::TextOpen, span.start, span.end);
                    self.modes.push(Mode::Text { open: offset(span.start), crossed: None });
                    return Next::Text(lexer.morph());
                }
                Kind::Fence => {
                    if self.closes_enclosing_block(span.start, span.len()) {
                        return self.recover(0, span.start, span.start);
                    }
                    return self.open_block(lexer);
                }
                Kind::Dollar => {
                    let length = self.dollar(span.start);
                    lexer.bump(length - span.len());
                    self.push(Kind::Error, span.start, span.start + length);
                }
                Kind::Conflict => {
                    let length = self.conflict(span.start, span.end);
                    lexer.bump(length - span.len());
                }
                Kind::Int => {
                    let end = self.number(span.start, span.end);
                    lexer.bump(end - span.end);
                }
                Kind::LBrace => {
                    if let Some(Mode::Hole { depth, .. }) = self.modes.last_mut() {
                        *depth += 1;
                    }
                    self.push(kind, span.start, span.end);
                }
                Kind::RBrace => match self.modes.last_mut() {
                    Some(Mode::Hole { depth: 0, .. }) => {
                        self.push(Kind::HoleClose, span.start, span.end);
                        return self.close_hole(lexer);
                    }
                    Some(Mode::Hole { depth, .. }) => {
                        *depth -= 1;
                        self.push(kind, span.start, span.end);
                    }
                    _ => self.push(kind, span.start, span.end),
                },
                _ if kind.is_item() && !self.modes.is_empty() && self.begins_item(span.start, span.end) => {
                    return self.recover(0, span.start, span.start);
                }
                _ => self.push(kind, span.start, span.end),
            }
        }
        if self.modes.is_empty() { Next::End } else { self.recover(0, self.text.len(), self.text.len()) }
    }

    /// Whether the hard keyword there begins an item, when nothing else can be trusted.
    fn begins_item(&self, start: usize, end: usize) -> bool {
        self.is_column_0(start)
            && self.line_rest(end).trim_start().starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"')
    }

    fn comment(&mut self, start: usize, end: usize) {
        let raw = self.text.get(start..end).unwrap_or_default();
        let span = Span::new(offset(start), offset(start + raw.trim_end().len()));
        self.lexed.comments.push(span);
        if raw.starts_with("///") && !raw.starts_with("////") {
            self.lexed.docs.push(span);
            self.docs = true;
        }
    }

    /// Reads a number; returns where it ends, with the fraction that it cannot have.
    fn number(&mut self, start: usize, end: usize) -> usize {
        let rest = self.text.get(end..).unwrap_or_default();
        if let Some(digits) = rest.strip_prefix('.')
            && digits.starts_with(|c: char| c.is_ascii_digit())
        {
            let length = digits.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(digits.len());
            let end = end + 1 + length;
            let headline = format!("`{}` is not a whole number", self.text.get(start..end).unwrap_or_default());
            self.report(
                error(Code::BadNumber, start, end, headline)
                    .help("numbers are whole; a version is a text, a part of an hour is in `min`"),
            );
            self.push(Kind::Error, start, end);
            return end;
        }
        match number::read(self.text.get(start..end).unwrap_or_default()) {
            Ok(number::Number::Int(_)) => match self.unit_apart(start, end) {
                Some(end) => {
                    self.push(Kind::Error, start, end);
                    return end;
                }
                None => self.push(Kind::Int, start, end),
            },
            Ok(number::Number::Duration(_)) => self.push(Kind::Duration, start, end),
            Err(bad) => {
                let mut error = error(Code::BadNumber, start, end, bad.headline);
                error.help = bad.help;
                if let Some(instead) = bad.instead {
                    let place = error.primary.place;
                    error = error.fix(format!("write `{instead}`"), place, instead);
                }
                self.report(error);
                self.push(Kind::Error, start, end);
            }
        }
        end
    }

    fn one_line(&mut self, mut lexer: Lexer<'s, InText>) -> Next<'s> {
        let mut end = lexer.span().end;
        while let Some(result) = lexer.next() {
            let span = lexer.span();
            end = span.end;
            match result {
                Ok(InText::Literal) | Err(()) => {
                    self.chunk(span.start, span.end);
                    self.check_chunk(span.start, span.end);
                }
                Ok(InText::Dollar) => {
                    self.dollar(span.start);
                    self.chunk(span.start, span.end);
                }
                Ok(InText::Hole) => {
                    self.push(Kind::HoleOpen, span.start, span.end);
                    self.modes.push(Mode::Hole { open: offset(span.start), depth: 0, crossed: None });
                    return Next::Code(lexer.morph());
                }
                Ok(InText::Quote) => {
                    self.push(Kind::TextClose, span.start, span.end);
                    self.modes.pop();
                    return Next::Code(lexer.morph());
                }
                Ok(InText::Break) => {
                    end = span.start;
                    break;
                }
            }
        }
        self.unterminated(end)
    }

    /// A one-line text meets the end of its line at `at`.
    fn unterminated(&mut self, at: usize) -> Next<'s> {
        let Some(Mode::Text { open, crossed }) = self.modes.pop() else { return Next::End };
        if let Some(crossing) = crossed {
            self.modes.push(Mode::Text { open, crossed: None });
            return self.go_back(*crossing, at);
        }
        let open = open as usize;
        if let Some(next) = self.quote_closes_outer(open, at) {
            return next;
        }
        self.report(
            error(Code::UnterminatedText, open, open + 1, "this text is not closed on its line")
                .label("it begins here")
                .help("close it with `\"`, or write a block text between `\"\"\"` lines"),
        );
        self.push_virtual(Kind::TextClose, at);
        Next::Code(self.at(at))
    }

    fn close_hole(&mut self, lexer: Lexer<'s, Kind>) -> Next<'s> {
        let Some(Mode::Hole { crossed, .. }) = self.modes.pop() else { return Next::Code(lexer) };
        match self.modes.last_mut() {
            Some(Mode::Text { crossed: first, .. }) => {
                if first.is_none() {
                    *first = crossed;
                }
                Next::Text(lexer.morph())
            }
            Some(Mode::Block(_)) => Next::Block(lexer.morph()),
            _ => Next::Code(lexer),
        }
    }

    /// Notes a line break in the holes around; goes on elsewhere where that is not to be.
    fn line_break_in_hole(&mut self, at: usize) -> Option<Next<'s>> {
        if at < self.strict_until {
            return Some(self.recover(0, at, self.strict_until));
        }
        for index in (0..self.modes.len()).rev() {
            let Some(Mode::Hole { open, crossed: None, .. }) = self.modes.get(index) else {
                if let Some(Mode::Hole { .. }) = self.modes.get(index) {
                    break;
                }
                continue;
            };
            let crossing = Box::new(self.crossing(at, index, *open));
            if let Some(Mode::Hole { crossed, .. }) = self.modes.get_mut(index) {
                *crossed = Some(crossing);
            }
        }
        None
    }

    fn crossing(&self, at: usize, hole: usize, open: u32) -> Crossing {
        Crossing {
            at,
            hole,
            open,
            above: self.modes.get(hole + 1..).unwrap_or_default().iter().map(Mode::closer).collect(),
            tokens: self.lexed.tokens.len(),
            comments: self.lexed.comments.len(),
            docs: self.lexed.docs.len(),
            errors: self.lexed.errors.len(),
        }
    }

    /// It ends badly at `at`: closes the outermost hole from mode `from` on at its first line
    /// break, or at `at` where it has none, and lets no hole span lines before `until`.
    fn recover(&mut self, from: usize, at: usize, until: usize) -> Next<'s> {
        let outermost = self.modes.iter_mut().enumerate().skip(from).find_map(|(index, mode)| match mode {
            Mode::Hole { open, crossed, .. } => Some((index, *open, crossed.take())),
            _ => None,
        });
        let Some((index, open, crossed)) = outermost else {
            self.modes.clear();
            return Next::Code(self.at(at));
        };
        let crossing = crossed.map_or_else(|| self.crossing(at, index, open), |it| *it);
        self.go_back(crossing, until)
    }

    fn go_back(&mut self, crossing: Crossing, until: usize) -> Next<'s> {
        let Crossing { at, hole, open, above, tokens, comments, docs, errors } = crossing;
        self.lexed.tokens.truncate(tokens);
        self.lexed.comments.truncate(comments);
        self.lexed.docs.truncate(docs);
        self.lexed.errors.truncate(errors);
        self.strict_until = self.strict_until.max(until);
        (self.line, self.docs) = (false, false);
        if self.lexed.errors.last().is_none_or(|it| it.primary.place.start < open) {
            let start = open as usize;
            self.report(
                error(Code::UnclosedDelimiter, start, start + 2, "this `#{` is never closed")
                    .label("it opens here")
                    .related(Span::empty(offset(at)), "still open at the end of the line")
                    .help("close it with `}`; a literal `#{` is written `\\#{`"),
            );
        }
        for kind in above.into_iter().rev() {
            self.push_virtual(kind, at);
        }
        self.push_virtual(Kind::HoleClose, at);
        self.modes.truncate(hole);
        let kept = self.lexed.tokens.len();
        match self.modes.last_mut() {
            Some(Mode::Text { .. }) => {
                self.modes.pop();
                self.push_virtual(Kind::TextClose, at);
                Next::Code(self.at(at))
            }
            Some(Mode::Block(block)) => {
                block.forget(kept);
                Next::Block(self.at(at))
            }
            _ => Next::Code(self.at(at)),
        }
    }

    /// Reports what is wrong inside a stretch of one-line text.
    fn check_chunk(&mut self, start: usize, end: usize) {
        let raw = self.text.get(start..end).unwrap_or_default();
        self.check_controls(start, end);
        if !raw.contains('\\') {
            return;
        }
        let next = self.text.get(end..).unwrap_or_default();
        let mut found = Vec::new();
        // `\#` is the end of a stretch where `{` follows.
        unescape(raw, |bad| found.push(bad));
        for bad in found {
            let written = raw.get(bad.start..bad.end).unwrap_or_default();
            if written == "\\#" && next.starts_with('{') && bad.end == raw.len() {
                continue;
            }
            let (from, to) = (start + bad.start, start + bad.end);
            let (headline, help) = match bad.kind {
                BadEscapeKind::Unknown => (
                    format!("`{written}` is not an escape"),
                    "escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\r`, `\\#{` and `\\u{…}`; a backslash itself is `\\\\`",
                ),
                BadEscapeKind::Unicode => {
                    ("`\\u` is not followed by a number in braces".to_owned(), "write for example `\\u{e9}`")
                }
                BadEscapeKind::NoCharacter => {
                    (format!("`{written}` is not a character"), "Unicode characters go up to `\\u{10ffff}`")
                }
            };
            let mut error = error(Code::BadEscape, from, to, headline).help(help);
            if bad.kind == BadEscapeKind::Unknown {
                error = error.fix("double the backslash", Span::empty(offset(from)), "\\");
            }
            self.report(error);
        }
    }
}
