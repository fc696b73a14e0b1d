//! The printer against an independent reader: whatever is written is read back as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use flow_emit::yaml::{Around, Entry, Item, Key, Map, Node, print, texts};
use serde_yaml::Value;

/// A generator of numbers that gives the same ones every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// Pieces of which most texts mean something to some reader of YAML.
const PIECES: &[&str] = &[
    "",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\r\n",
    ":",
    ": ",
    " :",
    "#",
    " #",
    "# ",
    "-",
    "- ",
    "--- ",
    "---",
    "...",
    "?",
    "? ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "&",
    "*",
    "!",
    "!!str ",
    "|",
    "|-",
    ">",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "%",
    "@",
    "`",
    "=",
    "<<",
    "~",
    "null",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "y",
    "N",
    "0",
    "1",
    "-1",
    "+1",
    "0x1F",
    "0o17",
    "017",
    "1_000",
    "1e3",
    "1.5",
    ".5",
    "-.5",
    ".inf",
    "-.INF",
    ".NaN",
    "1:30",
    "12:30:45",
    "2001-12-14",
    "2001-12-14t21:59:43.10-05:00",
    "a",
    "b c",
    "é",
    "日本",
    "🦀",
    "\u{0}",
    "\u{7}",
    "\u{1b}[0m",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{fffe}",
    "\u{200b}",
    "${{ x }}",
    "$(x)",
    "key: value",
    "- item",
    "echo \"a\" # b",
    "    indented",
    "\tTab",
];

fn hostile(numbers: &mut Numbers) -> String {
    (0..numbers.below(6)).map(|_| PIECES[numbers.below(PIECES.len())]).collect()
}

fn all_hostile() -> impl Iterator<Item = String> {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    let single = PIECES.iter().map(|it| (*it).to_owned());
    let pairs = PIECES.iter().flat_map(|a| PIECES.iter().map(move |b| format!("{a}{b}")));
    let mixed = (0..8000).map(move |_| hostile(&mut numbers)).collect::<Vec<_>>();
    single.chain(pairs).chain(mixed)
}

fn read(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in:\n{text:?}"))
}

#[test]
fn every_text_is_read_back_as_a_value() {
    for text in all_hostile() {
        let printed = print(&[], &Map::new().with("key", text.as_str()).with("next", "end"));
        assert_eq!(read(&printed)["key"], Value::String(text.clone()), "{printed}");
        assert_eq!(read(&printed)["next"], Value::String("end".into()), "{printed}");
    }
}

#[test]
fn every_text_is_read_back_as_a_block() {
    for text in all_hostile() {
        let inner = Map::new().with("run", Node::Block(text.clone())).with("next", "end");
        let item = Item::bare(inner.clone());
        let printed = print(&[], &Map::new().with("jobs", inner).with("steps", vec![item.clone(), item]));
        let whole = read(&printed);
        for one in [&whole["jobs"], &whole["steps"][0], &whole["steps"][1]] {
            assert_eq!(one["run"], Value::String(text.clone()), "{printed}");
            assert_eq!(one["next"], Value::String("end".into()), "{printed}");
        }
    }
}

#[test]
fn every_text_is_read_back_as_a_key() {
    for text in all_hostile() {
        let printed = print(&[], &Map::new().with("map", Map::new().with(text.as_str(), "value")));
        let whole = read(&printed);
        let map = whole["map"].as_mapping().unwrap();
        assert_eq!(map.get(Value::String(text.clone())), Some(&Value::String("value".into())), "{printed}");
    }
}

#[test]
fn every_text_is_read_back_as_an_item() {
    for text in all_hostile() {
        let items = vec![Item::bare(text.as_str()), Item::bare(Node::Block(text.clone())), Item::bare("end")];
        let printed = print(&[], &Map::new().with("list", items));
        let whole = read(&printed);
        assert_eq!(whole["list"][0], Value::String(text.clone()), "{printed}");
        assert_eq!(whole["list"][1], Value::String(text.clone()), "{printed}");
        assert_eq!(whole["list"][2], Value::String("end".into()), "{printed}");
    }
}

#[test]
fn no_comment_changes_what_is_read() {
    for text in all_hostile() {
        let around = Around { blank: true, above: vec![text.clone()], beside: Some(text.clone()) };
        let mut map = Map::new();
        map.push_around("a", "x", around.clone());
        map.push_around("b", Node::Block("one\ntwo\n".into()), around.clone());
        map.push_around("c", Map::new().with("d", "y"), around.clone());
        let items = vec![
            Item { value: Map::new().with("f", "z").into(), around: around.clone() },
            Item { value: "w".into(), around: around.clone() },
        ];
        map.push_around("e", items, around.clone());
        let printed = print(std::slice::from_ref(&text), &map);
        let expected = read("{a: x, b: \"one\\ntwo\\n\", c: {d: y}, e: [{f: z}, w]}");
        assert_eq!(read(&printed), expected, "{printed}");
    }
}

/// What readers of YAML 1.1 take for something else, and the reader above does not.
#[test]
fn what_only_old_readers_resolve_is_quoted() {
    let words = [
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "N",
        "~",
        "null",
        "=",
        "<<",
        "0777",
        "0b101",
        "1_000",
        "1:30",
        "190:20:30",
        "2001-12-14",
        "+.inf",
        "1.2.3",
        "0o7",
        ".5",
        "1e3",
        "12e03",
        "-0",
        ".",
    ];
    for word in words {
        let printed = print(&[], &Map::new().with("key", word));
        assert!(printed.starts_with("key: '"), "{printed}");
    }
}

#[test]
fn what_needs_no_quotes_has_none() {
    let plain = [
        "ubuntu-latest",
        "${{ github.ref }}",
        "$(Agent.TempDirectory)/flow",
        "cargo test --all",
        "none",
        "a:b",
        "it's",
        "x#y",
        "2nd",
    ];
    for text in plain {
        assert_eq!(print(&[], &Map::new().with("key", text)), format!("key: {text}\n"));
    }
}

#[test]
fn the_key_on_is_plain_where_asked_for_and_else_quoted() {
    let mut map = Map::new().with("on", "x");
    map.entries.push(Entry { key: Key::Plain("on"), value: Node::Null, around: Around::default() });
    assert_eq!(print(&[], &map), "'on': x\non:\n");
}

#[test]
fn long_keys_are_explicit() {
    let key = "k".repeat(5000);
    let printed = print(&[], &Map::new().with(key.as_str(), Map::new().with("a", "b")));
    assert_eq!(read(&printed)[key.as_str()]["a"], Value::String("b".into()));
}

#[test]
fn layout() {
    let mut map = Map::new().with("name", "x");
    map.push_around(
        "first",
        Map::new().with("empty", Map::new()).with("none", texts(Vec::<String>::new())),
        Around::blank().above(Some("Above.\n\nTwice.")),
    );
    map.push_around("flag", true, Around::beside("why"));
    let nested = vec![
        Item::bare(Map::new().with("run", Node::Block("a\n\nb\n".into())).with("count", 3_u64)),
        Item::bare(texts(["x"])),
    ];
    map.push("list", nested);
    insta::assert_snapshot!(print(&["Header.".into(), String::new()], &map), @r"
    # Header.
    #
    name: x

    # Above.
    #
    # Twice.
    first:
      empty: {}
      none: []
    flag: true # why
    list:
      - run: |
          a

          b
        count: 3
      -
        - x
    ");
}
