//! Caches: restored before the author's first step, saved when all of the job has succeeded, and by
//! runs that nobody outside can start: what these leave is what protected branches read.

use flow_plan::model::{Cache, Const, Event, Job, Trigger, Value};

use super::steps::uses;
use super::values::Github;
use crate::EmitError;
use crate::lower::Site;
use crate::pins::{CACHE, CACHE_RESTORE, CACHE_SAVE};
use crate::yaml::{Entry, Item, Key, Map, Node};

/// The steps that bring caches back.
pub(super) fn restored(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for cache in &job.caches {
        match restore(github, job, cache) {
            Ok(it) => items.push(it),
            Err(it) => errors.push(it),
        }
    }
    if errors.is_empty() { Ok(items) } else { Err(errors) }
}

fn restore(github: &Github<'_>, job: &Job, cache: &Cache) -> Result<Item, EmitError> {
    let refuse = |why: String| {
        EmitError::at(&cache.place, format!("{}: cache {}: {why}", job.id, cache.name), "write it another way")
    };
    let text = |value: &Value| github.text_at(Some(job), value, Site::Step).map_err(refuse);
    let mut parts = vec![format!("{}-{}-{}", cache.name, job.runner.os.name(), arch(job))];
    for value in &cache.key {
        let part = text(value)?;
        if matches!(value, Value::Const(_)) && part.contains(',') {
            return Err(refuse(format!("GitHub takes no key with a comma, and there is `{part}`")));
        }
        parts.push(part);
    }
    let mut with = Map::new().with("path", paths(github, job, cache)?).with("key", parts.join("-"));
    if cache.fallback {
        // From the longest to the shortest; the name alone only if the key has no more than one part.
        let shortest = if cache.key.len() > 1 { 2 } else { 1 };
        let all: Vec<String> =
            (shortest..parts.len()).rev().filter_map(|len| Some(format!("{}-", parts.get(..len)?.join("-")))).collect();
        with.push("restore-keys", lines(&all));
    }
    let title = format!("Restore the cache {}", cache.name);
    Ok(match who(github) {
        Who::All => uses(github.pins, &format!("Keep {} between runs", cache.name), None, CACHE, with),
        Who::Nobody => uses(github.pins, &title, None, CACHE_RESTORE, with),
        Who::Some(_) => identified(uses(github.pins, &title, None, CACHE_RESTORE, with), &id(job, cache)),
    })
}

/// The steps that keep what is new in caches.
pub(super) fn saved(github: &Github<'_>, job: &Job) -> Vec<Item> {
    let Who::Some(condition) = who(github) else { return Vec::new() };
    let save = |cache: &Cache| {
        let id = id(job, cache);
        let condition = format!("steps.{id}.outputs.cache-hit != 'true' && {condition}");
        let with = Map::new()
            .with("path", paths(github, job, cache).ok()?)
            .with("key", format!("${{{{ steps.{id}.outputs.cache-primary-key }}}}"));
        Some(uses(github.pins, &format!("Save the cache {}", cache.name), Some(&condition), CACHE_SAVE, with))
    };
    job.caches.iter().filter_map(save).collect()
}

/// Whose runs save caches.
enum Who {
    /// All.
    All,
    /// Those of this condition.
    Some(String),
    /// None of them.
    Nobody,
}

fn who(github: &Github<'_>) -> Who {
    let triggers = &github.facts.plan.triggers;
    let trusted = |it: &Trigger| match it.event {
        Event::Push => Some("push"),
        Event::Schedule => Some("schedule"),
        Event::Manual => Some("workflow_dispatch"),
        _ => None,
    };
    let mut events: Vec<&str> = triggers.iter().filter_map(trusted).collect();
    // Who calls it may have been started by any of them.
    if triggers.iter().any(|it| it.event == Event::Call) {
        events = vec!["push", "schedule", "workflow_dispatch"];
    }
    events.dedup();
    match events.as_slice() {
        _ if triggers.iter().all(|it| trusted(it).is_some()) => Who::All,
        [] => Who::Nobody,
        [one] => Who::Some(format!("github.event_name == '{one}'")),
        many => {
            let all: Vec<String> = many.iter().map(|it| format!("\"{it}\"")).collect();
            Who::Some(format!("contains(fromJSON('[{}]'), github.event_name)", all.join(", ")))
        }
    }
}

/// The id of the step that restores it.
fn id(job: &Job, cache: &Cache) -> String {
    let mut id = format!("cache-{}", cache.name);
    while job.steps.iter().any(|it| it.id == id) {
        id.push('_');
    }
    id
}

fn identified(mut item: Item, id: &str) -> Item {
    if let Node::Map(map) = &mut item.value {
        let entry = Entry { key: Key::Text("id".to_owned()), value: id.into(), around: crate::yaml::Around::default() };
        map.entries.insert(1.min(map.entries.len()), entry);
    }
    item
}

fn paths(github: &Github<'_>, job: &Job, cache: &Cache) -> Result<Node, EmitError> {
    let text = |value: &Value| match value {
        Value::Const(Const::Text(it)) => Ok(super::values::literal(it)),
        value => github.text_at(Some(job), value, Site::Step),
    };
    let all: Result<Vec<String>, String> = cache.paths.iter().map(text).collect();
    all.map(|it| lines(&it)).map_err(|why| EmitError::at(&cache.place, why, "write the path as it is"))
}

fn lines(all: &[String]) -> Node {
    match all {
        [one] => one.as_str().into(),
        many => Node::Block(format!("{}\n", many.join("\n"))),
    }
}

const fn arch(job: &Job) -> &'static str {
    match job.runner.arch {
        flow_plan::model::Arch::X64 => "x64",
        flow_plan::model::Arch::Arm64 => "arm64",
    }
}
