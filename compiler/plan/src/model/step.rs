//! Steps and scripts.

use serde::{Deserialize, Serialize};

use super::{Checkout, FieldKind, Guard, Location, Place, Raw, Value, ValueType};

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in its job and stable; `[a-z0-9_-]` only, begins with a letter.
    pub id: String,
    /// How it is shown to people.
    pub title: String,
    /// Its documentation.
    pub docs: Option<String>,
    /// It is skipped where this does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    /// When it runs, seen from the steps before it.
    #[serde(default, skip_serializing_if = "Block::is_main")]
    pub block: Block,
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
    /// How often it is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Its failure does not fail the job; a truth value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continue_on_error: Option<Value>,
    /// Keys of the backend that Flow has no word for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<Raw>,
    /// Values that it makes, for later steps and for outputs.
    pub publishes: Vec<Publish>,
    /// Files and directories that it promised to write; each lies in a [`Schema`] of the job's
    /// outputs. An opaque directory is there and empty when the step begins.
    pub writes: Vec<Write>,
    /// Where it stands.
    pub place: Place,
}

/// When a step runs, seen from the steps before it. Those of the last two come last, in this order; one
/// that fails does not stop the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// When all of them have succeeded.
    #[default]
    Main,
    /// When one of them has failed.
    OnFailure,
    /// In any case.
    Finally,
}

impl Block {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    const fn is_main(&self) -> bool {
        matches!(self, Self::Main)
    }
}

/// How often a script is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Retry {
    /// At most, with the first time.
    pub times: u32,
    /// What passes between two.
    pub delay_seconds: u64,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// A script.
    Script(Script),
    /// Copies what a tool left in the sources to where an output's field lies.
    Take {
        /// A path relative to the sources; for files that a pattern matches the pattern.
        from: String,
        /// Where it belongs; for a pattern the folder.
        to: Location,
        /// What it is.
        kind: FieldKind,
        /// `from` is a pattern.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pattern: bool,
    },
    /// Copies a file or directory that the compiler placed to where an output's field lies.
    Pass {
        /// What; for a field with a pattern the pattern.
        from: Location,
        /// Where it belongs; for a field with a pattern the folder.
        to: Location,
        /// What it is.
        kind: FieldKind,
    },
    /// A step that somebody else has written.
    Foreign(ForeignStep),
    /// Sets a variable for the steps that follow.
    Export {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// Puts a folder first in the search path of the steps that follow.
    AddPath(Value),
    /// Shows a text on the run's page.
    Summary(Value),
    /// Shows what a file holds on the run's page.
    SummaryFile(Location),
    /// Fetches sources.
    Checkout(Checkout),
    /// Computes what it [publishes](PublishFrom::Computed), each under its name. No program says so: a
    /// backend puts it before a reader of what its platform's own expressions do not mean.
    Compute(Vec<(String, Value)>),
}

impl Default for Run {
    fn default() -> Self {
        Self::Script(Script { shell: Shell::Sh, parts: Vec::new() })
    }
}

/// A step that somebody else has written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignStep {
    /// Whose word it is.
    pub kind: ForeignKind,
    /// `owner/repo@ref`, `Name@1`.
    pub reference: String,
    /// Its inputs, by their foreign names.
    pub inputs: Vec<(String, Value)>,
}

/// Kinds of foreign steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForeignKind {
    /// An action of GitHub's.
    Action,
    /// A task of Azure's.
    Task,
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
    /// A list whose length is known later, each element a word, coming in as JSON through a variable.
    Spread {
        /// The variable.
        variable: String,
        /// The list.
        value: Value,
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
    /// Where the text comes from; line breaks at its end are removed, as by a shell's `$(…)`.
    pub from: PublishFrom,
    /// It is made of a secret: masked before it is kept, and no output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl Publish {
    /// A value that may be shown.
    pub fn new(name: impl Into<String>, ty: ValueType, from: PublishFrom) -> Self {
        Self { name: name.into(), ty, from, secret: false }
    }
}

/// Where a published value's text comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishFrom {
    /// The script's standard output.
    Stdout,
    /// The file at [`Location::Value`], which the script writes.
    File,
    /// The output of a foreign step, by its foreign name.
    Foreign(String),
    /// The step [computes](Run::Compute) it.
    Computed,
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
