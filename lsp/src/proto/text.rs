//! Positions, ranges and edits of texts.

use flow_analysis::line_index::LineIndex;
use flow_syntax::Span;
use tower_lsp::ls_types::{Position, Range, TextDocumentContentChangeEvent};

use crate::ide::text::{Encoding, Lines, Point, replace};

/// A position of the client.
pub(crate) const fn to_point(position: Position) -> Point {
    Point { line: position.line, column: position.character }
}

/// A range for the client.
pub(crate) fn to_range(lines: &Lines<'_>, span: Span) -> Range {
    let position = |offset| {
        let point = lines.point(offset);
        Position::new(point.line, point.column)
    };
    Range::new(position(span.start), position(span.end))
}

/// A text after the edits of one change, each of which counts from the result of the one before.
pub(crate) fn apply(text: &str, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> String {
    changes.into_iter().fold(text.to_owned(), |text, change| match change.range {
        None => change.text,
        Some(range) => {
            let index = LineIndex::new(&text);
            let span = Lines::new(&text, &index, encoding).span(to_point(range.start), to_point(range.end));
            replace(&text, span, &change.text)
        }
    })
}
