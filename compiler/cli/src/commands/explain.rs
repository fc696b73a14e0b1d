//! `flowc explain`: the page of a code.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use flow_syntax::Code;

use super::{FINE, WRONG_USE};
use crate::args::ExplainArgs;
use crate::terminal::Terminal;

pub(crate) fn main(args: &ExplainArgs, _start: &Path, terminal: &Terminal) -> Result<ExitCode> {
    let wanted = args.code.trim().to_ascii_uppercase();
    let Some(code) = Code::ALL.iter().find(|code| code.id() == wanted) else {
        terminal.error(&format!("there is no code `{}`", args.code));
        terminal.help("a finding's code stands before its message, as in [F0301]");
        return Ok(ExitCode::from(WRONG_USE));
    };
    terminal.output(crate::pages::page(*code))?;
    Ok(ExitCode::from(FINE))
}
