//! Where a job gets files from: outputs of other jobs, views of them, artifacts of earlier runs.

use serde::{Deserialize, Serialize};

use super::{Assertion, Schema, Value};

/// Files that a job reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consume {
    /// Unique in the job and a valid path: the parameter's name, for a member of a family followed
    /// by `/` and its key.
    pub id: String,
    /// Which files.
    pub from: Files,
    /// What they are.
    pub schema: Schema,
    /// They may be absent: who makes them may not have run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Files that the job says its directories hold: checked before its first step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserts: Vec<Assertion>,
}

impl Consume {
    /// An output of another job, which is there.
    pub fn new(id: impl Into<String>, from: Files, schema: Schema) -> Self {
        Self { id: id.into(), from, schema, optional: false, asserts: Vec::new() }
    }

    /// Whether a part of it is an output of this job.
    pub fn mentions(&self, id: &str) -> bool {
        let mut found = false;
        self.from.outputs(&mut |job, _| found |= job == id);
        found
    }

    /// The job and its output, where it is that as it is.
    pub fn output(&self) -> Option<(&str, &str)> {
        match &self.from {
            Files::Output { job, output } => Some((job, output)),
            _ => None,
        }
    }
}

/// Where files come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Files {
    /// An artifact of another job; of one that runs [for each](super::Job::each) element of a list,
    /// a folder for each.
    Output {
        /// Its id.
        job: String,
        /// Which of its outputs.
        output: String,
    },
    /// What an earlier run of a pipeline exposed.
    Earlier {
        /// The pipeline.
        pipeline: String,
        /// Which run.
        run: Earlier,
        /// Under which name.
        name: String,
        /// What that is.
        schema: Box<Schema>,
    },
    /// A part of an artifact: a nested one, or one of its fields.
    Part {
        /// Of which.
        of: Box<Files>,
        /// Its name, dotted when nested.
        field: String,
    },
    /// One of two.
    Either {
        /// A truth value.
        condition: Box<Value>,
        /// If it holds; `None`: nothing.
        then: Option<Box<Files>>,
        /// If not; `None`: nothing.
        otherwise: Option<Box<Files>>,
    },
    /// What lies below a path of a sealed directory.
    Subtree {
        /// Of which.
        of: Box<Files>,
        /// Relative to it, with `/`.
        path: String,
    },
    /// What a pattern matches of a sealed directory.
    Filter {
        /// Of which.
        of: Box<Files>,
        /// Relative to it.
        pattern: String,
    },
    /// Sealed directories, laid over one another.
    Merge {
        /// Which, in order.
        of: Vec<Files>,
        /// Two files at one path may be there if they are the same; else that is an error.
        identical: bool,
    },
}

/// Which run of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Earlier {
    /// The latest that succeeded; on this branch, or on that of the run that reads.
    Latest {
        /// The branch.
        branch: Option<Box<Value>>,
    },
    /// That of this id.
    Run {
        /// The id.
        id: Box<Value>,
    },
}

impl Files {
    /// Calls `visit` for each output that they are made of.
    pub fn outputs<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a str)) {
        match self {
            Self::Output { job, output } => visit(job, output),
            Self::Earlier { .. } => {}
            Self::Part { of, .. } | Self::Subtree { of, .. } | Self::Filter { of, .. } => of.outputs(visit),
            Self::Either { then, otherwise, .. } => {
                then.iter().chain(otherwise).for_each(|files| files.outputs(visit));
            }
            Self::Merge { of, .. } => of.iter().for_each(|files| files.outputs(visit)),
        }
    }

    /// Whether some of them are an earlier run's.
    pub fn has_earlier(&self) -> bool {
        match self {
            Self::Earlier { .. } => true,
            Self::Output { .. } => false,
            Self::Part { of, .. } | Self::Subtree { of, .. } | Self::Filter { of, .. } => of.has_earlier(),
            Self::Merge { of, .. } => of.iter().any(Self::has_earlier),
            Self::Either { then, otherwise, .. } => then.iter().chain(otherwise).any(|it| it.has_earlier()),
        }
    }

    /// Calls `visit` for each value that decides which they are, and each that it is made of.
    pub fn values<'a>(&'a self, visit: &mut dyn FnMut(&'a Value)) {
        match self {
            Self::Output { .. } | Self::Earlier { run: Earlier::Latest { branch: None }, .. } => {}
            Self::Earlier { run: Earlier::Latest { branch: Some(value) } | Earlier::Run { id: value }, .. } => {
                value.each(visit);
            }
            Self::Part { of, .. } | Self::Subtree { of, .. } | Self::Filter { of, .. } => of.values(visit),
            Self::Either { condition, then, otherwise } => {
                condition.each(visit);
                then.iter().chain(otherwise).for_each(|files| files.values(visit));
            }
            Self::Merge { of, .. } => of.iter().for_each(|files| files.values(visit)),
        }
    }

    /// The output that they are, or are a part or a view of.
    pub fn whole(&self) -> Option<(&str, &str)> {
        match self {
            Self::Output { job, output } => Some((job, output)),
            Self::Part { of, .. } | Self::Subtree { of, .. } | Self::Filter { of, .. } => of.whole(),
            Self::Earlier { .. } | Self::Either { .. } | Self::Merge { .. } => None,
        }
    }

    /// Whether the run that reads them makes them.
    pub fn is_of_run(&self) -> bool {
        let mut any = false;
        self.outputs(&mut |_, _| any = true);
        any
    }
}
