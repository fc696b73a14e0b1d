//! The pipeline as a whole: what starts it, what it asks for.

use serde::{Deserialize, Serialize};

use super::{Const, Job, Place, ValueType};

/// The version of this document's format.
pub const FORMAT: u32 = 1;

/// A pipeline as one backend has to carry it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// Who carries it out.
    pub backend: Backend,
    /// The pipeline's name.
    pub pipeline: String,
    /// How it is shown to people: `display`, else the name.
    pub title: String,
    /// Its documentation.
    pub docs: Option<String>,
    /// The program, relative to the project's folder, with `/`.
    pub source: String,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// What a manual run asks for.
    pub params: Vec<Param>,
    /// In an order in which every job stands after those it needs; else the order of the source.
    pub jobs: Vec<Job>,
}

/// Who carries a plan out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// GitHub Actions.
    Github,
    /// Azure Pipelines.
    Ado,
    /// `flowc run` on this machine.
    Local,
}

impl Backend {
    /// As it is written in a program and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Ado => "ado",
            Self::Local => "local",
        }
    }
}

/// What starts a pipeline. Empty filters let everything pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Which kind of event.
    pub event: Event,
    /// Branch patterns; for a pull request, of its target. One that begins with `!` excludes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
    /// Tag patterns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Path patterns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// `false`: a pull request that is a draft does not start it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub drafts: bool,
    /// For a schedule: five cron fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_true(value: &bool) -> bool {
    *value
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Commits arrived on a branch, or a tag was made.
    Push,
    /// A pull request was opened or changed.
    PullRequest,
    /// A time has come.
    Schedule,
    /// A person asked for it.
    Manual,
}

/// A parameter of a pipeline, known when a run is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ValueType,
    /// The value when none is given; `None`: it must be given.
    pub default: Option<Const>,
    /// Where it stands.
    pub place: Place,
}
