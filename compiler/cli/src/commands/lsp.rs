use std::process::ExitCode;
pub(crate) fn main() -> anyhow::Result<ExitCode> { anyhow::bail!("later") }
