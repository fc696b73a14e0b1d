//! Scripts of a shell that read elements of the matrix from variables, where that is beyond doubt the
//! same as the text in its place: nothing is said of what this does not understand.

use super::template::{Column, Part};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Plain,
    /// `( )` or `$( )`.
    Paren,
    /// `${ }`.
    Brace,
    Double,
    Single,
    Comment,
}

/// The script's text; `None`: it cannot read all of them from variables.
pub(super) fn script(parts: &[Part], columns: &[Column]) -> Option<String> {
    let text: String = parts
        .iter()
        .map(|it| match it {
            Part::Char(c) => *c,
            Part::Hole(_) => HOLE,
        })
        .collect();
    // A text that is matched is no longer a pattern once it is quoted.
    if text.contains("=~") {
        return None;
    }
    let mut out = String::new();
    let mut stack = vec![State::Plain];
    let mut escaped = false;
    let mut dollar = false;
    for (at, part) in parts.iter().enumerate() {
        let state = stack.last().copied()?;
        let before = |n: usize| at.checked_sub(n).and_then(|it| parts.get(it)).copied();
        let c = match part {
            Part::Hole(index) => {
                let column = columns.get(*index)?;
                if escaped || !column.is_word() || stack.contains(&State::Brace) || is_named(parts, at) {
                    return None;
                }
                let variable = column.variable();
                match state {
                    State::Plain | State::Paren if !is_word(parts, at) => return None,
                    State::Plain | State::Paren => out.push_str(&format!("\"${variable}\"")),
                    State::Single => out.push_str(&format!("'\"${variable}\"'")),
                    State::Double | State::Brace | State::Comment => out.push_str(&format!("${{{variable}}}")),
                }
                continue;
            }
            Part::Char(c) => *c,
        };
        out.push(c);
        let after_dollar = std::mem::take(&mut dollar);
        if std::mem::take(&mut escaped) {
            continue;
        }
        let next = |text: &str| text.chars().enumerate().all(|(n, c)| parts.get(at + n) == Some(&Part::Char(c)));
        match (state, c) {
            (State::Single, '\'') | (State::Double, '"') | (State::Brace, '}') => {
                stack.pop();
            }
            (State::Comment, '\n') => {
                stack.pop();
            }
            (State::Single | State::Comment, _) => {}
            (_, '\\') => escaped = true,
            (_, '`') => return None,
            (_, '$') if next("$'") && state != State::Double || next("$((") || next("$[") => return None,
            (_, '$') => dollar = !after_dollar,
            (_, '{') if after_dollar => stack.push(State::Brace),
            (_, '(') if after_dollar => stack.push(State::Paren),
            (State::Double, _) => {}
            (_, '"') => stack.push(State::Double),
            (State::Brace, '\'') if stack.contains(&State::Double) => return None,
            (_, '\'') => stack.push(State::Single),
            (State::Brace, _) => {}
            (_, '(') if next("((") => return None,
            (_, '(') => stack.push(State::Paren),
            (State::Paren, ')') => {
                stack.pop();
            }
            // Its patterns end with a parenthesis of their own.
            (State::Paren, 'c') if next("case ") => return None,
            (_, '<') if next("<<") => {
                let third = |it: Option<Part>| it == Some(Part::Char('<'));
                if !third(parts.get(at + 2).copied()) && !third(before(1)) {
                    return None;
                }
            }
            (_, '#')
                if before(1)
                    .is_none_or(|it| matches!(it, Part::Char(c) if c.is_whitespace() || ";(&|".contains(c))) =>
            {
                stack.push(State::Comment);
            }
            _ => {}
        }
    }
    Some(out)
}

/// Stands for an element where only what is around it matters.
const HOLE: char = '\u{fffc}';

/// Whether it is a part of a variable's name, after a `$`.
fn is_named(parts: &[Part], at: usize) -> bool {
    let before = parts.iter().take(at).rev().map(|it| match it {
        Part::Char(c) => *c,
        Part::Hole(_) => HOLE,
    });
    before.skip_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == HOLE).map(|c| c == '$').next() == Some(true)
}

/// Whether the word around an element means the same with a part that is quoted: it is no name, no
/// number of a stream, no list in braces.
fn is_word(parts: &[Part], at: usize) -> bool {
    let ends = |c: char| c.is_whitespace() || ";|&<>()".contains(c);
    let char_of = |it: &Part| match it {
        Part::Char(c) => *c,
        Part::Hole(_) => HOLE,
    };
    let before: Vec<char> = parts.iter().take(at).rev().map(char_of).take_while(|c| !ends(*c)).collect();
    let after: Vec<char> = parts.iter().skip(at + 1).map(char_of).take_while(|c| !ends(*c)).collect();
    let first = parts.iter().take(at).rev().map(char_of).nth(before.len());
    let last = parts.iter().skip(at + 1).map(char_of).nth(after.len());
    let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == HOLE;
    let assigned = before.iter().all(is_name) && matches!(after.iter().find(|c| !is_name(c)), Some('=' | '+'));
    let listed = before.iter().chain(&after).any(|c| "{}~[]".contains(*c));
    let stream = matches!(last, Some('<' | '>' | '(')) || first == Some('&');
    let line: String = parts.iter().take(at).rev().skip(before.len()).map(char_of).take_while(|c| *c != '\n').collect();
    let line: String = line.chars().rev().collect();
    let loops = ["for", "select", "function"].iter().any(|it| line.trim_end().ends_with(it));
    !(assigned || listed || stream || loops)
}

#[cfg(test)]
mod tests {
    use flow_plan::model::Const;

    use super::super::template::{Column, template};
    use super::script;

    fn of(text: &str, values: &[&str]) -> Option<String> {
        let texts = values.iter().map(|it| (*it).to_owned()).collect();
        let values: Vec<Const> = values.iter().map(|it| Const::Text((*it).to_owned())).collect();
        let legs: Vec<String> = values.iter().map(|it| text.replace('@', &it.text())).collect();
        let columns = [Column { path: vec!["x".to_owned()], values, texts }];
        let legs: Vec<&str> = legs.iter().map(String::as_str).collect();
        script(&template(&legs, &columns)?, &columns)
    }

    #[test]
    fn variables_instead_of_texts() {
        for (text, read) in [
            ("echo @", "echo \"$MATRIX_X\""),
            ("echo a/@.txt", "echo a/\"$MATRIX_X\".txt"),
            ("echo \"a @\" 'b @'", "echo \"a ${MATRIX_X}\" 'b '\"$MATRIX_X\"''"),
            ("a=@; (echo \"$(cat @)\")", "a=\"$MATRIX_X\"; (echo \"$(cat \"$MATRIX_X\")\")"),
            ("echo --a=@ ${b#c} @", "echo --a=\"$MATRIX_X\" ${b#c} \"$MATRIX_X\""),
            ("case @ in p) ;; esac\ncat <<< @", "case \"$MATRIX_X\" in p) ;; esac\ncat <<< \"$MATRIX_X\""),
            ("# it's @\necho \"<<\" @", "# it's ${MATRIX_X}\necho \"<<\" \"$MATRIX_X\""),
            ("echo \\' @ \\$(", "echo \\' \"$MATRIX_X\" \\$("),
        ] {
            assert_eq!(of(text, &["one", "other"]).as_deref(), Some(read), "{text}");
        }
    }

    #[test]
    fn what_a_variable_would_change() {
        for text in [
            "@=1",
            "a_@=1",
            "echo $@",
            "echo $a_@",
            "echo \"$a@\"",
            "echo ${@}",
            "echo ${a:-@}",
            "echo \"${a:-\"@\"}\"",
            "echo $((@))",
            "echo {@,a}",
            "echo a{1..@}",
            "[[ a =~ @ ]]",
            "@() { b; }",
            "for @ in a; do b; done",
            "echo `cat @`",
            "cat <<END\n@\nEND",
            "cat <<'END'\n@\nEND",
            "echo \\@",
            "echo ~@",
            "echo a >&@",
            "a @>b",
            "echo $'@'",
            "$(case a in a) @ ;; esac)",
            "echo \"\\@\"",
            "a[@]=b",
            "function @ { b; }",
        ] {
            assert_eq!(of(text, &["1", "2"]), None, "{text}");
        }
        for values in [["a b", "c"], ["$a", "b"], ["*", "a"], ["if", "a"], ["", "a"], ["it's", "a"], ["a\nb", "c"]] {
            assert_eq!(of("echo @", &values), None, "{values:?}");
        }
    }
}
