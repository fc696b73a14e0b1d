//! Windows' `cmd`, which expands `%X%` everywhere but in a comment and quotes nothing; what may be
//! read there is restricted by type.

use super::{Reader, Spot};

#[derive(Default)]
pub(super) struct Cmd {
    /// The line so far.
    line: String,
}

impl Reader for Cmd {
    fn char(&mut self, c: char) {
        if c == '\n' {
            self.line.clear();
        } else {
            self.line.push(c);
        }
    }

    fn hole(&mut self) -> Spot {
        let line = self.line.trim_start().trim_start_matches('@').to_ascii_lowercase();
        self.line.push('x');
        if line.starts_with("::") || line.starts_with("rem ") { Spot::Comment } else { Spot::Bare }
    }
}
