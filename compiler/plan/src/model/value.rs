//! Values: known while compiling, and references to those known later.

use serde::{Deserialize, Serialize};

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
