//! Job instances, where they run and what orders them.

use serde::{Deserialize, Serialize};

use super::{Const, Expose, Output, Schema, Step, Value};

/// A job instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Where it runs.
    pub runner: Runner,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the project's folder, with `/`; `std/…` for the standard library.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Where a job runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// x86-64.
    X64,
    /// ARM, 64 bits.
    Arm64,
}

/// How the sources are fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// How many commits; 0 is all of them.
    pub depth: u32,
    /// With tags.
    pub tags: bool,
    /// With submodules.
    pub submodules: bool,
    /// With large files.
    pub lfs: bool,
}

/// An artifact that a job reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consume {
    /// Unique in the job and a valid path: the parameter's name, for a member of a family followed
    /// by `/` and its key.
    pub id: String,
    /// Who made it.
    pub job: String,
    /// Which of its outputs.
    pub output: String,
    /// What it holds.
    pub schema: Schema,
}

/// Why a job comes after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The job that comes before.
    pub job: String,
    /// Why.
    pub kind: EdgeKind,
}

/// The kinds of edges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// It consumes this output's files.
    Artifact(String),
    /// It reads this output's value.
    Value(String),
    /// `after`.
    Order,
}
