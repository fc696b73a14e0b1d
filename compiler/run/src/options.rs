//! What a caller may choose about a run.
//!
//! It refuses to know how a choice was written down: flags and files are for the caller to read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::cancel::Cancel;

/// The choices of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project's folder: its files are the sources, and `.flow/` in it receives what is exposed.
    pub project: PathBuf,
    /// Values for the pipeline's parameters, by name, as text (lists as JSON).
    pub params: Vec<(String, String)>,
    /// How many jobs may run at once.
    pub jobs: NonZeroUsize,
    /// After a failure, start the jobs that do not depend on it; else start nothing more.
    pub keep_going: bool,
    /// The variables that allowed ones and secrets are taken from.
    pub environment: BTreeMap<OsString, OsString>,
    /// The store's folder; `None`: `$FLOW_STORE`, else `flow` in the platform's cache folder.
    pub store: Option<PathBuf>,
    /// The wish to end early.
    pub cancel: Cancel,
    /// How long a process that was asked to end may take before it is killed.
    pub grace: Duration,
}

impl Options {
    /// As many jobs at once as there are processors, this process's environment, 10 s of grace.
    pub fn new(project: impl Into<PathBuf>) -> Self {
        Self {
            project: project.into(),
            params: Vec::new(),
            jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            keep_going: false,
            environment: std::env::vars_os().collect(),
            store: None,
            cancel: Cancel::new(),
            grace: Duration::from_secs(10),
        }
    }
}
