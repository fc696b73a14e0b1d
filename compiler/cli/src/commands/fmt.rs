//! `flowc fmt`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use flow_analysis::{Database, FileSpan, Unreadable, diagnostics};

use super::{FINE, FOUND, WRONG_USE, why_not_a_program};
use crate::args::FmtArgs;
use crate::files;
use crate::project::Project;
use crate::terminal::Terminal;

/// What standard input is called in messages.
const STDIN: &str = "<stdin>";

/// What is to be formatted.
struct Sources {
    db: Database,
    /// In order, by name in the database, with the place of each; standard input has none.
    files: Vec<(String, Option<PathBuf>)>,
}

pub(crate) fn main(args: &FmtArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let stdin = args.stdin || args.files.iter().any(|it| it == Path::new("-"));
    if stdin && args.files.iter().any(|it| it != Path::new("-")) {
        terminal.error("either standard input is formatted, or files are");
        terminal.help("leave out `-`, or the files");
        return Ok(ExitCode::from(WRONG_USE));
    }
    let sources = if stdin {
        from_stdin()?
    } else if args.files.is_empty() {
        from_project(start)?
    } else {
        match from_files(&args.files, start, terminal)? {
            Ok(sources) => sources,
            Err(code) => return Ok(code),
        }
    };
    if sources.files.is_empty() {
        terminal.say(&format!("no .flow files in {}", start.display()));
    }
    format(&sources, args.check, terminal)
}

fn from_stdin() -> Result<Sources> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::from(text)),
        Err(error) => Err(Unreadable::NotUtf8(error.utf8_error().valid_up_to())),
    };
    let mut db = Database::default();
    db.set_files([(STDIN.into(), text)]);
    Ok(Sources { db, files: vec![(STDIN.to_owned(), None)] })
}

fn from_project(start: &Path) -> Result<Sources> {
    let Project { root, db, .. } = Project::load(start)?;
    let files = db.files().keys().map(|name| (name.to_string(), Some(root.join(name.as_str())))).collect();
    Ok(Sources { db, files })
}

fn from_files(named: &[PathBuf], start: &Path, terminal: &Terminal) -> Result<Result<Sources, ExitCode>> {
    let mut texts = Vec::new();
    let mut files = Vec::new();
    for file in named {
        let path = start.join(file);
        if let Some(why) = why_not_a_program(&path) {
            terminal.error(&format!("{} {why}", file.display()));
            return Ok(Err(ExitCode::from(WRONG_USE)));
        }
        let name = file.display().to_string();
        let text = flow_project::read(&path).with_context(|| format!("{name} cannot be read"))?;
        texts.push((name.as_str().into(), text));
        files.push((name, Some(path)));
    }
    let mut db = Database::default();
    db.set_files(texts);
    Ok(Ok(Sources { db, files }))
}

fn format(sources: &Sources, check: bool, terminal: &Terminal) -> Result<ExitCode> {
    let db = &sources.db;
    let mut errors = Vec::new();
    let (mut changed, mut failed) = (0, false);
    for (name, path) in &sources.files {
        let Some(file) = db.file(name) else { continue };
        let Ok(old) = file.text(db) else {
            errors.extend(diagnostics(db, file));
            continue;
        };
        let new = match flow_syntax::format(old) {
            Ok(new) => new,
            Err(found) => {
                errors.extend(found.into_iter().map(|error| error.map(|span| FileSpan { file, span })));
                continue;
            }
        };
        let differs = new != **old;
        changed += usize::from(differs);
        match path {
            _ if check && differs => terminal.output(&files::diff(name, old, &new, "as formatted"))?,
            _ if check => {}
            None => terminal.output(&new)?,
            Some(path) if differs => match files::write(path, &new) {
                Ok(()) => terminal.say(&format!("formatted {name}")),
                Err(error) => {
                    terminal.error(&format!("{error:#}"));
                    failed = true;
                }
            },
            Some(_) => {}
        }
    }
    terminal.findings(db, &errors);
    let count = sources.files.len();
    if check && changed > 0 {
        let verb = if changed == 1 { "is" } else { "are" };
        terminal.error(&format!("{changed} of {} {verb} not formatted", counted(count)));
        terminal.help("run `flowc fmt`");
    } else if changed == 0 && errors.is_empty() && count > 0 && sources.files.iter().all(|(_, path)| path.is_some()) {
        terminal.say(&format!("{}, nothing to change", counted(count)));
    }
    let found = failed || !errors.is_empty() || (check && changed > 0);
    Ok(ExitCode::from(if found { FOUND } else { FINE }))
}

fn counted(files: usize) -> String {
    format!("{files} {}", if files == 1 { "file" } else { "files" })
}
