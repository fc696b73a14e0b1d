//! How each shell is started so that it stops at the first failing command, as hosted runners do.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use flow_plan::model::Shell;

use crate::environment;

/// The program's name.
pub(crate) const fn program(shell: Shell) -> &'static str {
    match shell {
        Shell::Sh => "sh",
        Shell::Bash => "bash",
        Shell::Pwsh => "pwsh",
        Shell::Cmd => "cmd",
        Shell::Python if cfg!(windows) => "python",
        Shell::Python => "python3",
    }
}

/// The ending that the shell wants of a script's file.
pub(crate) const fn extension(shell: Shell) -> &'static str {
    match shell {
        Shell::Sh | Shell::Bash => "sh",
        Shell::Pwsh => "ps1",
        Shell::Cmd => "cmd",
        Shell::Python => "py",
    }
}

/// The arguments that make the shell run the file `script`.
pub(crate) fn arguments(shell: Shell, script: &Path) -> Vec<OsString> {
    let before: &[&str] = match shell {
        Shell::Sh => &["-e"],
        Shell::Bash => &["--noprofile", "--norc", "-eo", "pipefail"],
        Shell::Pwsh => &["-NoProfile", "-NonInteractive", "-File"],
        Shell::Cmd => &["/D", "/E:ON", "/V:OFF", "/C"],
        Shell::Python => &[],
    };
    before.iter().map(OsString::from).chain([script.into()]).collect()
}

/// The text of the script's file. PowerShell does not stop by itself at a failing command, nor does it
/// end with the exit code of its last program.
pub(crate) fn text(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Pwsh => format!(
            "$ErrorActionPreference = 'stop'\n{script}\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) {{ exit $LASTEXITCODE }}\n"
        ),
        Shell::Cmd => format!("@echo off\r\n{}\r\n", script.replace('\n', "\r\n")),
        Shell::Sh | Shell::Bash | Shell::Python => format!("{script}\n"),
    }
}

/// Looks for a program in `PATH`.
pub(crate) fn find(program: &str, variables: &BTreeMap<OsString, OsString>) -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    let folders = environment::get(variables, "PATH").unwrap_or(OsStr::new(""));
    std::env::split_paths(folders)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{program}{ending}"))))
        .find(|path| path.metadata().is_ok_and(|it| it.is_file() && crate::system::is_executable(&it)))
}
