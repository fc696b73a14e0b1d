//! Paths of files in artifacts: which are possible on every system and in every store, and which
//! patterns can name one file.
//!
//! A pattern has three wildcards. `*` is any text without `/`, `?` one character but `/`, and `**`, which
//! is a whole part, any number of folders, or at the end all that lies below.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

/// The longest name of a file, in bytes: more than that, Linux refuses.
const NAME: usize = 255;
/// The longest path: more than that, macOS refuses.
const PATH: usize = 1024;
/// The most wildcards of a pattern: nobody understands more, and they are compared two by two.
const WILDCARDS: usize = 16;

/// Whether it names files by wildcards.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// What is wrong with a path in an artifact: it has to be possible on every system and in every store.
/// A clause for a sentence that begins with the path.
pub fn problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("is empty");
    }
    if path.starts_with('/') {
        return Some("is absolute; a path in an artifact is relative");
    }
    if path.get(1..2) == Some(":") {
        return Some("begins with a drive; a path in an artifact is relative");
    }
    if path.starts_with('~') {
        return Some("begins with `~`, which a shell would expand");
    }
    if path.contains('\\') {
        return Some("has a `\\`; the separator is `/` on every system");
    }
    if path.contains(|c: char| c.is_control() || matches!(c, '"' | ':' | '<' | '>' | '|')) {
        return Some("holds a character that some system refuses in a name");
    }
    if path.contains(['$', '`']) {
        return Some("holds a character that a shell would expand");
    }
    if path.contains(is_invisible) {
        return Some("holds a character that cannot be seen");
    }
    if path.contains(is_combining) {
        return Some("holds a combining character, which systems write in more than one way");
    }
    if path.len() > PATH {
        return Some("is longer than 1024 bytes");
    }
    path.split('/').find_map(|part| part_problem(part, path.ends_with('/')))
}

/// Whether Windows takes a file of this name for a device, whatever stands behind a dot.
pub(crate) fn is_device(name: &str) -> bool {
    const DEVICES: [&str; 24] = [
        "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1",
        "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "conin$", "conout$",
    ];
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    DEVICES.contains(&stem.as_str())
}

fn part_problem(part: &str, ends_in_slash: bool) -> Option<&'static str> {
    if part.is_empty() {
        return Some(if ends_in_slash { "ends in `/`" } else { "has an empty part between two `/`" });
    }
    if part == ".." || part == "." {
        return Some("has a `.` or `..`; a path stays inside its artifact");
    }
    if part.ends_with(['.', ' ']) {
        return Some("has a part that ends in a dot or a space, which Windows drops");
    }
    if part.starts_with(' ') {
        return Some("has a part that begins with a space, which is easily lost");
    }
    if is_device(part) {
        return Some("has a part that is a device on Windows");
    }
    (part.len() > NAME).then_some("has a part that is longer than 255 bytes")
}

/// What is wrong with a pattern beside what is wrong with any path.
pub fn pattern_problem(pattern: &str) -> Option<&'static str> {
    if pattern.contains(['[', ']', '{', '}']) {
        return Some("has brackets, which patterns do not know: they have `*`, `?` and `**`");
    }
    if pattern.split('/').any(|part| part.contains("**") && part != "**") {
        return Some("has a `**` that is not a part of its own, as in `a/**/b`");
    }
    if pattern.matches(['*', '?']).count() > WILDCARDS {
        return Some("has more than 16 wildcards");
    }
    if pattern.contains("**/**") {
        return Some("has two `**` in a row, which is the same as one");
    }
    None
}

/// Characters without width, and those that turn the direction of text around.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Marks that join the character before them: `é` as `e` and an accent is another name than `é` on one
/// system and the same on the next.
const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1100}'..='\u{11FF}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE20}'..='\u{FE2F}')
}

/// A path in a message: characters that cannot be seen as escapes, the middle of a long one left out.
pub fn shown(path: &str) -> String {
    const ENDS: usize = 40;
    let mut shown = Vec::new();
    for c in path.chars() {
        if c.is_control() || is_invisible(c) || is_combining(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    match (shown.get(..ENDS), shown.len().checked_sub(ENDS).and_then(|at| shown.get(at..))) {
        (Some(start), Some(end)) if shown.len() > 3 * ENDS => {
            format!("{}…{}", start.iter().collect::<String>(), end.iter().collect::<String>())
        }
        _ => shown.into_iter().collect(),
    }
}

/// A character as a system sees it that ignores case: Unicode's simple folding, by way of the capital.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let (mut upper, mut lower) = (c.to_uppercase(), c.to_lowercase());
    if let (1, Some(upper)) = (upper.len(), upper.next()) {
        lower = upper.to_lowercase();
    }
    match (lower.len(), lower.next()) {
        (1, Some(lower)) => lower,
        _ => c,
    }
}

/// A path as a system sees it that ignores case.
pub fn folded(path: &str) -> String {
    path.chars().map(fold).collect()
}

/// What is interpolated and not known: one character of the area for private use stands for one value,
/// so that equal holes are equal and different ones are not known to be.
pub const fn hole(index: u32) -> char {
    match char::from_u32(0xF_0000 + index % 0xFFFD) {
        Some(c) => c,
        None => '\u{F0000}',
    }
}

/// What stands before the first wildcard, as a system sees it that ignores case: two patterns can meet only
/// where one's begins with the other's.
pub fn fixed_start(path: &str) -> String {
    folded(path.split(['*', '?']).next().unwrap_or_default())
}

/// A path or pattern, ready to be compared.
#[derive(Clone, Debug)]
pub struct Shape {
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    One(char),
    /// `?`
    Any,
    /// `*`
    Star,
    /// `**/`
    Folders,
    /// All below: what comes after `a/` in `a/**`.
    Below,
}

/// What a character has to be.
#[derive(Clone, Copy)]
enum Class {
    Exact(char),
    NoSlash,
}

/// How two paths are in each other's way, with a path that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// Both can be this path.
    Same(String),
    /// The second can be this path, below the first.
    Inside(String),
    /// The first can be this path, below the second.
    Around(String),
}

impl Shape {
    /// Of a path without wildcards, whatever its characters.
    pub fn literal(path: &str) -> Self {
        Self { tokens: path.chars().map(Token::One).collect() }
    }

    /// Of a path that may be a pattern.
    pub fn new(path: &str) -> Self {
        let mut tokens = Vec::new();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            match part {
                "**" if last => tokens.push(Token::Below),
                "**" => tokens.push(Token::Folders),
                part => {
                    tokens.extend(part.chars().map(|c| match c {
                        '*' => Token::Star,
                        '?' => Token::Any,
                        c => Token::One(c),
                    }));
                    if !last {
                        tokens.push(Token::One('/'));
                    }
                }
            }
        }
        Self { tokens }
    }

    /// All that lies below.
    #[must_use]
    pub fn below(&self) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(Token::One('/'));
        tokens.push(Token::Below);
        Self { tokens }
    }

    /// Where `self` and `other` are in each other's way.
    pub fn clash(&self, other: &Self) -> Option<Clash> {
        if let Some(path) = self.common(other) {
            return Some(Clash::Same(path));
        }
        if let Some(path) = self.below().common(other) {
            return Some(Clash::Inside(path));
        }
        self.common(&other.below()).map(Clash::Around)
    }

    /// A path that both can be, on a system that ignores case: the shortest.
    pub fn common(&self, other: &Self) -> Option<String> {
        // States of a search by breadth: where each has come to, and whether a part begins. A state
        // between tokens is twice the token's index, one within a token one more.
        type At = (usize, usize, bool);
        let start: At = (0, 0, true);
        let mut from: FxHashMap<At, Option<(At, char)>> = FxHashMap::default();
        let mut open = VecDeque::from([start]);
        from.insert(start, None);
        while let Some(at) = open.pop_front() {
            let (a, b, begins) = at;
            if !begins && self.accepts(a) && other.accepts(b) {
                return Some(trace(&from, at));
            }
            for (a_class, a_next) in self.steps(a) {
                for (b_class, b_next) in other.steps(b) {
                    let Some(c) = both(a_class, b_class) else { continue };
                    if c == '/' && begins {
                        continue;
                    }
                    let next = (a_next, b_next, c == '/');
                    if let std::collections::hash_map::Entry::Vacant(entry) = from.entry(next) {
                        entry.insert(Some((at, c)));
                        open.push_back(next);
                    }
                }
            }
        }
        None
    }

    /// Whether nothing has to follow.
    fn accepts(&self, at: usize) -> bool {
        let rest = self.tokens.get(at / 2..).unwrap_or_default();
        match rest {
            [Token::Below] => at % 2 == 1,
            rest if at.is_multiple_of(2) => rest.iter().all(|token| *token == Token::Star),
            _ => false,
        }
    }

    /// The characters that may come, with where each leads.
    fn steps(&self, at: usize) -> Vec<(Class, usize)> {
        let index = at / 2;
        let (here, next, within) = (index * 2, index * 2 + 2, index * 2 + 1);
        let Some(token) = self.tokens.get(index) else { return Vec::new() };
        match token {
            Token::One(c) => vec![(Class::Exact(*c), next)],
            Token::Any => vec![(Class::NoSlash, next)],
            Token::Star => {
                let mut steps = vec![(Class::NoSlash, here)];
                steps.extend(self.steps(next));
                steps
            }
            // A folder's name, then its slash, any number of times.
            Token::Folders if at % 2 == 1 => vec![(Class::NoSlash, within), (Class::Exact('/'), here)],
            Token::Folders => {
                let mut steps = vec![(Class::NoSlash, within)];
                steps.extend(self.steps(next));
                steps
            }
            Token::Below if at % 2 == 1 => vec![(Class::NoSlash, within), (Class::Exact('/'), here)],
            Token::Below => vec![(Class::NoSlash, within)],
        }
    }
}

/// A character that is in both classes.
fn both(a: Class, b: Class) -> Option<char> {
    match (a, b) {
        (Class::Exact(a), Class::Exact(b)) => (fold(a) == fold(b)).then_some(a),
        (Class::Exact(c), Class::NoSlash) | (Class::NoSlash, Class::Exact(c)) => (c != '/').then_some(c),
        (Class::NoSlash, Class::NoSlash) => Some('x'),
    }
}

fn trace<At: Copy + Eq + std::hash::Hash>(from: &FxHashMap<At, Option<(At, char)>>, end: At) -> String {
    let mut path = Vec::new();
    let mut at = end;
    while let Some(Some((before, c))) = from.get(&at) {
        path.push(*c);
        at = *before;
    }
    path.iter().rev().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::{Clash, Shape, problem};

    fn common(a: &str, b: &str) -> Option<String> {
        let (a, b) = (Shape::new(a), Shape::new(b));
        let there = a.common(&b);
        assert_eq!(there.is_some(), b.common(&a).is_some());
        there
    }

    #[test]
    fn what_two_patterns_share() {
        assert_eq!(common("a/b", "A/B").as_deref(), Some("a/b"));
        assert_eq!(common("a*c", "*b*").as_deref(), Some("abc"));
        assert_eq!(common("*.whl", "*.tar.gz"), None);
        assert_eq!(common("app-*.tar.gz", "app-*.gz").as_deref(), Some("app-.tar.gz"));
        assert_eq!(common("*", "a/b"), None);
        assert_eq!(common("**/x.so", "x.so").as_deref(), Some("x.so"));
        assert_eq!(common("**/x.so", "a/b/x.so").as_deref(), Some("a/b/x.so"));
        assert_eq!(common("a/**/b", "a/b").as_deref(), Some("a/b"));
        assert_eq!(common("a/**", "a"), None);
        assert_eq!(common("a/**", "a/b/c").as_deref(), Some("a/b/c"));
        assert_eq!(common("a/**", "*/?").as_deref(), Some("a/x"));
        assert_eq!(common("?", "ab"), None);
        assert_eq!(common("straße", "STRASSE"), None);
        assert_eq!(common("Ω", "ω").as_deref(), Some("Ω"));
        assert_eq!(common("\u{212A}", "k").as_deref(), Some("\u{212A}"));
    }

    #[test]
    fn what_lies_in_what() {
        let clash = |a: &str, b: &str| Shape::new(a).clash(&Shape::new(b));
        assert_eq!(clash("d", "D/e"), Some(Clash::Inside("d/e".to_owned())));
        assert_eq!(clash("d/e", "d"), Some(Clash::Around("d/e".to_owned())));
        assert_eq!(clash("d*", "dir/e"), Some(Clash::Inside("dir/e".to_owned())));
        assert_eq!(clash("de", "d/e"), None);
    }

    #[test]
    fn the_worst_patterns_end() {
        let stars = format!("{}b", "*a".repeat(16));
        let long = format!("{}c", "a".repeat(1000));
        assert_eq!(common(&stars, &long), None);
        assert!(common(&stars, &format!("{}*", "a?".repeat(15))).is_some());
    }

    #[test]
    fn agrees_with_a_matcher() {
        let patterns = ["*", "a*", "*a", "?a", "**", "a/**", "**/a", "*/a", "a/*", "a?/b*", "**/a/*", "a", "a/a", "aa"];
        let matcher = |pattern: &str| {
            globset::GlobBuilder::new(pattern).literal_separator(true).build().unwrap().compile_matcher()
        };
        let mut paths = vec![String::new()];
        for _ in 0..4 {
            let longer: Vec<String> =
                paths.iter().flat_map(|path| ["a", "b", "/"].map(|c| format!("{path}{c}"))).collect();
            paths.extend(longer);
        }
        paths.retain(|path| problem(path).is_none());
        for a in patterns {
            for b in patterns {
                let (one, two) = (matcher(a), matcher(b));
                let shared = paths.iter().any(|path| one.is_match(path) && two.is_match(path));
                match common(a, b) {
                    Some(path) => assert!(one.is_match(&path) && two.is_match(&path), "{a} {b}: {path}"),
                    None => assert!(!shared, "{a} {b}"),
                }
            }
        }
    }
}
