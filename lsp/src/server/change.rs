//! `textDocument/didChange`: keystrokes.

use super::shared::Shared;
use tower_lsp::ls_types::DidChangeTextDocumentParams;

/// `textDocument/didChange`
pub(super) fn change(shared: &Shared, params: DidChangeTextDocumentParams) {
    let document = params.text_document;
    shared.change(|workspace| workspace.change(&document.uri, document.version, params.content_changes));
    shared.bell.ring_when_quiet();
}
