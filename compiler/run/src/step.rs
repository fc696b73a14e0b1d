//! One step: its script or copy, then what it promised: values and files.
//!
//! It refuses to know other jobs; what they made comes in as values and files that are there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow_plan::model::{
    Field, FieldKind, Job, Location, OutputKind, Place, Publish, PublishFrom, Run, Script, Step, ValueType,
};
use flow_plan::script;
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::event::{Cause, FieldProblem, StepName, Stream, ValueProblem};
use crate::fields;
use crate::files::{self, With};
use crate::folder::JobFolder;
use crate::found;
use crate::lines::Masks;
use crate::process::{self, End, Leftovers, Limits, Log, Program, Sink, Tell};
use crate::shell;
use crate::system::Exit;
use crate::values::{self, Scope};

/// What a job's steps share.
pub(crate) struct Bench<'a> {
    pub(crate) job: &'a Job,
    pub(crate) id: Arc<str>,
    pub(crate) folder: &'a JobFolder,
    /// The project's folder in the job's tree.
    pub(crate) sources: &'a Path,
    /// Variables that come from outside.
    pub(crate) allowed: &'a BTreeMap<OsString, OsString>,
    pub(crate) shells: &'a BTreeMap<&'static str, PathBuf>,
    pub(crate) cancel: &'a Cancel,
    pub(crate) grace: Duration,
    /// When the whole job has to end.
    pub(crate) deadline: Instant,
    pub(crate) tell: Tell,
    pub(crate) masks: Arc<Masks>,
    pub(crate) log: Arc<Log>,
}

/// A step did not succeed.
pub(crate) enum StepEnd {
    Cancelled,
    Failed { cause: Cause, place: Place, last_lines: Vec<String> },
}

/// What a step published, by name.
pub(crate) type Published = Vec<(String, String)>;

/// Runs a step.
pub(crate) async fn run(
    bench: &Bench<'_>,
    step: &Step,
    scope: &Scope<'_>,
    leftovers: &mut Leftovers,
) -> Result<Published, StepEnd> {
    let name = name(step);
    bench.log.write(format!("## {}", name.title).as_bytes(), true);
    let sink = Arc::new(Sink {
        job: bench.id.clone(),
        step: name.id,
        tell: bench.tell.clone(),
        masks: bench.masks.clone(),
        log: bench.log.clone(),
        last: Mutex::default(),
    });
    let result = async {
        prepare(bench, step).map_err(|cause| At(cause, None))?;
        match &step.run {
            Run::Script(script) => run_script(bench, step, script, scope, &sink, leftovers).await?,
            Run::Take { from, to, pattern: true, .. } => {
                gather(bench, step, bench.sources, from, to).await?;
            }
            Run::Pass { from, to, .. } if from.is_pattern() => {
                let flow = bench.folder.flow();
                gather(bench, step, &flow, &script::path(from), to).await?;
            }
            Run::Take { from, to, kind, .. } => {
                let (source, target) = (bench.sources.join(from), bench.folder.flow().join(script::path(to)));
                let (from, kind) = (from.clone(), *kind);
                blocking(move || take(&from, &source, &target, kind)).await?;
            }
            Run::Pass { from, to, kind } => {
                let flow = bench.folder.flow();
                let (source, target) = (flow.join(script::path(from)), flow.join(script::path(to)));
                let (from, kind) = (script::path(from), *kind);
                blocking(move || take(&from, &source, &target, kind)).await?;
            }
            // The run has not started with such a step.
            _ => return Err(Stop::from(Cause::Internal("the step cannot be run yet".to_owned()))),
        }
        let mut published = Vec::new();
        for publish in &step.publishes {
            let text = publish_value(bench, step, publish).map_err(|cause| At(cause, None))?;
            published.push((publish.name.clone(), text));
        }
        check_writes(bench, step)?;
        Ok(published)
    };
    result.await.map_err(|stop: Stop| match stop {
        Stop::Cancelled => StepEnd::Cancelled,
        Stop::Failed(At(cause, place)) => {
            let place = place.unwrap_or_else(|| step.place.clone());
            StepEnd::Failed { cause, place, last_lines: sink.last_lines() }
        }
    })
}

/// What identifies a step.
pub(crate) fn name(step: &Step) -> StepName {
    StepName { id: step.id.as_str().into(), title: step.title.as_str().into() }
}

/// A cause, and its place if that is not the step's.
struct At(Cause, Option<Place>);

enum Stop {
    Cancelled,
    Failed(At),
}

impl From<At> for Stop {
    fn from(at: At) -> Self {
        Self::Failed(at)
    }
}

impl From<Cause> for Stop {
    fn from(cause: Cause) -> Self {
        Self::Failed(At(cause, None))
    }
}

/// Runs work that reads and writes files where it does not hold up other jobs.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Cause::Internal(error.to_string())))
}

/// Makes the places that the step writes to.
fn prepare(bench: &Bench<'_>, step: &Step) -> Result<(), Cause> {
    for write in &step.writes {
        let field = field(bench.job, &write.output, &write.field)?;
        let path = path_of(bench, &write.output, &field.path);
        let path = match field.matches {
            // The folder that the script is told.
            Some(_) => path_of(bench, &write.output, flow_plan::pattern::split(&field.path).0).join("."),
            None => path,
        };
        let folder = if field.kind == FieldKind::Opaque { Some(path.as_path()) } else { path.parent() };
        if let Some(folder) = folder {
            files::make_folder(folder)?;
        }
    }
    Ok(())
}

fn path_of(bench: &Bench<'_>, output: &str, path: &str) -> PathBuf {
    bench.folder.flow().join("out").join(output).join(path)
}

fn field<'a>(job: &'a Job, output: &str, name: &str) -> Result<&'a Field, Cause> {
    let schema = job.outputs.iter().find_map(|it| match &it.kind {
        OutputKind::Artifact(schema) if it.name == output => Some(schema),
        _ => None,
    });
    schema
        .and_then(|it| it.fields.iter().find(|it| it.name == name))
        .ok_or_else(|| Cause::Internal(format!("output `{output}` has no field `{name}`")))
}

async fn run_script(
    bench: &Bench<'_>,
    step: &Step,
    script: &Script,
    scope: &Scope<'_>,
    sink: &Arc<Sink>,
    leftovers: &mut Leftovers,
) -> Result<(), Stop> {
    let rendered = script::render(script, ("FLOW_TEMP", ""));
    let variables = variables(bench, step, &rendered.reads, scope)?;
    let file = bench.folder.steps().join(format!("{}.{}", step.id, shell::extension(script.shell)));
    std::fs::write(&file, shell::text(script.shell, &rendered.text)).with("write", &file).map_err(Cause::from)?;
    let folder = match &step.workdir {
        Some(below) => bench.sources.join(below),
        None => bench.sources.to_owned(),
    };
    if !folder.is_dir() {
        return Err(Cause::Workdir(step.workdir.clone().unwrap_or_default()).into());
    }
    let name = shell::program(script.shell);
    let Some(path) = bench.shells.get(name) else {
        return Err(Cause::Internal(format!("`{name}` was not looked for")).into());
    };
    let captured = step.publishes.iter().find(|it| it.from == PublishFrom::Stdout);
    let output = captured.map(|publish| value_file(bench, step, publish));
    let own = step.timeout_seconds.map(|seconds| (Instant::now() + Duration::from_secs(seconds), seconds));
    let deadline = own.map_or(bench.deadline, |(own, _)| own.min(bench.deadline));
    let limits = Limits { deadline, cancel: bench.cancel, grace: bench.grace };
    let arguments = shell::arguments(script.shell, &file);
    let program = Program { path, arguments, folder: &folder, variables, output: output.clone() };
    let end = process::run(program, &limits, sink, leftovers).await;
    if let Some(output) = &output {
        sink.take_file(Stream::Out, output).with("read", output).map_err(Cause::from)?;
    }
    match end {
        Ok(End::Exited(Exit::Code(0))) => Ok(()),
        Ok(End::Exited(Exit::Code(code))) => Err(Cause::Exit(code).into()),
        Ok(End::Exited(Exit::Signal(number, name))) => Err(Cause::Signal { number, name }.into()),
        Ok(End::Cancelled) => Err(Stop::Cancelled),
        Ok(End::TimedOut) => match own {
            Some((own, seconds)) if own <= bench.deadline => Err(Cause::StepTimeout(seconds).into()),
            _ => Err(Cause::JobTimeout(bench.job.timeout_seconds).into()),
        },
        Err(error) => Err(Cause::Start { program: name.to_owned(), message: error.to_string() }.into()),
    }
}

/// The environment of a script: what comes from outside, what Flow sets, what the job, the step, and
/// the script's reads set. What stands later wins.
fn variables(
    bench: &Bench<'_>,
    step: &Step,
    reads: &[(String, flow_plan::model::Value)],
    scope: &Scope<'_>,
) -> Result<BTreeMap<OsString, OsString>, Cause> {
    let mut variables = bench.allowed.clone();
    let temporary = bench.folder.temporary();
    for name in ["TMPDIR", "TMP", "TEMP"] {
        variables.insert(name.into(), temporary.clone().into());
    }
    // Git finds the private repository in the tree, if there is one, and never one around it.
    variables.insert("GIT_CEILING_DIRECTORIES".into(), bench.folder.0.clone().into());
    for (name, value) in bench.job.env.iter().chain(&step.env).chain(reads) {
        variables.insert(name.into(), scope.text(value).map_err(Cause::Internal)?.into());
    }
    variables.insert("FLOW_TEMP".into(), bench.folder.flow().into());
    Ok(variables)
}

fn value_file(bench: &Bench<'_>, step: &Step, publish: &Publish) -> PathBuf {
    let location = Location::Value { step: step.id.clone(), name: publish.name.clone() };
    bench.folder.flow().join(script::path(&location))
}

fn publish_value(bench: &Bench<'_>, step: &Step, publish: &Publish) -> Result<String, Cause> {
    let path = value_file(bench, step, publish);
    let optional = matches!(publish.ty, ValueType::Optional(_));
    let text = match values::read_file(&path).with("read", &path)? {
        Some(text) => text,
        None if optional => Ok(String::new()),
        None => Err(ValueProblem::NotWritten),
    };
    text.and_then(|text| values::check(&publish.ty, &text))
        .map_err(|problem| Cause::Value { name: publish.name.clone(), problem: masked(problem, &bench.masks) })
}

/// A problem quotes what a script wrote, which may be a secret.
pub(crate) fn masked(problem: ValueProblem, masks: &Masks) -> ValueProblem {
    match problem {
        ValueProblem::Type { found, expected } => ValueProblem::Type { found: masks.text(&found), expected },
        ValueProblem::NotAllowed { found, allowed } => ValueProblem::NotAllowed { found: masks.text(&found), allowed },
        other => other,
    }
}

/// Whether the step wrote what it promised; an optional field may be left out.
fn check_writes(bench: &Bench<'_>, step: &Step) -> Result<(), At> {
    for write in &step.writes {
        let field = field(bench.job, &write.output, &write.field).map_err(|cause| At(cause, None))?;
        let root = bench.folder.flow().join("out").join(&write.output);
        match fields::check(&root, field) {
            Ok(()) => {}
            Err(FieldProblem::Missing) if field.optional => {}
            Err(problem) => {
                let (output, field, path) = (write.output.clone(), write.field.clone(), field.path.clone());
                return Err(At(Cause::Write { output, field, path, problem }, Some(write.place.clone())));
            }
        }
    }
    Ok(())
}

/// Copies what a pattern matches to where a field with a pattern lies.
async fn gather(bench: &Bench<'_>, step: &Step, root: &Path, pattern: &str, to: &Location) -> Result<(), Cause> {
    let promised = step.writes.first().map(|write| field(bench.job, &write.output, &write.field));
    let field = promised.ok_or_else(|| Cause::Internal("the step promises nothing".to_owned()))??.clone();
    let (root, pattern) = (root.to_owned(), pattern.to_owned());
    let target = bench.folder.flow().join(script::path(to));
    blocking(move || {
        let done = found::collect(&root, &pattern, &field, &target)?;
        done.map_err(|problem| Cause::Take { from: pattern, problem })
    })
    .await
}

/// Copies what lies elsewhere, in the sources or in what was consumed, to where an output's field lies.
fn take(from: &str, source: &Path, target: &Path, kind: FieldKind) -> Result<(), Cause> {
    fields::check_path(source, kind).map_err(|problem| Cause::Take { from: from.to_owned(), problem })?;
    if kind == FieldKind::Opaque {
        return Ok(files::copy_folder(source, target)?);
    }
    if let Some(folder) = target.parent() {
        files::make_folder(folder)?;
    }
    Ok(files::copy_file(source, target)?)
}
