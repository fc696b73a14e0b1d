//! Titles and names that people see: of steps, jobs, stages, gates, of what is exposed.

use flow_syntax::Code;
use flow_syntax::tree::{Expr, ExprKind, Text, TextPart};

use super::sink::Sink;
use super::{Infer, Phase};
use crate::path::{is_device, is_invisible};
use crate::value::{ConstValue, Norm};

/// The longest title, in characters: platforms cut longer ones, and two that begin alike look the same.
const LONGEST_TITLE: usize = 200;
/// The longest name of what is exposed, in bytes: it becomes the name of a file.
const LONGEST_NAME: usize = 100;

impl Infer<'_> {
    /// A title that has to be known while compiling; `whose` as in "the title of a step". Gives it where
    /// it is fine and can be told already.
    pub(super) fn title(&mut self, title: &Text, whose: &str) -> Option<String> {
        if self.sink_text(title, Sink::Title(whose)).phase != Phase::Const {
            return None;
        }
        let text = self.text_value(title);
        if let Some(problem) = title_problem(text.as_ref().unwrap_or(&outline(title))) {
            let finding = self
                .finding(Code::BadTitle, title.span, format!("{whose} {problem}"))
                .label("cannot be shown like this")
                .help("say in a few words what it does");
            self.report(finding);
            return None;
        }
        text
    }

    /// The title of what gets an id made of it: a job, a stage, a gate.
    pub(super) fn title_of(&mut self, title: &Text, what: &str) -> Option<String> {
        let text = self.title(title, &format!("the title of a {what}"))?;
        if text.contains(|c: char| c.is_ascii_alphanumeric()) {
            return Some(text);
        }
        let finding = self
            .finding(Code::BadTitle, title.span, format!("no id can be made of the title of this {what}"))
            .label("holds none of `a` to `z` and `0` to `9`")
            .note("backends know it by an id, which is made of these letters and digits of its title")
            .help("say in a few words what it does");
        self.report(finding);
        None
    }

    /// The name under which something is exposed, if it can be one.
    pub(super) fn expose_title(&mut self, title: &Text) -> Option<String> {
        if self.sink_text(title, Sink::Title("the name of what is exposed")).phase != Phase::Const {
            return None;
        }
        let name = self.text_value(title)?;
        let Some(problem) = name_problem(&name) else { return Some(name) };
        let finding = self
            .finding(Code::BadTitle, title.span, format!("`{}` {problem}", name.escape_debug()))
            .label("cannot be the name of a download")
            .help("name it with letters, digits, spaces, `.`, `-` and `_`");
        self.report(finding);
        None
    }

    /// The value of a text, as far as it can be told while compiling.
    fn text_value(&self, text: &Text) -> Option<String> {
        if let Some(plain) = text.plain() {
            return Some(plain);
        }
        let e = Expr { kind: ExprKind::Text(text.clone()), span: text.span };
        match self.norm(&e) {
            Norm::Value(ConstValue::Text(text)) => Some(text.to_string()),
            _ => None,
        }
    }
}

/// A text with something visible for each hole, so that it can be judged before they are known.
fn outline(text: &Text) -> String {
    let mut out = String::new();
    for part in &text.parts {
        match part {
            TextPart::Literal { value, .. } => out.push_str(value),
            TextPart::Hole(_) => out.push('x'),
        }
    }
    out
}

/// What is wrong with whatever people see.
fn sight_problem(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("is empty")
    } else if text.contains(['\n', '\r']) {
        Some("has a line break")
    } else if text.contains(char::is_control) {
        Some("has a control character")
    } else if text.contains(is_invisible) {
        Some("has an invisible character, which can make it look like another one")
    } else {
        None
    }
}

pub(super) fn title_problem(title: &str) -> Option<&'static str> {
    sight_problem(title).or_else(|| (title.chars().count() > LONGEST_TITLE).then_some("is longer than 200 characters"))
}

/// What is wrong with a name under which files are given to people: what the stores of hosted CI, or
/// the systems on which people unpack them, refuse.
fn name_problem(name: &str) -> Option<&'static str> {
    const REFUSED: [char; 9] = ['"', ':', '<', '>', '|', '*', '?', '\\', '/'];
    if let Some(problem) = sight_problem(name) {
        Some(problem)
    } else if name == "." || name == ".." {
        Some("is a folder in every folder")
    } else if name.contains(REFUSED) {
        Some("holds one of the characters `\" : < > | * ? \\ /`, which no backend takes")
    } else if name.starts_with(' ') || name.ends_with([' ', '.']) {
        Some("begins or ends with a space, or ends with a dot, which Windows drops")
    } else if is_device(name) {
        Some("is the name of a device on Windows")
    } else if name.len() > LONGEST_NAME {
        Some("is longer than 100 bytes")
    } else {
        None
    }
}
