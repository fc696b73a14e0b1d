//! Every sentence of language.md that says *error*, *refused*, *warning* or *must* is shown by a spec.
//!
//! coverage.md names for each sentence the headings of tests/spec that show it, as `names.md # Cycles`.
//! A sentence that is new, changed or without a heading fails, and so does a heading that is not there
//! or whose programs expect nothing. What no program can show has a reason instead, after `no spec:`;
//! `pending:` says who builds what is missing.
//! `UPDATE_COVERAGE=1` writes the sentences into the table, old answers kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use flow_tests::markdown::blocks;

/// What makes a sentence a promise that is tested.
const WORDS: &[&str] = &["error", "errors", "refused", "warning", "warnings", "must", "refuses"];

/// A sentence and the section that it stands in.
type Sentence = (String, String);

/// The sentences that promise something, in the order of the text.
fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let mut section = "Ideas".to_owned();
    let mut paragraph = String::new();
    let mut code = false;
    for line in text.lines().chain([""]) {
        if line.starts_with("```") {
            code = !code;
        }
        if code || line.starts_with("```") {
            continue;
        }
        let begins = line.is_empty()
            || line.starts_with(['#', '|'])
            || line.starts_with("- ")
            || line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        if begins {
            split(&section, &std::mem::take(&mut paragraph), &mut found);
        }
        if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        } else {
            let _ = write!(paragraph, " {}", line.trim());
        }
    }
    found
}

/// Cuts a paragraph, or a row of a table, into sentences.
fn split(section: &str, paragraph: &str, found: &mut Vec<Sentence>) {
    let chars: Vec<char> = paragraph.chars().collect();
    let (mut begin, mut quoted) = (0, false);
    for at in 0..=chars.len() {
        let c = chars.get(at).copied();
        if c == Some('`') {
            quoted = !quoted;
        }
        let space = chars.get(at + 1).is_none_or(|it| *it == ' ');
        let ends = c.is_none() || !quoted && (matches!(c, Some('.' | ';')) && space || c == Some('|'));
        if ends {
            let sentence: String = chars[begin..at.min(chars.len())].iter().collect();
            let sentence = sentence.trim().trim_start_matches("- ").trim_matches('*').trim().to_owned();
            let words = sentence.split(|c: char| !c.is_alphabetic() && c != '_').map(str::to_lowercase);
            if words.into_iter().any(|word| WORDS.contains(&word.as_str())) {
                found.push((section.to_owned(), sentence));
            }
            begin = at + 1;
        }
    }
}

/// The headings of the specs, each with whether a program below it expects something.
fn headings() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for path in std::fs::read_dir(flow_tests::repository().join("tests/spec")).unwrap().map(|it| it.unwrap().path()) {
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        for block in blocks(&text) {
            let expects = block.text.contains("// error: [") || block.text.contains("// warning: [");
            let title = block.title.split_once(" / ").map_or(block.title.as_str(), |(_, below)| below);
            *found.entry(format!("{file} # {title}")).or_default() |= expects;
        }
    }
    found
}

/// What coverage.md answers for each sentence.
fn answers(text: &str) -> BTreeMap<Sentence, String> {
    let mut found = BTreeMap::new();
    let mut section = String::new();
    let mut sentence: Option<String> = None;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut section);
        } else if let Some(said) = line.strip_prefix("- ") {
            sentence = Some(said.to_owned());
        } else if let (Some(said), Some(answer)) = (&sentence, line.strip_prefix("  - ")) {
            let all: &mut String = found.entry((section.clone(), said.clone())).or_default();
            if !all.is_empty() {
                all.push('\n');
            }
            all.push_str(answer);
        }
    }
    found
}

#[test]
fn every_promise_is_shown_by_a_spec() {
    let root = flow_tests::repository();
    let promised = sentences(&std::fs::read_to_string(root.join("docs/reference/language.md")).unwrap());
    assert!(promised.len() > 30, "language.md was not understood");
    let path = root.join("tests/coverage.md");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let answers = answers(&text);
    if std::env::var_os("UPDATE_COVERAGE").is_some_and(|it| it == "1") {
        std::fs::write(&path, table(&text, &promised, &answers)).unwrap();
        return;
    }
    let headings = headings();
    let mut wrong = Vec::new();
    for sentence in &promised {
        let Some(answer) = answers.get(sentence) else {
            wrong.push(format!("{}: nothing shows it:\n    {}", sentence.0, sentence.1));
            continue;
        };
        for one in answer.lines().filter(|it| !it.starts_with("no spec: ") && !it.starts_with("pending: ")) {
            match headings.get(one) {
                Some(true) => {}
                Some(false) => wrong.push(format!("`{one}` expects nothing, so it cannot show\n    {}", sentence.1)),
                None => wrong.push(format!("there is no `{one}` for\n    {}", sentence.1)),
            }
        }
    }
    let known: BTreeSet<&Sentence> = promised.iter().collect();
    for (sentence, _) in answers.iter().filter(|(it, _)| !known.contains(it)) {
        wrong.push(format!("language.md does not say this any more:\n    {}", sentence.1));
    }
    assert!(wrong.is_empty(), "\n{}\n{} differences", wrong.join("\n"), wrong.len());
}

/// coverage.md with all sentences.
fn table(old: &str, promised: &[Sentence], answers: &BTreeMap<Sentence, String>) -> String {
    let mut out = format!("{}\n", old.split("\n## ").next().unwrap_or_default().trim_end());
    let mut section = "";
    for (at, sentence) in promised.iter().enumerate() {
        if at == 0 || sentence.0 != section {
            let _ = write!(out, "\n## {}\n\n", sentence.0);
            section = &sentence.0;
        }
        let _ = writeln!(out, "- {}", sentence.1);
        for answer in answers.get(sentence).into_iter().flat_map(|it| it.lines()) {
            let _ = writeln!(out, "  - {answer}");
        }
    }
    out
}
