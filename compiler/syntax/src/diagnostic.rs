//! Diagnostics as plain data. Every layer makes them, only cli/ and lsp/ render them.
//!
//! `P` is how a layer names a place: a [`Span`](crate::Span) of the file here, a place relative to
//! an item in flow-analysis, a file and span once it is joined for showing.

use crate::Code;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The program has no meaning; nothing is emitted or run.
    Error,
    /// The program has a meaning that its author hardly wants.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic<P> {
    /// Which kind of finding.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence about the user's thing, names in backticks, no full stop.
    pub headline: String,
    /// The cause, with a few words.
    pub primary: Label<P>,
    /// Other places that take part, such as the first of two definitions.
    pub related: Vec<Label<P>>,
    /// Why it is so.
    pub notes: Vec<String>,
    /// What to do, as an imperative.
    pub help: Option<String>,
    /// An edit that does it.
    pub fix: Option<Fix<P>>,
}

/// A place and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label<P> {
    /// Where.
    pub place: P,
    /// A few words; may be empty.
    pub message: String,
}

/// An edit that resolves a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix<P> {
    /// What it does, as an imperative.
    pub title: String,
    /// The replacements; they do not overlap.
    pub edits: Vec<Edit<P>>,
}

/// A replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit<P> {
    /// What is replaced; empty to insert.
    pub place: P,
    /// By what.
    pub text: String,
}

impl<P> Diagnostic<P> {
    /// A finding with the severity that its code has.
    pub fn new(code: Code, place: P, headline: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            headline: headline.into(),
            primary: Label { place, message: String::new() },
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Words at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Another place that takes part.
    #[must_use]
    pub fn related(mut self, place: P, message: impl Into<String>) -> Self {
        self.related.push(Label { place, message: message.into() });
        self
    }

    /// Why it is so.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An edit that does it: `text` in the place of what stands at `place`.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, place: P, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { place, text: text.into() }] });
        self
    }

    /// The same finding with its places named in another way.
    pub fn map<Q>(self, mut to: impl FnMut(P) -> Q) -> Diagnostic<Q> {
        let mut label = |it: Label<P>| Label { place: to(it.place), message: it.message };
        let primary = label(self.primary);
        let related = self.related.into_iter().map(&mut label).collect();
        Diagnostic {
            code: self.code,
            severity: self.severity,
            headline: self.headline,
            primary,
            related,
            notes: self.notes,
            help: self.help,
            fix: self.fix.map(|fix| Fix {
                title: fix.title,
                edits: fix.edits.into_iter().map(|edit| Edit { place: to(edit.place), text: edit.text }).collect(),
            }),
        }
    }
}
