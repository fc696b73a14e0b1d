//! `flowc`, the command: the rim around the compiler. It owns arguments, files, the terminal and exit
//! codes, and nothing of the language.
#![allow(clippy::disallowed_methods, reason = "the command is the rim")]

mod args;
mod commands;
mod emitted;
mod files;
mod lock;
mod pages;
mod parallel;
mod progress;
mod project;
mod report;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::terminal::Terminal;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.color);
    let start = cli.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let done = match &cli.command {
        Command::Check(args) => commands::check::main(args, &start, &terminal),
        Command::Fmt(args) => commands::fmt::main(args, &start, &terminal),
        Command::Run(args) => commands::run::main(args, &start, &terminal),
        Command::Emit(args) => commands::emit::main(args, &start, &terminal),
        Command::Lock(args) => commands::lock::main(args, &start, &terminal),
        Command::Plan(args) => commands::plan::main(args, &start, &terminal),
        Command::Explain(args) => commands::explain::main(args, &start, &terminal),
        Command::Lsp => commands::lsp::main(),
    };
    done.unwrap_or_else(|error| {
        terminal.error(&format!("{error:#}"));
        ExitCode::from(commands::WRONG_USE)
    })
}
