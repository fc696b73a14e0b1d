//! Why a run did not start at all. What goes wrong later is a [`Failure`](crate::Failure) of a job.
//!
//! All problems of one kind are listed together, so that a person mends them in one go.

use std::fmt::{self, Display};
use std::path::PathBuf;

use flow_plan::construct::Refused;
use flow_plan::model::{Os, Place};

use crate::store::StoreError;

/// A run could not start; nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Parameters that do not fit.
    #[error("{}", lines(.0))]
    Params(Vec<ParamProblem>),
    /// What was said of the run does not fit.
    #[error("{}", lines(.0))]
    ContextGiven(Vec<ContextProblem>),
    /// Secrets that nobody gave.
    #[error("{}", lines(.0))]
    Secrets(Vec<MissingSecret>),
    /// Jobs deploy to environments, and nobody has said that they may.
    #[error("the pipeline uses {}: say `--yes` to allow it", environments(.0))]
    Environments(Vec<(String, Vec<String>)>),
    /// A person was asked, and said no.
    #[error("not started: {} may not be used", environments(.0))]
    Refused(Vec<(String, Vec<String>)>),
    /// Jobs need containers, and neither `docker` nor `podman` is there.
    #[error("neither `docker` nor `podman` is in PATH, and there are jobs that need one of them:\n{}", lines(.0))]
    NoContainers(Vec<NeedsContainer>),
    /// What cannot be fetched here.
    #[error("{}", lines(.0))]
    Checkouts(Vec<BadCheckout>),
    /// A value that is known when a run begins cannot be computed.
    #[error("{what}: {why}\n  at {}", At(.place))]
    Value {
        /// What it is for.
        what: String,
        /// Why.
        why: String,
        /// Where it stands.
        place: Place,
    },
    /// Jobs for another system than this one.
    #[error("this machine runs {}, but the pipeline has jobs for another system:\n{}", .host.name(), lines(.jobs))]
    Foreign {
        /// This machine's system.
        host: Os,
        /// Those jobs, in the plan's order.
        jobs: Vec<ForeignJob>,
    },
    /// Programs that scripts need and that are not in `PATH`.
    #[error("{}", lines(.0))]
    Shells(Vec<MissingShell>),
    /// Patterns of `inputs` that no file matches.
    #[error("{}", lines(.0))]
    NoMatch(Vec<NoMatch>),
    /// A member of `ctx` that this run has no value for.
    #[error("`ctx.{member}` has no value here: {why}")]
    Context {
        /// Its name.
        member: String,
        /// Why not.
        why: String,
    },
    /// Parts of the language that a run cannot carry out yet.
    #[error("{}", lines(.0))]
    NotBuilt(Vec<NotBuilt>),
    /// The plan contradicts itself: a defect of whoever made it.
    #[error("the plan is not sound: {0}")]
    Plan(String),
    /// The sources could not be read through git.
    #[error("`git {command}` failed in {}: {message}", .folder.display())]
    Git {
        /// Its arguments.
        command: String,
        /// Where it ran.
        folder: PathBuf,
        /// What it said.
        message: String,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder could not be used.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It was asked to end before it began.
    #[error("cancelled")]
    Cancelled,
}

/// A part of the language that a run cannot carry out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotBuilt(pub Refused);

impl Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { construct, place: Place { file, line, column } } = &self.0;
        write!(f, "F0701: {} cannot be run yet\n  at {file}:{line}:{column}", construct.noun())
    }
}

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamProblem {
    /// The pipeline has no such parameter.
    Unknown {
        /// As given.
        name: String,
        /// The nearest that there is.
        suggestion: Option<String>,
        /// All that there are.
        known: Vec<String>,
    },
    /// It has no default and was not given.
    Missing {
        /// Its name.
        name: String,
        /// What it takes.
        expected: String,
        /// Where it is declared.
        place: Place,
    },
    /// What was given is not of its type.
    Invalid {
        /// Its name.
        name: String,
        /// As given.
        given: String,
        /// What it takes.
        expected: String,
        /// The nearest allowed value.
        suggestion: Option<String>,
    },
    /// It was given more than once.
    Repeated {
        /// Its name.
        name: String,
    },
}

impl Display for ParamProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, suggestion: Some(near), .. } => {
                write!(f, "the pipeline has no parameter `{name}`; did you mean `{near}`?")
            }
            Self::Unknown { name, known, .. } if known.is_empty() => {
                write!(f, "the pipeline has no parameter `{name}`; it has none at all")
            }
            Self::Unknown { name, known, .. } => {
                write!(f, "the pipeline has no parameter `{name}`; it has {}", names(known))
            }
            Self::Missing { name, expected, .. } => write!(f, "parameter `{name}` needs a value: {expected}"),
            Self::Invalid { name, given, expected, suggestion } => {
                write!(f, "parameter `{name}` cannot be `{given}`: it takes {expected}")?;
                suggestion.as_ref().map_or(Ok(()), |near| write!(f, "; did you mean `{near}`?"))
            }
            Self::Repeated { name } => write!(f, "parameter `{name}` is given more than once"),
        }
    }
}

/// What is wrong with what was said of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextProblem {
    /// Nothing of that name starts the pipeline.
    Event {
        /// As given.
        given: String,
        /// The nearest that there is.
        suggestion: Option<String>,
        /// All that start it.
        known: Vec<String>,
    },
    /// `ctx` has no such member, or none that can be said.
    Unknown {
        /// As given.
        name: String,
        /// The nearest that there is.
        suggestion: Option<String>,
        /// All that can be said.
        known: Vec<String>,
    },
    /// It is said more than once.
    Repeated(String),
    /// It is a field of a pull request, and the run is none.
    NoPullRequest(String),
    /// What is said is not of its type.
    Invalid {
        /// Its name.
        name: String,
        /// As given.
        given: String,
        /// What it takes.
        expected: String,
    },
    /// A run is not on a tag and on something else.
    TagAnd(&'static str),
}

impl Display for ContextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { given, suggestion: Some(near), .. } => {
                write!(f, "no `{given}` starts the pipeline; did you mean `{near}`?")
            }
            Self::Event { given, known, .. } => {
                write!(f, "no `{given}` starts the pipeline; what does is {}", names(known))
            }
            Self::Unknown { name, suggestion: Some(near), .. } => {
                write!(f, "`ctx` has no `{name}` that can be given; did you mean `{near}`?")
            }
            Self::Unknown { name, known, .. } => {
                write!(f, "`ctx` has no `{name}` that can be given; there is {}", names(known))
            }
            Self::Repeated(name) => write!(f, "`{name}` is given more than once"),
            Self::NoPullRequest(name) => {
                write!(f, "`{name}` is there on pull requests only: say `--event pull_request`")
            }
            Self::Invalid { name, given, expected } => write!(f, "`{name}` cannot be `{given}`: it takes {expected}"),
            Self::TagAnd(other) => write!(f, "a run is on a tag or on {other}, not on both"),
        }
    }
}

/// A secret that nobody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSecret {
    /// Its name in the program.
    pub name: String,
    /// The variable of the environment that can hold it.
    pub variable: String,
    /// Where it is declared.
    pub place: Option<Place>,
}

impl Display for MissingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, variable, place } = self;
        write!(f, "no value for the secret `{name}`: set the variable `{variable}`, or name a file by `--secrets`")?;
        place.as_ref().map_or(Ok(()), |place| write!(f, " ({})", At(place)))
    }
}

/// A job that needs containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsContainer {
    /// Its id.
    pub job: String,
    /// What it needs: `a container`, `the service db`.
    pub what: String,
    /// The call.
    pub place: Place,
}

impl Display for NeedsContainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` has {} ({})", self.job, self.what, At(&self.place))
    }
}

/// A checkout that cannot be done here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCheckout {
    /// The job's id.
    pub job: String,
    /// Why.
    pub why: String,
    /// Where it stands.
    pub place: Place,
}

impl Display for BadCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a checkout of `{}` cannot be done here: {} ({})", self.job, self.why, At(&self.place))
    }
}

/// `` the environment `a` (jobs `x`, `y`) ``.
fn environments(all: &[(String, Vec<String>)]) -> String {
    let one = |(name, jobs): &(String, Vec<String>)| format!("the environment `{name}` ({})", names(jobs));
    all.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// A job that this machine cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignJob {
    /// Its id.
    pub job: String,
    /// The system it is for.
    pub os: Os,
    /// The jobs that need it directly.
    pub needed_by: Vec<String>,
    /// The call.
    pub place: Place,
}

impl Display for ForeignJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` runs on {} ({})", self.job, self.os.name(), At(&self.place))?;
        if self.needed_by.is_empty() { Ok(()) } else { write!(f, "; needed by {}", names(&self.needed_by)) }
    }
}

/// A program that scripts need and that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingShell {
    /// The program, such as `pwsh`.
    pub program: String,
    /// The first job that needs it.
    pub job: String,
    /// The first step that needs it, by title.
    pub step: String,
    /// Where that step stands.
    pub place: Place,
}

impl Display for MissingShell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, job, step, place } = self;
        write!(f, "`{program}` is not in PATH, and step `{step}` of job `{job}` ({}) runs in it", At(place))
    }
}

/// A pattern that no file matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoMatch {
    /// The job whose `inputs` has it.
    pub job: String,
    /// The pattern, as written.
    pub pattern: String,
    /// The call of the job.
    pub place: Place,
}

impl Display for NoMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, pattern, place } = self;
        write!(f, "no source file matches `{pattern}`, an input of job `{job}` ({})", At(place))
    }
}

/// A place as people and editors read it.
pub(crate) struct At<'a>(pub(crate) &'a Place);

impl Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0.file, self.0.line, self.0.column)
    }
}

fn lines(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// `a`, `b`, `c`, each in backticks.
pub(crate) fn names(items: &[String]) -> String {
    items.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

/// The nearest of `known`, if it is near enough to have been meant.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (given.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|it| (strsim::damerau_levenshtein(&given.to_lowercase(), &it.to_lowercase()), it))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, it)| it.to_owned())
}
