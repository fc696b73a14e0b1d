//! The plan: one pipeline, elaborated for one backend. A plain document that backends translate and
//! `flowc plan --format json` prints; docs/reference/plan.md describes it for readers outside.
//!
//! It knows nothing of syntax, names or types any more: calls have become job instances, const
//! loops are unrolled, const values are written in, artifacts are lists of paths.

use serde::{Deserialize, Serialize};

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

/// The type of a value that travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// `true` or `false`.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A duration.
    Duration,
    /// UTF-8 without NUL.
    String,
    /// One of a closed set.
    Enum {
        /// The enum's name.
        name: String,
        /// Its variants, in order.
        variants: Vec<String>,
    },
    /// A list, travelling as compact JSON.
    List(Box<ValueType>),
    /// The empty text is `none`.
    Optional(Box<ValueType>),
}

/// A value known while compiling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Const {
    /// `none`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A duration in milliseconds.
    Duration(u64),
    /// A text; an enum's variant too.
    Text(String),
    /// A list.
    List(Vec<Const>),
}

impl Const {
    /// As it is pasted into text: durations in seconds, `none` as nothing, lists as JSON.
    pub fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Bool(it) => it.to_string(),
            Self::Int(it) => it.to_string(),
            Self::Duration(ms) if ms % 1000 == 0 => format!("{}s", ms / 1000),
            Self::Duration(ms) => format!("{ms}ms"),
            Self::Text(it) => it.clone(),
            Self::List(_) => self.json().to_string(),
        }
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Bool(it) => (*it).into(),
            Self::Int(it) => (*it).into(),
            Self::Duration(_) => self.text().into(),
            Self::Text(it) => it.as_str().into(),
            Self::List(items) => items.iter().map(Self::json).collect(),
        }
    }
}

/// A value that may be known later.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Known while compiling.
    Const(Const),
    /// A parameter of the pipeline.
    Param(String),
    /// A member of `ctx`, such as `sha`.
    Ctx(String),
    /// A secret, by its name in the program.
    Secret(String),
    /// What an earlier step of the same job [published](Publish).
    Step {
        /// The step's id.
        step: String,
        /// The published name.
        name: String,
    },
    /// An output of another job.
    Output {
        /// The job's id.
        job: String,
        /// The output's name.
        output: String,
    },
    /// The path of a file or directory that the compiler places.
    Path(Location),
    /// Parts of a text, joined.
    Join(Vec<Value>),
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

/// What an artifact holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Schema {
    /// The type as it is shown, such as `Server(linux)`, `opaque`.
    pub name: String,
    /// All files and directories, nested artifacts flattened.
    pub fields: Vec<Field>,
}

/// A file or directory of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// Its name, dotted when nested; empty for a bare output.
    pub name: String,
    /// What it is.
    pub kind: FieldKind,
    /// Relative to the artifact, with `/`.
    pub path: String,
    /// It may be absent.
    pub optional: bool,
}

/// What a field of an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One file.
    File,
    /// One executable file.
    Exec,
    /// A sealed directory.
    Opaque,
}

/// An output of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: Option<String>,
    /// What it is.
    pub kind: OutputKind,
    /// Where it is declared.
    pub place: Place,
}

/// What an output is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// A value.
    Value {
        /// Its type.
        #[serde(rename = "type")]
        ty: ValueType,
        /// What it is when the job has succeeded.
        value: Value,
    },
    /// Files, found below `out/<name>` when the job has succeeded.
    Artifact(Schema),
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in its job and stable; `[a-z0-9_-]` only, begins with a letter.
    pub id: String,
    /// How it is shown to people.
    pub title: String,
    /// Its documentation.
    pub docs: Option<String>,
    /// What it does.
    pub run: Run,
    /// Variables that the author set for it, in the order of the source. Those that carry the
    /// script's reads are not among them: they follow from its [parts](ScriptPart::Read).
    pub env: Vec<(String, Value)>,
    /// The folder it runs in, relative to the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// After how many seconds it is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Values that it makes, for later steps and for outputs.
    pub publishes: Vec<Publish>,
    /// Files and directories that it promised to write; each lies in a [`Schema`] of the job's
    /// outputs. An opaque directory is there and empty when the step begins.
    pub writes: Vec<Write>,
    /// Where it stands.
    pub place: Place,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// A script.
    Script(Script),
    /// Copies what a tool left in the sources to where an output's field lies.
    Take {
        /// A path relative to the sources.
        from: String,
        /// Where it belongs.
        to: Location,
        /// What it is.
        kind: FieldKind,
    },
}

/// A script whose reads and claims are resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// What runs it.
    pub shell: Shell,
    /// In order; [`render`](crate::script::render) makes the text of them.
    pub parts: Vec<ScriptPart>,
}

/// What runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// POSIX, stops at the first failing command.
    Sh,
    /// Bash, stops at the first failing command, in pipes too.
    Bash,
    /// PowerShell 7.
    Pwsh,
    /// Windows' cmd.
    Cmd,
    /// Python 3.
    Python,
}

/// A part of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptPart {
    /// Text as the author wrote it, or a const value that needs no quoting.
    Text(String),
    /// A value, coming in through a variable of the step's environment.
    Read {
        /// The variable; unique per value in the step.
        variable: String,
        /// The value.
        value: Value,
        /// Where it stands.
        position: Position,
    },
    /// A path that the compiler owns, read or to be written.
    Path {
        /// Which.
        location: Location,
        /// Where it stands.
        position: Position,
    },
}

/// Where an interpolation stands in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Position {
    /// By itself: it becomes one word.
    Bare,
    /// Between double quotes, or in a here-document that expands.
    Quoted,
}

/// A value that a step makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// Its name, unique in the step.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: ValueType,
    /// Where the text comes from; one line break at its end is removed.
    pub from: PublishFrom,
}

/// Where a published value's text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishFrom {
    /// The script's standard output.
    Stdout,
    /// The file at [`Location::Value`], which the script writes.
    File,
}

/// A promise to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// The output.
    pub output: String,
    /// Which field of its schema, by name.
    pub field: String,
    /// Where the promise stands.
    pub place: Place,
}

/// Files given to people and other programs under a fixed name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expose {
    /// The name.
    pub name: String,
    /// The output whose files they are, in the backend's plain form.
    pub output: String,
    /// The field of the output, by name; `None`: all of it.
    pub field: Option<String>,
    /// After how many days the platform may delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// Where it stands.
    pub place: Place,
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
