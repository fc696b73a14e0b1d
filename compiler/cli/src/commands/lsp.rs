//! `flowc lsp`.

use std::process::ExitCode;

use anyhow::{Context as _, Result};

pub(crate) fn main() -> Result<ExitCode> {
    let code = flow_lsp::serve_stdio().context("the language server cannot start")?;
    Ok(ExitCode::from(code))
}
