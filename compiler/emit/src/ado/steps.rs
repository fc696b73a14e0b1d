//! The steps of a job: the sources, what it consumes, the author's own steps, what it leaves.

use flow_plan::model::{Checkout, Job, Os, Shell, Step, Value};

use super::artifacts;
use super::jobs::minutes;
use super::name;
use super::values::{Ado, HOST, OUTPUTS_STEP, literal, set_output};
use crate::EmitError;
use crate::shell::reads::line;
use crate::shell::values::is_tame;
use crate::steps::{Composed, Platform, compose, room};
use crate::yaml::{Around, Item, Map, Node};

/// Bash stops at nothing unless told to.
const STRICT: &str = "set -eo pipefail";

/// All steps, in order.
pub(super) fn all(ado: &Ado<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let mut items = vec![checkout(job.checkout.as_ref())];
    if let (Some(patterns), Some(_)) = (&job.inputs, &job.checkout) {
        items.push(generated("Keep only the inputs", None, &sparse(patterns)));
    }
    items.extend(artifacts::downloads(ado.facts, job));
    if let Some(script) = room(HOST, job) {
        let attempt = (!job.exposes.is_empty()).then(artifacts::attempt);
        let script = std::iter::once(script).chain(attempt).collect::<Vec<_>>().join("\n");
        items.push(generated("Make room for what this job writes", None, &script));
    }
    let mut errors = Vec::new();
    for step in &job.steps {
        match author_step(ado, job, step) {
            Ok(it) => items.extend(it),
            Err(it) => errors.push(it),
        }
    }
    match outputs(ado, job) {
        Ok(it) => items.extend(it),
        Err(it) => errors.push(it),
    }
    match artifacts::publishes(ado.facts, job) {
        Ok(it) => items.extend(it),
        Err(it) => errors.extend(it),
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for item in items.iter_mut().skip(1) {
        item.around.blank = true;
    }
    Ok(items)
}

fn checkout(options: Option<&Checkout>) -> Item {
    let Some(options) = options else {
        return Item::bare(Map::new().with("checkout", "none"));
    };
    let mut map = Map::new()
        .with("checkout", "self")
        .with("displayName", "Check out the sources")
        .with("fetchDepth", u64::from(options.depth))
        .with("fetchTags", options.tags);
    if options.submodules {
        map.push("submodules", true);
    }
    if options.lfs {
        map.push("lfs", true);
    }
    Item::bare(map)
}

/// A script that leaves only the matching files in the work tree. Patterns come by standard input:
/// on Windows, arguments that begin with `/` would be taken for paths.
fn sparse(patterns: &[String]) -> String {
    let lines: Vec<_> = patterns
        .iter()
        .map(|it| match it.strip_prefix('!') {
            Some(rest) => format!("!/{rest}"),
            None => format!("/{it}"),
        })
        .collect();
    format!("git sparse-checkout set --no-cone --stdin <<'END'\n{}\nEND", lines.join("\n"))
}

/// A step of ours.
pub(super) fn generated(title: &str, id: Option<&str>, script: &str) -> Item {
    let map = Map::new()
        .with("bash", Node::Block(format!("{STRICT}\n{script}\n")))
        .with_some("name", id)
        .with("displayName", literal(title));
    Item::bare(map)
}

fn author_step(ado: &Ado<'_>, job: &Job, step: &Step) -> Result<Vec<Item>, EmitError> {
    let Some(job) = ado.facts.job(&job.id) else {
        return Ok(Vec::new());
    };
    let Composed { shell, text, env, after } = compose(ado.facts, ado, job, step)?;
    let sets = step.publishes.iter().any(|it| {
        ado.facts.is_handed_on(job, &step.id, &it.name)
            || (is_tame(&it.ty) && ado.facts.is_read(job, &step.id, &it.name))
    });
    let id = sets.then(|| name(&step.id));
    let own_id = if after.is_some() { None } else { id.as_deref() };
    let folder = step.workdir.as_deref().map(literal);
    let script = |first: &str| Node::Block(format!("{first}{text}\n"));
    let mut map = match shell {
        Shell::Bash => Map::new().with("bash", script(&format!("{STRICT}\n"))),
        Shell::Sh => Map::new().with("bash", script("set -e -o posix\n")),
        Shell::Pwsh => Map::new().with("pwsh", script("")),
        Shell::Cmd if job.runner.os == Os::Windows => Map::new().with("script", script("")),
        Shell::Cmd => {
            let message = format!("{}: step `{}`: there is no cmd on {}", job.id, step.title, job.runner.os.name());
            return Err(EmitError::at(&step.place, message, "run the job on windows, or use another shell"));
        }
        Shell::Python => Map::new().with("task", "PythonScript@0"),
    };
    map = map.with_some("name", own_id).with("displayName", literal(&step.title));
    if shell == Shell::Python {
        let inputs =
            Map::new().with("scriptSource", "inline").with("script", script("")).with_some("workingDirectory", folder);
        map.push("inputs", inputs);
    } else {
        map = map.with_some("workingDirectory", folder);
    }
    map = map.with_some("timeoutInMinutes", step.timeout_seconds.map(minutes));
    let mut variables = Map::new();
    for (key, value) in env {
        variables.push(key, value);
    }
    if !variables.entries.is_empty() {
        map.push("env", variables);
    }
    let own = Item { value: map.into(), around: Around::default().above(step.docs.as_deref()) };
    let publish = after.map(|script| generated(&format!("Publish what “{}” made", step.title), id.as_deref(), &script));
    Ok(std::iter::once(own).chain(publish).collect())
}

/// The step that sets the outputs which no single step publishes: joined texts, what another job
/// handed on.
fn outputs(ado: &Ado<'_>, job: &Job) -> Result<Option<Item>, EmitError> {
    let Some(job) = ado.facts.job(&job.id) else {
        return Ok(None);
    };
    let mut env = Map::new();
    let mut lines = Vec::new();
    for (output, ty, value) in ado.facts.read_outputs(job) {
        if matches!(value, Value::Step { .. }) {
            continue;
        }
        let refuse = |why: &str| {
            EmitError::at(
                &output.place,
                format!("{}: the output {} cannot be handed on: {why}", job.id, output.name),
                "make it in a script",
            )
        };
        let variable = format!("OUT_{}", name(&output.name).to_ascii_uppercase());
        let lowered = ado.value(job, &variable, value).map_err(|it| refuse(&it))?;
        for (key, text) in lowered.env {
            env.push(key, text);
        }
        for (key, finish) in &lowered.finish {
            lines.push(line(HOST, Shell::Bash, key, finish).map_err(refuse)?);
        }
        lines.push(format!("value=${variable}"));
        lines.extend(set_output(&output.name, ty));
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let mut item = generated("Hand on the outputs", Some(OUTPUTS_STEP), &lines.join("\n"));
    if let (Node::Map(map), false) = (&mut item.value, env.entries.is_empty()) {
        map.push("env", env);
    }
    Ok(Some(item))
}
