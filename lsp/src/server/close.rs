//! `textDocument/didClose`: from now on the disk says what the file holds.

use tower_lsp::ls_types::DidCloseTextDocumentParams;

use super::shared::Shared;

/// `textDocument/didClose`
pub(super) fn close(shared: &Shared, params: &DidCloseTextDocumentParams) {
    shared.change(|workspace| workspace.close(&params.text_document.uri));
    shared.bell.ring();
}
