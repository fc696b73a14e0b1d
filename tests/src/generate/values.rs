//! Texts that like to be misread, and expressions.

use super::{Known, Type, Writer};

/// What scripts print: the script, in a block text of the program.
const TEXTS: [&str; 18] = [
    "printf 'plain'",
    "printf 'two words'",
    "printf 'a\\nb\\n\\nc'",
    r#"printf '%s' '"quoted" $HOME `id` \ end'"#,
    "printf \"it's\"",
    "printf '  around  '",
    "printf '\\ttab'",
    "printf '%s' '$''{{ github.token }}'",
    "printf '%s' '$(Build.SourceBranch)'",
    "printf ':%s' ':error::no'",
    "printf 'x<<EOF\\nEOF\\ny'",
    "printf '%s' '%0A%25;]'",
    "printf '\\303\\274ber \\342\\202\\254'",
    "printf '%s' '-n'",
    "printf '%s' '*'",
    "printf '%s' 'MAIN'",
    "printf '%s' 'a=b'",
    "printf '%s' '{0} }} {{'",
];

/// Texts of programs.
const LITERALS: [&str; 8] = ["main", "Main", "plain", "two words", "x y", "a,b", "1", "it's"];

impl Writer {
    /// A script that prints a value of this type.
    pub(super) fn printing(&mut self, ty: Type) -> String {
        match ty {
            Type::Text => (*self.random.of(&TEXTS)).to_owned(),
            Type::Int => format!("echo {}", self.number()),
            Type::Bool => (*self.random.of(&["echo true", "echo false"])).to_owned(),
            Type::Mode => (*self.random.of(&["echo dev", "echo release"])).to_owned(),
            Type::Texts => (*self.random.of(&[
                r#"echo '["a", "b c", "it\u0027s"]'"#,
                r#"echo '["one"]'"#,
                r#"echo '["x\"y", "$HOME", "*", "-"]'"#,
            ]))
            .to_owned(),
            Type::File | Type::Exec | Type::Tree => unreachable!("files are not printed"),
        }
    }

    fn number(&mut self) -> i64 {
        *self.random.of(&[0, 1, 2, 7, -3, 42, 9_007_199_254_740_993, 100])
    }

    pub(super) fn literal(&mut self, ty: Type) -> String {
        match ty {
            Type::Text => format!("\"{}\"", self.random.of(&LITERALS)),
            Type::Int => format!("{}", *self.random.of(&[0, 1, 2, 3, 7, 42])),
            Type::Bool => (*self.random.of(&["true", "false"])).to_owned(),
            Type::Mode => (*self.random.of(&["Mode.dev", "Mode.release"])).to_owned(),
            _ => "[\"a\", \"b\"]".to_owned(),
        }
    }

    /// A value of this type that is known, if there is one.
    pub(super) fn pick(&mut self, known: &[Known], ty: Type) -> Option<String> {
        let all: Vec<&Known> = known.iter().filter(|it| it.ty == ty).collect();
        if all.is_empty() { None } else { Some(self.random.of(&all).name.clone()) }
    }

    /// Something of this type, made of what is known.
    pub(super) fn expression(&mut self, known: &[Known], ty: Type) -> String {
        let found = self.pick(known, ty);
        let Some(a) = found else { return self.literal(ty) };
        if self.chance(35) {
            return a;
        }
        match ty {
            Type::Text => {
                let b = self.pick(known, Type::Int).unwrap_or_else(|| a.clone());
                let c = self.condition(known);
                let other = self.literal(Type::Text);
                match self.random.below(6) {
                    0 => format!("{a}.upper()"),
                    1 => format!("{a}.lower()"),
                    2 => format!("{a}.replace(\"a\", \"&\\\\1\")"),
                    3 => format!("\"<#{{{a}}}|#{{{b}}}>\""),
                    4 => format!("if {c} {{ {a} }} else {{ {other} }}"),
                    _ => format!("\"x#{{{a}.trim()}}\""),
                }
            }
            Type::Int => {
                let b = self.random.below(5) + 2;
                match self.random.below(4) {
                    0 => format!("{a} + {b}"),
                    1 => format!("{a} - {b}"),
                    2 => format!("{a} / {b}"),
                    _ => format!("{a} % {b}"),
                }
            }
            Type::Bool => self.condition(known),
            _ => a,
        }
    }

    /// A truth value.
    pub(super) fn condition(&mut self, known: &[Known]) -> String {
        let depth = self.random.below(4);
        let one = self.comparison(known);
        match depth {
            0 => {
                let two = self.comparison(known);
                let sign = *self.random.of(&["&&", "||"]);
                format!("{one} {sign} {two}")
            }
            1 => format!("!({one})"),
            _ => one,
        }
    }

    fn comparison(&mut self, known: &[Known]) -> String {
        let values: Vec<&Known> = known.iter().filter(|it| !it.ty.is_files()).collect();
        if values.is_empty() {
            return "ctx.event == push".to_owned();
        }
        let Known { name, ty } = (*self.random.of(&values)).clone();
        match ty {
            Type::Text => {
                let text = *self.random.of(&LITERALS);
                match self.random.below(4) {
                    0 => format!("{name} == \"{text}\""),
                    1 => format!("{name} != \"{text}\""),
                    2 => format!("{name}.starts_with(\"{}\")", &text[..1]),
                    _ => format!("{name}.contains(\"{}\")", &text[..1]),
                }
            }
            Type::Int => {
                let sign = *self.random.of(&["==", "!=", "<", "<=", ">", ">="]);
                let number = *self.random.of(&[0, 1, 2, 7, 42]);
                format!("{name} {sign} {number}")
            }
            Type::Mode => format!("{name} == Mode.dev"),
            Type::Texts => format!("{name}.len > 1"),
            _ => name,
        }
    }
}
