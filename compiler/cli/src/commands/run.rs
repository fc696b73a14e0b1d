//! `flowc run`.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use flow_plan::model::Backend;
use flow_run::{Consent, Options, RunOutcome};

use super::{FINE, FOUND, WRONG_USE, find, plan_of, require_sound};
use crate::args::{Color, RunArgs};
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
    let options = match options(args, &project) {
        Ok(options) => options,
        Err(problem) => {
            terminal.error(&problem);
            return Ok(ExitCode::from(WRONG_USE));
        }
    };

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
            if args.json {
                terminal.output(&flow_run::json(&plan, &summary)).context("the result cannot be printed")?;
            }
            Ok(ExitCode::from(if summary.outcome == RunOutcome::Succeeded { FINE } else { FOUND }))
        }
        Err(error) => {
            terminal.error(&error.to_string());
            Ok(ExitCode::from(if is_wrong_use(&error) { WRONG_USE } else { FOUND }))
        }
    }
}

/// What was chosen on the command line.
fn options(args: &RunArgs, project: &Project) -> Result<Options, String> {
    let mut options = Options::new(&project.root);
    options.params = pairs("--param", &args.params)?;
    options.event.clone_from(&args.event);
    options.branch.clone_from(&args.branch);
    options.tag.clone_from(&args.tag);
    options.context = pairs("--ctx", &args.context)?;
    options.changed = args.changed.as_ref().map(|all| all.iter().filter(|it| !it.is_empty()).cloned().collect());
    if let Some(path) = &args.secrets {
        options.secrets = secrets(path)?;
    }
    options.consent = match (args.yes, std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        (true, _) => Consent::Yes,
        (false, true) => Consent::Ask(Arc::new(ask)),
        (false, false) => Consent::Nobody,
    };
    if let Some(jobs) = args.jobs {
        options.jobs = jobs;
    }
    options.keep_going = args.keep_going;
    Ok(options)
}

fn pairs(flag: &str, given: &[String]) -> Result<Vec<(String, String)>, String> {
    let one = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("`{flag} {text}` is not of the form name=value")),
    };
    given.iter().map(one).collect()
}

/// A file of `NAME=value` lines; `#` begins a comment line, double quotes around a value take `\n`, `\"` and `\\`.
fn secrets(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read the secrets in {shown}: {error}"))?;
    let mut secrets = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The line itself may hold a secret: it is not shown.
        let wrong = || format!("line {} of {shown} is not of the form NAME=value", number + 1);
        let (name, value) = line.split_once('=').ok_or_else(wrong)?;
        let quoted = value.trim().strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let value = quoted.map_or_else(|| value.trim().to_owned(), unescaped);
        if secrets.insert(name.trim().to_owned(), value).is_some() {
            return Err(format!("{shown} has the secret `{}` twice", name.trim()));
        }
    }
    Ok(secrets)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => match characters.next() {
                Some('n') => plain.push('\n'),
                other => plain.extend(other),
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}

/// Asks the person at the terminal.
fn ask(environments: &[(String, Vec<String>)]) -> bool {
    let terminal = Terminal::new(Color::Auto);
    for (name, jobs) in environments {
        terminal.say(&format!("`{}` uses the environment `{name}`", jobs.join("`, `")));
    }
    terminal.say(&terminal.bold("Start? [y/N]"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// Whether another command line would have helped.
fn is_wrong_use(error: &flow_run::RunError) -> bool {
    use flow_run::RunError::{ContextGiven, Environments, Params};
    matches!(error, Params(_) | ContextGiven(_) | Environments(_))
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
