//! Job instances, where they run and what orders them.

use serde::{Deserialize, Serialize};

use super::{
    Cache, Checkout, Concurrency, Const, Consume, Container, Each, Environment, Expose, ForeignJob, Guard, Output,
    Permission, Raw, Role, RunnerChoice, Service, Step, Value,
};

/// A job instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Unique in the plan and stable: the job's name and the const values that tell instances
    /// apart; `[a-z0-9_-]` only, begins with a letter.
    pub id: String,
    /// The declared job's name.
    pub name: String,
    /// How it is shown to people, such as `build (linux)`.
    pub title: String,
    /// The declared job's documentation.
    pub docs: Option<String>,
    /// Const arguments by parameter, in order.
    pub args: Vec<(String, Const)>,
    /// The keys of the loops around its call, outermost first: jobs of one call differ in these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Const>,
    /// When it runs, seen from the others.
    #[serde(default, skip_serializing_if = "Role::is_normal")]
    pub role: Role,
    /// It is skipped where this does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    /// It runs once for each element of lists known later, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<Each>,
    /// The id of its stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Somebody else has written it: its runner and steps say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignJob>,
    /// Where it runs.
    pub runner: Runner,
    /// Where it runs, where a value decides; then `runner` is the first of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_choice: Option<RunnerChoice>,
    /// What it deploys to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The image that its steps run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// What runs beside its steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// Folders that are kept between runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<Cache>,
    /// Which runs of it exclude each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// All that its token may do, each with what needs it; none: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// Its failure does not fail the run; a truth value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continue_on_error: Option<Value>,
    /// Gates do not cover it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advisory: bool,
    /// Its results are never reused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub always: bool,
    /// Keys of the backend that Flow has no word for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<Raw>,
    /// The sources it sees before its first step; `None`: none.
    pub checkout: Option<Checkout>,
    /// The only source files that it sees, as patterns; `None`: all.
    pub inputs: Option<Vec<String>>,
    /// After how many seconds it is stopped.
    pub timeout_seconds: u64,
    /// Variables for all its steps, by name, in the order of the source.
    pub env: Vec<(String, Value)>,
    /// Artifacts that are made visible before its first step.
    pub consumes: Vec<Consume>,
    /// In order.
    pub steps: Vec<Step>,
    /// What it produces.
    pub outputs: Vec<Output>,
    /// What is shown to people and other programs under a given name when it ends.
    pub exposes: Vec<Expose>,
    /// Why it comes after which jobs. Direct edges only, one per reason.
    pub needs: Vec<Edge>,
    /// The call.
    pub place: Place,
}

/// A place in the program, for messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the project's folder, with `/`; `std/…` for the standard library.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Where a job runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Runner {
    /// Its system.
    pub os: Os,
    /// Its processor.
    pub arch: Arch,
    /// GitHub's labels, where not the default hosted runner's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<Vec<String>>,
    /// ADO's pool, where not the default hosted image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ado: Option<AdoPool>,
}

/// A pool of Azure Pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AdoPool {
    /// The pool's name.
    pub name: String,
    /// What an agent must have.
    pub demands: Vec<String>,
}

/// Operating systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux.
    #[default]
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
}

impl Os {
    /// As it is written in a program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Macos => "macos",
        }
    }
}

/// Processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// x86-64.
    #[default]
    X64,
    /// ARM, 64 bits.
    Arm64,
}

/// Why a job comes after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// The job that comes before.
    pub job: String,
    /// Why.
    pub kind: EdgeKind,
}

/// The kinds of edges.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// It consumes this output's files.
    Artifact(String),
    /// It reads this output's value.
    Value(String),
    /// It asks whether that succeeded, or whether its files are there.
    Outcome,
    /// `after`.
    Order,
}
