//! Recognises files that are no Flow at all, so that they get one error rather than hundreds.

use crate::{Code, Diagnostic, Span};

/// Keys that begin the workflows of GitHub and the pipelines of Azure DevOps.
const KEYS: &[&str] = &[
    "concurrency",
    "defaults",
    "env",
    "extends",
    "inputs",
    "jobs",
    "name",
    "on",
    "parameters",
    "permissions",
    "pool",
    "pr",
    "resources",
    "run-name",
    "runs",
    "schedules",
    "stages",
    "steps",
    "trigger",
    "variables",
];

/// Steps of such files.
const STEPS: &[&str] = &["uses", "run", "task", "script", "checkout", "bash", "pwsh", "template", "name"];

/// One error where the file is YAML.
pub(crate) fn yaml(text: &str) -> Option<Diagnostic<Span>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_start_matches('\u{feff}').trim_end();
        let inner = line.trim_start();
        if inner.is_empty() || inner.starts_with('#') || inner == "---" {
            continue;
        }
        let is_yaml = (inner.len() == line.len() && begins_mapping(line, KEYS))
            || inner.strip_prefix("- ").is_some_and(|step| begins_mapping(step.trim_start(), STEPS));
        if !is_yaml {
            return None;
        }
        let start = u32::try_from(start + line.len() - inner.len()).ok()?;
        let length = u32::try_from(inner.len()).ok()?;
        let headline = "this file is YAML, not Flow";
        return Some(
            Diagnostic::new(Code::ForeignSyntax, Span::new(start, start + length), headline)
                .label("YAML begins here")
                .note("a `.flow` file looks like `job build() on linux { sh \"make\" }` and `pipeline ci { on push  build() }`")
                .help("write the pipeline in Flow; `flowc` makes the YAML of each backend from it"),
        );
    }
    None
}

/// Whether a line is `key:` or `key: value` with one of the keys.
fn begins_mapping(line: &str, keys: &[&str]) -> bool {
    line.split_once(':').is_some_and(|(key, rest)| {
        (rest.is_empty() || rest.starts_with([' ', '\t'])) && keys.contains(&key.trim_matches(['"', '\'']))
    })
}
