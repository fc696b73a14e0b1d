//! `workspace/didChangeWorkspaceFolders`: the client opened or closed folders.

use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::ls_types::{DidChangeWorkspaceFoldersParams, WorkspaceFolder};

use super::shared::Shared;
use crate::proto::uri::to_path;

/// `workspace/didChangeWorkspaceFolders`
pub(super) fn changed(shared: &Arc<Shared>, params: &DidChangeWorkspaceFoldersParams) {
    let added = paths(&params.event.added);
    let removed = paths(&params.event.removed);
    let loads = shared.change(|workspace| workspace.change_folders(added, &removed));
    shared.load(loads);
    shared.bell.ring();
}

fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| to_path(&folder.uri)).collect()
}
