//! Patterns of triggers: which branches, tags and paths start a pipeline.
//!
//! `*` stands for any characters but `/`, `**` for any, `[abc]` and `[a-z]` for one of these. All else
//! stands for itself, so that a pattern means the same on every backend.

/// What a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Branches,
    Tags,
    Paths,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// A clause for a sentence: "the pattern … is empty".
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) help: String,
    /// The pattern that was meant.
    pub(crate) meant: Option<String>,
}

fn problem(why: &'static str, help: impl Into<String>) -> Option<Problem> {
    Some(Problem { why, help: help.into(), meant: None })
}

fn meant(why: &'static str, instead: String) -> Option<Problem> {
    Some(Problem { why, help: format!("write `{instead}`"), meant: Some(instead) })
}

/// What is wrong with one pattern, if anything is.
pub(crate) fn pattern_problem(pattern: &str, subject: Subject) -> Option<Problem> {
    let (not, body) = pattern.strip_prefix('!').map_or(("", pattern), |body| ("!", body));
    if body.is_empty() {
        return problem(if not.is_empty() { "is empty" } else { "excludes nothing" }, "name what it is about");
    }
    if body.starts_with('!') {
        return meant("excludes twice", format!("!{}", body.trim_start_matches('!')));
    }
    if body.trim() != body {
        return meant("begins or ends with a blank", format!("{not}{}", body.trim()));
    }
    if body.contains('\\') {
        return problem("has a `\\`", "the separator is `/` on every system, and nothing has to be escaped");
    }
    if body.contains('?') {
        return problem(
            "has a `?`, which stands for one thing on GitHub and for another on Azure Pipelines",
            "write `*` for any characters, or `[0-9]` for one of some",
        );
    }
    if body.contains("***") {
        return problem("has three `*` in a row", "`*` stops at `/`, `**` does not");
    }
    if let Some(why) = brackets(body) {
        return problem(why, "write one of some characters as `[abc]` or `[a-z]`");
    }
    if body.contains("//") {
        return meant("has two `/` in a row", format!("{not}{}", body.replace("//", "/")));
    }
    match subject {
        Subject::Branches | Subject::Tags => ref_problem(not, body, subject),
        Subject::Paths => path_problem(not, body),
    }
}

fn ref_problem(not: &str, body: &str, subject: Subject) -> Option<Problem> {
    let (mine, other, word) = match subject {
        Subject::Tags => ("refs/tags/", "refs/heads/", "branches"),
        _ => ("refs/heads/", "refs/tags/", "tags"),
    };
    if let Some(name) = body.strip_prefix(mine) {
        return meant("names the whole ref", format!("{not}{name}"));
    }
    if let Some(name) = body.strip_prefix(other) {
        return problem("names another kind of ref", format!("write `{word} = [\"{not}{name}\"]`"));
    }
    if body.starts_with('/') || body.ends_with('/') {
        return problem(
            "begins or ends with `/`, which no ref does",
            "for all below a folder of refs, write `release/**`",
        );
    }
    if body.contains([' ', '~', '^', ':', '\t', '\n']) || body.contains("..") || body.contains("@{") {
        return problem("holds what no name of a ref may hold", "write the name as `git branch` or `git tag` shows it");
    }
    None
}

fn path_problem(not: &str, body: &str) -> Option<Problem> {
    if let Some(rest) = body.strip_prefix("./") {
        return meant("begins with `./`", format!("{not}{rest}"));
    }
    if body.starts_with('/') {
        let rest = body.trim_start_matches('/');
        return meant("is absolute", format!("{not}{rest}"))
            .map(|it| Problem { why: "is absolute; paths are relative to the repository", ..it });
    }
    if body.split('/').any(|part| part == "..") {
        return problem("leaves the repository", "name files of the repository, as in `\"src/**\"`");
    }
    if body.ends_with('/') {
        return meant("names a folder, and paths are of files", format!("{not}{body}**"));
    }
    None
}

/// What is wrong with the `[…]` of a pattern.
fn brackets(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern;
    while let Some(at) = rest.find(['[', ']']) {
        let (_, from) = rest.split_at(at);
        if from.starts_with(']') {
            return Some("has a `]` without `[`");
        }
        let Some(end) = from.find(']') else { return Some("has a `[` that is never closed") };
        let set = from.get(1..end).unwrap_or_default();
        if set.is_empty() {
            return Some("has an empty `[]`");
        }
        if set.contains('[') {
            return Some("has a `[` in `[…]`");
        }
        let bytes: Vec<char> = set.chars().collect();
        if bytes.windows(3).any(|it| matches!(it, [from, '-', to] if from > to)) {
            return Some("has a range that begins after its end");
        }
        rest = from.get(end + 1..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Subject, pattern_problem};

    #[test]
    fn patterns() {
        let fine = |pattern, subject| assert_eq!(pattern_problem(pattern, subject), None, "{pattern}");
        let wrong = |pattern, subject| assert!(pattern_problem(pattern, subject).is_some(), "{pattern}");
        for pattern in ["main", "release/**", "!wip/*", "v[0-9]*", "v1.0+build", "v[a-c_]"] {
            fine(pattern, Subject::Branches);
            fine(pattern, Subject::Tags);
        }
        for pattern in
            ["", "!", "!!a", "a b", "refs/heads/main", "refs/tags/v1", "a..b", "a//b", "/a", "a/", "a~1", "v?"]
        {
            wrong(pattern, Subject::Branches);
        }
        for pattern in ["src/**", "!docs/**", "a b/c", "c++/x", "**/*.rs", "[ab]/x"] {
            fine(pattern, Subject::Paths);
        }
        for pattern in ["", "/src", "./src", "../x", "src/", "a\\b", "[", "]", "[]", "[[a]]", "[z-a]", "a***", " a"] {
            wrong(pattern, Subject::Paths);
        }
    }
}
