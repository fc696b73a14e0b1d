//! What holds for every program, however broken: checking and planning end without a panic, and what
//! is said after a sequence of edits is what is said of the result when nothing was known before.
//!
//! The programs are those of the specs and the examples, with words and signs removed, doubled,
//! swapped and replaced, and with files renamed, removed and brought back. `SEED=7` takes other ones,
//! `ROUNDS=10` ten times as many.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use flow_analysis::{Database, FileSpan, diagnostics};
use flow_plan::elaborate;
use flow_syntax::{Diagnostic, Severity};
use flow_tests::fixture::sources;
use flow_tests::markdown::blocks;
use flow_tests::random::Random;

/// Texts by path.
type Files = BTreeMap<String, String>;

/// The programs of the specs, the error pages and the examples.
fn corpus() -> Vec<Files> {
    let root = flow_tests::repository();
    let mut programs = Vec::new();
    for folder in ["tests/spec", "docs/errors"] {
        let mut pages: Vec<_> = std::fs::read_dir(root.join(folder)).unwrap().map(|it| it.unwrap().path()).collect();
        pages.retain(|it| it.extension().is_some_and(|it| it == "md"));
        pages.sort();
        for page in pages {
            for block in blocks(&std::fs::read_to_string(page).unwrap()) {
                if block.info.starts_with("flow") {
                    programs.push(sources(&block.text).into_iter().map(|it| (it.path, it.text)).collect());
                }
            }
        }
    }
    let quickstart = std::fs::read_to_string(root.join("examples/quickstart/ci.flow")).unwrap();
    // It is the largest: one program in eight is this one.
    for _ in 0..programs.len() / 8 {
        programs.push(Files::from([("ci.flow".to_owned(), quickstart.clone())]));
    }
    assert!(programs.len() > 200);
    programs
}

/// Words, white space and single signs, which joined are the text.
fn pieces(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        ' ' => 1,
        c => 2 + c as u32,
    };
    let mut pieces = Vec::new();
    let (mut start, mut last) = (0, None);
    for (at, c) in text.char_indices() {
        if last.is_some_and(|it| it != class(c)) {
            pieces.push(&text[start..at]);
            start = at;
        }
        last = Some(class(c));
    }
    pieces.push(&text[start..]);
    pieces
}

/// What is thrown in beside words of other programs.
const SPICE: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "#{",
    "#{out ",
    "\n",
    " = ",
    ": ",
    ".",
    "?",
    "?.",
    "??",
    "...",
    "!",
    "-",
    "_",
    "none",
    "if true ",
    "else ",
    "for x in [1, 2] ",
    "match ",
    " => ",
    "let x = ",
    "out ",
    "const ",
    "after ",
    " as ",
    "secret ",
    "always ",
    "é",
    "\0",
    "\r\n",
    "//",
    "/// ",
    "string",
    "[string]",
    "[Os: int]",
    "opaque",
    "linux",
    "99999999999999999999",
    "1d",
    "_ ",
    "ctx.",
    "true",
    "json(",
    "merge(",
];

/// `text` after some small changes, of words mostly, of single characters sometimes.
fn edited(text: &str, others: &[&str], random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(3) {
        if random.below(5) == 0 {
            let places: Vec<usize> = text.char_indices().map(|it| it.0).collect();
            if !places.is_empty() {
                let at = *random.of(&places);
                if random.below(2) == 0 {
                    text.remove(at);
                } else {
                    text.insert_str(at, SPICE[random.below(SPICE.len())]);
                }
            }
            continue;
        }
        let mut words: Vec<&str> = pieces(&text);
        let (a, b) = (random.below(words.len()), random.below(words.len()));
        match random.below(6) {
            0 => {
                words.remove(a);
            }
            1 => words.insert(a, words[b]),
            2 => words.swap(a, b),
            3 => words[a] = words[b],
            4 => words[a] = others[random.below(others.len())],
            _ => words.insert(a, SPICE[random.below(SPICE.len())]),
        }
        text = words.concat();
    }
    text
}

fn database(files: &Files) -> Database {
    let mut db = Database::default();
    db.set_files(files.iter().map(|(path, text)| (path.as_str().into(), Ok(Arc::from(text.as_str())))));
    db
}

fn shown(db: &Database, finding: &Diagnostic<FileSpan>) -> String {
    let place = |it: &FileSpan| format!("{}:{:?}", it.file.path(db), it.span);
    let related: Vec<String> =
        finding.related.iter().map(|it| format!("{} {}", place(&it.place), it.message)).collect();
    let fix = finding.fix.as_ref().map(|fix| {
        let edits: Vec<String> = fix.edits.iter().map(|it| format!("{} {:?}", place(&it.place), it.text)).collect();
        format!("{} {edits:?}", fix.title)
    });
    format!(
        "{} {} {:?} {related:?} {:?} {:?} {fix:?}",
        finding.code,
        place(&finding.primary.place),
        finding.headline,
        finding.help,
        finding.notes
    )
}

/// All that is said and made of a program, places included.
fn said(db: &Database) -> Vec<String> {
    let mut out = Vec::new();
    let mut errors = false;
    for file in db.files().values() {
        for finding in diagnostics(db, *file) {
            errors |= finding.severity == Severity::Error;
            out.push(shown(db, &finding));
        }
    }
    if !errors {
        for pipeline in elaborate::pipelines(db) {
            for backend in elaborate::backends(db, pipeline) {
                match elaborate::plan(db, pipeline, backend) {
                    Ok(plan) => out.push(serde_json::to_string(&*plan).unwrap()),
                    Err(findings) => {
                        assert!(!findings.is_empty(), "a plan is refused without a word");
                        out.extend(findings.iter().map(|it| shown(db, &it.clone().map(|place| place.in_file(db)))));
                    }
                }
            }
        }
    }
    out
}

fn listing(files: &Files) -> String {
    files.iter().map(|(path, text)| format!("//- /{path}\n{text}\n")).collect()
}

/// The same as [`said`], a panic told with the program.
fn asked(db: &Database, files: &Files, about: &str) -> Vec<String> {
    catch_unwind(AssertUnwindSafe(|| said(db)))
        .unwrap_or_else(|_| panic!("{about}: the compiler panics over\n{}", listing(files)))
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |it| it.parse().unwrap())
}

fn rounds(usual: u64) -> u64 {
    usual * number("ROUNDS", 1)
}

fn seed() -> u64 {
    number("SEED", 0x9E37_79B9_7F4A_7C15)
}

#[test]
fn mutated_programs_are_checked_and_planned_without_panic() {
    let corpus = corpus();
    let words: Vec<&str> = corpus.iter().flat_map(Files::values).flat_map(|it| pieces(it)).collect();
    let mut random = Random::new(seed());
    for round in 0..rounds(4_000) {
        let mut files = random.of(&corpus).clone();
        for text in files.values_mut() {
            *text = edited(text, &words, &mut random);
        }
        asked(&database(&files), &files, &format!("round {round}"));
    }
}

/// Every program of the corpus cut off at some places, as while it is typed.
#[test]
fn unfinished_programs_are_checked_and_planned_without_panic() {
    let mut random = Random::new(seed() ^ 2);
    for files in corpus() {
        for _ in 0..rounds(3) {
            let mut files = files.clone();
            for text in files.values_mut() {
                let mut end = random.below(text.len());
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.truncate(end);
            }
            asked(&database(&files), &files, "cut off");
        }
    }
}

/// Removes a file, renames one, brings one back, makes two the same, or changes a text.
fn change(files: &mut Files, original: &Files, words: &[&str], random: &mut Random) -> String {
    let paths: Vec<String> = files.keys().cloned().collect();
    let all: Vec<(&String, &String)> = original.iter().collect();
    match random.below(10) {
        0 if paths.len() > 1 => {
            let path = random.of(&paths);
            files.remove(path);
            format!("remove {path}")
        }
        1 if !paths.is_empty() => {
            let from = random.of(&paths);
            let to = (*random.of(&["main.flow", "lib.flow", "lib/common.flow", "a.flow"])).to_owned();
            let text = files.remove(from).unwrap();
            files.insert(to.clone(), text);
            format!("rename {from} to {to}")
        }
        2 | 3 => {
            let (path, text) = random.of(&all);
            files.insert((*path).clone(), (*text).clone());
            format!("restore {path}")
        }
        _ if paths.is_empty() => {
            files.clone_from(original);
            "restore all".to_owned()
        }
        _ => {
            let path = random.of(&paths);
            let text = edited(&files[path], words, random);
            files.insert(path.clone(), text);
            format!("edit {path}")
        }
    }
}

#[test]
fn after_edits_the_same_is_said_as_of_a_fresh_program() {
    let corpus = corpus();
    let words: Vec<&str> = corpus.iter().flat_map(Files::values).flat_map(|it| pieces(it)).collect();
    let several: Vec<&Files> = corpus.iter().filter(|it| it.len() > 1).collect();
    assert!(several.len() > 10);
    let mut random = Random::new(seed() ^ 1);
    for round in 0..rounds(250) {
        let original = if round % 2 == 0 { *random.of(&several) } else { random.of(&corpus) };
        let mut files = original.clone();
        let mut db = database(&files);
        asked(&db, &files, &format!("round {round}"));
        let mut history = Vec::new();
        for _ in 0..6 {
            let before = files.clone();
            history.push(change(&mut files, original, &words, &mut random));
            for path in before.keys().filter(|path| !files.contains_key(*path)) {
                db.remove_file(path);
            }
            for (path, text) in &files {
                db.set_file(path, Ok(Arc::from(text.as_str())));
            }
            // Not every edit is asked about: an editor coalesces them.
            if random.below(4) == 0 {
                continue;
            }
            let about = format!("round {round}, {}", history.join(", "));
            let found = asked(&db, &files, &about);
            let fresh = asked(&database(&files), &files, &about);
            assert!(
                found == fresh,
                "{about}: after edits\n  {}\nfresh\n  {}\nbefore\n{}\nafter\n{}",
                found.join("\n  "),
                fresh.join("\n  "),
                listing(&before),
                listing(&files)
            );
        }
    }
}
