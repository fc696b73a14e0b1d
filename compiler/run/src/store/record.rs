//! Records: what a job that succeeded made of what. Immutable, written last, when all that it names
//! is in the store.
//!
//! Today they lie with their run, `runs/<run>/records/<job>.json`. A reader must ignore fields that it
//! does not know: a job's keys and the trust in its maker will stand beside these.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Digest, Store, StoreError, write_whole};

/// The version of this form.
const FORMAT: u32 = 2;

/// What a job made of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    /// Who made it.
    maker: Maker,
    /// The manifests of its artifacts, by output.
    outputs: BTreeMap<String, Digest>,
    /// Its values, by output.
    values: BTreeMap<String, String>,
    /// What it consumed, by the id of the input.
    consumed: BTreeMap<String, Consumed>,
    /// When, in seconds since 1970.
    time: u64,
}

/// Who made an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Maker {
    /// The run's id.
    pub(crate) run: String,
    /// The job's id.
    pub(crate) job: String,
}

/// An artifact that was consumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consumed {
    /// Who made it; of a view, all who made what it shows.
    pub(crate) makers: Vec<Maker>,
    /// Of its manifest.
    pub(crate) digest: Digest,
}

/// What a job hands on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Produced {
    /// By output.
    pub(crate) artifacts: BTreeMap<String, Digest>,
    /// By output.
    pub(crate) values: BTreeMap<String, String>,
}

impl Record {
    /// Of a job that ends now.
    pub(crate) fn new(maker: Maker, produced: &Produced, consumed: BTreeMap<String, Consumed>) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            format: FORMAT,
            maker,
            outputs: produced.artifacts.clone(),
            values: produced.values.clone(),
            consumed,
            time: now.map_or(0, |it| it.as_secs()),
        }
    }

    /// Writes it to `path`.
    pub(crate) fn write(&self, store: &Store, path: &Path) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| StoreError::Io {
            action: "write",
            path: path.to_owned(),
            source: error.into(),
        })?;
        write_whole(&store.scratch, path, &text)
    }
}
