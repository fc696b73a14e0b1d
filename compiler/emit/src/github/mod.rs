//! GitHub Actions: from a plan to one workflow.

mod artifacts;
mod cache;
mod call;
mod checkout;
mod container;
mod context;
mod earlier;
mod expose;
mod expr;
mod filter;
mod foreign;
mod gate;
mod jobs;
mod legs;
mod matrix;
mod outcome;
mod params;
mod raw;
mod schedule;
mod settings;
mod shared;
mod step;
mod steps;
mod term;
mod triggers;
mod values;
mod words;

use flow_plan::construct::Construct;
use flow_plan::model::{Event, Place, Plan};

use self::expr::Words;
use self::legs::Made;
use self::outcome::Graph;
use self::raw::Level;
use self::values::{Github, literal};
use crate::facts::Facts;
use crate::limits::{self, GITHUB};
use crate::lower::{Site, lower};
use crate::stamp::stamped;
use crate::yaml::{Around, Entry, Key, Map};
use crate::{EmitError, Emitted, Options};

/// Where GitHub looks for workflows.
pub(crate) const FOLDER: &str = ".github/workflows";

/// What is carried out beyond what [`Construct`] leaves to every backend; one to a line, in its order.
#[rustfmt::skip]
pub(crate) const LOWERED: &[Construct] = &[
    Construct::MergeQueue,
    Construct::Call,
    Construct::Finished,
    Construct::NativeEvent,
    Construct::TriggerTypes,
    Construct::Timezone,
    Construct::OptionalSecret,
    Construct::SecretSource,
    Construct::RunName,
    Construct::Concurrency,
    Construct::Raw,
    Construct::Stage,
    Construct::Gate,
    Construct::PipelineOutput,
    Construct::JobGuard,
    Construct::ForEach,
    // In its own words: no platform has a name for them.
    Construct::LoopFiles,
    Construct::OnFailureJob,
    Construct::FinallyJob,
    Construct::ForeignJob,
    Construct::RunnerChoice,
    Construct::Environment,
    Construct::Container,
    Construct::Service,
    Construct::Cache,
    Construct::Permissions,
    Construct::ContinueOnError,
    Construct::JobAlways,
    Construct::CheckoutPlace,
    Construct::AlwaysOutput,
    Construct::FamilyOutput,
    Construct::OptionalFiles,
    Construct::Assertion,
    Construct::Earlier,
    Construct::Part,
    Construct::Either,
    Construct::View,
    Construct::Pattern,
    Construct::Json,
    Construct::ExposeFound,
    Construct::ExposeWhen,
    Construct::ExposeGuard,
    Construct::StepGuard,
    Construct::OnFailure,
    Construct::Finally,
    Construct::Retry,
    Construct::ForeignStep,
    Construct::Export,
    Construct::AddPath,
    Construct::Summary,
    Construct::Checkout,
    Construct::TakeFiles,
    Construct::PassFiles,
    Construct::SecretValue,
    Construct::Record,
    Construct::Spread,
    Construct::Compute,
    Construct::Item,
    Construct::Changed,
    Construct::Presence,
    Construct::Succeeded,
    Construct::Declassify,
    Construct::ContextPath,
];

/// The workflow of a plan.
pub(crate) fn emit(plan: &Plan, options: &Options) -> Result<Emitted, Vec<EmitError>> {
    let lowered = lower(plan, &Words)?;
    let plan = &lowered.plan;
    let facts = Facts::new(plan)?.knowing(&lowered.conditions);
    let mut errors = Vec::new();
    let mut on = triggers::on(plan).unwrap_or_else(|it| {
        errors.extend(it);
        Map::new()
    });
    let github = Github { facts: &facts, pins: &options.pins };
    if let Err(found) = call::outputs(&github, &mut on) {
        errors.extend(found);
    }
    let top = top(&github, on).unwrap_or_else(|it| {
        errors.push(it);
        Map::new()
    });
    let graph = Graph::new(github);
    let mut jobs = Vec::new();
    for job in &plan.jobs {
        match jobs::job(&github, &graph, job) {
            Ok(it) => jobs.push(Made { id: job.id.clone(), docs: job.docs.as_deref(), map: it }),
            Err(it) => errors.extend(it),
        }
    }
    for gate in &plan.gates {
        match gate::job(&facts, &graph, gate) {
            Ok(it) => jobs.push(Made { id: gate.id.clone(), docs: None, map: it }),
            Err(it) => errors.push(it),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }

    let mut root = top;
    let mut all = Map::new();
    let mut jobs = legs::joined(plan, jobs);
    shared::hoist(&mut root, jobs.iter_mut().map(|it| &mut it.map));
    for Made { id, docs, map } in &jobs {
        all.push_around(id.as_str(), map.clone(), Around::blank().above(*docs));
    }
    root.push_around("jobs", all, Around::blank());
    let ids: Vec<&str> = jobs.iter().map(|it| it.id.as_str()).collect();

    let text = stamped(plan, options, &docs(plan), &root);
    let found = limits::check(plan, &GITHUB, &text, &ids, &root);
    if !found.errors.is_empty() {
        return Err(found.errors);
    }
    let path = format!("{FOLDER}/{}.yml", plan.pipeline);
    let mut warnings = found.warnings;
    warnings.extend(settings::unpinned(&github, plan));
    warnings.extend(raw::unknown(&plan.raw, Level::Pipeline));
    for job in &plan.jobs {
        warnings.extend(raw::unknown(&job.raw, Level::Job));
        job.steps.iter().for_each(|step| warnings.extend(raw::unknown(&step.raw, Level::Step)));
    }
    Ok(Emitted { path, text, warnings })
}

/// The pipeline's documentation, as further lines of the header.
fn docs(plan: &Plan) -> Vec<String> {
    plan.docs
        .iter()
        .flat_map(|it| std::iter::once("").chain(it.lines()).chain(std::iter::once("")))
        .map(str::to_owned)
        .collect()
}

/// What stands above the jobs.
fn top(github: &Github<'_>, on: Map) -> Result<Map, EmitError> {
    let plan = github.facts.plan;
    let mut root = Map::new().with("name", literal(&plan.title));
    if let Some(name) = &plan.run_name {
        let place = Place { file: plan.source.clone(), line: 1, column: 1 };
        root.push("run-name", github.of_pipeline(name, &place)?);
    }
    let limits = settings::all_runs(github)?;
    let mut around = Around::blank();
    if limits.is_none() && plan.triggers.iter().any(|it| it.event != Event::Call) {
        // Auditors want a limit wherever something else than a call starts it too.
        around.beside = Some("zizmor: ignore[concurrency-limits]".to_owned());
    }
    root.entries.push(Entry { key: Key::Plain("on"), value: on.into(), around });
    let none = Around::blank().above(Some("Nothing is allowed but what a job asks for."));
    root.push_around("permissions", Map::new(), none);
    if let Some(it) = limits {
        root.push_around("concurrency", it, Around::blank());
    }
    root.push_around("defaults", Map::new().with("run", Map::new().with("shell", "bash")), Around::blank());
    raw::merge(&mut root, &plan.raw, &|value| github.text_at(None, value, Site::Pipeline))?;
    Ok(root)
}
