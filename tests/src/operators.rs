//! What operators give on values that are known while a run goes on: one table for every backend.

use std::fmt::Write as _;

/// A value of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it works on: name, type, and the text that a script prints. An optional one may be empty.
    pub values: &'static [(&'static str, &'static str, &'static str)],
    /// The expression.
    pub expression: &'static str,
    /// Its type.
    pub ty: &'static str,
    /// It as text; `None`: the step or job that computes it fails.
    pub result: Option<&'static str>,
}

const fn case(
    values: &'static [(&'static str, &'static str, &'static str)],
    expression: &'static str,
    ty: &'static str,
    result: Option<&'static str>,
) -> Case {
    Case { values, expression, ty, result }
}

const MAX: (&str, &str, &str) = ("a", "int", "9223372036854775807");
const MIN: (&str, &str, &str) = ("a", "int", "-9223372036854775808");

/// All of them.
#[rustfmt::skip]
pub const CASES: &[Case] = &[
    // Integers of 64 bits.
    case(&[("a", "int", "7"), ("b", "int", "2")], "a + b", "int", Some("9")),
    case(&[("a", "int", "7"), ("b", "int", "2")], "a - b * 4", "int", Some("-1")),
    case(&[("a", "int", "-7"), ("b", "int", "2")], "a / b", "int", Some("-3")),
    case(&[("a", "int", "-7"), ("b", "int", "2")], "a % b", "int", Some("-1")),
    case(&[("a", "int", "7"), ("b", "int", "-2")], "a % b", "int", Some("1")),
    case(&[("a", "int", "5")], "-a", "int", Some("-5")),
    case(&[MAX], "a - 1", "int", Some("9223372036854775806")),
    case(&[MAX], "a + 1", "int", None),
    case(&[MIN], "a - 1", "int", None),
    case(&[MIN], "-a", "int", None),
    case(&[MIN, ("b", "int", "-1")], "a / b", "int", None),
    case(&[MIN, ("b", "int", "-1")], "a % b", "int", None),
    case(&[("a", "int", "3037000500"), ("b", "int", "3037000500")], "a * b", "int", None),
    case(&[("a", "int", "3037000499"), ("b", "int", "3037000499")], "a * b", "int", Some("9223372030926249001")),
    case(&[("a", "int", "1"), ("b", "int", "0")], "a / b", "int", None),
    case(&[("a", "int", "1"), ("b", "int", "0")], "a % b", "int", None),
    case(&[("a", "int", "10"), ("b", "int", "9")], "a > b", "bool", Some("true")),
    case(&[("a", "int", "-1"), ("b", "int", "1")], "a < b && a <= b && !(a >= b) && !(a > b)", "bool", Some("true")),
    case(&[MAX, ("b", "int", "9223372036854775806")], "a == b", "bool", Some("false")),
    case(&[MAX, ("b", "int", "9223372036854775806")], "a > b", "bool", Some("true")),
    // Durations.
    case(&[("a", "duration", "90s"), ("b", "duration", "500ms")], "a + b", "duration", Some("90500ms")),
    case(&[("a", "duration", "2min"), ("b", "duration", "20s")], "a - b", "duration", Some("100s")),
    case(&[("a", "duration", "1s"), ("b", "duration", "2s")], "a - b", "duration", None),
    case(&[("a", "duration", "1h"), ("b", "int", "3")], "a * b", "duration", Some("10800s")),
    case(&[("a", "duration", "1s"), ("b", "int", "3")], "a / b", "duration", Some("333ms")),
    case(&[("a", "duration", "1s"), ("b", "int", "0")], "a / b", "duration", None),
    case(&[("a", "duration", "60s"), ("b", "duration", "1min")], "a == b", "bool", Some("true")),
    case(&[("a", "duration", "999ms"), ("b", "duration", "1s")], "a < b", "bool", Some("true")),
    // Truth values.
    case(&[("a", "bool", "true"), ("b", "bool", "False")], "a && b", "bool", Some("false")),
    case(&[("a", "bool", "true"), ("b", "bool", "false")], "a || b", "bool", Some("true")),
    case(&[("a", "bool", "false")], "!a", "bool", Some("true")),
    case(&[("a", "bool", "True"), ("b", "bool", "true")], "a == b", "bool", Some("true")),
    case(&[("a", "bool", "false"), ("b", "int", "7")], "if a { b } else { b + 1 }", "int", Some("8")),
    // The right side is not computed where the left one decides.
    case(&[("a", "bool", "false"), ("b", "int", "0")], "a && 1 / b == 1", "bool", Some("false")),
    case(&[("a", "bool", "true"), ("b", "int", "0")], "a || 1 / b == 1", "bool", Some("true")),
    case(&[("a", "bool", "true"), ("b", "int", "0")], "if a { 1 } else { 1 / b }", "int", Some("1")),
    // Texts are compared bytewise.
    case(&[("a", "string", "Main")], "a == \"main\"", "bool", Some("false")),
    case(&[("a", "string", "Main")], "a != \"main\"", "bool", Some("true")),
    case(&[("a", "string", "10"), ("b", "string", "1e1")], "a == b", "bool", Some("false")),
    case(&[("a", "string", "007"), ("b", "string", "7")], "a == b", "bool", Some("false")),
    case(&[("a", "string", "true")], "a == \"True\"", "bool", Some("false")),
    case(&[("a", "string", "e\u{301}"), ("b", "string", "\u{e9}")], "a == b", "bool", Some("false")),
    case(&[("a", "string", "it's \"$HOME\" `x` \\n %s"), ("b", "string", "it's \"$HOME\" `x` \\n %s")], "a == b", "bool", Some("true")),
    case(&[("a", "string", "one\ntwo")], "a.contains(\"\\n\")", "bool", Some("true")),
    case(&[("a", "string", "Release-1")], "a.starts_with(\"release\")", "bool", Some("false")),
    case(&[("a", "string", "release-1")], "a.starts_with(\"release\")", "bool", Some("true")),
    case(&[("a", "string", "a*c")], "a.starts_with(\"a*\") && !a.ends_with(\"?\")", "bool", Some("true")),
    case(&[("a", "string", "app.Exe")], "a.ends_with(\".exe\")", "bool", Some("false")),
    case(&[("a", "string", "axc")], "a.contains(\".\")", "bool", Some("false")),
    case(&[("a", "string", "\u{c4}bC\u{e9}")], "a.lower()", "string", Some("\u{c4}bc\u{e9}")),
    case(&[("a", "string", "\u{e4}bc\u{131}i")], "a.upper()", "string", Some("\u{e4}BC\u{131}I")),
    case(&[("a", "string", "a.b.c")], "a.replace(\".\", \"&\\\\1/\")", "string", Some("a&\\1/b&\\1/c")),
    case(&[("a", "string", "aaa")], "a.replace(\"aa\", \"b\")", "string", Some("ba")),
    case(&[("a", "string", "a b"), ("b", "string", "a b")], "a.replace(b, \"\").is_empty()", "bool", Some("true")),
    case(&[("a", "string", "a,b,,c")], "a.split(\",\")", "[string]", Some("[\"a\",\"b\",\"\",\"c\"]")),
    case(&[("a", "string", "a.b")], "a.split(\".\").len", "int", Some("2")),
    case(&[("a", "string", " \t a b \n\u{b}x\u{a0}")], "a.trim()", "string", Some("a b \n\u{b}x\u{a0}")),
    case(&[("a", "string", "x"), ("b", "int", "3")], "\"#{a}-#{b + 1}\"", "string", Some("x-4")),
    case(&[("a", "bool", "true"), ("b", "duration", "1500ms")], "\"#{a} #{b}\"", "string", Some("true 1500ms")),
    // An empty text and `none` are one.
    case(&[("a", "string?", "")], "a == none", "bool", Some("true")),
    case(&[("a", "string?", "x")], "a != none", "bool", Some("true")),
    case(&[("a", "string?", "")], "a ?? \"none at all\"", "string", Some("none at all")),
    case(&[("a", "string?", "0")], "a ?? \"x\"", "string", Some("0")),
    case(&[("a", "bool?", "false")], "a ?? true", "bool", Some("false")),
    case(&[("a", "bool?", "")], "a ?? true", "bool", Some("true")),
    case(&[("a", "int?", "0")], "a ?? 5", "int", Some("0")),
    case(&[("a", "int?", "0")], "a == 0", "bool", Some("true")),
    case(&[("a", "int?", "")], "a == 0", "bool", Some("false")),
    case(&[("a", "string?", ""), ("b", "string", "x")], "a == b", "bool", Some("false")),
    // Lists travel as compact JSON.
    case(&[("a", "[int]", "[1, 2,\n 3]")], "a", "[int]", Some("[1,2,3]")),
    case(&[("a", "[int]", "[1,2]")], "a + [3]", "[int]", Some("[1,2,3]")),
    case(&[("a", "[int]", "[1,2]"), ("b", "[int]", "[]")], "[0, ...a, ...b]", "[int]", Some("[0,1,2]")),
    case(&[("a", "[int]", "[5,6]")], "a[1]", "int", Some("6")),
    case(&[("a", "[int]", "[5,6]"), ("b", "int", "2")], "a[b]", "int", None),
    case(&[("a", "[int]", "[5,6]"), ("b", "int", "-1")], "a[b]", "int", None),
    case(&[("a", "[string]", "[\"x\",\"y z\"]")], "a.join(\", \")", "string", Some("x, y z")),
    case(&[("a", "[string]", "[\"Main\"]")], "a.contains(\"main\")", "bool", Some("false")),
    case(&[("a", "[int]", "[1,10]"), ("b", "int", "10")], "a.contains(b)", "bool", Some("true")),
    case(&[("a", "[int]", "[]")], "a.is_empty()", "bool", Some("true")),
    case(&[("a", "[string]", "[\"a\",\"\",\"b\"]")], "a.len", "int", Some("3")),
    case(&[("a", "[int]", "[1,2,3,4]")], "for x in a if x % 2 == 0 { x * 10 }", "[int]", Some("[20,40]")),
    case(&[("a", "[string]", "[\"\\\"\",\"\\u00e4 \\\\ \\n\"]")], "a", "[string]", Some("[\"\\\"\",\"\u{e4} \\\\ \\n\"]")),
    // Enums and structs.
    case(&[("a", "Colour", "red")], "a == red", "bool", Some("true")),
    case(&[("a", "Colour", "blue")], "match a { red => 1, green => 2, blue => 3 }", "int", Some("3")),
    case(&[("a", "Point", "{\"y\": 2, \"x\": 1}")], "a.x + a.y", "int", Some("3")),
    case(&[("a", "Point", "{\"y\": 2, \"x\": 1, \"name\": null}")], "a.name ?? \"origin\"", "string", Some("origin")),
    case(&[("a", "Point", "{\"x\":1,\"y\":2,\"name\":\"p\"}")], "a.name ?? \"origin\"", "string", Some("p")),
    case(&[("a", "[Point]", "[{\"x\":1,\"y\":2},{\"x\":3,\"y\":4}]")], "a[1].x", "int", Some("3")),
    case(&[("a", "[Point]", "[{\"x\":1,\"y\":2},{\"x\":3,\"y\":4}]")], "for p in a { p.y }", "[int]", Some("[2,4]")),
];

/// What [`program`] declares beside its jobs.
const DECLARATIONS: &str = "enum Colour { red, green, blue }\n\
    struct Point { x: int, y: int, name: string? = none }\n";

/// A program with a pipeline `ops`, in which the job `case_N` computes the case of that number, and hands it on
/// as its output `r`. The values come out of scripts, so that nobody knows them before; those of a loop out of parameters. A loop is computed by the pipeline, which passes the result.
pub fn program(cases: impl IntoIterator<Item = usize>) -> String {
    let (mut params, mut jobs, mut calls) = (String::new(), String::new(), String::new());
    for number in cases {
        let Case { values, expression, ty, .. } = CASES[number];
        let by_pipeline = expression.starts_with("for ");
        let (mut taken, mut given, mut lets) = (Vec::new(), Vec::new(), String::new());
        for (name, ty, text) in values {
            if by_pipeline {
                let value = if ty.contains("Point") { points(text) } else { (*text).to_owned() };
                let _ = writeln!(params, "    param {name}_{number}: {ty} = {value}");
                taken.push(format!("{name}: {ty}"));
                given.push(format!("{name}_{number}"));
                continue;
            }
            // Octal: no shell and no lexer takes it for anything else.
            let octal: String = text.bytes().map(|byte| format!("\\\\{byte:03o}")).collect();
            let _ = writeln!(lets, "    let {name}: {ty} = sh \"printf '{octal}'\"");
        }
        let (mut taken, mut given, mut expression) = (taken.join(", "), given.join(", "), expression.to_owned());
        if by_pipeline {
            let list = format!(" in a_{number} ");
            let _ = writeln!(calls, "    let made_{number} = {}", expression.replace(" in a ", &list));
            (taken, given, expression) = (format!("made: {ty}"), format!("made_{number}"), "made".to_owned());
        }
        let _ = writeln!(jobs, "\njob case_{number}({taken}) -> (r: {ty}) on linux {{\n    checkout = none\n{lets}");
        let _ = writeln!(jobs, "    out r = {expression}\n}}");
        let _ = writeln!(calls, "    case_{number}({given})");
    }
    format!("{DECLARATIONS}{jobs}\npipeline ops {{\n    on manual\n{params}    backends = [github, local]\n{calls}}}\n")
}

/// JSON of points as a program writes them.
fn points(json: &str) -> String {
    let words = json.replace(['"', ' '], "").replace('{', "Point(").replace('}', ")");
    words.replace("null", "none").replace("name:p", "name:\"p\"")
}
