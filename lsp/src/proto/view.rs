//! A program at one moment, with all that is needed to speak of it to the client.

use flow_analysis::diagnostics::line_index;
use flow_analysis::{Database, File, FileSpan};
use flow_syntax::Span;
use tower_lsp::ls_types::{Location, Range};

use super::capabilities::Client;
use super::text::{to_point, to_range};
use super::uri::{Address, Addresses};
use crate::ide::text::Lines;

/// A program at one moment. It holds up every change of the database, so it goes straight to the
/// thread that reads it and lives no longer than the answer takes.
pub(crate) struct View {
    /// The program.
    pub(crate) db: Database,
    /// What its files are called.
    pub(crate) addresses: Addresses,
    /// What the client understands.
    pub(crate) client: Client,
}

impl View {
    /// The address of a file; none for those that no client can open.
    pub(crate) fn address(&self, file: File) -> Option<Address> {
        let path = file.path(&self.db);
        // A file of the standard library may be named like one of the project.
        (self.db.file(path) == Some(file)).then(|| self.addresses.of(path)).flatten()
    }

    /// A place in a file.
    pub(crate) fn location(&self, place: FileSpan) -> Option<Location> {
        Some(Location::new(self.address(place.file)?.uri, self.range(place)))
    }

    /// A place within its file.
    pub(crate) fn range(&self, place: FileSpan) -> Range {
        to_range(&self.lines(place.file), place.span)
    }

    /// A range of a file, as the client sees it.
    pub(crate) fn span(&self, file: File, range: Range) -> Span {
        self.lines(file).span(to_point(range.start), to_point(range.end))
    }

    fn lines(&self, file: File) -> Lines<'_> {
        let text = file.text(&self.db).as_ref().map_or("", |text| text);
        Lines::new(text, line_index(&self.db, file), self.client.encoding)
    }
}
