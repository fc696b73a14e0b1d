//! Jobs in containers (docs/design/semantics.md B23): there, what expressions call `runner.temp` is a
//! folder of the host, which nothing inside sees. Scripts ask their environment instead; for inputs of
//! actions the job's private folder lies below the sources, which are everywhere.

use flow_plan::model::{Job, OutputKind, Run, Value};

use super::steps::generated;
use crate::yaml::{Item, Map, Node};

/// What stands for the private folder in inputs of actions.
const BELOW: &str = ".flow";
/// What [`super::values::path`] writes.
const HOST: &str = "${{ runner.temp }}";
/// Where every runner shows it to the container.
const INSIDE: &str = "/__w/_temp";

/// The step that lays the private folder below the sources, where an action is given a part of it.
pub(super) fn link(job: &Job) -> Option<Item> {
    let path = |run: &Run| match run {
        Run::Foreign(it) => it.inputs.iter().any(|(_, value)| matches!(value, Value::Path(_))),
        _ => false,
    };
    let files = job.outputs.iter().any(|it| matches!(it.kind, OutputKind::Artifact(_)));
    let given = files || !job.consumes.is_empty() || job.steps.iter().any(|it| path(&it.run));
    let script = format!(
        "rm -rf {BELOW}\nmkdir {BELOW}\nln -s \"$PWD/{BELOW}\" \"$RUNNER_TEMP/flow\"\nif [ -d .git ]; then echo /{BELOW} >> .git/info/exclude; fi"
    );
    (job.container.is_some() && given)
        .then(|| generated("Keep files where actions in the container find them", None, &script))
}

/// Rewrites the paths in a step that is for a container.
pub(super) fn inside(item: &mut Item) {
    let Node::Map(map) = &mut item.value else { return };
    for (key, from, to) in [("with", format!("{HOST}/flow"), BELOW), ("env", HOST.to_owned(), INSIDE)] {
        if let Some(Node::Map(entries)) = value(map, key) {
            entries.entries.iter_mut().for_each(|entry| replace(&mut entry.value, &from, to));
        }
    }
}

fn value<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Node> {
    let same = |it: &&mut crate::yaml::Entry| matches!(&it.key, crate::yaml::Key::Text(text) if text == key);
    map.entries.iter_mut().find(same).map(|it| &mut it.value)
}

fn replace(node: &mut Node, from: &str, to: &str) {
    if let Node::Text(text) | Node::Block(text) = node {
        *text = text.replace(from, to);
    }
}
