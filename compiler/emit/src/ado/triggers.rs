//! What starts a pipeline. Everything is said, also what does not: an omitted `trigger` means every
//! push, an omitted `pr` every pull request.

use flow_plan::model::{Event, Plan, Trigger};

use crate::EmitError;
use crate::yaml::{Around, Item, Map, Node, texts};

/// Where schedules run that name no branch.
pub(super) const DEFAULT_BRANCH: &str = "main";

/// `trigger`, `pr` and `schedules`.
pub(super) fn all(plan: &Plan) -> Result<Map, Vec<EmitError>> {
    let mut errors = Vec::new();
    let mut map = Map::new();
    let mut one = |event: Event, what: &str| -> Option<&Trigger> {
        let mut found = plan.triggers.iter().filter(|it| it.event == event);
        let first = found.next();
        if found.next().is_some() {
            errors.push(EmitError::new(
                format!("two triggers for {what}: a pipeline has one"),
                "join their filters into one",
            ));
        }
        first
    };
    match one(Event::Push, "pushes") {
        Some(it) => map.push("trigger", push(it)),
        None => map.push("trigger", "none"),
    }
    match one(Event::PullRequest, "pull requests") {
        Some(it) => {
            let note = Around::blank()
                .above(Some("For GitHub and Bitbucket; in Azure Repos a branch policy starts this pipeline."));
            map.push_around("pr", pull_request(it), note);
        }
        None => map.push("pr", "none"),
    }
    let mut schedules = Vec::new();
    for trigger in plan.triggers.iter().filter(|it| it.event == Event::Schedule) {
        match &trigger.cron {
            Some(cron) => schedules.push(Item::bare(schedule(cron, trigger))),
            None => errors.push(EmitError::new("a schedule has no cron line", "write `on schedule { cron = \"…\" }`")),
        }
    }
    if !schedules.is_empty() {
        map.push_around("schedules", schedules, Around::blank());
    }
    if errors.is_empty() { Ok(map) } else { Err(errors) }
}

fn push(trigger: &Trigger) -> Map {
    let mut map = Map::new();
    let (branches, tags) = (&trigger.branches, &trigger.tags);
    match (branches.is_empty(), tags.is_empty()) {
        (true, true) => {
            map.push("branches", filter(&[]));
            map.push("tags", filter(&[]));
        }
        (false, true) => map.push("branches", filter(branches)),
        (true, false) => {
            // Without this line, tags alone would come on top of every branch.
            map.push("branches", Map::new().with("exclude", texts(["*"])));
            map.push("tags", filter(tags));
        }
        (false, false) => {
            map.push("branches", filter(branches));
            map.push("tags", filter(tags));
        }
    }
    if !trigger.paths.is_empty() {
        map.push("paths", filter(&trigger.paths));
    }
    map
}

fn pull_request(trigger: &Trigger) -> Map {
    let mut map = Map::new().with("branches", filter(&trigger.branches));
    if !trigger.paths.is_empty() {
        map.push("paths", filter(&trigger.paths));
    }
    if !trigger.drafts {
        map.push("drafts", false);
    }
    map
}

fn schedule(cron: &str, trigger: &Trigger) -> Map {
    let default = [DEFAULT_BRANCH.to_owned()];
    let branches = if trigger.branches.is_empty() { default.as_slice() } else { trigger.branches.as_slice() };
    Map::new()
        .with("cron", cron)
        .with("displayName", format!("Schedule {cron}"))
        .with("branches", filter(branches))
        // Also when nothing changed since the last time.
        .with("always", true)
}

/// What passes and what does not; nothing but exclusions leaves everything else.
fn filter(patterns: &[String]) -> Node {
    let (excluded, included): (Vec<&str>, Vec<&str>) =
        patterns.iter().map(String::as_str).partition(|it| it.starts_with('!'));
    let included = if included.is_empty() { vec!["*"] } else { included };
    let mut map = Map::new().with("include", texts(included));
    if !excluded.is_empty() {
        map.push("exclude", texts(excluded.iter().map(|it| it.trim_start_matches('!'))));
    }
    map.into()
}
