//! One instance of a job: its machine and its steps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::commands::masks;
use super::evaluate::{HashFiles, Scope, Status};
use super::graph::Whole;
use super::value::Value;
use super::{Leg, Outcome, Step, actions, glob, process, script};

/// The contexts that a step sees.
const IN_STEPS: [&str; 11] =
    ["github", "needs", "strategy", "matrix", "job", "runner", "env", "vars", "secrets", "steps", "inputs"];

/// A job while it runs.
pub(super) struct Machine<'a> {
    pub(super) whole: &'a mut Whole,
    /// As it is shown, and as its folder is called.
    pub(super) label: String,
    /// By name: what `${{ }}` sees.
    pub(super) contexts: BTreeMap<&'static str, Value>,
    pub(super) workspace: PathBuf,
    pub(super) temp: PathBuf,
    pub(super) home: PathBuf,
    /// What its token may do.
    pub(super) permissions: Value,
    /// `env` of the workflow and the job, and what steps have added.
    pub(super) env: Vec<(String, String)>,
    pub(super) path: Vec<String>,
    pub(super) masks: Vec<String>,
    pub(super) shell: String,
    pub(super) folder: String,
    /// What is done after the last step if all went well.
    pub(super) after: Vec<(String, BTreeMap<String, String>)>,
    /// Groups of processes that steps left behind.
    pub(super) left: Vec<u32>,
    pub(super) uploads: usize,
}

/// What a leg is made of.
pub(super) struct Spec<'a> {
    pub(super) id: &'a str,
    pub(super) label: String,
    pub(super) job: &'a Value,
    pub(super) workflow: &'a Value,
    pub(super) contexts: BTreeMap<&'static str, Value>,
}

/// How a leg ended, and what it hands on.
pub(super) struct LegEnd {
    pub(super) leg: Leg,
    pub(super) outputs: BTreeMap<String, String>,
}

/// Runs one.
pub(super) fn run(whole: &mut Whole, spec: Spec<'_>) -> Result<LegEnd, String> {
    let Spec { id, label, job, workflow, mut contexts } = spec;
    let number = whole.counter();
    let base = whole.base.join("jobs").join(format!("{number}-{}", label.replace(|c: char| !c.is_alphanumeric(), "_")));
    let [workspace, temp, home] = ["work", "temp", "home"].map(|it| base.join(it));
    for folder in [&workspace, &temp, &home] {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let mut github = contexts["github"].clone();
    github.set("job", id.into());
    github.set("workspace", workspace.to_string_lossy().as_ref().into());
    contexts.insert("github", github);
    let mut runner = Value::Object(Vec::new());
    let arch = if cfg!(target_arch = "aarch64") { "ARM64" } else { "X64" };
    for (name, value) in
        [("os", "Linux"), ("arch", arch), ("name", "test"), ("environment", "github-hosted"), ("debug", "")]
    {
        runner.set(name, value.into());
    }
    runner.set("temp", temp.to_string_lossy().as_ref().into());
    runner.set("tool_cache", home.join("tools").to_string_lossy().as_ref().into());
    contexts.insert("runner", runner);
    contexts.insert("job", serde_json::from_str(r#"{"status": "success"}"#).expect("JSON"));
    contexts.insert("steps", Value::Object(Vec::new()));
    contexts.insert("env", Value::Object(Vec::new()));

    let see = |names: &[&'static str]| Scope {
        contexts: names.iter().map(|name| (*name, &contexts[name])).collect(),
        status: None,
        hash_files: None,
    };
    let before = ["github", "needs", "strategy", "matrix", "vars", "inputs"];
    let named = see(&before);
    let name = match job.get("name") {
        Value::Null => label.clone(),
        name => named.text(name)?,
    };
    let runs_on = named.expand_all(job.get("runs-on"))?;
    if runs_on.is_null() || runs_on.as_text() == Some("") {
        return Err("runs-on is empty".to_owned());
    }
    let environment = match job.get("environment") {
        Value::Object(it) => Some(named.text(Value::Object(it.clone()).get("name"))?),
        Value::Null => None,
        it => Some(named.text(it)?),
    };
    let group = match job.get("concurrency") {
        Value::Null => None,
        it @ Value::Object(_) => Some(named.text(it.get("group"))?),
        it => Some(named.text(it)?),
    };
    let minutes = match job.get("timeout-minutes") {
        Value::Null => 360.0,
        it => named.expand_all(it)?.number(),
    };
    let mut env = see(&["github", "secrets", "inputs", "vars"]).texts(workflow.get("env"))?;
    let own = see(&["github", "needs", "strategy", "matrix", "vars", "secrets", "inputs"]).texts(job.get("env"))?;
    env = merged(&env, &own);
    let container = job.get("container");
    if !container.is_null() || !job.get("services").is_null() {
        whole.say(&format!("{label}: its container and services are left out, it runs on this machine\n"));
        let mut names = before.to_vec();
        names.extend(["secrets", "env"]);
        see(&names).expand_all(job.get("services"))?;
        env = merged(&env, &see(&names).texts(container.get("env"))?);
    }
    let default = |key: &str| {
        let of = |it: &Value| it.get("defaults").get("run").get(key).clone();
        let it = of(job);
        named.text(&if it.is_null() { of(workflow) } else { it })
    };
    let (shell, folder) = (default("shell")?, default("working-directory")?);
    let permissions =
        if job.get("permissions").is_null() { workflow.get("permissions") } else { job.get("permissions") }.clone();

    let mut masked: Vec<String> = contexts["secrets"].entries().iter().flat_map(|(_, it)| masks(&it.text())).collect();
    masked.extend(masks(&contexts["github"].get("token").text()));
    let mut machine = Machine {
        whole,
        label,
        contexts,
        workspace,
        temp,
        home,
        permissions,
        env,
        path: Vec::new(),
        masks: masked,
        shell,
        folder,
        after: Vec::new(),
        left: Vec::new(),
        uploads: 0,
    };
    let deadline = Instant::now() + machine.whole.options.minute.mul_f64(minutes);
    let (outcome, steps) = machine.steps(id, job.get("steps").items(), deadline);
    let mut outcome = outcome;
    if outcome == Outcome::Success {
        for (action, given) in std::mem::take(&mut machine.after).into_iter().rev() {
            if let Err(error) = actions::after(&mut machine, &action, &given) {
                machine.say(&format!("error: {error}\n"));
                outcome = Outcome::Failure;
            }
        }
    }
    for group in std::mem::take(&mut machine.left) {
        process::end_group(group);
    }
    let outputs = machine.outputs(job.get("outputs"))?;
    let url = match job.get("environment").get("url") {
        Value::Null => None,
        it => Some(machine.scope(None, None).text(it)?),
    };
    let matrix = machine.contexts["matrix"].clone();
    let leg = Leg { name, outcome, steps, matrix, runs_on, environment, url, group };
    Ok(LegEnd { leg, outputs })
}

/// `above` with what `own` says instead and besides.
pub(super) fn merged(above: &[(String, String)], own: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        above.iter().filter(|(name, _)| own.iter().all(|(it, _)| it != name)).cloned().collect();
    all.extend(own.iter().cloned());
    all
}

impl Machine<'_> {
    /// Text with all secrets hidden.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.masks.iter().fold(text.to_owned(), |text, mask| text.replace(mask, "***"))
    }

    pub(super) fn say(&mut self, text: &str) {
        let text = self.hidden(text);
        self.whole.say(&text);
    }

    /// What an expression of a step sees.
    pub(super) fn scope<'s>(&'s self, status: Option<Status>, hash_files: Option<&'s HashFiles>) -> Scope<'s> {
        Scope { contexts: IN_STEPS.iter().map(|name| (*name, &self.contexts[name])).collect(), status, hash_files }
    }

    fn steps(&mut self, id: &str, steps: &[Value], deadline: Instant) -> (Outcome, Vec<Step>) {
        let mut outcome = Outcome::Success;
        let mut all = Vec::new();
        for step in steps {
            let status = Status {
                success: outcome == Outcome::Success,
                failure: outcome == Outcome::Failure,
                cancelled: outcome == Outcome::Cancelled,
            };
            // When its time is up, what always runs has five more minutes.
            let grace = if outcome == Outcome::Cancelled { self.whole.options.minute * 5 } else { Duration::ZERO };
            let (done, late) = self.step(step, status, deadline + grace);
            if let Some(id) = &done.id {
                let mut it = Value::Object(Vec::new());
                it.set("outputs", Value::texts(&done.outputs));
                it.set("outcome", done.outcome.name().into());
                it.set("conclusion", done.conclusion.name().into());
                self.contexts.get_mut("steps").expect("it is there").set(id, it);
            }
            let cancel = self.whole.options.cancel.as_ref();
            let cancelled =
                cancel.is_some_and(|(job, step)| job == id && *step == done.name) && done.outcome != Outcome::Skipped;
            self.whole.cancelled |= cancelled;
            if late || cancelled {
                outcome = Outcome::Cancelled;
            } else if done.conclusion == Outcome::Failure && outcome == Outcome::Success {
                outcome = Outcome::Failure;
            }
            self.contexts.get_mut("job").expect("it is there").set("status", outcome.name().into());
            all.push(done);
        }
        (outcome, all)
    }

    /// Runs a step; whether the job's time was up then.
    fn step(&mut self, step: &Value, status: Status, deadline: Instant) -> (Step, bool) {
        let (workspace, home) = (self.workspace.clone(), self.home.clone());
        let hash = move |patterns: &[String]| hash_files(patterns, &workspace, &home);
        let title = [step.get("name"), step.get("id"), step.get("run"), step.get("uses")];
        let title = title.into_iter().find(|it| !it.is_null()).map(Value::text).unwrap_or_default();
        let mut done = Step {
            name: title.lines().next().unwrap_or_default().to_owned(),
            id: step.get("id").as_text().map(str::to_owned),
            outcome: Outcome::Success,
            conclusion: Outcome::Success,
            outputs: BTreeMap::new(),
            exit: None,
            log: String::new(),
            summary: String::new(),
            annotations: Vec::new(),
        };
        self.contexts.insert("env", object(&self.env));
        let runs = {
            let mut scope = self.scope(Some(status), Some(&hash));
            scope.contexts.retain(|(name, _)| *name != "secrets");
            scope.condition(step.get("if"))
        };
        let mut late = false;
        let result = match runs {
            Ok(false) => {
                (done.outcome, done.conclusion) = (Outcome::Skipped, Outcome::Skipped);
                return (done, false);
            }
            Ok(true) => self.run_step(step, &mut done, deadline, &hash, &mut late),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            done.outcome = if late { Outcome::Cancelled } else { Outcome::Failure };
            done.log.push_str(&format!("error: {error}\n"));
            self.say(&format!("error: {error}\n"));
        }
        done.conclusion = done.outcome;
        let lenient = self.scope(None, None).expand_all(step.get("continue-on-error"));
        if done.outcome == Outcome::Failure && lenient.is_ok_and(|it| it.truthy()) {
            done.conclusion = Outcome::Success;
        }
        done.log = self.hidden(&done.log);
        (done, late)
    }

    fn run_step(
        &mut self,
        step: &Value,
        done: &mut Step,
        deadline: Instant,
        hash: &HashFiles,
        late: &mut bool,
    ) -> Result<(), String> {
        let own = self.scope(None, Some(hash)).texts(step.get("env"))?;
        let env = merged(&self.env, &own);
        self.contexts.insert("env", object(&env));
        if !step.get("name").is_null() {
            done.name = self.scope(None, Some(hash)).text(step.get("name"))?;
        }
        self.say(&format!("--- {}: {}\n", self.label, done.name));
        let mut until = deadline;
        if !step.get("timeout-minutes").is_null() {
            let minutes = self.scope(None, Some(hash)).expand_all(step.get("timeout-minutes"))?.number();
            until = deadline.min(Instant::now() + self.whole.options.minute.mul_f64(minutes));
        }
        let result = if step.get("uses").is_null() {
            let scope = self.scope(None, Some(hash));
            let (script, shell) = (scope.text(step.get("run"))?, scope.text(step.get("shell"))?);
            let folder = scope.text(step.get("working-directory"))?;
            script::run(self, &script, &shell, &folder, &env, done, until)
        } else {
            let given: BTreeMap<String, String> =
                self.scope(None, Some(hash)).texts(step.get("with"))?.into_iter().collect();
            actions::run(self, &step.get("uses").text(), given, &env, done, until)
        };
        *late = Instant::now() >= deadline;
        result
    }

    /// What is handed on: nothing that holds a secret.
    fn outputs(&mut self, declared: &Value) -> Result<BTreeMap<String, String>, String> {
        let all = self.scope(None, None).texts(declared)?;
        let mut kept = BTreeMap::new();
        for (name, value) in all {
            if self.hidden(&value) == value {
                kept.insert(name, value);
            } else {
                self.say(&format!("warning: the output {name} is left out, it may hold a secret\n"));
            }
        }
        let size: usize = kept.values().map(String::len).sum();
        if size > 1 << 20 { Err(format!("{size} bytes of outputs, of at most 1 MiB")) } else { Ok(kept) }
    }
}

/// As a context.
fn object(of: &[(String, String)]) -> Value {
    Value::Object(of.iter().map(|(name, value)| (name.clone(), Value::Text(value.clone()))).collect())
}

fn hash_files(patterns: &[String], workspace: &Path, home: &Path) -> Result<String, String> {
    use sha2::{Digest as _, Sha256};
    let found = glob::find(&patterns.join("\n"), workspace, home, true);
    if found.files.is_empty() {
        return Ok(String::new());
    }
    let mut whole = Sha256::new();
    for file in &found.files {
        let content = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        whole.update(Sha256::digest(content));
    }
    Ok(whole.finalize().iter().map(|it| format!("{it:02x}")).collect())
}
