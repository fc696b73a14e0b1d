//! The author's own steps, each with what has to stand beside it.

use flow_plan::model::{Block, Job, Os, Run, Shell, Step};

use super::expr::Expr;
use super::jobs::minutes;
use super::steps::{conditional, script_node};
use super::values::{Github, literal};
use super::{checkout, foreign, raw, triggers};
use crate::EmitError;
use crate::lower::Site;
use crate::steps::{Composed, compose};
use crate::yaml::{Around, Item, Map, Node};

/// What a step becomes. `ready` is the id of the step after which the author's own begin.
pub(super) fn steps(github: &Github<'_>, job: &Job, step: &Step, ready: Option<&str>) -> Result<Vec<Item>, EmitError> {
    let condition = condition(github, job, step, ready)?;
    let when = condition.as_ref().map(Expr::condition);
    let mut items = match &step.run {
        Run::Foreign(it) => foreign::steps(github, job, step, it, condition)?,
        Run::Checkout(it) => vec![checkout::later(github, job, step, it, when.as_deref())?],
        _ => script(github, job, step, condition)?,
    };
    if let Some(first) = items.first_mut() {
        first.around = Around::default().above(step.docs.as_deref());
    }
    Ok(items)
}

/// When a step runs, seen from those before it.
fn condition(github: &Github<'_>, job: &Job, step: &Step, ready: Option<&str>) -> Result<Option<Expr>, EmitError> {
    let said = step.guard.as_ref().map(|it| github.condition(Some(job), &it.condition, Site::If)).transpose();
    let guard = said.map_err(|why| EmitError::at(&step.place, why, "leave this backend out, or ask it another way"))?;
    let block = match step.block {
        Block::Main => None,
        Block::OnFailure => Some(Expr::one("failure()")),
        Block::Finally => Some(Expr::one("always()")),
    };
    let ready = ready.filter(|_| block.is_some()).map(succeeded);
    Ok([block, ready, guard].into_iter().flatten().reduce(Expr::and))
}

/// Whether a step has succeeded, in itself.
pub(super) fn succeeded(id: &str) -> Expr {
    Expr::one(format!("steps.{id}.outcome")).equals(Expr::text("success"))
}

/// The settings of a step that stand at every kind of it.
pub(super) fn tolerance(github: &Github<'_>, job: &Job, step: &Step, map: &mut Map) -> Result<(), EmitError> {
    if let Some(value) = &step.continue_on_error {
        let said = github.truth(job, value, Site::Step);
        map.push("continue-on-error", said.map_err(|why| EmitError::at(&step.place, why, "write it another way"))?);
    }
    Ok(())
}

fn script(github: &Github<'_>, job: &Job, step: &Step, condition: Option<Expr>) -> Result<Vec<Item>, EmitError> {
    let Composed { shell, text, env, after } = compose(github.facts, github, job, step)?;
    let is_read = step.publishes.iter().any(|it| github.facts.is_read(job, &step.id, &it.name));
    let id = is_read.then_some(step.id.as_str());
    // What is published by a step of its own has to know how a tolerated one ended.
    let tolerated = after.is_some() && step.continue_on_error.is_some();
    let script_id = format!("{}-script", step.id);
    let own_id = match (&after, tolerated) {
        (None, _) => id,
        (Some(_), true) => Some(script_id.as_str()),
        (Some(_), false) => None,
    };
    let when = condition.as_ref().map(Expr::condition);
    let mut map = Map::new().with("name", literal(&step.title)).with_some("id", own_id);
    map = map.with_some("if", when.as_deref());
    tolerance(github, job, step, &mut map)?;
    // There is no such shell on Windows, but bash can be told to be one.
    let (shell, text) = match (shell, job.runner.os) {
        (Shell::Sh, Os::Windows) => (Shell::Bash, format!("set +o pipefail -o posix\n{text}")),
        _ => (shell, text),
    };
    let shell = match shell {
        Shell::Bash => None,
        Shell::Sh => Some("sh"),
        Shell::Pwsh => Some("pwsh"),
        Shell::Cmd => Some("cmd"),
        Shell::Python => Some("python"),
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
    raw::merge_in(github, job, &mut map, &step.raw)?;
    // Auditors warn of any path that is added where an outsider may have started the run.
    let warned = matches!(step.run, Run::AddPath(_)) && triggers::are_dangerous(github.facts.plan);
    let beside = warned.then(|| "zizmor: ignore[github-env]".to_owned());
    map.push_around("run", script_node(&text), Around { beside, ..Around::default() });
    let publish = after.map(|script| {
        let when = if tolerated {
            let known = succeeded(&script_id);
            Some(condition.map_or_else(|| known.clone(), |it| it.and(known.clone())).condition())
        } else {
            when
        };
        let mut item = conditional(&format!("Publish what “{}” made", step.title), id, when.as_deref(), &script);
        if let (true, Node::Map(map)) = (tolerated, &mut item.value) {
            // What it made may be wrong, and that is no more than its failure.
            let run = map.entries.split_off(map.entries.len().saturating_sub(1));
            tolerance(github, job, step, map)?;
            map.entries.extend(run);
        }
        Ok(item)
    });
    std::iter::once(Ok(Item::bare(map))).chain(publish).collect()
}
