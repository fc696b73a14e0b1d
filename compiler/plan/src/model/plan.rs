//! The pipeline as a whole: what starts it, what it asks for.

use serde::{Deserialize, Serialize};

use super::{Concurrency, Const, Files, Job, Place, Raw, SettingValue, Value, ValueType, When};

/// The version of this document's format.
pub const FORMAT: u32 = 2;

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
    /// The secrets that its jobs read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// How a run is shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_name: Option<Value>,
    /// Which runs exclude each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// The template that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Extends>,
    /// How results of earlier runs are reused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse: Option<Reuse>,
    /// Keys of the backend that Flow has no word for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<Raw>,
    /// Its stages, in the order of the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// Jobs that say whether others succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// What a caller gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<PipelineOutput>,
    /// In an order in which every job stands after those it needs; else the order of the source.
    pub jobs: Vec<Job>,
}

impl Plan {
    /// A pipeline without jobs.
    pub fn new(backend: Backend, pipeline: impl Into<String>, source: impl Into<String>) -> Self {
        let pipeline = pipeline.into();
        Self {
            format: FORMAT,
            backend,
            title: pipeline.clone(),
            pipeline,
            docs: None,
            source: source.into(),
            triggers: Vec::new(),
            params: Vec::new(),
            secrets: Vec::new(),
            run_name: None,
            concurrency: None,
            extends: None,
            reuse: None,
            raw: Vec::new(),
            stages: Vec::new(),
            gates: Vec::new(),
            outputs: Vec::new(),
            jobs: Vec::new(),
        }
    }
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
    /// What has to have happened, in the platform's words: `opened`, `released`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// For a schedule: five cron fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// For a schedule: whose clock it follows, such as `Europe/Berlin`; `None`: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// For the end of another pipeline: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// For the end of another pipeline: how that is shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_title: Option<String>,
    /// For the end of another pipeline: how that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// For an event of the backend: the event's name, and its filters as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<(String, Vec<(String, SettingValue)>)>,
    /// Where it stands.
    #[serde(default)]
    pub place: Place,
}

impl Trigger {
    /// An event without filters.
    pub fn on(event: Event) -> Self {
        Self {
            event,
            branches: Vec::new(),
            tags: Vec::new(),
            paths: Vec::new(),
            drafts: true,
            types: Vec::new(),
            cron: None,
            timezone: None,
            finished: None,
            finished_title: None,
            when: None,
            native: None,
            place: Place::default(),
        }
    }
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
    /// A pull request is in the merge queue.
    MergeQueue,
    /// Another pipeline called it.
    Call,
    /// Another pipeline ended.
    Finished,
    /// An event of the backend.
    Native,
}

impl Event {
    /// As `ctx.event` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::PullRequest => "pull_request",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
            Self::MergeQueue => "merge_queue",
            Self::Call => "call",
            Self::Finished => "finished",
            Self::Native => "other",
        }
    }
}

/// A secret that jobs read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its name in the program.
    pub name: String,
    /// A run may lack it.
    pub optional: bool,
    /// Where this backend finds it; `None`: under its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SettingValue>,
    /// Where it is declared.
    pub place: Place,
}

/// A template of Azure's that a pipeline fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extends {
    /// What was said of it, by name, in order.
    pub settings: Vec<(String, SettingValue)>,
    /// Where it stands.
    pub place: Place,
}

/// How results of earlier runs are reused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reuse {
    /// Older ones are not.
    pub max_age_seconds: Option<u64>,
    /// A change of it starts afresh.
    pub salt: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// Jobs under one title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Unique; `[a-z0-9_-]` only, begins with a letter.
    pub id: String,
    /// How it is shown to people.
    pub title: String,
    /// Where it stands.
    pub place: Place,
}

/// A job that says whether others did what they were meant to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Unique among the jobs too.
    pub id: String,
    /// How it is shown to people.
    pub title: String,
    /// The ids of the jobs that it covers, in the plan's order.
    pub covers: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

/// What a caller of the pipeline gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineOutput {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: Option<String>,
    /// What it is.
    pub kind: PipelineOutputKind,
    /// Where it is declared.
    pub place: Place,
}

/// What an output of a pipeline is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineOutputKind {
    /// A value.
    Value {
        /// Its type.
        #[serde(rename = "type")]
        ty: ValueType,
        /// What it is.
        value: Value,
    },
    /// Files.
    Files(Files),
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
