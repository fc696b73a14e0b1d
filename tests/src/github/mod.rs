//! Carries out workflows of GitHub Actions on this machine, for tests: what is emitted must do what
//! the program says, not merely look right.
//!
//! It follows the platform's documentation and public sources to the letter where a workflow can tell
//! the difference: expressions, conditions, what an upload loses, which outputs are dropped. Jobs run
//! one after the other, in an order that `needs` allows and that a test may choose, so a missing edge
//! shows. Nothing is fetched: actions that are not built in here need a [`Stub`].
//!
//! Not there: containers and services (their jobs run on this machine, the log says so), waiting for
//! concurrency groups and environments, filters of triggers.

mod actions;
mod artifacts;
mod cache;
mod checkout;
mod commands;
mod evaluate;
mod event;
mod glob;
mod graph;
mod inputs;
mod job;
mod matrix;
mod misread;
mod process;
mod script;
mod syntax;
mod template;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use event::Event;
pub use misread::misread;
pub use value::Value;

/// What a run is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The repository; empty: the one that holds the workflow.
    pub repository: PathBuf,
    /// What started it.
    pub event: Event,
    /// What a manual run was given.
    pub inputs: Vec<(String, String)>,
    /// By name.
    pub secrets: Vec<(String, String)>,
    /// The configuration variables, by name.
    pub vars: Vec<(String, String)>,
    /// Actions and workflows of others: `owner/name`, without the version.
    pub stubs: BTreeMap<String, Stub>,
    /// Which of the jobs that may begin begins.
    pub order: Order,
    /// The run is cancelled when this step (by its name) of this job has ended.
    pub cancel: Option<(String, String)>,
    /// How long a minute of a timeout is.
    pub minute: Duration,
    /// What `needs` tells of a job that failed and may.
    pub tolerated: Outcome,
    /// The artifacts of earlier runs, by the run's id.
    pub earlier: BTreeMap<String, PathBuf>,
    /// What an earlier attempt of this run left.
    pub previous: Option<Previous>,
    /// What `actions/cache` keeps; `None`: a folder of this run.
    pub cache: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            repository: PathBuf::new(),
            event: Event::manual("main"),
            inputs: Vec::new(),
            secrets: Vec::new(),
            vars: Vec::new(),
            stubs: BTreeMap::new(),
            order: Order::First,
            cancel: None,
            minute: Duration::from_secs(60),
            tolerated: Outcome::Success,
            earlier: BTreeMap::new(),
            previous: None,
            cache: None,
        }
    }
}

/// An attempt that was made before.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// Its artifacts: they are still there.
    pub artifacts: PathBuf,
    /// Jobs that do not run again; none: all run again.
    pub kept: BTreeMap<String, Job>,
}

/// Which of the jobs that may begin begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first of the file.
    First,
    /// The last of the file.
    Last,
}

/// What stands for an action of somebody else.
#[derive(Clone, Debug, Default)]
pub struct Stub {
    /// What it answers.
    pub outputs: Vec<(String, String)>,
    /// What it does, in bash; inputs are in `INPUT_…`, as actions find them.
    pub script: String,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// It was cancelled; a job also if its time was up.
    Cancelled,
    /// It never began.
    Skipped,
}

impl Outcome {
    /// As expressions see it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// How.
    pub outcome: Outcome,
    /// By id.
    pub jobs: BTreeMap<String, Job>,
    /// What was uploaded, by name.
    pub artifacts: BTreeMap<String, Artifact>,
    /// The jobs that ran, in the order in which they began; `caller/id` in a called workflow, each leg
    /// of a matrix by itself.
    pub order: Vec<String>,
    /// What the jobs printed, secrets masked, and what was done.
    pub log: String,
    /// The run's title, if the workflow gives one.
    pub title: Option<String>,
    /// Where all of it lies.
    pub folder: tempfile::TempDir,
}

impl Run {
    /// How a job ended.
    pub fn job(&self, id: &str) -> &Job {
        self.jobs.get(id).unwrap_or_else(|| panic!("there is no job {id}, but {:?}", self.jobs.keys()))
    }
}

/// A job that has ended.
#[derive(Clone, Debug)]
pub struct Job {
    /// As others see it.
    pub outcome: Outcome,
    /// What others may read.
    pub outputs: BTreeMap<String, String>,
    /// Its instances: one, or one for each leg of its matrix; none if it never began.
    pub legs: Vec<Leg>,
    /// Of a job that calls a workflow, that one's.
    pub jobs: BTreeMap<String, Self>,
    /// What went wrong outside its steps.
    pub error: Option<String>,
}

/// An instance of a job.
#[derive(Clone, Debug)]
pub struct Leg {
    /// As it is shown.
    pub name: String,
    /// How it ended, before `continue-on-error`.
    pub outcome: Outcome,
    /// In order, skipped ones included.
    pub steps: Vec<Step>,
    /// Its matrix; null if it has none.
    pub matrix: Value,
    /// What it asked for.
    pub runs_on: Value,
    /// The name of its environment.
    pub environment: Option<String>,
    /// That environment's address.
    pub url: Option<String>,
    /// Its concurrency group.
    pub group: Option<String>,
}

impl Leg {
    /// The step of this name.
    pub fn step(&self, name: &str) -> &Step {
        let found = self.steps.iter().find(|it| it.name == name);
        found.unwrap_or_else(|| {
            panic!("there is no step {name:?}, but {:?}", self.steps.iter().map(|it| &it.name).collect::<Vec<_>>())
        })
    }
}

/// A step that has ended, or was skipped.
#[derive(Clone, Debug)]
pub struct Step {
    /// As it is shown.
    pub name: String,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The same after `continue-on-error`.
    pub conclusion: Outcome,
    /// What it wrote to be read by others.
    pub outputs: BTreeMap<String, String>,
    /// The exit code of its process.
    pub exit: Option<i32>,
    /// What it printed and why it failed.
    pub log: String,
    /// What it wrote for the run's page.
    pub summary: String,
    /// What it put on the run's page by commands, such as `error: no file`.
    pub annotations: Vec<String>,
}

/// An artifact.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its files.
    pub folder: PathBuf,
    /// Who uploaded it last.
    pub job: String,
    /// After how many days it may be deleted.
    pub retention: Option<u32>,
}

/// Carries out a workflow.
///
/// # Panics
///
/// If GitHub would refuse the file or the way it is started.
pub fn run(workflow: &Path, options: &Options) -> Run {
    try_run(workflow, options).unwrap_or_else(|error| panic!("{}: {error}", workflow.display()))
}

/// The same; why GitHub would refuse it, as a text.
pub fn try_run(workflow: &Path, options: &Options) -> Result<Run, String> {
    graph::run(workflow, options)
}
