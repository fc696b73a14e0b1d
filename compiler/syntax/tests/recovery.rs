//! Half-typed and wrong code: what remains of the tree, and that one mistake is one error.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;
use support::{check, check_body};

/// Each text with what it parses to.
fn table(texts: &[&str], check: fn(&str) -> String) -> String {
    texts
        .iter()
        .map(|it| format!("{it}\n    => {}\n", check(it).replace('\n', "\n       ")))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn half_typed_statements() {
    insta::assert_snapshot!(table(
        &[
            "timeout =\n retry = 2",
            "let v =\n sh \"x\"",
            "foo.\n bar()",
            "let x = a +\n let y = 1",
            "foo(\n bar()",
            "foo(a,\n let x = 1",
            "let v = [\n 1,\n 2\n sh \"x\"",
            "retry 2",
            "timeout =\n 5min",
            "let job = 3",
            "let = 3",
            "let x",
            "x",
            "x.",
            "sh",
            "sh x",
            "expose",
            "service",
            "service x",
            "gate",
            "export X",
            "out x",
            "out = 3",
            "let x: = 3",
            "let x:\n let y = 2",
            "if x\nfoo()",
            "on push\nenv { a = 1 }",
            "match x { a => , b => 2 }",
            "match x { a =>\n b => 2 }",
            "foo.\n  .bar()",
            "sh \"#{out}\"",
            "sh \"#{}\"",
            "let x = if",
            "let x = if a {",
            "for",
            "for x in",
            "match",
            "match x",
            "match x {",
            "after",
            "let x = [a,\n",
            "f(x: )",
            "f(x:\n  y: 2)",
            "let r = a ??\nretry = 2",
            "env { A = }",
            "env { A =\n B = 2 }",
            "env { A =\n \"b-c\" = 2 }",
            "x[\n",
            "step \"a\"",
            "retry =",
            "let x = -",
            "out x.y = ",
            "let x = a as\nlet y = b after\nlet z = 1",
            "uses",
            "raw github",
            "extends ado",
            "param x",
            "param x:",
            "summary",
        ],
        check_body
    ));
}

#[test]
fn wrong_statements() {
    insta::assert_snapshot!(table(
        &[
            "if x = 3 { a() }",
            "a == b == c",
            "var x = 3",
            "const x = 3",
            "a()\n}\n}\n",
            "let x = ${{ a.b }}",
            "sh \"${{ secrets.X }}\"",
            "env { A: 3 }",
            "env { A = 1, A, B = 2 }",
            "a();\nb();",
            "# comment\nfoo()",
            "let x = 'abc'",
            "let x = “abc”",
            "if a & b { c() }",
            "if a | b { c() }",
            "foo(a b)",
            "foo(,)",
            "[1,,2]",
            "let x = 1__0\nlet y = 12abc\nlet z = 5m\nlet w = 99999999999999999999",
            "sh \"a\\q\"",
            "sh \"abc\nfoo()",
            "sh \"a #{b\nfoo()",
            "sh \"\"\"\n   a #{b\n   \"\"\"\nfoo()",
            "sh \"\"\"\n  a\n    b\n    \"\"\"",
            "sh \"\"\"abc\"\"\"",
            "if x\n{ a() }",
            "for in xs { a() }",
            "for x in { a() }",
            "step \"a\" {\n sh \"b\"\n",
            "foo(]",
            "foo(a]\nbar()",
            "{ a() }",
            "@foo\nbar()",
            "let é = 3",
            "a b c",
            "let x = \"#{out y}\"",
            "uses \"a#{x}\"",
            "let a: string??",
            "let a: T ??",
            "a = 1 = 2",
            "a ? b : c",
            "1.5",
            "let x = job",
            "let x = let",
            "let x = and(a, b)",
            "{",
            "else { a() }",
            "a() = 3",
            "f(job: 1, if: 2)",
            "[sh \"x\"]",
            "f(sh \"x\")",
            "job",
            "let x = \"a\\u{110000}\"",
            "let x = \"\\u{zz} \\x\"",
            "let _ = 3",
            "f(x y z)\ng(a b)",
            "while x { a() }",
            "x == 1 ? a : b",
            "let a = b;",
            "echo hello",
            "run \"make\"",
            "return x",
            "if (a) b()",
            "foo {\n bar\n}",
        ],
        check_body
    ));
}

#[test]
fn wrong_items() {
    insta::assert_snapshot!(table(
        &[
            "artifact A {\n server:\n version: string = \"a\"\n}",
            "struct S {\n server:\n version: string\n}",
            "job b(server:\n version: string) {}",
            "job j(a, b: int) {}",
            "job j(a: int b: int) {}",
            "job j( {}",
            "job j( {\n sh \"a\"\n}\njob k() {}",
            "job j() {\n sh \"a\"\njob k() {}",
            "job j() {\n step \"a\" {\n  sh \"x\"\n sh \"y\"\n}\njob k() {}",
            "job",
            "job j",
            "job j()",
            "job\njob k() {}",
            "job job() {}",
            "enum A { a, b c, 3, d }",
            "let x = 3\njob j() {}",
            "}\njob j() {}",
            "name: CI\non: push",
            "<<<<<<< HEAD\nconst A = 1\n=======\nconst A = 2\n>>>>>>> x\n",
            "const A =\nconst B = 2",
            "const A = [1,\njob k() {}",
            "fn f(x: int) = 3",
            "use\nuse a.b",
            "const A = 1\nuse a.b",
            "use \"x\"",
            "extern action a = \"b\" { foo, in x }",
            "extern foo",
            "function foo() {}",
            "secret",
            "secret X {",
            "test",
            "test \"a\" {}",
            "job j() -> (a: int, always) {}",
            "job j() -> {}",
            "job j() on {}",
            "const A = \"abc\njob k() {}",
            "const A = \"\"\"\nabc\njob k() {}",
            "\u{feff}const A = 1",
            "a\u{0}b",
            "",
            "const A: = 1",
            "const A = sh \"x\"",
            "pipeline ci {\n on\n}",
            "fn f() -> = 3",
            "fn f() ->\n int = 3",
        ],
        check
    ));
}

#[test]
fn half_typed_holes_damage_their_line() {
    for (typed, script, code) in [
        ("sh \"#{\"", "(sh \"#{_?}\")", "F0101"),
        ("sh \"a #{x.\"", "(sh \"a #{(._? x)}\")", "F0101"),
        ("sh \"a #{out \"", "(sh \"a #{out _?}\")", "F0101"),
        ("sh \"a #{x.", "(sh \"a #{(._? x)}\")", "F0101"),
        ("sh \"a #{f(x", "(sh \"a #{(call f x)}\")", "F0101"),
        ("sh \"\"\"\n    a #{\n    b\n    \"\"\"", "(sh \"a #{_?}\\nb\")", "F0101"),
        ("sh \"\"\"\n    a #{x.\n    b #{y}\n    \"\"\"", "(sh \"a #{(._? x)}\\nb #{y}\")", "F0101"),
    ] {
        let text = format!("job j() {{\n  a()\n  {typed}\n  b()\n}}\n\njob k() {{ c() }}\n");
        let parse = flow_syntax::parse(&text);
        let items: Vec<_> = parse.items.iter().map(support::item).collect();
        assert_eq!(
            items,
            [format!("(job j () [(call a) {script} (call b)])"), "(job k () [(call c)])".into()],
            "{typed}"
        );
        let codes: Vec<_> = parse.errors.iter().map(|it| it.code.id()).collect();
        assert_eq!(codes, [code], "{typed}: {:?}", support::errors(&parse));
    }
}
