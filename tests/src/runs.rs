//! Runs of pipelines on this machine: what they printed, and their results.

use std::process::Command;

use serde_json::Value;

use crate::binary::Ran;
use crate::world::World;

/// How a run ended.
pub struct Run {
    /// What it printed.
    pub ran: Ran,
    /// Its result, if it started.
    pub result: Value,
}

impl Run {
    /// Runs a pipeline of a project, with what follows its name on the command line.
    pub fn of(world: &World, arguments: &[&str]) -> Self {
        Self::by(Self::command(world, arguments))
    }

    /// The command that runs a pipeline.
    pub fn command(world: &World, arguments: &[&str]) -> Command {
        world.command(&[&["run", "--json"], arguments].concat())
    }

    /// Runs a [command](Self::command) to its end.
    pub fn by(mut command: Command) -> Self {
        let ran = Ran::from(command.output().expect("flowc runs"));
        assert!(!ran.err.contains("panicked at"), "flowc panicked:\n{}", ran.err);
        let result = serde_json::from_str(&ran.out).unwrap_or_default();
        Self { ran, result }
    }

    /// Requires an exit code.
    #[must_use]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.ran.code, Some(code), "{}", self.ran.all());
        self
    }

    /// A job, or what ran for an element of a list: `test.0`.
    pub fn job(&self, id: &str) -> &Value {
        let whole = id.split('.').next().unwrap_or_default();
        let jobs = self.result["jobs"].as_array().unwrap_or_else(|| panic!("no result:\n{}", self.ran.all()));
        let job = jobs.iter().find(|job| job["id"] == whole);
        let legs = job.and_then(|job| job["legs"].as_array());
        let leg = legs.and_then(|legs| legs.iter().find(|leg| leg["id"] == id));
        let found = if id.contains('.') { leg } else { job };
        found.unwrap_or_else(|| panic!("no job {id}:\n{}", self.ran.all()))
    }

    /// How a job ended.
    pub fn outcome(&self, id: &str) -> &str {
        self.job(id)["outcome"].as_str().expect("an outcome")
    }

    /// How a step ended, by its title.
    pub fn step(&self, job: &str, title: &str) -> &str {
        let steps = self.job(job)["steps"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["title"] == title);
        step.unwrap_or_else(|| panic!("no step {title}: {steps:#?}"))["outcome"].as_str().expect("an outcome")
    }

    /// A value that a job handed on.
    pub fn value(&self, job: &str, output: &str) -> Option<&str> {
        self.job(job)["outputs"][output]["value"].as_str()
    }

    /// Whether a job began after another one had ended.
    pub fn is_after(&self, job: &str, other: &str) -> bool {
        self.job(job)["begin"].as_u64() > self.job(other)["end"].as_u64()
    }
}
