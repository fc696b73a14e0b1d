//! A workflow's jobs: who waits for whom, who runs, what is handed on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::checkout::git;
use super::evaluate::{Scope, Status};
use super::job::{self, Spec};
use super::value::Value;
use super::{Artifact, Job, Leg, Options, Order, Outcome, Run, inputs, matrix};

/// What all jobs of a run share.
pub(super) struct Whole {
    pub(super) options: Options,
    pub(super) repository: PathBuf,
    /// Where all of the run lies.
    pub(super) base: PathBuf,
    pub(super) artifacts: BTreeMap<String, Artifact>,
    pub(super) cancelled: bool,
    order: Vec<String>,
    log: String,
    count: usize,
}

impl Whole {
    pub(super) fn say(&mut self, text: &str) {
        self.log.push_str(text);
    }

    /// A number that nothing else has.
    pub(super) fn counter(&mut self) -> usize {
        self.count += 1;
        self.count
    }
}

/// The jobs of a called workflow, and its outputs.
type Called = (BTreeMap<String, Job>, BTreeMap<String, String>);

/// A workflow, started or called.
struct Workflow<'a> {
    text: &'a Value,
    github: &'a Value,
    inputs: Value,
    secrets: Value,
    vars: Value,
    /// Before the ids of its jobs in the run's order.
    prefix: String,
    /// What the caller may do; null: anything.
    ceiling: Value,
}

/// Carries out a workflow.
pub(super) fn run(file: &Path, options: &Options) -> Result<Run, String> {
    let folder = tempfile::Builder::new().prefix("hosted").tempdir().map_err(|error| error.to_string())?;
    let text = read(file)?;
    let start = file.parent().ok_or("a workflow lies in a folder")?;
    let repository = if options.repository.as_os_str().is_empty() {
        PathBuf::from(git(start, &["rev-parse", "--show-toplevel"])?)
    } else {
        options.repository.clone()
    };
    let event = &options.event;
    let on = text.get("on");
    let declared = match on {
        Value::Text(name) if *name == event.name => &Value::Null,
        Value::List(names) if names.iter().any(|it| it.text() == event.name) => &Value::Null,
        Value::Object(all) if all.iter().any(|(name, _)| *name == event.name) => on.get(&event.name),
        _ => return Err(format!("it does not run on {}", event.name)),
    };
    let given: Vec<(String, Value)> =
        options.inputs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let asks = matches!(event.name.as_str(), "workflow_dispatch" | "workflow_call");
    if !asks && !given.is_empty() {
        return Err(format!("{} has no inputs", event.name));
    }
    let typed =
        if asks { inputs::typed(declared.get("inputs"), &given, "the run")? } else { Value::Object(Vec::new()) };

    let sha = git(&repository, &["rev-parse", "HEAD"])?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = if text.get("name").is_null() { file_name.to_string() } else { text.get("name").text() };
    let token = "the-token-of-this-run-0123456789";
    let attempt = if options.previous.is_some() { 2 } else { 1 };
    let mut github = event.github(&sha, &name, &file_name, attempt, token);
    if asks {
        let texts = typed.entries().iter().map(|(name, value)| (name.clone(), value.text().into())).collect();
        let mut payload = github.get("event").clone();
        payload.set("inputs", Value::Object(texts));
        github.set("event", payload);
    }
    let mut secrets = Value::Object(vec![("GITHUB_TOKEN".to_owned(), token.into())]);
    for (name, value) in &options.secrets {
        secrets.set(name, value.as_str().into());
    }
    let mut vars = Value::Object(Vec::new());
    for (name, value) in &options.vars {
        vars.set(name, value.as_str().into());
    }
    let mut whole = Whole {
        options: options.clone(),
        repository,
        base: folder.path().to_owned(),
        artifacts: BTreeMap::new(),
        cancelled: false,
        order: Vec::new(),
        log: String::new(),
        count: 0,
    };
    if let Some(previous) = &options.previous {
        whole.keep(&previous.artifacts)?;
    }
    let workflow = Workflow {
        text: &text,
        github: &github,
        inputs: typed,
        secrets,
        vars,
        prefix: String::new(),
        ceiling: Value::Null,
    };
    let title = match text.get("run-name") {
        Value::Null => None,
        it => Some(workflow.scope(&["github", "inputs", "vars"], &[], None).text(it)?),
    };
    workflow.scope(&["github", "inputs", "vars"], &[], None).expand_all(text.get("concurrency"))?;
    let kept = options.previous.as_ref().map(|it| it.kept.clone()).unwrap_or_default();
    let jobs = workflow.run(&mut whole, kept)?;
    let Whole { artifacts, order, log, cancelled, .. } = whole;
    let outcome = if cancelled { Outcome::Cancelled } else { together(jobs.values().map(|it| it.outcome)) };
    Ok(Run { outcome, jobs, artifacts, order, log, title, folder })
}

fn read(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if text.len() > 512_000 {
        return Err(format!("{} bytes, of at most 512,000: it never starts", text.len()));
    }
    serde_yaml::from_str(&text).map_err(|error| error.to_string())
}

/// What several come to.
fn together(all: impl Iterator<Item = Outcome>) -> Outcome {
    let all: Vec<Outcome> = all.collect();
    [Outcome::Failure, Outcome::Cancelled].into_iter().find(|it| all.contains(it)).unwrap_or(Outcome::Success)
}

impl Whole {
    /// The artifacts of an earlier attempt are still there.
    fn keep(&mut self, from: &Path) -> Result<(), String> {
        for entry in std::fs::read_dir(from).map_err(|error| error.to_string())?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let folder = self.base.join("artifacts").join(&name);
            std::fs::create_dir_all(self.base.join("artifacts")).map_err(|error| error.to_string())?;
            let done = std::process::Command::new("cp").arg("-R").arg(entry.path()).arg(&folder).status();
            if !done.is_ok_and(|it| it.success()) {
                return Err(format!("{name} cannot be copied"));
            }
            self.artifacts.insert(name, Artifact { folder, job: String::new(), retention: None });
        }
        Ok(())
    }
}

impl<'a> Workflow<'a> {
    fn scope<'s>(
        &'s self,
        names: &[&'static str],
        more: &[(&'static str, &'s Value)],
        status: Option<Status>,
    ) -> Scope<'s> {
        let own: [(&'static str, &Value); 4] =
            [("github", self.github), ("inputs", &self.inputs), ("secrets", &self.secrets), ("vars", &self.vars)];
        let mut contexts: Vec<(&'static str, &Value)> =
            own.into_iter().filter(|(name, _)| names.contains(name)).collect();
        contexts.extend(more.iter().copied());
        Scope { contexts, status, hash_files: None }
    }

    fn needs(&self, id: &str) -> Vec<String> {
        match self.text.get("jobs").get(id).get("needs") {
            Value::Null => Vec::new(),
            Value::Text(one) => vec![one.clone()],
            many => many.items().iter().map(Value::text).collect(),
        }
    }

    fn ancestors(&self, id: &str, all: &mut BTreeSet<String>) {
        for need in self.needs(id) {
            if all.insert(need.clone()) {
                self.ancestors(&need, all);
            }
        }
    }

    fn run(&self, whole: &mut Whole, kept: BTreeMap<String, Job>) -> Result<BTreeMap<String, Job>, String> {
        let mut todo: Vec<&String> = self.text.get("jobs").entries().iter().map(|(id, _)| id).collect();
        for id in &todo {
            if !id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                || !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            {
                return Err(format!("a job may not be called {id}"));
            }
            if let Some(need) = self.needs(id).iter().find(|need| !todo.contains(need)) {
                return Err(format!("{id} needs {need}, which is not there"));
            }
        }
        let mut done: BTreeMap<String, Job> = kept;
        todo.retain(|id| !done.contains_key(*id));
        while !todo.is_empty() {
            let mut ready =
                todo.iter().enumerate().filter(|(_, id)| self.needs(id).iter().all(|it| done.contains_key(it)));
            let found = if whole.options.order == Order::First { ready.next() } else { ready.next_back() };
            let (at, _) = found.ok_or_else(|| format!("jobs need each other: {todo:?}"))?;
            let id = todo.remove(at);
            let job = self.job(whole, id, &done).unwrap_or_else(|error| Job {
                outcome: Outcome::Failure,
                outputs: BTreeMap::new(),
                legs: Vec::new(),
                jobs: BTreeMap::new(),
                error: Some(error),
            });
            whole.say(&format!("=== {}{id}: {}\n", self.prefix, job.outcome.name()));
            if let Some(error) = &job.error {
                whole.say(&format!("error: {error}\n"));
            }
            done.insert(id.clone(), job);
        }
        Ok(done)
    }

    fn job(&self, whole: &mut Whole, id: &str, done: &BTreeMap<String, Job>) -> Result<Job, String> {
        let job = self.text.get("jobs").get(id);
        let mut needs = Value::Object(Vec::new());
        for need in self.needs(id) {
            let mut it = Value::Object(Vec::new());
            it.set("result", done[&need].outcome.name().into());
            it.set("outputs", Value::texts(&done[&need].outputs));
            needs.set(&need, it);
        }
        let mut ancestors = BTreeSet::new();
        self.ancestors(id, &mut ancestors);
        let outcomes: Vec<Outcome> = ancestors.iter().map(|it| done[it].outcome).collect();
        let status = Status {
            success: !whole.cancelled && outcomes.iter().all(|it| *it == Outcome::Success),
            failure: !whole.cancelled && outcomes.contains(&Outcome::Failure),
            cancelled: whole.cancelled,
        };
        let mut end = Job {
            outcome: Outcome::Skipped,
            outputs: BTreeMap::new(),
            legs: Vec::new(),
            jobs: BTreeMap::new(),
            error: None,
        };
        let more = [("needs", &needs)];
        if !self.scope(&["github", "inputs", "vars"], &more, Some(status)).condition(job.get("if"))? {
            if whole.cancelled {
                end.outcome = Outcome::Cancelled;
            }
            return Ok(end);
        }
        self.check_permissions(id, job)?;
        let strategy = self.scope(&["github", "inputs", "vars"], &more, None).expand_all(job.get("strategy"))?;
        let matrix = strategy.get("matrix");
        let legs = if matrix.is_null() { vec![Value::Null] } else { matrix::legs(matrix)? };
        let fail_fast = strategy.get("fail-fast").is_null() || strategy.get("fail-fast").truthy();
        let mut outcomes = Vec::new();
        for (index, leg) in legs.iter().enumerate() {
            let mut strategy = Value::Object(Vec::new());
            strategy.set("fail-fast", fail_fast.into());
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let number = |it: usize| Value::Number(it as f64);
            strategy.set("job-index", number(index));
            strategy.set("job-total", number(legs.len()));
            strategy.set("max-parallel", number(legs.len()));
            let values: Vec<String> = leg.entries().iter().map(|(_, value)| value.text()).collect();
            let shown = if leg.is_null() { id.to_owned() } else { format!("{id} ({})", values.join(", ")) };
            // The legs run at once: one that fails ends those that still run.
            if fail_fast && outcomes.contains(&Outcome::Failure) || whole.cancelled && index > 0 {
                outcomes.push(Outcome::Cancelled);
                continue;
            }
            whole.order.push(format!("{}{shown}", self.prefix));
            let label = format!("{}{shown}", self.prefix);
            let (outcome, outputs) = if job.get("uses").is_null() {
                let contexts = BTreeMap::from([
                    ("github", self.github.clone()),
                    ("inputs", self.inputs.clone()),
                    ("secrets", self.secrets.clone()),
                    ("vars", self.vars.clone()),
                    ("needs", needs.clone()),
                    ("matrix", leg.clone()),
                    ("strategy", strategy.clone()),
                ]);
                match job::run(whole, Spec { id, label, job, workflow: self.text, contexts }) {
                    Ok(it) => {
                        let outcome = it.leg.outcome;
                        end.legs.push(it.leg);
                        (outcome, it.outputs)
                    }
                    Err(error) => {
                        end.error = Some(error);
                        end.legs.push(broken(shown.clone(), leg.clone()));
                        (Outcome::Failure, BTreeMap::new())
                    }
                }
            } else {
                let more = [("needs", &needs), ("matrix", leg), ("strategy", &strategy)];
                let (jobs, outputs) = self.call(whole, job, &more, &label)?;
                let outcome = together(jobs.values().map(|it| it.outcome));
                end.jobs.extend(jobs);
                (outcome, outputs)
            };
            for (name, value) in outputs {
                if !value.is_empty() || !end.outputs.contains_key(&name) {
                    end.outputs.insert(name, value);
                }
            }
            let more = [("needs", &needs), ("matrix", leg), ("strategy", &strategy)];
            let lenient =
                self.scope(&["github", "inputs", "vars"], &more, None).expand_all(job.get("continue-on-error"))?;
            let tolerated = outcome == Outcome::Failure && lenient.truthy();
            outcomes.push(if tolerated { whole.options.tolerated } else { outcome });
        }
        end.outcome = together(outcomes.into_iter());
        Ok(end)
    }

    /// A called workflow may not ask for more than its caller has.
    fn check_permissions(&self, id: &str, job: &Value) -> Result<(), String> {
        let own = if job.get("permissions").is_null() { self.text.get("permissions") } else { job.get("permissions") };
        if self.ceiling.is_null() {
            return Ok(());
        }
        for (scope, level) in own.entries() {
            let rank = |it: &Value| ["none", "read", "write"].iter().position(|name| *name == it.text()).unwrap_or(0);
            if rank(level) > rank(self.ceiling.get(scope)) {
                return Err(format!("{id} asks for {scope}: {}, which its caller does not have", level.text()));
            }
        }
        Ok(())
    }

    fn call(
        &self,
        whole: &mut Whole,
        job: &Value,
        more: &[(&'static str, &Value)],
        label: &str,
    ) -> Result<Called, String> {
        let uses = job.get("uses").text();
        let given = self.scope(&["github", "inputs", "vars"], more, None).expand_all(job.get("with"))?;
        let secrets = match job.get("secrets") {
            Value::Text(it) if it == "inherit" => self.secrets.clone(),
            it => {
                let passed = self.scope(&["github", "inputs", "vars", "secrets"], more, None).expand_all(it)?;
                let mut own =
                    Value::Object(vec![("GITHUB_TOKEN".to_owned(), self.secrets.get("GITHUB_TOKEN").clone())]);
                passed.entries().iter().for_each(|(name, value)| own.set(name, value.clone()));
                own
            }
        };
        let Some(path) = uses.strip_prefix("./") else {
            let name = uses.split_once('@').map_or(uses.as_str(), |(name, _)| name);
            let stub = whole.options.stubs.get(name).cloned();
            let stub = stub.ok_or_else(|| format!("the workflow {uses} is not there: it needs a stub"))?;
            return Ok((BTreeMap::new(), stub.outputs.into_iter().collect()));
        };
        let text = read(&whole.repository.join(path))?;
        let declared = text.get("on").entries().iter().find(|(name, _)| name == "workflow_call");
        let declared = &declared.ok_or_else(|| format!("{uses} is not called by workflow_call"))?.1;
        for (name, _) in job.get("secrets").entries() {
            if declared.get("secrets").entries().iter().all(|(it, _)| it != name) {
                return Err(format!("{uses} declares no secret {name}"));
            }
        }
        for (name, it) in declared.get("secrets").entries() {
            if it.get("required").truthy() && secrets.get(name).text().is_empty() {
                return Err(format!("{uses}: the secret {name} is required"));
            }
        }
        let own = if job.get("permissions").is_null() { self.text.get("permissions") } else { job.get("permissions") };
        let inner = Workflow {
            text: &text,
            github: self.github,
            inputs: inputs::typed(declared.get("inputs"), given.entries(), &uses)?,
            secrets,
            vars: self.vars.clone(),
            prefix: format!("{label}/"),
            ceiling: own.clone(),
        };
        let jobs = inner.run(whole, BTreeMap::new())?;
        let mut seen = Value::Object(Vec::new());
        for (id, job) in &jobs {
            let mut it = Value::Object(Vec::new());
            it.set("result", job.outcome.name().into());
            it.set("outputs", Value::texts(&job.outputs));
            seen.set(id, it);
        }
        let mut outputs = BTreeMap::new();
        for (name, it) in declared.get("outputs").entries() {
            let scope = inner.scope(&["github", "inputs", "vars"], &[("jobs", &seen)], None);
            outputs.insert(name.clone(), scope.text(it.get("value"))?);
        }
        Ok((jobs, outputs))
    }
}

fn broken(name: String, matrix: Value) -> Leg {
    Leg {
        name,
        outcome: Outcome::Failure,
        steps: Vec::new(),
        matrix,
        runs_on: Value::Null,
        environment: None,
        url: None,
        group: None,
    }
}
