//! PowerShell 7: about_Quoting_Rules, about_Parsing, about_Comments. Its quotes have typographic twins
//! that mean the same.

use super::{Reading, Spot, Unit, Units, Words};

/// How deep expressions may nest.
const DEEPEST: u32 = 40;

pub(super) fn read(units: &Units) -> Vec<Reading> {
    let mut pwsh = Pwsh { units, at: 0, out: Vec::with_capacity(units.holes()), depth: 0, lost: false };
    while pwsh.at < units.len() {
        pwsh.code(false);
        // A parenthesis that closes nothing.
        pwsh.lost |= pwsh.at < units.len();
    }
    pwsh.out
}

struct Pwsh<'a> {
    units: &'a Units,
    at: usize,
    out: Vec<Reading>,
    depth: u32,
    lost: bool,
}

const fn is_single(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}')
}

const fn is_double(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

/// Whether a word begins after this character.
fn begins(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | '{' | '}' | '[' | ';' | ',' | '|' | '&' | '!'))
}

impl Pwsh<'_> {
    fn char(&self, ahead: usize) -> Option<char> {
        self.units.char(self.at + ahead)
    }

    fn record(&mut self, reading: Reading) {
        self.out.push(if self.lost { Reading::UNCLEAR } else { reading });
    }

    /// Expressions and commands, to the end or to the parenthesis that closes this one.
    fn code(&mut self, inner: bool) {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.lost = true;
            self.skip(self.units.len(), &Reading::UNCLEAR);
        }
        let (mut open, mut word) = (0_u32, self.at);
        while let Some(unit) = self.units.get(self.at) {
            let c = match unit {
                Unit::Hole(_) => {
                    let reading = self.bare(word);
                    self.record(reading);
                    self.at += 1;
                    continue;
                }
                Unit::Char(c) => c,
            };
            if begins(Some(c)) {
                word = self.at + 1;
            }
            let before = self.units.before(self.at);
            match c {
                '`' => self.escape(),
                '@' if self.here_string() => {}
                c if is_double(c) => self.double(),
                c if is_single(c) => self.single(),
                '<' if self.char(1) == Some('#') => self.block_comment(),
                '#' if begins(before) || before == Some('=') => self.rest_of_line(Spot::Comment),
                '-' if begins(before) && self.stops_parsing() => self.rest_of_line(Spot::Unclear),
                '(' => {
                    open += 1;
                    self.at += 1;
                }
                ')' if open == 0 => {
                    if inner {
                        self.at += 1;
                    } else {
                        self.lost = true;
                        self.at += 1;
                        continue;
                    }
                    self.depth -= 1;
                    return;
                }
                ')' => {
                    open -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        self.depth -= 1;
        self.lost |= inner;
    }

    /// `` `x ``.
    fn escape(&mut self) {
        self.at += 1;
        if let Some(Unit::Hole(_)) = self.units.get(self.at) {
            let around = (self.at - 1..self.at, self.at + 1..self.at + 1);
            self.record(Reading { around: Some(around), ..Reading::new(Spot::Escaped) });
        }
        self.at += 1;
    }

    /// `--%`: nothing but `%NAME%` is expanded to the end of the line.
    fn stops_parsing(&self) -> bool {
        self.char(1) == Some('-')
            && self.char(2) == Some('%')
            && !matches!(self.units.get(self.at + 3), Some(Unit::Char(c)) if !c.is_whitespace())
    }

    fn rest_of_line(&mut self, spot: Spot) {
        let start = self.at;
        let end = (start..self.units.len()).find(|at| self.units.char(*at) == Some('\n')).unwrap_or(self.units.len());
        self.skip(end, &Reading::within(spot, start..start + 1, end..end));
    }

    /// Goes on at `end`; all interpolations on the way are `reading`.
    fn skip(&mut self, end: usize, reading: &Reading) {
        while self.at < end {
            if let Some(Unit::Hole(_)) = self.units.get(self.at) {
                self.record(reading.clone());
            }
            self.at += 1;
        }
    }

    fn block_comment(&mut self) {
        let (start, last) = (self.at, self.units.len());
        let closes = |at: &usize| self.units.char(*at) == Some('#') && self.units.char(*at + 1) == Some('>');
        let end = (start + 2..last).find(closes).map_or(last, |at| at + 2);
        self.skip(end, &Reading::within(Spot::Comment, start..start + 2, end.saturating_sub(2)..end));
    }

    fn single(&mut self) {
        let (open, first) = (self.at, self.out.len());
        self.at += 1;
        while let Some(unit) = self.units.get(self.at) {
            match unit {
                Unit::Char(c) if is_single(c) && self.char(1).is_some_and(is_single) => self.at += 2,
                Unit::Char(c) if is_single(c) => {
                    for reading in self.out.iter_mut().skip(first) {
                        reading.around = Some((open..open + 1, self.at..self.at + 1));
                    }
                    self.at += 1;
                    return;
                }
                Unit::Char(_) => self.at += 1,
                Unit::Hole(_) => {
                    self.record(Reading::new(Spot::SingleQuoted));
                    self.at += 1;
                }
            }
        }
        self.lost = true;
    }

    fn double(&mut self) {
        let (open, first) = (self.at, self.out.len());
        self.at += 1;
        self.expanded(|it| it.char(0).is_some_and(is_double) && !it.char(1).is_some_and(is_double));
        let close = self.at;
        self.at += 1;
        for reading in self.out.iter_mut().skip(first).filter(|it| it.spot == Spot::Quoted && it.around.is_none()) {
            reading.around = Some((open..open + 1, close..close + 1));
        }
    }

    /// What is expanded, up to where `ends` holds.
    fn expanded(&mut self, ends: impl Fn(&Self) -> bool) {
        let mut after_name = false;
        while let Some(unit) = self.units.get(self.at) {
            if ends(self) {
                return;
            }
            let was_name = std::mem::take(&mut after_name);
            match unit {
                Unit::Char('`') => self.escape(),
                Unit::Char('$') if self.char(1) == Some('(') => {
                    self.at += 2;
                    self.code(true);
                }
                Unit::Char('$') if matches!(self.units.get(self.at + 1), Some(Unit::Hole(_))) => {
                    self.record(Reading::UNCLEAR);
                    self.at += 2;
                }
                Unit::Char('$') => {
                    self.at += 1;
                    while self.char(0).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '?')) {
                        after_name = true;
                        self.at += 1;
                    }
                }
                Unit::Char(c) if is_double(c) && self.char(1).is_some_and(is_double) => self.at += 2,
                Unit::Char(_) => self.at += 1,
                Unit::Hole(_) => {
                    self.record(Reading { literal: !was_name, ..Reading::new(Spot::Quoted) });
                    self.at += 1;
                }
            }
        }
        self.lost = true;
    }

    /// `@"`, `@'`, each to a line that begins with the same and `@`; whether there is one here.
    fn here_string(&mut self) -> bool {
        let Some(quote) = self.char(1).filter(|c| is_double(*c) || is_single(*c)) else { return false };
        let mut line = self.at + 2;
        while matches!(self.units.char(line), Some(' ' | '\t' | '\r')) {
            line += 1;
        }
        if self.units.char(line) != Some('\n') {
            return false;
        }
        let delimiter = self.at..self.at + 2;
        // The line break before the end belongs to it.
        self.at = line;
        if is_double(quote) {
            self.expanded(|it| {
                it.char(0) == Some('\n') && it.char(1).is_some_and(is_double) && it.char(2) == Some('@')
            });
        } else {
            let closes = |at: &usize| {
                self.units.char(*at) == Some('\n')
                    && self.units.char(*at + 1).is_some_and(is_single)
                    && self.units.char(*at + 2) == Some('@')
            };
            let end = (line..self.units.len()).find(closes);
            self.lost |= end.is_none();
            let end = end.unwrap_or(self.units.len());
            self.skip(end, &Reading::within(Spot::QuotedHereDoc, delimiter, end + 1..end + 3));
        }
        self.at += 3;
        true
    }

    /// An interpolation among expressions and words; `word` is where the current one begins.
    fn bare(&self, word: usize) -> Reading {
        let before = self.units.before(self.at);
        if matches!(before, Some('$' | '@')) {
            return Reading::UNCLEAR;
        }
        let starts = self.at == 0 || self.at == word || (before == Some('=') && self.units.char(word) != Some('-'));
        let ends = match self.units.get(self.at + 1) {
            None => true,
            Some(Unit::Char(c)) => c.is_whitespace() || matches!(c, ')' | '}' | ']' | ';' | ',' | '|' | '&' | '>'),
            Some(Unit::Hole(_)) => false,
        };
        if starts && ends {
            return Reading { words: Words::Any, literal: true, ..Reading::new(Spot::Bare) };
        }
        let mut end = self.at;
        while let Some(unit) = self.units.get(end) {
            match unit {
                Unit::Char(c) if begins(Some(c)) || c == ']' => break,
                _ => end += 1,
            }
        }
        Reading { words: Words::Glued, ..Reading::within(Spot::Joined, word..word, end..end) }
    }
}
