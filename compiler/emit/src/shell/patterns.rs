//! Patterns, as scripts look for what they match.

use flow_plan::model::{Field, FieldKind, Matches};
use flow_plan::pattern::{Piece, pieces, split};

use super::{Host, message, relative, word};

/// The function that lists what a pattern matches. What is at the end of a link counts.
pub(super) const MATCHING: &str = r#"# The files in this folder that a pattern matches, sorted.
matching() {
  find . -path ./.git -prune -o ! -type d -exec test -f {} ';' -print | sed 's,^\./,,' | LC_ALL=C sort |
    LC_ALL=C grep -E "$1" || [ $? -eq 1 ]
}"#;

/// A pattern as a word that is an extended regular expression of whole lines, for bytes.
pub(super) fn regex(pattern: &str) -> String {
    // A character of UTF-8: where lines are bytes, one alone would stand for a part of it.
    const ANY: &str = r"([ -.0-~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf][\x80-\xbf][\x80-\xbf])";
    let pieces = pieces(pattern);
    let bytes = pieces.contains(&Piece::Any);
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(it) if r".[]{}()\*+?|^$".contains(it) => {
                text.push_str(if bytes { r"\\" } else { r"\" });
                text.push(it);
            }
            Piece::Plain('\'') if bytes => text.push_str(r"\'"),
            Piece::Plain(it) => text.push(it),
            Piece::Any => text.push_str(ANY),
            Piece::Name => text.push_str("[^/]*"),
            Piece::Folders => text.push_str("([^/]+/)*"),
            Piece::Below => text.push_str(".+"),
        }
    }
    if bytes { format!("$'^{text}$'") } else { word(&format!("^{text}$")) }
}

/// The lines that count what a field's pattern matches in the working folder; `what` names the field
/// and `job` who wrote it, `lacking`: there may be nothing. `executable`: each has to be.
pub(super) fn counted(
    field: &Field,
    matches: Matches,
    what: &str,
    job: &str,
    lacking: bool,
    executable: bool,
) -> Vec<String> {
    let pattern = &field.path;
    let anything = (lacking && matches != Matches::One) || matches == Matches::Any;
    if anything && !executable {
        return Vec::new();
    }
    let mut lines = vec![format!("found=$(matching {})", regex(pattern))];
    if !lacking && matches != Matches::Any {
        let none = message(&format!("{what}: job {job} wrote no file {pattern}"));
        lines.push(format!("[ -n \"$found\" ] || fail {none}"));
    }
    if matches == Matches::One {
        let several = message(&format!("{what}: job {job} wrote more than one file {pattern}"));
        lines.push(format!("[ \"$(echo \"$found\" | wc -l)\" -eq 1 ] || fail {several}"));
    }
    if executable {
        let wrong = message(&format!("{what}: a file {pattern} of job {job} is not executable"));
        let test = format!("[ -z \"$path\" ] || [ -x \"$path\" ] || fail {wrong}");
        lines.push(format!("echo \"$found\" | while IFS= read -r path; do {test}; done"));
    }
    lines
}

/// The line that copies what a pattern matches in the working folder to the folder `to`, a word,
/// below which it has the same path.
pub(super) fn copied(pattern: &str, to: &str) -> String {
    let folders =
        if pattern.contains('/') { format!("mkdir -p {to}/\"$(dirname \"./$path\")\"; ") } else { String::new() };
    format!("matching {} | while IFS= read -r path; do {folders}cp \"./$path\" {to}/\"$path\"; done", regex(pattern))
}

/// The line that makes what a pattern matches in the working folder executable.
pub(super) fn executable(pattern: &str) -> String {
    format!("matching {} | while IFS= read -r path; do chmod +x \"./$path\"; done", regex(pattern))
}

/// Files that go to where a field with a pattern lies.
#[derive(Clone, Copy, Debug)]
pub struct Collected<'a> {
    /// The folder that they are looked for in: a word of the shell.
    pub folder: &'a str,
    /// The pattern, relative to it.
    pub pattern: &'a str,
    /// The field.
    pub field: &'a Field,
    /// The output, and the field's name in it.
    pub what: &'a str,
    /// Where its pattern's folders lie, below the job's private folder.
    pub to: &'a str,
}

/// The script that copies them there. A field whose pattern has no folders takes the files without
/// theirs.
pub fn collected(host: Host, it: &Collected<'_>) -> String {
    let (below, pattern) = split(it.pattern);
    let folder = match below {
        "" => it.folder.to_owned(),
        below if it.folder == "." => relative(below),
        below => format!("{}/{}", it.folder, word(below)),
    };
    let to = host.path(it.to);
    let mut lines = vec![host.fail(), MATCHING.to_owned(), String::new()];
    lines.push(format!("found=$(if [ -d {folder} ]; then cd {folder}; matching {}; fi)", regex(pattern)));
    let matches = it.field.matches.unwrap_or(Matches::One);
    if matches != Matches::Any && !it.field.optional {
        let none = message(&format!("{}: no file {} was found", it.what, it.pattern));
        lines.push(format!("[ -n \"$found\" ] || fail {none}"));
    }
    if matches == Matches::One {
        let several = message(&format!("{}: more than one file {} was found", it.what, it.pattern));
        lines.push(format!("[ \"$(echo \"$found\" | wc -l)\" -eq 1 ] || fail {several}"));
    }
    lines.push(format!("to={to}"));
    lines.push("echo \"$found\" | while IFS= read -r path; do".to_owned());
    lines.push("  [ -n \"$path\" ] || continue".to_owned());
    if split(&it.field.path).1.contains('/') {
        lines.push("  new=$to/$path".to_owned());
        lines.push("  mkdir -p \"$(dirname \"$new\")\"".to_owned());
    } else {
        lines.push("  new=$to/${path##*/}".to_owned());
    }
    let twice = message(&format!("{}: more than one file is called", it.what));
    let twice = twice.trim_end_matches('"');
    lines.push(format!("  [ ! -e \"$new\" ] || fail {twice} ${{new##*/}}\""));
    lines.push(format!("  cp {folder}/\"$path\" \"$new\""));
    // What was consumed is read-only.
    lines.push(format!("  chmod u+w{} \"$new\"", if it.field.kind == FieldKind::Exec { ",+x" } else { "" }));
    lines.push("done".to_owned());
    lines.join("\n")
}
