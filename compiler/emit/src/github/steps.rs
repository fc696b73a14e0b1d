//! The steps of a job: the sources, what it consumes, the author's own steps, what it leaves.

use flow_plan::model::{Block, Job};

use super::values::{Github, HOST, literal};
use super::{artifacts, cache, checkout, container, step};
use crate::steps::room;
use crate::yaml::{Around, Entry, Item, Key, Map, Node};
use crate::{EmitError, Pins};

/// All steps, in order.
pub(super) fn all(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    let mut add = |made: Result<Vec<Item>, Vec<EmitError>>, items: &mut Vec<Item>| match made {
        Ok(it) => items.extend(it),
        Err(it) => errors.extend(it),
    };
    if let Some(it) = &job.checkout {
        add(checkout::first(github, job, it).map(|it| vec![it]).map_err(|it| vec![it]), &mut items);
    }
    items.extend(container::link(job));
    add(cache::restored(github, job), &mut items);
    add(artifacts::downloads(github, job), &mut items);
    if let Some(script) = room(HOST, job) {
        items.push(generated("Make room for what this job writes", None, &script));
    }
    let ready = if job.steps.iter().any(|it| it.block != Block::Main) { ready(job, &mut items) } else { None };
    for step in &job.steps {
        add(step::steps(github, job, step, ready.as_deref()).map_err(|it| vec![it]), &mut items);
    }
    add(artifacts::uploads(github, job), &mut items);
    items.extend(cache::saved(github, job));
    if items.is_empty() && errors.is_empty() {
        errors.push(EmitError::at(&job.place, format!("job {} has no step", job.id), "give it one, or remove the job"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for item in items.iter_mut().skip(1) {
        item.around.blank = true;
    }
    if job.container.is_some() {
        items.iter_mut().for_each(container::inside);
    }
    Ok(items)
}

/// The id of the last step before the author's own: what comes last in a job runs only if that
/// succeeded, since before it nothing has begun. `None`: there is no such step.
fn ready(job: &Job, items: &mut [Item]) -> Option<String> {
    let Some(Item { value: Node::Map(map), .. }) = items.last_mut() else { return None };
    if let Some(Node::Text(id)) = map.get("id") {
        return Some(id.clone());
    }
    let mut id = "ready".to_owned();
    while job.steps.iter().any(|it| it.id == id) {
        id.push('_');
    }
    let entry = Entry { key: Key::Text("id".to_owned()), value: id.as_str().into(), around: Around::default() };
    map.entries.insert(1.min(map.entries.len()), entry);
    Some(id)
}

/// A step that runs an action of the [standard table](crate::pins).
pub(super) fn uses(pins: &Pins, name: &str, condition: Option<&str>, action: &str, with: Map) -> Item {
    let mut map = Map::new().with("name", literal(name)).with_some("if", condition);
    let (text, version) = pins.uses(action).map_or_else(|| (action.to_owned(), None), |it| (it.text, it.version));
    map.push_around("uses", text, Around { beside: version, ..Around::default() });
    map.push("with", with);
    Item::bare(map)
}

/// A step of ours.
pub(super) fn generated(name: &str, id: Option<&str>, script: &str) -> Item {
    conditional(name, id, None, script)
}

/// A step of ours that does not always run.
pub(super) fn conditional(name: &str, id: Option<&str>, condition: Option<&str>, script: &str) -> Item {
    let map = Map::new().with("name", literal(name)).with_some("id", id).with_some("if", condition);
    Item::bare(map.with("run", script_node(script)))
}

pub(super) fn script_node(text: &str) -> Node {
    if text.contains('\n') { Node::Block(format!("{text}\n")) } else { Node::Block(text.to_owned()) }
}
