//! The tables of the reference that the compiler has too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, missing_docs)]

use flow_analysis::Db as _;
use flow_tests::check::Program;

/// `UPDATE_SPECS=1` writes the table.
#[test]
fn ctx_is_described_as_it_is() {
    let program = Program::of("");
    let table = flow_analysis::ctx::table(&program.db);
    let path = flow_tests::repository().join("docs/reference/ctx.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.find("| member |").or_else(|| text.find("TABLE")).expect("docs/reference/ctx.md has a table");
    let expected = format!("{}{table}", &text[..at]);
    if std::env::var_os("UPDATE_SPECS").is_some() {
        std::fs::write(&path, expected).unwrap();
        return;
    }
    assert_eq!(text, expected, "UPDATE_SPECS=1 writes the table");
}

#[test]
fn every_member_says_where_it_comes_from() {
    for member in flow_analysis::ctx::MEMBERS {
        assert!(member.sources.iter().all(|it| !it.is_empty()), "ctx.{}", member.name);
    }
    let program = Program::of("");
    let table = flow_analysis::ctx::table(&program.db);
    for field in ["number", "title", "body", "branch", "base", "sha", "author", "draft", "fork"] {
        assert!(table.contains(&format!("| `pull_request.{field}` |")), "ctx.pull_request.{field}");
    }
}

/// What every program may import has nothing to be told of.
#[test]
fn the_standard_library_has_no_findings() {
    let program = Program::of("");
    let std = program.db.project().std(&program.db);
    assert!(!std.is_empty());
    for (path, file) in std.iter() {
        let found: Vec<_> = flow_analysis::diagnostics(&program.db, *file).into_iter().map(|it| it.headline).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}
