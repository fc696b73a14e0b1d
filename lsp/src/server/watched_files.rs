//! `workspace/didChangeWatchedFiles`: something changed on disk, by the client or behind its back.

use flow_project::{MANIFEST, is_program};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp::ls_types::{DidChangeWatchedFilesParams, FileChangeType};

use super::shared::Shared;
use super::workspace::{Load, Workspace};
use crate::proto::uri::to_path;

/// With more changes than this, such as another branch makes, projects are read anew in the
/// background.
const FEW: usize = 32;

/// `workspace/didChangeWatchedFiles`
pub(super) fn changed(shared: &Arc<Shared>, params: DidChangeWatchedFilesParams) {
    let events = params.changes.into_iter();
    let events: Vec<_> = events.filter_map(|event| Some((to_path(&event.uri)?, event.typ))).collect();
    let loads = shared.change(|workspace| update(workspace, &events));
    shared.load(loads);
    shared.bell.ring();
}

fn update(workspace: &mut Workspace, events: &[(PathBuf, FileChangeType)]) -> Vec<Load> {
    let is_manifest = |(path, typ): &(PathBuf, FileChangeType)| {
        *typ != FileChangeType::CHANGED && path.file_name().is_some_and(|name| name == MANIFEST)
    };
    if events.iter().any(is_manifest) {
        return workspace.regroup();
    }
    let mut stale = BTreeSet::new();
    for (path, typ) in events {
        let is_edit = is_program(path) && *typ == FileChangeType::CHANGED && events.len() <= FEW;
        if !(is_edit && workspace.refresh(path)) {
            stale.extend(workspace.around(path));
        }
    }
    stale.iter().filter_map(|root| workspace.reload(root)).collect()
}
