//! Lines and columns as editors count them, over texts that the compiler counts in bytes. Every
//! place is accepted: what lies beyond a line or the text means its end.

use flow_analysis::line_index::LineIndex;
use flow_syntax::Span;

/// In which units columns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units.
    #[default]
    Utf16,
}

/// A line and a column, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// The line.
    pub(crate) line: u32,
    /// The column, in units of an [`Encoding`].
    pub(crate) column: u32,
}

/// A text with its lines, and how its columns are counted.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    index: &'a LineIndex,
    encoding: Encoding,
}

impl<'a> Lines<'a> {
    /// `index` is that of `text`.
    pub(crate) const fn new(text: &'a str, index: &'a LineIndex, encoding: Encoding) -> Self {
        Self { text, index, encoding }
    }

    /// Where the byte at `offset` stands.
    pub(crate) fn point(&self, offset: u32) -> Point {
        let offset = floor(self.text, offset as usize);
        let (line, start) = self.index.line(narrow(offset));
        let before = self.text.get(start as usize..offset).unwrap_or_default();
        let column = match self.encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        Point { line, column: narrow(column) }
    }

    /// The byte at a line and column.
    pub(crate) fn offset(&self, point: Point) -> u32 {
        let Some(start) = self.index.start(point.line) else { return narrow(self.text.len()) };
        let rest = self.text.get(start as usize..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let column = point.column as usize;
        let within = match self.encoding {
            Encoding::Utf8 => floor(line, column),
            Encoding::Utf16 => {
                let mut units = 0;
                let inside = |(_, char): &(usize, char)| {
                    units += char.len_utf16();
                    units > column
                };
                line.char_indices().find(inside).map_or(line.len(), |(at, _)| at)
            }
        };
        start.saturating_add(narrow(within))
    }

    /// The bytes between two points, whichever comes first.
    pub(crate) fn span(&self, a: Point, b: Point) -> Span {
        let (a, b) = (self.offset(a), self.offset(b));
        Span::new(a.min(b), a.max(b))
    }
}

/// `text` with `with` in the place of what stands at `span`.
pub(crate) fn replace(text: &str, span: Span, with: &str) -> String {
    let before = text.get(..span.start as usize).unwrap_or(text);
    let after = text.get(span.end as usize..).unwrap_or_default();
    [before, with, after].concat()
}

/// The last character boundary at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "aä😀b\r\n\nlast";

    fn check(encoding: Encoding, columns: &[(u32, u32, u32)]) {
        let index = LineIndex::new(TEXT);
        let lines = Lines::new(TEXT, &index, encoding);
        for &(offset, line, column) in columns {
            assert_eq!(lines.point(offset), Point { line, column }, "point of {offset}");
            assert_eq!(lines.offset(Point { line, column }), offset, "offset of {line}:{column}");
        }
    }

    #[test]
    fn columns_in_bytes() {
        check(Encoding::Utf8, &[(0, 0, 0), (1, 0, 1), (3, 0, 3), (7, 0, 7), (8, 0, 8), (10, 1, 0), (15, 2, 4)]);
    }

    #[test]
    fn columns_in_utf16_units() {
        check(Encoding::Utf16, &[(0, 0, 0), (1, 0, 1), (3, 0, 2), (7, 0, 4), (8, 0, 5), (10, 1, 0), (15, 2, 4)]);
    }

    #[test]
    fn places_that_do_not_exist_mean_the_nearest_before_them() {
        let index = LineIndex::new(TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::new(TEXT, &index, encoding);
            assert_eq!(lines.offset(Point { line: 0, column: 99 }), 8, "end of the line, before its break");
            assert_eq!(lines.offset(Point { line: 99, column: 0 }), 15);
            assert_eq!(lines.offset(Point { line: u32::MAX, column: u32::MAX }), 15);
            assert_eq!(lines.point(u32::MAX), Point { line: 2, column: 4 });
        }
        let utf16 = Lines::new(TEXT, &index, Encoding::Utf16);
        assert_eq!(utf16.offset(Point { line: 0, column: 3 }), 3, "between the halves of a surrogate pair");
        let utf8 = Lines::new(TEXT, &index, Encoding::Utf8);
        assert_eq!(utf8.offset(Point { line: 0, column: 5 }), 3, "inside a character");
        assert_eq!(utf8.point(5), Point { line: 0, column: 3 });
    }

    #[test]
    fn replaces() {
        assert_eq!(replace("abc", Span::new(1, 2), "xyz"), "axyzc");
        assert_eq!(replace("abc", Span::empty(3), "d"), "abcd");
        assert_eq!(replace("", Span::empty(0), "d"), "d");
    }
}
