//! Statements for which GitHub has a file of its own: variables and folders for the steps that follow,
//! and the run's page.

use flow_plan::model::{Const, Location, Position, Run, Script, ScriptPart, Shell, Value};

use super::values::END;
use crate::shell::word;

/// The script that carries out such a statement.
pub(super) fn script(run: &Run) -> Option<Script> {
    let parts = match run {
        Run::Export { name, value } => export(name, value),
        Run::AddPath(value) => add_path(value),
        Run::Summary(value) => summary(value),
        Run::SummaryFile(location) => {
            vec![text("cat "), placed(location, Position::Bare), text(" >> \"$GITHUB_STEP_SUMMARY\"")]
        }
        _ => return None,
    };
    Some(Script { shell: Shell::Bash, parts })
}

fn text(it: impl Into<String>) -> ScriptPart {
    ScriptPart::Text(it.into())
}

fn read(variable: &str, value: &Value) -> ScriptPart {
    ScriptPart::Read { variable: variable.to_owned(), value: value.clone(), position: Position::Quoted }
}

fn placed(location: &Location, position: Position) -> ScriptPart {
    ScriptPart::Path { location: location.clone(), position }
}

/// A text that is known and stands on one line.
fn known(value: &Value) -> Option<String> {
    match value {
        Value::Const(it) if *it != Const::None && !it.text().contains(['\n', '\r']) => Some(it.text()),
        _ => None,
    }
}

fn export(name: &str, value: &Value) -> Vec<ScriptPart> {
    const TO: &str = " >> \"$GITHUB_ENV\"";
    match (known(value), value) {
        (Some(it), _) => vec![text(format!("echo {}{TO}", word(&format!("{name}={it}"))))],
        (None, Value::Path(location)) => {
            vec![text(format!("echo \"{name}=")), placed(location, Position::Quoted), text(format!("\"{TO}"))]
        }
        (None, value) => vec![
            text(format!("{}\n{}\n{{ echo \"{name}<<$end\"; printf '%s\\n' \"", END[0], END[1])),
            read(name, value),
            text(format!("\"; echo \"$end\"; }}{TO}")),
        ],
    }
}

/// A folder is relative to the sources, `~` is the home.
fn add_path(value: &Value) -> Vec<ScriptPart> {
    const TO: &str = " >> \"$GITHUB_PATH\"";
    match (known(value), value) {
        (Some(it), _) => {
            let folder = match it.strip_prefix("~/") {
                Some(rest) => format!("\"$HOME\"/{}", word(rest)),
                None if is_absolute(&it) => word(&it),
                None => format!("\"$GITHUB_WORKSPACE\"/{}", word(it.strip_prefix("./").unwrap_or(&it))),
            };
            vec![text(format!("echo {folder}{TO}"))]
        }
        (None, Value::Path(location)) => vec![text("echo "), placed(location, Position::Bare), text(TO)],
        (None, value) => vec![
            text("folder=\""),
            read("FOLDER", value),
            text(format!(
                "\"\ncase $folder in\n  /* | [A-Za-z]:[/\\\\]*) ;;\n  \\~/*) folder=$HOME/${{folder#??}} ;;\n  *) folder=$GITHUB_WORKSPACE/$folder ;;\nesac\necho \"$folder\"{TO}"
            )),
        ],
    }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.get(1..).is_some_and(|rest| rest.starts_with(":/") || rest.starts_with(":\\"));
    path.starts_with('/') || (drive && path.starts_with(|it: char| it.is_ascii_alphabetic()))
}

fn summary(value: &Value) -> Vec<ScriptPart> {
    const TO: &str = " >> \"$GITHUB_STEP_SUMMARY\"";
    match value {
        Value::Const(it) => vec![text(format!("printf '%s\\n' {}{TO}", word(&it.text())))],
        value => vec![text("printf '%s\\n' \""), read("SUMMARY", value), text(format!("\"{TO}"))],
    }
}
