//! Python 3: The Python Language Reference, 2.4.1 (string literals). Interpolations are expressions,
//! so they stand in code only.

use super::{Reader, Spot};

#[derive(Default)]
pub(super) struct Python {
    mode: Mode,
    escaped: bool,
    /// How many equal quotes stand right before this point.
    run: (char, u32),
}

#[derive(Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Code,
    Comment,
    /// In a string that ends with so many of this quote.
    String(char, u32),
}

impl Reader for Python {
    fn char(&mut self, c: char) {
        let escaped = std::mem::take(&mut self.escaped);
        match self.mode {
            Mode::Comment => {
                if c == '\n' {
                    self.mode = Mode::Code;
                }
            }
            Mode::Code => {
                // One or two quotes that another character follows: a string of one, or an empty one.
                if matches!(c, '"' | '\'') {
                    self.run = if self.run.0 == c { (c, self.run.1 + 1) } else { (c, 1) };
                    if self.run.1 == 3 {
                        self.mode = Mode::String(c, 3);
                        self.run = ('\0', 0);
                    }
                    return;
                }
                let (quote, count) = std::mem::replace(&mut self.run, ('\0', 0));
                if count == 1 {
                    self.mode = Mode::String(quote, 1);
                    self.escaped = c == '\\';
                } else if c == '#' {
                    self.mode = Mode::Comment;
                }
            }
            Mode::String(quote, length) => {
                if escaped {
                    self.run = ('\0', 0);
                } else if c == quote {
                    self.run = (quote, self.run.1 + 1);
                    if self.run.1 == length {
                        self.mode = Mode::Code;
                        self.run = ('\0', 0);
                    }
                } else {
                    self.run = ('\0', 0);
                    self.escaped = c == '\\';
                    if c == '\n' && length == 1 {
                        self.mode = Mode::Code;
                    }
                }
            }
        }
    }

    fn hole(&mut self) -> Spot {
        match self.mode {
            Mode::Comment => Spot::Comment,
            Mode::String(..) => Spot::InString,
            Mode::Code if self.run.1 == 1 => {
                self.mode = Mode::String(self.run.0, 1);
                self.run = ('\0', 0);
                Spot::InString
            }
            Mode::Code => {
                self.run = ('\0', 0);
                Spot::Bare
            }
        }
    }
}
