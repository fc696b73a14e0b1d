//! Mutants of a program: every single mistake of a kind that can be made mechanically, made once.
//!
//! They are made from the tree, so each is meant to parse; one that does not is none. What becomes of
//! them is for the suite to say.

mod names;
mod walk;

use flow_syntax::parse;

use self::names::Names;
use self::walk::Walk;

/// A program with one mechanical mistake.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// What was done: `delete argument`.
    pub kind: &'static str,
    /// To what, in one line: `` `version` → `tag` ``.
    pub what: String,
    /// In which declaration.
    pub item: String,
    /// The whole program.
    pub text: String,
}

/// All mutants of a text, in the order of the text; no two are the same text.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let tree = parse(text);
    assert!(tree.errors.is_empty(), "mutants are made of programs that parse");
    let names = Names::of(&tree.items);
    let mut out: Vec<Mutant> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for placed in &tree.items {
        let mut walk = Walk::new(text, placed, &names);
        walk.item();
        for (kind, what, edits) in walk.done {
            let changed = apply(text, &edits);
            if changed != text && seen.insert(changed.clone()) && parse(&changed).errors.is_empty() {
                let item = placed.item.name().map(|it| it.text.to_string()).unwrap_or_default();
                out.push(Mutant { kind, what, item, text: changed });
            }
        }
    }
    out
}

/// A change: from, to, what stands there instead.
type Change = (usize, usize, String);

fn apply(text: &str, edits: &[Change]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|it| it.0);
    let (mut out, mut at) = (String::new(), 0);
    for (from, to, new) in edits {
        out.push_str(&text[at..from]);
        out.push_str(&new);
        at = to;
    }
    out.push_str(&text[at..]);
    out
}
