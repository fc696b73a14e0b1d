//! What starts a workflow: the `on` key, and what of it only a condition can say.

use flow_plan::model::{Const, Event, Plan, SettingValue, Trigger, Value, When};

use super::values::quoted;
use super::{filter, params, schedule};
use crate::EmitError;
use crate::yaml::{Around, Item, Map, Node, texts};

/// The value of `on`.
pub(super) fn on(plan: &Plan) -> Result<Map, Vec<EmitError>> {
    let mut errors = Vec::new();
    let mut map = Map::new();
    for trigger in &plan.triggers {
        let name = name(trigger);
        let first = map.get(name).is_none();
        let made = match trigger.event {
            // All of them stand under one key.
            Event::Schedule | Event::Finished if !first => continue,
            _ if !first => {
                let message = format!("two triggers for {name}: a workflow has one");
                Err(vec![EmitError::at(&trigger.place, message, "join their filters into one")])
            }
            Event::Schedule => schedules(plan),
            Event::Manual => params::inputs(plan),
            Event::Finished => finished(plan),
            Event::Native => native(trigger).map_err(|it| vec![it]),
            Event::Call => super::call::trigger(plan),
            Event::Push | Event::PullRequest | Event::MergeQueue => filters(trigger).map_err(|it| vec![it]),
        };
        match made {
            // Auditors warn of it wherever they see it; here it is the author's choice.
            Ok(node) if is_dangerous(trigger) => {
                map.push_around(name, node, Around::beside("zizmor: ignore[dangerous-triggers]"));
            }
            Ok(node) => map.push(name, node),
            Err(found) => errors.extend(found),
        }
    }
    if map.entries.is_empty() && errors.is_empty() {
        errors.push(EmitError::new("nothing starts this pipeline", "add a trigger, such as `on push`"));
    }
    if errors.is_empty() { Ok(map) } else { Err(errors) }
}

/// Whether a run has this repository's rights, and what started it may be an outsider's.
fn is_dangerous(trigger: &Trigger) -> bool {
    matches!(name(trigger), "workflow_run" | "issue_comment")
}

/// Whether something of that kind starts a pipeline.
pub(super) fn are_dangerous(plan: &Plan) -> bool {
    plan.triggers.iter().any(is_dangerous)
}

/// GitHub's name for what starts it.
pub(super) fn name(trigger: &Trigger) -> &str {
    match trigger.event {
        Event::Push => "push",
        Event::PullRequest => "pull_request",
        Event::Schedule => "schedule",
        Event::Manual => "workflow_dispatch",
        Event::MergeQueue => "merge_group",
        Event::Call => "workflow_call",
        Event::Finished => "workflow_run",
        Event::Native => trigger.native.as_ref().map_or("", |(name, _)| name),
    }
}

fn schedules(plan: &Plan) -> Result<Node, Vec<EmitError>> {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for trigger in plan.triggers.iter().filter(|it| it.event == Event::Schedule) {
        match schedule::item(trigger) {
            Ok(it) => items.push(Item::bare(it)),
            Err(it) => errors.push(it),
        }
    }
    if errors.is_empty() { Ok(items.into()) } else { Err(errors) }
}

fn filters(trigger: &Trigger) -> Result<Node, EmitError> {
    let mut map = Map::new();
    if !trigger.types.is_empty() {
        map.push("types", texts(trigger.types.iter().map(String::as_str)));
    } else if trigger.event == Event::PullRequest && !trigger.drafts {
        // The default kinds, and the moment in which it stops being a draft.
        map.push("types", texts(["opened", "synchronize", "reopened", "ready_for_review"]));
    }
    for (key, patterns) in [("branches", &trigger.branches), ("tags", &trigger.tags), ("paths", &trigger.paths)] {
        filter::push(&mut map, key, patterns, trigger)?;
    }
    Ok(if map.entries.is_empty() { Node::Null } else { map.into() })
}

/// The pipelines whose end starts this one. GitHub has one filter for all of them.
fn finished(plan: &Plan) -> Result<Node, Vec<EmitError>> {
    let all: Vec<&Trigger> = plan.triggers.iter().filter(|it| it.event == Event::Finished).collect();
    let Some(first) = all.first() else { return Ok(Node::Null) };
    if let Some(other) = all.iter().find(|it| it.branches != first.branches) {
        let message = "GitHub has one filter of branches for all pipelines whose end starts this one";
        return Err(vec![EmitError::at(&other.place, message, "give all `on finished` the same `branches`")]);
    }
    let mut map = Map::new()
        .with("workflows", texts(all.iter().filter_map(|it| it.finished_title.as_deref())))
        .with("types", texts(["completed"]));
    filter::push(&mut map, "branches", &first.branches, first).map_err(|it| vec![it])?;
    Ok(map.into())
}

/// An event by GitHub's own name, with its filters as they are.
fn native(trigger: &Trigger) -> Result<Node, EmitError> {
    let mut map = Map::new();
    for (name, value) in trigger.native.iter().flat_map(|(_, entries)| entries) {
        match value {
            SettingValue::Value(Value::Const(Const::List(items))) => {
                map.push(name.as_str(), texts(items.iter().map(Const::text)));
            }
            SettingValue::Value(Value::Const(it)) => map.push(name.as_str(), texts([it.text()])),
            _ => {
                let message = format!("`{name}` of a trigger is not known while compiling");
                return Err(EmitError::at(&trigger.place, message, "write it as it is"));
            }
        }
    }
    Ok(if map.entries.is_empty() { Node::Null } else { map.into() })
}

/// What an event must be like beyond what `on` can say; nothing where that says all. It belongs to
/// the condition of each job that comes first, and of each that runs though others were skipped.
pub(super) fn condition(plan: &Plan) -> Option<String> {
    let mut parts = Vec::new();
    if plan.triggers.iter().any(|it| it.event == Event::PullRequest && !it.drafts) {
        parts.push("github.event.pull_request.draft != true".to_owned());
    }
    parts.extend(ended(plan));
    (!parts.is_empty()).then(|| parts.join(" && "))
}

/// How the pipelines must have ended whose end starts this one.
fn ended(plan: &Plan) -> Option<String> {
    let all: Vec<&Trigger> = plan.triggers.iter().filter(|it| it.event == Event::Finished).collect();
    let result = |when: Option<When>| match when {
        None | Some(When::Always) => None,
        Some(When::Succeeded) => Some("github.event.workflow_run.conclusion == 'success'"),
        Some(When::Failed) => Some(
            "contains(fromJSON('[\"failure\", \"timed_out\", \"startup_failure\"]'), github.event.workflow_run.conclusion)",
        ),
    };
    let first = all.first()?;
    let condition = if all.iter().all(|it| it.when == first.when) {
        result(first.when)?.to_owned()
    } else {
        let each = all.iter().map(|it| {
            let title = it.finished_title.as_deref().unwrap_or_default();
            let name = format!("github.event.workflow_run.name == {}", quoted(title));
            result(it.when).map_or_else(|| name.clone(), |result| format!("{name} && {result}"))
        });
        format!("({})", each.collect::<Vec<_>>().join(" || "))
    };
    let only = plan.triggers.len() == all.len();
    Some(if only { condition } else { format!("(github.event_name != 'workflow_run' || {condition})") })
}
