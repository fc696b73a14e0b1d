//! Somebody types in a generated workspace: what the server's database does between a key and the
//! findings of all files.

use std::sync::Arc;

use flow_analysis::{Database, diagnostics};

use crate::program::Program;

/// A workspace with one file open.
pub struct Editor {
    db: Database,
    path: String,
    text: String,
    /// Where the body of a job is typed in.
    at: usize,
    keys: usize,
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// A letter in a script in the body of a job.
    InBody,
    /// A comment above everything else.
    OnTop,
}

/// In every generated job that compiles.
const SITE: &str = "cargo build";

impl Editor {
    /// Opens the middle one of the files that have a job to type in, with everything checked.
    pub fn open(program: &Program) -> Self {
        let files: Vec<_> = program.files.iter().filter(|file| file.text.contains(SITE)).collect();
        let file = files[files.len() / 2];
        let at = file.text.find(SITE).unwrap_or_default() + SITE.len();
        let editor = Self { db: program.database(), path: file.path.clone(), text: file.text.clone(), at, keys: 0 };
        editor.findings();
        editor
    }

    /// Types a key; how many findings there are then.
    pub fn key(&mut self, typing: Typing) -> usize {
        self.keys = self.keys % 40 + 1;
        let typed = "e".repeat(self.keys);
        let text = match typing {
            Typing::InBody => format!("{}{typed}{}", &self.text[..self.at], &self.text[self.at..]),
            Typing::OnTop => format!("// {typed}\n{}", self.text),
        };
        self.db.set_file(&self.path, Ok(Arc::from(text)));
        self.findings()
    }

    /// What the server tells after a change.
    fn findings(&self) -> usize {
        self.db.files().values().map(|file| diagnostics(&self.db, *file).len()).sum()
    }
}
