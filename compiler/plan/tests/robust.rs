//! No text makes the checker or elaboration panic, and what an edited database says is what a fresh
//! one says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use flow_analysis::{Database, diagnostics};
use flow_plan::elaborate;
use flow_syntax::Severity;

const PROGRAM: &str = include_str!("../../../examples/quickstart/ci.flow");

/// Xorshift, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Words and the white space between them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let class = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            0
        } else if c.is_whitespace() {
            1
        } else {
            2
        }
    };
    let mut last = 3;
    for c in text.chars() {
        if class(c) != last || class(c) == 2 {
            words.push(String::new());
        }
        last = class(c);
        words.last_mut().unwrap().push(c);
    }
    words
}

/// `text` with a word removed, doubled, swapped with another or replaced by another.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut words = words(text);
    for _ in 0..=random.below(3) {
        let (a, b) = (random.below(words.len()), random.below(words.len()));
        match random.below(4) {
            0 => {
                words.remove(a);
            }
            1 => words.insert(a, words[a].clone()),
            2 => words.swap(a, b),
            _ => words[a] = words[b].clone(),
        }
    }
    words.concat()
}

/// All that is said of a program, places included.
fn said(db: &Database) -> Vec<String> {
    let mut out = Vec::new();
    for file in db.files().values() {
        for finding in diagnostics(db, *file) {
            out.push(format!("{} {:?} {}", finding.code, finding.primary.place.span, finding.headline));
        }
    }
    let errors = db.files().values().any(|file| diagnostics(db, *file).iter().any(|it| it.severity == Severity::Error));
    if !errors {
        for pipeline in elaborate::pipelines(db) {
            for backend in elaborate::backends(db, pipeline) {
                match elaborate::plan(db, pipeline, backend) {
                    Ok(plan) => out.push(flow_plan::render::text(&plan)),
                    Err(findings) => {
                        assert!(!findings.is_empty(), "a plan is refused without a word");
                        out.extend(findings.iter().map(|it| format!("{} {}", it.code, it.headline)));
                    }
                }
            }
        }
    }
    out
}

#[test]
fn mutants_are_checked_and_planned_without_panic() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for number in 0..1500 {
        let text = mutated(PROGRAM, &mut random);
        let done = std::panic::catch_unwind(|| {
            let mut db = Database::default();
            db.set_file("ci.flow", Ok(text.as_str().into()));
            said(&db)
        });
        assert!(done.is_ok(), "mutant {number} panics:\n{text}");
    }
}

#[test]
fn an_edited_database_says_what_a_fresh_one_says() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    let mut edited = Database::default();
    let mut text = PROGRAM.to_owned();
    for step in 0..300 {
        // Edits pile up, but never so far that nothing of the program is left.
        text = if step % 7 == 0 { PROGRAM.to_owned() } else { mutated(&text, &mut random) };
        edited.set_file("ci.flow", Ok(text.as_str().into()));
        let mut fresh = Database::default();
        fresh.set_file("ci.flow", Ok(text.as_str().into()));
        assert_eq!(said(&edited), said(&fresh), "after edit {step}:\n{text}");
    }
}
