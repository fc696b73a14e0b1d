//! Settings of a job that are keys of its own: what it deploys to, what it and its services run in,
//! which runs exclude each other, what its token may do.

use flow_plan::model::{Concurrency, Const, Container, Event, Job, Os, Permission, Place, Plan, SettingValue, Value};

use super::values::{Github, literal};
use crate::lower::Site;
use crate::yaml::{Around, Entry, Key, Map, Node, texts};
use crate::{EmitError, Warning};

/// A text that may be a value of the run.
type Text<'a> = &'a dyn Fn(&Value) -> Result<String, EmitError>;

/// Adds what a job runs in and what it deploys to.
pub(super) fn place(github: &Github<'_>, job: &Job, map: &mut Map) -> Result<(), EmitError> {
    let at = |value: &Value, site| {
        let refuse = |why| EmitError::at(&job.place, format!("{}: {why}", job.id), "write it another way");
        github.text_at(Some(job), value, site).map_err(refuse)
    };
    let text = |value: &Value| at(value, Site::JobEnv);
    if let Some(it) = &job.environment {
        let name = at(&it.name, Site::Job)?;
        match &it.url {
            Some(url) => map.push("environment", Map::new().with("name", name).with("url", at(url, Site::End)?)),
            None => map.push("environment", name),
        }
    }
    if job.runner.os != Os::Linux && (job.container.is_some() || !job.services.is_empty()) {
        let message = format!("{}: GitHub runs containers on Linux only", job.id);
        return Err(EmitError::at(&job.place, message, "say `on linux`, or leave the container out"));
    }
    if let Some(it) = &job.container {
        map.push("container", container(github, it, &text, &job.place)?);
    }
    let mut services = Map::new();
    for service in &job.services {
        services.push(service.name.as_str(), container(github, &service.container, &text, &service.place)?);
    }
    if !services.entries.is_empty() {
        map.push("services", services);
    }
    Ok(())
}

fn container(github: &Github<'_>, it: &Container, text: Text<'_>, place: &Place) -> Result<Map, EmitError> {
    let mut map = Map::new();
    let image = text(&it.image)?;
    match pinned(github, &image) {
        Some(image) => map.push("image", image),
        // Auditors ask for a digest wherever they see a tag; its author is told of it.
        None => map.push_around("image", image, Around::beside("zizmor: ignore[unpinned-images]")),
    }
    let mut options = Vec::new();
    for (name, value) in &it.settings {
        match (name.as_str(), value) {
            ("env" | "credentials", SettingValue::Map(entries)) => map.push(name.as_str(), all(entries, text)?),
            ("ports", SettingValue::Value(Value::Const(Const::List(items)))) => {
                // Without a port of the host, the platform would draw one.
                let same = |it: &Const| match it.text() {
                    it if it.contains(':') => it,
                    it => format!("{it}:{it}"),
                };
                map.push("ports", texts(items.iter().map(same)));
            }
            ("volumes", SettingValue::Value(Value::Const(Const::List(items)))) => {
                map.push("volumes", texts(items.iter().map(|it| literal(&it.text()))));
            }
            ("options", SettingValue::Value(value)) => options.push(text(value)?),
            ("health", SettingValue::Value(Value::Const(command))) => {
                options.push(format!("--health-cmd {}", argument(&command.text())));
            }
            ("health", SettingValue::Map(entries)) => options.extend(health(entries)),
            _ => {
                let message = format!("`{name}` of a container is of a form that GitHub does not take");
                return Err(EmitError::at(place, message, "write it as it is, without values of a run"));
            }
        }
    }
    if let Some(text) = options.iter().find(|it| it.contains(['\n', '\r'])) {
        let message = format!("options of a container are one line, and this is more: `{}`", text.trim());
        return Err(EmitError::at(place, message, "move what has several lines into a script of the image"));
    }
    if !options.is_empty() {
        map.push("options", options.join(" "));
    }
    Ok(map)
}

/// What the options of docker say of a check of health.
fn health(entries: &[(String, SettingValue)]) -> Vec<String> {
    let option = |(name, value): &(String, SettingValue)| {
        let SettingValue::Value(Value::Const(value)) = value else { return None };
        Some(match name.as_str() {
            "command" => format!("--health-cmd {}", argument(&value.text())),
            other => format!("--health-{} {}", other.replace('_', "-"), value.text()),
        })
    };
    entries.iter().filter_map(option).collect()
}

/// One argument of a command line that is taken apart at blanks.
fn argument(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-./:=@%+,".contains(it);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", literal(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// An image with the digest that it is pinned to; `None` if it is at none.
fn pinned(github: &Github<'_>, image: &str) -> Option<String> {
    if image.contains("${{") {
        return Some(image.to_owned());
    }
    let uses = github.pins.uses(&format!("docker://{image}"))?;
    Some(uses.text.strip_prefix("docker://").unwrap_or(&uses.text).to_owned())
}

fn all(entries: &[(String, SettingValue)], text: Text<'_>) -> Result<Map, EmitError> {
    let mut map = Map::new();
    for (name, value) in entries {
        match value {
            SettingValue::Value(value) => map.push(name.as_str(), text(value)?),
            SettingValue::Map(entries) => map.push(name.as_str(), all(entries, text)?),
        }
    }
    Ok(map)
}

/// What an author should know of the images of a plan.
pub(super) fn unpinned(github: &Github<'_>, plan: &Plan) -> Vec<Warning> {
    let mut found: Vec<Warning> = Vec::new();
    let mut see = |container: &Container, place: &Place| {
        let Value::Const(image) = &container.image else { return };
        let image = image.text();
        let message = format!("the image `{image}` may be another one tomorrow");
        if pinned(github, &image).is_none() && !found.iter().any(|it| it.message == message) {
            let help = format!("write its digest after the tag: `{image}@sha256:…`");
            found.push(Warning { message, place: Some(place.clone()), help });
        }
    };
    for job in &plan.jobs {
        job.container.iter().for_each(|it| see(it, &job.place));
        job.services.iter().for_each(|it| see(&it.container, &it.place));
    }
    found
}

/// What the token of a job may do, each with what needs it.
pub(super) fn permissions(job: &Job) -> Option<Map> {
    let mut all: Vec<Permission> = job.permissions.clone();
    if job.checkout.is_some() && !all.iter().any(|it| it.scope == "contents") {
        let why = vec!["to check out the sources".to_owned()];
        all.push(Permission { scope: "contents".to_owned(), access: "read".to_owned(), why });
    }
    if super::earlier::asks(job) && !all.iter().any(|it| it.scope == "actions") {
        let why = vec!["to download what earlier runs exposed".to_owned()];
        all.push(Permission { scope: "actions".to_owned(), access: "read".to_owned(), why });
    }
    let mut map = Map::new();
    for it in all {
        let why = if it.why.is_empty() { "as the job asks".to_owned() } else { it.why.join(", ") };
        map.push_around(it.scope, it.access, Around::beside(why));
    }
    (!map.entries.is_empty()).then_some(map)
}

/// Which runs of a job exclude each other.
pub(super) fn concurrency(github: &Github<'_>, job: &Job) -> Result<Option<Map>, EmitError> {
    let Some(it) = &job.concurrency else { return Ok(None) };
    if let Some(whole) = &github.facts.plan.concurrency
        && whole.group == it.group
    {
        let message = format!("{}: the job waits for its own run, which is of the same group", job.id);
        return Err(EmitError::at(&it.place, message, "give the job or the pipeline another group"));
    }
    group(it, &|value| {
        let said = github.text_at(Some(job), value, Site::Job);
        said.map_err(|why| EmitError::at(&it.place, why, "write the group another way"))
    })
    .map(Some)
}

/// Which runs of the workflow exclude each other: what the program says, else one run per branch at a
/// time, where a newer run of a pull request ends an older one.
pub(super) fn all_runs(github: &Github<'_>) -> Result<Option<Map>, EmitError> {
    let plan = github.facts.plan;
    if let Some(it) = &plan.concurrency {
        return group(it, &|value| github.of_pipeline(value, &it.place)).map(Some);
    }
    let has = |event| plan.triggers.iter().any(|it| it.event == event);
    if has(Event::Call) {
        // For GitHub a called workflow has its caller's name: it would wait for the run that calls it.
        return Ok(None);
    }
    let group = Map::new().with("group", "${{ github.workflow }}-${{ github.ref }}");
    Ok(Some(match (has(Event::PullRequest), plan.triggers.len()) {
        (false, _) => group.with("cancel-in-progress", false),
        (true, 1) => group.with("cancel-in-progress", true),
        (true, _) => group.with("cancel-in-progress", "${{ github.event_name == 'pull_request' }}"),
    }))
}

fn group(it: &Concurrency, text: Text<'_>) -> Result<Map, EmitError> {
    let cancel = match &it.cancel {
        Value::Const(Const::Bool(known)) => (*known).into(),
        value => Node::Text(text(value)?),
    };
    Ok(Map { entries: vec![entry("group", text(&it.group)?.into()), entry("cancel-in-progress", cancel)] })
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: Key::Text(key.to_owned()), value, around: Around::default() }
}
