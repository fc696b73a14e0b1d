//! How a run ended and where its results are.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::{Outcome, Skip, StepName, StepOutcome};
use crate::store::Digest;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// How it is shown to people, where the pipeline says so.
    pub name: Option<String>,
    /// In one word.
    pub outcome: RunOutcome,
    /// In the plan's order.
    pub jobs: Vec<JobSummary>,
    /// In the plan's order.
    pub gates: Vec<GateSummary>,
    /// What a caller of the pipeline gets.
    pub outputs: Vec<(String, String)>,
    /// What was given to people, in the order in which it became available.
    pub exposed: Vec<Exposed>,
    /// The run's folder: the jobs' logs, and, unless the run succeeded, the folders of the jobs that did not.
    pub folder: PathBuf,
    /// How long it took.
    pub elapsed: Duration,
}

/// How a run ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// All jobs that were meant to run succeeded.
    Succeeded,
    /// A job failed.
    Failed,
    /// It was asked to end.
    Cancelled,
}

impl RunOutcome {
    /// That word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a job ended.
#[derive(Clone, Debug)]
pub struct JobSummary {
    /// Its id.
    pub job: String,
    /// For people.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// It failed, and that does not fail the run.
    pub tolerated: bool,
    /// How long it took; zero if it did not start.
    pub elapsed: Duration,
    /// When it began and ended, as numbers that count all that begins and ends in the run; if it started.
    pub span: Option<(u64, u64)>,
    /// All that it wrote, if it started.
    pub log: Option<PathBuf>,
    /// What it handed on.
    pub outputs: Vec<OutputSummary>,
    /// Its steps in their order, if it started.
    pub steps: Vec<StepSummary>,
    /// Of a job that runs for each element of a list: one for each.
    pub legs: Vec<JobSummary>,
}

impl JobSummary {
    /// Whether it did what it was meant to.
    pub fn is_fine(&self) -> bool {
        self.tolerated || matches!(self.outcome, Outcome::Succeeded | Outcome::Skipped(_))
    }

    /// Whether a gate that covers it is green.
    pub fn passes_gates(&self) -> bool {
        let meant = !matches!(self.outcome, Outcome::Skipped(Skip::NotMade(..)));
        self.is_fine() && meant
    }
}

/// How a step ended.
#[derive(Clone, Debug)]
pub struct StepSummary {
    /// Which.
    pub step: StepName,
    /// How.
    pub outcome: StepOutcome,
    /// When it began and ended, counted like those of jobs.
    pub span: Option<(u64, u64)>,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateSummary {
    /// Its id.
    pub gate: String,
    /// For people.
    pub title: String,
    /// The jobs for which it is red, by id; none: it is green.
    pub red: Vec<String>,
}

/// An output of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSummary {
    /// Its name.
    pub name: String,
    /// What it is.
    pub product: Product,
}

/// What a job produced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Product {
    /// A value.
    Value(String),
    /// Files, in the store under this digest.
    Artifact {
        /// Of its manifest.
        digest: Digest,
        /// The manifest, which lists the files.
        manifest: PathBuf,
    },
}

/// Files given to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The name that the program gives them.
    pub name: String,
    /// The job that made them.
    pub job: String,
    /// The folder that holds them.
    pub path: PathBuf,
}
