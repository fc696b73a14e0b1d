//! A run as a whole: checks, then every job as soon as what it needs has succeeded and a place is free.
//!
//! Of the jobs that could start, the one that stands first in the plan does: the order is the same in
//! every run in which jobs end in the same order. It refuses to know what a job does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_plan::model::Plan;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::check::{self, Graph};
use crate::error::RunError;
use crate::event::{Cause, Event, Failure, Outcome};
use crate::files::With;
use crate::folder::RunFolder;
use crate::job::{self, JobEnd, Shared};
use crate::lines::Masks;
use crate::options::Options;
use crate::process::Tell;
use crate::sources::Sources;
use crate::store::{self, Store};
use crate::summary::{Exposed, JobSummary, OutputSummary, Product, RunOutcome, Summary};
use crate::{context, environment, files, params};

/// Runs the plan's jobs. `events` is called from several threads and should not take long.
///
/// Must be called within a tokio runtime that has time and IO. When the returned future is dropped
/// before it is ready, the processes that run are killed.
///
/// # Errors
/// If the run could not start; then no process was started. A job that fails is no error but part of
/// the [`Summary`].
pub async fn run(
    plan: &Plan,
    options: Options,
    events: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Summary, RunError> {
    let began = Instant::now();
    let graph = check::graph(plan)?;
    let plan = Arc::new(plan.clone());
    let tell: Tell = Arc::new(events);
    let shared = tokio::task::spawn_blocking({
        let (plan, graph) = (plan.clone(), graph.clone());
        move || prepare(plan, &graph, options, tell)
    });
    let shared = shared.await.map_err(|error| RunError::Plan(error.to_string()))??;
    for text in &shared.sources.notes {
        (shared.tell)(Event::Note { job: None, text: text.clone() });
    }
    (shared.tell)(Event::Started { run: shared.folder.id.as_str().into(), jobs: plan.jobs.len() });
    let mut schedule = Schedule::new(shared.clone(), graph);
    schedule.work().await;
    let (jobs, exposed) = schedule.finish();

    let outcome = if jobs.iter().all(|it| it.outcome.succeeded()) {
        RunOutcome::Succeeded
    } else if shared.options.cancel.is_cancelled() {
        RunOutcome::Cancelled
    } else {
        RunOutcome::Failed
    };
    let tidied = tokio::task::spawn_blocking({
        let shared = shared.clone();
        move || shared.folder.tidy(outcome != RunOutcome::Succeeded)
    });
    if let Ok(Err(problem)) = tidied.await {
        (shared.tell)(Event::Note { job: None, text: format!("the run's folder could not be tidied: {problem}") });
    }
    let (run, folder) = (shared.folder.id.clone(), shared.folder.path.clone());
    Ok(Summary { run, outcome, jobs, exposed, folder, elapsed: began.elapsed() })
}

/// All that is settled before the first job starts.
fn prepare(plan: Arc<Plan>, graph: &Graph, mut options: Options, tell: Tell) -> Result<Arc<Shared>, RunError> {
    options.project = options.project.canonicalize().with("find the project", &options.project)?;
    let params = params::settle(&plan, &options.params)?;
    check::foreign(&plan, graph)?;
    let shells = check::shells(&plan, &options.environment)?;
    let secrets = params::secrets(&plan, &options.environment)?;
    let root = store::folder(options.store.as_deref(), &options.environment)?;
    store::prepare(&root)?;
    let folder = RunFolder::make(&root)?;
    let seen = (|| {
        let variables = &options.environment;
        let context = context::of_run(&plan, &folder.id, &options.project, variables)?;
        let sources = Sources::take(&plan, &options.project, &folder.sources(), variables, &options.cancel)?;
        Ok((context, sources))
    })();
    let (context, sources) = seen.inspect_err(|_: &RunError| {
        // Nothing has happened: a folder that tells of nothing would only push out others.
        let _ = files::remove_folder(&folder.path);
    })?;
    Ok(Arc::new(Shared {
        store: Store::open(&root, &folder.scratch()),
        allowed: environment::allowed(&options.environment),
        masks: Arc::new(Masks::new(secrets.values())),
        produced: Mutex::default(),
        plan,
        options,
        folder,
        sources,
        params,
        secrets,
        context,
        shells,
        tell,
    }))
}

/// The jobs of a run on their way.
struct Schedule {
    shared: Arc<Shared>,
    graph: Graph,
    /// How many needs of each job have not succeeded yet.
    waits_for: Vec<usize>,
    /// Could start.
    ready: BTreeSet<usize>,
    running: JoinSet<JobEnd>,
    /// Which job each task runs.
    tasks: HashMap<tokio::task::Id, usize>,
    /// Folders of jobs that succeeded, on their way out.
    cleaning: JoinSet<()>,
    ended: BTreeMap<usize, JobEnd>,
    /// For jobs that cannot run: the jobs that failed or were cancelled which they need.
    blocked: BTreeMap<usize, BTreeSet<usize>>,
    failed: bool,
}

impl Schedule {
    fn new(shared: Arc<Shared>, graph: Graph) -> Self {
        let waits_for: Vec<usize> = graph.needs.iter().map(BTreeSet::len).collect();
        let ready = waits_for.iter().enumerate().filter(|(_, needs)| **needs == 0).map(|(index, _)| index).collect();
        Self {
            shared,
            graph,
            waits_for,
            ready,
            running: JoinSet::new(),
            tasks: HashMap::new(),
            cleaning: JoinSet::new(),
            ended: BTreeMap::new(),
            blocked: BTreeMap::new(),
            failed: false,
        }
    }

    /// Runs jobs until none can start and none runs.
    async fn work(&mut self) {
        loop {
            while self.may_start()
                && let Some(index) = self.ready.pop_first()
            {
                let task = self.running.spawn(job::run(self.shared.clone(), index));
                self.tasks.insert(task.id(), index);
            }
            let (task, end) = match self.running.join_next_with_id().await {
                None => break,
                Some(Ok((task, end))) => (task, Ok(end)),
                Some(Err(error)) => (error.id(), Err(error.to_string())),
            };
            if let Some(index) = self.tasks.remove(&task) {
                let end = end.unwrap_or_else(|defect| self.broken(index, defect));
                self.end(index, end);
            }
        }
        while self.cleaning.join_next().await.is_some() {}
    }

    fn may_start(&self) -> bool {
        let options = &self.shared.options;
        self.running.len() < options.jobs.get()
            && (options.keep_going || !self.failed)
            && !options.cancel.is_cancelled()
    }

    fn id(&self, index: usize) -> &str {
        self.shared.plan.jobs.get(index).map_or("", |it| &it.id)
    }

    fn tell_end(&self, index: usize, outcome: Outcome, elapsed: Duration) {
        (self.shared.tell)(Event::JobEnded { job: self.id(index).into(), outcome, elapsed });
    }

    fn end(&mut self, index: usize, end: JobEnd) {
        self.tell_end(index, end.outcome.clone(), end.elapsed);
        if end.outcome.succeeded() {
            let id = self.id(index).to_owned();
            let folder = self.shared.folder.job(&id).0;
            // What cannot be removed now is tried again, and told, when the run ends.
            self.cleaning.spawn_blocking(move || drop(files::remove_folder(&folder)));
            let mut produced = self.shared.produced.lock().unwrap_or_else(PoisonError::into_inner);
            produced.insert(id, end.produced.clone());
            drop(produced);
            for dependant in self.graph.needed_by.get(index).into_iter().flatten() {
                if let Some(left) = self.waits_for.get_mut(*dependant) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        self.ready.insert(*dependant);
                    }
                }
            }
        } else {
            self.failed |= matches!(end.outcome, Outcome::Failed(_));
            self.block_dependants(index);
        }
        self.ended.insert(index, end);
    }

    /// All that needs the job, directly or not, will not run.
    fn block_dependants(&mut self, cause: usize) {
        let mut to_block: Vec<usize> = self.graph.needed_by.get(cause).into_iter().flatten().copied().collect();
        while let Some(index) = to_block.pop() {
            let causes = self.blocked.entry(index).or_default();
            let is_news = causes.is_empty();
            if causes.insert(cause) {
                to_block.extend(self.graph.needed_by.get(index).into_iter().flatten());
            }
            if is_news {
                self.tell_end(index, Outcome::Blocked(vec![self.id(cause).to_owned()]), Duration::ZERO);
            }
        }
    }

    /// A job whose task broke down instead of ending.
    fn broken(&self, index: usize, defect: String) -> JobEnd {
        let failure = self.shared.plan.jobs.get(index).map(|job| {
            Outcome::Failed(Box::new(Failure {
                job: job.id.clone(),
                step: None,
                cause: Cause::Internal(defect),
                place: job.place.clone(),
                last_lines: Vec::new(),
                log: self.shared.folder.log(&job.id),
            }))
        });
        let outcome = failure.unwrap_or(Outcome::Cancelled);
        JobEnd { outcome, produced: Arc::default(), exposed: Vec::new(), elapsed: Duration::ZERO }
    }

    /// How all jobs ended, in the plan's order, and what was exposed.
    fn finish(mut self) -> (Vec<JobSummary>, Vec<Exposed>) {
        let (mut jobs, mut exposed) = (Vec::new(), Vec::new());
        let plan = self.shared.plan.clone();
        for (index, job) in plan.jobs.iter().enumerate() {
            let (outcome, elapsed, started) = match (self.ended.remove(&index), self.blocked.get(&index)) {
                (Some(end), _) => {
                    exposed.extend(end.exposed);
                    (end.outcome, end.elapsed, Some(end.produced))
                }
                (None, Some(causes)) => {
                    let causes = causes.iter().map(|it| self.id(*it).to_owned()).collect();
                    (Outcome::Blocked(causes), Duration::ZERO, None)
                }
                (None, None) => {
                    self.tell_end(index, Outcome::NotStarted, Duration::ZERO);
                    (Outcome::NotStarted, Duration::ZERO, None)
                }
            };
            let log = started.is_some().then(|| self.shared.folder.log(&job.id));
            let outputs = job.outputs.iter().filter_map(|it| {
                let made = started.as_ref()?;
                let product = match (made.values.get(&it.name), made.artifacts.get(&it.name)) {
                    (Some(value), _) => Product::Value(value.clone()),
                    (None, digest) => {
                        let digest = digest?.clone();
                        Product::Artifact { manifest: self.shared.store.manifest_path(&digest), digest }
                    }
                };
                Some(OutputSummary { name: it.name.clone(), product })
            });
            let (outputs, job_id, title) = (outputs.collect(), job.id.clone(), job.title.clone());
            jobs.push(JobSummary { job: job_id, title, outcome, elapsed, log, outputs });
        }
        (jobs, exposed)
    }
}
