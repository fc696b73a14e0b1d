//! One job, from an empty folder to outputs in the store.
//!
//! It refuses to know when it runs and what comes after it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_plan::model::{Assertion, Consume, FieldKind, Job, Output, OutputKind, Place, Plan, Schema};
use flow_plan::origin::described;
use tokio::time::Instant;

use crate::event::{Cause, Event, Failure, Outcome};
use crate::files::{self, With};
use crate::folder::{JobFolder, RunFolder};
use crate::lines::Masks;
use crate::options::Options;
use crate::process::{Leftovers, Log, Tell};
use crate::sources::Sources;
use crate::step::{self, Bench, StepEnd, blocking};
use crate::store::record::{Consumed, Maker, Produced, Record};
use crate::store::{Digest, SealError, Store, seal};
use crate::summary::Exposed;
use crate::values::{self, Scope};
use crate::{context, expose, fields};

/// What all jobs of a run share.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) options: Options,
    pub(crate) folder: RunFolder,
    pub(crate) store: Store,
    pub(crate) sources: Sources,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) context: BTreeMap<String, String>,
    /// Variables from outside that scripts see.
    pub(crate) allowed: BTreeMap<OsString, OsString>,
    pub(crate) shells: BTreeMap<&'static str, PathBuf>,
    pub(crate) masks: Arc<Masks>,
    pub(crate) tell: Tell,
    /// What the jobs that succeeded have made, by id.
    pub(crate) produced: Mutex<BTreeMap<String, Arc<Produced>>>,
}

/// How a job ended, and what is left of it.
pub(crate) struct JobEnd {
    pub(crate) outcome: Outcome,
    /// If it succeeded.
    pub(crate) produced: Arc<Produced>,
    pub(crate) exposed: Vec<Exposed>,
    pub(crate) elapsed: Duration,
}

/// Why a job does not go on.
enum Stop {
    Cancelled,
    Failed(Box<Failure>),
}

/// Runs the job with this index in the plan.
pub(crate) async fn run(shared: Arc<Shared>, index: usize) -> JobEnd {
    let began = Instant::now();
    let mut exposed = Vec::new();
    let (mut produced, mut outcome) = (Arc::default(), Outcome::Cancelled);
    if let Some(job) = shared.plan.jobs.get(index) {
        let id: Arc<str> = job.id.as_str().into();
        (shared.tell)(Event::JobStarted { job: id.clone() });
        let running = Running { shared: &shared, index, job, id, folder: shared.folder.job(&job.id) };
        let result = running.run(began, &mut exposed).await;
        outcome = match result {
            Ok(made) => {
                produced = Arc::new(made);
                Outcome::Succeeded
            }
            Err(Stop::Cancelled) => Outcome::Cancelled,
            Err(Stop::Failed(failure)) => Outcome::Failed(failure),
        };
    }
    JobEnd { outcome, produced, exposed, elapsed: began.elapsed() }
}

/// A job that runs.
struct Running<'a> {
    shared: &'a Arc<Shared>,
    index: usize,
    job: &'a Job,
    id: Arc<str>,
    folder: JobFolder,
}

impl Running<'_> {
    async fn run(&self, began: Instant, exposed: &mut Vec<Exposed>) -> Result<Produced, Stop> {
        let log = self.make_log().map_err(|cause| self.failed(cause, &self.job.place))?;
        let before = self.made_before();
        let (sources, consumed) = match self.prepare(&before).await {
            Ok((prepared, None)) => prepared,
            Ok((_, Some((cause, place)))) => return Err(self.failed(cause, &place)),
            Err(cause) => return Err(self.failed(cause, &self.job.place)),
        };
        let mut leftovers = Leftovers::default();
        let steps = self.steps(began, &log, &sources, &before, &mut leftovers).await;
        leftovers.end(&self.shared.options.cancel, self.shared.options.grace).await;
        let result = match steps {
            Ok(values) if self.shared.options.cancel.is_cancelled() => {
                drop(values);
                Err(Stop::Cancelled)
            }
            Ok(values) => self.store(values, consumed).await,
            Err(stop) => Err(stop),
        };
        if !matches!(result, Err(Stop::Cancelled)) {
            match self.expose(&sources).await {
                Ok(put) => exposed.extend(put),
                Err(cause) if result.is_ok() => return Err(self.failed(cause, &self.job.place)),
                Err(cause) => self.note(format!("nothing could be given to people: it {cause}")),
            }
        }
        if let Some(problem) = log.problem() {
            self.note(format!("the job's log is not whole: {problem}"));
        }
        result
    }

    fn note(&self, text: String) {
        (self.shared.tell)(Event::Note { job: Some(self.id.clone()), text });
    }

    /// A failure outside the steps.
    fn failed(&self, cause: Cause, place: &Place) -> Stop {
        Stop::Failed(Box::new(Failure {
            job: self.job.id.clone(),
            step: None,
            cause,
            place: place.clone(),
            last_lines: Vec::new(),
            log: self.shared.folder.log(&self.job.id),
        }))
    }

    fn make_log(&self) -> Result<Arc<Log>, Cause> {
        let path = self.shared.folder.log(&self.job.id);
        let file = std::fs::File::create(&path).with("create", &path)?;
        Ok(Arc::new(Log::new(file)))
    }

    /// What the jobs that this one needs have made.
    fn made_before(&self) -> BTreeMap<String, Arc<Produced>> {
        let produced = self.shared.produced.lock().unwrap_or_else(PoisonError::into_inner);
        let needed = self.job.needs.iter().map(|edge| &edge.job);
        needed.filter_map(|id| Some((id.clone(), produced.get(id)?.clone()))).collect()
    }

    /// Makes the job's folder: the sources that it sees, the artifacts that it consumes, places for
    /// what it makes. Returns the folder to run in and what is consumed, by id; then an assertion that
    /// does not hold.
    async fn prepare(&self, before: &BTreeMap<String, Arc<Produced>>) -> Result<(Prepared, Option<Misplaced>), Cause> {
        let (shared, index, folder, before) = (self.shared.clone(), self.index, self.folder.clone(), before.clone());
        blocking(move || {
            let Some(job) = shared.plan.jobs.get(index) else { return Ok(Default::default()) };
            let flow = folder.flow();
            for path in [flow.join("in"), flow.join("value"), folder.temporary(), folder.steps()] {
                files::make_folder(&path)?;
            }
            for output in &job.outputs {
                if matches!(output.kind, OutputKind::Artifact(_)) {
                    files::make_folder(&flow.join("out").join(&output.name))?;
                }
            }
            let sources = shared.sources.make_tree(job, &folder.tree(), &shared.options.cancel)?;
            let mut consumed = Vec::new();
            for consume in &job.consumes {
                let to = flow.join("in").join(&consume.id);
                consumed.push((consume.id.clone(), make_visible(&shared, &before, consume, &to)?));
                if let Some(failed) = asserted(&consume.asserts, &consume.schema, &to, |field| {
                    let id = [consume.id.as_str(), field].join(if field.is_empty() { "" } else { "." });
                    format!("`{id}`, which is {}", described(&consume.from))
                }) {
                    return Ok(((sources, consumed), Some(failed)));
                }
            }
            Ok(((sources, consumed), None))
        })
        .await
    }

    /// Runs the steps, and returns the values among the outputs.
    async fn steps(
        &self,
        began: Instant,
        log: &Arc<Log>,
        sources: &Path,
        before: &BTreeMap<String, Arc<Produced>>,
        leftovers: &mut Leftovers,
    ) -> Result<BTreeMap<String, String>, Stop> {
        let shared = self.shared;
        let flow = self.folder.flow();
        let context = context::of_job(&shared.context, self.job, sources, &flow);
        let outputs = before.iter().flat_map(|(job, made)| {
            made.values.iter().map(|(output, value)| ((job.clone(), output.clone()), value.clone()))
        });
        let outputs = outputs.collect();
        let mut published = BTreeMap::new();
        let bench = Bench {
            job: self.job,
            id: self.id.clone(),
            folder: &self.folder,
            sources,
            allowed: &shared.allowed,
            shells: &shared.shells,
            cancel: &shared.options.cancel,
            grace: shared.options.grace,
            deadline: began + Duration::from_secs(self.job.timeout_seconds),
            tell: shared.tell.clone(),
            masks: shared.masks.clone(),
            log: log.clone(),
        };
        for step in &self.job.steps {
            if shared.options.cancel.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            let (job, name, step_began) = (self.id.clone(), step::name(step), Instant::now());
            (shared.tell)(Event::StepStarted { job: job.clone(), step: name.clone() });
            let scope = self.scope(&context, &published, &outputs, &flow);
            match step::run(&bench, step, &scope, leftovers).await {
                Ok(values) => {
                    let values = values.into_iter().map(|(name, value)| ((step.id.clone(), name), value));
                    published.extend(values);
                }
                Err(StepEnd::Cancelled) => return Err(Stop::Cancelled),
                Err(StepEnd::Failed { cause, place, last_lines }) => {
                    return Err(Stop::Failed(Box::new(Failure {
                        job: self.job.id.clone(),
                        step: Some(name),
                        cause,
                        place,
                        last_lines,
                        log: shared.folder.log(&self.job.id),
                    })));
                }
            }
            (shared.tell)(Event::StepEnded { job, step: name, elapsed: step_began.elapsed() });
        }
        let scope = self.scope(&context, &published, &outputs, &flow);
        self.values(&scope)
    }

    fn scope<'a>(
        &'a self,
        context: &'a BTreeMap<String, String>,
        published: &'a BTreeMap<(String, String), String>,
        outputs: &'a BTreeMap<(String, String), String>,
        temp: &'a Path,
    ) -> Scope<'a> {
        let (params, secrets) = (&self.shared.params, &self.shared.secrets);
        Scope { params, secrets, context, published, outputs, temp }
    }

    /// The outputs that are values.
    fn values(&self, scope: &Scope<'_>) -> Result<BTreeMap<String, String>, Stop> {
        let mut values = BTreeMap::new();
        for output in &self.job.outputs {
            if let OutputKind::Value { ty, value } = &output.kind {
                let text = scope.text(value).map_err(|it| self.failed(Cause::Internal(it), &output.place))?;
                let text = values::check(ty, &text).map_err(|problem| {
                    let problem = step::masked(problem, &self.shared.masks);
                    self.failed(Cause::Value { name: output.name.clone(), problem }, &output.place)
                })?;
                values.insert(output.name.clone(), text);
            }
        }
        Ok(values)
    }

    /// Stores what the job made, and a record of it.
    async fn store(&self, values: BTreeMap<String, String>, consumed: Vec<(String, Digest)>) -> Result<Produced, Stop> {
        let run = &self.shared.folder.id;
        let maker = |job: &str| Maker { run: run.clone(), job: job.to_owned() };
        let record = self.job.consumes.iter().zip(&consumed).map(|(it, (id, digest))| {
            let mut makers: Vec<Maker> = Vec::new();
            it.from.outputs(&mut |job, _| makers.push(maker(job)));
            makers.dedup();
            (id.clone(), Consumed { makers, digest: digest.clone() })
        });
        let (record_of, maker) = (record.collect(), maker(&self.job.id));
        let (shared, index, flow) = (self.shared.clone(), self.index, self.folder.flow());
        let work = move || {
            let mut produced = Produced { values, ..Produced::default() };
            let mut strays = Vec::new();
            for (input, digest) in consumed {
                let changed = shared.store.changed(&digest, &flow.join("in").join(&input));
                if let Some((path, change)) = changed.map_err(|problem| Cause::Store(Arc::new(problem)))? {
                    return Err(Cause::InputChanged { input, path, change });
                }
            }
            let outputs = shared.plan.jobs.get(index).map(|it| it.outputs.as_slice()).unwrap_or_default();
            for Output { name, kind, place, asserts, .. } in outputs {
                let OutputKind::Artifact(schema) = kind else { continue };
                let folder = flow.join("out").join(name);
                match seal(&shared.store, schema, &folder) {
                    Ok((digest, left_out)) => {
                        if let Some(failed) = asserted(asserts, schema, &folder, |field| {
                            let name = [name.as_str(), field].join(if field.is_empty() { "" } else { "." });
                            format!("`{name}` of job `{}`", maker.job)
                        }) {
                            return Ok(Err(failed));
                        }
                        produced.artifacts.insert(name.clone(), digest);
                        strays.extend(left_out.into_iter().map(|path| format!("{name}/{path}")));
                    }
                    Err(problem) => return Ok(Err((seal_cause(name, problem), place.clone()))),
                }
            }
            let record = Record::new(maker, &produced, record_of);
            let path = shared.folder.record(&record.maker().job);
            record.write(&shared.store, &path).map_err(|problem| Cause::Store(Arc::new(problem)))?;
            Ok(Ok((produced, strays)))
        };
        match blocking(work).await {
            Ok(Ok((produced, strays))) => {
                if !strays.is_empty() {
                    let strays = crate::error::names(&strays);
                    self.note(format!("files beside the declared outputs are left out: {strays}"));
                }
                Ok(produced)
            }
            Ok(Err((cause, place))) => Err(self.failed(cause, &place)),
            Err(cause) => Err(self.failed(cause, &self.job.place)),
        }
    }

    /// Gives people what the job exposes.
    async fn expose(&self, sources: &Path) -> Result<Vec<Exposed>, Cause> {
        if self.job.exposes.is_empty() {
            return Ok(Vec::new());
        }
        let (shared, index, folder) = (self.shared.clone(), self.index, self.folder.clone());
        let sources = sources.to_owned();
        let (put, missing) = blocking(move || {
            let (mut put, mut missing) = (Vec::new(), Vec::new());
            let Some(job) = shared.plan.jobs.get(index) else { return Ok((put, missing)) };
            let places = expose::Places {
                project: &shared.options.project,
                pipeline: &shared.plan.pipeline,
                run: &shared.folder.id,
                sources: &sources,
                flow: &folder.flow(),
            };
            for it in &job.exposes {
                match expose::put(&places, job, it)? {
                    Some(path) => put.push(Exposed { name: it.name.clone(), job: job.id.clone(), path }),
                    None => missing.push(it.name.clone()),
                }
            }
            Ok((put, missing))
        })
        .await?;
        for name in missing {
            self.note(format!("there is nothing to expose as `{name}`"));
        }
        Ok(put)
    }
}

/// The folder to run in, and the digests of what is consumed by its id.
type Prepared = (PathBuf, Vec<(String, Digest)>);

/// What went wrong, and where that is said in the program.
type Misplaced = (Cause, Place);

/// Makes an artifact visible as the folder `to`.
fn make_visible(
    shared: &Shared,
    before: &BTreeMap<String, Arc<Produced>>,
    consume: &Consume,
    to: &Path,
) -> Result<Digest, Cause> {
    let find = |job: &str, output: &str| before.get(job)?.artifacts.get(output).cloned();
    let (id, store) = (&consume.id, &shared.store);
    let digest = store.gather(&shared.plan, &consume.from, &consume.schema, &find);
    let digest = digest.map_err(|problem| Cause::View { input: id.clone(), problem: Arc::new(problem) })?;
    store.restore(&digest, to).map_err(|problem| Cause::Consume {
        input: id.clone(),
        of: described(&consume.from),
        problem: Arc::new(problem),
    })?;
    Ok(digest)
}

/// The first of these files that is not where it is said to be. Links to one will do.
fn asserted(
    asserts: &[Assertion],
    schema: &Schema,
    root: &Path,
    directory: impl Fn(&str) -> String,
) -> Option<Misplaced> {
    asserts.iter().find_map(|Assertion { field, path, place }| {
        let below = &schema.fields.iter().find(|it| it.name == *field)?.path;
        let problem = fields::check_path(&root.join(below).join(path), FieldKind::File).err()?;
        Some((Cause::Assertion { path: path.clone(), directory: directory(field), problem }, place.clone()))
    })
}

fn seal_cause(output: &str, problem: SealError) -> Cause {
    match problem {
        SealError::Field { field, path, problem } => Cause::Write { output: output.to_owned(), field, path, problem },
        problem => Cause::Seal { output: output.to_owned(), problem: Arc::new(problem) },
    }
}
