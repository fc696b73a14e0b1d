//! The steps of a job: the sources, what it consumes, the author's own steps, what it leaves.

use flow_plan::model::{Block, Checkout, Job, Shell, Step};

use super::expr::Expr;
use super::jobs::minutes;
use super::values::{Github, HOST, literal};
use super::{artifacts, raw};
use crate::lower::Site;
use crate::pins::CHECKOUT;
use crate::steps::{Composed, compose, room};
use crate::yaml::{Around, Item, Map, Node};
use crate::{EmitError, Pins};

/// All steps, in order.
pub(super) fn all(github: &Github<'_>, job: &Job) -> Result<Vec<Item>, Vec<EmitError>> {
    let mut items = Vec::new();
    if let Some(it) = &job.checkout {
        items.push(checkout(github.pins, it, job.inputs.as_deref()));
    }
    items.extend(artifacts::downloads(github, job)?);
    if let Some(script) = room(HOST, job) {
        items.push(generated("Make room for what this job writes", None, &script));
    }
    let mut errors = Vec::new();
    for step in &job.steps {
        match author_step(github, job, step) {
            Ok(it) => items.extend(it),
            Err(it) => errors.push(it),
        }
    }
    match artifacts::uploads(github, job) {
        Ok(it) => items.extend(it),
        Err(it) => errors.extend(it),
    }
    if items.is_empty() && errors.is_empty() {
        errors.push(EmitError::at(&job.place, format!("job {} has no step", job.id), "give it one, or remove the job"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for item in items.iter_mut().skip(1) {
        item.around.blank = true;
    }
    Ok(items)
}

fn checkout(pins: &Pins, options: &Checkout, inputs: Option<&[String]>) -> Item {
    let mut with = Map::new();
    if options.depth != 1 {
        with.push("fetch-depth", u64::from(options.depth));
    }
    // All of the history comes with the tags.
    if options.tags && options.depth != 0 {
        with.push("fetch-tags", true);
    }
    if options.submodules {
        with.push("submodules", true);
    }
    if options.lfs {
        with.push("lfs", true);
    }
    if let Some(patterns) = inputs {
        let lines: Vec<_> = patterns.iter().map(|it| anchored(it)).collect();
        with.push("sparse-checkout", Node::Block(format!("{}\n", lines.join("\n"))));
        with.push("sparse-checkout-cone-mode", false);
    }
    with.push("persist-credentials", false);
    uses(pins, "Check out the sources", None, CHECKOUT, with)
}

/// A pattern relative to the root, as git's ignore files write it: there, one without a slash would
/// hold at any depth.
fn anchored(pattern: &str) -> String {
    match pattern.strip_prefix('!') {
        Some(rest) => format!("!/{rest}"),
        None => format!("/{pattern}"),
    }
}

/// A step that runs an action of the [standard table](crate::pins).
pub(super) fn uses(pins: &Pins, name: &str, condition: Option<&str>, action: &str, with: Map) -> Item {
    let mut map = Map::new().with("name", literal(name)).with_some("if", condition);
    let (text, version) = pins.uses(action).map_or_else(|| (action.to_owned(), None), |it| (it.text, it.version));
    map.push_around("uses", text, Around { beside: version, ..Around::default() });
    map.push("with", with);
    Item::bare(map)
}

/// A step of ours.
pub(super) fn generated(name: &str, id: Option<&str>, script: &str) -> Item {
    conditional(name, id, None, script)
}

/// A step of ours that does not always run.
pub(super) fn conditional(name: &str, id: Option<&str>, condition: Option<&str>, script: &str) -> Item {
    let map = Map::new().with("name", literal(name)).with_some("id", id).with_some("if", condition);
    Item::bare(map.with("run", script_node(script)))
}

fn script_node(text: &str) -> Node {
    if text.contains('\n') { Node::Block(format!("{text}\n")) } else { Node::Block(text.to_owned()) }
}

/// When a step runs, seen from those before it.
fn condition(github: &Github<'_>, job: &Job, step: &Step) -> Result<Option<String>, EmitError> {
    let said = step.guard.as_ref().map(|it| github.condition(Some(job), &it.condition, Site::If)).transpose();
    let guard = said.map_err(|why| EmitError::at(&step.place, why, "leave this backend out, or ask it another way"))?;
    let block = match step.block {
        Block::Main => None,
        Block::OnFailure => Some(Expr::one("failure()")),
        Block::Finally => Some(Expr::one("always()")),
    };
    let whole = match (block, guard) {
        (Some(block), Some(guard)) => Some(block.and(guard)),
        (block, guard) => block.or(guard),
    };
    Ok(whole.map(|it| it.condition()))
}

fn author_step(github: &Github<'_>, job: &Job, step: &Step) -> Result<Vec<Item>, EmitError> {
    let Composed { shell, text, env, after } = compose(github.facts, github, job, step)?;
    let is_read = step.publishes.iter().any(|it| github.facts.is_read(job, &step.id, &it.name));
    let id = is_read.then_some(step.id.as_str());
    let own_id = if after.is_some() { None } else { id };
    let condition = condition(github, job, step)?;
    let mut map = Map::new().with("name", literal(&step.title)).with_some("id", own_id);
    map = map.with_some("if", condition.as_deref());
    let shell = match (&step.run, shell) {
        (_, Shell::Bash) => None,
        (_, Shell::Sh) => Some("sh"),
        (_, Shell::Pwsh) => Some("pwsh"),
        (_, Shell::Cmd) => Some("cmd"),
        (_, Shell::Python) => Some("python"),
    };
    if let Some(shell) = shell {
        // Auditors warn of cmd wherever they see it; here it is the author's choice.
        let around = if shell == "cmd" { Around::beside("zizmor: ignore[misfeature]") } else { Around::default() };
        map.push_around("shell", shell, around);
    }
    map = map.with_some("working-directory", step.workdir.as_deref().map(literal));
    map = map.with_some("timeout-minutes", step.timeout_seconds.map(minutes));
    let mut variables = Map::new();
    for (name, value) in env {
        variables.push(name, value);
    }
    if !variables.entries.is_empty() {
        map.push("env", variables);
    }
    map.push("run", script_node(&text));
    raw::merge_in(github, job, &mut map, &step.raw)?;
    let own = Item { value: map.into(), around: Around::default().above(step.docs.as_deref()) };
    let publish = after
        .map(|script| conditional(&format!("Publish what “{}” made", step.title), id, condition.as_deref(), &script));
    Ok(std::iter::once(own).chain(publish).collect())
}
