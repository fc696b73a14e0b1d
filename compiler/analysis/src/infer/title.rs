//! Titles and names that people see: of steps, jobs, stages, gates, of what is exposed.

use flow_syntax::Code;
use flow_syntax::tree::{Text, TextPart};

use super::sink::Sink;
use super::{Infer, Phase};

/// The longest title, in characters: platforms cut longer ones, and two that begin alike look the same.
const LONGEST_TITLE: usize = 200;

impl Infer<'_> {
    /// A title that has to be known while compiling; `whose` as in "the title of a step".
    pub(super) fn title(&mut self, title: &Text, whose: &str) {
        if self.sink_text(title, Sink::Title(whose)).phase != Phase::Const {
            return;
        }
        if let Some(problem) = literal(title).and_then(|plain| title_problem(&plain)) {
            let finding = self
                .finding(Code::BadTitle, title.span, format!("{whose} {problem}"))
                .label("cannot be shown like this")
                .help("say in a few words what it does");
            self.report(finding);
        }
    }
}

/// What is literal of a text, so that it can be judged before the rest is known; `None` where nothing is.
fn literal(text: &Text) -> Option<String> {
    let mut out = String::new();
    for part in &text.parts {
        match part {
            TextPart::Literal { value, .. } => out.push_str(value),
            // Stands for something visible.
            TextPart::Hole(_) => out.push('x'),
        }
    }
    Some(out)
}

/// What is wrong with a title.
pub(super) fn title_problem(title: &str) -> Option<&'static str> {
    if title.trim().is_empty() {
        return Some("is empty");
    }
    if title.contains(['\n', '\r']) {
        return Some("has a line break");
    }
    if title.chars().any(char::is_control) {
        return Some("has a control character");
    }
    if title
        .chars()
        .any(|c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
    {
        return Some("has an invisible character, which can make it look like another one");
    }
    (title.chars().count() > LONGEST_TITLE).then_some("is longer than 200 characters")
}

/// Characters of no width, and those that change the direction of writing.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}
