//! What the tests share: plans made by hand, projects in temporary folders, and runs whose events are
//! kept.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow_plan::model::*;
use flow_run::{Cause, Event, Failure, Options, Outcome, RunError, RunOutcome, Summary};
use tempfile::TempDir;

/// A project and a store of its own, gone when it is dropped.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) options: Options,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        std::fs::create_dir(&project).unwrap();
        let mut options = Options::new(project);
        options.store = Some(folder.path().join("store"));
        options.jobs = NonZeroUsize::new(4).unwrap();
        Self { folder, options, events: Arc::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn project(&self) -> &Path {
        &self.options.project
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.project().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Runs git in the project with settings that do not depend on the machine.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(self.project(), arguments)
    }

    pub(crate) async fn try_run(&self, plan: &Plan) -> Result<Summary, RunError> {
        let events = self.events.clone();
        flow_run::run(plan, self.options.clone(), move |event| events.lock().unwrap().push(event)).await
    }

    /// A run that must start.
    pub(crate) async fn run(&self, plan: &Plan) -> Summary {
        self.try_run(plan).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A run that must succeed.
    pub(crate) async fn succeed(&self, plan: &Plan) -> Summary {
        let summary = self.run(plan).await;
        assert_eq!(summary.outcome, RunOutcome::Succeeded, "{:#?}", self.events.lock().unwrap());
        summary
    }

    /// A run of which this job must fail.
    pub(crate) async fn fail(&self, plan: &Plan, job: &str) -> Failure {
        let summary = self.run(plan).await;
        assert_eq!(summary.outcome, RunOutcome::Failed);
        match outcome(&summary, job) {
            Outcome::Failed(failure) => *failure,
            other => panic!("{job} ended with {other:?}"),
        }
    }

    /// The lines that a job wrote, both streams.
    pub(crate) fn lines(&self, of: &str) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let lines = events.iter().filter_map(|event| match event {
            Event::Output { job, text, .. } if **job == *of => Some(text.clone()),
            _ => None,
        });
        lines.collect()
    }

    /// What was noted.
    pub(crate) fn notes(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let notes = events.iter().filter_map(|event| match event {
            Event::Note { text, .. } => Some(text.clone()),
            _ => None,
        });
        notes.collect()
    }

    /// The ids of the jobs in the order in which they started.
    pub(crate) fn started(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let jobs = events.iter().filter_map(|event| match event {
            Event::JobStarted { job, .. } => Some(job.to_string()),
            _ => None,
        });
        jobs.collect()
    }
}

/// Python is not on every machine that builds this project.
pub(crate) fn has_python() -> bool {
    Command::new("python3").arg("--version").output().is_ok()
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn outcome(summary: &Summary, job: &str) -> Outcome {
    summary.jobs.iter().find(|it| it.job == job).unwrap().outcome.clone()
}

/// The value of an output.
pub(crate) fn value(summary: &Summary, job: &str, name: &str) -> String {
    let job = summary.jobs.iter().find(|it| it.job == job).unwrap();
    match &job.outputs.iter().find(|it| it.name == name).unwrap().product {
        flow_run::Product::Value(value) => value.clone(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn cause(failure: &Failure) -> String {
    let cause: &Cause = &failure.cause;
    cause.to_string()
}

/// Waits until `done`; a test that never gets there fails by the job's timeout.
pub(crate) async fn until(done: impl Fn() -> bool) {
    while !done() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) fn plan(jobs: impl IntoIterator<Item = Job>) -> Plan {
    let jobs = jobs.into_iter().collect();
    Plan { jobs, ..Plan::new(Backend::Local, "ci", "ci.flow") }
}

pub(crate) fn place(line: u32) -> Place {
    Place { file: "ci.flow".into(), line, column: 5 }
}

pub(crate) fn param(name: &str, ty: ValueType, default: Option<Const>) -> Param {
    Param { name: name.into(), docs: None, ty, default, place: place(2) }
}

pub(crate) fn profile() -> ValueType {
    ValueType::Enum { name: "Profile".into(), variants: vec!["dev".into(), "release".into()] }
}

/// A job on this machine without sources and steps.
pub(crate) fn job(id: &str) -> Job {
    let os = if cfg!(target_os = "macos") { Os::Macos } else { Os::Linux };
    Job {
        id: id.into(),
        name: id.into(),
        title: id.into(),
        docs: None,
        args: vec![],
        runner: Runner { os, arch: Arch::X64, github: None, ado: None },
        checkout: None,
        inputs: None,
        timeout_seconds: 60,
        env: vec![],
        consumes: vec![],
        steps: vec![],
        outputs: vec![],
        exposes: vec![],
        needs: vec![],
        place: place(100),
        ..Job::default()
    }
}

/// What makes a job of a plan readable in a test.
pub(crate) trait Jobs: Sized {
    fn step(self, step: Step) -> Self;
    /// A step in `sh`; see [`script`] for the text.
    fn sh(self, text: &str) -> Self;
    fn after(self, job: &str) -> Self;
    fn checkout(self) -> Self;
    fn inputs(self, patterns: &[&str]) -> Self;
    /// An artifact output with fields `name: kind = path`.
    fn artifact(self, output: &str, fields: &[(&str, FieldKind, &str)]) -> Self;
    fn value(self, output: &str, ty: ValueType, value: Value) -> Self;
    fn consumes(self, id: &str, job: &str, output: &str) -> Self;
    fn reads(self, job: &str, output: &str) -> Self;
    fn exposes(self, name: &str, output: &str, field: Option<&str>) -> Self;
}

impl Jobs for Job {
    fn step(mut self, mut step: Step) -> Self {
        step.place = place(self.steps.len() as u32 + 101);
        self.steps.push(step);
        self
    }

    fn sh(self, text: &str) -> Self {
        let id = format!("s{}", self.steps.len() + 1);
        self.step(sh(&id, text))
    }

    fn after(mut self, job: &str) -> Self {
        self.needs.push(Edge { job: job.into(), kind: EdgeKind::Order });
        self
    }

    fn checkout(mut self) -> Self {
        self.checkout = Some(Checkout::default());
        self
    }

    fn inputs(mut self, patterns: &[&str]) -> Self {
        self.inputs = Some(patterns.iter().map(|it| (*it).to_owned()).collect());
        self.checkout()
    }

    fn artifact(mut self, output: &str, fields: &[(&str, FieldKind, &str)]) -> Self {
        let fields = fields.iter().map(|(name, kind, path)| field(name, *kind, path)).collect();
        let schema = Schema { name: "Server".into(), fields };
        self.outputs.push(Output::new(output, OutputKind::Artifact(schema), place(50)));
        self
    }

    fn value(mut self, output: &str, ty: ValueType, value: Value) -> Self {
        let kind = OutputKind::Value { ty, value };
        self.outputs.push(Output::new(output, kind, place(51)));
        self
    }

    fn consumes(mut self, id: &str, job: &str, output: &str) -> Self {
        let schema = Schema { name: "Server".into(), fields: vec![] };
        let from = Files::Output { job: job.into(), output: output.into() };
        self.consumes.push(Consume::new(id, from, schema));
        self.needs.push(Edge { job: job.into(), kind: EdgeKind::Artifact(output.into()) });
        self
    }

    fn reads(mut self, job: &str, output: &str) -> Self {
        self.needs.push(Edge { job: job.into(), kind: EdgeKind::Value(output.into()) });
        self
    }

    fn exposes(mut self, name: &str, output: &str, field: Option<&str>) -> Self {
        let field = field.map(Into::into);
        let expose = Expose { field, ..Expose::new(name, output, place(52)) };
        self.exposes.push(expose);
        self
    }
}

pub(crate) fn field(name: &str, kind: FieldKind, path: &str) -> Field {
    Field::new(name, kind, path)
}

/// A step in `sh`.
pub(crate) fn sh(id: &str, text: &str) -> Step {
    in_shell(id, Shell::Sh, text, &[])
}

/// A step that reads values: `@read(NAME)` in the text stands for the value of that name.
pub(crate) fn in_shell(id: &str, shell: Shell, text: &str, reads: &[(&str, Value)]) -> Step {
    Step {
        id: id.into(),
        title: format!("step {id}"),
        docs: None,
        run: Run::Script(script(id, shell, text, reads)),
        env: vec![],
        workdir: None,
        timeout_seconds: None,
        publishes: vec![],
        writes: vec![],
        place: place(1),
        ..Step::default()
    }
}

/// In the text, `@out(output/path)` and `@in(id:path)` are places in artifacts, `@value(name)` is the
/// file of a value of the step, `@read(NAME)` a value.
fn script(id: &str, shell: Shell, text: &str, reads: &[(&str, Value)]) -> Script {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = rest.split_at(at);
        parts.push(ScriptPart::Text(before.into()));
        let (call, after) = after[1..].split_once(')').unwrap();
        let (kind, inner) = call.split_once('(').unwrap();
        let path = |location| ScriptPart::Path { location, position: Position::Bare };
        parts.push(match kind {
            "out" => {
                let (output, path_in) = inner.split_once('/').unwrap_or((inner, ""));
                path(Location::Produced { output: output.into(), path: path_in.into() })
            }
            "in" => {
                let (input, path_in) = inner.split_once(':').unwrap();
                path(Location::Consumed { input: input.into(), path: path_in.into() })
            }
            "value" => path(Location::Value { step: id.into(), name: inner.into() }),
            "read" => {
                let reads: BTreeMap<_, _> = reads.iter().cloned().collect();
                let value = reads[inner].clone();
                ScriptPart::Read { variable: inner.into(), value, position: Position::Bare }
            }
            other => panic!("@{other}"),
        });
        rest = after;
    }
    parts.push(ScriptPart::Text(rest.into()));
    Script { shell, parts }
}

/// What makes a step of a plan readable in a test.
pub(crate) trait Steps: Sized {
    fn captures(self, name: &str, ty: ValueType) -> Self;
    fn publishes(self, name: &str, ty: ValueType) -> Self;
    fn writes(self, output: &str, field: &str) -> Self;
}

impl Steps for Step {
    fn captures(mut self, name: &str, ty: ValueType) -> Self {
        self.publishes.push(Publish::new(name, ty, PublishFrom::Stdout));
        self
    }

    fn publishes(mut self, name: &str, ty: ValueType) -> Self {
        self.publishes.push(Publish::new(name, ty, PublishFrom::File));
        self
    }

    fn writes(mut self, output: &str, field: &str) -> Self {
        self.writes.push(Write { output: output.into(), field: field.into(), place: place(77) });
        self
    }
}

pub(crate) fn step_value(step: &str, name: &str) -> Value {
    Value::Step { step: step.into(), name: name.into() }
}

pub(crate) fn output(job: &str, output: &str) -> Value {
    Value::Output { job: job.into(), output: output.into() }
}
