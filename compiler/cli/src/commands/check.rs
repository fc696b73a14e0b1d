//! `flowc check`.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use flow_analysis::{FileSpan, diagnostics};
use flow_plan::elaborate;
use flow_syntax::{Diagnostic, Severity};

use super::{FINE, FOUND, WRONG_USE, why_not_a_program};
use crate::args::{CheckArgs, ReportFormat};
use crate::parallel;
use crate::project::Project;
use crate::report;
use crate::terminal::Terminal;

/// Errors and warnings of a project: of its files, and where these have no errors, of its pipelines
/// for each backend.
pub(crate) fn findings(project: &Project) -> (Vec<Diagnostic<FileSpan>>, Vec<Diagnostic<FileSpan>>) {
    let db = &project.db;
    let mut all: Vec<_> = db.files().values().flat_map(|file| diagnostics(db, *file)).collect();
    if all.iter().all(|finding| finding.severity != Severity::Error) {
        let found = parallel::each(db, &elaborate::pipelines(db), |db, it| elaborate::findings(db, *it));
        for found in found {
            for finding in found.into_iter().map(|finding| finding.map(|place| place.in_file(db))) {
                if !all.contains(&finding) {
                    all.push(finding);
                }
            }
        }
    }
    all.into_iter().partition(|finding| finding.severity == Severity::Error)
}

pub(crate) fn main(args: &CheckArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let project = Project::load(start)?;
    let mut wanted = Vec::new();
    for file in &args.files {
        let full = start.join(file);
        let name = project.name_of(&full);
        let known = name.as_ref().is_some_and(|name| project.db.file(name).is_some());
        if !known {
            let why = why_not_a_program(&full).unwrap_or("does not belong to the project, or git ignores it");
            terminal.error(&format!("{} {why}", file.display()));
            return Ok(ExitCode::from(WRONG_USE));
        }
        wanted.extend(name);
    }
    let (mut all, warnings) = findings(&project);
    all.extend(warnings);
    if !wanted.is_empty() {
        all.retain(|finding| wanted.iter().any(|name| finding.primary.place.file.path(&project.db) == name));
    }
    let errors = all.iter().any(|finding| finding.severity == Severity::Error);
    match args.format {
        ReportFormat::Human => {
            terminal.findings(&project.db, &all);
            if all.is_empty() {
                let files = project.db.files().len();
                match files {
                    0 => terminal.say(&format!("no .flow files in {}", project.root.display())),
                    1 => terminal.say("1 file, no findings"),
                    files => terminal.say(&format!("{files} files, no findings")),
                }
            }
        }
        format => report::print(&mut io::stdout().lock(), &project.db, &all, format, false)?,
    }
    Ok(ExitCode::from(if errors { FOUND } else { FINE }))
}
