//! What a backend asks about the plan as a whole: who reads which output, so that only that is
//! published, and whether the plan keeps its own promises.

use std::cell::OnceCell;

use flow_plan::model::{
    Consume, Earlier, FieldKind, Files, Job, Os, Output, OutputKind, PipelineOutputKind, Plan, Schema, Value, ValueType,
};
use flow_plan::outcome::ties;
use flow_plan::pattern::common_folder;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::EmitError;
use crate::lower::jobs::rewrite;
use crate::shell::artifacts::{Packing, packing};
use crate::shell::manifest::Systems;
use crate::shell::views::earlier_name;

/// Questions about a plan.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) plan: &'a Plan,
    /// By id, with the position in the plan.
    jobs: FxHashMap<&'a str, (usize, &'a Job)>,
    /// Value outputs that some other job reads.
    read: FxHashSet<(&'a str, &'a str)>,
    /// What outputs stand for that conditions have become: each with the condition as it was.
    conditions: &'a [(Value, Value)],
    /// The consumers of artifact outputs.
    consumers: FxHashMap<(&'a str, &'a str), Vec<&'a Job>>,
    /// What jobs run for each element of.
    lists: Vec<&'a Value>,
    /// The names of artifacts that travel, once somebody asks.
    names: OnceCell<FxHashSet<String>>,
}

impl<'a> Facts<'a> {
    /// Looks through the plan; refuses one that names what it does not hold.
    pub(crate) fn new(plan: &'a Plan) -> Result<Self, Vec<EmitError>> {
        let jobs: FxHashMap<_, _> = plan.jobs.iter().enumerate().map(|(at, it)| (it.id.as_str(), (at, it))).collect();
        let mut facts = Self {
            plan,
            jobs,
            read: FxHashSet::default(),
            conditions: &[],
            consumers: FxHashMap::default(),
            lists: plan.jobs.iter().flat_map(|it| &it.each).map(|it| &it.list).collect(),
            names: OnceCell::new(),
        };
        let mut errors = Vec::new();
        for job in &plan.jobs {
            job.values(&mut |value| facts.note(job, value, &mut errors));
            for consume in &job.consumes {
                consume.from.outputs(&mut |from, output| {
                    if facts.artifact(from, output).is_none() {
                        errors.push(broken(job, &format!("artifact {output} of job {from}")));
                    }
                    facts.depends(job, from, &mut errors);
                    facts.consumers.entry((from, output)).or_default().push(job);
                });
            }
            for edge in &job.needs {
                if !facts.jobs.contains_key(edge.job.as_str()) {
                    errors.push(broken(job, &format!("job {}", edge.job)));
                }
            }
        }
        for output in &plan.outputs {
            if let PipelineOutputKind::Value { value, .. } = &output.kind {
                value.each(&mut |value| match value {
                    Value::Output { job, output } if facts.early(job, output).is_none() => {
                        facts.read.insert((job, output));
                    }
                    _ => {}
                });
            }
        }
        if errors.is_empty() { Ok(facts) } else { Err(errors) }
    }

    fn note(&mut self, job: &'a Job, value: &'a Value, errors: &mut Vec<EmitError>) {
        match value {
            // What another workflow hands on is named by itself.
            Value::Output { job: producer, .. } if *producer == job.id => {}
            Value::Output { job: producer, output } => match self.value(producer, output) {
                None => errors.push(broken(job, &format!("value {output} of job {producer}"))),
                Some(_) => {
                    if self.early(producer, output).is_none() {
                        self.read.insert((producer, output));
                        self.depends(job, producer, errors);
                    }
                }
            },
            Value::Param(name) if !self.plan.params.iter().any(|it| it.name == *name) => {
                errors.push(broken(job, &format!("parameter {name}")));
            }
            Value::Step { step, name } if published(job, step, name).is_none() => {
                errors.push(broken(job, &format!("value {name} of step {step}")));
            }
            _ => {}
        }
    }

    fn depends(&self, job: &Job, on: &str, errors: &mut Vec<EmitError>) {
        if !job.needs.iter().any(|it| it.job == on) {
            errors.push(broken(job, &format!("edge to job {on}, whose output it uses,")));
        }
    }

    /// Whether the value is known before any job runs, so that its reader needs nobody.
    pub(crate) fn is_early(&self, value: &Value) -> bool {
        match value {
            Value::Const(_) | Value::Param(_) => true,
            // The others are the same in every job.
            Value::Ctx(name) => !["job", "os", "arch", "workspace", "temp", "token"].contains(&name.as_str()),
            Value::Output { job, output } => self.early(job, output).is_some(),
            Value::Join(parts) => parts.iter().all(|it| self.is_early(it)),
            _ => false,
        }
    }

    /// The same of a plan in which outputs stand for conditions.
    pub(crate) fn knowing(self, conditions: &'a [(Value, Value)]) -> Self {
        Self { conditions, ..self }
    }

    /// The parts of a job's guard, as they were in the program.
    pub(crate) fn conditions(&self, job: &Job) -> Vec<Value> {
        let known = |value: &Value| self.conditions.iter().find(|(it, _)| it == value).map(|(_, it)| it.clone());
        let parts = flow_plan::outcome::conjuncts(job.guard.as_ref()).into_iter().cloned();
        let original = parts.map(|mut it| {
            rewrite(&mut it, &mut |value| known(value));
            it
        });
        original.collect()
    }

    /// A job by its id.
    pub(crate) fn job(&self, id: &str) -> Option<&'a Job> {
        self.jobs.get(id).map(|(_, job)| *job)
    }

    /// A value output: its type and value.
    pub(crate) fn value(&self, job: &str, output: &str) -> Option<(&'a ValueType, &'a Value)> {
        match &find(self.job(job)?, output)?.kind {
            OutputKind::Value { ty, value } => Some((ty, value)),
            OutputKind::Artifact(_) => None,
        }
    }

    fn artifact(&self, job: &str, output: &str) -> Option<&'a Schema> {
        match &find(self.job(job)?, output)?.kind {
            OutputKind::Artifact(schema) => Some(schema),
            OutputKind::Value { .. } => None,
        }
    }

    /// What an output's reader reads, when that is known before any job runs, and whatever becomes of the job.
    pub(crate) fn early(&self, job: &str, output: &str) -> Option<&'a Value> {
        let sure = |it: &&Job| {
            it.guard.is_none() && it.each.is_empty() && it.continue_on_error.is_none() && it.foreign.is_none()
        };
        self.job(job).filter(sure)?;
        self.value(job, output).map(|it| it.1).filter(|it| self.is_early(it))
    }

    /// The value outputs of a job that another one reads while it runs, in their order.
    pub(crate) fn read_outputs(&self, job: &'a Job) -> impl Iterator<Item = (&'a Output, &'a ValueType, &'a Value)> {
        job.outputs.iter().filter_map(move |it| match &it.kind {
            OutputKind::Value { ty, value } if self.read.contains(&(job.id.as_str(), it.name.as_str())) => {
                Some((it, ty, value))
            }
            _ => None,
        })
    }

    /// Whether anybody reads a value output while the run goes on.
    pub(crate) fn is_read_output(&self, job: &str, output: &str) -> bool {
        self.read.contains(&(job, output))
    }

    /// Whether some job asks how this one ended, or takes files that are there only if it succeeded.
    pub(crate) fn is_asked(&self, id: &str) -> bool {
        let mut asked = false;
        for job in self.plan.jobs.iter().filter(|it| it.needs.iter().any(|edge| edge.job == id)) {
            asked |= job.consumes.iter().any(|it| it.mentions(id));
            job.values(&mut |value| match value {
                Value::Succeeded(job) => asked |= job == id,
                Value::Exists(files) => files.outputs(&mut |job, _| asked |= job == id),
                _ => {}
            });
        }
        asked
    }

    /// Whether some job consumes the artifact.
    pub(crate) fn travels(&self, job: &str, output: &str) -> bool {
        self.consumers.contains_key(&(job, output))
    }

    /// Whether a name is that of an artifact which travels between jobs.
    pub(crate) fn is_internal(&self, name: &str) -> bool {
        let names = self
            .names
            .get_or_init(|| self.consumers.keys().map(|(job, output)| artifact_name(self.plan, job, output)).collect());
        names.contains(name)
    }

    /// Who is at the ends of an artifact's ways.
    pub(crate) fn systems(&self, here: Os, job: &str, output: &str) -> Systems {
        let producer = self.job(job).is_some_and(|it| it.runner.os == Os::Windows);
        let consumers = self.consumers.get(&(job, output));
        let windows = producer || consumers.is_some_and(|it| it.iter().any(|job| job.runner.os == Os::Windows));
        Systems { here, windows }
    }

    /// The jobs that one comes after: direct ones, each once, in the plan's order.
    pub(crate) fn needs(&self, job: &Job) -> Vec<&'a str> {
        self.ordered(job.needs.iter().map(|it| it.job.as_str()))
    }

    /// Jobs by their ids, each once, in the plan's order.
    pub(crate) fn ordered<'b>(&self, ids: impl Iterator<Item = &'b str>) -> Vec<&'a str> {
        let mut found: Vec<_> = ids.filter_map(|id| self.jobs.get(id)).collect();
        found.sort_unstable_by_key(|(at, _)| *at);
        found.dedup_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, job)| job.id.as_str()).collect()
    }

    /// Whether an empty text of this published value is a fault: a required output is made of it.
    pub(crate) fn is_required(&self, job: &Job, step: &str, name: &str) -> bool {
        job.outputs.iter().any(|it| match &it.kind {
            OutputKind::Value { ty: ValueType::String, value: Value::Step { step: from, name: made } } => {
                from == step && made == name
            }
            _ => false,
        })
    }

    /// Whether a published value of a step is read at all, by this job or through its outputs.
    pub(crate) fn is_read(&self, job: &'a Job, step: &str, name: &str) -> bool {
        let mut read = false;
        let mut see = |value: &Value| {
            read |= matches!(value, Value::Step { step: from, name: made } if from == step && made == name);
        };
        // What the job hands on counts only if somebody reads it.
        job.values_inside(&mut see);
        self.read_outputs(job).for_each(|it| it.2.each(&mut see));
        read
    }

    /// Whether a published value of a step is, as it is, a list that a job runs for each element of.
    pub(crate) fn is_looped(&self, job: &Job, step: &str, name: &str) -> bool {
        let same =
            |value: &Value| matches!(value, Value::Step { step: from, name: made } if from == step && made == name);
        self.lists
            .iter()
            .filter_map(|it| match it {
                Value::Output { job: from, output } if *from == job.id => self.value(from, output),
                _ => None,
            })
            .any(|(_, value)| same(value))
    }

    /// Whether a published value of a step is, as it is, an output that another job reads.
    pub(crate) fn is_handed_on(&self, job: &'a Job, step: &str, name: &str) -> bool {
        let same =
            |value: &Value| matches!(value, Value::Step { step: from, name: made } if from == step && made == name);
        self.read_outputs(job).any(|(_, _, value)| same(value))
    }

    /// The outputs of other jobs that a job reads while it runs, each once.
    pub(crate) fn reads(&self, job: &'a Job) -> Vec<(&'a str, &'a str)> {
        let mut all: Vec<(&str, &str)> = Vec::new();
        job.values(&mut |value| match value {
            Value::Output { job, output } if !all.contains(&(job, output)) => all.push((job, output)),
            _ => {}
        });
        all.retain(|(producer, output)| self.early(producer, output).is_none());
        all
    }

    /// The members of `ctx` that a job reads, also through outputs known early, each once.
    pub(crate) fn context(&self, job: &'a Job) -> Vec<&'a str> {
        let mut all = Vec::new();
        job.values(&mut |it| self.context_of(it, &mut all));
        all
    }

    fn context_of(&self, value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Ctx(name) if !into.contains(&name.as_str()) => into.push(name),
            Value::Output { job, output } => {
                if let Some(early) = self.early(job, output) {
                    early.each(&mut |it| self.context_of(it, into));
                }
            }
            _ => {}
        }
    }

    /// Whether somebody asks if an artifact was made that is published however its job ends.
    pub(crate) fn is_asked_for(&self, job: &str, output: &str) -> bool {
        if !self.output(job, output).is_some_and(|it| it.always) {
            return false;
        }
        self.plan.jobs.iter().any(|reader| {
            let mut asked = false;
            reader.values(&mut |value| {
                if let Value::Exists(files) = value {
                    files.outputs(&mut |from, name| asked |= from == job && name == output);
                }
            });
            asked || ties(reader, |id| self.job(id)).iter().any(|it| it.job == job && it.made.contains(&output))
        })
    }

    /// How an artifact travels.
    pub(crate) fn packing(&self, job: &str, output: &str) -> Packing {
        let found = self.job(job).and_then(|it| find(it, output));
        match found.map(|it| (it, &it.kind)) {
            Some((output, OutputKind::Artifact(schema))) => packing(output, schema),
            _ => Packing::Plain,
        }
    }

    /// An output of a job.
    pub(crate) fn output(&self, job: &str, output: &str) -> Option<&'a Output> {
        find(self.job(job)?, output)
    }

    /// What a job downloads: what it sees as a whole, then what else it sees parts or views of, then
    /// what it sees under conditions.
    pub(crate) fn fetches(&self, job: &'a Job) -> Vec<Fetch<'a>> {
        let wholes = job.consumes.iter().filter_map(|it| {
            let (job, output) = it.output()?;
            let folder = match self.packing(job, output) {
                Packing::Plain => "in",
                Packing::Packed => "pack",
            };
            let folder = format!("{folder}/{}", it.id);
            let optional = it.optional;
            Some(Fetch {
                job,
                output,
                folder,
                whole: Some(it),
                optional,
                choice: None,
                conditions: Vec::new(),
                earlier: None,
            })
        });
        let mut all: Vec<Fetch<'a>> = wholes.collect();
        for consume in job.consumes.iter().filter(|it| it.output().is_none()) {
            self.parts(consume, &consume.from, &mut Vec::new(), &mut all);
        }
        all
    }

    /// Whether what a job sees of several jobs, one of which runs, can come to one place as it is: plain
    /// files that lie there alike.
    pub(crate) fn is_direct(&self, consume: &Consume) -> bool {
        fn sides<'f>(files: &'f Files, all: &mut Vec<&'f Files>) {
            match files {
                Files::Either { then, otherwise, .. } => {
                    then.iter().chain(otherwise).for_each(|it| sides(it, all));
                }
                one => all.push(one),
            }
        }
        let mut all = Vec::new();
        sides(&consume.from, &mut all);
        let paths = |schema: &Schema| schema.fields.iter().map(|it| it.path.clone()).collect::<Vec<_>>();
        all.len() > 1
            && all.iter().all(|files| match files {
                Files::Output { job, output } => {
                    self.packing(job, output) == Packing::Plain
                        && self.artifact(job, output).is_some_and(|it| paths(it) == paths(&consume.schema))
                }
                _ => false,
            })
    }

    fn parts(
        &self,
        consume: &'a Consume,
        files: &'a Files,
        conditions: &mut Vec<(&'a Value, bool)>,
        all: &mut Vec<Fetch<'a>>,
    ) {
        match files {
            Files::Output { job, output } => {
                let choice = (!conditions.is_empty()).then_some(consume.id.as_str());
                if all.iter().any(|it| it.job == job && it.output == output && it.choice == choice) {
                    return;
                }
                let folder = match choice {
                    Some(id) if self.is_direct(consume) => format!("in/{id}"),
                    Some(id) => format!("from/{id}/{job}.{output}"),
                    None => format!("from/{job}.{output}"),
                };
                let (optional, conditions) = (consume.optional, conditions.clone());
                all.push(Fetch { job, output, folder, whole: None, optional, choice, conditions, earlier: None });
            }
            Files::Earlier { pipeline, run, name, schema } => {
                let whole = *files == consume.from;
                let folder = match (whole, schema.fields.as_slice()) {
                    // It lies there as it has to.
                    (true, [only]) if only.kind == FieldKind::Opaque => format!("in/{}/{}", consume.id, only.path),
                    (true, fields) => {
                        let common = common_folder(fields.iter().map(|it| it.path.as_str()));
                        format!("in/{}/{common}", consume.id).trim_end_matches('/').to_owned()
                    }
                    (false, _) => format!("from/{}/{}", consume.id, earlier_name(pipeline, name)),
                };
                if all.iter().any(|it| it.folder == folder) {
                    return;
                }
                let (conditions, choice) = (conditions.clone(), Some(consume.id.as_str()));
                let earlier = Some(run);
                all.push(Fetch {
                    job: pipeline,
                    output: name,
                    folder,
                    whole: None,
                    optional: true,
                    choice,
                    conditions,
                    earlier,
                });
            }
            Files::Part { of, .. } | Files::Subtree { of, .. } | Files::Filter { of, .. } => {
                self.parts(consume, of, conditions, all);
            }
            Files::Merge { of, .. } => of.iter().for_each(|it| self.parts(consume, it, conditions, all)),
            Files::Either { condition, then, otherwise } => {
                for (side, holds) in [(then, true), (otherwise, false)] {
                    if let Some(side) = side {
                        conditions.push((condition, holds));
                        self.parts(consume, side, conditions, all);
                        conditions.pop();
                    }
                }
            }
        }
    }
}

/// An artifact that a job downloads.
#[derive(Clone, Debug)]
pub(crate) struct Fetch<'a> {
    /// Who made it.
    pub(crate) job: &'a str,
    /// As which output.
    pub(crate) output: &'a str,
    /// Where it comes to, below the job's private folder.
    pub(crate) folder: String,
    /// What the job consumes, where that is all of it.
    pub(crate) whole: Option<&'a Consume>,
    /// It may not be there.
    pub(crate) optional: bool,
    /// The consumer's id, where it comes for that alone, under conditions.
    pub(crate) choice: Option<&'a str>,
    /// Of which earlier run of the pipeline that `job` says it is what `output` says.
    pub(crate) earlier: Option<&'a Earlier>,
    /// These, and whether each has to hold.
    pub(crate) conditions: Vec<(&'a Value, bool)>,
}

/// A name for an artifact that every platform takes.
pub(crate) fn artifact_name(plan: &Plan, job: &str, output: &str) -> String {
    let name = format!("{}.{job}.{output}", plan.pipeline).to_ascii_lowercase();
    name.chars().map(|it| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' }).collect()
}

fn find<'a>(job: &'a Job, output: &str) -> Option<&'a Output> {
    job.outputs.iter().find(|it| it.name == output)
}

/// The type of what a step publishes.
pub(crate) fn published<'a>(job: &'a Job, step: &str, name: &str) -> Option<&'a ValueType> {
    let step = job.steps.iter().find(|it| it.id == step)?;
    step.publishes.iter().find(|it| it.name == name).map(|it| &it.ty)
}

fn broken(job: &Job, what: &str) -> EmitError {
    EmitError::at(
        &job.place,
        format!("the plan of job {} mentions what it does not hold: {what} is missing", job.id),
        "this is a fault of the compiler, not of the program: please report it",
    )
}
