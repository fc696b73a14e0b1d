//! Steps and scripts.

use serde::{Deserialize, Serialize};

use super::{FieldKind, Location, Place, Value, ValueType};

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
    /// Where the text comes from; line breaks at its end are removed, as by a shell's `$(…)`.
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
