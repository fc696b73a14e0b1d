//! A run as a whole: checks, then every job as soon as the law of outcomes lets it and a place is free.
//!
//! Of the jobs that could start, the one that stands first in the plan does: the order is the same in
//! every run in which jobs end in the same order. It refuses to know what a job does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_plan::model::{EdgeKind, Job, Plan, Role, Value};
use flow_plan::outcome::{self, Tie};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cancel::Cancel;
use crate::check::{self, Graph};
use crate::container::Engine;
use crate::error::RunError;
use crate::event::{Cause, Event, Failure, Outcome, Skip};
use crate::files::With;
use crate::folder::RunFolder;
use crate::job::{self, JobEnd, Shared, Task};
use crate::lines::Masks;
use crate::lock;
use crate::options::Options;
use crate::process::Tell;
use crate::scope::{Ended, Known, Scope};
use crate::sources::Sources;
use crate::store::earlier::Shown;
use crate::store::{self, Store};
use crate::summary::{Exposed, RunOutcome, Summary};
use crate::{changed, checkout, context, environment, files, legs, params, report, result, settle};

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
    let plan = plan.clone();
    let tell: Tell = Arc::new(events);
    let shared = tokio::task::spawn_blocking({
        let graph = graph.clone();
        move || prepare(plan, &graph, options, tell)
    });
    let (shared, active) = shared.await.map_err(|error| RunError::Plan(error.to_string()))??;
    for text in &shared.sources.notes {
        (shared.tell)(Event::Note { job: None, text: text.clone() });
    }
    let held = hold(&shared).await?;
    let cancel = held.as_ref().map_or_else(|| shared.options.cancel.clone(), |it| it.cancel.clone());
    (shared.tell)(Event::Started { run: shared.folder.id.as_str().into(), jobs: shared.plan.jobs.len() });
    let mut schedule = Schedule::new(shared.clone(), graph, active, cancel.clone());
    schedule.work().await;
    let (jobs, exposed) = report::jobs(&shared, schedule.ended);
    drop(held);

    let outcome = if cancel.is_cancelled() && !jobs.iter().all(|it| it.is_fine()) {
        RunOutcome::Cancelled
    } else if jobs.iter().all(|it| it.is_fine()) {
        RunOutcome::Succeeded
    } else {
        RunOutcome::Failed
    };
    let summary = Summary {
        run: shared.folder.id.clone(),
        name: report::name(&shared),
        outcome,
        gates: report::gates(&shared.plan, &jobs),
        outputs: report::outputs(&shared),
        jobs,
        exposed,
        folder: shared.folder.path.clone(),
        elapsed: began.elapsed(),
    };
    let text = result::json(&shared.plan, &summary);
    let shown = summary.exposed.clone();
    let tidied = tokio::task::spawn_blocking({
        let shared = shared.clone();
        move || {
            let path = shared.folder.result();
            std::fs::write(&path, text).with("write", &path)?;
            remember(&shared, outcome, &shown);
            shared.folder.tidy(outcome != RunOutcome::Succeeded)
        }
    });
    if let Ok(Err(problem)) = tidied.await {
        (shared.tell)(Event::Note { job: None, text: format!("the run's folder could not be tidied: {problem}") });
    }
    Ok(summary)
}

/// Keeps what the run has exposed for runs of other pipelines.
fn remember(shared: &Shared, outcome: RunOutcome, shown: &[Exposed]) {
    if shown.is_empty() {
        return;
    }
    let branch = shared.known.scope().text(&Value::Ctx("branch".to_owned())).unwrap_or_default();
    let record = Shown::new(&shared.folder.id, branch, outcome == RunOutcome::Succeeded);
    let folders = shown.iter().map(|it| (it.name.as_str(), it.path.as_path()));
    if let Err(problem) = shared.store.remember(&shared.known.exposed, &shared.plan.pipeline, record, folders) {
        let text = format!("other pipelines cannot read what was exposed: {problem}");
        (shared.tell)(Event::Note { job: None, text });
    }
}

/// All that is settled before the first job starts; with it which jobs may run.
fn prepare(
    mut plan: Plan,
    graph: &Graph,
    mut options: Options,
    tell: Tell,
) -> Result<(Arc<Shared>, Vec<bool>), RunError> {
    options.project = options.project.canonicalize().with("find the project", &options.project)?;
    let mut known = Known { params: params::settle(&plan, &options.params)?, ..Known::default() };
    let root = store::folder(options.store.as_deref(), &options.environment)?;
    store::prepare(&root)?;
    known.exposed = store::earlier::folder(&root, &options.project);
    let folder = RunFolder::make(&root)?;
    let settled = (|| {
        let variables = &options.environment;
        known.context = context::of_run(&plan, &folder.id, &options)?;
        known.changed = changed_files(&plan, &options)?;
        settle::runners(&mut plan, &known)?;
        known.secrets = params::secrets_there(&plan, &options);
        let active = settle::active(&plan, &known)?;
        let jobs = || plan.jobs.iter().zip(&active).filter(|(_, active)| **active).map(|(job, _)| job);
        check::foreign(&plan, graph, &active)?;
        let shells = check::shells(jobs(), variables)?;
        known.secrets = params::secrets(&plan, jobs(), &options)?;
        checkout::check(jobs(), &known, &options.project, variables)?;
        let engine = Engine::find(jobs(), &options)?;
        settle::environments(jobs(), &known, &options)?;
        let sources = Sources::take(&plan, &options.project, &folder.sources(), variables, &options.cancel)?;
        Ok((active, shells, engine, sources))
    })();
    let (active, shells, engine, sources) = settled.inspect_err(|_: &RunError| {
        // Nothing has happened: a folder that tells of nothing would only push out others.
        let _ = files::remove_folder(&folder.path);
    })?;
    let shared = Shared {
        store: Store::open(&root, &folder.scratch()),
        allowed: environment::allowed(&options.environment),
        masks: Arc::new(Masks::new(known.secrets.values())),
        ended: Mutex::default(),
        clock: Default::default(),
        plan: Arc::new(plan),
        options,
        folder,
        sources,
        known,
        shells,
        engine,
        tell,
    };
    Ok((Arc::new(shared), active))
}

/// The files that count as changed, if the plan asks for some.
fn changed_files(plan: &Plan, options: &Options) -> Result<Option<Vec<String>>, RunError> {
    let mut asked = false;
    context::read(plan, &mut |value| asked |= matches!(value, Value::Changed(_)));
    match &options.changed {
        Some(given) => Ok(Some(given.clone())),
        None if asked => {
            let base = context::base(plan, options)?;
            changed::files(&options.project, base.as_deref(), &options.environment)
        }
        None => Ok(None),
    }
}

/// Waits until no other run of the pipeline's group runs.
async fn hold(shared: &Arc<Shared>) -> Result<Option<lock::Held>, RunError> {
    let Some(concurrency) = &shared.plan.concurrency else { return Ok(None) };
    let asked = lock::Asked::new(concurrency, &shared.known.scope()).map_err(|why| RunError::Value {
        what: "the concurrency group cannot be computed".to_owned(),
        why,
        place: concurrency.place.clone(),
    })?;
    let note = |text| (shared.tell)(Event::Note { job: None, text });
    let held = asked.hold(&shared.folder, &shared.options.cancel, &note).await?;
    held.map(Some).ok_or(RunError::Cancelled)
}

/// A job that has ended, with what ran for each element of its list.
pub(crate) struct Finished {
    pub(crate) end: JobEnd,
    pub(crate) legs: Vec<(Task, JobEnd)>,
}

/// A job that runs for each element of a list.
struct Open {
    /// What has ended, by the element's number.
    legs: BTreeMap<usize, (Task, JobEnd)>,
    /// How many there are.
    count: usize,
}

/// The jobs of a run on their way.
struct Schedule {
    shared: Arc<Shared>,
    graph: Graph,
    /// Those whose guard may hold.
    active: Vec<bool>,
    cancel: Cancel,
    /// How many needs of each job have not ended yet.
    waits_for: Vec<usize>,
    /// All that they need has ended, and nothing is settled yet.
    due: BTreeSet<usize>,
    /// Could start, by the job's place in the plan and the element's number.
    ready: BTreeMap<(usize, usize), Task>,
    running: JoinSet<JobEnd>,
    /// Which job each task runs.
    tasks: HashMap<tokio::task::Id, Task>,
    /// Jobs that run for each element of a list, as far as they have ended.
    open: BTreeMap<usize, Open>,
    /// Folders of jobs that succeeded, on their way out.
    cleaning: JoinSet<()>,
    ended: BTreeMap<usize, Finished>,
    failed: bool,
}

impl Schedule {
    fn new(shared: Arc<Shared>, graph: Graph, active: Vec<bool>, cancel: Cancel) -> Self {
        let waits_for: Vec<usize> = graph.needs.iter().map(BTreeSet::len).collect();
        let due = waits_for.iter().enumerate().filter(|(_, needs)| **needs == 0).map(|(index, _)| index).collect();
        Self {
            shared,
            graph,
            active,
            cancel,
            waits_for,
            due,
            ready: BTreeMap::new(),
            running: JoinSet::new(),
            tasks: HashMap::new(),
            open: BTreeMap::new(),
            cleaning: JoinSet::new(),
            ended: BTreeMap::new(),
            failed: false,
        }
    }

    /// Runs jobs until all have ended.
    async fn work(&mut self) {
        loop {
            while let Some(index) = self.due.pop_first() {
                self.decide(index);
            }
            while self.running.len() < self.shared.options.jobs.get()
                && let Some((_, task)) = self.ready.pop_first()
            {
                self.start(task);
            }
            if !self.due.is_empty() {
                continue;
            }
            let (id, end) = match self.running.join_next_with_id().await {
                None => break,
                Some(Ok((id, end))) => (id, Ok(end)),
                Some(Err(error)) => (error.id(), Err(error.to_string())),
            };
            if let Some(task) = self.tasks.remove(&id) {
                let end = end.unwrap_or_else(|defect| self.broken(&task, Cause::Internal(defect)));
                self.end_task(task, end);
            }
        }
        while self.cleaning.join_next().await.is_some() {}
    }

    fn job(&self, index: usize) -> Option<&Job> {
        self.shared.plan.jobs.get(index)
    }

    /// Whether a job may still start: after a wish to end only what cleans up, after a failure only what is for
    /// that case.
    fn may_start(&self, index: usize) -> bool {
        let Some(job) = self.job(index) else { return false };
        if self.cancel.is_cancelled() {
            return job.role == Role::Finally;
        }
        if !self.failed || self.shared.options.keep_going || job.role != Role::Normal {
            return true;
        }
        // It takes what jobs hand on that did not succeed.
        job.needs.iter().any(|edge| {
            let (EdgeKind::Artifact(output) | EdgeKind::Value(output)) = &edge.kind else { return false };
            let Some(at) = self.shared.plan.jobs.iter().position(|it| it.id == edge.job) else { return false };
            let always = self.job(at).is_some_and(|it| it.outputs.iter().any(|it| it.name == *output && it.always));
            always && self.ended.get(&at).is_some_and(|it| matches!(it.end.outcome, Outcome::Failed(_)))
        })
    }

    fn start(&mut self, task: Task) {
        if !self.may_start(task.index) {
            return self.end_task(task, without_run(Outcome::NotStarted));
        }
        let finally = self.job(task.index).is_some_and(|it| it.role == Role::Finally);
        let cancel = if finally { self.cancel.patient() } else { self.cancel.clone() };
        let handle = self.running.spawn(job::run(self.shared.clone(), task.clone(), cancel));
        self.tasks.insert(handle.id(), task);
    }

    /// Settles what becomes of a job when all that it needs has ended.
    fn decide(&mut self, index: usize) {
        let shared = self.shared.clone();
        let Some(job) = shared.plan.jobs.get(index) else { return };
        if let Some(outcome) = self.not_run(index, job) {
            return self.end(index, without_run(outcome), Vec::new());
        }
        let title = report::title(&shared.plan, job);
        if job.each.is_empty() {
            let (id, title) = (job.id.as_str().into(), title.into());
            self.ready.insert((index, 0), Task { index, id, title, items: Vec::new() });
            return;
        }
        let before = shared.before(job);
        let scope = Scope { jobs: &before, ..shared.known.scope() };
        let found = match legs::all(job, &scope) {
            Ok(found) => found,
            Err(cause) => {
                let task = Task { index, id: job.id.as_str().into(), title: title.into(), items: Vec::new() };
                let end = self.broken(&task, cause);
                return self.end(index, end, Vec::new());
            }
        };
        self.open.insert(index, Open { legs: BTreeMap::new(), count: found.len() });
        let tasks = found.into_iter().enumerate();
        let tasks = tasks.map(|(number, (items, runs))| (number, legs::task(index, job, &title, number, items), runs));
        let mut nothing = true;
        for (number, task, runs) in tasks.collect::<Vec<_>>() {
            nothing = false;
            if runs {
                self.ready.insert((index, number), task);
            } else {
                self.end_task(task, legs::skipped());
            }
        }
        if nothing {
            self.end_legs(index);
        }
    }

    /// Why a job does not run, by the law of outcomes.
    fn not_run(&self, index: usize, job: &Job) -> Option<Outcome> {
        if !self.active.get(index).copied().unwrap_or(true) {
            return Some(Outcome::Skipped(Skip::Condition));
        }
        let ties = outcome::ties(job, |id| self.shared.plan.jobs.iter().find(|it| it.id == id));
        let ended = |id: &str| {
            let at = self.shared.plan.jobs.iter().position(|it| it.id == id)?;
            self.ended.get(&at).map(|it| &it.end)
        };
        let broken: Vec<&Tie<'_>> =
            ties.iter().filter(|tie| ended(tie.job).is_none_or(|end| !holds(tie.ended, end))).collect();
        let before = self.shared.before(job);
        let scope = Scope { jobs: &before, ..self.shared.known.scope() };
        // The parts of a guard are asked in order, until one does not hold or reads what is broken.
        let mut holds = job.guard.is_some().then_some(Ok(true));
        for one in outcome::conjuncts(job.guard.as_ref()).into_iter().filter(|it| !settle::has_items(job, it)) {
            let mut reads_broken = false;
            one.each(&mut |value| {
                if let Value::Output { job, .. } = value {
                    reads_broken |= broken.iter().any(|tie| tie.job == job);
                }
            });
            holds = if reads_broken { None } else { Some(scope.truth(one)) };
            if holds != Some(Ok(true)) {
                break;
            }
        }
        if holds == Some(Ok(false)) {
            return Some(Outcome::Skipped(Skip::Condition));
        }
        if !broken.is_empty() {
            let outcomes = || broken.iter().filter_map(|tie| ended(tie.job).map(|end| (tie.job, &end.outcome)));
            if outcomes().any(|(_, outcome)| matches!(outcome, Outcome::NotStarted)) {
                return Some(Outcome::NotStarted);
            }
            let mut causes: BTreeSet<String> = BTreeSet::new();
            for (id, outcome) in outcomes() {
                match outcome {
                    Outcome::Blocked(by) => causes.extend(by.iter().cloned()),
                    _ => drop(causes.insert(id.to_owned())),
                }
            }
            let in_order = self.shared.plan.jobs.iter().map(|it| &it.id).filter(|it| causes.contains(*it));
            return Some(Outcome::Blocked(in_order.cloned().collect()));
        }
        if job.role == Role::OnFailure && !ties.iter().any(|tie| ended(tie.job).is_some_and(went_wrong)) {
            return Some(Outcome::Skipped(Skip::Condition));
        }
        for tie in &ties {
            let made = before.get(tie.job);
            let missing = tie.made.iter().find(|output| {
                let is_there =
                    |it: &Arc<Ended>| it.values.contains_key(**output) || it.artifacts.contains_key(**output);
                !made.is_some_and(is_there)
            });
            if let Some(output) = missing {
                return Some(Outcome::Skipped(Skip::NotMade(tie.job.to_owned(), (*output).to_owned())));
            }
        }
        if let Some(Err(why)) = holds {
            let cause = Cause::Compute { what: "the condition of the job".to_owned(), why };
            return Some(Outcome::Failed(self.failure(&job.id, job, cause)));
        }
        (!self.may_start(index)).then_some(Outcome::NotStarted)
    }

    fn failure(&self, id: &str, job: &Job, cause: Cause) -> Box<Failure> {
        Box::new(Failure {
            job: id.to_owned(),
            step: None,
            cause,
            place: job.place.clone(),
            last_lines: Vec::new(),
            log: self.shared.folder.log(id),
        })
    }

    /// A job that failed without having run, or whose task broke down instead of ending.
    fn broken(&self, task: &Task, cause: Cause) -> JobEnd {
        let failure = self.job(task.index).map(|job| Outcome::Failed(self.failure(&task.id, job, cause)));
        without_run(failure.unwrap_or(Outcome::Cancelled))
    }

    /// A job, or one element's part of it, has ended.
    fn end_task(&mut self, task: Task, end: JobEnd) {
        if end.outcome.succeeded() {
            let folder = self.shared.folder.job(&task.id).0;
            // What cannot be removed now is tried again, and told, when the run ends.
            self.cleaning.spawn_blocking(move || drop(files::remove_folder(&folder)));
        }
        let index = task.index;
        let Some(open) = self.open.get_mut(&index) else { return self.end(index, end, Vec::new()) };
        let number = task.id.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or_default();
        let (job, tolerated, elapsed) = (task.id.clone(), end.tolerated, end.elapsed);
        (self.shared.tell)(Event::JobEnded { job, outcome: end.outcome.clone(), tolerated, elapsed });
        self.failed |= matches!(end.outcome, Outcome::Failed(_)) && !end.tolerated;
        open.legs.insert(number, (task, end));
        if open.legs.len() == open.count {
            self.end_legs(index);
        }
    }

    fn end_legs(&mut self, index: usize) {
        let Some(open) = self.open.remove(&index) else { return };
        let legs: Vec<(Task, JobEnd)> = open.legs.into_values().collect();
        if let Some(job) = self.job(index) {
            let end = legs::whole(job, &legs, &self.shared.store);
            self.end(index, end, legs);
        }
    }

    fn end(&mut self, index: usize, end: JobEnd, legs: Vec<(Task, JobEnd)>) {
        let Some(id) = self.job(index).map(|job| job.id.clone()) else { return };
        if legs.is_empty() {
            let (job, tolerated, elapsed) = (id.as_str().into(), end.tolerated, end.elapsed);
            (self.shared.tell)(Event::JobEnded { job, outcome: end.outcome.clone(), tolerated, elapsed });
        }
        self.failed |= matches!(end.outcome, Outcome::Failed(_)) && !end.tolerated;
        self.shared.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(end.ended.clone()));
        self.ended.insert(index, Finished { end, legs });
        for dependant in self.graph.needed_by.get(index).into_iter().flatten() {
            if let Some(left) = self.waits_for.get_mut(*dependant) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.due.insert(*dependant);
                }
            }
        }
    }
}

fn without_run(outcome: Outcome) -> JobEnd {
    JobEnd {
        outcome,
        tolerated: false,
        ended: Ended::default(),
        exposed: Vec::new(),
        elapsed: Duration::ZERO,
        span: None,
        steps: Vec::new(),
    }
}

/// Whether a job ended as another one asks.
fn holds(asked: outcome::Ended, end: &JobEnd) -> bool {
    let passed = end.tolerated || end.outcome.succeeded() || matches!(end.outcome, Outcome::Skipped(Skip::NoElements));
    match asked {
        outcome::Ended::Somehow => true,
        outcome::Ended::Succeeded => passed,
        outcome::Ended::Passed => passed || matches!(end.outcome, Outcome::Skipped(_)),
    }
}

/// Whether it is a reason for `on_failure`.
fn went_wrong(end: &JobEnd) -> bool {
    !end.tolerated && matches!(end.outcome, Outcome::Failed(_) | Outcome::Cancelled)
}
