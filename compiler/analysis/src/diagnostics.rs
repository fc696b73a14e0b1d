//! All findings of a file, joined with their places: the only reader of positions.

use std::sync::Arc;

use flow_syntax::{Code, Diagnostic, Severity, Span};
use rustc_hash::FxHashSet;

use crate::db::{Db, File, Unreadable, broken, defs, parse};
use crate::infer::findings;
use crate::line_index::LineIndex;
use crate::place::FileSpan;
use crate::scope::scope;

/// What is wrong with a file, in the order of the source.
pub fn diagnostics(db: &dyn Db, file: File) -> Vec<Diagnostic<FileSpan>> {
    joined(db, file).clone()
}

/// Runs again when the file or anything that its findings depend on changes; not for other files.
#[salsa::tracked(returns(ref))]
fn joined(db: &dyn Db, file: File) -> Vec<Diagnostic<FileSpan>> {
    if let Err(Unreadable::NotUtf8(at)) = file.text(db) {
        let place = FileSpan { file, span: Span::default() };
        return vec![
            Diagnostic::new(Code::NotUtf8, place, "the file is not UTF-8")
                .label(format!("byte {at} does not belong to a character"))
                .help("save it as UTF-8; every editor can"),
        ];
    }
    let syntax = parse(db, file).errors.iter().cloned().map(|error| error.map(|span| FileSpan { file, span }));
    let scope = scope(db, file).findings.iter().cloned();
    let checks = defs(db, file).iter().flat_map(|def| {
        let broken = broken(db, *def);
        let found = findings(db, *def);
        // What looks unused is often what a mistake was meant to use.
        let wrong = found.iter().any(|finding| finding.severity == Severity::Error);
        found.into_iter().filter(move |finding| {
            let unused = finding.severity == Severity::Warning;
            !(is_about_absence(finding.code) && (broken || wrong && unused))
        })
    });
    let twins = defs(db, file).iter().filter_map(|def| crate::pipelines::twin(db, *def));
    let mut all: Vec<_> = syntax.collect();
    // What is said of a line that cannot be read is a consequence of that.
    let lines = line_index(db, file);
    let unread: FxHashSet<u32> = all.iter().map(|error| lines.line(error.primary.place.span.start).0).collect();
    all.extend(
        scope
            .chain(checks)
            .chain(twins)
            .map(|finding| finding.map(|place| place.in_file(db)))
            .filter(|finding| !unread.contains(&lines.line(finding.primary.place.span.start).0)),
    );
    // What looks unused is often what a mistake was meant to use.
    if all.iter().all(|finding| finding.severity != Severity::Error) {
        all.extend(crate::unused::findings(db, file).into_iter().map(|it| it.map(|place| place.in_file(db))));
    }
    all.sort_by(|a, b| {
        let key = |it: &Diagnostic<FileSpan>| (it.primary.place.span, it.code);
        key(a).cmp(&key(b)).then_with(|| a.headline.cmp(&b.headline))
    });
    all.dedup();
    all
}

/// Whether a finding says that something is not there: nothing to say of text that cannot be read.
const fn is_about_absence(code: Code) -> bool {
    matches!(
        code,
        Code::NeverWritten
            | Code::WrittenSometimes
            | Code::UnusedLocal
            | Code::UnusedParameter
            | Code::NoRunner
            | Code::NoTrigger
            | Code::NoCalls
            | Code::NotExhaustive
            | Code::MissingPath
            | Code::MissingArgument
    )
}

/// The lines of a file.
#[salsa::tracked(returns(ref))]
pub fn line_index(db: &dyn Db, file: File) -> Arc<LineIndex> {
    Arc::new(LineIndex::new(file.text(db).as_ref().map_or("", |text| text)))
}
