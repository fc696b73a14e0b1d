//! Findings for people and programs. With the language server's conversions the only place that
//! renders them.

use std::fmt::Write as _;
use std::io::{self, Write};

use ariadne::{Color, Config, Label, Report, ReportKind, Source};
use flow_analysis::diagnostics::line_index;
use flow_analysis::{Database, File, FileSpan};
use flow_syntax::{Diagnostic, Severity};
use serde_json::json;

use crate::args::ReportFormat;

/// Prints findings, the last line a count of them for people.
pub(crate) fn print(
    out: &mut dyn Write,
    db: &Database,
    findings: &[Diagnostic<FileSpan>],
    format: ReportFormat,
    color: bool,
) -> io::Result<()> {
    // Once per file: finding its lines costs as much as reading it.
    let mut sources = Sources::default();
    for finding in findings {
        match format {
            ReportFormat::Human => human(out, db, finding, color, &mut sources)?,
            ReportFormat::Json => writeln!(out, "{}", as_json(db, finding))?,
            ReportFormat::Github => writeln!(out, "{}", annotation(db, finding))?,
        }
    }
    Ok(())
}

/// `2 errors, 1 warning`, or nothing.
pub(crate) fn count(findings: &[Diagnostic<FileSpan>]) -> Option<String> {
    let errors = findings.iter().filter(|it| it.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => None,
        (errors, 0) => Some(plural(errors, "error")),
        (0, warnings) => Some(plural(warnings, "warning")),
        (errors, warnings) => Some(format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"))),
    }
}

fn text(db: &Database, file: File) -> &str {
    file.text(db).as_ref().map_or("", |text| text)
}

type Span = (String, std::ops::Range<usize>);

/// The place in characters, as ariadne counts by default; its counting in bytes mixes the two.
fn span(db: &Database, place: FileSpan) -> Span {
    let text = text(db, place.file);
    let covered = place.span.text(text);
    let start = flow_syntax::Span::new(0, place.span.start).text(text).chars().count();
    // A line break at the end would draw an arrow to the next line.
    let length = covered.trim_end().chars().count();
    (place.file.path(db).to_string(), start..start + length)
}

fn human(
    out: &mut dyn Write,
    db: &Database,
    finding: &Diagnostic<FileSpan>,
    color: bool,
    sources: &mut Sources,
) -> io::Result<()> {
    let (kind, tint) = match finding.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    let primary = finding.primary.place;
    let mut report = Report::build(kind, span(db, primary))
        .with_config(Config::default().with_color(color).with_tab_width(4))
        .with_code(finding.code.id())
        .with_message(&finding.headline);
    let message = if finding.primary.message.is_empty() { "here" } else { &finding.primary.message };
    let mut labels = vec![(primary, message, tint)];
    labels.extend(finding.related.iter().map(|it| (it.place, it.message.as_str(), Color::Blue)));
    // In the order of the source, so that places of one file stand in one frame, the primary file first.
    labels.sort_by_key(|(place, ..)| (place.file != primary.file, place.file.path(db).clone(), place.span));
    for (place, message, color) in &labels {
        report.add_label(Label::new(span(db, *place)).with_message(message).with_color(*color));
    }
    for note in &finding.notes {
        report.add_note(note);
    }
    if let Some(help) = &finding.help {
        report.add_help(help);
    }
    for (place, ..) in &labels {
        let name = place.file.path(db);
        if !sources.0.contains_key(name.as_str()) {
            sources.0.insert(name.to_string(), Source::from(text(db, place.file).to_owned()));
        }
    }
    report.finish().write(&mut *sources, &mut *out)?;
    writeln!(out)
}

/// The texts that reports quote.
#[derive(Default)]
struct Sources(std::collections::HashMap<String, Source<String>>);

impl ariadne::Cache<String> for &mut Sources {
    type Storage = String;

    fn fetch(&mut self, id: &String) -> Result<&Source<String>, impl std::fmt::Debug> {
        self.0.get(id).ok_or_else(|| format!("no file {id}"))
    }

    fn display<'a>(&self, id: &'a String) -> Option<impl std::fmt::Display + 'a> {
        Some(id.clone())
    }
}

/// Line and column from 1, the column in characters.
fn position(db: &Database, place: FileSpan) -> (u32, usize) {
    let (line, start) = line_index(db, place.file).line(place.span.start);
    let before = flow_syntax::Span::new(start, place.span.start).text(text(db, place.file));
    (line + 1, before.chars().count() + 1)
}

fn as_json(db: &Database, finding: &Diagnostic<FileSpan>) -> serde_json::Value {
    let place = |place: FileSpan, message: &str| {
        let (line, column) = position(db, place);
        let end = FileSpan { span: flow_syntax::Span::empty(place.span.end), ..place };
        let (end_line, end_column) = position(db, end);
        json!({
            "file": place.file.path(db).as_str(),
            "line": line, "column": column, "end_line": end_line, "end_column": end_column,
            "start": place.span.start, "end": place.span.end,
            "message": message,
        })
    };
    json!({
        "code": finding.code.id(),
        "severity": match finding.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "headline": finding.headline,
        "primary": place(finding.primary.place, &finding.primary.message),
        "related": finding.related.iter().map(|it| place(it.place, &it.message)).collect::<Vec<_>>(),
        "notes": finding.notes,
        "help": finding.help,
        "fix": finding.fix.as_ref().map(|fix| json!({
            "title": fix.title,
            "edits": fix.edits.iter().map(|edit| place(edit.place, &edit.text)).collect::<Vec<_>>(),
        })),
    })
}

/// A workflow command: documentation of GitHub Actions, "Workflow commands", has the escapes.
fn annotation(db: &Database, finding: &Diagnostic<FileSpan>) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let (line, column) = position(db, finding.primary.place);
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut message = finding.headline.clone();
    for extra in finding.notes.iter().chain(&finding.help) {
        let _ = write!(message, "\n{extra}");
    }
    format!(
        "::{command} file={},line={line},col={column},title={}::{}",
        property(finding.primary.place.file.path(db)),
        property(finding.code.id()),
        data(&message)
    )
}
