//! Values: what becomes of each in a step's environment, as text with GitHub's expressions.
//!
//! No value is ever pasted into a script: an outsider's text would be run.

use flow_plan::model::{Arch, Const, Event, Job, Os, Place, Publish, Run, Script, Shell, Step, Value, ValueType};
use flow_plan::outcome::{Ended, ties};

use super::expr::{Expr, Scope};
use super::words;
use crate::facts::Facts;
use crate::lower::Site;
use crate::shell::reads::Finish;
use crate::shell::values::{Form, is_tame};
use crate::shell::{FOLDER, Host};
use crate::steps::{Lowered, Made, Platform, is_required};
use crate::yaml::Node;
use crate::{EmitError, Pins};

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
    /// The text for a value, in a step of the job.
    pub(super) fn text(&self, job: &Job, value: &Value) -> Result<String, String> {
        self.text_at(Some(job), value, Site::Step)
    }

    /// The text for a value that is [native](crate::lower::Native) where it stands.
    pub(super) fn text_at(&self, job: Option<&Job>, value: &Value, site: Site) -> Result<String, String> {
        let said = Scope::new(self.facts, job, site).template(value);
        said.ok_or_else(|| format!("GitHub has no words for {} here", flow_plan::show::value(value)))
    }

    /// A native truth value as a condition, which others can be joined to.
    pub(super) fn condition(&self, job: Option<&Job>, value: &Value, site: Site) -> Result<Expr, String> {
        let said = Scope::new(self.facts, job, site).condition(value);
        said.ok_or_else(|| format!("GitHub has no words for {} here", flow_plan::show::value(value)))
    }

    /// The text for a value of the pipeline, which no job has made.
    pub(super) fn of_pipeline(&self, value: &Value, place: &Place) -> Result<String, EmitError> {
        let help = "use what is known before any job runs, such as parameters and `ctx`";
        self.text_at(None, value, Site::Pipeline).map_err(|why| EmitError::at(place, why, help))
    }

    /// A truth value as the value of a key.
    pub(super) fn truth(&self, job: &Job, value: &Value, site: Site) -> Result<Node, String> {
        match value {
            Value::Const(Const::Bool(known)) => Ok((*known).into()),
            value => Ok(self.condition(Some(job), value, site)?.template().into()),
        }
    }
}

impl Platform for Github<'_> {
    fn host(&self) -> Host {
        HOST
    }

    fn value(&self, job: &Job, variable: &str, value: &Value) -> Result<Lowered, String> {
        let lowered = Lowered::plain(variable, self.text(job, value)?);
        Ok(match value {
            Value::Secret(name) if self.facts.plan.secrets.iter().any(|it| it.name == *name && it.optional) => lowered,
            Value::Secret(name) => {
                let found = super::context::secret(self.facts.plan, name);
                lowered.finished(variable, Finish::Required(format!("there is no secret {found}")))
            }
            Value::Output { job: producer, output } if self.facts.early(producer, output).is_none() => {
                // GitHub drops an output in which it sees a secret, with a warning only.
                let required = self.facts.value(producer, output).is_some_and(|(ty, _)| is_required(ty));
                // A job that may run although it was skipped reads what another one has made then.
                let certain = ties(job, |id| self.facts.job(id))
                    .iter()
                    .any(|it| it.job == producer.as_str() && it.ended == Ended::Succeeded);
                if required && certain {
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

    fn word(&self, run: &Run) -> Option<Script> {
        words::script(run)
    }

    fn hand_on(&self, publish: &Publish, made: &Made) -> Vec<String> {
        let name = &publish.name;
        let (print, text) = match made {
            Made::Variable(it) => (format!("printf '%s\\n' \"${it}\""), Some(it)),
            Made::Printed(it) => (it.clone(), None),
        };
        let mut lines = Vec::new();
        if publish.secret {
            lines.push(masked(&format!("{print} | tr '\\r' '\\n'")));
        }
        match text {
            Some(it) if !matches!(publish.ty.present(), ValueType::String) => {
                lines.push(format!("echo \"{name}=${it}\" >> \"$GITHUB_OUTPUT\""));
            }
            _ => {
                lines.extend(END.map(str::to_owned));
                lines.push(format!("{{ echo \"{name}<<$end\"; {print}; echo \"$end\"; }} >> \"$GITHUB_OUTPUT\""));
            }
        }
        lines
    }

    fn base(&self) -> (String, Option<String>) {
        let has = |event| self.facts.plan.triggers.iter().any(|it| it.event == event || it.event == Event::Call);
        let mut sides = Vec::new();
        if has(Event::PullRequest) {
            // A merge's first parent is what it goes into.
            sides.push("github.event_name == 'pull_request' && 'HEAD^1'");
        }
        sides.push(if has(Event::Push) { "github.event.before" } else { "''" });
        let queue = r#"if [ "$GITHUB_EVENT_NAME" = merge_group ]; then BASE=$(jq -r .merge_group.base_sha "$GITHUB_EVENT_PATH"); fi"#;
        (format!("${{{{ {} }}}}", sides.join(" || ")), has(Event::MergeQueue).then(|| queue.to_owned()))
    }

    fn publish(&self, job: &Job, step: &Step, publish: &Publish, form: Form) -> Vec<String> {
        if !self.facts.is_read(job, &step.id, &publish.name) {
            return Vec::new();
        }
        let name = &publish.name;
        let mut lines = Vec::new();
        if publish.secret {
            lines.push(match form {
                Form::Line => masked("printf '%s\\n' \"$value\" | tr '\\r' '\\n'"),
                Form::File => masked("tr '\\r' '\\n' < \"$file\""),
            });
        }
        lines.extend(match form {
            Form::Line if is_tame(&publish.ty) => {
                vec![format!("echo \"{name}=$value\" >> \"$GITHUB_OUTPUT\"")]
            }
            // Some shells' echo changes backslashes.
            Form::Line => vec![format!("printf '%s\\n' \"{name}=$value\" >> \"$GITHUB_OUTPUT\"")],
            Form::File => vec![
                END[0].to_owned(),
                END[1].to_owned(),
                format!(
                    "{{ echo \"{name}<<$end\"; printf '%s\\n' \"$(cat \"$file\")\"; echo \"$end\"; }} >> \"$GITHUB_OUTPUT\""
                ),
            ],
        });
        lines
    }
}

/// The lines that make a line for the end of a value.
pub(super) const END: [&str; 2] =
    ["# Drawn only now, so that the value cannot hold it.", "end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"];

/// The command that hides what `print` prints, each line by itself, from all that is shown.
fn masked(print: &str) -> String {
    format!("{print} | sed -e '/^$/d' -e 's/%/%25/g' -e 's/^/::add-mask::/'")
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
        Value::Declassified { value, .. } => is_job_wide(value),
        Value::Compute(it) => it.args.iter().all(|arg| is_job_wide(&arg.value)),
        _ => false,
    }
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
