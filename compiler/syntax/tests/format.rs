//! The canonical form, rule by rule. What it promises of all programs: format_properties.rs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

use flow_syntax::{Code, format};

/// The form of a file.
#[track_caller]
fn file(before: &str, after: &str) {
    let once = format(before).unwrap_or_else(|errors| panic!("{errors:?}\n{before}"));
    assert_eq!(once, after, "\n--- is ---\n{once}\n--- should be ---\n{after}");
    assert_eq!(format(after).as_deref(), Ok(after), "not the same twice");
}

/// The form of statements in a body, whose indentation is left out here.
#[track_caller]
fn body(before: &str, after: &str) {
    let indented: String =
        after.lines().map(|it| if it.is_empty() { "\n".to_owned() } else { format!("    {it}\n") }).collect();
    file(&format!("job j() {{\n{before}\n}}"), &format!("job j() {{\n{indented}}}\n"));
}

/// Statements that are in form.
#[track_caller]
fn stays(form: &str) {
    body(form, form);
}

#[test]
fn whole_files() {
    file("", "");
    file(" \n\t\n", "");
    file("\u{feff}use std.git\r\n\r\n\r\n\r\nconst A = 1", "use std.git\n\nconst A = 1\n");
    file("// only a comment", "// only a comment\n");
    file("\n\n// a\n\n\n\n// b\n\n\n", "// a\n\n// b\n");
    file("const\tA\t=\t1 \t \n", "const A = 1\n");
}

#[test]
fn a_file_with_errors_has_no_form() {
    let errors = format("const A = 1\njob broken( {\n").unwrap_err();
    assert!(errors.iter().any(|it| it.code == Code::UnclosedDelimiter), "{errors:?}");
    assert_eq!(format("on: push\n").unwrap_err()[0].code, Code::ForeignSyntax);
}

#[test]
fn blank_lines_between_items() {
    // Items of one line and one kind stand together or not, as the author likes it.
    file("enum A { a }\nenum B { b }\n\n\n\nenum C { c }", "enum A { a }\nenum B { b }\n\nenum C { c }\n");
    file("enum A {\na\n}\nenum B { b }\nconst C = 1", "enum A {\n    a\n}\n\nenum B { b }\n\nconst C = 1\n");
    // Imports, constants and secrets do so on several lines too.
    file(
        "use a\nuse b\n\n\nuse c\nconst A = 1\nconst B = 2\n\nconst C = 3\nsecret D\nsecret E",
        "use a\nuse b\n\nuse c\n\nconst A = 1\nconst B = 2\n\nconst C = 3\n\nsecret D\nsecret E\n",
    );
    file("enum A { a } enum B { b }", "enum A { a }\nenum B { b }\n");
}

#[test]
fn comments_between_items() {
    file(
        "// head\nuse a // why\n// of b\nuse b\n/// A.\nenum A { a } // end\n// of B\n\n/// B.\nenum B { b }\n// last",
        "// head\nuse a // why\n// of b\nuse b\n\n/// A.\nenum A { a } // end\n// of B\n\n/// B.\nenum B { b }\n// last\n",
    );
    file("enum A { a }\n// B\nenum B { b }", "enum A { a }\n\n// B\nenum B { b }\n");
    file("//close\n///  far \nenum A { a }", "//close\n///  far\nenum A { a }\n");
}

#[test]
fn spaces() {
    body("x=a+b*-c  -d", "x = a + b * -c - d");
    body("x = ! a&&( b||c )", "x = !a && (b || c)");
    body("x = a ?? b==c . d ?. e", "x = a ?? b == c.d?.e");
    body("x = f ( a , b :c , ... d ) [ 0 ] ( )", "x = f(a, b: c, ...d)[0]()");
    body("x = [ 1,- 2 , ...xs ]", "x = [1, -2, ...xs]");
    body("let x:[ k in K:T( k ) ] ? =y", "let x: [k in K: T(k)]? = y");
    body("on push{branches=[ \"a\" ]}", "on push { branches = [\"a\"] }");
    body("a( ) as \"t\"after b", "a() as \"t\" after b");
    body("expose[ a ] as \"x\"{when=always}", "expose [a] as \"x\" { when = always }");
    body("summary( a )\nexpose [a]\nadd_path[0]", "summary(a)\nexpose [a]\nadd_path [0]");
    body("out x [ 0 ] . if=file( \"a\" )", "out x[0].if = file(\"a\")");
    body("x = if a{b}else{c}", "x = if a { b } else { c }");
    body("x = a.if (b)\ny = if (b) { c }", "x = a.if(b)\ny = if (b) { c }");
}

#[test]
fn names_with_dashes() {
    body("run-name=a-b", "run-name = a - b");
    body("a-b{ c-d=1 e-f-g { h-i = j-k } }", "a-b { c-d = 1, e-f-g { h-i = j - k } }");
    body("if a-b{ c() }", "if a - b { c() }");
    body("match a-b { c => d-e }", "match a - b { c => d - e }");
}

#[test]
fn signatures() {
    file(
        "once action a(packages:[string]merge union,out x:T)->(y:T)by(packages,x){x()}",
        "once action a(packages: [string] merge union, out x: T) -> (y: T) by (packages, x) { x() }\n",
    );
    file(
        "job on ( by:sh )->( always x:file=\"a\" )on[ a ]{ }\n\njob b() on (c) {}",
        "job on(by: sh) -> (always x: file = \"a\") on [a] {}\n\njob b() on (c) {}\n",
    );
    file("artifact A( const a:Os ){b:file?=\"c\"}", "artifact A(const a: Os) { b: file? = \"c\" }\n");
    file("fn f(a:int,)->int?=a", "fn f(a: int) -> int? = a\n");
    file("secret A ?{github=\"B\"}", "secret A? { github = \"B\" }\n");
    file(
        "extern job j=task\"T@1\"{in a as\"b\":T=1 joined\",\"out if}",
        "extern job j = task \"T@1\" { in a as \"b\": T = 1 joined \",\", out if }\n",
    );
    file("job a()\n  -> (x: T)\n  on linux {\n}", "job a() -> (x: T) on linux {}\n");
    file("job a(\nx: T, y: T) {}", "job a(\n    x: T,\n    y: T,\n) {}\n");
    file("job a(x: T,\n y: T) {}", "job a(x: T, y: T) {}\n");
}

#[test]
fn commas_in_braces() {
    // On one line with, on several without.
    file("enum A { a b, c, }", "enum A { a, b, c }\n");
    file("enum A {\na, b\n}", "enum A {\n    a\n    b\n}\n");
    file("struct A { a: int = 1\n, b: T }", "struct A {\n    a: int = 1\n    b: T\n}\n");
    body("env { A = 1 B = 2, C { D = 3 } }", "env { A = 1, B = 2, C { D = 3 } }");
    body("env {\nA = 1, B = 2,\n\n\n\"c d\" = 3 }", "env {\n    A = 1\n    B = 2\n\n    \"c d\" = 3\n}");
    body("x = match a { b => 1 c | d => 2, _ => 3, }", "x = match a { b => 1, c | d => 2, _ => 3 }");
    body("x = match a {\nb => 1, _ => [\n2] }", "x = match a {\n    b => 1\n    _ => [\n        2,\n    ]\n}");
    file(
        "artifact A { if (a) { b: T = \"b\" } match c { d => { } _ => { } }, }",
        "artifact A { if (a) { b: T = \"b\" }, match c { d => {}, _ => {} } }\n",
    );
    // A word that would go on with what stands before it keeps its comma, with all else.
    let text = "job j() {\n  env {\n A = if a { b },\n else = 1\n }\n}";
    assert_eq!(format(text).as_deref(), Ok(text));
}

#[test]
fn bodies() {
    file("job j() {\n\n}", "job j() {}\n");
    body("a() b()  c()", "a()\nb()\nc()");
    body("if a { b() }", "if a { b() }");
    body("if a { b() c() }", "if a {\n    b()\n    c()\n}");
    body("if a {\n\n\nb()\n\n\n\nc()\n\n}", "if a {\n    b()\n\n    c()\n}");
    body("if a { b()\n} else { c() }", "if a {\n    b()\n} else { c() }");
    body("if a {\nb()\n}\nelse\nif c {\nd() }", "if a {\n    b()\n} else if c {\n    d()\n}");
    body("step \"a\" { }", "step \"a\" {}");
    body("a = 1\nb()\n\nc()", "a = 1\nb()\n\nc()");
    body("finally{sh\"a\"}", "finally { sh \"a\" }");
}

#[test]
fn lists() {
    body("x = [\n]", "x = []");
    body("x = [1,\n2,\n3\n]", "x = [1, 2, 3]");
    body("x = [\n1, 2, 3]", "x = [\n    1,\n    2,\n    3,\n]");
    body("f(\na, b: c)", "f(\n    a,\n    b: c,\n)");
    body("f([\n1], 2)", "f([\n    1,\n], 2)");
    body("f(a, [\n\n1,\n\n\n2\n])", "f(a, [\n    1,\n\n    2,\n])");
    body("f(match a {\nb => c })", "f(match a {\n    b => c\n})");
    // An index and a type have one element and no comma.
    body("x = a[\n0\n]", "x = a[0]");
    body("let x: [\nT\n] = a", "let x: [T] = a");
    body("x = (\na)", "x = (\n    a\n)");
}

#[test]
fn what_does_not_fit_is_broken() {
    let long = |n: usize| "x".repeat(n);
    let (a, b) = (long(50), long(60));
    body(&format!("f({a}, {b})"), &format!("f({a}, {b})"));
    body(&format!("f({a}, {b}, c)"), &format!("f(\n    {a},\n    {b},\n    c,\n)"));
    body(&format!("if f({a}) {{ g({b}) }}"), &format!("if f({a}) {{\n    g({b})\n}}"));
    body(&format!("x({a}).y({b}, 1)"), &format!("x({a}).y(\n    {b},\n    1,\n)"));
    body(&format!("env {{ A = {a}, B = {b} }}"), &format!("env {{\n    A = {a}\n    B = {b}\n}}"));
    body(&format!("x = {a} + {b} + {a}"), &format!("x = {a} + {b} + {a}"));
    // The parameters before the outputs.
    file(&format!("job j({a}: T) -> ({b}: T) on l {{}}"), &format!("job j(\n    {a}: T,\n) -> ({b}: T) on l {{}}\n"));
    file(&format!("job j({a}: T) -> (\n{b}: T) on l {{}}"), &format!("job j({a}: T) -> (\n    {b}: T,\n) on l {{}}\n"));
    // As wide as a line may be, and one more.
    let fits = long(116 - "x = [a, ]".len());
    body(&format!("x = [a, {fits}]"), &format!("x = [a, {fits}]"));
    body(&format!("x = [a, {fits}y]"), &format!("x = [\n    a,\n    {fits}y,\n]"));
    // A comment does not count.
    stays(&format!("x = [a, {fits}] // {a}"));
}

#[test]
fn lines_that_go_on() {
    body("x = a\n+ b ||\nc", "x = a\n    + b\n    || c");
    body("x = a\n.b()\n  .c(\nd)", "x = a\n    .b()\n    .c(\n        d,\n    )");
    body("if a\n&& b {\nc() }", "if a\n    && b {\n    c()\n}");
    body("x = match a {\nb\n| c =>\nd }", "x = match a {\n    b\n        | c => d\n}");
    body("x = f(a\n+ b)", "x = f(a + b)");
    body("x = (a\n|| b)[c\n+ d]", "x = (a\n    || b)[c\n    + d]");
    body("x = f((a\n|| b))", "x = f((a || b))");
    body("x = [\na\n+ b]", "x = [\n    a\n        + b,\n]");
    body("let x\n: T\n= a", "let x: T = a");
    body("x = a\n(b).c()", "x = a\n(b).c()");
    body("x = a\n- b", "x = a\n    - b");
}

#[test]
fn comments_in_brackets() {
    stays("f( // why\n    a, // first\n    // own\n    b,\n\n    // end\n)");
    body("f(a // first\n, b) // after", "f(\n    a, // first\n    b,\n) // after");
    body("f(a\n// own\n, b)", "f(\n    a,\n    // own\n    b,\n)");
    body("f(a, // one\n// two\n)", "f(\n    a, // one\n    // two\n)");
    body("x = [\n// nothing\n]", "x = [\n    // nothing\n]");
    body("x = [ // nothing\n]", "x = [ // nothing\n]");
    body("x = (a // why\n)", "x = (\n    a // why\n)");
    body("x = a[ // why\n0]", "x = a[ // why\n    0\n]");
    body("x = [a + // why\nb]", "x = [\n    a + // why\n        b,\n]");
    file("job j( // why\n) {}", "job j( // why\n) {}\n");
    file("job j(/// A.\na: T, /// B.\nb: T) {}", "job j(\n    /// A.\n    a: T,\n    /// B.\n    b: T,\n) {}\n");
}

#[test]
fn comments_in_braces() {
    stays("if a { // why\n    // own\n\n    b() // after\n\n    // end\n}");
    stays("env {\n    // own\n    A = 1 // one\n    B = 2\n    // end\n}");
    body("env { A = 1, // one\nB = 2 }", "env {\n    A = 1 // one\n    B = 2\n}");
    body("if a {\n// nothing\n}", "if a {\n    // nothing\n}");
    body(
        "x = match a { // why\nb => 1 // one\n, // two\nc => 2 }",
        "x = match a { // why\n    b => 1 // one\n    // two\n    c => 2\n}",
    );
    file("enum A { // why\n}", "enum A { // why\n}\n");
}

#[test]
fn comments_in_statements() {
    body("x = a // why\n+ b", "x = a // why\n    + b");
    body("x = a +\n// own\nb", "x = a +\n    // own\n    b");
    body("if a {\nb()\n} // why\n// own\nelse {\nc() }", "if a {\n    b()\n} // why\n// own\nelse {\n    c()\n}");
    file("job j() // why\n-> (x: T) {}", "job j() // why\n    -> (x: T) {}\n");
    file("const A\n// why\n= 1", "const A\n    // why\n    = 1\n");
}

#[test]
fn documentation() {
    file(
        "/// A.\n///\n///     code\nenum A {\n/// B.\na,/// C.\nb\n}",
        "/// A.\n///\n///     code\nenum A {\n    /// B.\n    a\n    /// C.\n    b\n}\n",
    );
    // Documentation of a comma says nothing about what follows it, and has no other place.
    let codes =
        format("enum A {\n a\n/// lost\n, b }").map_err(|errors| errors.iter().map(|it| it.code.id()).collect());
    assert_eq!(codes, Err(vec!["F0122"]));
}

#[test]
fn texts() {
    body(r##"x = "a  #{ b+c }  \#{ d } #{xs ...}""##, r##"x = "a  #{b + c}  \#{ d } #{xs...}""##);
    body(r##"sh "#{out   a . b}  #{ f( "#{ g }" ) }""##, r##"sh "#{out a.b}  #{f("#{g}")}""##);
    body(
        r##"x = "#{match a { b=>1 c=>2 }} #{if a{b}else{c}}""##,
        r##"x = "#{match a { b => 1, c => 2 }} #{if a { b } else { c }}""##,
    );
    // A hole that spans lines stays as it is.
    file("const A = \"#{ f(\n  a) }\" +b", "const A = \"#{ f(\n  a) }\" + b\n");
}

#[test]
fn block_texts() {
    body(
        "sh \"\"\"\n  a\n    b  \n\n   \t\n  \\#{c} #{ d }\n  \"\"\"",
        "sh \"\"\"\n    a\n      b  \n\n\n    \\#{c} #{d}\n    \"\"\"",
    );
    // The indentation that belongs to the text stays.
    body("sh \"\"\"\n      a\n   \"\"\"", "sh \"\"\"\n       a\n    \"\"\"");
    body("sh \"\"\"\n\t\ta\n\t\t\tb\n\t\t\"\"\"", "sh \"\"\"\n    a\n    \tb\n    \"\"\"");
    body("sh \"\"\"\"\n\"\"\"\n\"\"\"\"", "sh \"\"\"\"\n    \"\"\"\n    \"\"\"\"");
    body("sh \"\"\"\n\"\"\"", "sh \"\"\"\n    \"\"\"");
    body("step \"a\" { sh \"\"\"\na\n\"\"\" }", "step \"a\" {\n    sh \"\"\"\n        a\n        \"\"\"\n}");
    body("f(\"\"\"\na\n\"\"\", b)", "f(\"\"\"\n    a\n    \"\"\", b)");
    body("f(\na, \"\"\"\nb\n\"\"\" + c)", "f(\n    a,\n    \"\"\"\n        b\n        \"\"\" + c,\n)");
    body("raw ado \"\"\"\n- a:\n    b\n\"\"\" c()", "raw ado \"\"\"\n    - a:\n        b\n    \"\"\"\nc()");
    file("const A = \"\"\"\n  a\r\n  b\r\n  \"\"\"", "const A = \"\"\"\n    a\n    b\n    \"\"\"\n");
    file(
        "const A = \"\"\"\na #{ f(\n  b) } c\nd\n\"\"\"",
        "const A = \"\"\"\n    a #{ f(\n  b) } c\n    d\n    \"\"\"\n",
    );
    // Outside of texts a carriage return is a space, in them an error.
    file("const A = 1 \r\r\n// a\r\r\nconst B = \r2\n", "const A = 1\n// a\nconst B = 2\n");
    for text in ["const A = \"\"\"\n  a\r\r\n  \"\"\"\n", "const A = \"a\rb\"\n"] {
        let codes = format(text).map_err(|errors| errors.iter().map(|it| it.code.id()).collect::<Vec<_>>());
        assert_eq!(codes, Err(vec!["F0107"]), "{text:?}");
    }
}
