//! One text for several: what differs between them are elements of the matrix.

use flow_plan::model::Const;

/// An element of the matrix: what it is called there, and what it is in each leg.
#[derive(Debug)]
pub(super) struct Column {
    /// The parameter's name, and the fields below it.
    pub(super) path: Vec<String>,
    pub(super) values: Vec<Const>,
    pub(super) texts: Vec<String>,
}

/// A part of such a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Char(char),
    /// The element of this column.
    Hole(usize),
}

/// How often a choice may be tried for one text.
const PATIENCE: usize = 2_000;

struct Search<'a> {
    texts: &'a [&'a str],
    columns: &'a [Column],
    /// Where expressions stand in the first text: nothing is put into these.
    closed: Vec<(usize, usize)>,
    parts: Vec<Part>,
    left: usize,
}

impl Column {
    /// Its name in expressions.
    pub(super) fn name(&self) -> String {
        format!("matrix.{}", self.path.join("."))
    }

    /// The variable that carries it to a script. The prefix keeps it apart from what programs look at.
    pub(super) fn variable(&self) -> String {
        format!("MATRIX_{}", self.path.join("_")).to_ascii_uppercase()
    }

    /// Whether it can be told from text around it.
    fn is_known(&self) -> bool {
        self.texts.iter().all(|it| !it.is_empty() && !it.contains("{{") && !it.contains(char::is_control))
    }

    /// Whether a shell takes each as it stands, quoted or not.
    pub(super) fn is_word(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_./@%+,:-".contains(c);
        self.texts.iter().all(|it| it.chars().all(plain) && !KEYWORDS.contains(&it.as_str()))
    }
}

/// Words that are no more than words once they are quoted.
const KEYWORDS: [&str; 23] = [
    "if", "then", "else", "elif", "fi", "for", "do", "done", "while", "until", "case", "esac", "in", "function",
    "select", "time", "coproc", "alias", "export", "declare", "local", "readonly", "typeset",
];

/// The parts of a text that is each of `texts` in turn; `None`: there is none.
pub(super) fn template(texts: &[&str], columns: &[Column]) -> Option<Vec<Part>> {
    let first = texts.first()?;
    if texts.iter().all(|it| it == first) {
        return Some(first.chars().map(Part::Char).collect());
    }
    let mut search = Search { texts, columns, closed: expressions(first)?, parts: Vec::new(), left: PATIENCE };
    search.from(vec![0; texts.len()]).then_some(search.parts)
}

impl Search<'_> {
    fn from(&mut self, mut at: Vec<usize>) -> bool {
        loop {
            let rest: Option<Vec<&str>> = self.texts.iter().zip(&at).map(|(text, at)| text.get(*at..)).collect();
            let Some(rest) = rest else { return false };
            if rest.iter().all(|it| it.is_empty()) {
                return true;
            }
            let here = at.first().copied().unwrap_or_default();
            if !self.closed.iter().any(|(begin, end)| (*begin..*end).contains(&here)) {
                for (index, column) in self.columns.iter().enumerate().filter(|(_, it)| it.is_known()) {
                    if !rest.iter().zip(&column.texts).all(|(rest, text)| rest.starts_with(text.as_str())) {
                        continue;
                    }
                    let Some(left) = self.left.checked_sub(1) else { return false };
                    self.left = left;
                    let known = self.parts.len();
                    self.parts.push(Part::Hole(index));
                    if self.from(at.iter().zip(&column.texts).map(|(at, text)| at + text.len()).collect()) {
                        return true;
                    }
                    self.parts.truncate(known);
                }
            }
            let mut next = rest.iter().map(|it| it.chars().next());
            let Some(Some(c)) = next.next() else { return false };
            if !next.all(|it| it == Some(c)) {
                return false;
            }
            self.parts.push(Part::Char(c));
            at.iter_mut().for_each(|it| *it += c.len_utf8());
        }
    }
}

/// Where expressions stand in a text; `None`: one does not end.
fn expressions(text: &str) -> Option<Vec<(usize, usize)>> {
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find("${{") {
        let begin = from + found;
        let mut quoted = false;
        let rest = text.get(begin..)?;
        let end = rest.char_indices().find(|(at, c)| {
            quoted ^= *c == '\'';
            !quoted && rest.get(*at..).is_some_and(|it| it.starts_with("}}"))
        })?;
        from = begin + end.0 + 2;
        all.push((begin, from));
    }
    Some(all)
}

/// As GitHub puts it together.
pub(super) fn written(parts: &[Part], columns: &[Column]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Char(c) => text.push(*c),
            Part::Hole(index) => text.push_str(&format!("${{{{ {} }}}}", columns.get(*index)?.name())),
        }
    }
    Some(text)
}
