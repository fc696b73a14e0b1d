//! Values at keys of jobs, where no step of the job can compute them: they become outputs of a job that
//! comes before. Conditions, lists, names of environments.
//!
//! What is known when a run is planned is computed by a job of its own, `plan`; what one job makes, by
//! that job; what several do, by a small job between them and the reader.

use flow_plan::model::{
    Edge, EdgeKind, Guard, Job, Output, OutputKind, Phase, PipelineOutput, PipelineOutputKind, Place, Plan,
    SettingValue, Value, ValueType,
};
use flow_plan::outcome::is_meant;

use super::conditions::{self, conjuncts, negated, not};
use super::names::{name_of, tidy, unique};
use super::types::Types;
use super::{Lowered, Native, Site, changed, loops};
use crate::EmitError;
use crate::facts::Facts;

/// After how many seconds a job that only computes is stopped.
const SECONDS: u64 = 300;

/// Rewrites the keys of all jobs.
pub(crate) fn lower(plan: &Plan, native: &dyn Native) -> Result<Lowered, Vec<EmitError>> {
    let refused: Vec<EmitError> = plan.jobs.iter().filter(|job| asks_earlier(job)).map(unasked).collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let taken = |id: &str| plan.jobs.iter().any(|it| it.id == id) || plan.gates.iter().any(|it| it.id == id);
    let id = unique(PLAN.to_owned(), '-', taken);
    let changed = changed::planned(plan, &id);
    let plan = changed.as_ref().unwrap_or(plan);
    let facts = Facts::new(plan)?;
    let planned = facts.job(&id).map(|it| it.outputs.clone()).unwrap_or_default();
    let mut pass = Pass { facts: &facts, native, plan: id.clone(), jobs: Vec::new(), planned, made: Vec::new() };
    for job in &plan.jobs {
        pass.job(job);
    }
    let outputs = pass.handed_on();
    let Pass { mut jobs, planned, made, .. } = pass;
    match jobs.first_mut() {
        Some(first) if first.id == id => first.outputs = planned,
        Some(first) if !planned.is_empty() => {
            let docs = Some("What decides on other jobs, and only a script can say.".to_owned());
            let place = first.place.clone();
            jobs.insert(0, computing(&id, "plan", docs, planned, &place));
        }
        _ => {}
    }
    let conditions = made.into_iter().map(|it| (Value::Output { job: it.job, output: it.output }, it.value));
    Ok(Lowered { plan: Plan { jobs, outputs, ..plan.clone() }, conditions: conditions.collect() })
}

/// Whether an earlier run decides on a job by what it exposed.
fn asks_earlier(job: &Job) -> bool {
    let mut found = false;
    if let Some(guard) = &job.guard {
        guard.condition.each(&mut |value| found |= matches!(value, Value::Exists(files) if files.has_earlier()));
    }
    found
}

/// No job knows before this one what an earlier run has exposed.
fn unasked(job: &Job) -> EmitError {
    EmitError::at(
        &job.place,
        format!(
            "whether {} runs depends on what an earlier run has exposed, which only a job that takes it knows",
            job.id
        ),
        "let the job take what may be absent, `T?`, and ask in its steps",
    )
}

/// The id of the job that computes what is known when a run is planned, if no other has it.
const PLAN: &str = "plan";

struct Pass<'a> {
    facts: &'a Facts<'a>,
    native: &'a dyn Native,
    /// The id of the job that plans.
    plan: String,
    /// Those so far, rewritten.
    jobs: Vec<Job>,
    /// The outputs of the job that plans.
    planned: Vec<Output>,
    /// What is computed where.
    made: Vec<Made>,
}

struct Made {
    value: Value,
    /// What holds where it is there.
    under: Vec<Value>,
    job: String,
    output: String,
}

/// Who reads a value.
struct Reader<'a> {
    job: &'a Job,
    /// The conditions that hold when it is read, native ones.
    under: Vec<Value>,
}

impl Pass<'_> {
    fn is_gate(&self, id: &str) -> bool {
        self.facts.plan.gates.iter().any(|it| it.id == id)
    }

    fn job(&mut self, job: &Job) {
        let mut own = job.clone();
        let mut edges = Vec::new();
        let mut reader = Reader { job, under: Vec::new() };
        if let Some(guard) = &job.guard {
            for condition in conjuncts(&guard.condition) {
                let native = self.condition(condition, &reader, &mut edges);
                reader.under.push(native);
            }
            let phase = guard.phase;
            own.guard = conditions::all(reader.under.clone()).map(|condition| Guard { condition, phase });
        }
        if let Some(list) = loops::filtered(&own)
            && let Some(each) = own.each.first_mut()
        {
            each.filter = None;
            each.list = list;
        }
        keys(&mut own, &mut |value, name| {
            if !self.native.says(self.facts, Some(job), value, Site::Job) {
                self.carry(value, name, &reader, &mut edges);
            }
        });
        for edge in edges {
            if !own.needs.contains(&edge) {
                own.needs.push(edge);
            }
        }
        self.jobs.push(own);
    }

    /// What a called pipeline hands on: what the platform cannot say a last job computes.
    fn handed_on(&mut self) -> Vec<PipelineOutput> {
        let mut outputs = self.facts.plan.outputs.clone();
        let (mut made, mut needs) = (Vec::new(), Vec::new());
        let id = unique("outputs".to_owned(), '-', |id| self.facts.job(id).is_some() || self.is_gate(id));
        let mut first: Option<Place> = None;
        for output in &mut outputs {
            let PipelineOutputKind::Value { ty, value } = &mut output.kind else { continue };
            if self.native.says(self.facts, None, value, Site::Caller) {
                continue;
            }
            for edge in asked(self.facts, value) {
                if !needs.contains(&edge) {
                    needs.push(edge);
                }
            }
            let name = add(&mut made, &output.name, ty.clone(), value.clone(), &output.place);
            *value = Value::Output { job: id.clone(), output: name };
            first.get_or_insert_with(|| output.place.clone());
        }
        if let Some(place) = first {
            let docs = Some("What the caller gets.".to_owned());
            self.jobs.push(Job { needs, ..computing(&id, "outputs", docs, made, &place) });
        }
        outputs
    }

    /// A native condition that holds where this one does.
    fn condition(&mut self, condition: &Value, reader: &Reader<'_>, edges: &mut Vec<Edge>) -> Value {
        let mut all = reader.under.clone();
        all.push(condition.clone());
        let whole = conditions::all(all).unwrap_or_else(|| condition.clone());
        if self.native.says(self.facts, Some(reader.job), &whole, Site::Guard) {
            return condition.clone();
        }
        if let Some(inner) = negated(condition) {
            return not(self.condition(inner, reader, edges));
        }
        let mut value = condition.clone();
        self.carry(&mut value, &name_of(condition), reader, edges);
        value
    }

    /// Has a value computed before its reader, and refers to it.
    fn carry(&mut self, value: &mut Value, name: &str, reader: &Reader<'_>, edges: &mut Vec<Edge>) {
        let known =
            self.made.iter().find(|it| it.value == *value && it.under.iter().all(|it| reader.under.contains(it)));
        let (job, output) = match known {
            Some(made) => (made.job.clone(), made.output.clone()),
            None => self.place(value, name, reader),
        };
        edges.push(Edge { job: job.clone(), kind: EdgeKind::Value(output.clone()) });
        *value = Value::Output { job, output };
    }

    /// Who computes a value, as which output.
    fn place(&mut self, value: &Value, name: &str, reader: &Reader<'_>) -> (String, String) {
        let ty = Types { facts: self.facts, job: Some(reader.job) }.of(value);
        let place = reader.job.place.clone();
        let asked = asked(self.facts, value);
        let (job, output, under) = match asked.as_slice() {
            [] => {
                let output = add(&mut self.planned, name, ty, value.clone(), &place);
                (self.plan.clone(), output, Vec::new())
            }
            [edge, rest @ ..]
                if self.can_compute(&edge.job, reader.job)
                    && asked.iter().all(|it| matches!(it.kind, EdgeKind::Value(_)))
                    && rest.iter().all(|it| it.job == edge.job) =>
            {
                let facts = self.facts;
                let mut own = value.clone();
                rewrite(&mut own, &mut |value| match value {
                    Value::Output { job, output } if *job == edge.job => {
                        facts.value(job, output).map(|it| it.1.clone())
                    }
                    _ => None,
                });
                let at = if edge.job == self.plan {
                    Some(&mut self.planned)
                } else {
                    self.jobs.iter_mut().find(|it| it.id == edge.job).map(|it| &mut it.outputs)
                };
                let output = at.map_or_else(|| name.to_owned(), |outputs| add(outputs, name, ty, own, &place));
                (edge.job.clone(), output, reader.under.clone())
            }
            _ => self.between(value, name, ty, asked, reader),
        };
        self.made.push(Made { value: value.clone(), under, job: job.clone(), output: output.clone() });
        (job, output)
    }

    /// A job between those that know a value's parts and its reader.
    fn between(
        &mut self,
        value: &Value,
        name: &str,
        ty: ValueType,
        asked: Vec<Edge>,
        reader: &Reader<'_>,
    ) -> (String, String, Vec<Value>) {
        let id = unique(format!("{}-{}", reader.job.id, tidy(name).replace('_', "-")), '-', |id| {
            self.facts.job(id).is_some() || self.is_gate(id) || self.jobs.iter().any(|it| it.id == id)
        });
        let mut outputs = Vec::new();
        let output = add(&mut outputs, name, ty, value.clone(), &reader.job.place);
        let title = format!("{} of {}", name.replace('_', " "), reader.job.title);
        let mut job = computing(&id, &title, None, outputs, &reader.job.place);
        job.needs = asked;
        for value in &reader.under {
            for edge in self::asked(self.facts, value) {
                if !job.needs.contains(&edge) {
                    job.needs.push(edge);
                }
            }
        }
        let phase = reader.under.iter().map(Value::phase).max().unwrap_or(Phase::Const);
        job.guard = conditions::all(reader.under.clone()).map(|condition| Guard { condition, phase });
        self.jobs.push(job);
        (id, output, reader.under.clone())
    }

    /// Whether a job can compute what a later one asks: whenever that is looked at, it has run, and once.
    fn can_compute(&self, id: &str, reader: &Job) -> bool {
        self.facts.job(id).is_some_and(|it| {
            it.foreign.is_none() && it.each.is_empty() && it.continue_on_error.is_none() && is_meant(it, reader)
        })
    }
}

/// A job that does nothing but compute.
pub(super) fn computing(id: &str, title: &str, docs: Option<String>, outputs: Vec<Output>, place: &Place) -> Job {
    Job {
        id: id.to_owned(),
        name: id.to_owned(),
        title: title.to_owned(),
        docs,
        outputs,
        timeout_seconds: SECONDS,
        place: place.clone(),
        ..Job::default()
    }
}

/// Adds an output that holds a value, and gives its name.
fn add(outputs: &mut Vec<Output>, name: &str, ty: ValueType, value: Value, place: &Place) -> String {
    let name = unique(tidy(name), '_', |name| outputs.iter().any(|it| it.name == name));
    outputs.push(Output::new(name.clone(), OutputKind::Value { ty, value }, place.clone()));
    name
}

/// The jobs that know a part of a value, each with why; those of what is known early are left out.
fn asked(facts: &Facts<'_>, value: &Value) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut add = |job: &str, kind| {
        let edge = Edge { job: job.to_owned(), kind };
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    };
    value.each(&mut |value| match value {
        Value::Output { job, output } if facts.early(job, output).is_none() => {
            add(job, EdgeKind::Value(output.clone()));
        }
        Value::Succeeded(job) => add(job, EdgeKind::Outcome),
        Value::Exists(files) => files.outputs(&mut |job, _| add(job, EdgeKind::Outcome)),
        _ => {}
    });
    edges
}

/// Replaces parts of a value by what `with` gives for them.
pub(crate) fn rewrite(value: &mut Value, with: &mut dyn FnMut(&Value) -> Option<Value>) {
    if let Some(other) = with(value) {
        *value = other;
        return;
    }
    match value {
        Value::Join(parts) => parts.iter_mut().for_each(|part| rewrite(part, with)),
        Value::Declassified { value, .. } => rewrite(value, with),
        Value::Compute(it) => it.args.iter_mut().for_each(|arg| rewrite(&mut arg.value, with)),
        _ => {}
    }
}

/// Calls `visit` for each value at a key of a job that only an earlier job can compute, with a name.
pub(super) fn keys(job: &mut Job, visit: &mut dyn FnMut(&mut Value, &str)) {
    for each in &mut job.each {
        let name = format!("{}_list", each.name);
        visit(&mut each.list, &name);
    }
    if let Some(choice) = &mut job.runner_choice {
        visit(&mut choice.value, "runner");
    }
    if let Some(environment) = &mut job.environment {
        visit(&mut environment.name, "environment");
    }
    let services = job.services.iter_mut().map(|it| &mut it.container);
    for container in job.container.iter_mut().chain(services) {
        visit(&mut container.image, "image");
        container.settings.iter_mut().for_each(|(name, it)| setting(name, it, visit));
    }
    if let Some(concurrency) = &mut job.concurrency {
        visit(&mut concurrency.group, "group");
        visit(&mut concurrency.cancel, "cancel");
    }
    if let Some(value) = &mut job.continue_on_error {
        visit(value, "tolerated");
    }
    if let Some(foreign) = &mut job.foreign {
        foreign.inputs.iter_mut().for_each(|(name, value)| visit(value, name));
    }
}

fn setting(name: &str, setting: &mut SettingValue, visit: &mut dyn FnMut(&mut Value, &str)) {
    match setting {
        // What a container's registry wants of a secret only the container's own keys can say.
        SettingValue::Value(Value::Secret(_)) => {}
        SettingValue::Value(value) => visit(value, name),
        SettingValue::Map(entries) => entries.iter_mut().for_each(|(name, it)| self::setting(name, it, visit)),
    }
}
