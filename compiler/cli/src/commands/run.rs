//! `flowc run`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use flow_plan::model::Backend;
use flow_run::{Options, RunOutcome};

use super::{FINE, FOUND, WRONG_USE, find, plan_of, require_sound};
use crate::args::RunArgs;
use crate::progress::Progress;
use crate::project::Project;
use crate::terminal::Terminal;

pub(crate) fn main(args: &RunArgs, start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let project = Project::load(start)?;
    let pipeline = match find(&project, &args.pipeline, terminal) {
        Ok(pipeline) => pipeline,
        Err(code) => return Ok(code),
    };
    if let Err(code) = require_sound(&project, terminal) {
        return Ok(code);
    }
    let plan = match plan_of(&project, pipeline, Backend::Local, terminal) {
        Ok(plan) => plan,
        Err(code) => return Ok(code),
    };
    let mut options = Options::new(&project.root);
    for param in &args.params {
        let Some((name, value)) = param.split_once('=') else {
            terminal.error(&format!("`--param {param}` is not of the form name=value"));
            return Ok(ExitCode::from(WRONG_USE));
        };
        options.params.push((name.to_owned(), value.to_owned()));
    }
    if let Some(jobs) = args.jobs {
        options.jobs = jobs;
    }
    options.keep_going = args.keep_going;

    let progress = Arc::new(Progress::new(&plan, terminal.color));
    let cancel = options.cancel.clone();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the scheduler cannot start")?;
    let summary = runtime.block_on(async {
        let told = Arc::clone(&progress);
        let signals = tokio::spawn(async move {
            while interrupted().await.is_ok() {
                cancel.cancel();
            }
        });
        let summary = flow_run::run(&plan, options, move |event| told.tell(&event)).await;
        signals.abort();
        summary
    });
    match summary {
        Ok(summary) => {
            progress.finish(&summary, &project.root, &args.pipeline);
            Ok(ExitCode::from(if summary.outcome == RunOutcome::Succeeded { FINE } else { FOUND }))
        }
        Err(error) => {
            terminal.error(&error.to_string());
            Ok(ExitCode::from(if is_wrong_use(&error) { WRONG_USE } else { FOUND }))
        }
    }
}

/// Whether another command line would have helped.
fn is_wrong_use(error: &flow_run::RunError) -> bool {
    matches!(error, flow_run::RunError::Params(_))
}

/// Waits for a wish to end: Ctrl-C, or from outside.
#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut hup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = term.recv() => Ok(()),
        _ = hup.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
