//! What is wrong with a program, and which edits resolve it. How that is shown is for others.

use flow_analysis::{Database, File, FileSpan, diagnostics};
use flow_syntax::{Diagnostic, Span};

/// A finding at its place in a file.
pub(crate) type Found = Diagnostic<FileSpan>;

/// The findings of every file of the project, by path.
pub(crate) fn of_project(db: &Database) -> Vec<(File, Vec<Found>)> {
    db.files().values().map(|file| (*file, diagnostics(db, *file))).collect()
}

/// The findings of a file that touch `span` and have a fix.
pub(crate) fn fixable(db: &Database, file: File, span: Span) -> Vec<Found> {
    let mut found = diagnostics(db, file);
    found.retain(|it| {
        let place = it.primary.place;
        it.fix.is_some() && place.file == file && place.span.start <= span.end && span.start <= place.span.end
    });
    found
}
