//! Values that a script makes: kept in a file, checked against their type, then handed to the
//! platform. The backend adds the last part, since only it knows how.
//!
//! A value never appears in a message or a log: it may hold anything, also what a platform takes
//! for a command.

use flow_plan::model::{Os, Publish, Shell, ValueType};

use super::json::{form, test};
use super::{Host, message};

/// The longest value that travels, in bytes.
pub(crate) const LONGEST: u32 = 32_000;

/// Where a checked value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One line, in the shell's variable `value`.
    Line,
    /// Any text, in the file that the shell's variable `file` names; without the line breaks at its end.
    File,
}

/// Whether a value of the type is kept as one line that needs no care: none of its characters means
/// anything to a platform.
pub fn is_tame(ty: &ValueType) -> bool {
    match ty {
        ValueType::Bool | ValueType::Int | ValueType::Enum { .. } | ValueType::Duration => true,
        ValueType::Optional(inner) => is_tame(inner),
        ValueType::String | ValueType::List(_) | ValueType::Record { .. } => false,
    }
}

/// The script with its standard output going to `file`, a word of the shell.
///
/// It becomes a child, so that its `exit` ends only itself, and what follows still runs; `set -e`
/// holds inside, and its failure fails the step.
pub fn captured(shell: Shell, script: &str, file: &str) -> String {
    let file_text = file.trim_matches('"');
    match shell {
        Shell::Sh | Shell::Bash => format!("{} > {file}", child(script)),
        Shell::Pwsh => {
            let file = file_text.replacen('$', "$env:", 1);
            format!("& {{\n{script}\n}} | Out-File -Encoding utf8NoBOM -FilePath \"{file}\"")
        }
        Shell::Python => {
            let (variable, rest) = file_text.trim_start_matches('$').split_once('/').unwrap_or((file_text, ""));
            format!(
                "import os, sys; sys.stdout.flush(); os.dup2(os.open(os.environ[\"{variable}\"] + \"/{rest}\", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), 1)\n{script}"
            )
        }
        Shell::Cmd => {
            let path = file_text.replacen('$', "%", 1).replacen('/', "%/", 1).replace('/', "\\");
            format!("@call :flow > \"{path}\"\n@exit /b %errorlevel%\n:flow\n{script}")
        }
    }
}

/// The script as a child of the shell. Its lines are moved only if that cannot change them.
pub fn child(script: &str) -> String {
    if script.contains('\n') { format!("(\n{script}\n)") } else { format!("(\n  {script}\n)") }
}

/// The lines that check what a step published and leave it in the [`Form`]. `below` is the file's
/// path below the job's private folder, `what` names the value in messages; `required` refuses an
/// empty text.
pub fn checked(
    host: Host,
    os: Os,
    below: &str,
    publish: &Publish,
    what: &str,
    required: bool,
) -> Result<(Vec<String>, Form), &'static str> {
    let mut lines = vec![format!("file={}", host.path(below))];
    if os == Os::Windows {
        // Programs there end lines with CR LF; a value is the same on every system.
        lines.push("tr -d '\\r' < \"$file\" > \"$file.lf\" && mv \"$file.lf\" \"$file\"".to_owned());
    }
    let form = match innermost(&publish.ty) {
        ValueType::String => {
            if required {
                lines.push(format!("grep -q . \"$file\" || fail {}", message(&format!("{what} is empty"))));
            }
            let long = message(&format!("{what} is longer than {LONGEST} bytes: make it a file"));
            lines.push(format!("[ \"$(wc -c < \"$file\")\" -le {LONGEST} ] || fail {long}"));
            Form::File
        }
        ty => {
            let optional = matches!(publish.ty, ValueType::Optional(_));
            lines.extend(line_of(ty, what, optional)?);
            Form::Line
        }
    };
    Ok((lines, form))
}

fn innermost(ty: &ValueType) -> &ValueType {
    match ty {
        ValueType::Optional(inner) => innermost(inner),
        other => other,
    }
}

/// Reads `file` into `value` and checks it. An empty text is fine if it is `optional`.
fn line_of(ty: &ValueType, what: &str, optional: bool) -> Result<Vec<String>, &'static str> {
    let read = "value=$(cat \"$file\")".to_owned();
    let empty = if optional { "'' | " } else { "" };
    let lines = match ty {
        ValueType::Bool => {
            let wrong = message(&format!("{what} is neither true nor false"));
            let none = if optional { "\n  '') ;;" } else { "" };
            vec![
                read,
                format!(
                    "case $value in{none}\n  true | True) value=true ;;\n  false | False) value=false ;;\n  *) fail {wrong} ;;\nesac"
                ),
            ]
        }
        ValueType::Int => {
            let wrong = message(&format!("{what} is not a whole number"));
            let range = message(&format!("{what} does not fit 64 bits"));
            let digits = if optional {
                format!(
                    "case ${{value#-}} in\n  '') [ -z \"$value\" ] || fail {wrong} ;;\n  *[!0-9]* | 0?*) fail {wrong} ;;\nesac"
                )
            } else {
                format!("case ${{value#-}} in '' | *[!0-9]* | 0?*) fail {wrong} ;; esac")
            };
            // The shell's own comparison fails for what it cannot hold.
            vec![read, digits, format!("[ \"${{value:-0}}\" -le 9223372036854775807 ] 2> /dev/null || fail {range}")]
        }
        ValueType::Enum { variants, .. } => {
            let list = variants.iter().map(|it| super::word(it)).collect::<Vec<_>>().join(" | ");
            let wrong = message(&format!("{what} is none of: {}", variants.join(", ")));
            vec![read, format!("case $value in {empty}{list}) ;; *) fail {wrong} ;; esac")]
        }
        ValueType::List(_) | ValueType::Record { .. } => {
            let kind = if matches!(ty, ValueType::List(_)) { "list" } else { "struct" };
            let wrong = message(&format!("{what} is not a JSON {kind} of the declared type"));
            let long = message(&format!("{what} is longer than {LONGEST} bytes: make it a file"));
            let form = form(ty);
            let made = if form == "." { ".[0]".to_owned() } else { format!(".[0] | {form}") };
            let program =
                super::word(&format!("if length == 1 and (.[0] | {}) then {made} else error(\"type\") end", test(ty)));
            let compact = format!("value=$(jq -cs {program} \"$file\") || fail {wrong}");
            let mut lines = if optional {
                vec![read, format!("if [ -n \"$value\" ]; then\n  {compact}\nfi")]
            } else {
                vec![compact]
            };
            lines.push(format!("[ \"$(printf %s \"$value\" | wc -c)\" -le {LONGEST} ] || fail {long}"));
            lines
        }
        ValueType::Duration => {
            let wrong = message(&format!("{what} is no duration, such as 90s"));
            let none = if optional { "'' | " } else { "" };
            let check = format!(
                "case $value in {none}[0-9]*) ;; *) fail {wrong} ;; esac\ncount=${{value%%[!0-9]*}}\ncase $count in 0?* | ?????????????*) fail {wrong} ;; esac"
            );
            let unit = format!(
                "case ${{value#\"$count\"}} in\n  ms) ;;\n  s) count=$((count * 1000)) ;;\n  min) count=$((count * 60000)) ;;\n  h) count=$((count * 3600000)) ;;\n  d) count=$((count * 86400000)) ;;\n  *) {} ;;\nesac",
                if optional { format!("[ -z \"$value\" ] || fail {wrong}") } else { format!("fail {wrong}") }
            );
            let form = "if [ -n \"$count\" ]; then\n  if [ $((count % 1000)) -eq 0 ]; then value=$((count / 1000))s; else value=${count}ms; fi\nfi";
            let form = if optional {
                form
            } else {
                "if [ $((count % 1000)) -eq 0 ]; then value=$((count / 1000))s; else value=${count}ms; fi"
            };
            vec![read, check, unit, form.to_owned()]
        }
        ValueType::String | ValueType::Optional(_) => {
            return Err("this type of value cannot come from a script");
        }
    };
    Ok(lines)
}
