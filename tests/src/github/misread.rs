//! What GitHub would refuse of a file before anything starts: one wrong expression disables all of it.

use super::syntax::{Expression, parse};
use super::template::sources;
use super::value::Value;

/// The functions that there are.
const FUNCTIONS: [&str; 13] = [
    "contains",
    "startsWith",
    "endsWith",
    "format",
    "join",
    "toJSON",
    "fromJSON",
    "hashFiles",
    "case",
    "success",
    "failure",
    "always",
    "cancelled",
];

/// The contexts that a place may name.
fn contexts(path: &[&str]) -> &'static [&'static str] {
    match path {
        ["run-name" | "concurrency", ..] => &["github", "inputs", "vars"],
        ["env", ..] => &["github", "secrets", "inputs", "vars"],
        ["on", "workflow_call", "outputs", ..] => &["github", "jobs", "vars", "inputs"],
        ["on", ..] => &["github", "inputs", "vars"],
        ["jobs", _, "if"] => &["github", "needs", "vars", "inputs"],
        ["jobs", _, "strategy", ..] => &["github", "needs", "vars", "inputs"],
        ["jobs", _, "env" | "secrets", ..] => &["github", "needs", "strategy", "matrix", "vars", "secrets", "inputs"],
        ["jobs", _, "outputs", ..] => ALL,
        ["jobs", _, "environment", "url"] => {
            &["github", "needs", "strategy", "matrix", "job", "runner", "env", "vars", "steps", "inputs"]
        }
        ["jobs", _, "container" | "services", ..] => {
            &["github", "needs", "strategy", "matrix", "env", "secrets", "vars", "inputs", "job", "runner"]
        }
        ["jobs", _, "steps", _, "if"] => {
            &["github", "needs", "strategy", "matrix", "job", "runner", "env", "vars", "steps", "inputs"]
        }
        ["jobs", _, "steps", ..] => ALL,
        ["jobs", ..] => &["github", "needs", "strategy", "matrix", "vars", "inputs"],
        _ => &[],
    }
}

const ALL: &[&str] =
    &["github", "needs", "strategy", "matrix", "job", "runner", "env", "vars", "secrets", "steps", "inputs"];

/// What cannot be read or may not be named in a workflow, a line each.
pub fn misread(workflow: &str) -> Vec<String> {
    match serde_yaml::from_str::<Value>(workflow) {
        Ok(it) => {
            let mut found = Vec::new();
            walk(&it, &mut Vec::new(), &mut found);
            found
        }
        Err(error) => vec![error.to_string()],
    }
}

fn walk<'v>(value: &'v Value, path: &mut Vec<&'v str>, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                path.push(key);
                walk(value, path, found);
                path.pop();
            }
        }
        Value::List(items) => {
            for item in items {
                path.push("-");
                walk(item, path, found);
                path.pop();
            }
        }
        Value::Text(text) => {
            let place = path.join(".");
            let condition = path.last() == Some(&"if");
            let sources = match sources(text) {
                Ok(sources) if sources.is_empty() && condition => vec![text.as_str()],
                Ok(sources) => sources,
                Err(error) => {
                    found.push(format!("{place}: {error}"));
                    return;
                }
            };
            if !sources.is_empty() && text.len() > 21_000 {
                found.push(format!("{place}: {} characters", text.len()));
            }
            for source in sources {
                match parse(source) {
                    Ok(it) => names(&it, contexts(path), &place, found),
                    Err(error) => found.push(format!("{place}: {error}")),
                }
            }
        }
        _ => {}
    }
}

fn names(it: &Expression, allowed: &[&str], place: &str, found: &mut Vec<String>) {
    let mut all = |parts: &[&Expression]| parts.iter().for_each(|part| names(part, allowed, place, found));
    match it {
        Expression::Name(name) if allowed.iter().any(|it| it.eq_ignore_ascii_case(name)) => {}
        Expression::Name(name) => found.push(format!("{place}: {name} may not be named here")),
        Expression::Call(name, arguments) => {
            all(&arguments.iter().collect::<Vec<_>>());
            if !FUNCTIONS.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                found.push(format!("{place}: there is no function {name}"));
            }
        }
        Expression::Index(a, b) | Expression::Binary(_, a, b) => all(&[a, b]),
        Expression::All(a) | Expression::Not(a) => all(&[a]),
        _ => {}
    }
}
