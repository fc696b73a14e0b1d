//! Places: relative to an item while a program is checked, in a file when findings are shown.

use flow_syntax::{Diagnostic, Span};

use crate::db::{Db, Def, File, placements};

/// A place in an item.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The item.
    pub def: Def,
    /// Relative to the item.
    pub span: Span,
}

/// A place in a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileSpan {
    /// The file.
    pub file: File,
    /// Relative to the file.
    pub span: Span,
}

/// What a check finds.
pub type Finding = Diagnostic<Place>;

impl Place {
    /// A place in an item.
    pub const fn new(def: Def, span: Span) -> Self {
        Self { def, span }
    }

    /// Where it is now.
    pub fn in_file(self, db: &dyn Db) -> FileSpan {
        let file = self.def.file(db);
        let start = placements(db, file).get(&self.def).map_or(0, |placed| placed.start);
        FileSpan { file, span: self.span.shift(start) }
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.span.fmt(f)
    }
}
