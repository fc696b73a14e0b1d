//! What happens during a run, as plain data.
//!
//! It refuses to know how it is shown.

use std::fmt::{self, Display};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow_plan::model::{FieldKind, Place};

use crate::error::names;
use crate::store::{Change, SealError, StoreError, ViewError};

/// Something happened. Events of one job come in order; those of different jobs are mixed.
#[derive(Clone, Debug)]
pub enum Event {
    /// All checks passed, and jobs begin to start.
    Started {
        /// The run's id.
        run: Arc<str>,
        /// How many jobs the plan has.
        jobs: usize,
    },
    /// A job began.
    JobStarted {
        /// Its id; of a job that runs for each element of a list, with the element's number: `test.0`.
        job: Arc<str>,
        /// For people.
        title: Arc<str>,
    },
    /// A step began.
    StepStarted {
        /// The job's id.
        job: Arc<str>,
        /// The step.
        step: StepName,
    },
    /// A step wrote a line. Secrets are masked.
    Output {
        /// The job's id.
        job: Arc<str>,
        /// The step's id.
        step: Arc<str>,
        /// Where it wrote.
        stream: Stream,
        /// The line without its line break; what is not UTF-8 is replaced.
        text: String,
        /// The line is longer than one event holds: the next event of this stream continues it.
        continues: bool,
    },
    /// A step that began has ended.
    StepEnded {
        /// The job's id.
        job: Arc<str>,
        /// The step.
        step: StepName,
        /// How.
        outcome: StepOutcome,
        /// How long it took.
        elapsed: Duration,
    },
    /// Something that a person should know and that is no failure.
    Note {
        /// The job's id, if it is about one.
        job: Option<Arc<str>>,
        /// A sentence.
        text: String,
    },
    /// It is settled how a job ends; for some, without having begun.
    JobEnded {
        /// Its id.
        job: Arc<str>,
        /// How.
        outcome: Outcome,
        /// It failed, and that does not fail the run.
        tolerated: bool,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Where a process writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What identifies a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepName {
    /// Unique in its job.
    pub id: Arc<str>,
    /// For people.
    pub title: Arc<str>,
}

/// How a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It did what it promised.
    Succeeded,
    /// It did not begin: its condition does not hold, or what came before has decided so.
    Skipped,
    /// It failed.
    Failed,
    /// It failed, and its job goes on.
    Tolerated,
    /// It was asked to end.
    Cancelled,
}

impl StepOutcome {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Tolerated => "tolerated",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a job ends.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// All its steps succeeded and its outputs are stored.
    Succeeded,
    /// It was not meant to run.
    Skipped(Skip),
    /// It failed.
    Failed(Box<Failure>),
    /// It was running when the run was cancelled.
    Cancelled,
    /// It needs jobs that failed, were cancelled or did not run, these by id.
    Blocked(Vec<String>),
    /// The run ended before its turn.
    NotStarted,
}

/// Why a job was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Its condition does not hold.
    Condition,
    /// The list whose elements it runs for is empty.
    NoElements,
    /// It takes an `always` output that was not made: the job and the output.
    NotMade(String, String),
    /// All of it that runs for the elements of a list was skipped.
    All,
}

impl Outcome {
    /// Whether it is [`Succeeded`](Self::Succeeded).
    pub const fn succeeded(&self) -> bool {
        matches!(self, Self::Succeeded)
    }

    /// In one word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::Blocked(_) => "blocked",
            Self::NotStarted => "not_started",
        }
    }
}

/// Why a job failed, and where to look.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The job's id.
    pub job: String,
    /// The step in which it failed; `None`: before or after its steps.
    pub step: Option<StepName>,
    /// Why.
    pub cause: Cause,
    /// The place in the program.
    pub place: Place,
    /// The last lines that the step wrote, oldest first.
    pub last_lines: Vec<String>,
    /// All that the job wrote.
    pub log: PathBuf,
}

/// Why a job failed. Displayed, it is a sentence that follows the name of the step.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Cause {
    /// A script ended with an exit code other than 0.
    #[error("ended with exit code {0}")]
    Exit(i32),
    /// A script was ended by a signal from outside.
    #[error("was ended by signal {number} ({name})")]
    Signal {
        /// The system's number.
        number: i32,
        /// Such as `SIGKILL`.
        name: String,
    },
    /// The step took longer than it may.
    #[error("was stopped: it took longer than its {0} s")]
    StepTimeout(u64),
    /// The job took longer than it may.
    #[error("was stopped: its job took longer than {0} s")]
    JobTimeout(u64),
    /// A program could not be started.
    #[error("could not start `{program}`: {message}")]
    Start {
        /// Which.
        program: String,
        /// What the system said.
        message: String,
    },
    /// The folder to run in is not there.
    #[error("cannot run in `{0}`: there is no such folder in the sources")]
    Workdir(String),
    /// A promised file is not what was promised.
    #[error("promised to write {}, but `{path}` {problem}", field_name(.output, .field))]
    Write {
        /// The output.
        output: String,
        /// The field of its schema; empty for a bare output.
        field: String,
        /// Where it should be, relative to the artifact.
        path: String,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// A value is not of its type.
    #[error("gave no usable value for `{name}`: {problem}")]
    Value {
        /// The published name or the output.
        name: String,
        /// What is wrong.
        problem: ValueProblem,
    },
    /// What should be taken from the sources' folder is not there or not of the kind.
    #[error("was to take `{from}`, but it {problem}")]
    Take {
        /// Relative to the sources.
        from: String,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// An output cannot become an artifact.
    #[error("made the output `{output}`, which cannot be stored: {problem}")]
    Seal {
        /// The output.
        output: String,
        /// What is wrong.
        problem: Arc<SealError>,
    },
    /// A consumed artifact could not be made visible.
    #[error("cannot use `{input}`, which is {of}: {problem}")]
    Consume {
        /// The consumed artifact's id.
        input: String,
        /// Whose output it is.
        of: String,
        /// What is wrong.
        problem: Arc<StoreError>,
    },
    /// A view of directories cannot be made.
    #[error("cannot make `{input}` visible: {problem}")]
    View {
        /// The consumed artifact's id.
        input: String,
        /// What is wrong.
        problem: Arc<ViewError>,
    },
    /// A directory does not hold a file that it was said to hold.
    #[error("fails an `assert_exists`: `{path}` {problem} in {directory}")]
    Assertion {
        /// Relative to the directory.
        path: String,
        /// The directory and who made it.
        directory: String,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// The job has changed what it consumed.
    #[error("changed `{input}`: `{path}` {change}; what a job consumes is read-only, so copy it first")]
    InputChanged {
        /// The consumed artifact's id.
        input: String,
        /// Relative to it.
        path: String,
        /// How.
        change: Change,
    },
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(Arc<StoreError>),
    /// A file or folder could not be used.
    #[error("cannot {action} {}: {message}", .path.display())]
    Io {
        /// What was tried, such as `read`.
        action: String,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A value cannot be computed.
    #[error("cannot compute {what}: {why}")]
    Compute {
        /// What it is for.
        what: String,
        /// Why not.
        why: String,
    },
    /// A list has more elements than a job may run for.
    #[error("would run for {0} elements of a list; hosted CI takes at most 256, so a run does too")]
    Legs(usize),
    /// A container or what it is made of does not do as it should.
    #[error("cannot {what}: {message}")]
    Container {
        /// What was tried.
        what: String,
        /// What the program said.
        message: String,
    },
    /// Sources could not be fetched.
    #[error("cannot check out {what}: {message}")]
    Checkout {
        /// What.
        what: String,
        /// What git said.
        message: String,
    },
    /// A defect of this program or of the plan.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What is wrong with a file or directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldProblem {
    /// It is not there.
    Missing,
    /// Something else is there.
    WrongKind {
        /// What should be there.
        expected: FieldKind,
    },
    /// It lacks the executable bit.
    NotExecutable,
    /// Something is wrong with the files that it is, or that it would be of.
    Files(Box<FilesProblem>),
}

/// What is wrong with the files of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilesProblem {
    /// One that its pattern matches lacks the executable bit.
    NotExecutable(String),
    /// Its pattern matches nothing.
    None,
    /// Its pattern matches these, and it is one file.
    Several(Vec<String>),
    /// Two of those that it would be of have this name.
    Twice(String),
    /// Among those of which its pattern chooses is one with a character that not every store takes.
    Name(String, char),
    /// It is not JSON of its type.
    Json(String),
    /// The system does not let them be looked at.
    Unreadable(String),
}

impl From<FilesProblem> for FieldProblem {
    fn from(problem: FilesProblem) -> Self {
        Self::Files(Box::new(problem))
    }
}

impl Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is not there"),
            Self::WrongKind { expected: FieldKind::Opaque } => f.write_str("is not a directory"),
            Self::WrongKind { .. } => f.write_str("is not a file"),
            Self::NotExecutable => f.write_str("is not executable (`chmod +x` it)"),
            Self::Files(problem) => problem.fmt(f),
        }
    }
}

impl Display for FilesProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExecutable(path) => write!(f, "matches `{path}`, which is not executable (`chmod +x` it)"),
            Self::None => f.write_str("matches no file"),
            Self::Several(found) => write!(f, "matches more than one file: {}", names(found)),
            Self::Twice(name) => write!(f, "matches more than one file called `{name}`"),
            Self::Name(path, it) => {
                write!(f, "is among files that include `{}`, whose name has a {it:?}", path.escape_debug())
            }
            Self::Json(why) => write!(f, "is not the JSON that is declared: {why}"),
            Self::Unreadable(why) => write!(f, "cannot be looked at: it {why}"),
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueProblem {
    /// The script did not write the file that it promised.
    NotWritten,
    /// It is empty, and a value is required.
    Empty,
    /// It has more than 32,000 bytes; this many.
    TooLong(u64),
    /// It is not UTF-8.
    NotUtf8,
    /// It has a NUL character.
    Nul,
    /// It is not of its type.
    Type {
        /// What it is, shortened.
        found: String,
        /// What the type takes, in words.
        expected: String,
    },
    /// It is not among the allowed ones.
    NotAllowed {
        /// What it is, shortened.
        found: String,
        /// The allowed ones.
        allowed: Vec<String>,
    },
}

impl Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWritten => f.write_str("its file was not written"),
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong(bytes) => write!(f, "it has {bytes} bytes, a value at most 32,000; use a file"),
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::Nul => f.write_str("it has a NUL character"),
            Self::Type { found, expected } => write!(f, "it is `{found}`, not {expected}"),
            Self::NotAllowed { found, allowed } => write!(f, "it is `{found}`, not one of {}", names(allowed)),
        }
    }
}

fn field_name(output: &str, field: &str) -> String {
    if field.is_empty() { format!("`{output}`") } else { format!("`{output}.{field}`") }
}
