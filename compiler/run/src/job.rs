//! One job, from an empty folder to outputs in the store.
//!
//! It refuses to know when it runs and what comes after it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_plan::model::{Const, Job, OutputKind, Place, Plan, When};
use tokio::time::Instant;

use crate::artifacts::{self, Misplaced, Visible};
use crate::cancel::Cancel;
use crate::container::{Container, Engine};
use crate::event::{Cause, Event, Failure, Outcome};
use crate::files::{self, With};
use crate::folder::{JobFolder, RunFolder};
use crate::lines::Masks;
use crate::lock;
use crate::options::Options;
use crate::process::{Leftovers, Log, Tell};
use crate::scope::{Ended, Known, Scope};
use crate::sources::Sources;
use crate::step::{self, Bench, blocking};
use crate::steps;
use crate::store::record::{Consumed, Maker, Produced, Record};
use crate::store::{Digest, Store};
use crate::summary::{Exposed, StepSummary};
use crate::{cache, checkout, context, expose, values};

/// What all jobs of a run share.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) options: Options,
    pub(crate) folder: RunFolder,
    pub(crate) store: Store,
    pub(crate) sources: Sources,
    pub(crate) known: Known,
    /// Variables from outside that scripts see.
    pub(crate) allowed: BTreeMap<OsString, OsString>,
    pub(crate) shells: BTreeMap<&'static str, PathBuf>,
    /// What runs containers, if a job needs some.
    pub(crate) engine: Option<Engine>,
    pub(crate) masks: Arc<Masks>,
    pub(crate) tell: Tell,
    /// The jobs that have ended, by id.
    pub(crate) ended: Mutex<BTreeMap<String, Arc<Ended>>>,
    /// Counts all that begins and ends.
    pub(crate) clock: AtomicU64,
}

impl Shared {
    /// The next number of what begins or ends.
    pub(crate) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// The jobs that this one needs, as they ended.
    pub(crate) fn before(&self, job: &Job) -> BTreeMap<String, Arc<Ended>> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let needed = job.needs.iter().map(|edge| &edge.job);
        needed.filter_map(|id| Some((id.clone(), ended.get(id)?.clone()))).collect()
    }
}

/// A job to run, or that of one element of a list.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// The job's place in the plan.
    pub(crate) index: usize,
    /// The job's id; with the element's number if there is one.
    pub(crate) id: Arc<str>,
    /// For people.
    pub(crate) title: Arc<str>,
    /// The elements that it is for, by the names of their loops.
    pub(crate) items: Vec<(String, Const)>,
}

/// How a job ended, and what is left of it.
pub(crate) struct JobEnd {
    pub(crate) outcome: Outcome,
    /// It failed, and that is tolerated.
    pub(crate) tolerated: bool,
    /// What it hands on.
    pub(crate) ended: Ended,
    pub(crate) exposed: Vec<Exposed>,
    pub(crate) elapsed: Duration,
    /// When it began and ended, if it did.
    pub(crate) span: Option<(u64, u64)>,
    pub(crate) steps: Vec<StepSummary>,
}

/// Runs a job of the plan. `cancel` is the wish to end that it obeys.
pub(crate) async fn run(shared: Arc<Shared>, task: Task, cancel: Cancel) -> JobEnd {
    let (began, begin) = (Instant::now(), shared.tick());
    let mut end = JobEnd {
        outcome: Outcome::Cancelled,
        tolerated: false,
        ended: Ended::default(),
        exposed: Vec::new(),
        elapsed: Duration::ZERO,
        span: None,
        steps: Vec::new(),
    };
    if let Some(job) = shared.plan.jobs.get(task.index) {
        (shared.tell)(Event::JobStarted { job: task.id.clone(), title: task.title.clone() });
        let before = shared.before(job);
        let folder = shared.folder.job(&task.id);
        let running = Running { shared: &shared, job, task: &task, folder, before: &before, cancel };
        running.run(began, &mut end).await;
    }
    end.elapsed = began.elapsed();
    end.span = Some((begin, shared.tick()));
    end
}

/// A job that runs.
struct Running<'a> {
    shared: &'a Arc<Shared>,
    job: &'a Job,
    task: &'a Task,
    folder: JobFolder,
    before: &'a BTreeMap<String, Arc<Ended>>,
    cancel: Cancel,
}

/// The folder to run in, what is consumed, and an assertion that does not hold.
type Prepared = (PathBuf, Visible, Option<Misplaced>);

impl Running<'_> {
    /// What is known before the first step.
    fn scope(&self) -> Scope<'_> {
        Scope { jobs: self.before, items: &self.task.items, ..self.shared.known.scope() }
    }

    async fn run(&self, began: Instant, end: &mut JobEnd) {
        let held = match self.hold().await {
            Ok(Some(held)) => held,
            Ok(None) => return,
            Err(failure) => return self.failed(end, failure),
        };
        // A newer run of the group may want its place.
        let cancel = held.as_ref().map_or_else(|| self.cancel.clone(), |it| it.cancel.clone());
        match self.make_log() {
            Ok(log) => {
                self.work(began, &cancel, &log, end).await;
                if let Some(problem) = log.problem() {
                    self.note(format!("the job's log is not whole: {problem}"));
                }
            }
            Err(cause) => self.failed(end, self.failure(cause, &self.job.place)),
        }
    }

    fn failed(&self, end: &mut JobEnd, failure: Box<Failure>) {
        let tolerated = self.job.continue_on_error.as_ref();
        end.tolerated = tolerated.is_some_and(|value| self.scope().truth(value).unwrap_or(false));
        end.outcome = Outcome::Failed(failure);
    }

    /// Waits until no other run of the job's group runs. `None`: cancelled meanwhile.
    async fn hold(&self) -> Result<Option<Option<lock::Held>>, Box<Failure>> {
        let Some(concurrency) = &self.job.concurrency else { return Ok(Some(None)) };
        let asked = lock::Asked::new(concurrency, &self.scope());
        let asked = asked.map_err(|why| {
            let what = "the concurrency group".to_owned();
            self.failure(Cause::Compute { what, why }, &concurrency.place)
        })?;
        let note = |text| self.note(text);
        let held = asked.hold(&self.shared.folder, &self.cancel, &note).await;
        let held = held.map_err(|error| self.failure(error.into(), &concurrency.place))?;
        Ok(held.map(Some))
    }

    async fn work(&self, began: Instant, cancel: &Cancel, log: &Arc<Log>, end: &mut JobEnd) {
        let (sources, visible) = match self.prepare(cancel).await {
            Ok((sources, visible, None)) => (sources, visible),
            Ok((_, _, Some((cause, place)))) => return self.failed(end, self.failure(cause, &place)),
            Err(cause) => return self.failed(end, self.failure(cause, &self.job.place)),
        };
        let flow = self.folder.flow();
        let context = context::of_job(self.job, &self.task.id, &sources, &flow);
        let scope = Scope { context: &context, temp: Some(&flow), absent: &visible.absent, ..self.scope() };
        let container = match self.start_containers(&scope, cancel).await {
            Ok(container) => container,
            Err(cause) => return self.failed(end, self.failure(cause, &self.job.place)),
        };
        let caches = cache::restore(self.shared, self.job, &scope, &sources, &|text| self.note(text)).await;
        let bench = Bench {
            shared: self.shared,
            job: self.job,
            id: self.task.id.clone(),
            folder: &self.folder,
            sources: &sources,
            container: container.as_ref().filter(|it| it.runs_steps()),
            tell: self.shared.tell.clone(),
            masks: self.shared.masks.clone(),
            log: log.clone(),
        };
        let deadline = began + Duration::from_secs(self.job.timeout_seconds);
        let mut leftovers = Leftovers::default();
        let ran = steps::run(&bench, scope, cancel, deadline, &mut leftovers).await;
        leftovers.end(cancel, self.shared.options.grace).await;
        if let Some(container) = container {
            container.end(self.shared).await;
        }
        end.steps = ran.steps;
        let scope = Scope { published: &ran.published, ..scope };
        let mut failure = ran.failure;
        if failure.is_none() && !ran.cancelled {
            match self.store(&scope, &visible, true).await {
                Ok(ended) => end.ended = ended,
                Err(problem) => failure = Some(problem),
            }
        }
        if failure.is_some() || ran.cancelled {
            // What is handed on in any case.
            match self.store(&scope, &visible, false).await {
                Ok(ended) => end.ended = ended,
                Err(problem) => self.note(format!("an output is not handed on: the job {}", problem.cause)),
            }
        }
        match failure {
            Some(failure) => self.failed(end, failure),
            None if ran.cancelled => end.outcome = Outcome::Cancelled,
            None => {
                end.outcome = Outcome::Succeeded;
                cache::save(self.shared, caches, &|text| self.note(text)).await;
                self.tell_address(&scope);
            }
        }
        if !matches!(end.outcome, Outcome::Cancelled) {
            match self.expose(&scope, &sources, &end.outcome).await {
                Ok(put) => end.exposed.extend(put),
                Err(cause) if end.outcome.succeeded() => self.failed(end, self.failure(cause, &self.job.place)),
                Err(cause) => self.note(format!("nothing could be given to people: it {cause}")),
            }
        }
    }

    fn note(&self, text: String) {
        (self.shared.tell)(Event::Note { job: Some(self.task.id.clone()), text });
    }

    /// A failure outside the steps.
    fn failure(&self, cause: Cause, place: &Place) -> Box<Failure> {
        Box::new(Failure {
            job: self.task.id.to_string(),
            step: None,
            cause,
            place: place.clone(),
            last_lines: Vec::new(),
            log: self.shared.folder.log(&self.task.id),
        })
    }

    fn make_log(&self) -> Result<Arc<Log>, Cause> {
        let path = self.shared.folder.log(&self.task.id);
        let file = std::fs::File::create(&path).with("create", &path)?;
        Ok(Arc::new(Log::new(file)))
    }

    /// Makes the job's folder: the sources that it sees, the artifacts that it consumes, places for
    /// what it makes.
    async fn prepare(&self, cancel: &Cancel) -> Result<Prepared, Cause> {
        let (shared, folder, task, cancel) =
            (self.shared.clone(), self.folder.clone(), self.task.clone(), cancel.clone());
        let before = self.before.clone();
        let elsewhere = self.job.checkout.as_ref().filter(|it| checkout::is_elsewhere(it));
        let asked = elsewhere.map(|it| checkout::Asked::new(it, &self.scope())).transpose()?;
        blocking(move || {
            let Some(job) = shared.plan.jobs.get(task.index) else { return Ok(Default::default()) };
            let flow = folder.flow();
            for path in [flow.join("in"), flow.join("value"), folder.temporary(), folder.steps()] {
                files::make_folder(&path)?;
            }
            for output in &job.outputs {
                if matches!(output.kind, OutputKind::Artifact(_)) {
                    files::make_folder(&flow.join("out").join(&output.name))?;
                }
            }
            let sources = shared.sources.make_tree(job, &folder.tree(), &cancel)?;
            if let Some(asked) = asked {
                asked.fetch(&shared, &folder.tree(), &cancel)?;
            }
            let scope = Scope { jobs: &before, items: &task.items, temp: Some(&flow), ..shared.known.scope() };
            let (visible, failed) = artifacts::consume(&shared, job, &flow, &scope)?;
            Ok((sources, visible, failed))
        })
        .await
    }

    /// Starts the job's container and what runs beside it.
    async fn start_containers(&self, scope: &Scope<'_>, cancel: &Cancel) -> Result<Option<Container>, Cause> {
        let Some(engine) = &self.shared.engine else { return Ok(None) };
        if self.job.container.is_none() && self.job.services.is_empty() {
            return Ok(None);
        }
        let started = engine.start(self.shared, self.job, &self.task.id, &self.folder, scope, cancel);
        started.await.map(Some)
    }

    /// Where what was deployed can be seen.
    fn tell_address(&self, scope: &Scope<'_>) {
        let environment = self.job.environment.as_ref();
        if let Some((name, Some(url))) = environment.map(|it| (&it.name, it.url.as_ref()))
            && let (Ok(name), Ok(url)) = (scope.text(name), scope.text(url))
            && !url.is_empty()
        {
            self.note(format!("{name}: {}", self.shared.masks.text(&url)));
        }
    }

    /// The outputs that are values; of a job that did not succeed those that it hands on in any case.
    fn values(&self, scope: &Scope<'_>, succeeded: bool) -> Result<BTreeMap<String, Const>, Box<Failure>> {
        let mut values = BTreeMap::new();
        for output in &self.job.outputs {
            let OutputKind::Value { ty, value } = &output.kind else { continue };
            if !succeeded && !output.always {
                continue;
            }
            let value = scope.eval(value).map_err(|why| {
                let what = format!("the output `{}`", output.name);
                self.failure(Cause::Compute { what, why }, &output.place)
            })?;
            if output.always && value.text().is_empty() {
                continue;
            }
            let value = values::settle(ty, value).map_err(|problem| {
                let problem = step::masked(problem, &self.shared.masks);
                self.failure(Cause::Value { name: output.name.clone(), problem }, &output.place)
            })?;
            values.insert(output.name.clone(), value);
        }
        Ok(values)
    }

    /// Stores what the job made, and a record of it if it succeeded.
    async fn store(&self, scope: &Scope<'_>, visible: &Visible, succeeded: bool) -> Result<Ended, Box<Failure>> {
        let values = self.values(scope, succeeded)?;
        let (shared, flow, task) = (self.shared.clone(), self.folder.flow(), self.task.clone());
        let consumed = visible.consumed.clone();
        let makers = self.makers(&consumed);
        let work = move || {
            let Some(job) = shared.plan.jobs.get(task.index) else { return Ok(Ok(Default::default())) };
            if succeeded {
                artifacts::unchanged(&shared, &flow, &consumed)?;
            }
            let (artifacts, strays) = match artifacts::seal_all(&shared, job, &flow, succeeded) {
                Ok(sealed) => sealed,
                Err(failed) => return Ok(Err(failed)),
            };
            if succeeded {
                let texts = values.iter().map(|(name, value)| (name.clone(), value.text())).collect();
                let produced = Produced { artifacts: artifacts.clone(), values: texts };
                let maker = Maker { run: shared.folder.id.clone(), job: task.id.to_string() };
                let record = Record::new(maker, &produced, makers);
                let path = shared.folder.record(&task.id);
                record.write(&shared.store, &path).map_err(|problem| Cause::Store(Arc::new(problem)))?;
            }
            Ok(Ok((Ended { succeeded, values, artifacts }, strays)))
        };
        match blocking(work).await {
            Ok(Ok((ended, strays))) => {
                if succeeded && !strays.is_empty() {
                    let strays = crate::error::names(&strays);
                    self.note(format!("files beside the declared outputs are left out: {strays}"));
                }
                Ok(ended)
            }
            Ok(Err((cause, place))) => Err(self.failure(cause, &place)),
            Err(cause) => Err(self.failure(cause, &self.job.place)),
        }
    }

    /// Who made what is consumed, by the id of the input.
    fn makers(&self, consumed: &[(String, Digest)]) -> BTreeMap<String, Consumed> {
        let run = &self.shared.folder.id;
        let one = |(id, digest): &(String, Digest)| {
            let mut makers: Vec<Maker> = Vec::new();
            if let Some(consume) = self.job.consumes.iter().find(|it| it.id == *id) {
                consume.from.outputs(&mut |job, _| makers.push(Maker { run: run.clone(), job: job.to_owned() }));
            }
            makers.dedup();
            (id.clone(), Consumed { makers, digest: digest.clone() })
        };
        consumed.iter().map(one).collect()
    }

    /// Gives people what the job exposes.
    async fn expose(&self, scope: &Scope<'_>, sources: &Path, outcome: &Outcome) -> Result<Vec<Exposed>, Cause> {
        let mut exposes = Vec::new();
        for it in &self.job.exposes {
            let ended = match it.when {
                When::Always => true,
                When::Succeeded => outcome.succeeded(),
                When::Failed => matches!(outcome, Outcome::Failed(_)),
            };
            let guard = it.guard.as_ref().map_or(Ok(true), |guard| scope.truth(&guard.condition));
            let what = || format!("whether `{}` is exposed", it.name);
            if ended && guard.map_err(|why| Cause::Compute { what: what(), why })? {
                exposes.push(it.clone());
            }
        }
        if exposes.is_empty() {
            return Ok(Vec::new());
        }
        let (shared, index, folder) = (self.shared.clone(), self.task.index, self.folder.clone());
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
            for it in &exposes {
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
