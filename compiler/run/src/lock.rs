//! Runs and jobs of one concurrency group exclude each other, also those of other processes: a lock file per group
//! in the store.
//!
//! Who wants the place of the one that runs leaves a note beside the lock, which that one looks for.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use flow_plan::model::Concurrency;
use tokio::task::JoinHandle;

use crate::cancel::{Cancel, Urgency};
use crate::files::{self, FileError, With};
use crate::folder::RunFolder;
use crate::scope::{Problem, Scope};
use crate::store::Digest;
use crate::system;

/// How often the lock and the note are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A place in a group that is asked for.
pub(crate) struct Asked {
    group: String,
    cancel: bool,
}

/// A place in a group, until it is dropped.
pub(crate) struct Held {
    /// The wish to end, also of who wants the place.
    pub(crate) cancel: Cancel,
    watch: JoinHandle<()>,
    _file: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Asked {
    pub(crate) fn new(concurrency: &Concurrency, scope: &Scope<'_>) -> Result<Self, Problem> {
        Ok(Self { group: scope.text(&concurrency.group)?, cancel: scope.truth(&concurrency.cancel)? })
    }

    /// Waits for the place. `None`: cancelled meanwhile.
    pub(crate) async fn hold(
        &self,
        folder: &RunFolder,
        cancel: &Cancel,
        note: &(dyn Fn(String) + Sync),
    ) -> Result<Option<Held>, FileError> {
        let (lock, wanted) = self.files(folder)?;
        let mut told = false;
        let file = loop {
            if let Some(file) = system::try_lock(&lock).with("lock", &lock)? {
                break file;
            }
            if self.cancel && !wanted.exists() {
                std::fs::write(&wanted, &folder.id).with("write", &wanted)?;
            }
            if !told {
                told = true;
                let verb = if self.cancel { "ends" } else { "waits for" };
                note(format!("{verb} another one of the concurrency group `{}`", self.group));
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = cancel.reached(Urgency::Gently) => return Ok(None),
            }
        };
        // That it is not there is what is wanted.
        let _ = std::fs::remove_file(&wanted);
        let cancel = cancel.inner();
        let watch = tokio::spawn({
            let cancel = cancel.clone();
            async move {
                while !wanted.exists() {
                    tokio::time::sleep(LOOK).await;
                }
                cancel.cancel();
            }
        });
        Ok(Some(Held { cancel, watch, _file: file }))
    }

    fn files(&self, folder: &RunFolder) -> Result<(PathBuf, PathBuf), FileError> {
        let locks = folder.store().join("locks");
        files::make_folder(&locks)?;
        let name = Digest::of(&self.group);
        let name = name.as_str();
        Ok((locks.join(format!("{name}.lock")), locks.join(format!("{name}.wanted"))))
    }
}
