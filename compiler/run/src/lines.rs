//! From the bytes that a process writes to lines that may be shown: cut at line breaks, secrets
//! masked, whatever the bytes are.
//!
//! It refuses to know where the lines go.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};

/// A line longer than this is handed on in pieces.
const LONGEST: usize = 16 * 1024;
/// What stands for a secret.
const MASK: &[u8] = b"***";
/// Single lines of a secret shorter than this say nothing about it and are not masked by themselves.
const SHORTEST_PART: usize = 4;

/// The secrets of a run, those that it makes on its way included.
#[derive(Debug, Default)]
pub(crate) struct Masks(RwLock<Arc<Patterns>>);

/// What is masked.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    texts: BTreeSet<String>,
    finder: Option<AhoCorasick>,
    longest: usize,
}

impl Masks {
    /// Masks each secret.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let masks = Self::default();
        masks.add(secrets);
        masks
    }

    /// From now on masks these too: as a whole, each line of those that have several, and what `base64` makes
    /// of them, wherever they stand in what is encoded.
    pub(crate) fn add<'a>(&self, secrets: impl IntoIterator<Item = &'a String>) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut texts = current.texts.clone();
        for secret in secrets {
            texts.insert(secret.clone());
            texts.extend(secret.lines().map(str::trim).filter(|it| it.len() >= SHORTEST_PART).map(str::to_owned));
            texts.extend(base64(secret.as_bytes()));
        }
        texts.remove("");
        if texts.is_empty() {
            return;
        }
        let longest = texts.iter().map(String::len).max().unwrap_or(0);
        // It can only fail for more secrets than fit into memory.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts).ok();
        *current = Arc::new(Patterns { texts, finder, longest });
    }

    /// As they are now.
    pub(crate) fn now(&self) -> Arc<Patterns> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text with each secret masked.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.now().apply(text.as_bytes())).into_owned()
    }
}

/// What of the base64 forms of a text that holds `bytes` depends on these alone: one for each way in which
/// groups of three bytes can fall.
fn base64(bytes: &[u8]) -> Vec<String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut forms = Vec::new();
    for start in 0..3 {
        let whole = bytes.get(start..).unwrap_or_default().chunks_exact(3);
        let mut form = String::new();
        for group in whole {
            let bits = group.iter().fold(0, |bits: usize, byte| bits << 8 | usize::from(*byte));
            form.extend([18, 12, 6, 0].map(|by| DIGITS.get(bits >> by & 63).map_or(' ', |it| char::from(*it))));
        }
        if form.len() >= 2 * SHORTEST_PART {
            let safe = form.replace('+', "-").replace('/', "_");
            forms.extend([form, safe]);
        }
    }
    forms
}

impl Patterns {
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
    pub(crate) fn push(&mut self, bytes: &[u8], masks: &Patterns, mut emit: impl FnMut(Piece<'_>)) {
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
    pub(crate) fn finish(&mut self, masks: &Patterns, mut emit: impl FnMut(Piece<'_>)) {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            Self::line(&rest, masks, &mut emit);
        }
    }

    fn line(mut line: &[u8], masks: &Patterns, emit: &mut impl FnMut(Piece<'_>)) {
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
            lines.push(chunk, &masks.now(), |it| found.push((it.bytes.into_owned(), it.continues)));
        }
        lines.finish(&masks.now(), |it| found.push((it.bytes.into_owned(), it.continues)));
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
        // `hush-hush-hush` through base64, at each of the places where a group of three bytes can begin.
        for encoded in
            ["aHVzaC1odXNoLWh1c2g=", "eDpodXNoLWh1c2gtaHVzaA==", "eHk6aHVzaC1odXNoLWh1c2g=", "eGh1c2gtaHVzaC1odXNo"]
        {
            let found = lines(&["hush-hush-hush"], &[encoded.as_bytes(), b"\n"]).concat();
            assert!(found.contains("***") && found.len() <= 14, "{found}");
        }
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
