//! `flowc emit`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use flow_emit::{Emitted, Origin};
use flow_plan::elaborate;
use flow_plan::model::Backend;

use super::{FINE, FOUND, WRONG_USE, find, plan_of, require_sound};
use crate::args::{EmitArgs, HostedBackend};
use crate::files;
use crate::project::Project;
use crate::terminal::Terminal;

pub(crate) fn main(args: &EmitArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let project = Project::load(start)?;
    let pipelines = match &args.pipeline {
        Some(name) => match find(&project, name, terminal) {
            Ok(pipeline) => vec![pipeline],
            Err(code) => return Ok(code),
        },
        None => elaborate::pipelines(&project.db),
    };
    if pipelines.is_empty() {
        terminal.error(&format!("there is no pipeline in {}", project.root.display()));
        return Ok(ExitCode::from(WRONG_USE));
    }
    if let Err(code) = require_sound(&project, terminal) {
        return Ok(code);
    }
    let mut files = Vec::new();
    for pipeline in pipelines {
        for backend in elaborate::backends(&project.db, pipeline) {
            let wanted = match backend {
                Backend::Github => args.backend != Some(HostedBackend::Ado),
                Backend::Ado => args.backend != Some(HostedBackend::Github),
                Backend::Local => false,
            };
            if !wanted {
                continue;
            }
            let plan = match plan_of(&project, pipeline, backend, terminal) {
                Ok(plan) => plan,
                Err(code) => return Ok(code),
            };
            let command = format!("flowc emit {} --backend {}", plan.pipeline, backend.name());
            match flow_emit::emit(&plan, &flow_emit::Options { command, ..Default::default() }) {
                Ok(emitted) => files.push((emitted, plan.source.clone())),
                Err(errors) => {
                    for error in &errors {
                        tell(terminal, true, &error.message, error.place.as_ref(), &error.help);
                    }
                    return Ok(ExitCode::from(FOUND));
                }
            }
        }
    }
    if files.is_empty() {
        terminal.error("the pipeline does not support that backend");
        terminal.help("add it to the pipeline's `backends`");
        return Ok(ExitCode::from(FOUND));
    }
    for (file, _) in &files {
        for warning in &file.warnings {
            tell(terminal, false, &warning.message, warning.place.as_ref(), &warning.help);
        }
    }
    let folder = args.out.as_ref().map_or_else(|| project.root.clone(), |out| start.join(out));
    if args.stdout {
        for (file, _) in &files {
            terminal.output(&file.text)?;
        }
        return Ok(ExitCode::from(FINE));
    }
    if args.check {
        return check(&files, &folder, terminal);
    }
    if args.out.is_none() && !project.root.join(".git").exists() && in_repository(&project.root) {
        terminal.say(&format!(
            "{} the project is a part of a repository, and hosted CI reads workflows at the repository's root only",
            terminal.bold("warning:")
        ));
        terminal.help("paths in the files are relative to the project; a flow.toml at the root makes that the project");
    }
    for (file, source) in &files {
        if let Err(error) = write(&folder, file, source, terminal) {
            terminal.error(&format!("{error:#}"));
            return Ok(ExitCode::from(FOUND));
        }
    }
    Ok(ExitCode::from(FINE))
}

/// Whether a folder lies in a git repository.
fn in_repository(folder: &Path) -> bool {
    folder.ancestors().any(|it| it.join(".git").exists())
}

fn tell(terminal: &Terminal, error: bool, message: &str, place: Option<&flow_plan::model::Place>, help: &str) {
    let message = match place {
        Some(place) => format!("{message}\n  at {}:{}:{}", place.file, place.line, place.column),
        None => message.to_owned(),
    };
    if error {
        terminal.error(&message);
    } else {
        terminal.say(&format!("{} {message}", terminal.bold("warning:")));
    }
    if !help.is_empty() {
        terminal.help(help);
    }
}

/// Compares with what is there.
fn check(files: &[(Emitted, String)], folder: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let mut differ = 0;
    for (file, _) in files {
        let path = folder.join(&file.path);
        let old = match std::fs::read_to_string(&path) {
            Ok(old) => old,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        if old == file.text {
            continue;
        }
        differ += 1;
        terminal.output(&files::diff(&file.path, &old, &file.text, "as emitted"))?;
    }
    if differ == 0 {
        return Ok(ExitCode::from(FINE));
    }
    terminal.error(&format!("{differ} of {} files differ from what the program emits", files.len()));
    terminal.help("run `flowc emit`, and commit what it writes");
    Ok(ExitCode::from(FOUND))
}

/// Writes a file, but never over one that flowc did not write.
fn write(folder: &Path, file: &Emitted, source: &str, terminal: &Terminal) -> Result<()> {
    let path = folder.join(&file.path);
    match std::fs::read_to_string(&path) {
        Ok(old) if old == file.text => {
            terminal.say(&format!("{} is up to date", file.path));
            return Ok(());
        }
        Ok(old) => match flow_emit::origin(&old) {
            Origin::Emitted => {}
            Origin::Edited => anyhow::bail!(
                "{} was changed by hand, so it is left alone; make the change in {} instead, then remove the file and emit again",
                path.display(),
                source
            ),
            Origin::Foreign => anyhow::bail!(
                "{} was not written by flowc, so it is left alone; move it away, or name another folder with --out",
                path.display()
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
    files::write(&path, &file.text)?;
    terminal.say(&format!("wrote {}", file.path));
    Ok(())
}
