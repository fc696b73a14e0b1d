//! What all handlers share, and the three ways in which they may use it: change the workspace now,
//! read a view of it elsewhere, have projects read from disk.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use salsa::Cancelled;
use tokio::task::{JoinError, spawn_blocking};
use tower_lsp::Client;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::MessageType;

use super::publish::Bell;
use super::workspace::{Load, Workspace};
use crate::proto::view::View;

/// What all handlers share.
pub(super) struct Shared {
    /// The other side.
    pub(super) client: Client,
    /// Wakes the publisher.
    pub(super) bell: Bell,
    workspace: Mutex<Workspace>,
}

/// Why a reading gave no answer.
pub(super) enum Failure {
    /// A change made it pointless.
    Outdated,
    /// It panicked, with these words.
    Panic(String),
}

impl Shared {
    /// With an empty workspace.
    pub(super) fn new(client: Client) -> Arc<Self> {
        Arc::new(Self { client, bell: Bell::default(), workspace: Mutex::default() })
    }

    /// The workspace. Who holds a view must not ask for it: a change waits, with the workspace in
    /// hand, until all views are gone.
    pub(super) fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the workspace, at once. A panic is told to the client and ends this change alone.
    pub(super) fn change<T: Default>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        let mut workspace = self.workspace();
        catch_unwind(AssertUnwindSafe(|| change(&mut workspace))).unwrap_or_else(|payload| {
            self.log(format!("a change was lost by a bug in flowc: {}", words(payload.as_ref())));
            T::default()
        })
    }

    /// Has projects read from disk, in the background.
    pub(super) fn load(self: &Arc<Self>, loads: impl IntoIterator<Item = Load>) {
        for load in loads {
            let shared = Arc::clone(self);
            tokio::spawn(async move {
                let mut next = Some(load);
                while let Some(load) = next {
                    let root = load.root.clone();
                    let texts = spawn_blocking(move || root.programs()).await.unwrap_or_else(|error| {
                        shared.log(format!("a project could not be read: {}", of_join(error)));
                        Vec::new()
                    });
                    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.ok()?))).collect();
                    next = shared.change(|workspace| workspace.loaded(&load, texts));
                    shared.bell.ring();
                }
            });
        }
    }

    /// Answers a request from a view: an answer that a change made pointless is refused as such,
    /// and a panic fails this request alone.
    pub(super) fn answer<T: Send + 'static>(
        self: &Arc<Self>,
        view: View,
        ask: impl FnOnce(&View) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send + 'static {
        let reading = read(view, ask);
        let shared = Arc::clone(self);
        async move {
            reading.await.map_err(|failure| match failure {
                Failure::Outdated => Error::content_modified(),
                Failure::Panic(words) => {
                    shared.log(format!("a request failed by a bug in flowc: {words}"));
                    Error { message: words.into(), ..Error::internal_error() }
                }
            })
        }
    }

    /// Tells the client, without waiting for it.
    pub(super) fn log(&self, message: String) {
        let client = self.client.clone();
        tokio::spawn(async move { client.log_message(MessageType::ERROR, message).await });
    }
}

/// Reads a view on a thread of its own. It has left for there when this returns, before anybody can
/// wait: a view that is held while waiting would stop every change.
pub(super) fn read<T: Send + 'static>(
    view: View,
    ask: impl FnOnce(&View) -> T + Send + 'static,
) -> impl Future<Output = std::result::Result<T, Failure>> + Send + 'static {
    let task = spawn_blocking(move || {
        let view = view;
        Cancelled::catch(AssertUnwindSafe(|| ask(&view)))
    });
    async move {
        match task.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Failure::Outdated),
            Err(error) => Err(Failure::Panic(of_join(error))),
        }
    }
}

fn of_join(error: JoinError) -> String {
    error.try_into_panic().map_or_else(|error| error.to_string(), |payload| words(payload.as_ref()))
}

/// What a panic said.
fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|it| (*it).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::mpsc::channel;

    use flow_analysis::Database;
    use salsa::Database as _;
    use tower_lsp::jsonrpc::ErrorCode;
    use tower_lsp::{ClientSocket, LanguageServer, LspService};

    use super::*;

    struct Mute(Arc<Shared>);

    impl LanguageServer for Mute {
        async fn initialize(
            &self,
            _: tower_lsp::ls_types::InitializeParams,
        ) -> Result<tower_lsp::ls_types::InitializeResult> {
            Err(Error::internal_error())
        }

        async fn shutdown(&self) -> Result<()> {
            Ok(())
        }
    }

    fn shared() -> (Arc<Shared>, ClientSocket) {
        let (service, socket) = LspService::new(|client| Mute(Shared::new(client)));
        (Arc::clone(&service.inner().0), socket)
    }

    fn view(db: &Database) -> View {
        View { db: db.clone(), addresses: Default::default(), client: Default::default() }
    }

    #[tokio::test]
    async fn a_panic_fails_one_request_alone() {
        let (shared, _socket) = shared();
        let mut db = Database::default();
        let failed = shared.answer(view(&db), |_| -> u32 { panic!("at the disco") }).await.unwrap_err();
        assert_eq!((failed.code, &*failed.message), (ErrorCode::InternalError, "at the disco"));
        assert_eq!(shared.answer(view(&db), |view| view.db.files().len()).await, Ok(0));
        db.set_file("a.flow", Ok("".into()));
        assert_eq!(shared.answer(view(&db), |view| view.db.files().len()).await, Ok(1));
    }

    #[tokio::test]
    async fn a_panic_loses_one_change_alone() {
        let (shared, _socket) = shared();
        assert_eq!(shared.change(|_| -> u32 { panic!("at the disco") }), 0);
        assert_eq!(shared.change(|_| 7), 7);
    }

    #[tokio::test]
    async fn a_change_ends_the_readings_before_it() {
        let (shared, _socket) = shared();
        let mut db = Database::default();
        let (begun, begins) = channel();
        let reading = shared.answer(view(&db), move |view| {
            begun.send(()).unwrap();
            loop {
                view.db.unwind_if_revision_cancelled();
            }
        });
        begins.recv().unwrap();
        db.set_file("a.flow", Ok("".into()));
        let answer: Result<()> = reading.await;
        assert_eq!(answer.unwrap_err().code, ErrorCode::ContentModified);
    }
}
