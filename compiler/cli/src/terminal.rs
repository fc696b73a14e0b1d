//! The terminal: the only writer to standard output and error.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};

use flow_analysis::{Database, FileSpan};
use flow_syntax::Diagnostic;

use crate::args::{Color, ReportFormat};
use crate::report;

/// Standard output and error.
pub(crate) struct Terminal {
    /// Whether standard error takes color.
    pub color: bool,
    broken: Cell<bool>,
}

impl Terminal {
    pub(crate) fn new(color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org: set and not empty.
            Color::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        Self { color, broken: Cell::new(false) }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line on standard error.
    pub(crate) fn say(&self, text: &str) {
        // Standard error keeps nothing back: one write a line instead of one a piece.
        if !self.broken.get() && io::stderr().write_all(format!("{text}\n").as_bytes()).is_err() {
            self.broken.set(true);
        }
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say(&format!("{} {text}", self.paint("1;31", "error:")));
    }

    /// What to do about it.
    pub(crate) fn help(&self, text: &str) {
        self.say(&format!("  {} {text}", self.paint("36", "help:")));
    }

    /// Bold.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Of the `n`th of several things side by side.
    pub(crate) fn nth(&self, n: usize, text: &str) -> String {
        const COLORS: [&str; 6] = ["36", "35", "34", "33", "32", "96"];
        self.paint(COLORS.get(n % COLORS.len()).copied().unwrap_or("0"), text)
    }

    /// Good.
    pub(crate) fn good(&self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Bad.
    pub(crate) fn bad(&self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Of little weight.
    pub(crate) fn faint(&self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Findings for people, and their count.
    pub(crate) fn findings(&self, db: &Database, findings: &[Diagnostic<FileSpan>]) {
        let mut text = Vec::new();
        if report::print(&mut text, db, findings, ReportFormat::Human, self.color).is_ok() && !text.is_empty() {
            self.say(String::from_utf8_lossy(&text).trim_end());
        }
        if let Some(count) = report::count(findings) {
            self.say(&format!("\n{}", self.bold(&count)));
        }
    }

    /// What was asked for, on standard output. A reader that has gone away is no error.
    pub(crate) fn output(&self, text: &str) -> io::Result<()> {
        match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}
