//! Words for the parser's problems. One mistake is one error: of several problems on a line the
//! first is reported, and none where the lexer or the delimiter pass has reported something.

use super::base::View;
use super::is_reported;
use super::problem::{Form, Problem, Want, Wants};
use super::stmt::dashed_end;
use crate::token::{Kind, Token};
use crate::{Code, Diagnostic, Span};

/// Reports the problems of an item.
pub(super) fn report(source: &View<'_>, problems: Vec<Problem>, errors: &mut Vec<Diagnostic<Span>>) {
    if problems.is_empty() {
        return;
    }
    let mut problems = problems;
    problems.sort_by_key(|it| it.at);
    let lines = Lines::new(source);
    let mut last = None;
    for problem in problems {
        let at = problem.at as usize;
        let found = source.token(at);
        // What is missing at the end of a line belongs to that line.
        let anchor = if found.line() && problem.form == Form::Expected { at.saturating_sub(1) } else { at };
        let line = lines.of(anchor);
        if last == Some(line) || lines.is_reported(line) {
            continue;
        }
        last = Some(line);
        errors.push(Finding { source, at, found }.diagnostic(problem));
    }
}

/// The lines that the tokens of an item stand on.
struct Lines {
    of: Vec<u32>,
    /// Lines with something that is reported already.
    reported: Vec<bool>,
}

impl Lines {
    fn new(source: &View<'_>) -> Self {
        let mut line = 0_u32;
        let mut reported = vec![false];
        let of = source.tokens.iter().enumerate().map(|(index, token)| {
            if index > 0 && token.line() {
                line += 1;
                reported.push(false);
            }
            if is_reported(*token)
                && let Some(it) = reported.last_mut()
            {
                *it = true;
            }
            line
        });
        Self { of: of.collect(), reported }
    }

    fn of(&self, index: usize) -> u32 {
        self.of.get(index).or(self.of.last()).copied().unwrap_or_default()
    }

    fn is_reported(&self, line: u32) -> bool {
        self.reported.get(line as usize).copied().unwrap_or_default()
    }
}

/// A problem's place.
struct Finding<'a, 's> {
    source: &'a View<'s>,
    at: usize,
    found: Token,
}

impl Finding<'_, '_> {
    fn before(&self, back: usize) -> Option<Token> {
        self.at.checked_sub(back).and_then(|it| self.source.tokens.get(it)).copied()
    }

    /// Where something is missing.
    fn gap(&self) -> Span {
        Span::empty(self.before(1).map_or(self.found.start, |it| it.end))
    }

    fn says(&self, token: Token) -> &str {
        self.source.say(token)
    }

    fn diagnostic(&self, problem: Problem) -> Diagnostic<Span> {
        let found = self.found;
        match problem.form {
            Form::Expected => self.expected(problem),
            Form::Junk => self.foreign(problem).unwrap_or_else(|| {
                let word = self.says(found).lines().next().unwrap_or_default();
                let headline = format!("expected {}, found `{word}`", Self::alternatives(problem));
                let error = Diagnostic::new(Code::Expected, found.span(), headline);
                if found.kind.is_hard() { error.label("a reserved word") } else { error }
            }),
            Form::NextLine => {
                let sign = self.before(1).map_or("=", |it| self.says(it));
                let what = if problem.wants.has(Want::Type) { "type" } else { "value" };
                let headline = format!("the {what} must begin on the line of its `{sign}`");
                Diagnostic::new(Code::ValueOnNextLine, found.span(), headline)
                    .label(format!("this {what} stands on another line"))
                    .fix("join the lines", Span::new(self.gap().start, found.start), " ")
            }
            Form::BracketOnNextLine => {
                let bracket = self.says(found);
                let headline = format!("`{bracket}` must stand on the line of what it belongs to");
                Diagnostic::new(Code::BracketOnNextLine, found.span(), headline).fix(
                    "join the lines",
                    Span::new(self.gap().start, found.start),
                    " ",
                )
            }
            Form::Reserved => self.reserved(),
            Form::OptionalTwice => Diagnostic::new(
                Code::OptionalTwice,
                found.span(),
                "a type is optional once: one `?` is enough",
            )
            .fix("write one `?`", Span::new(found.start, self.marks_end()), "?"),
            Form::SingleOperator => {
                let sign = self.says(found);
                let headline = format!("`{sign}` is not an operator: write `{sign}{sign}`");
                Diagnostic::new(Code::ForeignSyntax, found.span(), headline).fix(
                    format!("write `{sign}{sign}`"),
                    found.span(),
                    format!("{sign}{sign}"),
                )
            }
            Form::WordOperator => {
                let word = self.says(found);
                let (sign, end) = match word {
                    "and" => ("&&", found.end),
                    "or" => ("||", found.end),
                    _ => ("!", self.source.token(self.at + 1).start),
                };
                Diagnostic::new(
                    Code::ForeignSyntax,
                    found.span(),
                    format!("`{word}` is not an operator: write `{sign}`"),
                )
                .fix(format!("write `{sign}`"), Span::new(found.start, end), sign)
            }
            Form::TriggerColon => {
                let headline = "a trigger is written without `:`: `on push`";
                Diagnostic::new(Code::ForeignSyntax, found.span(), headline).fix("delete the `:`", found.span(), "")
            }
            Form::RunnerLabel => self.runner_label(),
            Form::ChainedComparison => Diagnostic::new(Code::Expected, found.span(), "comparisons do not chain")
                .help("join two comparisons by `&&`, or put one in parentheses"),
            Form::AssignForEquals => Diagnostic::new(
                Code::ForeignSyntax,
                found.span(),
                "`=` gives a value; `==` compares",
            )
            .fix("write `==`", found.span(), "=="),
            Form::StrayClaim => Diagnostic::new(Code::StrayClaim, found.span(), "only scripts write by `#{out …}`")
                .help("read a value by `#{…}`, or move this into a script"),
            Form::HoleInName => {
                let end = self.text_end();
                Diagnostic::new(
                    Code::HoleInPlainText,
                    Span::new(found.start, end),
                    "this text cannot have `#{…}` in it",
                )
                .help("write it out; it must be known without running anything")
            }
            Form::LoneName => self.lone_name(),
        }
    }

    fn runner_label(&self) -> Diagnostic<Span> {
        let end = dashed_end(self.source, self.at);
        let label = Span::new(self.found.start, self.source.token(end.saturating_sub(1)).end);
        let written = label.text(self.source.text);
        let os = match written.split('-').next().unwrap_or_default() {
            "ubuntu" | "linux" => "linux",
            "windows" | "win" => "windows",
            "macos" | "mac" => "macos",
            _ => {
                return Diagnostic::new(Code::ForeignSyntax, label, format!("`{written}` is the label of a runner"))
                    .help(format!("write `Runner(os: linux, github: [\"{written}\"])`"));
            }
        };
        Diagnostic::new(Code::ForeignSyntax, label, format!("`{written}` is the label of a runner: write `{os}`"))
            .help(format!(
                "`{os}` is the default hosted runner; a certain one is `Runner(os: {os}, github: [\"{written}\"])`"
            ))
            .fix(format!("write `{os}`"), label, os)
    }

    /// The end of the `?` that begin here.
    fn marks_end(&self) -> u32 {
        let marks = self.source.tokens.get(self.at..).unwrap_or_default().iter();
        marks
            .take_while(|it| matches!(it.kind, Kind::Question | Kind::Coalesce))
            .last()
            .map_or(self.found.end, |it| it.end)
    }

    /// The end of the text that begins here.
    fn text_end(&self) -> u32 {
        let mut depth = 0_usize;
        for token in self.source.tokens.get(self.at..).unwrap_or_default() {
            match token.kind {
                Kind::TextOpen | Kind::BlockOpen => depth += 1,
                Kind::TextClose | Kind::BlockClose => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return token.end;
            }
        }
        self.found.end
    }

    fn reserved(&self) -> Diagnostic<Span> {
        let word = self.says(self.found);
        Diagnostic::new(Code::ReservedWord, self.found.span(), format!("`{word}` is a reserved word"))
            .label("a name is expected here")
            .help(format!("choose another name, such as `{word}_`"))
    }

    fn lone_name(&self) -> Diagnostic<Span> {
        let Some(name) = self.before(1) else { return self.expected(Problem::expected(self.at, Want::Stmt)) };
        let word = self.says(name);
        let foreign = match word {
            "var" | "val" | "local" | "set" => Some("let"),
            "run" | "script" | "shell" | "powershell" => Some("sh"),
            "return" | "yield" => Some("out"),
            _ => None,
        };
        if let Some(instead) = foreign {
            return Diagnostic::new(Code::ForeignSyntax, name.span(), format!("`{word}` is not a word of Flow"))
                .help(format!("did you mean `{instead}`?"))
                .fix(format!("write `{instead}`"), name.span(), instead);
        }
        let wants = match name.kind {
            Kind::Sh
            | Kind::Bash
            | Kind::Pwsh
            | Kind::Cmd
            | Kind::Python
            | Kind::Step
            | Kind::Uses
            | Kind::Task
            | Kind::Gate
            | Kind::Stage => [Want::Text].into(),
            Kind::On | Kind::Param | Kind::Export | Kind::Service | Kind::Cache | Kind::Raw | Kind::Extends => {
                [Want::Name].into()
            }
            _ => Wants::from([Want::Assign, Want::Paren, Want::Brace]),
        };
        self.expected(Problem::expected(self.at, wants))
    }

    /// The words `a`, `a or b`, `a, b or c`.
    fn alternatives(problem: Problem) -> String {
        let words = problem.wants.words();
        match words.get(..4.min(words.len())).unwrap_or_default() {
            [] => "something else".to_owned(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }

    fn expected(&self, problem: Problem) -> Diagnostic<Span> {
        let found = self.found;
        let before = self.before(1);
        if let Some(foreign) = self.foreign(problem) {
            return foreign;
        }
        let ends = found.line() || found.kind == Kind::Eof;
        if ends
            && let Some(sign) = before
            && let Some(missing) = self.missing_value(sign, problem)
        {
            return missing;
        }
        let wanted = Self::alternatives(problem);
        let context = match before {
            Some(it) if it.is_virtual() => String::new(),
            Some(it) => match it.kind {
                Kind::TextClose | Kind::BlockClose | Kind::Chunk => " after this text".to_owned(),
                Kind::RBrace if found.line() => " here".to_owned(),
                _ => format!(" after `{}`", self.says(it)),
            },
            None => String::new(),
        };
        let headline = format!("expected {wanted}{context}");
        if ends {
            return Diagnostic::new(Code::Expected, self.gap(), headline);
        }
        let label = match found.kind {
            Kind::TextOpen | Kind::BlockOpen => "found a text".to_owned(),
            Kind::Chunk | Kind::TextClose | Kind::BlockClose => "found the end of the text".to_owned(),
            _ if found.kind.is_hard() => format!("`{}` is a reserved word", self.says(found)),
            _ => format!("found `{}`", self.says(found)),
        };
        Diagnostic::new(Code::Expected, found.span(), headline).label(label)
    }

    /// `timeout = ⏎`: what lacks a value is named.
    fn missing_value(&self, sign: Token, problem: Problem) -> Option<Diagnostic<Span>> {
        let what = match sign.kind {
            Kind::Assign => "value",
            Kind::Colon if problem.wants.has(Want::Type) => "type",
            Kind::Colon => "value",
            _ => return None,
        };
        let name = self.before(2).filter(|it| it.kind.is_word())?;
        if self.before(3).is_some_and(|it| matches!(it.kind, Kind::Arrow | Kind::Colon)) {
            // A type stands before the `=`, not a name.
            return Some(
                Diagnostic::new(Code::ValueOnNextLine, self.gap(), format!("the {what} is missing"))
                    .help(format!("it begins on the line of its `{}`", self.says(sign))),
            );
        }
        let headline = format!("the {what} of `{}` is missing", self.says(name));
        Some(
            Diagnostic::new(Code::ValueOnNextLine, self.gap(), headline)
                .help(format!("it begins on the line of its `{}`", self.says(sign))),
        )
    }

    /// What is known from other languages.
    fn foreign(&self, problem: Problem) -> Option<Diagnostic<Span>> {
        let found = self.found;
        let word = self.says(found);
        let is = |want| problem.wants.has(want);
        let instead = |headline: String, text: &str| {
            let fix = Diagnostic::new(Code::ForeignSyntax, found.span(), headline);
            Some(fix.fix(format!("write `{text}`"), found.span(), text))
        };
        if found.kind == Kind::Const && is(Want::Stmt) {
            return instead("`const` declares at the top level; in a body, `let` binds".into(), "let");
        }
        if is(Want::Item) && found.kind == Kind::Ident {
            let meant = match word {
                "function" | "def" | "func" | "fun" => "fn",
                "import" | "include" | "require" | "from" => "use",
                "workflow" => "pipeline",
                "var" | "val" => "const",
                "type" | "record" | "class" => "struct",
                _ => "",
            };
            if !meant.is_empty() {
                return instead(format!("`{word}` is not a word of Flow: write `{meant}`"), meant);
            }
        }
        if found.kind.is_text()
            && let Some(shell) = self.before(1)
            && matches!(shell.kind, Kind::Sh | Kind::Bash | Kind::Pwsh | Kind::Cmd | Kind::Python)
            && !found.line()
        {
            let place = shell.span().to(found.span());
            return Some(
                Diagnostic::new(Code::Expected, place, "a script cannot stand here")
                    .help("scripts are statements, or the value of a `let` or `out`"),
            );
        }
        if found.kind == Kind::Colon && is(Want::Assign) && !is(Want::Colon) {
            let name = self.before(1).map_or("it", |it| self.says(it));
            return Some(
                Diagnostic::new(Code::ForeignSyntax, found.span(), format!("`{name}` is given by `=`, not by `:`"))
                    .fix("write ` =`", found.span(), " ="),
            );
        }
        if found.kind == Kind::LBrace
            && is(Want::Expr)
            && let Some(assign) = self.before(1).filter(|it| it.kind == Kind::Assign)
        {
            let name = self.before(2).map_or("name", |it| self.says(it));
            return Some(
                Diagnostic::new(
                    Code::ForeignSyntax,
                    assign.span(),
                    format!("the block of `{name}` stands without `=`"),
                )
                .help(format!("write `{name} {{ … }}`"))
                .fix("remove the `=`", assign.span(), ""),
            );
        }
        if is(Want::FatArrow) && found.kind == Kind::OrOr {
            return instead("the patterns of an arm are joined by `|`".into(), "|");
        }
        if found.kind == Kind::Ident && self.before(1).is_some_and(|it| self.says(it) == "not") && is(Want::Brace) {
            return Some(
                Diagnostic::new(Code::ForeignSyntax, found.span(), "a condition is turned round by `!`")
                    .help(format!("write `!{word}`")),
            );
        }
        if found.kind == Kind::Lt && self.before(1).is_some_and(|it| matches!(self.says(it), "json" | "list" | "map")) {
            return Some(
                Diagnostic::new(Code::ForeignSyntax, found.span(), "types take their arguments in `( )`, not in `< >`")
                    .help("write `json(T)`; a list is `[T]`, a value that may be missing `T?`"),
            );
        }
        if found.kind == Kind::Question {
            return Some(
                Diagnostic::new(Code::ForeignSyntax, found.span(), "there is no `? :` in Flow")
                    .help("write `if a { b } else { c }`, or `a ?? b` for a value that may be missing"),
            );
        }
        if is(Want::Item) && matches!(found.kind, Kind::Secret | Kind::Test | Kind::Once) {
            let (wanted, word) = match found.kind {
                Kind::Secret => ("a name", "secret"),
                Kind::Test => ("a text", "test"),
                _ => ("`action`", "once"),
            };
            return Some(Diagnostic::new(Code::Expected, found.span(), format!("expected {wanted} after `{word}`")));
        }
        if is(Want::Item) && !found.kind.is_item() {
            let headline = match found.kind {
                Kind::Let | Kind::Out | Kind::If | Kind::For | Kind::Match | Kind::After => {
                    format!("`{word}` stands in a body, not at the top level of a file")
                }
                _ if found.kind == Kind::RBrace => return None,
                _ => format!("expected a declaration, found `{}`", word.lines().next().unwrap_or_default()),
            };
            return Some(Diagnostic::new(Code::Expected, found.span(), headline).help(
                "a file holds `use`, `const`, `fn`, `enum`, `struct`, `artifact`, `secret`, `action`, `extern`, `job`, \
                 `flow`, `pipeline` and `test`",
            ));
        }
        None
    }
}
