//! From the bytes that a process writes to lines that may be shown: cut at line breaks, secrets
//! masked, whatever the bytes are.
//!
//! It refuses to know where the lines go.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

/// A line longer than this is handed on in pieces.
const LONGEST: usize = 16 * 1024;
/// What stands for a secret.
const MASK: &[u8] = b"***";
/// Single lines of a secret shorter than this say nothing about it and are not masked by themselves.
const SHORTEST_PART: usize = 4;

/// The secrets of a run.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    finder: Option<AhoCorasick>,
    longest: usize,
}

impl Masks {
    /// Masks each secret, and each line of those that have several.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let mut patterns: Vec<&str> = Vec::new();
        for secret in secrets {
            patterns.push(secret);
            patterns.extend(secret.lines().map(str::trim).filter(|it| it.len() >= SHORTEST_PART));
        }
        patterns.retain(|it| !it.is_empty());
        if patterns.is_empty() {
            return Self::default();
        }
        let longest = patterns.iter().map(|it| it.len()).max().unwrap_or(0);
        // It can only fail for more secrets than fit into memory.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).ok();
        Self { finder, longest }
    }

    /// The bytes with each secret masked.
    pub(crate) fn apply<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.finder {
            Some(finder) if finder.is_match(bytes) => {
                let mut masked = Vec::with_capacity(bytes.len());
                finder.replace_all_with_bytes(bytes, &mut masked, |_, _, masked| {
                    masked.extend_from_slice(MASK);
                    true
                });
                masked.into()
            }
            _ => bytes.into(),
        }
    }

    /// The text with each secret masked.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.apply(text.as_bytes())).into_owned()
    }

    /// The last place up to `limit` where the bytes may be cut without cutting a secret.
    fn cut(&self, bytes: &[u8], limit: usize) -> usize {
        let secrets = self.finder.iter().flat_map(|finder| finder.find_iter(bytes));
        let mut cut = limit;
        for secret in secrets.take_while(|it| it.start() < limit) {
            cut = cut.max(secret.end());
        }
        // Not inside a character either, as far as there are any.
        let inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
        (cut.saturating_sub(3)..=cut).rev().find(|at| !inside(*at)).filter(|_| cut == limit).unwrap_or(cut)
    }
}

/// A piece of output: one line, or a part of one that is too long.
pub(crate) struct Piece<'a> {
    /// Without the line break; secrets are masked.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The next piece belongs to the same line.
    pub(crate) continues: bool,
}

/// Collects the bytes of one stream.
#[derive(Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes what was written, and hands on what is complete.
    pub(crate) fn push(&mut self, bytes: &[u8], masks: &Masks, mut emit: impl FnMut(Piece<'_>)) {
        self.pending.extend_from_slice(bytes);
        let mut rest: &[u8] = &self.pending;
        // Only the new bytes can hold a line break that was not seen.
        while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(at);
            Self::line(line.strip_suffix(b"\r").unwrap_or(line), masks, &mut emit);
            rest = after.get(1..).unwrap_or_default();
        }
        // As much is held back as a secret may be long that has only begun.
        while rest.len() > LONGEST + masks.longest {
            let (piece, after) = rest.split_at_checked(masks.cut(rest, LONGEST)).unwrap_or((rest, &[]));
            emit(Piece { bytes: masks.apply(piece), continues: true });
            rest = after;
        }
        self.pending = rest.to_vec();
    }

    /// Hands on a last line that was not ended.
    pub(crate) fn finish(&mut self, masks: &Masks, mut emit: impl FnMut(Piece<'_>)) {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            Self::line(&rest, masks, &mut emit);
        }
    }

    fn line(mut line: &[u8], masks: &Masks, emit: &mut impl FnMut(Piece<'_>)) {
        while line.len() > LONGEST {
            let (piece, after) = line.split_at_checked(masks.cut(line, LONGEST)).unwrap_or((line, &[]));
            if after.is_empty() {
                break;
            }
            emit(Piece { bytes: masks.apply(piece), continues: true });
            line = after;
        }
        emit(Piece { bytes: masks.apply(line), continues: false });
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Lines, Masks};

    /// Feeds `chunks`; pieces come out as text, unfinished ones with a `…`.
    fn lines(secrets: &[&str], chunks: &[&[u8]]) -> Vec<String> {
        let secrets: Vec<String> = secrets.iter().map(|it| (*it).to_owned()).collect();
        let masks = Masks::new(&secrets);
        let mut found = Vec::new();
        let mut lines = Lines::default();
        for chunk in chunks {
            lines.push(chunk, &masks, |it| found.push((it.bytes.into_owned(), it.continues)));
        }
        lines.finish(&masks, |it| found.push((it.bytes.into_owned(), it.continues)));
        let show = |(bytes, continues): (Vec<u8>, bool)| {
            format!("{}{}", String::from_utf8_lossy(&bytes), if continues { "…" } else { "" })
        };
        found.into_iter().map(show).collect()
    }

    #[test]
    fn cuts_at_line_breaks() {
        assert_eq!(lines(&[], &[b"a", b"b\nc\r\n\n", b"last"]), ["ab", "c", "", "last"]);
        assert_eq!(lines(&[], &[b"\xff\xfe\n"]), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn masks_secrets() {
        assert_eq!(lines(&["hush"], &[b"say hu", b"sh, hush\n"]), ["say ***, ***"]);
        assert_eq!(lines(&["ab", "abcd"], &[b"abcde\n"]), ["***e"]);
        assert_eq!(lines(&["first\nsecond"], &[b"first\nsecond\n"]), ["***", "***"]);
    }

    #[test]
    fn long_lines_come_in_pieces_that_cut_neither_secrets_nor_characters() {
        let mut line = vec![b'x'; LONGEST - 2];
        line.extend(b"secret");
        line.extend("ä".repeat(LONGEST).bytes());
        let whole = line.iter().map(|byte| [*byte]).collect::<Vec<_>>();
        let bytewise: Vec<&[u8]> = whole.iter().map(|it| it.as_slice()).collect();
        for chunks in [bytewise.as_slice(), &[line.as_slice()], &[&[line.as_slice(), b"\n"].concat()]] {
            let pieces = lines(&["secret"], chunks);
            assert!(pieces.len() > 2 && pieces.iter().all(|it| !it.contains('\u{fffd}')));
            let joined = pieces.iter().map(|it| it.trim_end_matches('…')).collect::<String>();
            assert_eq!(joined, format!("{}***{}", "x".repeat(LONGEST - 2), "ä".repeat(LONGEST)));
        }
    }
}
