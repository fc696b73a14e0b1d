//! The server: keeps the workspace, answers the client. A file per request or notification; each
//! that changes state does so before it first waits, so changes happen in the order of arrival.

mod change;
mod close;
mod code_action;
mod folders;
mod initialize;
mod open;
mod publish;
mod save;
mod shared;
mod unreadable;
mod watched_files;
mod wire;
mod workspace;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeActionParams, CodeActionResponse, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    InitializeParams, InitializeResult, InitializedParams,
};
use tower_lsp::{LanguageServer, LspService, Server};

use shared::Shared;

/// How many messages are worked on at a time. More than editors keep waiting: a message that waits
/// for its turn delays the changes behind it.
const CONCURRENCY: usize = 64;

/// Between the check of incoming messages and their decoding.
const PIPE: usize = 64 * 1024;

/// Deeply nested programs are parsed and checked by recursion.
const STACK: usize = 8 * 1024 * 1024;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client said that it would end it.
    Orderly,
    /// The client left without a word.
    Abrupt,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Orderly => Self::SUCCESS,
            Ending::Abrupt => Self::FAILURE,
        }
    }
}

/// Serves a client on standard input and output until it leaves.
///
/// # Errors
///
/// If no threads can be started.
pub fn serve_stdio() -> io::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("flowc-lsp")
        .thread_stack_size(STACK)
        .enable_all()
        .build()?;
    let ending = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout()));
    // A thread that still waits for input or computes an answer that nobody awaits is left behind.
    runtime.shutdown_background();
    Ok(ending)
}

/// Serves a client on any two streams, within a tokio runtime whose threads have a stack of 8 MB.
pub async fn serve(input: impl AsyncRead + Unpin, output: impl AsyncWrite) -> Ending {
    let (service, socket) = LspService::build(|client| Backend(Shared::new(client)))
        .custom_method(wire::UNREADABLE, Backend::unreadable)
        .finish();
    let publisher = tokio::spawn(publish::run(Arc::clone(&service.inner().0)));
    let (checked, messages) = tokio::io::duplex(PIPE);
    let server = Server::new(messages, output, socket).concurrency_level(CONCURRENCY);
    let (ending, ()) = tokio::join!(wire::check(input, checked), server.serve(service));
    publisher.abort();
    ending
}

/// The methods that the server knows, and where they are.
struct Backend(Arc<Shared>);

impl Backend {
    async fn unreadable(&self, params: unreadable::Params) -> Result<()> {
        Err(unreadable::error(&params))
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(initialize::initialize(&self.0, params))
    }

    async fn initialized(&self, _: InitializedParams) {
        initialize::initialized(&self.0);
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        open::open(&self.0, params);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        change::change(&self.0, params);
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        save::save(&self.0);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        close::close(&self.0, &params);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        watched_files::changed(&self.0, params);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        folders::changed(&self.0, &params);
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        code_action::code_action(&self.0, params).await
    }
}
