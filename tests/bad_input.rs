//! Bad input, through the real binary: each has a code, a place and an exit code, nothing panics,
//! and what stands around it is still checked.

use std::time::{Duration, Instant};

use flow_tests::binary::{found, project, run};

/// A declaration with one mistake of its own, to see that a file is still checked.
const PROBE: &str = "const PROBE: int = \"text\"\n";

/// `code line:column` of what is found in `main.flow`, the probe's finding left out after it was seen.
fn places(text: &[u8], probe: bool) -> Vec<String> {
    let folder = project([("main.flow", text)]);
    let mut places: Vec<String> = found(folder.path())
        .iter()
        .map(|it| {
            assert_eq!(it["primary"]["file"], "main.flow");
            format!("{} {}:{}", it["code"].as_str().unwrap(), it["primary"]["line"], it["primary"]["column"])
        })
        .collect();
    if probe {
        let line = 1 + String::from_utf8_lossy(text).lines().position(|it| it == PROBE.trim()).unwrap();
        let at = places.iter().position(|it| *it == format!("F0301 {line}:20"));
        places.remove(at.unwrap_or_else(|| panic!("the rest of the file is not checked: {places:?}")));
    }
    places
}

/// Text with the probe below it.
fn with_probe(text: &str) -> Vec<String> {
    places(format!("{text}\n{PROBE}").as_bytes(), true)
}

#[test]
fn an_unclosed_bracket() {
    assert_eq!(with_probe("job a() on linux {\n    sh \"make\"\n"), ["F0101 1:18"]);
    assert_eq!(with_probe("const A = [1, 2\n"), ["F0101 1:11"]);
    assert_eq!(with_probe("job a() on linux {\n    sh \"make #{1\"\n}\n").len(), 1);
}

#[test]
fn a_stray_bracket() {
    assert_eq!(with_probe("const A = 1)\n"), ["F0102 1:12"]);
    assert_eq!(with_probe("}\n"), ["F0102 1:1"]);
    assert_eq!(with_probe("job a() on linux {\n    sh \"make\"\n}\n}\n"), ["F0102 4:1"]);
}

#[test]
fn ten_thousand_open_brackets() {
    for bracket in ["(", "[", "{", "if true {", "\"#{"] {
        let text = format!("const A = {}\n", bracket.repeat(10_000));
        let begin = Instant::now();
        let found = places(text.as_bytes(), false);
        assert!(!found.is_empty() && found.len() < 10, "{bracket}: {} findings", found.len());
        // No measurement: only that it does not take minutes, as a quadratic parser would.
        assert!(begin.elapsed() < Duration::from_secs(60), "{bracket}");
    }
    assert_eq!(with_probe(&format!("const A = {}\n", "(".repeat(10_000))).len(), 1);
}

#[test]
fn ten_thousand_brackets_in_pairs() {
    let text = format!("const A = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(with_probe(&text), ["F0104 1:139"]);
    let text = format!("const A = {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(with_probe(&text), ["F0104 1:139"]);
}

#[test]
fn a_text_that_is_not_closed() {
    assert_eq!(with_probe("const A = \"open\n"), ["F0106 1:11"]);
    assert_eq!(with_probe("job a() on linux {\n    sh \"make\n}\n"), ["F0106 2:8"]);
    assert_eq!(places(b"const A = \"", false), ["F0106 1:11"]);
    let found = places(b"job a() on linux {\n    sh \"\"\"\n        make\n}", false);
    assert!(found.contains(&"F0106 2:8".to_owned()), "{found:?}");
}

#[test]
fn not_utf8() {
    assert_eq!(places(b"const A = \"pr\xFCfen\"\n", false), ["F0100 1:1"]);
    assert_eq!(places(&[0xFF, 0xFE, b'c', 0, b'o', 0], false), ["F0100 1:1"]);
}

#[test]
fn other_files_are_checked_beside_one_that_is_not_utf8() {
    let folder = project([("bad.flow", &b"\xFF"[..]), ("good.flow", PROBE.as_bytes())]);
    let found = found(folder.path());
    let codes: Vec<_> = found.iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["F0100", "F0301"]);
}

#[test]
fn an_empty_file() {
    assert!(places(b"", false).is_empty());
    assert!(places(b"\n\n", false).is_empty());
    assert!(places(b"// nothing\n", false).is_empty());
    assert!(places(b"\0", false).len() == 1);
}

#[test]
fn no_file_at_all() {
    let folder = project([]);
    let ran = run(folder.path(), &["check"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.all().contains("no .flow files in"), "{}", ran.all());
}

#[test]
fn a_missing_file() {
    let folder = project([("main.flow", PROBE.as_bytes())]);
    let ran = run(folder.path(), &["check", "mian.flow"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("mian.flow does not exist"), "{}", ran.err);
}

#[test]
fn a_missing_folder() {
    let folder = project([]);
    let ran = run(folder.path(), &["-C", "nowhere", "check"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("nowhere") && !ran.err.contains("No such file or directory (os error 2)\n  "),
        "{}",
        ran.err
    );
}

#[test]
fn a_folder_where_a_file_is_wanted() {
    let folder = project([("ci/main.flow", PROBE.as_bytes())]);
    let ran = run(folder.path(), &["check", "ci"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("ci is a folder"), "{}", ran.err);
    // Also one that is called like a program.
    std::fs::create_dir(folder.path().join("folder.flow")).unwrap();
    assert_eq!(found(folder.path()).len(), 1);
}

#[test]
fn a_use_of_nothing() {
    assert_eq!(with_probe("use std.nothing\n"), ["F0203 1:5"]);
    assert_eq!(with_probe("use \"./nothing.flow\" as nothing\n"), ["F0203 1:5"]);
    let folder = project([("main.flow", &b"use \"./sub\" as sub\n"[..]), ("sub/a.flow", b"")]);
    assert_eq!(found(folder.path()).len(), 1, "a folder is no module");
}

#[test]
fn two_declarations_of_one_name() {
    assert_eq!(with_probe("const A = 1\nconst A = 2\n"), ["F0202 2:7"]);
}

#[test]
fn an_unknown_setting() {
    assert_eq!(with_probe("job a() on linux {\n    timeuot = 5min\n    sh \"make\"\n}\n"), ["F0601 2:5"]);
}

#[test]
fn a_workflow_of_github() {
    let workflow = "name: ci\non:\n  push:\n    branches: [main]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    \
                    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          make\n";
    assert_eq!(places(workflow.as_bytes(), false), ["F0113 1:1"]);
    assert_eq!(places(format!("# CI\n---\n{workflow}").as_bytes(), false), ["F0113 3:1"]);
    assert_eq!(places(b"      - uses: actions/checkout@v4\n      - run: make\n", false), ["F0113 1:7"]);
}

#[test]
fn an_expression_of_github() {
    assert_eq!(with_probe("job a() on linux {\n    sh \"echo ${{ github.sha }}\"\n}\n"), ["F0113 2:14"]);
    assert_eq!(with_probe("const A = ${{ inputs.x }}\n"), ["F0113 1:11"]);
}

#[test]
fn tabs() {
    assert!(with_probe("job a() on linux {\n\ttimeout = 5min\n\tsh \"\"\"\n\t\tmake\n\t\t\"\"\"\n}\n").is_empty());
    // A column is a character, a tab too.
    assert_eq!(with_probe("job a() on linux {\n\tsh \"#{x}\"\n}\n"), ["F0201 2:8"]);
}

#[test]
fn a_byte_order_mark() {
    assert!(with_probe("\u{feff}const A = 1\n").is_empty());
    assert_eq!(with_probe("const A = 1\n\u{feff}\n").len(), 1, "it has no meaning elsewhere");
}

#[test]
fn line_breaks_of_windows() {
    let text = format!(
        "job a(x: string) on linux {{\n    sh \"\"\"\n        echo #{{x}}\n        echo #{{y}}\n        \"\"\"\n}}\n{PROBE}"
    );
    assert_eq!(places(text.replace('\n', "\r\n").as_bytes(), true), ["F0201 4:16"]);
}

#[test]
fn characters_beyond_ascii_do_not_move_places() {
    assert_eq!(with_probe("const Ä = 1\n").len(), 1);
    assert_eq!(with_probe("job a() on linux {\n    sh \"echo 'äöü🚀' #{x}\"\n}\n"), ["F0201 2:23"]);
}

#[test]
fn one_very_long_line() {
    let text = format!("const A = \"{}\" + 1\n", "x".repeat(1 << 20));
    assert_eq!(with_probe(&text), [format!("F0312 1:{}", 10 + (1 << 20) + 4)]);
}

#[test]
fn very_many_mistakes() {
    let text = "const A = 1 +\n".repeat(5_000);
    assert!(places(text.as_bytes(), false).len() >= 5_000);
}

#[test]
fn a_chain_that_never_ends() {
    assert_eq!(with_probe(&format!("const A = 1{}\n", " + 1".repeat(10_000))).len(), 1);
    assert_eq!(with_probe(&format!("const A = {}1\n", "-".repeat(10_000))).len(), 1);
    assert_eq!(with_probe(&format!("const A = \"\"{}\n", ".lower()".repeat(10_000))).len(), 1);
}

#[test]
fn functions_that_grow_without_end() {
    let mut text = String::from("fn f0() -> [int] = [1, 2]\n");
    for n in 1..22 {
        text.push_str(&format!("fn f{n}() -> [int] = f{}() + f{}()\n", n - 1, n - 1));
    }
    text.push_str("const A = f21()\n");
    assert_eq!(with_probe(&text), ["F0314 23:11"]);
}

#[test]
fn artifacts_that_grow_without_end() {
    let mut text = String::from("artifact A0 { a: file = \"a\", b: file = \"b\" }\n");
    for n in 1..32 {
        let fields: String = (0..8).map(|it| format!("f{it}: A{} = \"f{it}\", ", n - 1)).collect();
        text.push_str(&format!("artifact A{n} {{ {fields} }}\n"));
    }
    text.push_str("job a() -> (a: A31) on linux { sh \"make\" }\npipeline ci {\n    on push\n    a()\n}\n");
    assert_eq!(with_probe(&text), ["F0702 6:10"]);
}

#[test]
fn wrong_use_is_told_from_findings() {
    let folder = project([("main.flow", &b"pipeline ci { on manual }\n"[..])]);
    for arguments in
        [&["plan", "ic"][..], &["run", "nothing"], &["emit", "nothing"], &["explain", "F9999"], &["frobnicate"], &[]]
    {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.all());
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    let ran = run(folder.path(), &["plan", "ic"]);
    assert!(ran.err.contains("did you mean `ci`?"), "{}", ran.err);
}

#[test]
fn a_plan_for_a_backend_that_is_not_supported_says_why() {
    let uses = "job a() on linux { uses \"actions/stale@v9\" }\npipeline ci {\n    on manual\n    a()\n}\n";
    let asserts =
        "job a() on linux { sh \"make\" }\npipeline ci {\n    on manual\n    backends = [github]\n    a()\n}\n";
    for (text, why) in [(uses, "excludes ado"), (asserts, "ado is not among these")] {
        let folder = project([("main.flow", text.as_bytes())]);
        let ran = run(folder.path(), &["plan", "ci", "--backend", "ado"]);
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        assert!(ran.out.is_empty(), "{}", ran.out);
        assert!(ran.err.contains("does not support ado") && ran.err.contains(why), "{}", ran.err);
        // Without a backend it is one that is supported.
        for arguments in [&["plan", "ci"][..], &["plan", "ci", "--backend", "github"]] {
            let ran = run(folder.path(), arguments);
            assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.all());
        }
    }
}

#[test]
fn explain_prints_the_page() {
    let folder = project([]);
    for code in ["F0301", "f0301"] {
        let ran = run(folder.path(), &["explain", code]);
        assert_eq!(ran.code, Some(0));
        assert!(ran.out.starts_with("# F0301: "), "{}", ran.out);
    }
}

#[test]
fn plans_and_files_are_not_made_of_a_program_with_mistakes() {
    let text = format!("job a() on linux {{ sh \"make\" }}\npipeline ci {{\n    on push\n    a()\n}}\n{PROBE}");
    let folder = project([("main.flow", text.as_bytes())]);
    for arguments in [&["plan", "ci"][..], &["run", "ci"], &["emit"]] {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.code, Some(1), "{arguments:?}: {}", ran.all());
        assert!(ran.err.contains("F0301"), "{arguments:?}: {}", ran.all());
    }
    assert!(!folder.path().join(".github").exists());
}
