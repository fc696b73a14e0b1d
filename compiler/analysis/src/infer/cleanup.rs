//! `on_failure { … }` and `finally { … }`: what runs at the end of a body, however it went
//! (docs/design/semantics.md B2, B3).

use flow_syntax::tree::Body;
use flow_syntax::{Code, Span};

use super::{Infer, Where};

impl Infer<'_> {
    /// Where a clean-up stands among those before it: `on_failure`, then `finally`, each once.
    pub(super) fn cleanup_order(&mut self, word: &'static str, span: Span, before: &mut Vec<(&'static str, Span)>) {
        let at = word_span(word, span);
        let finding = if let Some((_, first)) = before.iter().find(|(other, _)| *other == word) {
            Some(
                self.finding(Code::BadCleanup, at, format!("`{word}` stands twice"))
                    .label("again here")
                    .related(self.at(*first), "first here")
                    .help("put both into one block"),
            )
        } else if let ("on_failure", Some((_, finally))) = (word, before.last()) {
            Some(
                self.finding(Code::BadCleanup, at, "`on_failure` stands after `finally`")
                    .label("runs before it")
                    .related(self.at(*finally), "runs last")
                    .note("they stand in the order in which they run")
                    .help("move it above `finally`"),
            )
        } else {
            None
        };
        if let Some(finding) = finding {
            self.report(finding);
        }
        before.push((word, at));
    }

    /// A statement below a clean-up.
    pub(super) fn after_cleanup(&mut self, span: Span, word: &'static str, at: Span) {
        let finding = self
            .finding(Code::BadCleanup, span, format!("a statement stands after `{word}`"))
            .label("below it")
            .related(self.at(at), "runs when the body has ended")
            .note("it stands last, since it runs last")
            .help(format!("move the statement above `{word}`, or into it"));
        self.report(finding);
    }

    /// A clean-up in a block, or in a body that has none.
    pub(super) fn nested_cleanup(&mut self, word: &'static str, span: Span) {
        let at = word_span(word, span);
        if self.place == Where::Flow {
            let finding = self
                .finding(Code::NotAllowedHere, at, format!("`{word}` has no meaning in a flow"))
                .label("not here")
                .note("a flow is a part of a pipeline, and only the whole of that succeeds or fails")
                .help("put it at the end of the pipeline");
            self.report(finding);
            return;
        }
        let block = if self.place.is_graph() { "a block" } else { "a block or a step" };
        let finding = self
            .finding(Code::BadCleanup, at, format!("`{word}` cannot stand in {block}"))
            .label("not at the end of the body")
            .note("it belongs to a whole body and runs when that has ended")
            .help("move it to the end of the body");
        self.report(finding);
    }

    /// Warns of a body in which nothing stands.
    pub(super) fn not_empty(&mut self, body: &Body, what: &str) {
        if body.stmts.is_empty() {
            let finding = self
                .finding(Code::NoEffect, body.span, format!("this {what} is empty"))
                .label("does nothing")
                .help("write what it is to do, or remove it");
            self.report(finding);
        }
    }

    /// What a clean-up does. What the body bound may be missing in it, and nothing is written.
    pub(super) fn cleanup(&mut self, body: &Body, word: &'static str, span: Span) {
        let at = word_span(word, span);
        match self.place {
            Where::Job | Where::Action => {}
            Where::Pipeline => {
                self.graph_tail(body, word, at);
                return;
            }
            _ => {
                self.nested_cleanup(word, span);
                return;
            }
        }
        if body.stmts.is_empty() {
            let finding = self
                .finding(Code::NoEffect, at, format!("this `{word}` is empty"))
                .label("does nothing")
                .help("remove it");
            self.report(finding);
        }
        let outer = self.cleanup.replace(word);
        // Secrets of a step do not outlive it, and what it reads is not read of the body.
        let ((), _events) = self.recorded(|infer| {
            infer.scoped(|infer| {
                for stmt in &body.stmts {
                    infer.stmt(stmt);
                }
            });
        });
        self.cleanup = outer;
    }
}

/// Where the word that begins a statement stands.
fn word_span(word: &str, statement: Span) -> Span {
    Span::new(statement.start, statement.start + u32::try_from(word.len()).unwrap_or(0))
}
