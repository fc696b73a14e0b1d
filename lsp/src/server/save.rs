//! `textDocument/didSave`: the client has said before what the file holds, but who saves wants to
//! see its findings now.

use super::shared::Shared;

/// `textDocument/didSave`
pub(super) fn save(shared: &Shared) {
    shared.bell.ring();
}
