//! `textDocument/didOpen`: from now on the client says what the file holds.

use std::sync::Arc;

use tower_lsp::ls_types::DidOpenTextDocumentParams;

use super::shared::Shared;

/// `textDocument/didOpen`
pub(super) fn open(shared: &Arc<Shared>, params: DidOpenTextDocumentParams) {
    let document = params.text_document;
    let load = shared.change(|workspace| workspace.open(document.uri, document.version, document.text));
    shared.load(load);
    shared.bell.ring();
}
