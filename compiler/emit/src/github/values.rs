//! Values: what becomes of each in a step's environment, as text with GitHub's expressions.
//!
//! No value is ever pasted into a script: an outsider's text would be run.

use flow_plan::model::{Arch, Job, Os, Plan, Publish, Shell, Step, Value};
use flow_plan::script;

use super::params;
use crate::facts::Facts;
use crate::shell::reads::Finish;
use crate::shell::values::{Form, is_tame};
use crate::shell::{FOLDER, Host};
use crate::steps::{Lowered, Platform, is_required};
use crate::{NOT_LOWERED, Pins};

/// GitHub, for the steps of one plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Github<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) pins: &'a Pins,
}

/// GitHub, as shells see it.
pub(super) const HOST: Host = Host { temp: "RUNNER_TEMP", error: "::error::" };

/// A text as a literal of an expression.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text that the platform must take as it is.
pub(super) fn literal(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}

/// A path below a job's private folder, for inputs of actions.
pub(super) fn path(below: &str) -> String {
    format!("${{{{ runner.temp }}}}{FOLDER}/{}", literal(below))
}

impl Github<'_> {
    fn plan(&self) -> &Plan {
        self.facts.plan
    }

    /// The text for a value, within the job.
    pub(super) fn text(&self, job: &Job, value: &Value) -> Result<String, String> {
        let expression = match value {
            Value::Const(it) => return Ok(literal(&it.text())),
            Value::Join(parts) => return parts.iter().map(|it| self.text(job, it)).collect(),
            Value::Path(location) => return Ok(path(&script::path(location))),
            Value::Ctx(name) => match context(job, name)? {
                Context::Const(text) => return Ok(literal(&text)),
                Context::Expression(it) => it.to_owned(),
            },
            Value::Param(name) => match self.plan().params.iter().find(|it| it.name == *name) {
                Some(param) => params::expression(self.plan(), param),
                None => return Err(format!("there is no parameter {name}")),
            },
            Value::Secret(name) => format!("secrets.{name}"),
            Value::Step { step, name } => format!("steps.{step}.outputs.{name}"),
            Value::Output { job: producer, output } => match self.facts.early(producer, output) {
                Some(early) => return self.text(job, early),
                None => format!("needs.{producer}.outputs.{output}"),
            },
            _ => return Err(NOT_LOWERED.to_owned()),
        };
        Ok(format!("${{{{ {expression} }}}}"))
    }
}

impl Platform for Github<'_> {
    fn host(&self) -> Host {
        HOST
    }

    fn value(&self, job: &Job, variable: &str, value: &Value) -> Result<Lowered, String> {
        let lowered = Lowered::plain(variable, self.text(job, value)?);
        Ok(match value {
            Value::Secret(name) => lowered.finished(variable, Finish::Required(format!("there is no secret {name}"))),
            Value::Output { job: producer, output } if self.facts.early(producer, output).is_none() => {
                // GitHub drops an output in which it sees a secret, with a warning only.
                let required = self.facts.value(producer, output).is_some_and(|(ty, _)| is_required(ty));
                if required {
                    lowered.finished(
                        variable,
                        Finish::Required(format!("the value {output} of job {producer} arrived empty")),
                    )
                } else {
                    lowered
                }
            }
            _ => lowered,
        })
    }

    fn refuses(&self, _: Shell, text: &str) -> Option<(String, &'static str)> {
        if text.contains("${{") {
            return Some((
                "GitHub evaluates `${{` before any shell sees the script".to_owned(),
                "read values by `#{…}`",
            ));
        }
        let command =
            COMMANDS.iter().find(|it| text.contains(&format!("::{it}::")) || text.contains(&format!("::{it} ")))?;
        Some((
            format!("GitHub takes `::{command}` in a script's output for a command"),
            "use the language's own word for it",
        ))
    }

    fn is_job_wide(&self, _: &Job, _: &str, value: &Value) -> bool {
        is_job_wide(value)
    }

    fn publish(&self, job: &Job, step: &Step, publish: &Publish, form: Form) -> Vec<String> {
        if !self.facts.is_read(job, &step.id, &publish.name) {
            return Vec::new();
        }
        let name = &publish.name;
        match form {
            Form::Line if is_tame(&publish.ty) => {
                vec![format!("echo \"{name}=$value\" >> \"$GITHUB_OUTPUT\"")]
            }
            // Some shells' echo changes backslashes.
            Form::Line => vec![format!("printf '%s\\n' \"{name}=$value\" >> \"$GITHUB_OUTPUT\"")],
            Form::File => vec![
                "# Drawn only now, so that the value cannot hold it.".to_owned(),
                "end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')".to_owned(),
                format!(
                    "{{ echo \"{name}<<$end\"; printf '%s\\n' \"$(cat \"$file\")\"; echo \"$end\"; }} >> \"$GITHUB_OUTPUT\""
                ),
            ],
        }
    }
}

/// What a line of output can tell the runner to do.
const COMMANDS: [&str; 10] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "error",
    "warning",
];

/// Whether GitHub knows the value where a job's environment is made. Secrets are left to the steps
/// that there are.
fn is_job_wide(value: &Value) -> bool {
    match value {
        Value::Const(_) | Value::Param(_) => true,
        Value::Ctx(name) => name != "temp" && name != "workspace" && name != "token",
        Value::Join(parts) => parts.iter().all(is_job_wide),
        _ => false,
    }
}

enum Context {
    Const(String),
    Expression(&'static str),
}

/// A member of `ctx`.
fn context(job: &Job, name: &str) -> Result<Context, String> {
    let runner = &job.runner;
    let expression = match name {
        "backend" => return Ok(Context::Const("github".to_owned())),
        "job" => return Ok(Context::Const(job.id.clone())),
        "os" => return Ok(Context::Const(runner.os.name().to_owned())),
        "arch" => {
            return Ok(Context::Const(if runner.arch == Arch::X64 { "x64" } else { "arm64" }.to_owned()));
        }
        "event" => "github.event_name == 'workflow_dispatch' && 'manual' || github.event_name",
        // On a pull request the ref is a merge that has no branch.
        "branch" => "startsWith(github.ref, 'refs/heads/') && github.ref_name || ''",
        "tag" => "startsWith(github.ref, 'refs/tags/') && github.ref_name || ''",
        "ref" => "github.ref",
        "sha" => "github.sha",
        "repo" => "github.repository",
        "actor" => "github.actor",
        "run_id" => "github.run_id",
        "run_number" => "github.run_number",
        "attempt" => "github.run_attempt",
        "workspace" => "github.workspace",
        "temp" => "runner.temp",
        "token" => "github.token",
        "pull_request.number" => "github.event.pull_request.number",
        "pull_request.title" => "github.event.pull_request.title",
        "pull_request.branch" => "github.event.pull_request.head.ref",
        "pull_request.base" => "github.event.pull_request.base.ref",
        "pull_request.sha" => "github.event.pull_request.head.sha",
        "pull_request.author" => "github.event.pull_request.user.login",
        other => return Err(format!("GitHub has nothing for ctx.{other}")),
    };
    Ok(Context::Expression(expression))
}

/// The label of the hosted runner for a system.
pub(super) fn hosted(os: Os, arch: Arch) -> &'static str {
    match (os, arch) {
        (Os::Linux, Arch::X64) => "ubuntu-latest",
        (Os::Linux, Arch::Arm64) => "ubuntu-24.04-arm",
        (Os::Windows, Arch::X64) => "windows-latest",
        (Os::Windows, Arch::Arm64) => "windows-11-arm",
        (Os::Macos, Arch::X64) => "macos-15-intel",
        (Os::Macos, Arch::Arm64) => "macos-latest",
    }
}
