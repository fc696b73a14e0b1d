//! Values that may be known later: references to who makes them, and what is computed of these.

use serde::{Deserialize, Serialize};

use super::{Const, Files, ValueType};

/// A value that may be known later.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Known while compiling.
    Const(Const),
    /// A parameter of the pipeline.
    Param(String),
    /// A member of `ctx`, such as `sha`; `pull_request.title`, `github.event.action` when nested.
    Ctx(String),
    /// A secret, by its name in the program.
    Secret(String),
    /// What an earlier step of the same job [published](super::Publish); `none` where it did not run.
    Step {
        /// The step's id.
        step: String,
        /// The published name.
        name: String,
    },
    /// An output of another job; of a job that runs [for each](super::Job::each) element of a list
    /// the list of all.
    Output {
        /// The job's id.
        job: String,
        /// The output's name.
        output: String,
    },
    /// The path of a file or directory that the compiler places; of a [pattern](Location::is_pattern)
    /// the list of the files that it matches, sorted by bytes.
    Path(Location),
    /// Parts of a text, joined.
    Join(Vec<Value>),
    /// The element of the [loop](super::Each) or the [`Op::Map`] around, by the name of its variable.
    Item {
        /// The variable.
        name: String,
        /// When the list is known.
        phase: Phase,
    },
    /// Whether a file that one of these patterns matches was changed by what started the run.
    Changed(Vec<String>),
    /// A field of a JSON file, which is there and valid.
    Json {
        /// The file.
        file: Location,
        /// From the root inwards.
        path: Vec<String>,
    },
    /// Whether a file or directory that may be absent is there.
    Present(Location),
    /// Whether files of other jobs or runs are there: an artifact of an earlier run was found, the
    /// jobs that make it have succeeded.
    Exists(Box<Files>),
    /// Whether a job has succeeded, or its result is reused.
    Succeeded(String),
    /// Made of a secret and yet shown, for a reason that the author gives.
    Declassified {
        /// The value.
        value: Box<Value>,
        /// Why.
        reason: String,
    },
    /// Computed of others.
    Compute(Compute),
}

/// When a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// While compiling.
    Const,
    /// When a run is planned.
    Plan,
    /// While it runs.
    Run,
}

/// What is computed of other values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Compute {
    /// How.
    pub op: Op,
    /// Of what, in order.
    pub args: Vec<Operand>,
    /// The result's type.
    #[serde(rename = "type")]
    pub ty: ValueType,
    /// When all that it is made of is known.
    pub phase: Phase,
}

/// A value with its type: what an operator does depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Operand {
    /// The value.
    pub value: Value,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ValueType,
}

/// What can be computed. Texts are compared bytewise, integers have 64 bits and do not wrap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `!a`.
    Not,
    /// `-a`.
    Neg,
    /// All of them, in order, until one does not hold.
    And,
    /// One of them, in order, until one holds.
    Or,
    /// `a == b`; `none` equals nothing else.
    Eq,
    /// `a != b`.
    Ne,
    /// `a < b`.
    Lt,
    /// `a <= b`.
    Le,
    /// `a > b`.
    Gt,
    /// `a >= b`.
    Ge,
    /// `a + b` of integers, durations or lists.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`, to zero.
    Div,
    /// `a % b`.
    Rem,
    /// `a ?? b`.
    Coalesce,
    /// `if a { b } else { c }`; `match` is a chain of these.
    If,
    /// The list of the operands.
    List,
    /// A list of lists, joined to one.
    Concat,
    /// A struct, its fields in the order of its type.
    Record,
    /// The field of a struct; of `none` it is `none`.
    Field(String),
    /// `a[b]`; out of range fails.
    Index,
    /// For each element of the first operand, under this name, the second one; where there is a third
    /// one, only if that holds.
    Map(String),
    /// `a.starts_with(b)`.
    StartsWith,
    /// `a.ends_with(b)`.
    EndsWith,
    /// `a.contains(b)`, of a text or a list.
    Contains,
    /// `a.lower()`, of ASCII letters.
    Lower,
    /// `a.upper()`, of ASCII letters.
    Upper,
    /// `a.replace(b, c)`, all of them.
    Replace,
    /// `a.split(b)`.
    Split,
    /// `a.join(b)` of a list.
    Join,
    /// `a.trim()`, of ASCII white space.
    Trim,
    /// `a.is_empty()`, of a text or a list.
    IsEmpty,
    /// `a.len`, of a list; of `none` it is `none`.
    Len,
}

/// What decides whether something runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// A truth value; the conditions around it are part of it.
    pub condition: Value,
    /// When it is known.
    pub phase: Phase,
}

impl Value {
    /// How many elements a list has at least, as far as its form tells.
    pub fn least_len(&self) -> usize {
        match self {
            Self::Const(Const::List(items)) => items.len(),
            Self::Compute(it) => {
                let of = |index: usize| it.args.get(index).map_or(0, |arg| arg.value.least_len());
                match it.op {
                    Op::List => it.args.len(),
                    Op::Concat => (0..it.args.len()).map(of).sum(),
                    Op::If => of(1).min(of(2)),
                    Op::Map(_) if it.args.len() == 2 => of(0),
                    _ => 0,
                }
            }
            _ => 0,
        }
    }

    /// When it is known. An output of another job counts as made while the run goes on, whatever it
    /// is made of.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Const(_) => Phase::Const,
            Self::Param(_) | Self::Changed(_) | Self::Secret(_) => Phase::Plan,
            Self::Ctx(name) => match name.as_str() {
                "job" | "workspace" | "temp" | "token" => Phase::Run,
                _ => Phase::Plan,
            },
            Self::Item { phase, .. } => *phase,
            Self::Compute(it) => it.phase,
            Self::Declassified { value, .. } => value.phase(),
            Self::Join(parts) => parts.iter().map(Self::phase).max().unwrap_or(Phase::Const),
            Self::Exists(files) if !files.is_of_run() => Phase::Plan,
            Self::Step { .. }
            | Self::Output { .. }
            | Self::Path(_)
            | Self::Json { .. }
            | Self::Present(_)
            | Self::Exists(_)
            | Self::Succeeded(_) => Phase::Run,
        }
    }

    /// Calls `visit` for it and for each value that it is made of.
    pub fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Join(parts) => parts.iter().for_each(|part| part.each(visit)),
            Self::Declassified { value, .. } => value.each(visit),
            Self::Compute(it) => it.args.iter().for_each(|arg| arg.value.each(visit)),
            Self::Exists(files) => files.values(visit),
            _ => {}
        }
    }
}

/// A file or directory that the compiler places, below the job's private folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    /// Something of a consumed artifact: `in/<input>/<path>`.
    Consumed {
        /// The [`Consume::id`].
        input: String,
        /// Relative to the artifact, with `/`.
        path: String,
    },
    /// Something of an artifact that this job produces: `out/<output>/<path>`.
    Produced {
        /// The output's name.
        output: String,
        /// Relative to the artifact, with `/`.
        path: String,
    },
    /// A file whose content becomes a value: `value/<step>.<name>`.
    Value {
        /// The id of the step that writes it.
        step: String,
        /// The published name.
        name: String,
    },
}

impl Location {
    /// Whether it stands for all files that match, since its path is a pattern: no other path holds
    /// a `*` or `?`.
    pub fn is_pattern(&self) -> bool {
        match self {
            Self::Consumed { path, .. } | Self::Produced { path, .. } => path.contains(['*', '?']),
            Self::Value { .. } => false,
        }
    }
}
