//! What starts a workflow: the `on` key.

use flow_plan::model::{Event, Plan, Trigger};

use super::params;
use crate::EmitError;
use crate::yaml::{Item, Map, Node, texts};

/// The value of `on`.
pub(super) fn on(plan: &Plan) -> Result<Map, Vec<EmitError>> {
    let mut errors = Vec::new();
    let mut map = Map::new();
    let mut crons = Vec::new();
    for trigger in &plan.triggers {
        match trigger.event {
            Event::Schedule => match (&trigger.cron, trigger.branches.is_empty()) {
                (Some(cron), true) => crons.push(Item::bare(Map::new().with("cron", cron.as_str()))),
                (None, _) => {
                    errors.push(EmitError::new("a schedule has no cron line", "write `on schedule { cron = \"…\" }`"))
                }
                (Some(_), false) => errors.push(EmitError::new(
                    "GitHub runs schedules on the default branch only",
                    "remove `branches` from `on schedule`",
                )),
            },
            event if map.get(name(event)).is_some() => {
                let message = format!("two triggers for {}: a workflow has one", name(event));
                errors.push(EmitError::new(message, "join their filters into one"));
            }
            Event::Manual => match params::inputs(plan) {
                Ok(inputs) => map.push(name(Event::Manual), inputs),
                Err(found) => errors.extend(found),
            },
            // What is not lowered yet has been refused.
            _ => map.push(name(trigger.event), filters(trigger)),
        }
    }
    if !crons.is_empty() {
        map.push(name(Event::Schedule), crons);
    }
    if map.entries.is_empty() && errors.is_empty() {
        errors.push(EmitError::new("nothing starts this pipeline", "add a trigger, such as `on push`"));
    }
    if errors.is_empty() { Ok(map) } else { Err(errors) }
}

fn name(event: Event) -> &'static str {
    match event {
        Event::Push => "push",
        Event::PullRequest => "pull_request",
        Event::Schedule => "schedule",
        Event::Manual => "workflow_dispatch",
        Event::MergeQueue => "merge_group",
        Event::Call => "workflow_call",
        Event::Finished => "workflow_run",
        Event::Native => "",
    }
}

fn filters(trigger: &Trigger) -> Node {
    let mut map = Map::new();
    if trigger.event == Event::PullRequest && !trigger.drafts {
        // The default kinds, and the moment in which it stops being a draft.
        map.push("types", texts(["opened", "synchronize", "reopened", "ready_for_review"]));
    }
    for (key, patterns) in [("branches", &trigger.branches), ("tags", &trigger.tags), ("paths", &trigger.paths)] {
        filter(&mut map, key, patterns);
    }
    if map.entries.is_empty() { Node::Null } else { map.into() }
}

/// A filter of nothing but exclusions would let nothing pass: there is a key of its own for it.
fn filter(map: &mut Map, key: &str, patterns: &[String]) {
    if patterns.is_empty() {
        return;
    }
    let excluded: Option<Vec<&str>> = patterns.iter().map(|it| it.strip_prefix('!')).collect();
    match excluded {
        Some(all) => map.push(format!("{key}-ignore"), texts(all)),
        None => map.push(key, texts(patterns.iter().map(String::as_str))),
    }
}

/// The condition under which jobs that come first run, where the trigger cannot say it.
pub(super) fn first_jobs(plan: &Plan) -> Option<&'static str> {
    let skips = |it: &Trigger| it.event == Event::PullRequest && !it.drafts;
    plan.triggers.iter().any(skips).then_some("github.event.pull_request.draft != true")
}
