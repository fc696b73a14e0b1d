//! Fixes in the protocol's words.

use std::collections::{BTreeMap, HashMap};

use flow_analysis::FileSpan;
use flow_syntax::Edit;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit,
    TextEdit, Uri, WorkspaceEdit,
};

use super::diagnostic::to_diagnostic;
use super::view::View;
use crate::ide::findings::Found;

/// Whether a client that asks for `only` these kinds of actions wants fixes.
pub(crate) fn wants_fixes(only: Option<&[CodeActionKind]>) -> bool {
    let fix = CodeActionKind::QUICKFIX;
    only.is_none_or(|kinds| kinds.iter().any(|kind| *kind == fix || *kind == CodeActionKind::EMPTY))
}

/// The fix of a finding, if it has one that the client can carry out.
pub(crate) fn to_action(view: &View, found: &Found) -> Option<CodeAction> {
    let fix = found.fix.as_ref()?;
    Some(CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![to_diagnostic(view, found)]),
        edit: Some(to_edit(view, &fix.edits)?),
        is_preferred: Some(true),
        ..CodeAction::default()
    })
}

fn to_edit(view: &View, edits: &[Edit<FileSpan>]) -> Option<WorkspaceEdit> {
    let mut by_file: BTreeMap<Uri, (Option<i32>, Vec<TextEdit>)> = BTreeMap::new();
    for edit in edits {
        let address = view.address(edit.place.file)?;
        let text = TextEdit::new(view.range(edit.place), edit.text.clone());
        by_file.entry(address.uri).or_insert_with(|| (address.version, Vec::new())).1.push(text);
    }
    if !view.client.versioned_edits {
        let changes: HashMap<_, _> = by_file.into_iter().map(|(uri, (_, edits))| (uri, edits)).collect();
        return Some(WorkspaceEdit::new(changes));
    }
    let documents = by_file.into_iter().map(|(uri, (version, edits))| TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    });
    Some(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(documents.collect())),
        ..WorkspaceEdit::default()
    })
}
