//! Diagnostics, pushed. One task computes and sends them, one project after the other, so what the
//! client sees never goes backwards; whatever changes meanwhile wakes it again, so the last thing
//! that it sends is about the last change.

use flow_project::Root;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tower_lsp::ls_types::{Diagnostic, Uri};

use super::shared::{Failure, Shared, read};
use crate::ide::findings;
use crate::proto::diagnostic::to_diagnostic;
use crate::proto::uri::Address;
use crate::proto::view::View;

/// How long after the last keystroke.
const QUIET: Duration = Duration::from_millis(30);

/// How long at most while keystrokes go on.
const PATIENCE: Duration = Duration::from_millis(300);

/// Wakes the publisher.
#[derive(Default)]
pub(super) struct Bell {
    due: Mutex<Option<Due>>,
    rung: Notify,
}

#[derive(Clone, Copy)]
struct Due {
    at: Instant,
    at_most: Instant,
}

impl Bell {
    /// At once.
    pub(super) fn ring(&self) {
        let now = Instant::now();
        *self.due() = Some(Due { at: now, at_most: now });
        self.rung.notify_one();
    }

    /// As soon as the user pauses.
    pub(super) fn ring_when_quiet(&self) {
        let now = Instant::now();
        let mut due = self.due();
        let at_most = due.map_or(now + PATIENCE, |due| due.at_most);
        *due = Some(Due { at: at_most.min(now + QUIET), at_most });
        self.rung.notify_one();
    }

    async fn wait(&self) {
        loop {
            let due = *self.due();
            match due {
                None => self.rung.notified().await,
                Some(due) if due.at > Instant::now() => tokio::select! {
                    () = sleep_until(due.at) => {}
                    () = self.rung.notified() => {}
                },
                Some(_) => {
                    *self.due() = None;
                    return;
                }
            }
        }
    }

    fn due(&self) -> MutexGuard<'_, Option<Due>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the client was last told of a file.
struct Published {
    root: Root,
    address: Address,
    diagnostics: Vec<Diagnostic>,
}

type Sheet = (Address, Vec<Diagnostic>);

/// Publishes for as long as it is polled.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut published = BTreeMap::new();
    loop {
        shared.bell.wait().await;
        let gone = shared.workspace().take_gone();
        for root in gone {
            update(&shared, &mut published, &root, Vec::new()).await;
        }
        while let Some((root, reading)) = next(&shared) {
            match reading.await {
                Ok(sheets) => update(&shared, &mut published, &root, sheets).await,
                Err(Failure::Outdated) => {
                    shared.workspace().mark_dirty(&root);
                    shared.bell.ring_when_quiet();
                    break;
                }
                Err(Failure::Panic(words)) => shared.log(format!("a check failed by a bug in flowc: {words}")),
            }
        }
    }
}

/// Begins to read the next project that has to be published.
fn next(shared: &Shared) -> Option<(Root, impl Future<Output = Result<Vec<Sheet>, Failure>> + Send)> {
    let (root, view) = shared.workspace().take_dirty()?;
    Some((root, read(view, sheets)))
}

fn sheets(view: &View) -> Vec<Sheet> {
    let found = findings::of_project(&view.db).into_iter();
    found
        .filter_map(|(file, found)| {
            let diagnostics = found.iter().map(|it| to_diagnostic(view, it)).collect();
            Some((view.address(file)?, diagnostics))
        })
        .collect()
}

/// Tells the client what differs from what it was told: open files whenever they have another
/// version or were opened anew, since it may have forgotten what it was told before; the others when their findings changed; and takes back what is no longer there.
async fn update(shared: &Shared, published: &mut BTreeMap<Uri, Published>, root: &Root, sheets: Vec<Sheet>) {
    let client = &shared.client;
    let lost = |uri: &Uri, it: &Published| it.root == *root && !sheets.iter().any(|(address, _)| address.uri == *uri);
    let lost: Vec<Uri> = published.iter().filter(|(uri, it)| lost(uri, it)).map(|(uri, _)| uri.clone()).collect();
    for uri in lost {
        let before = published.remove(&uri);
        if before.is_some_and(|it| !it.diagnostics.is_empty() || it.address.version.is_some()) {
            client.publish_diagnostics(uri, Vec::new(), None).await;
        }
    }
    for (address, diagnostics) in sheets {
        let before = published.get(&address.uri);
        let is_new = address.version.is_some() && before.is_none_or(|it| it.address != address);
        let is_changed = before.map_or(!diagnostics.is_empty(), |it| it.diagnostics != diagnostics);
        if is_new || is_changed {
            client.publish_diagnostics(address.uri.clone(), diagnostics.clone(), address.version).await;
        }
        published.insert(address.uri.clone(), Published { root: root.clone(), address, diagnostics });
    }
}
