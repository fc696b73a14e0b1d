//! Here-documents: their delimiters, where they end, and what is read of them.

use std::ops::Range;

use super::{Quotes, Reading, Sh, Spot, Unit};

/// A here-document whose body is still to come.
pub(super) struct HereDoc {
    word: String,
    expands: bool,
    strips_tabs: bool,
    delimiter: Range<usize>,
}

impl Sh<'_> {
    /// `<<EOF`; after the operator.
    pub(super) fn delimiter(&mut self) {
        let strips_tabs = self.char(0) == Some('-');
        self.at += usize::from(strips_tabs);
        while matches!(self.char(0), Some(' ' | '\t')) {
            self.at += 1;
        }
        let (start, mut word, mut quoted) = (self.at, String::new(), false);
        let mut within = None;
        while let Some(unit) = self.unit(0) {
            let c = match unit {
                Unit::Hole(hole) => {
                    self.record(hole, Reading::UNCLEAR);
                    self.lost = true;
                    self.at += 1;
                    continue;
                }
                Unit::Char(c) => c,
            };
            match within {
                Some(quote) if c == quote => within = None,
                Some(quote) => {
                    self.lost |= c == '\n' || (quote == '"' && matches!(c, '\\' | '$' | '`'));
                    word.push(c);
                }
                None if c.is_whitespace() || matches!(c, ';' | '&' | '|' | '<' | '>' | '(' | ')') => break,
                None => match c {
                    '\'' | '"' => {
                        quoted = true;
                        within = Some(c);
                    }
                    '\\' => {
                        quoted = true;
                        self.at += 1;
                        match self.char(0) {
                            Some(c) if c != '\n' => word.push(c),
                            _ => self.lost = true,
                        }
                    }
                    c => {
                        self.lost |= matches!(c, '$' | '`');
                        word.push(c);
                    }
                },
            }
            self.at += 1;
        }
        self.lost |= self.at == start || within.is_some();
        self.pending.push(HereDoc { word, expands: !quoted, strips_tabs, delimiter: start..self.at.min(self.limit) });
    }

    /// The bodies that begin here, after a line break.
    pub(super) fn bodies(&mut self) {
        for doc in std::mem::take(&mut self.pending) {
            let (body, next) = self.body(&doc);
            if doc.expands {
                let first = self.made.len();
                let limit = std::mem::replace(&mut self.limit, body.end);
                self.nested_in_word(|sh| sh.expanded(Quotes::HereDoc));
                self.limit = limit;
                for hole in self.made.split_off(first) {
                    self.protect_line(hole, &doc, &body);
                }
            } else {
                self.mark(body.clone(), &Reading::within(Spot::QuotedHereDoc, doc.delimiter.clone(), body.clone()));
            }
            self.at = next;
        }
    }

    /// A const value must not make its line the delimiter: something else has to stand on it.
    fn protect_line(&mut self, hole: usize, doc: &HereDoc, body: &Range<usize>) {
        let Some(at) = body.clone().find(|at| self.units.get(*at) == Some(Unit::Hole(hole))) else { return };
        let breaks = |at: &usize| self.units.char(*at) == Some('\n');
        let start = (body.start..at).rev().find(breaks).map_or(body.start, |at| at + 1);
        let end = (at..body.end).find(breaks).unwrap_or(body.end);
        let other = self.units.chars(start..end).any(|c| !doc.word.contains(c) && c != '\t');
        if let Some(reading) = self.out.get_mut(hole) {
            reading.literal &= other;
        }
    }

    /// The body that begins here: its range, and where the script goes on.
    fn body(&mut self, doc: &HereDoc) -> (Range<usize>, usize) {
        let start = self.at;
        let mut line_start = start;
        while line_start < self.limit {
            let mut line = Some(String::new());
            let mut at = line_start;
            while at < self.limit {
                match self.units.get(at) {
                    Some(Unit::Char('\n')) => break,
                    Some(Unit::Char('\\')) if doc.expands => {
                        // The next line goes on with this one.
                        if self.units.char(at + 1) != Some('\n')
                            && let Some(line) = &mut line
                        {
                            line.push('\\');
                            line.extend(self.units.char(at + 1));
                        }
                        at += if matches!(self.units.get(at + 1), Some(Unit::Char(_))) { 2 } else { 1 };
                    }
                    Some(Unit::Char(c)) => {
                        if let Some(line) = &mut line {
                            line.push(c);
                        }
                        at += 1;
                    }
                    _ => {
                        line = None;
                        at += 1;
                    }
                }
            }
            let content = line.as_deref().map(|it| if doc.strips_tabs { it.trim_start_matches('\t') } else { it });
            if content == Some(doc.word.as_str()) {
                return (start..line_start, (at + 1).min(self.limit));
            }
            line_start = at + 1;
        }
        // Shells take the end of the script for the end of the document; within `$( )` they differ.
        self.lost |= self.limit != self.units.len() || self.depth > 1;
        (start..self.limit, self.limit)
    }
}
