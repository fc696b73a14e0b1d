//! One step: its script or copy, then what it promised: values and files.
//!
//! It refuses to know other jobs; what they made comes in as values and files that are there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow_plan::model::{
    Const, Field, FieldKind, Job, Location, OutputKind, Place, Publish, PublishFrom, Run, Script, Step, ValueType,
};
use flow_plan::script as paths;
use tokio::time::Instant;

use crate::cancel::{Cancel, Urgency};
use crate::checkout;
use crate::container::Container;
use crate::event::{Cause, Event, FieldProblem, StepName, Stream, ValueProblem};
use crate::fields;
use crate::files::{self, With};
use crate::folder::JobFolder;
use crate::found;
use crate::job::Shared;
use crate::lines::Masks;
use crate::process::{self, End, Leftovers, Limits, Log, Program, Sink, Tell};
use crate::scope::Scope;
use crate::script;
use crate::shell;
use crate::system::Exit;
use crate::values;

/// What a job's steps share.
pub(crate) struct Bench<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) job: &'a Job,
    pub(crate) id: Arc<str>,
    pub(crate) folder: &'a JobFolder,
    /// The project's folder in the job's tree.
    pub(crate) sources: &'a Path,
    /// What steps run in instead of this machine.
    pub(crate) container: Option<&'a Container>,
    pub(crate) tell: Tell,
    pub(crate) masks: Arc<Masks>,
    pub(crate) log: Arc<Log>,
}

/// What steps leave behind for those after them.
#[derive(Default)]
pub(crate) struct Left {
    /// What they have published, by step and name.
    pub(crate) published: BTreeMap<(String, String), Const>,
    /// Variables, in the order in which they were set.
    exports: Vec<(String, String)>,
    /// Folders of the search path, first ones last.
    folders: Vec<String>,
}

/// When a step has to end.
pub(crate) struct Bounds<'a> {
    pub(crate) cancel: &'a Cancel,
    /// When the whole job has to end.
    pub(crate) deadline: Instant,
}

/// A step did not succeed.
pub(crate) enum StepEnd {
    Cancelled,
    Failed { cause: Cause, place: Place, last_lines: Vec<String> },
}

/// What a step leaves to the others.
enum Done {
    Nothing,
    Export(String, String),
    Folder(String),
}

/// Runs a step.
pub(crate) async fn run(
    bench: &Bench<'_>,
    step: &Step,
    bounds: &Bounds<'_>,
    scope: &Scope<'_>,
    left: &Left,
    leftovers: &mut Leftovers,
) -> Result<Change, StepEnd> {
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
        let text = |what: &str, value| {
            scope.text(value).map_err(|why| Stop::from(Cause::Compute { what: what.to_owned(), why }))
        };
        let mut done = Done::Nothing;
        match &step.run {
            Run::Script(script) => attempts(bench, step, script, bounds, scope, left, &sink, leftovers).await?,
            Run::Take { from, to, pattern: true, .. } => {
                gather(bench, step, bench.sources, from, to).await?;
            }
            Run::Pass { from, to, .. } if from.is_pattern() => {
                let flow = bench.folder.flow();
                gather(bench, step, &flow, &paths::path(from), to).await?;
            }
            Run::Take { from, to, kind, .. } => {
                let (source, target) = (bench.sources.join(from), bench.folder.flow().join(paths::path(to)));
                let (from, kind, lacking) = (from.clone(), *kind, may_lack(bench, step));
                blocking(move || take(&from, &source, &target, kind, lacking)).await?;
            }
            Run::Pass { from, to, kind } => {
                let flow = bench.folder.flow();
                let (source, target) = (flow.join(paths::path(from)), flow.join(paths::path(to)));
                let (from, kind, lacking) = (paths::path(from), *kind, may_lack(bench, step));
                blocking(move || take(&from, &source, &target, kind, lacking)).await?;
            }
            Run::Export { name, value } => done = Done::Export(name.clone(), text(&format!("`{name}`"), value)?),
            Run::AddPath(value) => done = Done::Folder(text("a folder of the search path", value)?),
            Run::Summary(value) => {
                let text = text("the summary", value)?;
                summary(bench, &sink, &text)?;
            }
            Run::SummaryFile(location) => {
                let path = bench.folder.flow().join(paths::path(location));
                let text = std::fs::read(&path).with("read", &path).map_err(Cause::from)?;
                summary(bench, &sink, &String::from_utf8_lossy(&text))?;
            }
            Run::Checkout(it) => {
                let asked = checkout::Asked::new(it, scope)?;
                let (shared, tree, cancel) = (bench.shared.clone(), bench.folder.tree(), bounds.cancel.clone());
                blocking(move || asked.fetch(&shared, &tree, &cancel)).await?;
            }
            // The run has not started with such a step.
            _ => return Err(Stop::from(Cause::Internal("the step cannot be run here".to_owned()))),
        }
        let mut published = Vec::new();
        for publish in &step.publishes {
            let value = publish_value(bench, step, publish).map_err(|cause| At(cause, None))?;
            published.push((publish.name.clone(), value));
        }
        check_writes(bench, step)?;
        Ok(Change { published, done })
    };
    result.await.map_err(|stop: Stop| match stop {
        Stop::Cancelled => StepEnd::Cancelled,
        Stop::Failed(At(cause, place)) => {
            let place = place.unwrap_or_else(|| step.place.clone());
            StepEnd::Failed { cause, place, last_lines: sink.last_lines() }
        }
    })
}

/// What a step that succeeded changes for those after it.
pub(crate) struct Change {
    published: Vec<(String, Const)>,
    done: Done,
}

impl Left {
    /// Adds what a step has changed.
    pub(crate) fn add(&mut self, step: &str, change: Change) {
        let published = change.published.into_iter();
        self.published.extend(published.map(|(name, value)| ((step.to_owned(), name), value)));
        match change.done {
            Done::Nothing => {}
            Done::Export(name, value) => {
                self.exports.retain(|(other, _)| *other != name);
                self.exports.push((name, value));
            }
            Done::Folder(folder) => self.folders.push(folder),
        }
    }
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

/// Makes the places that the step writes to, empty.
fn prepare(bench: &Bench<'_>, step: &Step) -> Result<(), Cause> {
    for write in &step.writes {
        let field = field(bench.job, &write.output, &write.field)?;
        let path = path_of(bench, &write.output, &field.path);
        let folder = match field.kind {
            // The folder that the script is told.
            _ if field.matches.is_some() => {
                Some(path_of(bench, &write.output, flow_plan::pattern::split(&field.path).0))
            }
            FieldKind::Opaque => Some(path),
            _ => path.parent().map(Path::to_owned),
        };
        if let Some(folder) = folder {
            files::make_folder(&folder)?;
        }
    }
    Ok(())
}

fn path_of(bench: &Bench<'_>, output: &str, path: &str) -> PathBuf {
    bench.folder.flow().join("out").join(output).join(path)
}

/// Removes what an attempt that failed has left at the places that the step writes to.
fn empty(bench: &Bench<'_>, step: &Step) -> Result<(), Cause> {
    for write in &step.writes {
        let field = field(bench.job, &write.output, &write.field)?;
        let path = match field.matches {
            Some(_) => path_of(bench, &write.output, flow_plan::pattern::split(&field.path).0),
            None => path_of(bench, &write.output, &field.path),
        };
        if path.is_dir() && !path.is_symlink() {
            files::remove_folder(&path)?;
        } else if path.symlink_metadata().is_ok() {
            std::fs::remove_file(&path).with("remove", &path)?;
        }
    }
    for publish in &step.publishes {
        let path = value_file(bench, step, publish);
        if path.exists() {
            std::fs::remove_file(&path).with("remove", &path)?;
        }
    }
    prepare(bench, step)
}

/// A text for the run's page: printed, and kept with the run.
fn summary(bench: &Bench<'_>, sink: &Arc<Sink>, text: &str) -> Result<(), Cause> {
    let text = bench.masks.text(text);
    let path = bench.shared.folder.summary(&bench.id);
    sink.take_text(&text);
    if let Some(folder) = path.parent() {
        files::make_folder(folder)?;
    }
    let file = std::fs::File::options().create(true).append(true).open(&path).with("write", &path)?;
    let whole = format!("{}\n", text.trim_end_matches('\n'));
    Ok(std::io::Write::write_all(&mut &file, whole.as_bytes()).with("write", &path)?)
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

/// Runs a script, again if it fails and may be tried again.
#[expect(clippy::too_many_arguments, reason = "one caller, and all of it is the step's")]
async fn attempts(
    bench: &Bench<'_>,
    step: &Step,
    script: &Script,
    bounds: &Bounds<'_>,
    scope: &Scope<'_>,
    left: &Left,
    sink: &Arc<Sink>,
    leftovers: &mut Leftovers,
) -> Result<(), Stop> {
    let own = step.timeout_seconds.map(|seconds| (Instant::now() + Duration::from_secs(seconds), seconds));
    let deadline = own.map_or(bounds.deadline, |(own, _)| own.min(bounds.deadline));
    let times = step.retry.map_or(1, |it| it.times);
    let (text, reads) = script::resolve(script, scope)
        .map_err(|why| Cause::Compute { what: "what the script reads".to_owned(), why })?;
    let variables = variables(bench, step, reads, scope, left)?;
    let mut attempt = 1;
    loop {
        let end = run_script(bench, step, script, &text, variables.clone(), deadline, bounds, sink, leftovers).await?;
        let failed = match end {
            End::Exited(Exit::Code(0)) => return Ok(()),
            End::Exited(Exit::Code(code)) => Cause::Exit(code),
            End::Exited(Exit::Signal(number, name)) => Cause::Signal { number, name },
            End::Cancelled => return Err(Stop::Cancelled),
            End::TimedOut => {
                return Err(match own {
                    Some((own, seconds)) if own <= bounds.deadline => Cause::StepTimeout(seconds).into(),
                    _ => Cause::JobTimeout(bench.job.timeout_seconds).into(),
                });
            }
        };
        if attempt >= times {
            return Err(failed.into());
        }
        attempt += 1;
        let delay = Duration::from_secs(step.retry.map_or(0, |it| it.delay_seconds));
        let after = if delay.is_zero() { String::new() } else { format!(" in {} s", delay.as_secs()) };
        let text = format!("the script {failed}; attempt {attempt} of {times} follows{after}");
        bench.log.write(text.as_bytes(), true);
        (bench.tell)(Event::Note { job: Some(bench.id.clone()), text });
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = bounds.cancel.reached(Urgency::Gently) => return Err(Stop::Cancelled),
        }
        empty(bench, step)?;
    }
}

#[expect(clippy::too_many_arguments, reason = "one caller, and all of it is the step's")]
async fn run_script(
    bench: &Bench<'_>,
    step: &Step,
    script: &Script,
    text: &str,
    variables: Variables,
    deadline: Instant,
    bounds: &Bounds<'_>,
    sink: &Arc<Sink>,
    leftovers: &mut Leftovers,
) -> Result<End, Stop> {
    let file = bench.folder.steps().join(format!("{}.{}", step.id, shell::extension(script.shell)));
    std::fs::write(&file, shell::text(script.shell, text)).with("write", &file).map_err(Cause::from)?;
    let folder = match &step.workdir {
        Some(below) => bench.sources.join(below),
        None => bench.sources.to_owned(),
    };
    if !folder.is_dir() {
        return Err(Cause::Workdir(step.workdir.clone().unwrap_or_default()).into());
    }
    let name = shell::program(script.shell);
    let captured = step.publishes.iter().find(|it| it.from == PublishFrom::Stdout);
    let output = captured.map(|publish| value_file(bench, step, publish));
    let limits = Limits { deadline, cancel: bounds.cancel, grace: bench.shared.options.grace };
    let arguments = shell::arguments(script.shell, &file);
    let end = match bench.container {
        Some(container) => {
            let (arguments, variables) = container.exec(&folder, name, arguments, &variables);
            let path = container.program();
            let program = Program { path, arguments, folder: &folder, variables, output: output.clone() };
            process::run(program, &limits, sink, leftovers).await
        }
        None => {
            let Some(path) = bench.shared.shells.get(name) else {
                return Err(Cause::Internal(format!("`{name}` was not looked for")).into());
            };
            let variables = variables.on_host(&bench.shared.allowed);
            let program = Program { path, arguments, folder: &folder, variables, output: output.clone() };
            process::run(program, &limits, sink, leftovers).await
        }
    };
    // What a script prints as a secret is not shown at all.
    if let (Some(output), Some(false)) = (&output, captured.map(|it| it.secret)) {
        sink.take_file(Stream::Out, output).with("read", output).map_err(Cause::from)?;
    }
    end.map_err(|error| Cause::Start { program: name.to_owned(), message: error.to_string() }.into())
}

/// The variables of a script, but for those that come from outside.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    /// By name; what was set later wins.
    pub(crate) set: BTreeMap<OsString, OsString>,
    /// Folders that stand before those of the search path, in this order.
    pub(crate) folders: Vec<PathBuf>,
}

impl Variables {
    /// All that a script on this machine sees.
    fn on_host(self, allowed: &BTreeMap<OsString, OsString>) -> BTreeMap<OsString, OsString> {
        let mut all = allowed.clone();
        all.extend(self.set);
        if !self.folders.is_empty() {
            let path = all.get(std::ffi::OsStr::new("PATH")).cloned().unwrap_or_default();
            let folders = self.folders.into_iter().chain(std::env::split_paths(&path));
            // It fails for a folder that no search path can hold; then that is not searched.
            if let Ok(path) = std::env::join_paths(folders) {
                all.insert("PATH".into(), path);
            }
        }
        all
    }
}

/// The environment of a script: what Flow sets, what the job, the steps before it, the step, and the script's
/// reads set. What stands later wins.
fn variables(
    bench: &Bench<'_>,
    step: &Step,
    reads: Vec<(String, String)>,
    scope: &Scope<'_>,
    left: &Left,
) -> Result<Variables, Cause> {
    let mut set: BTreeMap<OsString, OsString> = BTreeMap::new();
    let temporary = bench.folder.temporary();
    for name in ["TMPDIR", "TMP", "TEMP"] {
        set.insert(name.into(), temporary.clone().into());
    }
    // Git finds the private repository in the tree, if there is one, and never one around it.
    set.insert("GIT_CEILING_DIRECTORIES".into(), bench.folder.0.clone().into());
    let values = |env: &[(String, flow_plan::model::Value)]| {
        let one = |(name, value): &(String, _)| match scope.text(value) {
            Ok(text) => Ok((OsString::from(name), OsString::from(text))),
            Err(why) => Err(Cause::Compute { what: format!("the variable `{name}`"), why }),
        };
        env.iter().map(one).collect::<Result<Vec<_>, Cause>>()
    };
    set.extend(values(&bench.job.env)?);
    set.extend(left.exports.iter().map(|(name, value)| (name.into(), value.into())));
    set.extend(values(&step.env)?);
    set.extend(reads.into_iter().map(|(name, value)| (name.into(), value.into())));
    set.insert(script::ROOT.into(), bench.folder.flow().into());
    let folders = left.folders.iter().rev().map(|folder| bench.sources.join(folder)).collect();
    Ok(Variables { set, folders })
}

fn value_file(bench: &Bench<'_>, step: &Step, publish: &Publish) -> PathBuf {
    let location = Location::Value { step: step.id.clone(), name: publish.name.clone() };
    bench.folder.flow().join(paths::path(&location))
}

fn publish_value(bench: &Bench<'_>, step: &Step, publish: &Publish) -> Result<Const, Cause> {
    let path = value_file(bench, step, publish);
    let optional = matches!(publish.ty, ValueType::Optional(_));
    let text = match values::read_file(&path).with("read", &path)? {
        Some(text) => text,
        None if optional => Ok(String::new()),
        None => Err(ValueProblem::NotWritten),
    };
    if let (Ok(text), true) = (&text, publish.secret) {
        bench.masks.add([text]);
    }
    text.and_then(|text| values::parse(&publish.ty, &text))
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
    let target = bench.folder.flow().join(paths::path(to));
    blocking(move || {
        let done = found::collect(&root, &pattern, &field, &target)?;
        done.map_err(|problem| Cause::Take { from: pattern, problem })
    })
    .await
}

/// Whether what a step promises to write may be absent.
fn may_lack(bench: &Bench<'_>, step: &Step) -> bool {
    let promised = step.writes.first().map(|write| field(bench.job, &write.output, &write.field));
    promised.is_some_and(|it| it.is_ok_and(|field| field.optional))
}

/// Copies what lies elsewhere, in the sources or in what was consumed, to where an output's field lies;
/// what is `lacking` may not be there.
fn take(from: &str, source: &Path, target: &Path, kind: FieldKind, lacking: bool) -> Result<(), Cause> {
    if lacking && !source.exists() {
        return Ok(());
    }
    fields::check_path(source, kind).map_err(|problem| Cause::Take { from: from.to_owned(), problem })?;
    if kind == FieldKind::Opaque {
        return Ok(files::copy_folder(source, target)?);
    }
    if let Some(folder) = target.parent() {
        files::make_folder(folder)?;
    }
    Ok(files::copy_file(source, target)?)
}
