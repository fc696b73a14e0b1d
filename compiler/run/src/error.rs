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
    /// Secrets that the environment does not hold, by the name of the variable.
    #[error("no value for {}: set the environment {} before the run", names(.0), if .0.len() == 1 { "variable" } else { "variables" })]
    Secrets(Vec<String>),
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
