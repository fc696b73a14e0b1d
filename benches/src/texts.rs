//! Texts that are hard on a parser: long, deep, and never closed.

use crate::program::Shape;

/// One valid file of at least a megabyte.
pub fn megabyte() -> String {
    let shape = Shape { libraries: 1, components: 400, pipelines: 0, ..Shape::default() };
    shape.generate().files.into_iter().map(|file| file.text).filter(|text| text.len() >= 1_000_000).collect()
}

/// A construct that can stand in itself.
#[derive(Clone, Copy, Debug)]
pub struct Nesting {
    /// What the whole declaration begins with.
    before: &'static str,
    /// What each level begins with: it also names the construct.
    pub open: &'static str,
    /// What is inside of all.
    inner: &'static str,
    /// What each level ends with.
    close: &'static str,
    /// What the whole declaration ends with.
    after: &'static str,
}

impl Nesting {
    /// A text of `repeat` declarations, each `depth` deep.
    pub fn text(&self, depth: usize, repeat: usize) -> String {
        let Self { before, open, inner, close, after } = self;
        format!("{before}{}{inner}{}{after}\n", open.repeat(depth), close.repeat(depth)).repeat(repeat)
    }
}

const fn value(open: &'static str, inner: &'static str, close: &'static str) -> Nesting {
    Nesting { before: "const C = ", open, inner, close, after: "" }
}

const fn ty(open: &'static str, close: &'static str) -> Nesting {
    Nesting { before: "const C: ", open, inner: "T", close, after: " = a" }
}

const fn body(open: &'static str, inner: &'static str, close: &'static str) -> Nesting {
    Nesting { before: "job j() { ", open, inner, close, after: " }" }
}

const fn fields(open: &'static str, close: &'static str) -> Nesting {
    Nesting { before: "artifact A { ", open, inner: "a: file = \"a\"", close, after: " }" }
}

/// All constructs that can stand in themselves.
pub const NESTINGS: [Nesting; 31] = [
    value("(", "a", ")"),
    value("[", "a", "]"),
    value("[...", "a", "]"),
    value("f(", "a", ")"),
    value("f(a: ", "a", ")"),
    value("f(a: [b, ", "c", "], out d)"),
    value("a[", "b", "]"),
    value("-(1 + ", "a", ") * 2"),
    value("!", "a", ""),
    value("a + ", "b", ""),
    value("a ?? ", "b", ""),
    value("a.b(", "c", ")"),
    value("\"#{", "a", "}\""),
    value("if a { ", "b", " } else { c }"),
    value("if a { b } else ", "{ c }", ""),
    value("if (", "a", ") { b } else { c }"),
    value("for x in y { ", "b", " }"),
    value("for x in [", "y", "] { b }"),
    value("match x { a => ", "b", " }"),
    value("match x { a => { ", "b", " } }"),
    value("match [", "x", "] { a => b }"),
    ty("[", "]"),
    ty("[K: ", "]"),
    ty("[k in a: ", "]"),
    body("step \"s\" { ", "a()", " }"),
    body("if a { ", "b()", " }"),
    body("for x in y { ", "b()", " }"),
    body("sh \"#{f(", "a", ")}\""),
    body("e { f = 1, g { h = [", "1", "] } }"),
    fields("if a { ", " }"),
    fields("match a { b => { ", " } }"),
];

/// Ten thousand of each bracket, never closed.
pub fn unclosed() -> impl Iterator<Item = (&'static str, String)> {
    ["(", "[", "{", "f(", "\"#{", "if x {"]
        .into_iter()
        .map(|open| (open, format!("job j() {{\nlet x = {}", open.repeat(10_000))))
}
