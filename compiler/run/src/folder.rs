//! The folder of one run, `runs/<run>` in the store:
//!
//! ```text
//! lock               held as long as the run lasts
//! scratch/           files for the store that are not whole yet
//! sources/           the picture of the project
//! jobs/<job>/tree/   what the job sees of the sources
//! jobs/<job>/flow/   FLOW_TEMP: in/, out/, value/
//! jobs/<job>/tmp/    TMPDIR
//! jobs/<job>/steps/  the scripts as they are run
//! logs/<job>.log     all that the job wrote
//! records/<job>.json what it made
//! summaries/<job>.md what it said for the run's page
//! result.json        how the run ended: docs/reference/run.md
//! ```
//!
//! It lies with the store, not in the project or the system's temporary folder: moving files between
//! them is cheap, programs that look upwards from a job's tree do not find the project, and there is
//! room. When a run succeeds only logs and records stay; else the folders of the jobs that did not
//! succeed stay too. The newest few are kept, and none is removed while its run lasts.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::files::{self, FileError, With};
use crate::system;

/// How many earlier runs are kept.
const KEPT: usize = 10;

/// The folder of one run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
    /// The run's id: unique in the store, later ones sort later.
    pub(crate) id: String,
    _lock: Option<File>,
}

impl RunFolder {
    /// Makes the folder for a new run in the store `root`, and removes those of old ones.
    pub(crate) fn make(root: &Path) -> Result<Self, FileError> {
        let runs = root.join("runs");
        files::make_folder(&runs)?;
        remove_old(&runs);
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        let folder = tempfile::Builder::new().prefix(&format!("{seconds:010}-")).tempdir_in(&runs);
        let path = folder.with("create a folder in", &runs)?.keep();
        let id = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let lock = path.join("lock");
        let lock = system::try_lock(&lock).with("lock", &lock)?;
        for name in ["scratch", "jobs", "logs", "records"] {
            files::make_folder(&path.join(name))?;
        }
        Ok(Self { path, id, _lock: lock })
    }

    /// The store that it lies in.
    pub(crate) fn store(&self) -> &Path {
        let store = self.path.parent().and_then(Path::parent);
        store.unwrap_or(&self.path)
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("scratch")
    }

    pub(crate) fn sources(&self) -> PathBuf {
        self.path.join("sources")
    }

    pub(crate) fn job(&self, id: &str) -> JobFolder {
        JobFolder(self.path.join("jobs").join(id))
    }

    pub(crate) fn log(&self, job: &str) -> PathBuf {
        self.path.join("logs").join(format!("{job}.log"))
    }

    pub(crate) fn record(&self, job: &str) -> PathBuf {
        self.path.join("records").join(format!("{job}.json"))
    }

    pub(crate) fn summary(&self, job: &str) -> PathBuf {
        self.path.join("summaries").join(format!("{job}.md"))
    }

    /// Where the result of the run is written when it has ended.
    pub(crate) fn result(&self) -> PathBuf {
        self.path.join("result.json")
    }

    /// Removes what nobody needs after the run; `jobs`, unless a job's folder is to be looked at.
    pub(crate) fn tidy(&self, keep_jobs: bool) -> Result<(), FileError> {
        files::remove_folder(&self.sources())?;
        files::remove_folder(&self.scratch())?;
        if keep_jobs { Ok(()) } else { files::remove_folder(&self.path.join("jobs")) }
    }
}

/// The folder of one job.
#[derive(Clone, Debug)]
pub(crate) struct JobFolder(pub(crate) PathBuf);

impl JobFolder {
    pub(crate) fn tree(&self) -> PathBuf {
        self.0.join("tree")
    }

    pub(crate) fn flow(&self) -> PathBuf {
        self.0.join("flow")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.0.join("tmp")
    }

    pub(crate) fn steps(&self) -> PathBuf {
        self.0.join("steps")
    }
}

/// Removes all but the newest runs. What cannot be removed, because its run lasts or for another
/// reason, waits for the next time.
fn remove_old(runs: &Path) {
    let Ok(entries) = std::fs::read_dir(runs) else { return };
    let mut found: Vec<PathBuf> = entries.flatten().map(|it| it.path()).collect();
    found.sort_unstable();
    let old = found.len().saturating_sub(KEPT);
    for path in found.iter().take(old) {
        // A run that has its folder and not yet its lock is newer than the newest that are kept.
        if let Ok(Some(lock)) = system::try_lock(&path.join("lock")) {
            let _ = files::remove_folder(path);
            drop(lock);
        }
    }
}
