//! The pages of docs/errors, which `flowc explain` prints: one for each code, and each is true.
//!
//! A page begins with `# CODE: title`, the title of the registry. Its first `flow` block raises
//! exactly that code, all further ones raise nothing. Where the first block is `text`, a page cannot
//! hold such a program, and [`constructed`] makes it.

use std::collections::BTreeSet;

use flow_analysis::{Database, Unreadable, diagnostics};
use flow_syntax::Code;
use flow_tests::check::Program;
use flow_tests::markdown::blocks;

fn page(code: Code) -> String {
    let path = flow_tests::repository().join("docs/errors").join(format!("{}.md", code.id()));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let folder = flow_tests::repository().join("docs/errors");
    let pages: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{}.md", code.id())).collect();
    let without_page: Vec<_> = codes.difference(&pages).collect();
    let without_code: Vec<_> = pages.difference(&codes).collect();
    assert!(without_page.is_empty(), "codes without a page in docs/errors: {without_page:?}");
    assert!(without_code.is_empty(), "pages in docs/errors without a code: {without_code:?}");
}

#[test]
fn codes_are_unique_and_in_order() {
    let ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn pages_say_what_they_are_about() {
    for code in Code::ALL {
        let page = page(*code);
        let heading = format!("# {}: {}\n", code.id(), code.title());
        assert!(page.starts_with(&heading), "{}.md must begin with\n{heading}", code.id());
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{}.md must end with one line break", code.id());
        let blocks = blocks(&page);
        assert!(blocks.len() >= 2, "{}.md needs an example that is wrong and one that is right", code.id());
        let prose: String = page.split("```").step_by(2).skip(1).collect();
        assert!(prose.split_whitespace().count() >= 3, "{}.md must say why, and what to do", code.id());
    }
}

#[test]
fn examples_are_true() {
    let mut failures = Vec::new();
    for code in Code::ALL {
        let page = page(*code);
        let (first, fixed) = {
            let mut all = blocks(&page);
            let first = all.remove(0);
            (first, all)
        };
        let program = match first.info.as_str() {
            "flow" => Some(Program::of(&first.text)),
            "text" => constructed(*code).map(|text| Program::of(&text)),
            other => panic!("{}.md: the first block is `{other}`, not `flow`", code.id()),
        };
        if let Some(program) = program {
            let mut found = program.findings();
            found.retain(|it| code == &Code::NotBuilt || it.code != Code::NotBuilt.id());
            if found.is_empty() || found.iter().any(|it| it.code != code.id()) {
                failures.push(format!("{}: the first example gives\n{}", code.id(), shown(&found)));
            }
        }
        for block in fixed.iter().filter(|it| it.info == "flow") {
            let mut found = Program::of(&block.text).findings();
            // What is checked and cannot be carried out yet is right all the same.
            found.retain(|it| it.code != Code::NotBuilt.id());
            if !found.is_empty() {
                failures.push(format!("{}: the example in line {} gives\n{}", code.id(), block.line, shown(&found)));
            }
        }
        assert!(fixed.iter().any(|it| it.info == "flow"), "{}.md needs an example that is right", code.id());
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn shown(found: &[flow_tests::check::Finding]) -> String {
    if found.is_empty() {
        return "    nothing".to_owned();
    }
    found.iter().map(|it| format!("    {}: {it}\n", it.line + 1)).collect()
}

/// The programs that are too large for a page; `None`: a test of its own below.
fn constructed(code: Code) -> Option<String> {
    match code {
        Code::NestedTooDeeply => Some(format!("const DEEP = {}1{}\n", "(".repeat(200), ")".repeat(200))),
        Code::ExpressionTooLong => Some(format!("const LONG = 1{}\n", " + 1".repeat(2_000))),
        Code::LimitExceeded => {
            let list = |count: usize| (0..count).map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
            Some(format!(
                "job test(const a: int, const b: int) on linux {{ sh \"./test.sh #{{a}} #{{b}}\" }}\n\
                 pipeline ci {{\n    on manual\n    for a in [{}] {{ for b in [{}] {{ test(a, b) }} }}\n}}\n",
                list(101),
                list(100)
            ))
        }
        Code::NotUtf8 | Code::FileTooLarge => None,
        other => panic!("{other}.md has no example, and nothing makes one"),
    }
}

#[test]
fn a_file_that_is_not_utf8() {
    let mut db = Database::default();
    let file = db.set_file("main.flow", Err(Unreadable::NotUtf8(3)));
    let found = diagnostics(&db, file);
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::NotUtf8]);
}

/// Zeroed memory that is only read takes no room, so this is cheaper than it looks.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_too_large() {
    let text = String::from_utf8(vec![0; 2 << 30]).unwrap();
    let parse = flow_syntax::parse(&text);
    assert_eq!(parse.errors.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::FileTooLarge]);
}
