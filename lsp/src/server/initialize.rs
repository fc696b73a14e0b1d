//! `initialize` and `initialized`: who the client is, which folders it has, what it should watch.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::ls_types::{InitializeParams, InitializeResult, Registration, ServerInfo};

use super::shared::Shared;
use super::workspace::Workspace;
use crate::proto::capabilities::Client;
use crate::proto::uri::to_path;

/// Everything that decides which programs there are and what they hold.
const WATCHED: [&str; 3] = ["**/*.flow", "**/flow.toml", "**/.gitignore"];

/// `initialize`
pub(super) fn initialize(shared: &Arc<Shared>, params: InitializeParams) -> InitializeResult {
    let client = Client::new(&params.capabilities);
    #[expect(deprecated, reason = "older clients know no other way to name their folder")]
    let root = params.root_uri;
    let folders = match params.workspace_folders {
        Some(folders) => folders.iter().filter_map(|folder| to_path(&folder.uri)).collect(),
        None => root.iter().filter_map(to_path).collect(),
    };
    shared.change(|workspace| workspace.greet(client, folders));
    InitializeResult {
        capabilities: client.offer(),
        server_info: Some(ServerInfo { name: "flowc".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) }),
        ..InitializeResult::default()
    }
}

/// `initialized`
pub(super) fn initialized(shared: &Arc<Shared>) {
    // Not earlier: nothing may be published before.
    let loads = shared.change(Workspace::regroup);
    shared.load(loads);
    if !shared.workspace().is_watched() {
        return;
    }
    let watchers = WATCHED.map(|glob| json!({ "globPattern": glob }));
    let registration = Registration {
        id: "files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: Some(json!({ "watchers": watchers })),
    };
    let shared = Arc::clone(shared);
    // Not awaited here: a client that never answers must not hold up the end of the session.
    tokio::spawn(async move {
        if let Err(error) = shared.client.register_capability(vec![registration]).await {
            shared.log(format!("the client does not watch files: {error}"));
        }
    });
}
