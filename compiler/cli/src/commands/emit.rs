//! `flowc emit`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use flow_analysis::Def;
use flow_emit::{Emitted, Options, Pins};
use flow_plan::elaborate;
use flow_plan::model::{Backend, Place};

use super::{FINE, FOUND, WRONG_USE, find, not_planned, require_sound};
use crate::args::{EmitArgs, HostedBackend};
use crate::emitted::{self, State};
use crate::parallel;
use crate::project::Project;
use crate::terminal::Terminal;
use crate::{files, lock};

/// A file, and the program that it is made from.
struct File {
    emitted: Emitted,
    source: String,
}

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
    let backends: &[Backend] = match args.backend {
        Some(HostedBackend::Github) => &[Backend::Github],
        Some(HostedBackend::Ado) => &[Backend::Ado],
        None => &[Backend::Github, Backend::Ado],
    };
    let folder = args.out.as_ref().map_or_else(|| project.root.clone(), |out| start.join(out));
    let pins = lock::pins(&lock::read(&project.root)?);
    let (files, mut fine) = all(&project, &pipelines, backends, &pins, terminal);
    if files.is_empty() && fine {
        terminal.error("the pipeline does not support that backend");
        terminal.help("add it to the pipeline's `backends`");
        return Ok(ExitCode::from(FOUND));
    }
    if args.stdout {
        for (i, file) in files.iter().enumerate() {
            // One stream of several documents.
            terminal.output(if i == 0 { "" } else { "---\n" })?;
            terminal.output(&file.emitted.text)?;
        }
        return Ok(ExitCode::from(if fine { FINE } else { FOUND }));
    }
    if args.check {
        fine &= check(&files, &folder, terminal)?;
    } else {
        if args.out.is_none() && !project.root.join(".git").exists() && in_repository(&project.root) {
            terminal.say(&format!(
                "{} the project is a part of a repository, and hosted CI reads workflows at the repository's root only",
                terminal.bold("warning:")
            ));
            terminal
                .help("paths in the files are relative to the project; a flow.toml at the root makes that the project");
        }
        for file in &files {
            fine &= write(&folder, file, args.force, terminal)?;
        }
    }
    if args.pipeline.is_none() {
        let stale = emitted::stale(&project, &folder, backends)?;
        for (path, command) in &stale {
            terminal.error(&format!("{path}: it was made by `{command}`, and there is no such pipeline any more"));
            terminal.help("remove the file, or it keeps running");
        }
        fine &= stale.is_empty();
    }
    Ok(ExitCode::from(if fine { FINE } else { FOUND }))
}

/// The file of each pipeline for each of the backends that it supports, and whether none failed. What
/// stands in the way of one file keeps no other from being made.
fn all(
    project: &Project,
    pipelines: &[Def],
    backends: &[Backend],
    pins: &Pins,
    terminal: &Terminal,
) -> (Vec<File>, bool) {
    let mut wanted = Vec::new();
    for pipeline in pipelines {
        let supported = elaborate::backends(&project.db, *pipeline);
        wanted.extend(supported.into_iter().filter(|it| backends.contains(it)).map(|backend| (*pipeline, backend)));
    }
    let made = parallel::each(&project.db, &wanted, |db, (pipeline, backend)| {
        let plan = elaborate::plan(db, *pipeline, *backend)?;
        let command = format!("flowc emit {} --backend {}", plan.pipeline, backend.name());
        let emitted = flow_emit::emit(&plan, &Options { command, pins: pins.clone() });
        Ok(emitted.map(|emitted| File { emitted, source: plan.source.clone() }))
    });
    let (mut files, mut fine) = (Vec::new(), true);
    for ((pipeline, backend), made) in wanted.into_iter().zip(made) {
        match made {
            Ok(Ok(file)) => {
                for it in &file.emitted.warnings {
                    tell(terminal, false, &it.message, it.place.as_ref(), &it.help);
                }
                files.push(file);
            }
            Ok(Err(errors)) => {
                for it in &errors {
                    tell(terminal, true, &it.message, it.place.as_ref(), &it.help);
                }
                fine = false;
            }
            Err(findings) => {
                not_planned(project, pipeline, backend, findings, terminal);
                fine = false;
            }
        }
    }
    (files, fine)
}

/// Whether a folder lies in a git repository.
fn in_repository(folder: &Path) -> bool {
    folder.ancestors().any(|it| it.join(".git").exists())
}

fn tell(terminal: &Terminal, error: bool, message: &str, place: Option<&Place>, help: &str) {
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

/// Compares with what is there; whether it is the same.
fn check(files: &[File], folder: &Path, terminal: &Terminal) -> Result<bool> {
    let mut fine = true;
    for File { emitted, source } in files {
        let there = emitted::there(folder, emitted)?;
        let (what, help) = match &there.state {
            State::Same => continue,
            State::Missing => ("is missing", "run `flowc emit`, and commit what it writes".to_owned()),
            State::OutOfDate => ("is out of date", "run `flowc emit`, and commit what it writes".to_owned()),
            State::Newer(_) => {
                ("has newer pins than the project", "run `flowc lock --accept`, and commit flow.lock".to_owned())
            }
            State::Edited => {
                ("was edited by hand", format!("make the change in {source}, then run `flowc emit --force`"))
            }
            State::Foreign => (
                "was not written by flowc",
                "move it away, rename the pipeline, or run `flowc emit --force`".to_owned(),
            ),
        };
        fine = false;
        terminal.output(&files::diff(&emitted.path, &there.text, &emitted.text, "as emitted"))?;
        terminal.error(&format!("{} {what}", emitted.path));
        terminal.help(&help);
    }
    Ok(fine)
}

/// Writes a file, but not over what somebody else has written there; whether it is there now.
fn write(folder: &Path, File { emitted, source }: &File, force: bool, terminal: &Terminal) -> Result<bool> {
    let path = folder.join(&emitted.path);
    let refuse = |why: &str, help: &str| {
        terminal.error(&format!("{} {why}, so it is left alone", path.display()));
        terminal.help(help);
        Ok(false)
    };
    match emitted::there(folder, emitted)?.state {
        State::Same => {
            terminal.say(&format!("{} is up to date", emitted.path));
            return Ok(true);
        }
        State::Newer(pins) if !force => {
            let pins: Vec<String> = pins.iter().map(ToString::to_string).collect();
            return refuse(
                &format!(
                    "has {}, which is newer than what the project has",
                    flow_analysis::suggest::list(pins.iter().map(String::as_str))
                ),
                "run `flowc lock --accept` to keep that, or `flowc emit --force` to go back",
            );
        }
        State::Edited if !force => {
            return refuse(
                "was edited by hand",
                &format!("make the change in {source} instead, then run `flowc emit --force`"),
            );
        }
        State::Foreign if !force => {
            return refuse(
                "was not written by flowc",
                "move it away, rename the pipeline, name another folder with `--out`, or overwrite it with `--force`",
            );
        }
        State::Missing | State::OutOfDate | State::Newer(_) | State::Edited | State::Foreign => {}
    }
    if let Err(error) = files::write(&path, &emitted.text) {
        terminal.error(&format!("{error:#}"));
        return Ok(false);
    }
    terminal.say(&format!("wrote {}", emitted.path));
    Ok(true)
}
