//! Any text parses to something, in time and on a small stack; an edit stays in its item.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::time::{Duration, Instant};

use flow_syntax::tree::ItemKind;
use flow_syntax::{Code, Parse, parse};
use support::FIRST;

/// A pseudo-random sequence that is the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// Everything that a parse promises of any text.
fn check(text: &str) -> Parse {
    let parse = parse(text);
    for error in &parse.errors {
        let places = std::iter::once(&error.primary).chain(&error.related).map(|it| it.place);
        let edits = error.fix.iter().flat_map(|it| &it.edits).map(|it| it.place);
        for place in places.chain(edits) {
            assert!(text.get(place.start as usize..place.end as usize).is_some(), "{error:?} in {text:?}");
        }
        assert!(!error.headline.is_empty());
    }
    assert!(parse.errors.is_sorted_by_key(|it| it.primary.place.start));
    let mut end = 0;
    for placed in &parse.items {
        assert!(placed.start >= end, "items overlap in {text:?}");
        end = placed.start + placed.item.span.end;
        assert!(end as usize <= text.len());
    }
    let dump: String = parse.items.iter().map(support::item).collect();
    // A missing thing is reported; a sign of a hole without an error would be a silent loss.
    assert!(!dump.contains("_?") || !parse.errors.is_empty(), "{dump} for {text:?}");
    parse
}

#[test]
fn truncated_at_every_byte() {
    for end in (0..FIRST.len()).filter(|it| FIRST.is_char_boundary(*it)) {
        check(&FIRST[..end]);
    }
}

/// Words, signs and spaces of a text, which joined are the text again.
fn pieces(text: &str) -> Vec<&str> {
    let class = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            0
        } else if c == ' ' {
            1
        } else {
            2 + c as u32
        }
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        if last.is_some_and(|it| it != class(c)) {
            pieces.push(&text[start..at]);
            start = at;
        }
        last = Some(class(c));
    }
    pieces.push(&text[start..]);
    pieces
}

#[test]
fn mutated_programs() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let whole = pieces(FIRST);
    let spice = [
        "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "#{", "}", "\n", "=", ":", ".", "job", "if", "else", "match",
        "let", "out", "'", "${{", "é", "\0", "\r\n", "///", "//", "...", "??", "-", "after", "as",
    ];
    for _ in 0..2_500 {
        let mut text = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len());
            match random.below(4) {
                0 => {
                    text.remove(at);
                }
                1 => text.insert(at, whole[random.below(whole.len())]),
                2 => text.insert(at, spice[random.below(spice.len())]),
                _ => {
                    let other = random.below(text.len());
                    text.swap(at, other);
                }
            }
        }
        check(&text.concat());
    }
}

#[test]
fn random_pieces() {
    let mut random = Random(42);
    let mut all = pieces(FIRST);
    all.extend([
        "\"\"\"", "#{", "}", "\"", "\n", "\\", "\u{feff}", "é", "\u{1}", "(", ")", "]", "\n\n", "/", "|", "&", "$",
        "'", "“",
    ]);
    all.sort_unstable();
    all.dedup();
    for _ in 0..3_000 {
        let length = random.below(60);
        let text: Vec<&str> = (0..length).map(|_| all[random.below(all.len())]).collect();
        check(&text.concat());
    }
}

/// Works on a thread with a stack as small as they come.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

/// Parses, copies, compares, prints and drops.
fn walk(text: &str) -> Parse {
    let parse = parse(text);
    let items: Vec<_> = parse.items.iter().map(|it| it.item.as_ref().clone()).collect();
    assert!(parse.items.iter().zip(&items).all(|(placed, item)| *placed.item == *item));
    assert!(!format!("{items:?}").is_empty());
    drop(items);
    parse
}

#[test]
fn too_deep_nesting_is_refused_once() {
    on_small_stack(|| {
        for open in [
            "(",
            "[",
            "{",
            "f(",
            "a[",
            "if x {",
            "for x in y {",
            "match x { a => ",
            "e {",
            "step \"s\" {",
            "\"#{",
            "\"\"\"\n#{",
            "f(\"#{",
        ] {
            let start = Instant::now();
            let text = format!("job j() {{\nlet x = {}", open.repeat(10_000));
            let parse = walk(&text);
            let codes: Vec<_> = parse.errors.iter().map(|it| it.code).collect();
            assert_eq!(codes.iter().filter(|it| **it == Code::NestedTooDeeply).count(), 1, "{open} {codes:?}");
            assert!(codes.len() <= 3, "{open} {codes:?}");
            assert!(start.elapsed() < Duration::from_secs(5), "{open} {:?}", start.elapsed());
        }
    });
}

#[test]
fn closed_nesting_is_refused_once() {
    on_small_stack(|| {
        for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("if x { ", " }"), ("\"#{", "}\"")] {
            let text = format!("const C = {}a{}", open.repeat(10_000), close.repeat(10_000));
            let codes: Vec<_> = walk(&text).errors.iter().map(|it| it.code).collect();
            assert_eq!(codes, [Code::NestedTooDeeply], "{open}");
            let text = format!("const C = {}a{}", open.repeat(120), close.repeat(120));
            assert_eq!(support::errors(&walk(&text)), Vec::<String>::new(), "{open}");
        }
    });
}

#[test]
fn endless_chains_are_refused_once() {
    on_small_stack(|| {
        let many = 100_000;
        for text in [
            format!("const C = a{}", " + a".repeat(many)),
            format!("const C = {}a", "!".repeat(many)),
            format!("const C = {}a", "- ".repeat(many)),
            format!("const C = a{}", ".b".repeat(many)),
            format!("const C = a{}", "(b)".repeat(many)),
            format!("const C = a{}", " ?? b".repeat(many)),
            format!("job j() {{ if a {{}}{} }}", " else if a {}".repeat(many)),
            format!("job j() {{ if match a {{}} {{}}{} }}", " else if match a {} {}".repeat(many)),
            format!("artifact A {{ if a {{}}{} }}", " else if a {}".repeat(many)),
        ] {
            let codes: Vec<_> = walk(&text).errors.iter().map(|it| it.code).collect();
            assert_eq!(codes, [Code::ExpressionTooLong], "{:.40}", text);
        }
        // Without a body they are wrong as well.
        for text in ["if ", "for x in ", "match ", "if a else "] {
            walk(&format!("const C = {}", text.repeat(many)));
        }
    });
}

#[test]
fn chains_and_brackets_together_stay_shallow() {
    on_small_stack(|| {
        let mut text = "a".to_owned();
        for _ in 0..120 {
            text = format!("({text}{})", " + a".repeat(100));
        }
        let codes: Vec<_> = walk(&format!("const C = {text}")).errors.iter().map(|it| it.code).collect();
        assert_eq!(codes, [Code::NestedTooDeeply]);
        // As high as can be.
        let mut text = format!("a{}", " + a".repeat(120));
        for _ in 0..120 {
            text = format!("[if x {{ f({text}) }}]");
        }
        walk(&format!("const C = {text}"));
    });
}

#[test]
fn long_but_flat_programs_are_no_chains() {
    let body = "  if a { b() } else { c() }\n  sh \"#{x}\"\n  let y = f(1) + 2\n  d.e()\n".repeat(1_000);
    assert_eq!(support::errors(&parse(&format!("job j() {{\n{body}}}"))), Vec::<String>::new());
    let list = "a(1), ".repeat(10_000);
    assert_eq!(support::errors(&parse(&format!("const C = [{list}]"))), Vec::<String>::new());
    let map = "  A = b.c\n".repeat(1_000);
    assert_eq!(support::errors(&parse(&format!("job j() {{ env {{\n{map} }} }}"))), Vec::<String>::new());
}

#[test]
fn time_grows_with_length_not_with_depth() {
    let nests: [(&str, &str, &str); 9] = [
        ("[", "a", "]"),
        ("(", "a", ")"),
        ("f(", "a", ")"),
        ("if a { ", "b", " } else { c }"),
        ("for x in y { ", "b", " }"),
        ("match x { a => ", "b", " }"),
        ("\"#{", "a", "}\""),
        ("-(1 + ", "a", ") * 2"),
        ("f(a: [b, ", "c", "], out d)"),
    ];
    let statements = [("step \"s\" { ", "a()", " }"), ("if a { ", "b()", " }"), ("e { f = 1, g { h = [", "1", "] } }")];
    let types = [("[", "T", "]"), ("T(", "a", ")"), ("[k in a: ", "T", "]"), ("[T: ", "T", "]?")];
    let program = |before: &str, (open, inner, close): (&str, &str, &str), after: &str, depth: usize| {
        let one = format!("{before}{}{inner}{}{after}\n", open.repeat(depth), close.repeat(depth));
        one.repeat(1_600 / depth)
    };
    let time = |text: &str| {
        let run = || {
            let start = Instant::now();
            assert!(!parse(text).items.is_empty());
            start.elapsed()
        };
        (0..3).map(|_| run()).min().unwrap()
    };
    let all = (nests.iter().map(|it| ("const C = ", *it, "")))
        .chain(statements.iter().map(|it| ("job j() { ", *it, " }")))
        .chain(types.iter().map(|it| ("const C: ", *it, " = a")));
    for (before, nest, after) in all {
        // The same number of brackets in either.
        let (shallow, deep) = (program(before, nest, after, 8), program(before, nest, after, 16));
        // Exponential work would be a hundred times as much; other programs may run beside this one.
        let fits = (0..5).any(|_| time(&deep) < time(&shallow) * 3 / 2);
        assert!(fits, "{nest:?}: {:?} at depth 8, {:?} at 16", time(&shallow), time(&deep));
    }
}

#[test]
fn an_edit_above_leaves_an_item_equal() {
    let before = parse(FIRST);
    for above in [
        "// comment\n",
        "const NEW = 1\n",
        "\n\n",
        "job broken( {\n\n",
        "let x = \n",
        "const T = \"\"\"\n  é\n  \"\"\"\n",
    ] {
        let shift = u32::try_from(above.len()).unwrap();
        let after = parse(&format!("{above}{FIRST}"));
        let skip = after.items.len() - before.items.len();
        for (old, new) in before.items.iter().zip(&after.items[skip..]) {
            assert_eq!(old.item, new.item, "{above}");
            assert_eq!(old.start + shift, new.start);
        }
    }
}

#[test]
fn damage_stays_in_its_item() {
    let whole = parse(FIRST);
    let at = FIRST.find("    rust.toolchain").unwrap();
    for damage in [
        "\"",
        "(",
        "[",
        "{",
        "}",
        ")",
        "#{",
        "sh \"#{",
        "let x =\n",
        "foo(a,\n",
        "if x {\n",
        "@@@",
        "'",
        "sh \"abc\n",
        "sh \"a #{b\n",
    ] {
        let text = format!("{}{damage}{}", &FIRST[..at], &FIRST[at..]);
        let broken = check(&text);
        assert!(!broken.errors.is_empty(), "{damage}");
        assert!(broken.errors.len() <= 2, "{damage}: {:?}", support::errors(&broken));
        // What follows a `}` too many is junk between two items.
        let items: Vec<_> = broken.items.iter().filter(|it| !matches!(it.item.kind, ItemKind::Hole)).collect();
        assert_eq!(items.len(), whole.items.len(), "{damage}");
        for (old, new) in whole.items.iter().zip(items) {
            let damaged = old.item.name().is_some_and(|it| it.text == "build");
            assert!(damaged || old.item == new.item, "{damage}: {:?}", new.item.name());
        }
    }
}

#[test]
fn a_lone_quote_damages_one_line() {
    let dump = support::check_body("  a()\n  sh \"b\n  c()\n  d(\"e)\n  f()");
    assert_eq!(dump.lines().next().unwrap(), "[(call a) (sh \"b\") (call c) (call d \"e)\") (call f)]");
}

#[test]
fn an_open_fence_damages_up_to_the_next_fence_or_item() {
    let text = "job a() {\n  sh \"\"\"\n    x\n}\n\njob b() {\n  sh \"y\"\n}\n";
    assert_eq!(
        support::check(text),
        "(job a () [(sh \"    x\\n}\\n\\n\")])\n(job b () [(sh \"y\")])\nF0101 8..9 this `{` is never closed\nF0106 15..18 this block text is never closed"
    );
}

#[test]
fn other_languages_get_one_error() {
    for text in [
        "name: CI\non:\n  push:\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n",
        "# comment\n\non: [push]\njobs: {}\n",
        "trigger:\n- main\npool:\n  vmImage: ubuntu-latest\nsteps:\n- script: echo\n",
        "---\nsteps:\n  - task: X@1\n",
        "- uses: actions/checkout@v4\n- run: |\n    make\n",
    ] {
        let parse = check(text);
        assert_eq!(parse.errors.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::ForeignSyntax], "{text}");
    }
    assert_eq!(
        support::clean("job j() { raw ado \"\"\"\n  - uses: x\n  \"\"\" }"),
        "(job j () [(raw ado \"- uses: x\")])"
    );
}
