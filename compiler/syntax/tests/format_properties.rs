//! What the formatter promises of any program: nothing is lost, nothing means something else, and
//! once is enough. Over every program of this repository, and over programs with spaces, line breaks
//! and comments thrown in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::path::{Path, PathBuf};

use flow_syntax::{Span, format, parse};

const QUICKSTART: &str = include_str!("../../../examples/quickstart/ci.flow");

/// A pseudo-random sequence that is the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }
}

/// All that a program says: its tree without places.
fn meaning(text: &str) -> Vec<String> {
    parse(text).items.iter().map(support::item).collect()
}

fn comments(text: &str) -> Vec<&str> {
    parse(text).comments.iter().map(|it: &Span| it.text(text)).collect()
}

/// What is no white space and no comma, which is optional.
fn signs(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace() && !matches!(it, ',' | '\u{feff}')).collect()
}

/// Checks the promises; returns the form, or nothing for a program with errors.
#[track_caller]
fn check(text: &str) -> Option<String> {
    let errors = parse(text).errors;
    // A blank first line goes away, unless the formatter has given up: it never does.
    let messy = format!("\n{text}");
    let once = match format(&messy) {
        Err(found) => {
            assert_eq!(found.len(), errors.len(), "{text}");
            return None;
        }
        Ok(once) => once,
    };
    assert!(errors.is_empty(), "{text}");
    assert!(!once.starts_with('\n'), "left as it was: {text}");
    assert_eq!(meaning(text), meaning(&once), "{text}\n--- became ---\n{once}");
    assert_eq!(comments(text), comments(&once), "{text}\n--- became ---\n{once}");
    assert_eq!(signs(text), signs(&once));
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "not the same twice: {text}");
    assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n"), "{once}");
    Some(once)
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && !matches!(name.to_str(), Some("target" | ".git" | "node_modules" | ".flow")) {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
}

/// The programs of this repository, those in its documents too.
fn programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut sources, mut pages) = (Vec::new(), Vec::new());
    files(&root, "flow", &mut sources);
    files(&root, "md", &mut pages);
    let mut programs: Vec<String> = sources.iter().map(|it| std::fs::read_to_string(it).unwrap()).collect();
    for page in pages {
        let page = std::fs::read_to_string(page).unwrap();
        let blocks = page.split("```flow").skip(1).filter_map(|it| it.split_once('\n')?.1.split("```").next());
        programs.extend(blocks.map(str::to_owned));
    }
    programs
}

#[test]
fn every_program_of_the_repository() {
    let programs = programs();
    let formatted = programs.iter().filter(|it| check(it).is_some()).count();
    assert!(formatted > 100, "{formatted} of {} programs have no errors", programs.len());
}

#[test]
fn what_people_read_first_is_in_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sources = Vec::new();
    files(&root.join("examples"), "flow", &mut sources);
    files(&root.join("stdlib"), "flow", &mut sources);
    assert!(sources.len() >= 3);
    for path in sources {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(format(&text).as_deref(), Ok(text.as_str()), "{}", path.display());
    }
}

/// Places between two words or signs, texts not excepted.
fn gaps(text: &str) -> Vec<usize> {
    let class = |c: char| if c.is_alphanumeric() || c == '_' { 0 } else { 1 + c as u32 };
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    chars.windows(2).filter(|it| class(it[0].1) != class(it[1].1)).map(|it| it[1].0).collect()
}

#[test]
fn spaces_line_breaks_and_comments_anywhere() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let programs: Vec<String> = programs().into_iter().filter(|it| parse(it).errors.is_empty()).collect();
    let spice =
        [" ", "   ", "\t", "\n", "\n\n\n", "\r\n", "\n    ", " // why\n", "\n// own line\n", "\n/// said\n", ",", "\r"];
    let mut read = 0;
    for round in 0..1_500 {
        let mut text =
            if round % 3 == 0 { QUICKSTART.to_owned() } else { programs[random.below(programs.len())].clone() };
        for _ in 0..=random.below(4) {
            let gaps = gaps(&text);
            if !gaps.is_empty() {
                text.insert_str(gaps[random.below(gaps.len())], random.of(&spice));
            }
        }
        read += usize::from(check(&text).is_some());
    }
    assert!(read > 400, "only {read} of the programs had no errors");
}

#[test]
fn brackets_without_anything_fixed() {
    let mut random = Random(99);
    let atoms = ["a", "1", "\"t\"", "\"#{ x }\"", "[]", "f()", "b.c", "none", "!d", "-e", "30s", "match x { a => b }"];
    let ops = [" + ", "\n+ ", " ||\n", " ?? ", "\n    && ", "==", "\n.g(", ".h[", " // c\n* "];
    let commas = [", ", ",", ",\n", "\n,\n", ", // c\n", " // c\n, ", ",\n\n// own\n\n"];
    for _ in 0..1_000 {
        let list = value(&mut random, 4, &atoms, &ops, &commas);
        let text =
            format!("const C = {list}\njob j() {{ let x = {list}\n if f({list}) {{ env {{ A = {list} }} g() }} }}");
        check(&text);
    }
}

fn value(random: &mut Random, depth: usize, atoms: &[&str], ops: &[&str], commas: &[&str]) -> String {
    if depth == 0 || random.below(3) == 0 {
        return random.of(atoms).to_owned();
    }
    let inner = |random: &mut Random| value(random, depth - 1, atoms, ops, commas);
    match random.below(4) {
        0 => {
            let op = random.of(ops);
            let close = if op.ends_with('(') { ")" } else { "]" };
            let close = if op.ends_with(['(', '[']) { close } else { "" };
            format!("{}{op}{}{close}", inner(random), inner(random))
        }
        1 => format!("({}{})", random.of(&["", "\n", " // c\n"]), inner(random)),
        2 => format!("if {} {{ {} }}\nelse {{ {} }}", inner(random), inner(random), inner(random)),
        _ => {
            let (open, close) = if random.below(2) == 0 { ("[", "]") } else { ("call(", ")") };
            let elements: Vec<String> = (0..=random.below(4)).map(|_| inner(random)).collect();
            let comma = random.of(commas);
            let end = random.of(&["", ",", "\n", ",\n", " // c\n"]);
            format!("{open}{}{}{end}{close}", random.of(&["", "", "\n", " // c\n"]), elements.join(comma))
        }
    }
}

/// Lines of code, each with whether it may be changed: texts and comments may not.
fn code(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut block = false;
    text.split_inclusive('\n').map(move |line| {
        let fence = line.contains("\"\"\"");
        let free = !block && !line.contains('"') && !line.contains("//");
        block ^= fence;
        (line, free)
    })
}

#[test]
fn spaces_do_not_matter() {
    let mut random = Random(7);
    for program in [QUICKSTART, include_str!("../../../stdlib/std/prelude.flow")] {
        for _ in 0..50 {
            let mut text = String::from("\u{feff}\t\n");
            for (line, free) in code(program) {
                for c in line.chars() {
                    match c {
                        ' ' if free => text.push_str(random.of(&[" ", "  ", "\t", "\t  \t"])),
                        ')' | ':' | ',' if free && random.below(3) == 0 => {
                            text.push_str(random.of(&[" ", "\t"]));
                            text.push(c);
                        }
                        '\n' if free => text.push_str(random.of(&["\n", "  \n", "\r\n"])),
                        c => text.push(c),
                    }
                }
            }
            assert_eq!(format(&text).unwrap(), program);
        }
    }
}

#[test]
fn line_breaks_after_commas_do_not_matter() {
    let mut random = Random(8);
    for _ in 0..50 {
        let text: String = code(QUICKSTART)
            .map(|(line, free)| {
                let round = free && line.contains('(') && !line.contains("{ ");
                if round { line.replace(", ", random.of(&[", ", ",\n", ",\n\n\t", "\n  , "])) } else { line.to_owned() }
            })
            .collect();
        assert_eq!(format(&text).unwrap(), QUICKSTART);
    }
}
