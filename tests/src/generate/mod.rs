//! Programs that nobody wrote: each seed gives one, which is sound, runs in a second or two, and says
//! what its steps see. What a step sees stands on lines that begin with `@`, so that two ways of
//! running a program can be compared by what they print.

mod body;
mod graph;
mod values;

use std::fmt::Write as _;

use crate::random::Random;

/// A program, and how it may be started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The text of `ci.flow`, whose pipeline is `ci`.
    pub text: String,
    /// How it may be started.
    pub starts: Vec<Start>,
}

/// A way to start a program.
#[derive(Clone, Debug)]
pub struct Start {
    /// `push` or `manual`.
    pub event: &'static str,
    /// The branch.
    pub branch: &'static str,
    /// Parameters; none unless `manual`.
    pub params: Vec<(&'static str, String)>,
}

/// The types of the values that programs pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Int,
    Bool,
    Mode,
    Texts,
    File,
    Exec,
    Tree,
}

impl Type {
    const VALUES: [Self; 5] = [Self::Text, Self::Int, Self::Bool, Self::Mode, Self::Texts];

    /// As it is written.
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Mode => "Mode",
            Self::Texts => "[string]",
            Self::File => "file",
            Self::Exec => "exec",
            Self::Tree => "opaque",
        }
    }

    const fn is_files(self) -> bool {
        matches!(self, Self::File | Self::Exec | Self::Tree)
    }
}

/// Something that has a value where it is named.
#[derive(Clone, Debug)]
struct Known {
    /// How it is named.
    name: String,
    ty: Type,
}

/// What is written so far.
struct Writer {
    random: Random,
    text: String,
    depth: usize,
    /// How many names and marks were given.
    count: usize,
    /// A program fails at one place at most.
    may_fail: bool,
}

impl Writer {
    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{}", self.count)
    }

    fn line(&mut self, text: &str) {
        for line in text.split('\n') {
            let indent = if line.is_empty() { 0 } else { self.depth * 4 };
            writeln!(self.text, "{:indent$}{line}", "").expect("a text takes text");
        }
    }

    fn open(&mut self, head: &str) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    /// A script in a block text.
    fn script(&mut self, before: &str, script: &str) {
        self.line(&format!("{before}sh \"\"\""));
        self.depth += 1;
        self.line(script);
        self.line("\"\"\"");
        self.depth -= 1;
    }
}

/// The program of a seed.
pub fn program(seed: u64) -> Program {
    // Small seeds are alike in their first numbers.
    let random = Random::new(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut writer = Writer { random, text: String::new(), depth: 0, count: 0, may_fail: false };
    for _ in 0..4 {
        writer.random.below(2);
    }
    writer.may_fail = writer.chance(40);
    graph::write(&mut writer)
}
