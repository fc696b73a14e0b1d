//! How a run ended and where its results are.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::Outcome;
use crate::store::Digest;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// In one word.
    pub outcome: RunOutcome,
    /// In the plan's order.
    pub jobs: Vec<JobSummary>,
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
    /// All jobs succeeded.
    Succeeded,
    /// A job failed.
    Failed,
    /// It was asked to end.
    Cancelled,
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
    /// How long it took; zero if it did not start.
    pub elapsed: Duration,
    /// All that it wrote, if it started.
    pub log: Option<PathBuf>,
    /// If it succeeded.
    pub outputs: Vec<OutputSummary>,
}

/// An output of a job that succeeded.
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
