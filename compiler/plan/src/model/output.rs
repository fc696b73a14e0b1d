//! What jobs produce.

use serde::{Deserialize, Serialize};

use super::{Const, Guard, Place, Value, ValueType};

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
    /// Relative to the artifact, with `/`; a pattern where `matches` is there.
    pub path: String,
    /// It may be absent.
    pub optional: bool,
    /// How many files the pattern `path` has to match; `None`: `path` is the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<Matches>,
    /// What the JSON file has to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<ValueType>,
}

/// How many files a pattern has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matches {
    /// Exactly one.
    One,
    /// One or more.
    Some,
    /// Any number.
    Any,
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
    /// A JSON file of [a type](Field::json).
    Json,
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
    /// It is published however the job ends, as far as it was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub always: bool,
    /// For a member of a family: the output that was declared and the member's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<(String, Const)>,
    /// Files that readers say its directories hold: checked when these are sealed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserts: Vec<Assertion>,
    /// Where it is declared.
    pub place: Place,
}

/// A file that a sealed directory is said to hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assertion {
    /// The directory: a field of the schema, by name.
    pub field: String,
    /// Relative to that directory, with `/`.
    pub path: String,
    /// Who says so.
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
    /// The output whose files they are, in the backend's plain form; empty where `found` is there.
    pub output: String,
    /// The field of the output, by name; `None`: all of it.
    pub field: Option<String>,
    /// What lies in the sources or was consumed, instead of an output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// How the job has to end.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    /// It is left out where this does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    /// After how many days the platform may delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    /// Where it stands.
    pub place: Place,
}

/// Files that are no output of the job.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A file, relative to the sources.
    File(String),
    /// Files, as a pattern relative to the sources.
    Files(String),
    /// A folder, relative to the sources.
    Dir(String),
    /// A file or directory that the compiler places.
    Placed(super::Location),
}

/// How a job has to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// In any way.
    #[default]
    Always,
    /// All its steps succeeded.
    Succeeded,
    /// A step failed.
    Failed,
}

impl When {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    const fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }
}

impl Field {
    /// A field that is always there, at exactly this path.
    pub fn new(name: impl Into<String>, kind: FieldKind, path: impl Into<String>) -> Self {
        Self { name: name.into(), kind, path: path.into(), optional: false, matches: None, json: None }
    }

    /// Whether what lies at a path of the artifact is of this field.
    pub fn covers(&self, path: &str) -> bool {
        if self.matches.is_some() { crate::pattern::matches(&self.path, path) } else { self.path == path }
    }
}

impl Output {
    /// An output that is published when the job has succeeded.
    pub fn new(name: impl Into<String>, kind: OutputKind, place: Place) -> Self {
        Self { name: name.into(), docs: None, kind, always: false, member: None, asserts: Vec::new(), place }
    }
}

impl Expose {
    /// Whether a field of the output is among what is shown: all are, or one with what it holds.
    pub fn shows(&self, field: &Field) -> bool {
        self.field.as_ref().is_none_or(|name| {
            field.name.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// An output as a whole, however the job ends.
    pub fn new(name: impl Into<String>, output: impl Into<String>, place: Place) -> Self {
        Self {
            name: name.into(),
            output: output.into(),
            field: None,
            found: None,
            when: When::Always,
            guard: None,
            retention_days: None,
            place,
        }
    }
}
