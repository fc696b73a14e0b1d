//! The programs in what people read: README.md and docs/, the pages of errors excepted (errors.rs).
//!
//! A block `flow` is a whole program: in the formatter's form and without findings, unless a comment
//! expects them as in the specs. `flow job`, `flow pipeline` and `flow value` are what stands in a job,
//! in a pipeline, or where a value does: these are in form. No other word may follow `flow`.

use std::path::{Path, PathBuf};

use flow_syntax::format;
use flow_tests::check::Program;
use flow_tests::expectation::take_out;
use flow_tests::fixture::sources;
use flow_tests::markdown::{Block, blocks};

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        if path.is_dir() && !path.ends_with("errors") {
            pages(&path, found);
        } else if path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
}

/// Page and block of every program.
fn programs() -> Vec<(String, Block)> {
    let root = flow_tests::repository();
    let mut found = vec![root.join("README.md")];
    pages(&root.join("docs"), &mut found);
    found.sort();
    let mut programs = Vec::new();
    for path in found {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let all = blocks(&std::fs::read_to_string(&path).unwrap());
        let flow = all.into_iter().filter(|it| it.info.split_whitespace().next() == Some("flow"));
        programs.extend(flow.map(|block| (name.clone(), block)));
    }
    programs
}

/// The program around a fragment, and how far that moves it to the right.
fn wrapped(block: &Block) -> Option<(String, usize)> {
    let (before, after, indent) = match block.info.as_str() {
        "flow" => ("", "", 0),
        "flow job" => ("job fragment() on linux {\n", "}\n", 4),
        "flow pipeline" => ("pipeline fragment {\n", "}\n", 4),
        "flow value" => ("const FRAGMENT = ", "", 0),
        _ => return None,
    };
    let moved: String = block
        .text
        .split_inclusive('\n')
        .map(|line| if line.trim().is_empty() { line.to_owned() } else { format!("{:indent$}{line}", "") })
        .collect();
    Some((format!("{before}{moved}{after}"), block.line))
}

#[test]
fn programs_are_in_form() {
    let mut wrong = Vec::new();
    let all = programs();
    assert!(all.len() >= 2);
    for (page, block) in all {
        let Some((text, line)) = wrapped(&block) else {
            wrong.push(format!("{page}:{}: no program is a `{}`", block.line, block.info));
            continue;
        };
        match format(&text) {
            Ok(formatted) if formatted == text => {}
            Ok(formatted) => {
                let at = text.lines().zip(formatted.lines()).take_while(|(a, b)| a == b).count();
                let shown = |text: &str| text.lines().nth(at).unwrap_or_default().to_owned();
                wrong.push(format!(
                    "{page}:{}: not in form\n    {}\n    {}",
                    line + at + 1,
                    shown(&text),
                    shown(&formatted)
                ));
            }
            Err(errors) => wrong.push(format!("{page}:{line}: it does not parse: {}", errors[0].headline)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn whole_programs_have_the_findings_that_they_expect() {
    let mut wrong = Vec::new();
    for (page, block) in programs() {
        if block.info != "flow" {
            continue;
        }
        let files: Vec<_> = sources(&block.text).iter().map(take_out).collect();
        let program = Program::new(&files.iter().map(|(source, _)| source.clone()).collect::<Vec<_>>());
        let mut findings = program.findings();
        for (source, expectations) in &files {
            for expectation in expectations {
                match findings.iter().position(|it| it.path == source.path && expectation.is_met_by(it)) {
                    Some(at) => drop(findings.remove(at)),
                    None => wrong.push(format!("{page}:{}: expected {expectation}", block.line + expectation.line + 1)),
                }
            }
        }
        for finding in findings {
            wrong.push(format!("{page}:{}: {finding}", block.line + finding.line + 1));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
