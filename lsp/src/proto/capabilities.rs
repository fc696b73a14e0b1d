//! What the client understands, and what the server offers it.

use tower_lsp::ls_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, DiagnosticTag, OneOf,
    PositionEncodingKind, SaveOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

use crate::ide::text::Encoding;

/// What the client understands. The default is a client that understands nothing optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    /// How columns are counted.
    pub(crate) encoding: Encoding,
    /// Diagnostics may point at further places.
    pub(crate) related_information: bool,
    /// Diagnostics may say that code is unnecessary.
    pub(crate) unnecessary: bool,
    /// Diagnostics may carry data.
    pub(crate) data: bool,
    /// Edits may name the version that they apply to.
    pub(crate) versioned_edits: bool,
    /// An action may be more than a command.
    pub(crate) actions: bool,
    /// It can be asked to watch files.
    pub(crate) watches: bool,
}

impl Client {
    /// What `capabilities` say.
    pub(crate) fn new(capabilities: &ClientCapabilities) -> Self {
        let document = capabilities.text_document.as_ref();
        let workspace = capabilities.workspace.as_ref();
        let publish = document.and_then(|it| it.publish_diagnostics.as_ref());
        let edits = workspace.and_then(|it| it.workspace_edit.as_ref());
        let encodings = capabilities.general.as_ref().and_then(|it| it.position_encodings.as_ref());
        let utf8 = encodings.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8));
        let tags = publish.and_then(|it| it.tag_support.as_ref());
        let watched = workspace.and_then(|it| it.did_change_watched_files);
        let actions = document.and_then(|it| it.code_action.as_ref());
        Self {
            encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
            related_information: publish.and_then(|it| it.related_information) == Some(true),
            unnecessary: tags.is_some_and(|tags| tags.value_set.contains(&DiagnosticTag::UNNECESSARY)),
            data: publish.and_then(|it| it.data_support) == Some(true),
            versioned_edits: edits.and_then(|it| it.document_changes) == Some(true),
            actions: actions.is_some_and(|it| it.code_action_literal_support.is_some()),
            watches: watched.and_then(|it| it.dynamic_registration) == Some(true),
        }
    }

    /// What the server offers such a client.
    pub(crate) fn offer(self) -> ServerCapabilities {
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        };
        let actions = CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        };
        let folders =
            WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(OneOf::Left(true)) };
        ServerCapabilities {
            position_encoding: Some(match self.encoding {
                Encoding::Utf8 => PositionEncodingKind::UTF8,
                Encoding::Utf16 => PositionEncodingKind::UTF16,
            }),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            code_action_provider: self.actions.then_some(CodeActionProviderCapability::Options(actions)),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(folders),
                ..WorkspaceServerCapabilities::default()
            }),
            ..ServerCapabilities::default()
        }
    }
}
