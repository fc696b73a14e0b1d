//! The values of a job's steps, and of what it hands on.

use flow_plan::model::{
    Block, Const, Guard, Job, Op, Output, OutputKind, Publish, PublishFrom, Run, ScriptPart, Step, Value, ValueType,
    When,
};

use super::conditions::{all, conjuncts, guard, negated, not};
use super::names::{name_of, tidy, unique};
use super::types::Types;
use super::{Native, Site};
use crate::facts::Facts;

/// Rewrites the steps and the outputs of a job of the plan that `facts` are of.
pub(crate) fn lower(facts: &Facts<'_>, native: &dyn Native, job: &mut Job) {
    let steps = std::mem::take(&mut job.steps);
    let mut env = std::mem::take(&mut job.env);
    let mut pass = Pass { facts, native, ids: steps.iter().map(|it| it.id.clone()).collect(), job, made: Vec::new() };
    let first = Point { block: Block::Main, guards: &[], place: pass.job.place.clone() };
    let mut wanted = Wanted::default();
    for (name, value) in &mut env {
        if !pass.says(value, Site::JobEnv) {
            pass.want(value, Site::Step, name, &mut wanted, &first);
        }
    }
    pass.compute(wanted, &first);
    pass.job.env = env;

    let mut handed = false;
    for step in steps {
        if step.block != Block::Main && !handed {
            pass.hand_on(false);
            handed = true;
        }
        pass.step(step);
    }
    if !handed {
        pass.hand_on(false);
    }
    pass.hand_on(true);
    pass.shown();
}

/// What has to be computed at one point, by name.
type Wanted = Vec<(String, Value)>;

/// Where a step stands.
struct Point<'a> {
    block: Block,
    /// The native conditions around.
    guards: &'a [Value],
    place: flow_plan::model::Place,
}

/// A value that a step computes.
struct Made {
    value: Value,
    block: Block,
    guards: Vec<Value>,
    step: String,
    name: String,
}

struct Pass<'a> {
    facts: &'a Facts<'a>,
    native: &'a dyn Native,
    /// With the steps so far.
    job: &'a mut Job,
    /// The ids of all steps.
    ids: Vec<String>,
    made: Vec<Made>,
}

impl Pass<'_> {
    fn says(&self, value: &Value, site: Site) -> bool {
        self.native.says(self.facts, Some(self.job), value, site)
    }

    fn step(&mut self, mut step: Step) {
        let mut guards: Vec<Value> = Vec::new();
        if let Some(it) = step.guard.take() {
            for condition in conjuncts(&it.condition) {
                let point = Point { block: step.block, guards: &guards, place: step.place.clone() };
                let native = self.condition(condition, &point);
                guards.push(native);
            }
            step.guard = guard(&guards).map(|native| Guard { phase: it.phase, ..native });
        }
        let point = Point { block: step.block, guards: &guards, place: step.place.clone() };
        let mut wanted = Wanted::default();
        each(&mut step, &mut |value, site, name| {
            if !self.says(value, site) {
                self.want(value, site, name, &mut wanted, &point);
            }
        });
        self.compute(wanted, &point);
        self.job.steps.push(step);
    }

    /// A native condition that holds where this one does.
    fn condition(&mut self, condition: &Value, point: &Point<'_>) -> Value {
        // What holds already can tell what it needs to.
        let whole = all(point.guards.iter().chain([condition]).cloned().collect());
        if whole.is_some_and(|it| self.says(&it, Site::If)) {
            return condition.clone();
        }
        if let Some(inner) = negated(condition) {
            return not(self.condition(inner, point));
        }
        let mut value = condition.clone();
        let mut wanted = Wanted::default();
        let name = name_of(condition);
        self.want(&mut value, Site::If, &name, &mut wanted, point);
        self.compute(wanted, point);
        value
    }

    /// Has what is not native in a value computed, and refers to it.
    fn want(&mut self, value: &mut Value, site: Site, name: &str, wanted: &mut Wanted, point: &Point<'_>) {
        if self.says(value, site) {
            return;
        }
        match value {
            Value::Join(parts) => {
                for part in parts {
                    let name = name_of(part);
                    self.want(part, site, &name, wanted, point);
                }
                return;
            }
            Value::Declassified { value: inner, .. } => return self.want(inner, site, name, wanted, point),
            _ => {}
        }
        if let Some(made) = self.made.iter().find(|it| it.value == *value && it.serves(point)) {
            *value = Value::Step { step: made.step.clone(), name: made.name.clone() };
            return;
        }
        if let Some((step, name)) = self.add(value, name, point) {
            *value = Value::Step { step, name };
            return;
        }
        self.want_computed(value, name, wanted);
    }

    /// The same of a value that a step has to compute.
    fn want_computed(&self, value: &mut Value, name: &str, wanted: &mut Wanted) {
        let step = unique("compute".to_owned(), '-', |id| self.ids.iter().any(|it| it == id));
        let name = match wanted.iter().find(|(_, other)| other == value) {
            Some((name, _)) => name.clone(),
            None => {
                let name = unique(tidy(name), '_', |name| wanted.iter().any(|(it, _)| it == name));
                wanted.push((name.clone(), value.clone()));
                name
            }
        };
        *value = Value::Step { step, name };
    }

    /// Has a step that is there already compute a value too, where nobody can tell the difference: it runs
    /// whenever the reader does, all that the value is made of is there, and it cannot fail.
    fn add(&mut self, value: &Value, name: &str, point: &Point<'_>) -> Option<(String, String)> {
        if !is_total(value) {
            return None;
        }
        let steps = &self.job.steps;
        let from = made_of(value).map(|id| steps.iter().position(|it| it.id == id)).max().flatten();
        let at = steps.iter().enumerate().position(|(at, it)| {
            let made = self.made.iter().find(|made| made.step == it.id);
            from.is_none_or(|from| from < at)
                && made.is_some_and(|made| made.block == point.block && made.guards.as_slice() == point.guards)
        })?;
        let secret = is_secret(self.job, value);
        let ty = Types { facts: self.facts, job: Some(self.job) }.of(value);
        let step = self.job.steps.get_mut(at)?;
        let name = unique(tidy(name), '_', |name| step.publishes.iter().any(|it| it.name == name));
        step.publishes.push(Publish { secret, ..Publish::new(name.clone(), ty, PublishFrom::Computed) });
        if let Run::Compute(all) = &mut step.run {
            all.push((name.clone(), value.clone()));
        }
        step.title = titled(step.publishes.iter().map(|it| it.name.as_str()));
        let made = Made {
            value: value.clone(),
            block: point.block,
            guards: point.guards.to_vec(),
            step: step.id.clone(),
            name: name.clone(),
        };
        let id = made.step.clone();
        self.made.push(made);
        Some((id, name))
    }

    /// The step that computes what is wanted.
    fn compute(&mut self, wanted: Wanted, point: &Point<'_>) {
        if wanted.is_empty() {
            return;
        }
        let id = unique("compute".to_owned(), '-', |id| self.ids.iter().any(|it| it == id));
        self.ids.push(id.clone());
        let types = Types { facts: self.facts, job: Some(self.job) };
        let publishes = wanted.iter().map(|(name, value)| Publish {
            secret: is_secret(self.job, value),
            ..Publish::new(name.clone(), types.of(value), PublishFrom::Computed)
        });
        let publishes: Vec<Publish> = publishes.collect();
        for (name, value) in &wanted {
            self.made.push(Made {
                value: value.clone(),
                block: point.block,
                guards: point.guards.to_vec(),
                step: id.clone(),
                name: name.clone(),
            });
        }
        self.job.steps.push(Step {
            title: titled(wanted.iter().map(|(name, _)| name.as_str())),
            guard: guard(point.guards),
            block: point.block,
            publishes,
            place: point.place.clone(),
            id,
            run: Run::Compute(wanted),
            ..Step::default()
        });
    }

    /// What the job hands on: those outputs that are there however it ends, or the others.
    fn hand_on(&mut self, always: bool) {
        let mut outputs = std::mem::take(&mut self.job.outputs);
        let block = if always { Block::Finally } else { Block::Main };
        let point = Point { block, guards: &[], place: self.job.place.clone() };
        let mut wanted = Wanted::default();
        // No platform takes a job without a step: what its outputs could say for themselves, one says.
        let stepless = self.job.steps.is_empty() && self.job.checkout.is_none() && self.job.foreign.is_none();
        let (facts, id) = (self.facts, self.job.id.clone());
        let is_read = |it: &Output| facts.is_read_output(&id, &it.name);
        // What is known early is read nowhere.
        let all = stepless && !outputs.iter().any(is_read);
        for output in outputs.iter_mut().filter(|it| it.always == always) {
            if !all && !is_read(output) {
                continue;
            }
            match &mut output.kind {
                OutputKind::Value { value, .. } if stepless => self.want_computed(value, &output.name, &mut wanted),
                OutputKind::Value { value, .. } => self.want(value, Site::End, &output.name, &mut wanted, &point),
                OutputKind::Artifact(_) => {}
            }
        }
        let mut environment = self.job.environment.take();
        if let Some(url) = environment.as_mut().and_then(|it| it.url.as_mut()).filter(|_| !always) {
            self.want(url, Site::End, "url", &mut wanted, &point);
        }
        self.compute(wanted, &point);
        self.job.environment = environment;
        self.job.outputs = outputs;
    }

    /// The conditions of what is exposed.
    fn shown(&mut self) {
        let mut exposes = std::mem::take(&mut self.job.exposes);
        for expose in &mut exposes {
            let Some(it) = expose.guard.take() else { continue };
            let block = if expose.when == When::Succeeded { Block::Main } else { Block::Finally };
            let point = Point { block, guards: &[], place: expose.place.clone() };
            let all: Vec<Value> = conjuncts(&it.condition).into_iter().map(|one| self.condition(one, &point)).collect();
            expose.guard = guard(&all).map(|native| Guard { phase: it.phase, ..native });
        }
        self.job.exposes = exposes;
    }
}

impl Made {
    /// Whether it is there whenever what stands at `point` runs.
    fn serves(&self, point: &Point<'_>) -> bool {
        self.block == point.block && point.guards.starts_with(&self.guards)
    }
}

fn titled<'n>(names: impl Iterator<Item = &'n str>) -> String {
    format!("Compute {}", names.collect::<Vec<_>>().join(", "))
}

/// The steps that a value is made of.
fn made_of(value: &Value) -> impl Iterator<Item = &str> {
    let mut all = Vec::new();
    value.each(&mut |it| {
        if let Value::Step { step, .. } = it {
            all.push(step.as_str());
        }
    });
    all.into_iter()
}

/// Whether a value cannot fail, whatever it is made of.
fn is_total(value: &Value) -> bool {
    let mut total = true;
    value.each(&mut |it| match it {
        Value::Compute(it) => {
            let whole = |ty: &ValueType| matches!(ty.present(), ValueType::Int | ValueType::Duration);
            let known = |at: usize| {
                it.args.get(at).is_some_and(|arg| matches!(&arg.value, Value::Const(Const::Text(it)) if !it.is_empty()))
            };
            total &= match it.op {
                Op::Not
                | Op::And
                | Op::Or
                | Op::Coalesce
                | Op::If
                | Op::Lower
                | Op::Upper
                | Op::Join
                | Op::Trim
                | Op::IsEmpty => true,
                Op::StartsWith | Op::EndsWith | Op::Contains | Op::Len | Op::Field(_) => true,
                Op::Replace | Op::Split => known(1),
                Op::Eq | Op::Ne => it.args.iter().all(|arg| !whole(&arg.ty)),
                _ => false,
            };
        }
        Value::Json { .. } | Value::Param(_) => total = false,
        _ => {}
    });
    total
}

/// Whether a value is made of a secret.
fn is_secret(job: &Job, value: &Value) -> bool {
    let mut found = false;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Secret(_) => found = true,
            Value::Ctx(name) => found |= name == "token",
            Value::Step { step, name } => {
                let step = job.steps.iter().find(|it| it.id == *step);
                found |= step.is_some_and(|it| it.publishes.iter().any(|it| it.name == *name && it.secret));
            }
            Value::Join(parts) => open.extend(parts),
            // Whether it is there may be told.
            Value::Compute(it) if it.ty != ValueType::Bool => open.extend(it.args.iter().map(|arg| &arg.value)),
            _ => {}
        }
    }
    found
}

/// Calls `visit` for each value that a step mentions apart from its guard, with where that stands and a
/// name for it.
pub(super) fn each(step: &mut Step, visit: &mut dyn FnMut(&mut Value, Site, &str)) {
    if let Some(value) = &mut step.continue_on_error {
        visit(value, Site::Step, "tolerated");
    }
    for (name, value) in &mut step.env {
        visit(value, Site::Step, name);
    }
    match &mut step.run {
        Run::Script(script) => {
            for part in &mut script.parts {
                match part {
                    ScriptPart::Read { variable, value, .. } | ScriptPart::Spread { variable, value } => {
                        visit(value, Site::Step, variable);
                    }
                    ScriptPart::Text(_) | ScriptPart::Path { .. } => {}
                }
            }
        }
        Run::Foreign(it) => it.inputs.iter_mut().for_each(|(name, value)| visit(value, Site::Step, name)),
        Run::Export { name, value } => visit(value, Site::Step, name),
        Run::AddPath(value) => visit(value, Site::Step, "path"),
        Run::Summary(value) => visit(value, Site::Step, "summary"),
        Run::Checkout(it) => {
            for (name, value) in
                [("repo", it.repo.as_mut()), ("ref", it.reference.as_mut()), ("token", it.token.as_deref_mut())]
            {
                if let Some(value) = value {
                    visit(value, Site::Step, name);
                }
            }
        }
        Run::Take { .. } | Run::Pass { .. } | Run::SummaryFile(_) | Run::Compute(_) => {}
    }
}
