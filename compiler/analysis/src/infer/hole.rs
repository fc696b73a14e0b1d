//! One interpolation of a script: whether the shell expands it where it stands, and whether a value of
//! its type can be read there; with the edit that puts it right.

use std::ops::Range;

use flow_syntax::tree::{Hole, HoleKind, Shell};
use flow_syntax::{Code, Span};
use flow_syntax::{Edit, Fix};

use super::expr::is_text;
use super::{Infer, Phase, Val, article};
use crate::place::Finding;
use crate::script::{Reading, Spot, Unit, Units, Words, plainly_safe};
use crate::ty::Ty;
use crate::value::Norm;

/// An interpolation and where it stands.
pub(super) struct Standing<'a> {
    pub shell: Shell,
    /// In a block text.
    pub block: bool,
    pub units: &'a Units,
    pub hole: &'a Hole,
    pub reading: &'a Reading,
}

impl Infer<'_> {
    /// Reports an interpolation that the shell would not expand; whether it does. `ty` is that of what
    /// is read.
    pub(super) fn expands(&mut self, at: &Standing<'_>, ty: Option<&Ty>) -> bool {
        let word = at.shell.word();
        let python = at.shell == Shell::Python;
        let (headline, help) = match at.reading.spot {
            Spot::Bare | Spot::Quoted => return true,
            Spot::Number if ty.is_some() => return true,
            Spot::SingleQuoted => (
                "an interpolation inside single quotes is not expanded",
                match at.shell {
                    Shell::Pwsh => "use double quotes",
                    _ => "use double quotes, or close the quotes before it: `'text '#{x}' more'`",
                },
            ),
            Spot::QuotedHereDoc => (
                "an interpolation inside a quoted here-document is not expanded",
                match at.shell {
                    Shell::Pwsh => "begin it with `@\"` and end it with `\"@`",
                    _ => "remove the quotes around the here-document's delimiter",
                },
            ),
            Spot::Comment => (
                "an interpolation inside a comment is read by nothing",
                "remove it, or write `\\#{` for the characters themselves",
            ),
            Spot::Escaped => match at.shell {
                Shell::Sh | Shell::Bash => (
                    "a backslash before an interpolation would change how it is quoted",
                    "for a backslash before the value write `#{\"\\\\\"}#{x}`",
                ),
                _ => (
                    "what stands before an interpolation takes its meaning away",
                    "bind the value to a variable of the shell first, or remove the character before it",
                ),
            },
            Spot::InString => {
                ("an interpolation inside a string is not expanded", "close the string before it: `\"text \" + #{x}`")
            }
            Spot::Joined => (
                "PowerShell would read this together with the text beside it",
                "put the word between double quotes, or an expression's value into parentheses: `(#{x}).Trim()`",
            ),
            Spot::Number | Spot::Unclear => (
                "it is not clear how to quote an interpolation here",
                if python {
                    "bind it to a variable first: `value = #{x}`"
                } else {
                    "bind it to a variable of the shell first: `value=#{x}`"
                },
            ),
        };
        let finding = self
            .finding(Code::ReadNotExpanded, at.hole.span, headline)
            .label(match at.reading.spot {
                Spot::Joined | Spot::Unclear | Spot::Number => "not expanded as one value".to_owned(),
                _ => format!("`{word}` takes this as it stands"),
            })
            .note("a value travels in an environment variable, so it has to stand where the shell reads variables")
            .help(help);
        let finding = self.with_fix(finding, at.fix(ty));
        self.report(finding);
        false
    }

    fn with_fix(&self, mut finding: Finding, fix: Option<(&str, Vec<(Span, String)>)>) -> Finding {
        finding.fix = fix.map(|(title, edits)| Fix {
            title: title.to_owned(),
            edits: edits.into_iter().map(|(span, text)| Edit { place: self.at(span), text }).collect(),
        });
        finding
    }

    /// Whether a value may be read where it stands.
    pub(super) fn readable(&mut self, at: &Standing<'_>, span: Span, val: &Val, spread: bool) {
        if val.ty.is_error() {
            return;
        }
        if spread {
            return self.spreadable(at, span, &val.ty);
        }
        let ty = val.ty.single();
        if at.reading.spot == Spot::Number && *ty != Ty::Int {
            let shown = self.show(&val.ty);
            let finding = self
                .finding(Code::NotNumber, span, "only a number can stand where the shell computes")
                .label(format!("this is {a}", a = article(&shown)))
                .note("the shell evaluates what it finds here, so a text could hold commands")
                .help("read an `int`");
            self.report(finding);
            return;
        }
        if is_word(ty) {
            if at.shell == Shell::Cmd && matches!(ty, Ty::String | Ty::Path | Ty::Secret) {
                self.readable_by_cmd(span, val);
            }
            return;
        }
        let shown = self.show(&val.ty);
        let finding = self
            .finding(Code::NotText, span, format!("a script cannot read {a} as one word", a = article(&shown)))
            .label(format!("this is {a}", a = article(&shown)));
        let finding = match ty {
            Ty::List(_) | Ty::Family(_) => {
                let finding = finding.help("spread it into words with `...`, as in `#{xs...}`");
                let words = at.reading.spot == Spot::Bare && at.reading.words == Words::Any && at.shell != Shell::Cmd;
                let fix = words.then(|| ("spread it", vec![(Span::empty(span.end), "...".to_owned())]));
                self.with_fix(finding, fix)
            }
            Ty::Optional(_) => finding
                .help("say what to use when it is missing, `#{x ?? \"\"}`, or leave the word out then, `#{x...}`"),
            Ty::Artifact(def, args) => {
                let fields = self.fields_of(*def, args);
                let names = crate::suggest::list(fields.iter().map(|field| field.name.as_str()));
                finding.help(format!("name one of its files: {names}"))
            }
            Ty::Struct(def) => {
                let fields = &super::signature(self.db, *def).params;
                let names = crate::suggest::list(fields.iter().map(|field| field.name.as_str()));
                finding.help(format!("name one of its fields: {names}"))
            }
            Ty::Call(call) => {
                let outputs = &super::signature(self.db, call.def).outputs;
                if outputs.is_empty() {
                    finding.help("it gives no value: it is good for ordering only")
                } else {
                    let names = crate::suggest::list(outputs.iter().map(|output| output.name.as_str()));
                    finding.help(format!("name one of its outputs: {names}"))
                }
            }
            Ty::Done => finding.help("it is good for ordering only"),
            _ => finding,
        };
        self.report(finding);
    }

    /// A text in `cmd`: a const one that means itself. What depends on an instance's arguments is
    /// looked at when the instance is planned.
    fn readable_by_cmd(&mut self, span: Span, val: &Val) {
        let safe = val.phase == Phase::Const
            && !val.labels.secret
            && match &val.norm {
                Norm::Value(value) => value.text().is_some_and(|text| plainly_safe(&text)),
                _ => true,
            };
        if safe {
            return;
        }
        let finding = self
            .finding(Code::NotText, span, "`cmd` cannot quote a text safely")
            .label("a text, which may hold any character")
            .note("`cmd` puts the value into the line before it looks for commands in it")
            .help("use `pwsh` or `bash`; `cmd` takes numbers, booleans, enums, files and plain const texts");
        self.report(finding);
    }

    /// `#{xs...}`.
    fn spreadable(&mut self, at: &Standing<'_>, span: Span, ty: &Ty) {
        let inner = match ty.single() {
            // A pattern that nothing has to match.
            Ty::Optional(list) => match &**list {
                Ty::List(inner) => Ty::clone(inner),
                _ => Ty::clone(list),
            },
            Ty::List(inner) => Ty::clone(inner),
            Ty::Family(family) => family.member.clone(),
            Ty::None => return,
            _ => Ty::Unit,
        };
        if inner.is_error() {
            return;
        }
        if !is_word(&inner) {
            let shown = self.show(ty);
            let finding = self
                .finding(Code::NotText, span, format!("{a} cannot be spread into words", a = article(&shown)))
                .label("not a list of values or files");
            let finding = if is_word(ty.single()) {
                let dots = Span::new(span.end, at.hole.span.end.saturating_sub(1));
                finding.help("remove the `...`").fix("remove the `...`", self.at(dots), "")
            } else {
                match &inner {
                    Ty::Unit => finding.help("remove the `...`, and name a value in it"),
                    _ => finding.help("spread what its members hold, such as one of their files: `#{xs.name...}`"),
                }
            };
            self.report(finding);
            return;
        }
        let finding = match (at.reading.spot, at.reading.words) {
            _ if at.shell == Shell::Cmd => self
                .finding(Code::OneWord, span, "`cmd` cannot take the words of a list")
                .label("a list")
                .help("use `pwsh` or `bash`"),
            (Spot::Quoted, _) => {
                let finding = self
                    .finding(Code::ReadNotExpanded, span, "a list inside quotes would be one word")
                    .label("inside double quotes")
                    .help("move it out of the quotes, or join it: `#{xs.join(\" \")}`");
                self.with_fix(finding, at.unquoted())
            }
            (_, Words::Any) => return,
            (Spot::Bare, Words::Glued) => self
                .finding(Code::OneWord, span, "a list cannot be part of a word")
                .label("text stands right beside it")
                .note("each of its members becomes a word of its own")
                .help("put white space around it, or join it: `#{xs.join(\",\")}`"),
            _ => self
                .finding(Code::OneWord, span, "the shell takes one word here, a list is any number of them")
                .label("a list")
                .help("join it, `#{xs.join(\" \")}`, or loop over it: `for x in #{xs...}; do …; done`"),
        };
        self.report(finding);
    }
}

/// Whether a value of type `ty` is one word.
fn is_word(ty: &Ty) -> bool {
    is_text(ty) || matches!(ty.single(), Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_) | Ty::Secret)
}

type Edits = (&'static str, Vec<(Span, String)>);

impl Standing<'_> {
    /// The edit that puts an interpolation where the shell expands it.
    fn fix(&self, ty: Option<&Ty>) -> Option<Edits> {
        let (open, close) = self.reading.around.clone()?;
        match self.reading.spot {
            Spot::SingleQuoted => self.double_quotes(open, close),
            Spot::QuotedHereDoc => self.expanding_document(open, close),
            Spot::Comment => self.without_comment(open.start..close.end),
            Spot::Escaped => {
                let escape: String = self.units.chars(open).collect();
                Some(("escape the backslash itself", vec![(Span::empty(self.hole.span.start), self.written(&escape))]))
            }
            Spot::InString => self.outside_string(open, close, ty?),
            Spot::Joined => self.quoted_word(open.start..close.end),
            _ => None,
        }
    }

    /// How characters of the script are written in the source.
    fn written(&self, text: &str) -> String {
        if self.block { text.to_owned() } else { text.replace('\\', "\\\\").replace('"', "\\\"") }
    }

    fn has(&self, range: Range<usize>, chars: &[char]) -> bool {
        self.units.chars(range).any(|c| chars.contains(&c))
    }

    /// `'a #{x}'` → `"a #{x}"`, or where that would change the rest `'a '#{x}''`.
    fn double_quotes(&self, open: Range<usize>, close: Range<usize>) -> Option<Edits> {
        let body = open.end..close.start;
        let opening: String = self.units.chars(open.clone()).collect();
        let means_more: &[char] = match self.shell {
            Shell::Pwsh => &['$', '`', '"', '\'', '\u{201c}', '\u{201d}', '\u{201e}'],
            _ => &['$', '`', '"', '\\', '!'],
        };
        if opening.chars().count() == 1 && !self.has(body, means_more) {
            let (open, close) = (self.units.span(open)?, self.units.span(close)?);
            return Some(("use double quotes", vec![(open, self.written("\"")), (close, self.written("\""))]));
        }
        let spread = matches!(self.hole.kind, HoleKind::Read { spread: true, .. });
        if self.shell == Shell::Pwsh || spread {
            return None;
        }
        let (start, end) = (Span::empty(self.hole.span.start), Span::empty(self.hole.span.end));
        Some(("close the quotes before it", vec![(start, "'".to_owned()), (end, opening)]))
    }

    /// `<<'EOF'` → `<<EOF`, `@'` → `@"`, where the text has nothing that would then be expanded.
    fn expanding_document(&self, open: Range<usize>, close: Range<usize>) -> Option<Edits> {
        if self.shell == Shell::Pwsh {
            if self.has(open.end..close.start, &['$', '`', '"']) {
                return None;
            }
            let (open, close) = (self.units.span(open)?, self.units.span(close)?);
            return Some(("let it expand", vec![(open, self.written("@\"")), (close, self.written("\"@"))]));
        }
        if self.has(close, &['$', '`', '\\']) {
            return None;
        }
        let word: String = self.units.chars(open.clone()).filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let span = self.units.span(open)?;
        plain.then(|| ("remove the quotes", vec![(span, word)]))
    }

    fn without_comment(&self, mut range: Range<usize>) -> Option<Edits> {
        let outside = (0..self.units.len()).filter(|at| !range.contains(at)).filter_map(|at| self.units.get(at));
        let rest = outside.into_iter().any(|it| !matches!(it, Unit::Char(c) if c.is_whitespace()));
        if !rest || matches!(self.hole.kind, HoleKind::Claim(_)) {
            let start = Span::empty(self.hole.span.start);
            return Some(("keep the characters themselves", vec![(start, "\\".to_owned())]));
        }
        let end = range.end;
        let mut start = range.start;
        while matches!(self.units.before(start), Some(' ' | '\t')) {
            start -= 1;
        }
        if !matches!(self.units.before(start), Some('\n')) && start > 0 {
            range.start = start;
        }
        Some(("remove the comment", vec![(self.units.span(range.start..end)?, String::new())]))
    }

    /// `"a #{x} b"` → `"a " + #{x} + " b"`, where a sum can stand.
    fn outside_string(&self, open: Range<usize>, close: Range<usize>, ty: &Ty) -> Option<Edits> {
        let index = (open.end..close.start).find(|at| match self.units.get(*at) {
            Some(Unit::Hole(_)) => self.units.span(*at..*at + 1) == Some(self.hole.span),
            _ => false,
        })?;
        let blank = |c: Option<char>| matches!(c, Some(' ' | '\t'));
        let mut before = open.start;
        while blank(self.units.before(before)) {
            before -= 1;
        }
        let mut after = close.end;
        while blank(self.units.char(after)) {
            after += 1;
        }
        let begins = matches!(self.units.before(before), Some('(' | ',' | '=' | '[' | '+' | ':'));
        let ends = matches!(self.units.char(after), None | Some(')' | ',' | ']' | '}' | '+' | ':' | '\n'))
            && !matches!(self.units.get(after), Some(Unit::Hole(_)));
        let opening: String = self.units.chars(open.clone()).collect();
        let prefix = opening.trim_end_matches(['"', '\'']).to_ascii_lowercase();
        let braces = prefix.contains('f') && self.has(open.end..close.start, &['{', '}']);
        if !begins || !ends || prefix.contains('b') || braces || self.units.before(index) == Some('\\') {
            return None;
        }
        let quote: String = self.units.chars(close.clone()).collect();
        let text = matches!(ty.single(), Ty::String | Ty::Path | Ty::Secret | Ty::Enum(_));
        let (call, end_call) = if text { ("", "") } else { ("str(", ")") };
        let start = Span::empty(self.hole.span.start);
        let end = Span::empty(self.hole.span.end);
        let left = if index == open.end {
            (self.units.span(open)?, call.to_owned())
        } else {
            (start, format!("{} + {call}", self.written(&quote)))
        };
        let right = if index + 1 == close.start {
            (self.units.span(close)?, end_call.to_owned())
        } else {
            (end, format!("{end_call} + {}", self.written(&opening)))
        };
        Some(("close the string around it", vec![left, right]))
    }

    /// `a#{x}` → `"a#{x}"`.
    fn quoted_word(&self, range: Range<usize>) -> Option<Edits> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '=' | '-' | '\\');
        let mut before = range.start;
        while matches!(self.units.before(before), Some(' ' | '\t')) {
            before -= 1;
        }
        let command = before == 0 || matches!(self.units.before(before), Some('\n' | ';' | '|' | '{' | '(' | '&'));
        let member = matches!(self.units.get(range.start), Some(Unit::Hole(_)))
            && matches!(self.units.char(range.start + 1), Some('.' | ':' | '['));
        if command || member || !self.units.chars(range.clone()).all(plain) {
            return None;
        }
        let span = self.units.span(range)?;
        let quote = self.written("\"");
        Some((
            "put it between double quotes",
            vec![(Span::empty(span.start), quote.clone()), (Span::empty(span.end), quote)],
        ))
    }

    /// `"#{xs...}"` → `#{xs...}`.
    fn unquoted(&self) -> Option<Edits> {
        let (open, close) = self.reading.around.clone()?;
        if close.start != open.end + 1 {
            return None;
        }
        let (open, close) = (self.units.span(open)?, self.units.span(close)?);
        Some(("remove the quotes", vec![(open, String::new()), (close, String::new())]))
    }
}
