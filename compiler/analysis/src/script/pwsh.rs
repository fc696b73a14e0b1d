//! PowerShell 7: about_Quoting_Rules, about_Comments.

use super::{Reader, Spot};

#[derive(Default)]
pub(super) struct Pwsh {
    mode: Mode,
    escaped: bool,
    last: char,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Mode {
    #[default]
    Code,
    /// `# …`
    Comment,
    /// `<# … #>`
    BlockComment,
    /// `"…"`
    Double,
    /// `'…'`
    Single,
    /// `@"…"@`
    HereDouble,
    /// `@'…'@`
    HereSingle,
    /// `$(…)` in a string.
    Inner(u32),
}

impl Reader for Pwsh {
    fn char(&mut self, c: char) {
        if std::mem::take(&mut self.escaped) {
            self.last = '\0';
            return;
        }
        match self.mode {
            Mode::Code => match c {
                '`' => self.escaped = true,
                '"' => self.mode = if self.last == '@' { Mode::HereDouble } else { Mode::Double },
                '\'' => self.mode = if self.last == '@' { Mode::HereSingle } else { Mode::Single },
                '#' if self.last == '<' => self.mode = Mode::BlockComment,
                '#' if self.last == '\0' || self.last.is_whitespace() || matches!(self.last, ';' | '(' | '{' | '|') => {
                    self.mode = Mode::Comment;
                }
                _ => {}
            },
            Mode::Comment if c == '\n' => self.mode = Mode::Code,
            Mode::BlockComment if c == '>' && self.last == '#' => self.mode = Mode::Code,
            Mode::Double => match c {
                '`' => self.escaped = true,
                '"' => self.mode = Mode::Code,
                '(' if self.last == '$' => self.mode = Mode::Inner(1),
                _ => {}
            },
            Mode::Inner(depth) => match c {
                '(' => self.mode = Mode::Inner(depth + 1),
                ')' if depth == 1 => self.mode = Mode::Double,
                ')' => self.mode = Mode::Inner(depth - 1),
                _ => {}
            },
            Mode::Single if c == '\'' => self.mode = Mode::Code,
            Mode::HereDouble if c == '@' && self.last == '"' => self.mode = Mode::Code,
            Mode::HereSingle if c == '@' && self.last == '\'' => self.mode = Mode::Code,
            _ => {}
        }
        self.last = c;
    }

    fn hole(&mut self) -> Spot {
        if std::mem::take(&mut self.escaped) {
            return Spot::Escaped;
        }
        self.last = 'x';
        match self.mode {
            Mode::Code => Spot::Bare,
            Mode::Comment | Mode::BlockComment => Spot::Comment,
            Mode::Double | Mode::HereDouble => Spot::Quoted,
            Mode::Single => Spot::SingleQuoted,
            Mode::HereSingle => Spot::QuotedHereDoc,
            Mode::Inner(_) => Spot::Unclear,
        }
    }
}
