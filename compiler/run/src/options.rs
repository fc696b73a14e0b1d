//! What a caller may choose about a run.
//!
//! It refuses to know how a choice was written down: flags and files are for the caller to read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cancel::Cancel;

/// The choices of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project's folder: its files are the sources, and `.flow/` in it receives what is exposed.
    pub project: PathBuf,
    /// Values for the pipeline's parameters, by name, as text (lists as JSON).
    pub params: Vec<(String, String)>,
    /// What is said to have started the run; `None`: a person.
    pub event: Option<String>,
    /// The branch that the run is said to be on, instead of the one that is checked out.
    pub branch: Option<String>,
    /// The tag that the run is said to be on.
    pub tag: Option<String>,
    /// Other members of `ctx`, such as `pull_request.title`, as text.
    pub context: Vec<(String, String)>,
    /// The files that count as changed, relative to the project, instead of those that git finds.
    pub changed: Option<Vec<String>>,
    /// Secrets by name, which count before the variables of the environment.
    pub secrets: BTreeMap<String, String>,
    /// Who is asked whether jobs may use their environments.
    pub consent: Consent,
    /// How many jobs may run at once.
    pub jobs: NonZeroUsize,
    /// After a failure, start the jobs that do not depend on it; else only those that are for that case.
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

/// Whether jobs may use their environments.
#[derive(Clone)]
pub enum Consent {
    /// They may.
    Yes,
    /// Nobody is there who could say so.
    Nobody,
    /// This person is asked, with the names of the environments, each with the jobs that use it.
    Ask(Ask),
}

/// Asks a person.
type Ask = Arc<dyn Fn(&[(String, Vec<String>)]) -> bool + Send + Sync>;

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "Yes",
            Self::Nobody => "Nobody",
            Self::Ask(_) => "Ask",
        })
    }
}

impl Options {
    /// As many jobs at once as there are processors, this process's environment, 10 s of grace.
    pub fn new(project: impl Into<PathBuf>) -> Self {
        Self {
            project: project.into(),
            params: Vec::new(),
            event: None,
            branch: None,
            tag: None,
            context: Vec::new(),
            changed: None,
            secrets: BTreeMap::new(),
            consent: Consent::Nobody,
            jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            keep_going: false,
            environment: std::env::vars_os().collect(),
            store: None,
            cancel: Cancel::new(),
            grace: Duration::from_secs(10),
        }
    }
}
