//! What jobs produce.

use serde::{Deserialize, Serialize};

use super::{Place, Value, ValueType};

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
