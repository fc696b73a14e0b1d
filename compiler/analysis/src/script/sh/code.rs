//! Commands: words, what ends them, and the words that begin and end what encloses commands.

use super::super::Words;
use super::{Reading, Sh, Spot, Unit};

/// What ends a piece of code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Limit,
    Paren,
    /// The same around the members of an array, where no word is a keyword.
    Array,
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A command's name, or one of its arguments.
    Plain,
    /// Where to, or where from.
    Target,
    /// `case` *x* `in`.
    CaseWord,
    CaseIn,
    /// A pattern of `case`; the first of its list, where `esac` may stand.
    Pattern {
        first: bool,
    },
    /// The name after `for`, `select`, `function`.
    Name {
        function: bool,
    },
}

struct Commands {
    end: End,
    expect: Expect,
    /// The next word is the first of a command.
    command: bool,
    /// How many `case` are open.
    cases: u32,
    /// Between `[[` and `]]`.
    condition: bool,
    /// What the last word of a condition makes of the next one.
    operator: Option<Spot>,
    /// Between `=~` and what ends the expression.
    regex: bool,
    /// Arguments are computed with.
    computes: bool,
    /// Where the current word's text begins, if there is a word.
    word: Option<Word>,
    /// The interpolations of the word before, in a condition.
    before: Vec<usize>,
}

#[derive(Default)]
struct Word {
    /// Its characters; what is quoted or expanded is one that no word has.
    text: String,
    after_name: bool,
    made: usize,
}

/// Stands for what is quoted or expanded.
const OTHER: char = '\u{1}';

impl Commands {
    fn text(&self) -> &str {
        self.word.as_ref().map_or("", |word| word.text.as_str())
    }
}

impl Sh<'_> {
    /// Commands, to what ends them.
    pub(super) fn code(&mut self, end: End) {
        let mut state = Commands {
            end,
            expect: Expect::Plain,
            command: end != End::Array,
            cases: 0,
            condition: false,
            operator: None,
            regex: false,
            computes: false,
            word: None,
            before: Vec::new(),
        };
        while let Some(unit) = self.unit(0) {
            match unit {
                Unit::Hole(hole) => {
                    let reading = self.bare(&state);
                    self.part(&mut state, OTHER);
                    self.record(hole, reading);
                    self.at += 1;
                }
                Unit::Char(c) => {
                    if self.step(&mut state, c) {
                        return;
                    }
                }
            }
        }
        self.end_word(&mut state);
        self.lost |= end != End::Limit;
    }

    /// A character of code; whether it is the end.
    fn step(&mut self, state: &mut Commands, c: char) -> bool {
        match c {
            '\\' if self.char(1) == Some('\n') => self.at += 2,
            '\\' => {
                self.part(state, OTHER);
                self.escape();
            }
            '\'' => {
                self.part(state, OTHER);
                self.single(self.at, false);
            }
            '"' => {
                self.part(state, OTHER);
                self.double();
            }
            '`' => {
                self.part(state, OTHER);
                self.backquotes(false);
            }
            '$' => {
                self.part(state, OTHER);
                let after_name = self.dollar(false);
                if let Some(word) = &mut state.word {
                    word.after_name = after_name;
                }
            }
            '#' if state.word.is_none() => self.comment(),
            ' ' | '\t' => {
                self.end_word(state);
                self.at += 1;
            }
            '\n' => {
                self.end_word(state);
                self.end_command(state);
                self.at += 1;
                self.lost |= self.waiting;
                if self.pending.is_empty() {
                    return false;
                }
                self.bodies();
            }
            '|' | '(' | ')' if state.regex => {
                self.part(state, c);
                self.at += 1;
            }
            '(' => self.open(state),
            ')' => {
                self.end_word(state);
                self.at += 1;
                match state.expect {
                    _ if state.condition => {}
                    Expect::Pattern { .. } => {
                        state.expect = Expect::Plain;
                        state.command = true;
                    }
                    _ if state.end != End::Limit => return true,
                    _ => self.lost = true,
                }
            }
            '<' | '>' => self.redirect(state, c),
            '&' if self.char(1) == Some('>') => {
                self.end_word(state);
                self.at += 1;
            }
            ';' | '&' | '|' => {
                self.end_word(state);
                let ends_case = c == ';' && matches!(self.char(1), Some(';' | '&')) && state.cases > 0;
                self.at += 1;
                if ends_case {
                    while matches!(self.char(0), Some(';' | '&')) {
                        self.at += 1;
                    }
                    state.expect = Expect::Pattern { first: true };
                } else if !matches!(state.expect, Expect::Pattern { .. }) && !state.condition {
                    self.end_command(state);
                }
            }
            c => {
                self.part(state, c);
                self.at += 1;
            }
        }
        false
    }

    /// A part of a word, which may begin here.
    fn part(&mut self, state: &mut Commands, c: char) {
        let made = self.made.len();
        let word = state.word.get_or_insert_with(|| Word { made, ..Word::default() });
        word.text.push(c);
        word.after_name = false;
    }

    fn end_command(&mut self, state: &mut Commands) {
        match state.expect {
            Expect::Plain | Expect::Name { .. } => {}
            // A line break may stand around the `in` and between patterns.
            Expect::CaseIn | Expect::Pattern { .. } => return,
            Expect::Target | Expect::CaseWord => self.lost = true,
        }
        if state.condition {
            return;
        }
        state.expect = Expect::Plain;
        state.command = state.end != End::Array;
        state.computes = false;
    }

    /// `(`: an array, the parameters of a function, a pattern, a computation, or commands.
    fn open(&mut self, state: &mut Commands) {
        let last = state.text().chars().last();
        match last {
            None if matches!(state.expect, Expect::Pattern { first: true }) => {
                state.expect = Expect::Pattern { first: false };
                self.at += 1;
            }
            None if self.char(1) == Some('(')
                && (state.command || matches!(state.expect, Expect::Name { .. }))
                && !state.condition =>
            {
                self.at += 2;
                state.expect = Expect::Plain;
                state.command = false;
                if !self.bash {
                    self.murky += 1;
                }
                self.nested(Self::arithmetic);
                if !self.bash {
                    self.murky -= 1;
                }
            }
            None if state.condition => self.at += 1,
            None => {
                self.at += 1;
                self.nested(|sh| sh.code(End::Paren));
                state.command = false;
            }
            Some('=') => {
                self.at += 1;
                self.nested(|sh| sh.code(End::Array));
                self.part(state, OTHER);
            }
            Some('@' | '?' | '*' | '+' | '!') => {
                self.at += 1;
                self.nested(|sh| sh.code(End::Array));
                self.part(state, OTHER);
            }
            Some(_) => {
                // `name() { …; }`
                let function = state.command || matches!(state.expect, Expect::Name { .. });
                self.end_word(state);
                self.at += 1;
                self.lost |= !function || self.char(0) != Some(')');
                self.at += 1;
                state.expect = Expect::Plain;
                state.command = true;
            }
        }
    }

    /// `<`, `>` and what they begin.
    fn redirect(&mut self, state: &mut Commands, c: char) {
        let next = self.char(1);
        if next == Some('(') {
            self.part(state, OTHER);
            self.at += 2;
            self.substitution();
            return;
        }
        self.end_word(state);
        if state.condition {
            self.at += 1;
            return;
        }
        if c == '<' && next == Some('<') {
            self.at += 2;
            if self.char(0) == Some('<') {
                self.at += 1;
                state.expect = Expect::Target;
            } else {
                self.lost |= state.expect != Expect::Plain;
                self.delimiter();
            }
            return;
        }
        self.at += if matches!((c, next), (_, Some('&')) | ('>', Some('>' | '|')) | ('<', Some('>'))) { 2 } else { 1 };
        self.lost |= state.expect != Expect::Plain;
        state.expect = Expect::Target;
    }

    /// The current word is complete, if there is one.
    fn end_word(&mut self, state: &mut Commands) {
        let Some(word) = state.word.take() else { return };
        let made = self.made.split_off(word.made.min(self.made.len()));
        let text = word.text.as_str();
        state.regex = false;
        match state.expect {
            Expect::Target => state.expect = Expect::Plain,
            Expect::CaseWord => state.expect = Expect::CaseIn,
            Expect::CaseIn => {
                self.lost |= text != "in";
                state.cases += 1;
                state.expect = Expect::Pattern { first: true };
            }
            Expect::Pattern { first: true } if text == "esac" => {
                state.cases = state.cases.saturating_sub(1);
                state.expect = Expect::Plain;
                state.command = false;
            }
            Expect::Pattern { .. } => state.expect = Expect::Pattern { first: false },
            Expect::Name { function } => {
                state.expect = Expect::Plain;
                state.command = function;
            }
            Expect::Plain if state.condition => self.condition_word(state, text, made),
            Expect::Plain if state.command => self.first_word(state, text),
            Expect::Plain => {}
        }
    }

    fn first_word(&mut self, state: &mut Commands, text: &str) {
        state.command = false;
        match text {
            "case" => state.expect = Expect::CaseWord,
            "for" | "select" => state.expect = Expect::Name { function: false },
            "function" if self.bash => state.expect = Expect::Name { function: true },
            "esac" => match state.cases.checked_sub(1) {
                Some(rest) => state.cases = rest,
                None => self.lost = true,
            },
            "[[" if self.bash => {
                state.condition = true;
                state.operator = None;
                state.before.clear();
            }
            "let" if self.bash => state.computes = true,
            "if" | "then" | "else" | "elif" | "fi" | "do" | "done" | "while" | "until" | "{" | "}" | "!" | "time" => {
                state.command = true;
            }
            _ => {}
        }
    }

    fn condition_word(&mut self, state: &mut Commands, text: &str, made: Vec<usize>) {
        if let Some(spot) = state.operator.take() {
            self.change(&made, spot);
        }
        match text {
            "]]" => state.condition = false,
            // What stands on both sides is computed with, names and indexes in it too.
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let before = std::mem::take(&mut state.before);
                self.change(&before, Spot::Number);
                state.operator = Some(Spot::Number);
            }
            "-v" | "-R" => state.operator = Some(Spot::Unclear),
            "=~" => state.regex = true,
            _ => {}
        }
        state.before = made;
    }

    fn change(&mut self, holes: &[usize], spot: Spot) {
        for hole in holes {
            if let Some(reading) = self.out.get_mut(*hole).filter(|it| matches!(it.spot, Spot::Bare | Spot::Quoted)) {
                *reading = Reading { literal: reading.literal && spot == Spot::Number, ..Reading::new(spot) };
            }
        }
    }

    /// An interpolation among words.
    fn bare(&self, state: &Commands) -> Reading {
        let (text, next) = (state.text(), self.unit(1));
        let glued = state.word.is_some()
            || !matches!(next, None | Some(Unit::Char(' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')));
        if matches!(state.expect, Expect::Name { .. } | Expect::CaseIn) {
            return Reading::UNCLEAR;
        }
        // An index of an array is computed.
        let index = (state.command || state.end == End::Array || state.condition)
            && text.rsplit_once('[').is_some_and(|(name, index)| {
                !index.contains(']')
                    && (state.end == End::Array || !name.is_empty())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            });
        if state.computes || (index && self.bash) {
            return Reading { literal: true, ..Reading::new(Spot::Number) };
        }
        let words = match state.expect {
            Expect::Plain if glued => Words::Glued,
            Expect::Plain if !state.condition => Words::Any,
            _ => Words::One,
        };
        let literal = !state.regex
            && !matches!(next, Some(Unit::Char('<' | '>' | '(' | '=' | '[')))
            && !text.contains(['{', '[', '~'])
            && !state.word.as_ref().is_some_and(|word| word.after_name)
            && (!state.command || state.expect != Expect::Plain || text.contains('/'));
        Reading { words, literal, ..Reading::new(Spot::Bare) }
    }
}
