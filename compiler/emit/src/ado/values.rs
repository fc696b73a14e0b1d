//! Values: what becomes of each in a step's environment.
//!
//! The agent replaces `$(name)` in the values of variables too, so text that anybody else wrote never
//! travels plain: within a job as a file, between jobs as base64. Numbers, truth values and enums do.

use flow_plan::model::{Arch, Job, Publish, Shell, Step, Value, ValueType};
use flow_plan::script;

use super::encode::base64;
use super::{name, params};
use crate::NOT_LOWERED;
use crate::facts::{Facts, published};
use crate::shell::reads::Finish;
use crate::shell::values::{Form, is_tame};
use crate::shell::{FOLDER, Host};
use crate::steps::{Lowered, Made, Platform, is_required, value_path};

/// Azure, for the steps of one plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ado<'a> {
    pub(super) facts: &'a Facts<'a>,
}

/// Azure, as shells see it.
pub(super) const HOST: Host = Host { temp: "AGENT_TEMPDIRECTORY", error: "##vso[task.logissue type=error]" };

/// The step that makes outputs of what no single step publishes.
pub(super) const OUTPUTS_STEP: &str = "flow_outputs";

/// A text that the platform must take as it is, where it is shown to people.
pub(super) fn literal(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}

/// A path below a job's private folder, for inputs of tasks.
pub(super) fn path(below: &str) -> String {
    format!("$(Agent.TempDirectory){FOLDER}/{below}")
}

/// The variable of a job that holds another one's output.
pub(super) fn variable(producer: &str, output: &str) -> String {
    format!("flow_{}_{}", name(producer), name(output))
}

/// The command that sets an output of a step.
pub(super) fn set(output: &str, value: &str) -> String {
    format!("echo \"##vso[task.setvariable variable=flow_{};isOutput=true]{value}\"", name(output))
}

/// The lines that set an output to any text, which stands in the variable `value` or `file`.
fn set_text(output: &str, form: Form) -> Vec<String> {
    let text = match form {
        Form::Line => "$value",
        Form::File => "$(cat \"$file\")",
    };
    vec![
        "# Encoded: the agent would replace $(…) in a plain value.".to_owned(),
        format!("encoded=$(printf %s \"{text}\" | base64 | tr -d '\\n')"),
        set(output, "$encoded"),
    ]
}

impl Ado<'_> {
    /// Where another job finds an output, as a run-time expression.
    pub(super) fn dependency(&self, producer: &Job, output: &str) -> String {
        let (step, variable) = match self.facts.value(&producer.id, output) {
            Some((_, Value::Step { step, name: made })) => (name(step), name(made)),
            _ => (OUTPUTS_STEP.to_owned(), name(output)),
        };
        format!("$[ dependencies.{}.outputs['{step}.flow_{variable}'] ]", name(&producer.id))
    }

    fn join(&self, job: &Job, variable: &str, parts: &[Value]) -> Result<Lowered, String> {
        let mut all = Lowered::default();
        let mut names = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let own = format!("{variable}_{}", index + 1);
            let one = self.value(job, &own, part)?;
            all.env.extend(one.env);
            all.finish.extend(one.finish);
            names.push(own);
        }
        if all.finish.is_empty() {
            let text: String = all.env.iter().map(|it| it.1.as_str()).collect();
            // Two harmless parts can make a macro of each other.
            if !text.contains("$($") {
                return Ok(Lowered::plain(variable, text));
            }
        }
        Ok(all.finished(variable, Finish::Join(names)))
    }

    fn handed(&self, job: &Job, variable_name: &str, producer: &str, output: &str) -> Result<Lowered, String> {
        let Some((ty, _)) = self.facts.value(producer, output) else {
            return Err(format!("job {producer} has no value {output}"));
        };
        if let Some(early) = self.facts.early(producer, output) {
            return self.value(job, variable_name, early);
        }
        let lowered = Lowered::plain(variable_name, format!("$({})", variable(producer, output)));
        if is_tame(ty) {
            return Ok(lowered);
        }
        let lowered = lowered.finished(variable_name, Finish::Decode);
        Ok(if is_required(ty) {
            lowered.finished(
                variable_name,
                Finish::Required(format!("the value {output} of job {producer} arrived empty")),
            )
        } else {
            lowered
        })
    }
}

impl Platform for Ado<'_> {
    fn host(&self) -> Host {
        HOST
    }

    fn value(&self, job: &Job, variable: &str, value: &Value) -> Result<Lowered, String> {
        Ok(match value {
            Value::Const(it) => {
                let text = it.text();
                if text.contains("$(") || text.contains("${{") || text.contains("$[") {
                    Lowered::plain(variable, base64(&text)).finished(variable, Finish::Decode)
                } else {
                    Lowered::plain(variable, text)
                }
            }
            Value::Param(wanted) => match self.facts.plan.params.iter().find(|it| it.name == *wanted) {
                Some(param) => Lowered::plain(variable, params::expression(param)),
                None => return Err(format!("there is no parameter {wanted}")),
            },
            Value::Ctx(member) => Lowered::plain(variable, context(job, member)?.text(member)),
            Value::Secret(secret) => Lowered::plain(variable, format!("$({secret})")).finished(
                variable,
                Finish::Defined { name: secret.clone(), what: format!("there is no secret {secret}") },
            ),
            Value::Step { step, name: made } => match published(job, step, made) {
                Some(ty) if is_tame(ty) => Lowered::plain(variable, format!("$({}.flow_{})", name(step), name(made))),
                Some(_) => Lowered::default().finished(variable, Finish::File(value_path(step, made))),
                None => return Err(format!("step {step} makes no value {made}")),
            },
            Value::Output { job: producer, output } => self.handed(job, variable, producer, output)?,
            Value::Path(location) => Lowered::plain(variable, path(&script::path(location))),
            Value::Join(parts) => self.join(job, variable, parts)?,
            _ => return Err(NOT_LOWERED.to_owned()),
        })
    }

    fn refuses(&self, shell: Shell, text: &str) -> Option<(String, &'static str)> {
        for markup in ["${{", "$["] {
            if text.contains(markup) {
                return Some((
                    format!("Azure evaluates `{markup}` before any shell sees the script"),
                    "read values by `#{…}`, or write `$(( ))` for arithmetic",
                ));
            }
        }
        if text.contains("##vso[") {
            return Some((
                "Azure takes `##vso[` in a script's output for a command".to_owned(),
                "use the language's own word for it",
            ));
        }
        let literal = matches!(shell, Shell::Python | Shell::Cmd);
        (literal && shield(text) != text).then(|| {
            (
                "Azure would replace `$(name)` in the script".to_owned(),
                "write `$` and `(` apart, or move the script to a file",
            )
        })
    }

    fn author_text(&self, text: &str) -> String {
        shield(text)
    }

    fn is_job_wide(&self, _: &Job, variable: &str, value: &Value) -> bool {
        // Azure exports variables in capitals, and replaces their names in every text.
        let capitals = variable.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_');
        capitals && matches!(value, Value::Const(it) if !it.text().contains('$'))
    }

    // No plan of this backend holds such steps yet.
    fn hand_on(&self, _: &Publish, _: &Made) -> Vec<String> {
        Vec::new()
    }

    fn base(&self) -> (String, Option<String>) {
        (String::new(), None)
    }

    fn publish(&self, job: &Job, step: &Step, publish: &Publish, form: Form) -> Vec<String> {
        // The facts hold the plan, so this is the very job.
        let Some(job) = self.facts.job(&job.id) else {
            return Vec::new();
        };
        if is_tame(&publish.ty) {
            let read = self.facts.is_read(job, &step.id, &publish.name);
            return if read { vec![set(&publish.name, "$value")] } else { Vec::new() };
        }
        let mut lines = Vec::new();
        if form == Form::Line {
            lines.push("printf '%s\\n' \"$value\" > \"$file\"".to_owned());
        }
        if self.facts.is_handed_on(job, &step.id, &publish.name) {
            lines.extend(set_text(&publish.name, form));
        }
        lines
    }
}

/// The lines that make an output of a value in the shell's variable `value`.
pub(super) fn set_output(output: &str, ty: &ValueType) -> Vec<String> {
    if is_tame(ty) { vec![set(output, "$value")] } else { set_text(output, Form::Line) }
}

/// Puts spaces into `$(word)`: the shell does not care, and the agent finds no such variable.
fn shield(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("$(") {
        let (before, after) = rest.split_at(at + 2);
        out.push_str(before);
        let end = after
            .find(|it: char| !(it.is_ascii_alphanumeric() || it == '_' || it == '.' || it == '-'))
            .unwrap_or(after.len());
        let (word, tail) = after.split_at(end);
        if !word.is_empty() && tail.starts_with(')') {
            out.push_str(&format!(" {word} "));
        } else {
            out.push_str(word);
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// How a member of `ctx` is read.
pub(super) enum Context {
    /// As this text.
    Text(String),
    /// Through a variable of the job with this run-time expression.
    Expression(&'static str),
}

impl Context {
    fn text(self, member: &str) -> String {
        match self {
            Self::Text(text) => text,
            Self::Expression(_) => format!("$({})", context_variable(member)),
        }
    }
}

/// The variable of a job that holds a member of `ctx`.
pub(super) fn context_variable(member: &str) -> String {
    format!("flow_ctx_{}", name(member))
}

/// A member of `ctx`.
pub(super) fn context(job: &Job, member: &str) -> Result<Context, String> {
    let variable = match member {
        "backend" => return Ok(Context::Text("ado".to_owned())),
        "job" => return Ok(Context::Text(job.id.clone())),
        "os" => return Ok(Context::Text(job.runner.os.name().to_owned())),
        "arch" => {
            return Ok(Context::Text(if job.runner.arch == Arch::X64 { "x64" } else { "arm64" }.to_owned()));
        }
        // What is not there on every event is asked for in an expression: an undefined $(…) stays.
        "event" => {
            return Ok(Context::Expression(
                "$[ iif(eq(variables['Build.Reason'], 'PullRequest'), 'pull_request', iif(eq(variables['Build.Reason'], 'Schedule'), 'schedule', iif(eq(variables['Build.Reason'], 'Manual'), 'manual', 'push'))) ]",
            ));
        }
        "branch" => {
            return Ok(Context::Expression(
                "$[ iif(startsWith(variables['Build.SourceBranch'], 'refs/heads/'), replace(variables['Build.SourceBranch'], 'refs/heads/', ''), '') ]",
            ));
        }
        "tag" => {
            return Ok(Context::Expression(
                "$[ iif(startsWith(variables['Build.SourceBranch'], 'refs/tags/'), replace(variables['Build.SourceBranch'], 'refs/tags/', ''), '') ]",
            ));
        }
        "pull_request.number" => {
            return Ok(Context::Expression(
                "$[ coalesce(variables['System.PullRequest.PullRequestNumber'], variables['System.PullRequest.PullRequestId'], '') ]",
            ));
        }
        "ref" => "Build.SourceBranch",
        "sha" => "Build.SourceVersion",
        "repo" => "Build.Repository.Name",
        "actor" => "Build.RequestedFor",
        "run_id" => "Build.BuildId",
        "attempt" => "System.JobAttempt",
        "workspace" => "Build.SourcesDirectory",
        "temp" => "Agent.TempDirectory",
        "token" => "System.AccessToken",
        "pull_request.branch" => {
            return Err("outsiders choose the branch's name, and Azure would replace `$(…)` in it".to_owned());
        }
        other => return Err(format!("Azure has nothing for ctx.{other}")),
    };
    Ok(Context::Text(format!("$({variable})")))
}
