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
        let bad = raw.bytes().position(|it| (it < b' ' && !matches!(it, b'\t' | b'\r' | b'\n')) || it == 0x7f);
        if let Some(at) = bad
            && self.once_a_line(start + at)
        {
            let byte = raw.as_bytes().get(at).copied().unwrap_or_default();
            let from = start + at;
            let headline = format!("the control character U+{byte:04X} cannot stand in a text");
            self.report(
                error(Code::UnknownCharacter, from, from + 1, headline)
                    .help(format!("write `\\u{{{byte:x}}}` in a text of one line")),
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
