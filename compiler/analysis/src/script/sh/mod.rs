//! POSIX shells and bash: POSIX.1-2017, "Shell Command Language", 2.2 (quoting), 2.3 (tokens), 2.6
//! (expansions), 2.7.4 (here-documents), 2.9 (commands), and bash's `$'…'`, `[[ ]]`, `(( ))`, arrays,
//! here-strings and process substitutions.
//!
//! Once the reader is lost (a nesting that shells read differently, or that nobody writes), all that
//! follows is unclear.

mod code;
mod heredoc;

use std::ops::Range;

use self::heredoc::HereDoc;
use super::{Reading, Spot, Unit, Units};

/// How deep expansions may nest.
const DEEPEST: u32 = 40;

pub(super) fn read(units: &Units, bash: bool) -> Vec<Reading> {
    let mut sh = Sh {
        units,
        bash,
        at: 0,
        limit: units.len(),
        out: vec![Reading::UNCLEAR; units.holes()],
        made: Vec::new(),
        pending: Vec::new(),
        waiting: false,
        depth: 0,
        lost: false,
        murky: 0,
    };
    sh.code(code::End::Limit);
    sh.out
}

struct Sh<'a> {
    units: &'a Units,
    bash: bool,
    at: usize,
    /// Where what is being read ends at the latest.
    limit: usize,
    out: Vec<Reading>,
    /// The interpolations of the current word.
    made: Vec<usize>,
    /// Here-documents that begin after this line.
    pending: Vec<HereDoc>,
    /// Outside of this substitution, so that it must not break the line: shells differ on what comes
    /// first then.
    waiting: bool,
    depth: u32,
    /// Nothing that follows can be told.
    lost: bool,
    /// Interpolations at this point are unclear.
    murky: u32,
}

/// What encloses text that is expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Double,
    HereDoc,
}

impl Sh<'_> {
    fn unit(&self, ahead: usize) -> Option<Unit> {
        let at = self.at + ahead;
        if at < self.limit { self.units.get(at) } else { None }
    }

    fn char(&self, ahead: usize) -> Option<char> {
        match self.unit(ahead) {
            Some(Unit::Char(c)) => Some(c),
            _ => None,
        }
    }

    fn record(&mut self, hole: usize, reading: Reading) {
        let reading = if self.lost || self.murky > 0 { Reading::UNCLEAR } else { reading };
        if let Some(slot) = self.out.get_mut(hole) {
            *slot = reading;
            self.made.push(hole);
        }
    }

    /// A nested piece of the script, if it is not too deep. Its interpolations are none of the word
    /// around it.
    fn nested(&mut self, read: impl FnOnce(&mut Self)) {
        if self.depth >= DEEPEST {
            self.lost = true;
            self.at = self.limit;
            return;
        }
        let made = self.made.len();
        self.depth += 1;
        read(self);
        self.depth -= 1;
        self.made.truncate(made);
    }

    /// A backslash: what follows is taken as it is.
    fn escape(&mut self) {
        match self.unit(1) {
            Some(Unit::Hole(hole)) => {
                let around = (self.at..self.at + 1, self.at + 2..self.at + 2);
                self.record(hole, Reading { around: Some(around), ..Reading::new(Spot::Escaped) });
            }
            Some(Unit::Char('\n')) if !self.pending.is_empty() => self.lost = true,
            _ => {}
        }
        self.at += 2;
    }

    /// `'…'`, or with `escapes` `$'…'`; at the quote. `open` is where the whole begins.
    fn single(&mut self, open: usize, escapes: bool) {
        let (opening, first) = (open..self.at + 1, self.made.len());
        self.at += 1;
        while let Some(unit) = self.unit(0) {
            match unit {
                Unit::Char('\'') => {
                    for hole in self.made.iter().skip(first) {
                        if let Some(reading) = self.out.get_mut(*hole).filter(|it| it.spot == Spot::SingleQuoted) {
                            reading.around = Some((opening.clone(), self.at..self.at + 1));
                        }
                    }
                    self.at += 1;
                    return;
                }
                Unit::Char('\\') if escapes => {
                    // A shell without `$'…'` would see the end of it here.
                    self.lost |= !self.bash;
                    self.at += 1;
                    if matches!(self.unit(0), Some(Unit::Char(_))) {
                        self.at += 1;
                    }
                }
                Unit::Char(c) => {
                    self.lost |= c == '\n' && !self.pending.is_empty();
                    self.at += 1;
                }
                Unit::Hole(hole) => {
                    self.record(hole, Reading::new(Spot::SingleQuoted));
                    self.at += 1;
                }
            }
        }
        self.lost = true;
    }

    /// `"…"`; at the quote.
    fn double(&mut self) {
        let (open, first) = (self.at, self.made.len());
        self.at += 1;
        self.nested_in_word(|sh| sh.expanded(Quotes::Double));
        let close = self.at.saturating_sub(1);
        for hole in self.made.iter().skip(first) {
            if let Some(reading) = self.out.get_mut(*hole).filter(|it| it.spot == Spot::Quoted && it.around.is_none()) {
                reading.around = Some((open..open + 1, close..close + 1));
            }
        }
    }

    fn nested_in_word(&mut self, read: impl FnOnce(&mut Self)) {
        if self.depth >= DEEPEST {
            self.lost = true;
            self.at = self.limit;
            return;
        }
        self.depth += 1;
        read(self);
        self.depth -= 1;
    }

    /// What stands between double quotes, to the closing one, or in a here-document, to its end.
    fn expanded(&mut self, quotes: Quotes) {
        let mut after_name = false;
        while let Some(unit) = self.unit(0) {
            let was_name = std::mem::take(&mut after_name);
            match unit {
                Unit::Char('\\') => self.escape(),
                Unit::Char('"') if quotes == Quotes::Double => {
                    self.at += 1;
                    return;
                }
                Unit::Char('$') => after_name = self.dollar(true),
                Unit::Char('`') => self.backquotes(true),
                Unit::Char(c) => {
                    self.lost |= c == '\n' && !self.pending.is_empty() && quotes == Quotes::Double;
                    self.at += 1;
                }
                Unit::Hole(hole) => {
                    self.record(hole, Reading { literal: !was_name, ..Reading::new(Spot::Quoted) });
                    self.at += 1;
                }
            }
        }
        self.lost |= quotes == Quotes::Double;
    }

    /// `$…`, at the dollar; whether it ends in a name that text right after it would belong to.
    fn dollar(&mut self, quoted: bool) -> bool {
        match self.unit(1) {
            Some(Unit::Hole(hole)) => {
                self.record(hole, Reading::UNCLEAR);
                self.at += 2;
            }
            Some(Unit::Char('(')) if self.char(2) == Some('(') => {
                self.at += 3;
                self.nested(Self::arithmetic);
            }
            Some(Unit::Char('(')) => {
                self.at += 2;
                self.substitution();
            }
            Some(Unit::Char('{')) => {
                self.at += 2;
                self.nested(|sh| sh.braces(quoted));
            }
            Some(Unit::Char('\'')) if !quoted => {
                let open = self.at;
                self.at += 1;
                self.single(open, true);
            }
            Some(Unit::Char('"')) if !quoted => {
                self.at += 1;
                self.double();
            }
            // An old spelling of `$((…))`, in some shells.
            Some(Unit::Char('[')) => {
                self.lost = true;
                self.at += 1;
            }
            Some(Unit::Char('\\')) if self.char(2) == Some('\n') => {
                self.lost = true;
                self.at += 1;
            }
            Some(Unit::Char(c)) if c.is_ascii_alphabetic() || c == '_' => {
                self.at += 2;
                while self.char(0).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                    self.at += 1;
                }
                return true;
            }
            Some(Unit::Char(c)) if c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '$' | '!' | '-') => {
                self.at += 2;
            }
            _ => self.at += 1,
        }
        false
    }

    /// `$(…)`, `<(…)`; after the parenthesis.
    fn substitution(&mut self) {
        let outside = std::mem::take(&mut self.pending);
        let waiting = self.waiting;
        self.waiting |= !outside.is_empty();
        self.nested(|sh| sh.code(code::End::Paren));
        self.lost |= !self.pending.is_empty();
        self.pending = outside;
        self.waiting = waiting;
    }

    /// `${…}`; after the brace.
    fn braces(&mut self, quoted: bool) {
        if matches!(self.char(0), Some('#' | '!')) && self.char(1) != Some('}') {
            self.at += 1;
        }
        if self.char(0).is_some_and(|c| matches!(c, '@' | '*' | '?' | '$' | '-' | '#' | '!')) {
            self.at += 1;
        } else {
            while self.char(0).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.at += 1;
            }
        }
        let operator = match self.char(0) {
            Some(':') => self.char(1),
            other => other,
        };
        // How a single quote reads in the operand.
        let quotes = match operator {
            Some('-' | '=' | '+' | '?') => Some(!quoted),
            Some('#' | '%') => Some(true),
            _ => (!quoted).then_some(true),
        };
        let named = self.char(0).is_some();
        while let Some(unit) = self.unit(0) {
            match unit {
                Unit::Char('}') => {
                    self.at += 1;
                    return;
                }
                Unit::Char('\\') => self.escape(),
                Unit::Char('\'') => match quotes {
                    Some(true) => {
                        self.murky += 1;
                        self.single(self.at, false);
                        self.murky -= 1;
                    }
                    Some(false) => self.at += 1,
                    None => {
                        self.lost = true;
                        self.at += 1;
                    }
                },
                Unit::Char('"') => {
                    self.murky += 1;
                    self.double();
                    self.murky -= 1;
                }
                Unit::Char('$') => {
                    self.dollar(true);
                }
                Unit::Char('`') => self.backquotes(true),
                Unit::Char(c) => {
                    self.lost |= c == '\n' && !self.pending.is_empty();
                    self.at += 1;
                }
                Unit::Hole(hole) => {
                    self.record(hole, Reading::new(if named { Spot::Number } else { Spot::Unclear }));
                    self.at += 1;
                }
            }
        }
        self.lost = true;
    }

    /// `((…))`; after the parentheses.
    fn arithmetic(&mut self) {
        let mut open = 0_u32;
        while let Some(unit) = self.unit(0) {
            match unit {
                Unit::Char('(') => {
                    open += 1;
                    self.at += 1;
                }
                Unit::Char(')') if open > 0 => {
                    open -= 1;
                    self.at += 1;
                }
                Unit::Char(')') => {
                    // One alone ends a command in parentheses, which begins alike.
                    if self.char(1) == Some(')') {
                        self.at += 2;
                    } else {
                        self.lost = true;
                        self.at += 1;
                    }
                    return;
                }
                Unit::Char('$') => {
                    self.dollar(true);
                }
                Unit::Char('`') => self.backquotes(true),
                Unit::Char('"') => {
                    self.murky += 1;
                    self.double();
                    self.murky -= 1;
                }
                Unit::Char('\\') => self.escape(),
                Unit::Char(c) => {
                    self.lost |= c == '\'' || (c == '\n' && !self.pending.is_empty());
                    self.at += 1;
                }
                Unit::Hole(hole) => {
                    self.record(hole, Reading { literal: true, ..Reading::new(Spot::Number) });
                    self.at += 1;
                }
            }
        }
        self.lost = true;
    }

    /// `` `…` ``; at the first. What is quoted twice in there is read differently by shells.
    fn backquotes(&mut self, quoted: bool) {
        self.at += 1;
        let mut end = self.at;
        let mut escapes = false;
        while end < self.limit && self.units.char(end) != Some('`') {
            let escape = self.units.char(end) == Some('\\');
            escapes |= escape;
            end += if escape && matches!(self.units.get(end + 1), Some(Unit::Char(_))) { 2 } else { 1 };
        }
        if end >= self.limit {
            self.lost = true;
            self.at = self.limit;
            return;
        }
        if !quoted && !escapes && self.pending.is_empty() {
            let limit = std::mem::replace(&mut self.limit, end);
            self.nested(|sh| sh.code(code::End::Limit));
            self.limit = limit;
            self.lost |= !self.pending.is_empty();
        }
        self.at = end + 1;
    }

    /// `# …`; at its first character.
    fn comment(&mut self) {
        let start = self.at;
        let end = (start..self.limit).find(|at| self.units.char(*at) == Some('\n')).unwrap_or(self.limit);
        self.mark(start..end, &Reading::within(Spot::Comment, start..start + 1, end..end));
        self.at = end;
    }

    /// All interpolations of a range are `reading`.
    fn mark(&mut self, range: Range<usize>, reading: &Reading) {
        for at in range {
            if let Some(Unit::Hole(hole)) = self.units.get(at) {
                self.record(hole, reading.clone());
            }
        }
    }
}
