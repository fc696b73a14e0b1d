//! Python 3: The Python Language Reference, 2.1 (lines), 2.4 (literals). Interpolations are
//! expressions, so they stand in code only.

use super::{Reading, Spot, Unit, Units, Words};

pub(super) fn read(units: &Units) -> Vec<Reading> {
    let mut out = Vec::with_capacity(units.holes());
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        at = match unit {
            Unit::Char('#') => comment(units, at, &mut out),
            Unit::Char(quote @ ('"' | '\'')) => string(units, at, quote, &mut out),
            Unit::Char(_) => at + 1,
            Unit::Hole(_) => {
                let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | '\''));
                out.push(if units.before(at) == Some('\\') {
                    Reading::new(Spot::Escaped)
                } else if part(units.before(at))
                    || part(units.char(at + 1))
                    || matches!(units.get(at + 1), Some(Unit::Hole(_)))
                {
                    Reading::UNCLEAR
                } else {
                    Reading { literal: true, words: Words::Any, ..Reading::new(Spot::Bare) }
                });
                at + 1
            }
        };
    }
    out
}

fn comment(units: &Units, start: usize, out: &mut Vec<Reading>) -> usize {
    let end = (start..units.len()).find(|at| units.char(*at) == Some('\n')).unwrap_or(units.len());
    for at in start..end {
        if let Some(Unit::Hole(_)) = units.get(at) {
            out.push(Reading::within(Spot::Comment, start..start + 1, end..end));
        }
    }
    end
}

fn string(units: &Units, start: usize, quote: char, out: &mut Vec<Reading>) -> usize {
    let is_run = |at: usize| (at..at + 3).all(|at| units.char(at) == Some(quote));
    let length = if is_run(start) { 3 } else { 1 };
    // A prefix (`r`, `f`, `b`, …) belongs to it.
    let mut open = start;
    while units.before(open).is_some_and(|c| c.is_ascii_alphabetic()) && start - open < 2 {
        open -= 1;
    }
    let (mut at, first) = (start + length, out.len());
    loop {
        match units.get(at) {
            None => break,
            Some(Unit::Hole(_)) => {
                out.push(Reading::new(Spot::InString));
                at += 1;
            }
            Some(Unit::Char('\\')) => at += if matches!(units.get(at + 1), Some(Unit::Hole(_))) { 1 } else { 2 },
            Some(Unit::Char('\n')) if length == 1 => return at,
            Some(Unit::Char(c)) if c == quote && (length == 1 || is_run(at)) => {
                for reading in out.iter_mut().skip(first) {
                    reading.around = Some((open..start + length, at..at + length));
                }
                return at + length;
            }
            Some(Unit::Char(_)) => at += 1,
        }
    }
    at
}
