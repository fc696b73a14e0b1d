//! Times the parser on large and hostile inputs: `cargo run --release -p flow-syntax --example measure`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

use std::time::Instant;

fn time(name: &str, text: &str) {
    let start = Instant::now();
    let parse = flow_syntax::parse(text);
    let spent = start.elapsed();
    let speed = text.len() as f64 / spent.as_secs_f64() / 1e6;
    println!("{name:36} {:>9} bytes {:>10.2?} {speed:>8.1} MB/s, {} errors", text.len(), spent, parse.errors.len());
}

fn main() {
    let first = include_str!("../tests/programs/first.flow");
    for _ in 0..3 {
        time("first program", first);
    }
    time("empty", "");
    let many = first.repeat(1_000_000 / first.len() + 1);
    time("1 MB of it", &many);
    time("1 MB of it, again", &many);
    for (open, close) in
        [("[", "]"), ("(", ")"), ("f(", ")"), ("if x { ", " }"), ("match x { a => ", " }"), ("\"#{", "}\"")]
    {
        for depth in [8, 16] {
            let nest = format!("const C = {}a{}\n", open.repeat(depth), close.repeat(depth));
            time(&format!("1,000 at depth {depth} of {open:?}"), &nest.repeat(1_000));
        }
    }
    for open in ["(", "[", "{", "\"#{", "if x {", "f(", "match x { a => ", "!", "-", "if ", "\"\"\"\n#{"] {
        let body = format!("job j() {{\n{}", open.repeat(10_000));
        time(&format!("10,000 {open:?}"), &body);
    }
    time("a+a+…", &format!("const C = a{}", " + a".repeat(100_000)));
    time("else if…", &format!("job j() {{ if a {{}}{} }}", " else if a {}".repeat(100_000)));
    time("a.b.b…", &format!("const C = a{}", ".b".repeat(100_000)));
    for junk in [
        ";",
        "'",
        "“",
        "„",
        "\u{a0}",
        "é",
        "${{",
        "#",
        "\"",
        "\"\"\" x ",
        "}",
        ")",
        "\"#{\n",
        "$",
        "= ",
        "\"\"\"\n",
        "\\",
    ] {
        time(&format!("1 MB of {junk:?}"), &junk.repeat(1_000_000 / junk.len()));
        time(
            &format!("1 MB of {junk:?} in a job"),
            &format!("job j() {{\n{}\n}}", junk.repeat(1_000_000 / junk.len())),
        );
    }
}
