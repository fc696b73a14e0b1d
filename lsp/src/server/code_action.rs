//! `textDocument/codeAction`: the fixes of the findings at a place, computed from the text as it is
//! now and not from the diagnostics that the client remembers.

use std::sync::Arc;

use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{CodeActionOrCommand, CodeActionParams, CodeActionResponse};

use super::shared::Shared;
use crate::ide::findings::fixable;
use crate::proto::action::{to_action, wants_fixes};

/// `textDocument/codeAction`
pub(super) async fn code_action(shared: &Arc<Shared>, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
    if !wants_fixes(params.context.only.as_deref()) {
        return Ok(None);
    }
    let reading = {
        let Some((view, name)) = shared.workspace().view_of(&params.text_document.uri) else { return Ok(None) };
        shared.answer(view, move |view| {
            let Some(file) = view.db.file(&name) else { return Vec::new() };
            let found = fixable(&view.db, file, view.span(file, params.range));
            found.iter().filter_map(|it| to_action(view, it)).map(CodeActionOrCommand::CodeAction).collect()
        })
    };
    Ok(Some(reading.await?).filter(|actions: &Vec<_>| !actions.is_empty()))
}
