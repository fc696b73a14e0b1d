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

/// `UPDATE_SPECS=1` writes the file.
#[test]
fn the_standard_library_is_described_as_it_is() {
    let program = Program::of("");
    let std = program.db.project().std(&program.db);
    let mut files: Vec<_> = std.iter().map(|(path, file)| (path.as_str(), file.text(&program.db))).collect();
    files.sort_by_key(|(path, _)| *path);
    let mut expected = STD.to_owned();
    for (path, text) in files {
        let module = path.strip_prefix("std/").and_then(|it| it.strip_suffix(".flow")).expect("std/NAME.flow");
        expected.push_str(&described(module, text.as_ref().expect("it can be read")));
    }
    let path = flow_tests::repository().join("docs/reference/std.md");
    if std::env::var_os("UPDATE_SPECS").is_some() {
        std::fs::write(&path, expected).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == expected, "docs/reference/std.md is not what the modules say: UPDATE_SPECS=1 writes it");
}

const STD: &str = "\
# The standard library

Readable Flow, embedded in `flowc`: go to a definition and it opens. `use std.NAME` brings a module, whose members are
`NAME.member`; those of the prelude need no `use`. This page is made from the sources, `stdlib/std/`.
";

/// A module: what it is for, then all that others can name, with its documentation.
fn described(module: &str, text: &str) -> String {
    let about: Vec<&str> = text.lines().map_while(|it| it.strip_prefix("// ")).collect();
    let heading = if module == "prelude" { "The prelude".to_owned() } else { format!("`std.{module}`") };
    let mut out = format!("\n## {heading}\n\n{}\n", about.join("\n"));
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let name = match words.as_slice() {
            ["once", "action", name, ..] | ["action" | "enum" | "struct" | "fn" | "const", name, ..] => *name,
            _ => continue,
        };
        if name.starts_with('_') {
            continue;
        }
        let above = lines[..at].iter().rev().map_while(|it| it.strip_prefix("///")).map(|it| it.trim_start());
        let docs: Vec<&str> = above.collect::<Vec<_>>().into_iter().rev().collect();
        // What a caller sees ends where a body begins; types are shown whole.
        let shown: Vec<&str> = match line.split_whitespace().next() {
            Some("enum" | "struct") => {
                let length = lines[at..].iter().position(|it| it.ends_with('}')).expect("it ends") + 1;
                lines[at..at + length].to_vec()
            }
            _ => {
                let length = lines[at..].iter().position(|it| it.ends_with('{')).expect("it has a body") + 1;
                lines[at..at + length].to_vec()
            }
        };
        let signature = shown.join("\n");
        let signature = signature.strip_suffix(" {").unwrap_or(&signature);
        out.push_str(&format!("\n### `{name}`\n\n{}\n\n```text\n{signature}\n```\n", docs.join("\n")));
    }
    out
}
