//! GitHub Actions: from a plan to one workflow.

mod artifacts;
mod context;
mod expr;
mod jobs;
mod params;
mod steps;
mod triggers;
mod values;

use expr::Words;
use flow_plan::construct::Construct;
use flow_plan::model::{Event, Plan};

use crate::facts::Facts;
use crate::limits::{self, GITHUB};
use crate::lower::lower;
use crate::stamp::stamped;
use crate::yaml::{Around, Entry, Key, Map, Node};
use crate::{EmitError, Emitted, Options};

/// Where GitHub looks for workflows.
pub(crate) const FOLDER: &str = ".github/workflows";

/// What is carried out beyond what [`Construct`] leaves to every backend; one to a line, in its order.
#[rustfmt::skip]
pub(crate) const LOWERED: &[Construct] = &[
    Construct::Assertion,
    Construct::Part,
    Construct::View,
    Construct::PassFiles,
];

/// The workflow of a plan.
pub(crate) fn emit(plan: &Plan, options: &Options) -> Result<Emitted, Vec<EmitError>> {
    let plan = &lower(plan, &Words)?;
    let facts = Facts::new(plan)?;
    let mut errors = Vec::new();
    let on = triggers::on(plan).unwrap_or_else(|it| {
        errors.extend(it);
        Map::new()
    });
    let mut jobs = Vec::new();
    for job in &plan.jobs {
        match jobs::job(&facts, &options.pins, job) {
            Ok(it) => jobs.push((job, it)),
            Err(it) => errors.extend(it),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }

    let mut root = Map::new().with("name", plan.title.as_str());
    root.entries.push(Entry { key: Key::Plain("on"), value: on.into(), around: Around::blank() });
    let none = Around::blank().above(Some("Nothing is allowed but what a job asks for."));
    root.push_around("permissions", Map::new(), none);
    root.push_around("concurrency", concurrency(plan), Around::blank());
    root.push_around("defaults", Map::new().with("run", Map::new().with("shell", "bash")), Around::blank());
    let mut all = Map::new();
    for (job, node) in &jobs {
        all.push_around(job.id.as_str(), node.clone(), Around::blank().above(job.docs.as_deref()));
    }
    root.push_around("jobs", all, Around::blank());

    let text = stamped(plan, options, &docs(plan), &root);
    let measured: Vec<_> = jobs.into_iter().map(|(job, node)| (job.id.as_str(), Node::Map(node))).collect();
    let found = limits::check(plan, &GITHUB, &text, &measured);
    if !found.errors.is_empty() {
        return Err(found.errors);
    }
    let path = format!("{FOLDER}/{}.yml", plan.pipeline);
    Ok(Emitted { path, text, warnings: found.warnings })
}

/// The pipeline's documentation, as further lines of the header.
fn docs(plan: &Plan) -> Vec<String> {
    plan.docs
        .iter()
        .flat_map(|it| std::iter::once("").chain(it.lines()).chain(std::iter::once("")))
        .map(str::to_owned)
        .collect()
}

/// One run per branch at a time; of a pull request, a newer run ends an older one.
fn concurrency(plan: &Plan) -> Map {
    let group = Map::new().with("group", "${{ github.workflow }}-${{ github.ref }}");
    let has = |event| plan.triggers.iter().any(|it| it.event == event);
    match (has(Event::PullRequest), plan.triggers.len()) {
        (false, _) => group.with("cancel-in-progress", false),
        (true, 1) => group.with("cancel-in-progress", true),
        (true, _) => group.with("cancel-in-progress", "${{ github.event_name == 'pull_request' }}"),
    }
}
