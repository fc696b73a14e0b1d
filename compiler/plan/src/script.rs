//! From a resolved script to the text that a shell runs, the same for every backend: what differs is
//! only where the job's private folder lies. Quoting is by construction, docs/design/semantics.md
//! 5.3 says what becomes what.

use crate::model::{Location, Position, Script, ScriptPart, Shell, Value};

/// A script ready to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The variables that it reads, in the order of their first use.
    pub reads: Vec<(String, Value)>,
}

/// The path of `location` below the job's private folder, with `/`.
pub fn path(location: &Location) -> String {
    match location {
        Location::Consumed { input, path } => format!("in/{input}/{path}"),
        Location::Produced { output, path } => format!("out/{output}/{path}"),
        Location::Value { step, name } => format!("value/{step}.{name}"),
    }
}

/// The script's text. `root` is the environment variable that holds the job's private folder, and
/// what follows it in every path: `("RUNNER_TEMP", "/flow")`.
pub fn render(script: &Script, root: (&str, &str)) -> Rendered {
    let mut text = String::new();
    let mut reads: Vec<(String, Value)> = Vec::new();
    for part in &script.parts {
        match part {
            ScriptPart::Text(it) => text.push_str(it),
            ScriptPart::Path { location, position } => {
                let (variable, below) = root;
                text.push_str(&quoted(script.shell, *position, variable, &format!("{below}/{}", path(location))));
            }
            ScriptPart::Read { variable, value, .. } | ScriptPart::Spread { variable, value } => {
                // What makes a list into words is the backend's; here it is one word of JSON.
                let position = match part {
                    ScriptPart::Read { position, .. } => *position,
                    _ => Position::Bare,
                };
                text.push_str(&quoted(script.shell, position, variable, ""));
                if !reads.iter().any(|(name, _)| name == variable) {
                    reads.push((variable.clone(), value.clone()));
                }
            }
        }
    }
    Rendered { text, reads }
}

/// The value of `variable` followed by the plain text `rest`, as one word or within quotes.
fn quoted(shell: Shell, position: Position, variable: &str, rest: &str) -> String {
    match (shell, position) {
        (Shell::Sh | Shell::Bash, Position::Bare) => format!("\"${variable}{rest}\""),
        (Shell::Sh | Shell::Bash, Position::Quoted) => format!("${{{variable}}}{rest}"),
        (Shell::Pwsh, Position::Bare) if rest.is_empty() => format!("$env:{variable}"),
        (Shell::Pwsh, Position::Bare) => format!("\"${{env:{variable}}}{rest}\""),
        (Shell::Pwsh, Position::Quoted) => format!("${{env:{variable}}}{rest}"),
        (Shell::Cmd, _) => format!("%{variable}%{}", rest.replace('/', "\\")),
        (Shell::Python, _) if rest.is_empty() => format!("__import__(\"os\").environ[\"{variable}\"]"),
        (Shell::Python, _) => format!("(__import__(\"os\").environ[\"{variable}\"] + \"{rest}\")"),
    }
}

/// Whether shells, systems or platforms give the variable a meaning.
pub fn is_reserved(name: &str) -> bool {
    const NAMES: [&str; 32] = [
        "PATH", "HOME", "TMP", "TEMP", "TMPDIR", "USER", "LOGNAME", "SHELL", "LANG", "CI", "IFS", "PS1", "PS2", "PS4",
        "ENV", "BASH_ENV", "RANDOM", "SECONDS", "LINENO", "PPID", "UID", "EUID", "OPTARG", "OPTIND", "PWD", "OLDPWD",
        "REPLY", "HOSTNAME", "COMSPEC", "PATHEXT", "TZ", "TERM",
    ];
    const PREFIXES: [&str; 12] = [
        "LC_", "GITHUB_", "RUNNER_", "ACTIONS_", "AGENT_", "BUILD_", "SYSTEM_", "FLOW_", "BASH_", "LD_", "DYLD_",
        "INPUT_",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
