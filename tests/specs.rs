//! The Markdown specs of tests/spec, one file per area of the language.
//!
//! A heading is a name. A block `flow` is a program; lines `//- /lib/a.flow` in it begin further
//! files. What the compiler says of it stands beside the line, as in
//! `// error: [F0201] "there is no"` (the whole rule: src/expectation.rs). Every finding has to be
//! expected and every expectation met; a program without expectations is clean.
//!
//! A block `plan`, `github` or `ado` holds what becomes of the program before it in its section: the
//! plan as `flowc plan` prints it, or the emitted file. `plan ci github`: of this pipeline, for this
//! backend.
//!
//! `SPEC=names cargo test -p flow-tests --test specs` runs the file names.md alone.
//! `UPDATE_SPECS=1 cargo test -p flow-tests --test specs` writes what is found into the files:
//! headlines of expectations that are not met, and outputs. Read the difference.

use std::fmt::Write as _;
use std::path::PathBuf;

use flow_plan::model::Backend;
use flow_tests::check::Program;
use flow_tests::expectation::{put_in, take_out};
use flow_tests::fixture::sources;
use flow_tests::markdown::{Block, blocks};

fn files() -> Vec<PathBuf> {
    let folder = flow_tests::repository().join("tests/spec");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    if let Ok(wanted) = std::env::var("SPEC") {
        files.retain(|it| it.file_stem().is_some_and(|stem| stem == wanted.as_str()));
    }
    assert!(!files.is_empty(), "no specs in {}", folder.display());
    files
}

#[test]
fn specs() {
    let update = std::env::var_os("UPDATE_SPECS").is_some_and(|it| it == "1");
    let mut failures = Vec::new();
    for file in files() {
        let name = file.strip_prefix(flow_tests::repository()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let (found, updated) = spec(&name, &text);
        if update && updated != text {
            std::fs::write(&file, updated).unwrap();
        } else {
            failures.extend(found);
        }
    }
    if !failures.is_empty() {
        let count = failures.len();
        panic!(
            "\n\n{}\n{count} differences; UPDATE_SPECS=1 writes what is found into the files\n",
            failures.join("\n")
        );
    }
}

/// Failures of a file, and the file as it would be right.
fn spec(name: &str, text: &str) -> (Vec<String>, String) {
    let mut failures = Vec::new();
    let mut replacements: Vec<(Block, String)> = Vec::new();
    let mut program: Option<(usize, Program)> = None;
    for block in blocks(text) {
        let mut words = block.info.split_whitespace();
        match words.next() {
            Some("flow") => {
                let (checked, updated) = flow(name, &block, &mut failures);
                program = Some((block.section, checked));
                replacements.push((block, updated));
            }
            Some(kind @ ("plan" | "github" | "ado")) => {
                let Some((_, program)) = program.as_ref().filter(|(section, _)| *section == block.section) else {
                    panic!("{name}:{}: no program stands before this block in its section", block.line);
                };
                let words: Vec<&str> = words.collect();
                let actual = output(program, kind, &words);
                if actual.trim_end() != block.text.trim_end() {
                    failures.push(differs(name, &block, &actual));
                }
                replacements.push((block, format!("{}\n", actual.trim_end())));
            }
            _ => {}
        }
    }
    (failures, replaced(text, &replacements))
}

/// Checks the program of a block.
fn flow(name: &str, block: &Block, failures: &mut Vec<String>) -> (Program, String) {
    let files: Vec<_> = sources(&block.text).iter().map(take_out).collect();
    let program = Program::new(&files.iter().map(|(source, _)| source.clone()).collect::<Vec<_>>());
    let mut findings = program.findings();
    let mut updated = String::new();
    for (source, expectations) in &files {
        let (mine, others) = findings.into_iter().partition(|it| it.path == source.path);
        findings = others;
        if source.named {
            let _ = writeln!(updated, "//- /{}", source.path);
        }
        updated.push_str(&put_in(source, expectations, &mine));

        let mut open = mine;
        let place = |line: usize| {
            let outer = source.lines.get(line).or(source.lines.last()).copied().unwrap_or_default();
            let shown = source.text.lines().nth(line).unwrap_or_default().trim();
            (format!("{name}:{} ({})", block.line + outer + 1, block.title), shown.to_owned())
        };
        for expectation in expectations {
            match open.iter().position(|it| expectation.is_met_by(it)) {
                Some(at) => {
                    open.remove(at);
                }
                None => {
                    let (at, line) = place(expectation.line);
                    failures.push(format!("{at}\n    {line}\n  expected  {expectation}\n"));
                }
            }
        }
        for finding in open {
            let (at, line) = place(finding.line);
            failures.push(format!("{at}\n    {line}\n  got       {finding}\n"));
        }
    }
    (program, updated)
}

fn backend(word: &str) -> Option<Backend> {
    [Backend::Local, Backend::Github, Backend::Ado].into_iter().find(|it| it.name() == word)
}

fn output(program: &Program, kind: &str, words: &[&str]) -> String {
    let on = words.iter().find_map(|word| backend(word));
    let pipeline = words.iter().find(|word| backend(word).is_none()).copied();
    match kind {
        "plan" => flow_plan::render::text(&program.plan(pipeline, on.unwrap_or(Backend::Local))),
        "github" => program.emit(pipeline, Backend::Github).text,
        _ => program.emit(pipeline, Backend::Ado).text,
    }
}

fn differs(name: &str, block: &Block, actual: &str) -> String {
    let (expected, got): (Vec<&str>, Vec<&str>) = (block.text.lines().collect(), actual.trim_end().lines().collect());
    let at = expected.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let line = |lines: &[&str]| lines.get(at).map_or("(nothing more)".to_owned(), |it| (*it).to_owned());
    let here = block.line + at + 1;
    format!(
        "{name}:{here} ({}): `{}` differs\n  expected  {}\n  got       {}\n",
        block.title,
        block.info,
        line(&expected),
        line(&got)
    )
}

fn replaced(text: &str, replacements: &[(Block, String)]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = String::new();
    let mut at = 0;
    for (block, updated) in replacements {
        out.extend(lines[at..block.line].iter().copied());
        out.push_str(updated);
        at = block.line + block.text.split_inclusive('\n').count();
    }
    out.extend(lines[at..].iter().copied());
    out
}
