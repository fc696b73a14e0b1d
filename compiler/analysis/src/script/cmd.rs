//! Windows' `cmd`, which expands `%X%` before anything else and quotes nothing; what may be read there
//! is restricted by type.

use super::{Reading, Spot, Unit, Units, Words};

pub(super) fn read(units: &Units) -> Vec<Reading> {
    let mut out = Vec::with_capacity(units.holes());
    let (mut line, mut line_start) = (String::new(), 0);
    let (mut quoted, mut percents) = (false, 0_u32);
    for at in 0..units.len() {
        match units.get(at) {
            Some(Unit::Char('\n')) => {
                line.clear();
                line_start = at + 1;
                (quoted, percents) = (false, 0);
            }
            Some(Unit::Char(c)) => {
                line.push(c);
                if c == '"' {
                    quoted = !quoted;
                }
                percents = if c == '%' { percents + 1 } else { 0 };
            }
            Some(Unit::Hole(_)) => {
                let redirects = !quoted && matches!(units.char(at + 1), Some('<' | '>'));
                let carets = line.chars().rev().take_while(|c| *c == '^').count();
                out.push(if is_comment(&line) {
                    let end = (at..units.len()).find(|at| units.char(*at) == Some('\n')).unwrap_or(units.len());
                    Reading::within(Spot::Comment, line_start..line_start + 1, end..end)
                } else if !quoted && carets % 2 == 1 {
                    Reading::new(Spot::Escaped)
                } else if percents % 2 == 1 || units.char(at + 1) == Some('%') || redirects {
                    // `%` would pair with that of the variable; a digit before `>` names a stream.
                    Reading::UNCLEAR
                } else {
                    let spot = if quoted { Spot::Quoted } else { Spot::Bare };
                    Reading { literal: true, words: Words::One, ..Reading::new(spot) }
                });
                line.push('\u{1}');
                percents = 0;
            }
            None => {}
        }
    }
    out
}

/// Whether the last command of a line is a remark.
fn is_comment(line: &str) -> bool {
    let begin = |it: &str| it.trim_start_matches([' ', '\t', '@', '(']).to_ascii_lowercase();
    let whole = begin(line);
    let last = begin(line.rsplit('&').next().unwrap_or_default());
    whole.starts_with("::") || [whole, last].iter().any(|it| it.starts_with("rem ") || it.starts_with("rem\t"))
}
