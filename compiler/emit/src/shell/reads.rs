//! Lines before an author's script that finish what the step's environment began: a value that must
//! not be empty, one that travelled encoded, one that is in a file.
//!
//! Each is written in the language of the script; what a language cannot say is refused.

use flow_plan::model::Shell;

use super::Host;

/// What must happen to a variable before the script reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Refuse an empty one; the text names what is missing.
    Required(String),
    /// Refuse one that still is what the platform should have replaced, `$(NAME)`: there is none.
    Defined {
        /// The variable of the platform.
        name: String,
        /// What is missing.
        what: String,
    },
    /// Decode it from base64.
    Decode,
    /// Read it from a file below the job's private folder, without the line breaks at its end.
    File(String),
    /// Join other variables.
    Join(Vec<String>),
}

/// The line that does it, or why the shell cannot.
pub fn line(host: Host, shell: Shell, variable: &str, finish: &Finish) -> Result<String, &'static str> {
    match shell {
        Shell::Sh | Shell::Bash => Ok(posix(host, variable, finish)),
        Shell::Pwsh => Ok(pwsh(host, variable, finish)),
        Shell::Python => Ok(python(host, variable, finish)),
        Shell::Cmd => cmd(variable, finish),
    }
}

fn posix(host: Host, variable: &str, finish: &Finish) -> String {
    match finish {
        Finish::Required(what) => format!(": \"${{{variable}:?{}}}\"", super::escape(what)),
        Finish::Defined { name, what } => {
            let missing = super::message(&format!("{}{what}", host.error));
            format!("case ${variable} in '$'\"({name})\") echo {missing}; exit 1 ;; esac")
        }
        Finish::Decode => format!("{variable}=$(printf %s \"${variable}\" | base64 --decode)"),
        Finish::File(below) => format!("{variable}=$(cat {}); export {variable}", host.path(below)),
        Finish::Join(parts) => {
            let text: String = parts.iter().map(|it| format!("${{{it}}}")).collect();
            format!("export {variable}=\"{text}\"")
        }
    }
}

fn pwsh(host: Host, variable: &str, finish: &Finish) -> String {
    match finish {
        Finish::Required(what) => format!("if (-not $env:{variable}) {{ throw '{}' }}", what.replace('\'', "''")),
        Finish::Defined { name, what } => {
            format!("if ($env:{variable} -eq ('$' + '({name})')) {{ throw '{}' }}", what.replace('\'', "''"))
        }
        Finish::Decode => {
            format!("$env:{variable} = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($env:{variable}))")
        }
        Finish::File(below) => format!(
            "$env:{variable} = [IO.File]::ReadAllText(\"$env:{}{}/{below}\") -replace '\\n\\z', ''",
            host.temp,
            super::FOLDER
        ),
        Finish::Join(parts) => {
            let text: String = parts.iter().map(|it| format!("${{env:{it}}}")).collect();
            format!("$env:{variable} = \"{text}\"")
        }
    }
}

fn python(host: Host, variable: &str, finish: &Finish) -> String {
    let rest = match finish {
        Finish::Required(what) => {
            format!("os.environ[\"{variable}\"] or sys.exit(\"{}\")", what.replace(['"', '\\'], "'"))
        }
        Finish::Defined { name, what } => {
            format!(
                "os.environ[\"{variable}\"] != \"$\" \"({name})\" or sys.exit(\"{}\")",
                what.replace(['"', '\\'], "'")
            )
        }
        Finish::Decode => format!("os.environ[\"{variable}\"] = base64.b64decode(os.environ[\"{variable}\"]).decode()"),
        Finish::File(below) => format!(
            "os.environ[\"{variable}\"] = open(os.environ[\"{}\"] + \"{}/{below}\", encoding=\"utf-8\", newline=\"\").read().removesuffix(\"\\n\")",
            host.temp,
            super::FOLDER
        ),
        Finish::Join(parts) => {
            let all: Vec<_> = parts.iter().map(|it| format!("os.environ[\"{it}\"]")).collect();
            format!("os.environ[\"{variable}\"] = {}", all.join(" + "))
        }
    };
    format!("import base64, os, sys; {rest}")
}

fn cmd(variable: &str, finish: &Finish) -> Result<String, &'static str> {
    match finish {
        Finish::Required(what) => Ok(format!(
            "@if not defined {variable} (echo {} & exit 1)",
            what.replace(['&', '|', '<', '>', '(', ')', '%', '^'], " ")
        )),
        Finish::Defined { .. } | Finish::Decode | Finish::File(_) | Finish::Join(_) => {
            Err("cmd cannot take this value safely: use `pwsh`, or pass a number, a truth value or an enum")
        }
    }
}
