//! Findings in the protocol's words.

use flow_analysis::FileSpan;
use flow_syntax::{Code, Label, Severity};
use serde_json::json;
use tower_lsp::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, NumberOrString,
};

use super::view::View;
use crate::ide::findings::Found;

/// Whose diagnostics these are, for a client with several servers.
const SOURCE: &str = "flowc";

/// A finding for the client.
pub(crate) fn to_diagnostic(view: &View, found: &Found) -> Diagnostic {
    let mut message = vec![found.headline.clone()];
    // An editor underlines the place: what the label says of it is worth a line where nothing else is
    // said.
    let alone = found.notes.is_empty() && found.help.is_none();
    message.extend(Some(&found.primary.message).filter(|it| alone && !it.is_empty()).cloned());
    let mut related = Vec::new();
    for label in &found.related {
        match location(view, label) {
            Some(it) => related.push(it),
            None => message.extend(aside(view, label)),
        }
    }
    message.extend(found.notes.iter().map(|note| format!("note: {note}")));
    message.extend(found.help.iter().map(|help| format!("help: {help}")));
    let tagged = view.client.unnecessary && is_unnecessary(found.code);
    let fix = found.fix.as_ref().filter(|_| view.client.data);
    Diagnostic {
        range: view.range(found.primary.place),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(found.code.id().to_owned())),
        source: Some(SOURCE.to_owned()),
        message: message.join("\n"),
        related_information: Some(related).filter(|it| !it.is_empty()),
        tags: tagged.then(|| vec![DiagnosticTag::UNNECESSARY]),
        data: fix.map(|fix| json!({ "fix": fix.title })),
        ..Diagnostic::default()
    }
}

/// Another place as a link, where the client can show and open it.
fn location(view: &View, label: &Label<FileSpan>) -> Option<DiagnosticRelatedInformation> {
    let location = view.client.related_information.then(|| view.location(label.place)).flatten()?;
    Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
}

/// Another place in words.
fn aside(view: &View, label: &Label<FileSpan>) -> Option<String> {
    let path = label.place.file.path(&view.db);
    let line = view.range(label.place).start.line + 1;
    (!label.message.is_empty()).then(|| format!("{path}:{line}: {}", label.message))
}

/// Whether a finding of this kind marks code that could as well be absent.
const fn is_unnecessary(code: Code) -> bool {
    matches!(code, Code::UnusedLocal | Code::UnusedParameter | Code::UnusedImport | Code::UnusedDeclaration)
}
