//! What the steps of a job come to, apart from how a platform writes a step: the text of each
//! script with what must stand before and after it, and the variables it needs.

use flow_plan::elaborate::MAX_LEGS;
use flow_plan::model::{
    Field, FieldKind, Files, Job, Location, Output, OutputKind, Publish, PublishFrom, Run, Script, ScriptPart, Shell,
    Step, Value, ValueType,
};
use flow_plan::pattern::split;
use flow_plan::script;
use rustc_hash::FxHashSet;

use crate::facts::Facts;
use crate::lower::types::Types;
use crate::shell::artifacts::{Input, Packing, received};
use crate::shell::message;
use crate::shell::patterns::{Collected, collected};
use crate::shell::reads::{Finish, line};
use crate::shell::retry::{Attempt, attempts};
use crate::shell::seal::folders;
use crate::shell::spread::{Spread, spread};
use crate::shell::values::{Form, captured, checked, child};
use crate::shell::views::Fetched;
use crate::shell::{Host, artifacts, compute, make_folders};
use crate::{EmitError, NOT_LOWERED};

/// A value as a platform brings it into a step: variables of its environment, and what the script
/// must do to them first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lowered {
    /// Names and the platform's text for their values.
    pub(crate) env: Vec<(String, String)>,
    /// What to do to which variable, in order.
    pub(crate) finish: Vec<(String, Finish)>,
}

impl Lowered {
    /// A variable that needs nothing more.
    pub(crate) fn plain(variable: &str, text: impl Into<String>) -> Self {
        Self { env: vec![(variable.to_owned(), text.into())], finish: Vec::new() }
    }

    /// The same with something to do to the variable.
    pub(crate) fn finished(mut self, variable: &str, finish: Finish) -> Self {
        self.finish.push((variable.to_owned(), finish));
        self
    }

    fn add(&mut self, other: Self) {
        self.env.extend(other.env);
        self.finish.extend(other.finish);
    }
}

/// A value that a step has computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// The shell's variable of this name holds its text.
    Variable(String),
    /// This command prints its text and a line break.
    Printed(String),
}

/// What a backend must say for scripts to be composed.
pub(crate) trait Platform {
    /// What the shells see of it.
    fn host(&self) -> Host;

    /// Brings a value into `variable` of a step.
    fn value(&self, job: &Job, variable: &str, value: &Value) -> Result<Lowered, String>;

    /// What the platform would read in an author's text before the shell does: why and what to do.
    fn refuses(&self, shell: Shell, text: &str) -> Option<(String, &'static str)>;

    /// The author's text, so that the platform leaves it alone.
    fn author_text(&self, text: &str) -> String {
        text.to_owned()
    }

    /// Whether an entry of the job's environment can stand at the job.
    fn is_job_wide(&self, job: &Job, variable: &str, value: &Value) -> bool;

    /// The script for a statement that the platform has a word of its own for: an export, an addition to
    /// the search path, a summary.
    fn word(&self, _run: &Run) -> Option<Script> {
        None
    }

    /// The lines that hand on what a step computed: a text that `printed` prints with one more line break
    /// at its end, or else one that the shell's variable holds. `end` is a variable that holds a line
    /// which is in neither.
    fn hand_on(&self, publish: &Publish, made: &Made) -> Vec<String>;

    /// The commit that the run's sources are compared with, to see what was changed: the variable
    /// [`BASE`](compute::BASE), and a line that it needs besides.
    fn base(&self) -> (String, Option<String>);

    /// The lines that hand a checked value to the platform.
    fn publish(&self, job: &Job, step: &Step, publish: &Publish, form: Form) -> Vec<String>;
}

/// A script, ready for a platform's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Composed {
    /// What runs it.
    pub(crate) shell: Shell,
    /// Its text.
    pub(crate) text: String,
    /// The step's own variables.
    pub(crate) env: Vec<(String, String)>,
    /// A script of bash that checks and publishes what this one made, where its own shell cannot.
    pub(crate) after: Option<String>,
}

/// The script of a step with everything around it.
pub(crate) fn compose(
    facts: &Facts<'_>,
    platform: &impl Platform,
    job: &Job,
    step: &Step,
) -> Result<Composed, EmitError> {
    let host = platform.host();
    let word;
    let script = match &step.run {
        Run::Script(script) => script,
        Run::Take { from, to, pattern: true, .. } => return collect(host, job, step, ".", from, to),
        Run::Export { .. } | Run::AddPath(_) | Run::Summary(_) | Run::SummaryFile(_) => {
            word = platform.word(&step.run).ok_or_else(|| EmitError::at(&step.place, NOT_LOWERED, ""))?;
            &word
        }
        Run::Take { from, to, kind, .. } => {
            let text = artifacts::taken(host, from, &script::path(to), *kind, may_lack(job, step));
            return Ok(Composed { shell: Shell::Bash, text, env: Vec::new(), after: None });
        }
        Run::Pass { from, to, .. } if from.is_pattern() => {
            let whole = script::path(from);
            let (folder, pattern) = split(&whole);
            return collect(host, job, step, &host.path(folder), pattern, to);
        }
        Run::Pass { from, to, kind } => {
            let text = artifacts::passed(host, &script::path(from), &script::path(to), *kind, may_lack(job, step));
            return Ok(Composed { shell: Shell::Bash, text, env: Vec::new(), after: None });
        }
        Run::Compute(values) => return computed(facts, platform, job, step, values),
        _ => return Err(EmitError::at(&step.place, NOT_LOWERED, "")),
    };
    let refuse =
        |why: &str, help: &str| EmitError::at(&step.place, format!("{}: step `{}`: {why}", job.id, step.title), help);
    let mut shielded = script.clone();
    for part in &mut shielded.parts {
        if let ScriptPart::Text(text) = part {
            if let Some((why, help)) = platform.refuses(script.shell, text) {
                return Err(refuse(&why, help));
            }
            *text = platform.author_text(text);
        }
    }
    let types = Types { facts, job: Some(job) };
    let spreads = spreads(&mut shielded, &types, job).map_err(|why| refuse(why, "write the step in `bash`"))?;
    let mut rendered = script::render(&shielded, host.root());
    for Brought { variable, value, before } in spreads {
        rendered.reads.push((variable, value));
        if let Some(line) = before {
            rendered.text = format!("{line}\n{}", rendered.text);
        }
    }
    let mut lowered = Lowered::default();
    let wide = job.env.iter().filter(|(name, value)| {
        !platform.is_job_wide(job, name, value) && !step.env.iter().any(|(own, _)| own == name)
    });
    for (variable, value) in wide.chain(&step.env).chain(&rendered.reads) {
        let one = platform.value(job, variable, value).map_err(|why| {
            refuse(&format!("{variable} cannot get its value: {why}"), "pass it another way, or leave this backend out")
        })?;
        lowered.add(one);
    }
    let mut lines = Vec::new();
    for (variable, finish) in &lowered.finish {
        let one =
            line(host, script.shell, variable, finish).map_err(|why| refuse(why, "write the step in another shell"))?;
        lines.push(one);
    }
    let posix = matches!(script.shell, Shell::Sh | Shell::Bash);
    if step.retry.is_some() && !posix {
        // The script stands in a file: what comes first in it, too.
        lines.push(rendered.text);
        let text = lines.join("\n");
        let (text, after) = body(facts, platform, job, step, script.shell, &text)
            .map_err(|why| refuse(why, "write the step in another shell"))?;
        return Ok(Composed { shell: Shell::Bash, text, env: lowered.env, after });
    }
    let (body, after) = body(facts, platform, job, step, script.shell, &rendered.text)
        .map_err(|why| refuse(why, "change the value's type"))?;
    lines.push(body);
    Ok(Composed { shell: script.shell, text: lines.join("\n"), env: lowered.env, after })
}

/// What a step that copies files promises to write.
fn promised<'a>(job: &'a Job, step: &Step) -> Option<(&'a Output, &'a Field)> {
    let write = step.writes.first()?;
    let output = job.outputs.iter().find(|it| it.name == write.output)?;
    let OutputKind::Artifact(schema) = &output.kind else { return None };
    Some((output, schema.fields.iter().find(|it| it.name == write.field)?))
}

fn may_lack(job: &Job, step: &Step) -> bool {
    promised(job, step).is_some_and(|(_, field)| field.optional)
}

/// The script that brings the files which a pattern matches to where the step promised them.
fn collect(
    host: Host,
    job: &Job,
    step: &Step,
    folder: &str,
    pattern: &str,
    to: &Location,
) -> Result<Composed, EmitError> {
    let Some((output, field)) = promised(job, step) else {
        return Err(EmitError::at(&step.place, NOT_LOWERED, ""));
    };
    let what = artifacts::shown(&output.name, field);
    let to = script::path(to);
    let all = Collected { folder, pattern, field, what: &what, to: to.trim_end_matches('/') };
    Ok(Composed { shell: Shell::Bash, text: collected(host, &all), env: Vec::new(), after: None })
}

/// A list that a script spreads, as its step's environment brings it.
struct Brought {
    variable: String,
    value: Value,
    /// The line that the script needs first.
    before: Option<String>,
}

/// Writes out what a script spreads; returns what brings it.
fn spreads(script: &mut Script, types: &Types<'_>, job: &Job) -> Result<Vec<Brought>, &'static str> {
    let mut all: Vec<Brought> = Vec::new();
    let mut text = String::new();
    for part in &mut script.parts {
        match part {
            ScriptPart::Text(it) => text.clone_from(it),
            ScriptPart::Spread { variable, value } => {
                let Spread { before, words } = spread(script.shell, job.runner.os, variable, &types.of(value), &text)?;
                if !all.iter().any(|it| it.variable == *variable) {
                    let taken = all.iter().any(|it| it.before.is_some());
                    if script.shell == Shell::Sh && taken && before.is_some() {
                        return Err("`sh` has one list of words only");
                    }
                    all.push(Brought { variable: variable.clone(), value: value.clone(), before });
                }
                *part = ScriptPart::Text(words);
                text.clear();
            }
            ScriptPart::Read { .. } | ScriptPart::Path { .. } => text.clear(),
        }
    }
    Ok(all)
}

/// A step that computes values.
fn computed(
    facts: &Facts<'_>,
    platform: &impl Platform,
    job: &Job,
    step: &Step,
    values: &[(String, Value)],
) -> Result<Composed, EmitError> {
    let native = |value: &Value| platform.value(job, "", value).is_ok();
    let types = Types { facts, job: Some(job) };
    let mut script = compute::Script::new(platform.host(), job, types, &native);
    for (name, value) in values {
        let Some(publish) = step.publishes.iter().find(|it| it.name == *name) else { continue };
        if !facts.is_read(job, &step.id, name) {
            continue;
        }
        let what = format!("{}: the value {name}", job.id);
        let required = facts.is_required(job, &step.id, name);
        let printed = if required || publish.secret { None } else { script.printed(&what, value) };
        let made = match printed {
            Some(command) => Made::Printed(command),
            None => {
                let variable = script.variable(name, value);
                let long = script.grows(value);
                script.check(&variable, &what, required, long);
                Made::Variable(variable)
            }
        };
        for line in platform.hand_on(publish, &made) {
            script.once(&line);
        }
    }
    let finished = script.finish();
    let host = platform.host();
    let mut lowered = Lowered::default();
    for (variable, value) in &finished.reads {
        let one = platform.value(job, variable, value).map_err(|why| {
            let message = format!("{}: step `{}`: {variable} cannot get its value: {why}", job.id, step.title);
            EmitError::at(&step.place, message, "write it another way, or leave this backend out")
        })?;
        lowered.add(one);
    }
    let mut lines = Vec::new();
    for (variable, finish) in &lowered.finish {
        lines.extend(line(host, Shell::Bash, variable, finish));
    }
    if finished.compares {
        let (base, more) = platform.base();
        lowered.env.push((compute::BASE.to_owned(), base));
        lines.extend(more);
    }
    lines.extend(finished.lines);
    Ok(Composed { shell: Shell::Bash, text: lines.join("\n"), env: lowered.env, after: None })
}

/// The author's text, with what it publishes kept, checked and handed on.
fn body(
    facts: &Facts<'_>,
    platform: &impl Platform,
    job: &Job,
    step: &Step,
    shell: Shell,
    text: &str,
) -> Result<(String, Option<String>), &'static str> {
    let host = platform.host();
    let stdout = step.publishes.iter().find(|it| it.from == PublishFrom::Stdout);
    let kept = stdout.map(|it| host.path(&value_path(&step.id, &it.name)));
    let tried = step.retry.map(|retry| {
        let empties = emptied(host, job, step);
        attempts(host, shell, text, &Attempt { retry, empties: &empties, kept: kept.as_deref(), step: &step.id })
    });
    let tried = tried.transpose()?;
    if step.publishes.is_empty() {
        return Ok((tried.unwrap_or_else(|| text.to_owned()), None));
    }
    let mut lines = vec![host.fail()];
    for publish in &step.publishes {
        let below = value_path(&step.id, &publish.name);
        let what = format!("{}: the value {}", job.id, publish.name);
        let required = facts.is_required(job, &step.id, &publish.name);
        let (check, form) = checked(host, job.runner.os, &below, publish, &what, required)?;
        lines.extend(check);
        if facts.is_looped(job, &step.id, &publish.name) {
            lines.extend(looped(&what));
        }
        lines.extend(platform.publish(job, step, publish, form));
    }
    let publishing = lines.join("\n");
    if let Some(tried) = tried {
        return Ok((format!("{tried}\n\n{publishing}"), None));
    }
    let kept = kept.map(|file| captured(shell, text, &file));
    if matches!(shell, Shell::Sh | Shell::Bash) {
        let author = kept.unwrap_or_else(|| child(text));
        Ok((format!("{author}\n\n{publishing}"), None))
    } else {
        Ok((kept.unwrap_or_else(|| text.to_owned()), Some(publishing)))
    }
}

/// The commands that remove what an attempt of a step has left where it promised to write.
fn emptied(host: Host, job: &Job, step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    for write in &step.writes {
        let output = job.outputs.iter().find(|it| it.name == write.output);
        let Some(OutputKind::Artifact(schema)) = output.map(|it| &it.kind) else { continue };
        let Some(field) = schema.fields.iter().find(|it| it.name == write.field) else { continue };
        let path = artifacts::join(&format!("out/{}", write.output), &field.path);
        lines.push(if field.kind == FieldKind::Opaque {
            format!("rm -rf {0} && mkdir -p {0}", host.path(&path))
        } else if field.matches.is_some() {
            // What else lies in its folder is not its own.
            let folder = artifacts::join(&format!("out/{}", write.output), "");
            format!("rm -rf {}/{}", host.path(&folder), field.path.replace(' ', "\\ "))
        } else {
            format!("rm -rf {}", host.path(&path))
        });
    }
    let values = step.publishes.iter().filter(|it| it.from == PublishFrom::File);
    lines.extend(values.map(|it| format!("rm -f {}", host.path(&value_path(&step.id, &it.name)))));
    let mut seen = FxHashSet::default();
    lines.retain(|it| seen.insert(it.clone()));
    lines
}

/// The lines that refuse a list, in the shell's variable `value`, of which hosted platforms make no jobs:
/// they take so many, and numbers of so many digits.
fn looped(what: &str) -> [String; 2] {
    let long = message(&format!("{what} has more than {MAX_LEGS} elements: a job runs for each"));
    let great = message(&format!("{what} holds a number of more than 15 digits: make it a text"));
    [
        format!("[ \"$(printf %s \"$value\" | jq length)\" -le {MAX_LEGS} ] || fail {long}"),
        format!("printf %s \"$value\" | jq -e 'all(.. | numbers; . > -1e15 and . < 1e15)' > /dev/null || fail {great}"),
    ]
}

/// Where a value's text is kept, below the job's private folder.
pub(crate) fn value_path(step: &str, name: &str) -> String {
    script::path(&flow_plan::model::Location::Value { step: step.to_owned(), name: name.to_owned() })
}

/// The script that makes the folders which a job writes to: before its first own step.
pub(crate) fn room(host: Host, job: &Job) -> Option<String> {
    let mut made = Vec::new();
    let mut emptied = Vec::new();
    for output in &job.outputs {
        if let OutputKind::Artifact(schema) = &output.kind {
            let (folders, opaque) = folders(&output.name, schema);
            made.extend(folders);
            emptied.extend(opaque);
        }
    }
    let text = ValueType::Optional(Box::new(ValueType::String));
    let written = |it: &Publish| match it.from {
        PublishFrom::Stdout | PublishFrom::File => true,
        // What is more than text is looked at.
        PublishFrom::Foreign(_) => it.ty != text,
        PublishFrom::Computed => false,
    };
    if job.steps.iter().any(|it| it.publishes.iter().any(written)) {
        made.push("value".to_owned());
    }
    let remove = emptied.iter().map(|it| format!("rm -rf {}", host.path(it)));
    let lines: Vec<_> = remove.chain(make_folders(host, &made)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What is done to artifacts once they are downloaded: a title, and the script; nothing without any.
pub(crate) fn receiving(host: Host, facts: &Facts<'_>, job: &Job) -> Option<(&'static str, String)> {
    let wholes = job.consumes.iter().filter_map(|consume| {
        let (from, name) = consume.output()?;
        let output = facts.output(from, name)?;
        let (packing, systems) = (facts.packing(from, name), facts.systems(job.runner.os, from, name));
        Some(Input { consume, output, packing, systems })
    });
    let inputs: Vec<_> = wholes.collect();
    let fetches = facts.fetches(job);
    let find = |choice: Option<&str>, from: &str, output: &str| {
        let fetch = fetches
            .iter()
            .find(|it| it.earlier.is_none() && it.choice == choice && it.job == from && it.output == output)?;
        let systems = facts.systems(job.runner.os, from, output);
        Some(Fetched {
            folder: fetch.folder.clone(),
            output: facts.output(from, output)?,
            systems,
            optional: fetch.optional,
        })
    };
    let direct: Vec<&str> = job.consumes.iter().filter(|it| facts.is_direct(it)).map(|it| it.id.as_str()).collect();
    let earlier = job.consumes.iter().filter(|it| matches!(it.from, Files::Earlier { .. })).map(|it| it.id.as_str());
    let direct: Vec<&str> = direct.into_iter().chain(earlier).collect();
    let apart = job.consumes.iter().any(|it| it.output().is_none() && !direct.contains(&it.id.as_str()));
    let unpacks = apart || inputs.iter().any(|it| it.packing == Packing::Packed);
    let title = if unpacks { "Unpack and verify what was downloaded" } else { "Protect what was downloaded" };
    let script = || received(host, job.runner.os, &inputs, &direct, facts.plan, &job.consumes, &find);
    (!job.consumes.is_empty()).then(|| (title, script()))
}

/// What an exposed thing is, below the job's private folder.
pub(crate) fn exposed_path(job: &Job, output: &str, field: Option<&str>) -> Option<String> {
    let found = job.outputs.iter().find(|it| it.name == output)?;
    let OutputKind::Artifact(schema) = &found.kind else {
        return None;
    };
    let field = match field {
        Some(name) => Some(schema.fields.iter().find(|it| it.name == name)?),
        // A bare output is its only field.
        None => schema.fields.iter().find(|it| it.name.is_empty()),
    };
    Some(match field {
        Some(field) if !(field.path.is_empty() || field.path == ".") => {
            format!("out/{output}/{}", field.path)
        }
        _ => format!("out/{output}"),
    })
}

/// Whether a value of the type must not arrive empty.
pub(crate) fn is_required(ty: &ValueType) -> bool {
    matches!(ty, ValueType::String)
}
