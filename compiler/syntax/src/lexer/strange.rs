//! What has no meaning in Flow but is written all the same: other languages' quotes, comments and
//! expressions, merge conflicts, invisible characters. Each is named, and passed over.

use super::{Lexing, error, offset};
use crate::token::{Kind, Token};
use crate::{Code, Diagnostic, Edit, Fix, Span};

/// White space that is none to the lexer, and characters that cannot be seen.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl Lexing<'_> {
    /// Reports the character at `start`, which begins no token; returns where to go on.
    pub(super) fn strange(&mut self, start: usize) -> usize {
        let rest = self.near(start);
        let Some(first) = self.text.get(start..).and_then(|it| it.chars().next()) else { return self.text.len() };
        let after = start + first.len_utf8();
        let inner = rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            ';' => {
                if self.once_a_line(start) {
                    let error = error(Code::ForeignSyntax, start, after, "statements do not end with `;`");
                    let place = error.primary.place;
                    self.report(error.fix("delete the `;`", place, ""));
                }
                after
            }
            '#' => {
                let error = error(Code::ForeignSyntax, start, after, "comments begin with `//`, not with `#`");
                let place = error.primary.place;
                self.report(error.fix("write `//`", place, "//"));
                let rest = self.line_rest(start);
                self.lexed.comments.push(Span::new(offset(start), offset(start + rest.trim_end().len())));
                start + rest.len()
            }
            '\'' => match inner.find('\'') {
                Some(length) => {
                    let headline = "a text stands between `\"`, not between `'`";
                    self.foreign_text(Code::ForeignSyntax, headline, start, after, length, 1)
                }
                None => self.unknown(start, after, first),
            },
            '“' | '”' | '„' | '‘' | '’' | '«' => match inner.find(['”', '“', '’', '»', '‘', '"']) {
                Some(length) => {
                    let close = inner.get(length..).and_then(|it| it.chars().next()).map_or(1, char::len_utf8);
                    let headline = format!("`{first}` looks like a quote but is none");
                    self.foreign_text(Code::UnknownCharacter, &headline, start, after, length, close)
                }
                None => self.unknown(start, after, first),
            },
            _ if is_invisible(first) => {
                if self.once_a_line(start) {
                    let headline = format!("the invisible character U+{:04X} has no meaning here", u32::from(first));
                    let error = error(Code::UnknownCharacter, start, after, headline);
                    let place = error.primary.place;
                    self.report(error.fix("write a space", place, " "));
                }
                after
            }
            _ => self.unknown(start, after, first),
        }
    }

    /// Reports documentation before a comma: what it says would be lost.
    pub(super) fn documented_comma(&mut self, comma: usize) {
        let from = self.lexed.tokens.last().map_or(0, |it| it.end);
        let docs = self.lexed.docs.iter().rev().take_while(|it| it.start >= from);
        let signs: Vec<Span> = docs.map(|it| Span::new(it.start, it.start + 3)).collect();
        let Some(last) = self.lexed.docs.last().copied() else { return };
        let mut error = Diagnostic::new(Code::StrayDocumentation, last, "this documents nothing: a comma follows it")
            .related(Span::new(offset(comma), offset(comma + 1)), "the comma")
            .help("put it after the comma, above what it documents");
        let edits = signs.into_iter().rev().map(|place| Edit { place, text: "//".into() }).collect();
        error.fix = Some(Fix { title: "make it a plain comment".into(), edits });
        self.report(error);
    }

    /// Reports `/* … */` at `start`, over lines outside of texts; returns where it ends.
    pub(super) fn foreign_comment(&mut self, start: usize) -> usize {
        let line = self.line_rest(start);
        let here = line.find("*/").map(|at| start + at + 2);
        let end = match here {
            Some(end) => end,
            None if !self.modes.is_empty() || self.no_comment_end => start + line.len(),
            None => match self.text.get(start..).and_then(|it| it.find("*/")) {
                Some(at) => start + at + 2,
                None => {
                    self.no_comment_end = true;
                    start + line.len()
                }
            },
        };
        let whole = self.text.get(start..end).unwrap_or_default();
        let place = Span::new(offset(start), offset(start + 2));
        let mut error = Diagnostic::new(Code::ForeignSyntax, place, "comments begin with `//`; there is no `/* … */`");
        let mut edits = Vec::new();
        let mut at = start;
        for line in whole.split_inclusive('\n') {
            let inner = line.trim_end();
            let begin = at + inner.len() - inner.trim_start().len();
            let text_end = at + inner.len();
            if begin < text_end {
                self.lexed.comments.push(Span::new(offset(begin), offset(text_end)));
                let stars = self.text.get(begin..text_end).unwrap_or_default();
                let stars = if at == start {
                    1 + stars.len() - stars.trim_start_matches(['/', '*']).len() - 1
                } else {
                    usize::from(stars.starts_with('*') && !stars.starts_with("*/"))
                };
                edits.push(Edit { place: Span::new(offset(begin), offset(begin + stars)), text: "//".into() });
            }
            at += line.len();
        }
        let closed = whole.ends_with("*/") && whole.len() >= 4;
        if closed {
            edits.push(Edit { place: Span::new(offset(end - 2), offset(end)), text: "".into() });
        }
        // What follows on the line would become a part of the comment.
        if self.line_rest(end).trim().is_empty() && closed {
            error.fix = Some(Fix { title: "write `//`".into(), edits });
        }
        self.report(error);
        self.line |= whole.contains('\n');
        end
    }

    fn unknown(&mut self, start: usize, after: usize, first: char) -> usize {
        let rest = self.text.get(after..).unwrap_or_default();
        let more = match first {
            _ if first.is_alphanumeric() => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
            _ if first.is_control() => rest.find(|c: char| !c.is_control() || c == '\n').unwrap_or(rest.len()),
            _ => 0,
        };
        let end = after + more;
        if self.once_a_line(start) {
            let written = self.text.get(start..end).unwrap_or_default();
            let place = Span::new(offset(start), offset(end));
            let (headline, help) = if first.is_control() {
                (format!("the control character U+{:04X} has no meaning here", u32::from(first)), None)
            } else if first.is_alphabetic() {
                (format!("`{written}` is not a name"), Some("names are written in the letters a to z, digits and `_`"))
            } else {
                (format!("`{written}` has no meaning here"), None)
            };
            let mut error = Diagnostic::new(Code::UnknownCharacter, place, headline);
            error.help = help.map(str::to_owned);
            if first.is_control() {
                error = error.fix("delete it", place, "");
            }
            self.report(error);
        }
        self.push(Kind::Error, start, end);
        end
    }

    /// A text between other quotes: reported, and read as the text that was meant.
    fn foreign_text(
        &mut self,
        code: Code,
        headline: &str,
        start: usize,
        after: usize,
        length: usize,
        close: usize,
    ) -> usize {
        let (inner_end, end) = (after + length, after + length + close);
        let edit = |from: usize, to: usize| Edit { place: Span::new(offset(from), offset(to)), text: "\"".into() };
        let mut error = Diagnostic::new(code, Span::new(offset(start), offset(end)), headline);
        error.fix = Some(Fix { title: "write `\"`".into(), edits: vec![edit(start, after), edit(inner_end, end)] });
        self.report(error);
        self.push(Kind::TextOpen, start, after);
        self.lexed.tokens.push(Token::new(Kind::Chunk, offset(after), offset(inner_end)));
        self.push(Kind::TextClose, inner_end, end);
        end
    }

    /// Reports `${{ … }}` at `start`; returns its length.
    pub(super) fn dollar(&mut self, start: usize) -> usize {
        let line = self.near(start);
        let end = line.find("}}").map_or(3, |at| at + 2);
        let inner = line.get(3..end.saturating_sub(2)).unwrap_or_default().trim();
        let place = Span::new(offset(start), offset(start + end));
        let mut error =
            Diagnostic::new(Code::ForeignSyntax, place, "`${{ … }}` is an expression of GitHub's workflows")
                .label("Flow does not read this")
                .help("write `#{…}` with a value of the program in a text, and the value alone elsewhere");
        if let Some(secret) = inner.strip_prefix("secrets.") {
            error = error
                .help(format!("declare `secret {secret}` and give it to the step by `env {{ {secret} = {secret} }}`"));
        }
        self.report(error);
        end
    }

    /// Reports a line of a merge conflict; returns the length of what is passed over.
    pub(super) fn conflict(&mut self, start: usize, end: usize) -> usize {
        if !self.is_column_0(start) {
            self.unknown(start, end, '=');
            return end - start;
        }
        let line = self.line_rest(start);
        let place = Span::new(offset(start), offset(start + line.trim_end().len()));
        let earlier = self.lexed.errors.iter_mut().rev().find(|it| it.code == Code::MergeMarker);
        match earlier {
            Some(earlier) if !line.starts_with('<') => {
                let earlier = std::mem::replace(earlier, Diagnostic::new(Code::MergeMarker, place, ""));
                let joined = earlier.related(place, "belongs to it");
                if let Some(slot) = self.lexed.errors.iter_mut().rev().find(|it| it.code == Code::MergeMarker) {
                    *slot = joined;
                }
            }
            _ => {
                let error = Diagnostic::new(Code::MergeMarker, place, "a merge conflict is not resolved")
                    .help("keep one of the two sides and delete the marker lines");
                self.report(error);
            }
        }
        line.len()
    }

    /// Reports control characters in a text.
    pub(super) fn check_controls(&mut self, start: usize, end: usize) {
        let raw = self.text.get(start..end).unwrap_or_default();
        let next = self.text.as_bytes().get(end).copied();
        let bytes = raw.as_bytes();
        let bad = bytes.iter().enumerate().position(|(at, it)| match it {
            // A part of the line break only: elsewhere nobody sees it.
            b'\r' => bytes.get(at + 1).copied().or(next) != Some(b'\n'),
            b'\t' | b'\n' => false,
            _ => *it < b' ' || *it == 0x7f,
        });
        if let Some(at) = bad
            && self.once_a_line(start + at)
        {
            let byte = bytes.get(at).copied().unwrap_or_default();
            let from = start + at;
            let written = if byte == b'\r' { "\\r".to_owned() } else { format!("\\u{{{byte:x}}}") };
            let headline = format!("the control character U+{byte:04X} cannot stand in a text");
            self.report(
                error(Code::UnknownCharacter, from, from + 1, headline)
                    .help(format!("write `{written}` in a text of one line")),
            );
        }
    }

    /// Whether this is the first report of its sort on its line.
    fn once_a_line(&mut self, at: usize) -> bool {
        let first = at >= self.strange_until;
        if first {
            self.strange_until = at + self.line_rest(at).len();
        }
        first
    }
}
