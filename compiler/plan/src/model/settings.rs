//! Settings of jobs that users of hosted CI know.

use serde::{Deserialize, Serialize};

use super::{Place, Runner, Value, ValueType};

/// A runner that a value decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunnerChoice {
    /// What decides; known when a run is planned.
    pub value: Value,
    /// Its values, as text, and what each stands for. They leave none out.
    pub arms: Vec<(Vec<String>, Runner)>,
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
    /// Into which folder, relative to the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of which repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<Value>,
    /// Which commit, branch or tag.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Value>,
    /// A secret that may fetch it; `None`: the job's own token, or what git knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<Value>>,
}

impl Default for Checkout {
    fn default() -> Self {
        Self {
            depth: 1,
            tags: false,
            submodules: false,
            lfs: false,
            path: None,
            repo: None,
            reference: None,
            token: None,
        }
    }
}

/// A job runs once for each element of a list that is known later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Each {
    /// What [`Value::Item`] calls the element.
    pub name: String,
    /// The list; for an inner loop it may be made of the outer one's element.
    pub list: Value,
    /// An element's type.
    #[serde(rename = "type")]
    pub ty: ValueType,
    /// Elements for which this does not hold are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    /// Where the loop stands.
    pub place: Place,
}

/// When a job runs, seen from the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// When what it needs has succeeded.
    #[default]
    Normal,
    /// When what it comes after has ended and one of that has failed.
    OnFailure,
    /// When what it comes after has ended, in whatever way.
    Finally,
}

impl Role {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

/// What a job deploys to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its name.
    pub name: Value,
    /// Where it can be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Value>,
}

/// The image that steps run in, or that runs beside them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// The image.
    pub image: Value,
    /// All else that was said of it, by name, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<(String, SettingValue)>,
}

/// A container beside the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name, under which the job reaches it.
    pub name: String,
    /// What runs.
    #[serde(flatten)]
    pub container: Container,
    /// Where it stands.
    pub place: Place,
}

/// A folder that is kept between runs, and may be empty at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// Its name.
    pub name: String,
    /// What is kept.
    pub paths: Vec<Value>,
    /// What tells its contents apart, in order.
    pub key: Vec<Value>,
    /// One whose key begins alike will do.
    pub fallback: bool,
    /// Where it stands.
    pub place: Place,
}

/// Which runs exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// Those of one group do.
    pub group: Value,
    /// A newer one ends the one that runs; else it waits.
    pub cancel: Value,
    /// Where it stands.
    pub place: Place,
}

/// What a job's token may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Permission {
    /// With what, such as `contents`.
    pub scope: String,
    /// Such as `read`, `write`.
    pub access: String,
    /// What needs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

impl Permission {
    /// Reading the sources: that every job which checks them out may do.
    pub fn is_usual(&self) -> bool {
        self.scope == "contents" && self.access == "read"
    }
}

/// Keys of one backend that Flow has no word for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// The keys.
    pub keys: RawKeys,
    /// Where they stand.
    pub place: Place,
}

/// The form of raw keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawKeys {
    /// By name.
    Map(Vec<(String, SettingValue)>),
    /// A text of YAML.
    Yaml(String),
}

/// The value of a setting that may hold settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingValue {
    /// A value.
    Value(Value),
    /// Settings, by name, in order.
    Map(Vec<(String, SettingValue)>),
}

impl SettingValue {
    /// Calls `visit` for each value in it, and each that it is made of.
    pub fn values<'a>(&'a self, visit: &mut dyn FnMut(&'a Value)) {
        match self {
            Self::Value(value) => value.each(visit),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.values(visit)),
        }
    }
}

/// A job that somebody else has written: a reusable workflow, a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignJob {
    /// `owner/repo/path@ref`.
    pub reference: String,
    /// Its inputs, by their foreign names.
    pub inputs: Vec<(String, Value)>,
    /// The secrets that are passed, by their foreign names.
    pub secrets: Vec<(String, Value)>,
    /// The foreign names of its outputs, by name.
    pub outputs: Vec<(String, String)>,
}
