//! Block text: the fences, the lines between them, and the indentation that belongs to the program
//! rather than to the text. What the lines say is left to crate::text.

use logos::{Lexer, Logos};

use super::{Lexing, Mode, Next, error, offset};
use crate::token::{Kind, Token};
use crate::{Code, Span};

/// Between the fences.
#[derive(Logos, Clone, Copy, PartialEq, Eq)]
pub(super) enum InBlock {
    #[regex("[^#$\\\\\n]+")]
    #[token("#")]
    #[token("$")]
    #[token("\\")]
    Literal,
    #[token("\\#{")]
    Escaped,
    #[token("#{")]
    Hole,
    #[token("${{")]
    Dollar,
    #[token("\n")]
    Break,
}

/// A block text that is being read.
pub(super) struct Block {
    open: u32,
    fence: usize,
    /// Where it ends if no fence closes it.
    limit: usize,
    /// The chunks that begin a line.
    lines: Vec<usize>,
    /// At the beginning of a line.
    fresh: bool,
}

impl Block {
    /// Forgets the lines whose tokens are gone.
    pub(super) fn forget(&mut self, tokens: usize) {
        self.lines.retain(|line| *line < tokens);
        self.fresh = false;
    }
}

impl<'s> Lexing<'s> {
    /// Begins the block text whose fence the lexer has just read.
    pub(super) fn open_block(&mut self, mut lexer: Lexer<'s, Kind>) -> Next<'s> {
        let span = lexer.span();
        let fence = span.len();
        let rest = self.near(span.end);
        self.push(Kind::BlockOpen, span.start, span.end);
        let closed = self.last_fence(fence).is_some_and(|last| last > span.end);
        if !rest.trim().is_empty() {
            let quotes = "\"".repeat(fence);
            let closing = rest.find(&quotes);
            let end = span.end + closing.unwrap_or(rest.len());
            let headline = "a block text begins on the line below its quotes";
            self.report(
                error(Code::BadBlockText, span.start, span.end, headline).label("more follows on this line").help(
                    match closing {
                        Some(_) => "write a text of one line between single `\"`".to_owned(),
                        None => format!("put `{quotes}` at the end of the line, and alone on the line after the text"),
                    },
                ),
            );
            if closing.is_some() || !closed {
                self.chunk(span.end, end);
                match closing {
                    Some(_) => self.push(Kind::BlockClose, end, end + fence),
                    None => self.push_virtual(Kind::BlockClose, end),
                }
                lexer.bump(end - span.end + closing.map_or(0, |_| fence));
                return Next::Code(lexer);
            }
        }
        let limit = if closed { self.text.len() } else { self.next_item_line(span.end) };
        let open = offset(span.start);
        self.modes.push(Mode::Block(Block { open, fence, limit, lines: Vec::new(), fresh: false }));
        let blank = rest;
        if blank.trim().is_empty() {
            let line_break = self.text.get(span.end..).and_then(|it| it.find('\n')).map_or(blank.len(), |at| at + 1);
            lexer.bump(line_break);
            if let Some(Mode::Block(block)) = self.modes.last_mut() {
                block.fresh = true;
            }
        }
        Next::Block(lexer.morph())
    }

    /// The last line that begins with a run of exactly `fence` quotes.
    fn last_fence(&mut self, fence: usize) -> Option<usize> {
        let text = self.text;
        let fences = self.last_fences.get_or_insert_with(|| {
            let mut at = 0;
            let mut fences = rustc_hash::FxHashMap::default();
            for line in text.split_inclusive('\n') {
                let inner = line.trim_start_matches([' ', '\t']);
                let run = inner.bytes().take_while(|it| *it == b'"').count();
                if run >= 3 {
                    fences.insert(run, at + line.len() - inner.len());
                }
                at += line.len();
            }
            fences
        });
        fences.get(&fence).copied()
    }

    /// Where the next line begins that begins an item, else the end of the file.
    fn next_item_line(&mut self, from: usize) -> usize {
        if let Some(known) = self.item_line.clone()
            && (known.start..=known.end).contains(&from)
        {
            return known.end;
        }
        let found = self.find_item_line(from);
        self.item_line = Some(from..found);
        found
    }

    fn find_item_line(&self, from: usize) -> usize {
        let mut at = from;
        for line in self.text.get(from..).unwrap_or_default().split_inclusive('\n') {
            let word = line.bytes().take_while(u8::is_ascii_alphabetic).count();
            let kind = Kind::lexer(line).next();
            if word > 0 && matches!(kind, Some(Ok(kind)) if kind.is_item()) && self.begins_item(at, at + word) {
                return at;
            }
            at += line.len();
        }
        self.text.len()
    }

    /// Whether a run of quotes in code closes a block text around that code.
    pub(super) fn closes_enclosing_block(&self, start: usize, fence: usize) -> bool {
        let encloses = self.modes.iter().any(|it| matches!(it, Mode::Block(block) if block.fence == fence));
        encloses && self.text.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']).ends_with('\n')
    }

    pub(super) fn block(&mut self, mut lexer: Lexer<'s, InBlock>) -> Next<'s> {
        loop {
            let Some(Mode::Block(block)) = self.modes.last_mut() else { return Next::Code(lexer.morph()) };
            let (fence, limit) = (block.fence, block.limit);
            let at = lexer.span().end;
            if std::mem::take(&mut block.fresh) {
                let rest = lexer.remainder();
                let inner = rest.trim_start_matches([' ', '\t']);
                if inner.bytes().take_while(|it| *it == b'"').count() == fence {
                    let start = at + rest.len() - inner.len();
                    self.close_block(at, start, start + fence);
                    lexer.bump(start + fence - at);
                    return Next::Code(lexer.morph());
                }
                if at >= limit {
                    return self.unclosed_block(at);
                }
                block.lines.push(self.lexed.tokens.len());
                self.lexed.tokens.push(Token::new(Kind::Chunk, offset(at), offset(at)));
            }
            let result = lexer.next();
            let span = lexer.span();
            match result {
                None => return self.unclosed_block(self.text.len()),
                Some(Ok(InBlock::Literal) | Err(())) => {
                    self.chunk(span.start, span.end);
                    self.check_controls(span.start, span.end);
                }
                Some(Ok(InBlock::Dollar)) => {
                    self.dollar(span.start);
                    self.chunk(span.start, span.end);
                }
                Some(Ok(InBlock::Escaped)) => {
                    // Without its backslash, so that the text stands as it is in the source.
                    self.lexed.tokens.push(Token::new(Kind::Chunk, offset(span.start + 1), offset(span.end)));
                }
                Some(Ok(InBlock::Hole)) => {
                    self.push(Kind::HoleOpen, span.start, span.end);
                    self.modes.push(Mode::Hole { open: offset(span.start), depth: 0, crossed: None });
                    return Next::Code(lexer.morph());
                }
                Some(Ok(InBlock::Break)) => {
                    self.chunk(span.start, span.end);
                    if let Some(Mode::Block(block)) = self.modes.last_mut() {
                        block.fresh = true;
                    }
                }
            }
        }
    }

    fn unclosed_block(&mut self, at: usize) -> Next<'s> {
        let Some(Mode::Block(block)) = self.modes.pop() else { return Next::End };
        let (open, fence) = (block.open as usize, block.fence);
        self.report(
            error(Code::UnterminatedText, open, open + fence, "this block text is never closed")
                .label("it begins here")
                .help(format!("close it with `{}` on a line of its own", "\"".repeat(fence))),
        );
        self.push_virtual(Kind::BlockClose, at);
        if self.modes.is_empty() {
            self.line = true;
        }
        Next::Code(self.at(at))
    }

    /// The closing line begins at `line` and its quotes at `start`: takes the indentation and the
    /// last line break away from the text.
    fn close_block(&mut self, line: usize, start: usize, end: usize) {
        let Some(Mode::Block(block)) = self.modes.pop() else { return };
        if let Some(last) = self.lexed.tokens.last_mut()
            && last.kind == Kind::Chunk
        {
            let raw = last.span().text(self.text);
            let kept = raw.strip_suffix('\n').map_or(raw, |it| it.strip_suffix('\r').unwrap_or(it));
            last.end = last.start + offset(kept.len());
        }
        let prefix = self.text.get(line..start).unwrap_or_default();
        let mut bad = None;
        for index in &block.lines {
            let followed = self.lexed.tokens.get(index + 1).is_some();
            let Some(token) = self.lexed.tokens.get_mut(*index) else { continue };
            let raw = token.span().text(self.text);
            // A hole or an escape may follow on the line.
            let goes_on = followed && !raw.ends_with('\n');
            if !goes_on && raw.trim().is_empty() {
                let inner = raw.trim_end_matches(['\r', '\n']);
                token.start += offset(inner.len());
            } else if raw.starts_with(prefix) {
                token.start += offset(prefix.len());
            } else {
                let indent = raw.len() - raw.trim_start_matches([' ', '\t']).len();
                bad.get_or_insert((token.start as usize, indent));
                token.start += offset(indent);
            }
        }
        if let Some((at, indent)) = bad {
            let headline = "a line of this block text is indented less than its closing quotes";
            self.report(
                error(Code::BadBlockText, at, at + indent, headline)
                    .label("this line")
                    .related(Span::new(offset(line), offset(end)), "every line begins with this indentation")
                    .help("indent the line with the same spaces and tabs, or the closing quotes less"),
            );
        }
        self.push(Kind::BlockClose, start, end);
    }
}
