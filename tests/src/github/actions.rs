//! The actions that are built in, and stubs for the rest.

use std::collections::BTreeMap;
use std::time::Instant;

use super::job::{Machine, merged};
use super::{Step, artifacts, cache, checkout, script};

/// The inputs of the actions that are built in; any other is a mistake.
const INPUTS: &[(&str, &[&str])] = &[
    (
        "actions/checkout",
        &[
            "repository",
            "ref",
            "token",
            "persist-credentials",
            "path",
            "clean",
            "filter",
            "sparse-checkout",
            "sparse-checkout-cone-mode",
            "fetch-depth",
            "fetch-tags",
            "show-progress",
            "lfs",
            "submodules",
            "ssh-key",
        ],
    ),
    (
        "actions/upload-artifact",
        &[
            "name",
            "path",
            "if-no-files-found",
            "retention-days",
            "compression-level",
            "overwrite",
            "include-hidden-files",
        ],
    ),
    (
        "actions/download-artifact",
        &["name", "artifact-ids", "path", "pattern", "merge-multiple", "github-token", "repository", "run-id"],
    ),
    ("actions/cache", &["path", "key", "restore-keys", "fail-on-cache-miss", "lookup-only"]),
    ("actions/cache/restore", &["path", "key", "restore-keys", "fail-on-cache-miss", "lookup-only"]),
    ("actions/cache/save", &["path", "key"]),
];

/// Runs an action.
pub(super) fn run(
    machine: &mut Machine<'_>,
    uses: &str,
    given: BTreeMap<String, String>,
    env: &[(String, String)],
    done: &mut Step,
    deadline: Instant,
) -> Result<(), String> {
    let name = uses.split_once('@').map_or(uses, |(name, _)| name);
    if let Some(stub) = machine.whole.options.stubs.get(name).cloned() {
        let inputs: Vec<(String, String)> = given
            .iter()
            .map(|(name, value)| (format!("INPUT_{}", name.replace(' ', "_").to_uppercase()), value.clone()))
            .collect();
        done.outputs.extend(stub.outputs);
        if !stub.script.is_empty() {
            let env = merged(env, &inputs);
            script::run(machine, &stub.script, "bash", "", &env, done, deadline)?;
        }
        return Ok(());
    }
    let known = INPUTS.iter().find(|(it, _)| *it == name);
    let (_, inputs) = known.ok_or_else(|| format!("the action {uses} is not there: it needs a stub"))?;
    if let Some(input) = given.keys().find(|it| !inputs.contains(&it.to_lowercase().as_str())) {
        return Err(format!("{name} has no input {input}"));
    }
    if !uses.contains('@') {
        return Err(format!("{uses} names no version"));
    }
    match name {
        "actions/checkout" => checkout::run(machine, &given),
        "actions/upload-artifact" => artifacts::upload(machine, &given, done),
        "actions/download-artifact" => artifacts::download(machine, &given, done),
        "actions/cache" => {
            cache::restore(machine, &given, done)?;
            let hit = done.outputs.get("cache-hit").is_some_and(|it| it == "true");
            if !hit && !flag(&given, "lookup-only")? {
                machine.after.push((name.to_owned(), given));
            }
            Ok(())
        }
        "actions/cache/restore" => cache::restore(machine, &given, done),
        _ => cache::save(machine, &given),
    }
}

/// What an action does after the last step.
pub(super) fn after(machine: &mut Machine<'_>, action: &str, given: &BTreeMap<String, String>) -> Result<(), String> {
    if action == "actions/cache" { cache::save(machine, given) } else { Ok(()) }
}

/// A truth value among inputs.
pub(super) fn flag(given: &BTreeMap<String, String>, name: &str) -> Result<bool, String> {
    match given.get(name).map(String::as_str) {
        None | Some("" | "false" | "False" | "FALSE") => Ok(false),
        Some("true" | "True" | "TRUE") => Ok(true),
        Some(other) => Err(format!("the input {name} is no truth value: {other}")),
    }
}

/// A text among inputs; empty: none.
pub(super) fn text<'g>(given: &'g BTreeMap<String, String>, name: &str) -> Option<&'g str> {
    given.get(name).map(|it| it.trim()).filter(|it| !it.is_empty())
}
