//! The header of an emitted file: where it comes from, how to make it again, and a stamp by which
//! one sees that somebody edited it. The commits of pins are left out of the stamp: update bots change
//! them, and that is no edit by hand.

use std::borrow::Cow;
use std::fmt::Write as _;

use flow_plan::model::Plan;
use sha2::{Digest, Sha256};

use crate::Options;
use crate::yaml::{Map, print};

/// The whole text: header, stamp, document. The stamp covers everything but the header.
pub(crate) fn stamped(plan: &Plan, options: &Options, notes: &[String], root: &Map) -> String {
    let body = print(&[], root);
    let mut header = vec![
        format!("{MADE}{} by `{}`.", plan.source, options.command),
        "Edit the source, not this file: the next run of that command overwrites it.".to_owned(),
    ];
    header.extend(notes.iter().cloned());
    header.push(format!("{STAMP}{}", digest(&body)));
    format!("{}{body}", print(&header, &Map::new()))
}

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `flowc`, and nobody has changed more than commits of pins.
    Emitted,
    /// `flowc`, and somebody has changed it.
    Edited,
    /// Somebody else.
    Foreign,
}

/// Who wrote a file that lies where one is to be emitted.
pub fn origin(text: &str) -> Origin {
    let text = plain(text);
    let header = text.lines().take_while(|line| line.starts_with('#'));
    let Some(stamp) = header.filter_map(|line| line.trim_start_matches(['#', ' ']).strip_prefix(STAMP)).last() else {
        return Origin::Foreign;
    };
    let body = text.split_once(stamp).map_or("", |(_, rest)| rest.trim_start_matches('\n'));
    if text.starts_with(&format!("# {MADE}")) && digest(body) == stamp.trim() {
        Origin::Emitted
    } else {
        Origin::Edited
    }
}

/// What the header of an emitted file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The program, relative to the project's folder.
    pub source: String,
    /// The command that made it.
    pub command: String,
}

/// What the header says; nothing if there is none of ours.
pub fn made(text: &str) -> Option<Made> {
    let line = text.lines().next()?.trim_end().strip_prefix("# ")?.strip_prefix(MADE)?;
    let (source, command) = line.strip_suffix("`.")?.rsplit_once(" by `")?;
    Some(Made { source: source.to_owned(), command: command.to_owned() })
}

/// The text with the line breaks that it was emitted with: git may have made others of them.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// A pin as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PinLine {
    /// What is pinned, without a version: `owner/repo/path`, `docker://image`.
    pub action: String,
    /// The commit, or the digest of an image.
    pub commit: String,
    /// The comment beside it.
    pub version: Option<String>,
}

/// All pins of a file, in its order.
pub fn pin_lines(text: &str) -> Vec<PinLine> {
    text.lines().filter_map(|line| pin(line).map(|(_, it)| it)).collect()
}

/// The pin in a line, and where the commit begins.
fn pin(line: &str) -> Option<(usize, PinLine)> {
    let line = line.trim_end();
    let begin = line.trim_start();
    let value = begin.strip_prefix("- ").unwrap_or(begin).strip_prefix(USES)?.trim_start();
    let (uses, version) = value.split_once(" #").map_or((value, None), |(uses, it)| (uses.trim_end(), Some(it.trim())));
    let (action, commit) = uses.rsplit_once('@')?;
    let digest = commit.strip_prefix("sha256:").map_or(commit.len() == 40, |it| it.len() == 64);
    let hex = commit.trim_start_matches("sha256:").bytes().all(|it| it.is_ascii_hexdigit());
    let at = line.len() - value.len() + action.len();
    (digest && hex && !action.contains(char::is_whitespace)).then(|| {
        (at, PinLine { action: action.to_owned(), commit: commit.to_owned(), version: version.map(str::to_owned) })
    })
}

/// The text with each pin cut off after what it pins, in pieces.
fn without_pins(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(found) = rest.find(USES) {
        let start = rest.get(..found).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let end = rest.get(found..).and_then(|after| after.find('\n')).map_or(rest.len(), |at| found + at);
        let line = rest.get(start..end).unwrap_or_default();
        let kept = pin(line).map_or(line.len(), |(at, _)| at);
        pieces.extend(rest.get(..start + kept));
        rest = rest.get(end..).unwrap_or_default();
    }
    pieces.push(rest);
    pieces
}

/// What stands before a pin.
const USES: &str = "uses: ";

/// What an emitted file begins with.
const MADE: &str = "Made from ";

/// What stands before the digest in the header's last line.
const STAMP: &str = "Content: sha256:";

/// The first half of the SHA-256 of the text without its pins, in hexadecimal: long enough to see a
/// change.
fn digest(text: &str) -> String {
    let mut sha = Sha256::new();
    without_pins(text).into_iter().for_each(|piece| sha.update(piece));
    let mut out = String::new();
    for byte in sha.finalize().iter().take(16) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{PinLine, pin_lines, without_pins};

    const OLD: &str = "    steps:\n      - uses: a/b/c@0123456789abcdef0123456789abcdef01234567 # v1.2.3\n";

    #[test]
    fn pins_are_found() {
        let found = pin_lines(OLD);
        let commit = "0123456789abcdef0123456789abcdef01234567".to_owned();
        assert_eq!(found, [PinLine { action: "a/b/c".into(), commit, version: Some("v1.2.3".into()) }]);
        for none in ["uses: a/b@v1", "run: uses a/b@0123456789abcdef0123456789abcdef01234567", "uses: ./x"] {
            assert_eq!(pin_lines(none), [], "{none}");
        }
        let image = format!("  uses: docker://r:5000/i@sha256:{}", "0a".repeat(32));
        assert_eq!(pin_lines(&image).first().map(|it| it.action.as_str()), Some("docker://r:5000/i"));
    }

    #[test]
    fn only_pins_may_differ() {
        let bumped = OLD.replace("0123456789abcdef", "fedcba9876543210").replace("v1.2.3", "v2.0.0");
        let differ = |other: &str| without_pins(OLD).concat() != without_pins(other).concat();
        assert!(!differ(&bumped));
        assert!(differ(&OLD.replace("a/b/c", "a/b/d")));
        assert!(differ(&OLD.replace("steps", "stages")));
        assert!(differ(&OLD.replace("0123456789abcdef0123456789abcdef01234567", "main")));
    }
}
