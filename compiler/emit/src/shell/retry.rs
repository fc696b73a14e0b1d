//! Scripts that are tried again: each attempt is a process of its own, so that it stops at its first
//! failing command and an `exit` ends nothing but it.

use flow_plan::model::{Retry, Shell};

use super::Host;
use super::values::child;

/// What stands around an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// How often, and what passes between two.
    pub retry: Retry,
    /// The commands that remove what an earlier attempt has left.
    pub empties: &'a [String],
    /// Where the standard output is kept, a word of the shell.
    pub kept: Option<&'a str>,
    /// What tells the step from others, for the name of a file.
    pub step: &'a str,
}

/// The attempts, as a script of bash; of `sh` if that is what the author wrote.
///
/// # Errors
///
/// The shell cannot be started from another one with what the author wrote.
pub fn attempts(host: Host, shell: Shell, text: &str, it: &Attempt<'_>) -> Result<String, &'static str> {
    let (before, command) = match shell {
        // Bash does not stop at a failing command of what `if` or `||` looks at, but of this it does.
        Shell::Sh | Shell::Bash => (Vec::new(), child(&format!("set -e\n{text}"))),
        Shell::Python => file(host, it.step, "py", text, "python"),
        Shell::Pwsh => {
            let text = format!(
                "$ErrorActionPreference = 'stop'\n{text}\nif (Test-Path -LiteralPath variable:\\LASTEXITCODE) {{ exit $LASTEXITCODE }}"
            );
            file(host, it.step, "ps1", &text, "pwsh -NoLogo -NoProfile -NonInteractive -File")
        }
        Shell::Cmd => return Err("cmd cannot try a script again: use `pwsh` or `bash`"),
    };
    let Retry { times, delay_seconds } = it.retry;
    let kept = it.kept.map(|file| format!(" > {file}")).unwrap_or_default();
    let mut lines = before;
    lines.extend(["flow_attempt=1".to_owned(), "while true; do".to_owned()]);
    lines.extend(it.empties.iter().map(|it| format!("  {it}")));
    lines.extend([
        "  set +e".to_owned(),
        format!("{command}{kept}"),
        "  flow_code=$?".to_owned(),
        "  set -e".to_owned(),
    ]);
    let again = match delay_seconds {
        0 => "trying again".to_owned(),
        1 => "trying again in a second".to_owned(),
        more => format!("trying again in {more} seconds"),
    };
    lines.push("  if [ \"$flow_code\" = 0 ]; then break; fi".to_owned());
    lines.push(format!("  if [ \"$flow_attempt\" = {times} ]; then exit \"$flow_code\"; fi"));
    lines.push(format!("  echo \"Attempt $flow_attempt of {times} failed with exit code $flow_code: {again}.\""));
    lines.push("  flow_attempt=$((flow_attempt + 1))".to_owned());
    if delay_seconds > 0 {
        lines.push(format!("  sleep {delay_seconds}"));
    }
    lines.push("done".to_owned());
    Ok(lines.join("\n"))
}

/// The lines that write a script to a file, and the command that runs it.
fn file(host: Host, step: &str, ending: &str, text: &str, program: &str) -> (Vec<String>, String) {
    let path = host.path(&format!("retry/{step}.{ending}"));
    let mut end = "END_OF_SCRIPT".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    let folder = host.path("retry");
    let write = format!("mkdir -p {folder}\ncat > {path} <<'{end}'\n{text}\n{end}");
    (vec![write], format!("  {program} {path}"))
}
