//! Every production of the grammar, and the questions that it answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;
use support::{clean, clean_body, clean_expr};

#[track_caller]
fn item(text: &str, dump: &str) {
    assert_eq!(clean(text), dump);
}

#[track_caller]
fn body(text: &str, dump: &str) {
    assert_eq!(clean_body(text), dump);
}

#[track_caller]
fn expr(text: &str, dump: &str) {
    assert_eq!(clean_expr(text), dump);
}

#[test]
fn uses() {
    item("use std.rust", "(use std.rust)");
    item("use std.job as j", "(use std.job as j)");
    item("use \"./ci/common.flow\" as common", "(use \"./ci/common.flow\" as common)");
}

#[test]
fn declarations() {
    item("const MAX: int = 1_000", "(const MAX : int 1000)");
    item("fn f(a: int, b: [string] = []) -> int? = a", "(fn f ((a: int) (b: [string] = (list))) -> int? a)");
    item("enum E { dev, release job\n /// d\n none }", "(enum E dev release job /d/ none)");
    item("struct S { a: int = 3, in: T\n b: json([M])? }", "(struct S (a: int = 3) (in: T) (b: json((list M))?))");
    item("secret A", "(secret A)");
    item("secret A? { github = \"B\", ado = \"c\" }", "(secret A? {github=\"B\" ado=\"c\"})");
    item("test \"a\" { x() }", "(test \"a\" [(call x)])");
    item("flow f(a: T) -> (x: done) { out x = a }", "(flow f ((a: T)) -> ((x: done)) [(out x a)])");
    item("pipeline p -> (x: T) { }", "(pipeline p -> ((x: T)) [])");
}

#[test]
fn soft_words_are_names() {
    item("const secret = test", "(const secret test)");
    item("job on(by: sh, step: param) on on { }", "(job on ((by: sh) (step: param)) on on [])");
    item("enum E { secret test once }", "(enum E secret test once)");
    body(
        "sh(1)\nstep.run()\ncache = none\nexpose(x)\nsummary(x)",
        "[(call sh 1) (call (.run step)) (set cache none) (call expose x) (call summary x)]",
    );
    body("let gate = service\nlet always = finished", "[(let gate = service) (let always = finished)]");
    body("checkout = none\ncheckout { depth = 0 }", "[(set checkout none) (checkout {depth=0})]");
}

#[test]
fn artifacts() {
    item(
        "artifact A { a: file = \"x\", if c { b: exec = \"y\" } else if d { } else { if: T = \"z\" } }",
        "(artifact A () {(a: file = \"x\") (if c {(b: exec = \"y\")} d {} else {(if: T = \"z\")})})",
    );
    item(
        "artifact A(const a: E) { match a { x | y => { b: [file]? = \"*\" } _ => {} } }",
        "(artifact A ((const a: E)) {(match a (x|y => {(b: [file]? = \"*\")}) (_ => {}))})",
    );
}

#[test]
fn actions_and_externs() {
    item(
        "once action a(packages: [string] merge union, out x: T) -> (y: T) by (packages, x) { }",
        "(once action a ((packages: [string] merge union) (out x: T)) -> ((y: T)) by (packages x) [])",
    );
    item("action a() { }", "(action a () [])");
    item(
        "extern action c = \"a/b@v1\" { in key as \"cache-key\": string = \"x\" joined \",\", out if, secret token: secret\n permissions { contents = read } }",
        "(extern action c \"a/b@v1\" (in key as \"cache-key\": string = \"x\" joined \",\") (out if) (secret token: secret) (permissions {contents=read}))",
    );
    item("extern job j = task \"T@1\" { }", "(extern job j task \"T@1\" )");
}

#[test]
fn types() {
    item("const C: [linux: T] = x", "(const C : [linux: T] x)");
    item("const C: [k in ks(1): T(k)]? = x", "(const C : [k in (call ks 1): T(k)]? x)");
    item("const C: [Server(_)] = x", "(const C : [Server(_)] x)");
    item("const C: rust.Crate(a, [b]) = x", "(const C : rust.Crate(a (list b)) x)");
    item("job j(x: [[int]]?, y: json(M)?) { }", "(job j ((x: [[int]]?) (y: json(M)?)) [])");
}

#[test]
fn literals() {
    expr("1_000", "1000");
    expr("[30ms, 20s, 5min, 1h, 7d]", "(list 30ms 20000ms 300000ms 3600000ms 604800000ms)");
    expr("[true, false, none,]", "(list true false none)");
    expr("[a, ...b, ...c()]", "(list a ...b ...(call c))");
    expr(r#""a\n\t\r\"\\\u{e9}\#{x}#$ #{y}""#, r#""a\n\t\r\"\\é#{x}#$ #{y}""#);
    expr(r##""#{"#{"#{x}"}"}""##, r##""#{"#{"#{x}"}"}""##);
    expr("\"#{f(if x { y })}\"", "\"#{(call f (if x [y]))}\"");
    expr("\"#{\n  x\n}\"", "\"#{x}\"");
}

#[test]
fn block_texts() {
    expr("\"\"\"\n  a\n\n    b\n  \"\"\"", "\"a\\n\\n  b\"");
    expr("\"\"\"\n\"\"\"", "\"\"");
    expr("\"\"\"\n\n\"\"\"", "\"\"");
    expr("\"\"\"\r\n\ta\r\n\t#{x}\r\n\t\"\"\"", "\"a\\n#{x}\"");
    expr("\"\"\"\"\n  a \"\"\" b\n  \"\"\"\n  \"\"\"\"", "\"a \\\"\\\"\\\" b\\n\\\"\\\"\\\"\"");
    expr("\"\"\"\n  \\#{x} \\n \"q\" #{y} $ # \\\n  \"\"\"", "\"#{x} \\\\n \\\"q\\\" #{y} $ # \\\\\"");
    expr("\"\"\"\n    \\#{x}\n    #{y}\n  \"\"\"", "\"  #{x}\\n  #{y}\"");
    expr("\"\"\"\n  #{x}\n      \n  \"\"\"", "\"#{x}\\n\"");
    expr("\"\"\"\n  #{f(\"a\",\n  b)}\n  \"\"\"", "\"#{(call f \\\"a\\\" b)}\"".replace("\\\"", "\"").as_str());
    body("raw ado \"\"\"\n    - task: x\n    \"\"\"\nsh \"a\"", "[(raw ado \"- task: x\") (sh \"a\")]");
}

#[test]
fn a_block_text_has_a_part_for_each_line() {
    let text = "const C = \"\"\"\n  ab\n\n  c #{x} d\n  \"\"\"";
    let parse = flow_syntax::parse(text);
    let flow_syntax::tree::ItemKind::Const(it) = &parse.items[0].item.kind else { panic!() };
    let flow_syntax::tree::ExprKind::Text(it) = &it.value.kind else { panic!() };
    let parts = it.parts.iter().map(|part| match part {
        flow_syntax::tree::TextPart::Literal { value, span } => {
            let source = support::at(text, &parse.items[0], *span);
            assert_eq!(value, source);
            source
        }
        flow_syntax::tree::TextPart::Hole(it) => support::at(text, &parse.items[0], it.span),
    });
    assert_eq!(parts.collect::<Vec<_>>(), ["ab\n", "\n", "c ", "#{x}", " d"]);
}

#[test]
fn precedence() {
    expr("ctx.tag ?? \"x\" == \"x\"", "(== (?? (.tag ctx) \"x\") \"x\")");
    expr("a || b && c || d", "(|| (|| a (&& b c)) d)");
    expr("a ?? b ?? c + 1", "(?? a (?? b (+ c 1)))");
    expr("a - b - c * d % e", "(- (- a b) (% (* c d) e))");
    expr("!a == -b", "(== (! a) (neg b))");
    expr("!!a.b", "(! (! (.b a)))");
    expr("-a * b", "(* (neg a) b)");
    expr("(a == b) == (c < d)", "(== (== a b) (< c d))");
    expr("a >= 1 && b <= 2", "(&& (>= a 1) (<= b 2))");
}

#[test]
fn chains() {
    expr("a?.b.c[1](x)(y: 2, ...z)", "(call (call (index (.c (?.b a)) 1) x) y:2 ...z)");
    expr("a.job.if.none", "(.none (.if (.job a)))");
    expr("a\n  .b()\n  ?.c", "(?.c (call (.b a)))");
    expr("f(a: 1, if: 2, out x.y[k], d: out z,)", "(call f a:1 if:2 out x.y[k] d:out z)");
    expr("a\n  + b\n  - c", "(- (+ a b) c)");
}

#[test]
fn values_of_control() {
    expr("if a { b } else if c { d } else { e }", "(if a [b] (if c [d] [e]))");
    expr("for x in xs if x != 1 { f(x) }", "(for x xs if (!= x 1) [(call f x)])");
    expr(
        "match p { dev => \"debug\", release | _ => \"release\" }",
        "(match p (dev => \"debug\") (release|_ => \"release\"))",
    );
    expr(
        "match p {\n  Os.linux => a\n  none => { b }\n  true | false => sh \"x\"\n  3 => c\n  \"t\" => d }",
        "(match p (Os.linux => a) (none => [b]) (true|false => (sh \"x\")) (3 => c) (\"t\" => d))",
    );
    expr("(if a { b } else { c }).d", "(.d (if a [b] [c]))");
}

#[test]
fn calls_and_settings_by_their_second_token() {
    body("a()\nb.c()\nd = 1\ne { f = 2 }", "[(call a) (call (.c b)) (set d 1) (set e {f=2})]");
    body(
        "runs-on = 1\na-b-c { d-e = 2, if = 3, \"f g\" = 4, h { i = 5 } }",
        "[(set runs-on 1) (set a-b-c {d-e=2 if=3 f g=4 h{i=5}})]",
    );
    body("a - b", "[(- a b)]");
}

#[test]
fn brackets_that_begin_a_line_continue_nothing() {
    body("let a = b\n[c]", "[(let a = b) (list c)]");
    body("let a = b\n(c)", "[(let a = b) c]");
    body("let a = b()\nafter c { d() }", "[(let a = (call b)) (after c [(call d)])]");
    body("on push\nenv { A = 1 }", "[(on push) (set env {A=1})]");
    body("expose a\nenv { A = 1 }", "[(expose a) (set env {A=1})]");
}

#[test]
fn triggers_and_runners() {
    body(
        "on push { branches = [\"main\"] }\non github.release { types = [a] }\non finished build\non finished",
        "[(on push {branches=(list \"main\")}) (on github.release {types=(list a)}) (on finished build) (on finished)]",
    );
    item("job j() on match o { a => b } { }", "(job j () on (match o (a => b)) [])");
    item(
        "job j()\n  -> (always: T, always x: T = \"p\")\n  on linux { }",
        "(job j () -> ((always: T) (always x: T = \"p\")) on linux [])",
    );
    item("job j(\n/// d\nconst a: T,\n\n// c\n/// e\n/// f\nb: T) { }", "(job j ((/d/ const a: T) (/e|f/ b: T)) [])");
}

#[test]
fn order_and_titles() {
    body("let a = b() as \"t #{x}\" after [c, d]", "[(let a = (ordered (call b) as \"t #{x}\" after (list c d)))]");
    body("b().c after d.e\nb() after none", "[(ordered (.c (call b)) after (.e d)) (ordered (call b) after none)]");
    body("gate \"g\" after [a, b]\ngate \"h\"", "[(gate \"g\" after (list a b)) (gate \"h\")]");
    body("after a { b() }\nstage \"s\" { c() }", "[(after a [(call b)]) (stage \"s\" [(call c)])]");
    body(
        "expose f(x) as \"n\" { when = failed, retention = 30d }",
        "[(expose (call f x) as \"n\" {when=failed retention=2592000000ms})]",
    );
}

#[test]
fn statements() {
    body(
        "let x: T\nlet y: T = sh \"a\"\nlet z = step \"s\" { sh \"b\" }",
        "[(let x: T) (let y: T = (sh \"a\")) (let z = (step \"s\" [(sh \"b\")]))]",
    );
    body(
        "out a.b[k] = file(\"x\")\nexport PATH = e\nadd_path \"x\"\nsummary t",
        "[(out a.b[k] (call file \"x\")) (export PATH e) (add_path \"x\") (summary t)]",
    );
    body("bash \"a\"\npwsh \"a\"\ncmd \"a\"\npython \"a\"", "[(bash \"a\") (pwsh \"a\") (cmd \"a\") (python \"a\")]");
    body(
        "uses \"a/b@v\" { x-y = 1 }\nlet r = task \"T@1\" { a = b }",
        "[(uses \"a/b@v\" {x-y=1}) (let r = (task \"T@1\" {a=b}))]",
    );
    body("on_failure { a() }\nfinally { b() }", "[(on_failure [(call a)]) (finally [(call b)])]");
    body(
        "cache c { paths = [] }\nservice s { image = \"i\" }\nraw github { x = 1 }\nextends ado { a = b }",
        "[(cache c {paths=(list)}) (service s {image=\"i\"}) (raw github {x=1}) (extends ado {a=b})]",
    );
    body("param p: T = d\nparam q: T", "[(param p: T = d) (param q: T)]");
    body("/// one\n/// two\nstep \"s\" { }", "[/one|two/ (step \"s\" [])]");
    body("a() b() c = 1", "[(call a) (call b) (set c 1)]");
}

#[test]
fn holes_in_scripts() {
    body("sh \"#{x} #{xs...} #{out a.b[k].c}\"", "[(sh \"#{x} #{xs...} #{out a.b[k].c}\")]");
}

#[test]
fn line_ends_tabs_and_marks_of_byte_order() {
    item("\u{feff}const A = 1\r\n\tconst B = 2\r\n", "(const A 1)\n(const B 2)");
    item("", "");
    item("// only a comment", "");
}

#[test]
fn comments_are_kept_beside_the_tree() {
    let text = "// a\n/// b\nconst A = 1 // c\n//// d\n";
    let parse = flow_syntax::parse(text);
    assert_eq!(parse.comments.iter().map(|it| it.text(text)).collect::<Vec<_>>(), ["// a", "/// b", "// c", "//// d"]);
    assert_eq!(support::clean(text), "/b/ (const A 1)");
}

#[test]
fn spans_cover_what_they_say() {
    let text = "\n\n/// d\njob  j() {\n  let x = (a) + b.c\n}\n";
    let parse = flow_syntax::parse(text);
    let placed = &parse.items[0];
    assert_eq!(placed.start, 8);
    assert_eq!(support::at(text, placed, placed.item.span), text[8..].trim_end());
    let flow_syntax::tree::ItemKind::Job(job) = &placed.item.kind else { panic!() };
    assert_eq!(support::at(text, placed, job.name.span), "j");
    let stmt = &job.body.stmts[0];
    assert_eq!(support::at(text, placed, stmt.span), "let x = (a) + b.c");
    let flow_syntax::tree::StmtKind::Let { value: Some(value), .. } = &stmt.kind else { panic!() };
    assert_eq!(support::at(text, placed, value.span()), "(a) + b.c");
}
