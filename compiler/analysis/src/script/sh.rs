//! POSIX shells and bash: POSIX.1-2017, "Shell Command Language", 2.2 (quoting), 2.3 (tokens), 2.6
//! (expansions), 2.7.4 (here-documents), and bash's `$'…'`.

use super::{Reader, Spot};

#[derive(Default)]
pub(super) struct Sh {
    /// What encloses the current point, outermost first; empty is plain code.
    modes: Vec<Mode>,
    /// The next character is taken literally.
    escaped: bool,
    /// The last character of code, to see `$(`, `<<` and where a word begins.
    last: Option<char>,
    /// Here-documents that begin after this line.
    pending: Vec<HereDoc>,
    /// A here-document's delimiter while it is being read.
    delimiter: Option<Delimiter>,
    /// How many `<` stand before this point.
    less: u32,
}

enum Mode {
    /// `(…)`; `$(…)` when `substitution`. An arithmetic `$((…))` is two of them.
    Paren { substitution: bool },
    /// `${…}`.
    Brace,
    /// `` `…` ``.
    Backquote,
    /// `"…"`.
    Double,
    /// `'…'`, or `$'…'`.
    Single { escapes: bool },
    /// `# …`.
    Comment,
    /// A here-document, and the line of it that has been read so far.
    HereDoc(HereDoc, String),
}

#[derive(Clone)]
struct HereDoc {
    word: String,
    expands: bool,
    strips_tabs: bool,
}

/// A delimiter being read: `<<-'EOF'`.
#[derive(Default)]
struct Delimiter {
    word: String,
    quoted: bool,
    strips_tabs: bool,
    within: Option<char>,
    begun: bool,
}

impl Reader for Sh {
    fn char(&mut self, c: char) {
        if self.delimiter.is_some() && self.delimiter_char(c) {
            return;
        }
        let escaped = std::mem::take(&mut self.escaped);
        match self.modes.last_mut() {
            Some(Mode::HereDoc(doc, line)) => {
                if c == '\n' {
                    let content = if doc.strips_tabs { line.trim_start_matches('\t') } else { line.as_str() };
                    let end = content == doc.word;
                    line.clear();
                    if end {
                        self.modes.pop();
                        self.begin_here_doc();
                    }
                } else {
                    line.push(c);
                    self.escaped = c == '\\' && !escaped;
                }
            }
            Some(Mode::Comment) => {
                if c == '\n' {
                    self.modes.pop();
                    self.newline();
                }
            }
            Some(Mode::Single { escapes }) => {
                if c == '\'' && !escaped {
                    self.modes.pop();
                } else {
                    self.escaped = *escapes && c == '\\' && !escaped;
                }
            }
            Some(Mode::Double) => match c {
                _ if escaped => {}
                '\\' => self.escaped = true,
                '"' => {
                    self.modes.pop();
                }
                '`' => self.modes.push(Mode::Backquote),
                '(' if self.last == Some('$') => self.modes.push(Mode::Paren { substitution: true }),
                '{' if self.last == Some('$') => self.modes.push(Mode::Brace),
                _ => {}
            },
            Some(Mode::Brace) => match c {
                _ if escaped => {}
                '\\' => self.escaped = true,
                '}' => {
                    self.modes.pop();
                }
                '"' => self.modes.push(Mode::Double),
                '`' => self.modes.push(Mode::Backquote),
                '(' if self.last == Some('$') => self.modes.push(Mode::Paren { substitution: true }),
                '{' if self.last == Some('$') => self.modes.push(Mode::Brace),
                _ => {}
            },
            Some(Mode::Paren { .. } | Mode::Backquote) | None => self.code(c, escaped),
        }
        self.last = (!escaped).then_some(c);
    }

    fn hole(&mut self) -> Spot {
        if self.delimiter.take().is_some() || std::mem::take(&mut self.less) == 2 {
            return Spot::Unclear;
        }
        self.less = 0;
        if self.escaped {
            self.escaped = false;
            return Spot::Escaped;
        }
        // Inside a here-document, `$(` would begin code; the whole body counts as quoted.
        let spot = match self.modes.last_mut() {
            None | Some(Mode::Paren { substitution: false } | Mode::Paren { substitution: true }) => {
                if self.in_arithmetic() || self.last == Some('$') { Spot::Unclear } else { Spot::Bare }
            }
            Some(Mode::Double) if self.last == Some('$') => Spot::Unclear,
            Some(Mode::Double) => Spot::Quoted,
            Some(Mode::Single { .. }) => Spot::SingleQuoted,
            Some(Mode::Comment) => Spot::Comment,
            Some(Mode::HereDoc(doc, line)) => {
                // A line with a value in it is not the delimiter.
                line.push('\0');
                if doc.expands { Spot::Quoted } else { Spot::QuotedHereDoc }
            }
            Some(Mode::Brace | Mode::Backquote) => Spot::Unclear,
        };
        self.last = Some('x');
        spot
    }
}

impl Sh {
    fn code(&mut self, c: char, escaped: bool) {
        if escaped {
            self.less = 0;
            return;
        }
        let less = std::mem::take(&mut self.less);
        if less == 2 && c != '<' && !self.in_arithmetic() {
            self.delimiter = Some(Delimiter::default());
            self.delimiter_char(c);
            return;
        }
        match c {
            '\\' => self.escaped = true,
            '\'' => self.modes.push(Mode::Single { escapes: self.last == Some('$') }),
            '"' => self.modes.push(Mode::Double),
            '`' => {
                if matches!(self.modes.last(), Some(Mode::Backquote)) {
                    self.modes.pop();
                } else {
                    self.modes.push(Mode::Backquote);
                }
            }
            '(' => self.modes.push(Mode::Paren { substitution: self.last == Some('$') }),
            ')' => {
                // One that closes nothing ends a pattern of `case`.
                if matches!(self.modes.last(), Some(Mode::Paren { .. })) {
                    self.modes.pop();
                }
            }
            '{' if self.last == Some('$') => self.modes.push(Mode::Brace),
            '#' if self.last.is_none_or(|last| last.is_whitespace() || matches!(last, ';' | '&' | '|' | '(' | ')')) => {
                self.modes.push(Mode::Comment);
            }
            '<' => self.less = less + 1,
            '\n' => self.newline(),
            _ => {}
        }
    }

    /// Within `((…))` or `$((…))`, where `<<` shifts.
    fn in_arithmetic(&self) -> bool {
        let depth = self.modes.len();
        depth >= 2
            && self.modes.iter().skip(depth - 2).all(|mode| matches!(mode, Mode::Paren { .. }))
            && matches!(self.modes.last(), Some(Mode::Paren { substitution: false }))
    }

    fn newline(&mut self) {
        self.begin_here_doc();
    }

    fn begin_here_doc(&mut self) {
        if !self.pending.is_empty() {
            let doc = self.pending.remove(0);
            self.modes.push(Mode::HereDoc(doc, String::new()));
        }
    }

    /// A character of a delimiter; `false` when it ends before this one.
    fn delimiter_char(&mut self, c: char) -> bool {
        let Some(delimiter) = &mut self.delimiter else { return false };
        if let Some(quote) = delimiter.within {
            if c == quote {
                delimiter.within = None;
            } else {
                delimiter.word.push(c);
            }
            return true;
        }
        match c {
            '-' if !delimiter.begun && !delimiter.strips_tabs => delimiter.strips_tabs = true,
            ' ' | '\t' if !delimiter.begun => {}
            '\'' | '"' => {
                delimiter.begun = true;
                delimiter.quoted = true;
                delimiter.within = Some(c);
            }
            '\\' => {
                delimiter.begun = true;
                delimiter.quoted = true;
            }
            c if c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>' | '(' | ')') => {
                if let Some(done) = self.delimiter.take() {
                    let (word, expands, strips_tabs) = (done.word, !done.quoted, done.strips_tabs);
                    self.pending.push(HereDoc { word, expands, strips_tabs });
                }
                return false;
            }
            c => {
                delimiter.begun = true;
                delimiter.word.push(c);
            }
        }
        true
    }
}
