//! A job: where it runs, after whom, with which rights, what it hands on.

use flow_plan::model::{Const, Job, Plan, Runner, Value, ValueType};

use super::expr::{Expr, Form, Said, Scope};
use super::outcome::{Graph, SUCCEEDED, is_tolerated};
use super::values::{Github, hosted, quoted};
use super::{call, matrix, raw, settings, steps};
use crate::EmitError;
use crate::lower::Site;
use crate::lower::types::Types;
use crate::steps::Platform;
use crate::yaml::{Around, Map, Node, texts};

/// The job's mapping.
pub(super) fn job<'a>(github: &Github<'a>, graph: &Graph<'a>, job: &'a Job) -> Result<Map, Vec<EmitError>> {
    let facts = github.facts;
    let refuse = |why: String| {
        vec![EmitError::at(&job.place, format!("{}: {why}", job.id), "leave this backend out, or write it another way")]
    };

    let one = |it: EmitError| vec![it];
    let outcome = graph.of(job).map_err(refuse)?;
    let mut map = Map::new().with("name", title(facts.plan, job));
    match outcome.needs.as_slice() {
        [] => {}
        [one] => map.push("needs", *one),
        many => map.push("needs", texts(many.iter().copied())),
    }
    map = map.with_some("if", outcome.condition);
    if !job.each.is_empty() {
        map.push("strategy", matrix::strategy(github, job).map_err(refuse)?);
    }
    if let Some(foreign) = &job.foreign {
        call::job(github, job, foreign, &mut map)?;
        return Ok(map);
    }
    map.push("runs-on", runs_on(github, job).map_err(refuse)?);
    settings::place(github, job, &mut map).map_err(one)?;
    if let Some(it) = settings::concurrency(github, job).map_err(one)? {
        map.push("concurrency", it);
    }
    map.push("timeout-minutes", minutes(job.timeout_seconds));
    if let Some(value) = &job.continue_on_error {
        map.push("continue-on-error", github.truth(job, value, Site::Job).map_err(refuse)?);
    }
    if let Some(rights) = settings::permissions(job) {
        map.push("permissions", rights);
    }
    let mut env = Map::new();
    for (name, value) in job.env.iter().filter(|(name, value)| github.is_job_wide(job, name, value)) {
        env.push(name.as_str(), github.text(job, value).map_err(refuse)?);
    }
    if !env.entries.is_empty() {
        map.push("env", env);
    }
    let mut outputs = Map::new();
    for (output, _, value) in facts.read_outputs(job) {
        outputs.push_around(
            output.name.as_str(),
            handed_on(github, job, value).map_err(refuse)?,
            Around::default().above(output.docs.as_deref()),
        );
    }
    if is_tolerated(job) && facts.is_asked(&job.id) {
        outputs.push(SUCCEEDED, "${{ job.status == 'success' }}");
    }
    for (name, text) in super::artifacts::told(github, job) {
        outputs.push(name, text);
    }
    if !outputs.entries.is_empty() {
        map.push("outputs", outputs);
    }
    raw::merge_in(github, job, &mut map, &job.raw).map_err(one)?;
    map.push("steps", steps::all(github, job)?);
    Ok(map)
}

/// The text of a value that a job hands on. What one whose failure is none made before that is not there.
fn handed_on(github: &Github<'_>, job: &Job, value: &Value) -> Result<String, String> {
    if !is_tolerated(job) {
        return github.text_at(Some(job), value, Site::End);
    }
    let Said { expr, form } = Scope::new(github.facts, Some(job), Site::End)
        .say(value)
        .ok_or_else(|| format!("GitHub has no words for {} here", flow_plan::show::value(value)))?;
    let text = match form {
        Form::Text => expr,
        // A number or a truth value that counts as absent.
        Form::Bool | Form::Number => Expr::one(format!("format('{{0}}', {})", expr.text)),
        Form::Json => Expr::one(format!("toJSON({})", expr.text)),
    };
    let succeeded = Expr::one("job.status").equals(Expr::text("success"));
    Ok(format!("${{{{ {} }}}}", succeeded.and(text).or(Expr::text("")).text))
}

/// How the job is shown to people: under its stage's title.
fn title(plan: &Plan, job: &Job) -> String {
    let stage = plan.stages.iter().find(|it| job.stage.as_deref() == Some(it.id.as_str()));
    let stage = stage.map(|it| format!("{} / ", it.title)).unwrap_or_default();
    matrix::title(job, &format!("{stage}{}", job.title))
}

/// Where the job runs: labels, or an expression that gives them.
fn runs_on(github: &Github<'_>, job: &Job) -> Result<Node, String> {
    let Some(choice) = &job.runner_choice else { return Ok(labels(&job.runner)) };
    let scope = Scope::new(github.facts, Some(job), Site::Job);
    let words = || format!("GitHub has no words for {} here", flow_plan::show::value(&choice.value));
    let text = |runner: &Runner| match labels(runner) {
        Node::Text(label) => Expr::text(&label),
        _ => {
            let json = Const::List(runner.github.iter().flatten().cloned().map(Const::Text).collect());
            Expr::one(format!("fromJSON({})", quoted(&json.json().to_string())))
        }
    };
    let ty = Types { facts: github.facts, job: Some(job) }.of(&choice.value);
    let mut chain: Option<Expr> = None;
    for (at, (values, runner)) in choice.arms.iter().enumerate() {
        let mut arm = text(runner);
        // Together they leave nothing out.
        if at + 1 < choice.arms.len() {
            let tests = values.iter().map(|value| {
                if ty == ValueType::Bool {
                    let truth = scope.truth(&choice.value)?;
                    return Some(if value == "true" { truth } else { truth.not() });
                }
                Some(scope.say(&choice.value)?.expr.equals(Expr::text(value)))
            });
            let test = tests.reduce(|a, b| Some(a?.or(b?))).flatten().ok_or_else(words)?;
            arm = test.and(arm);
        }
        chain = Some(match chain {
            Some(before) => before.or(arm),
            None => arm,
        });
    }
    let chain = chain.ok_or_else(words)?;
    Ok(format!("${{{{ {} }}}}", chain.text).into())
}

fn labels(runner: &Runner) -> Node {
    match runner.github.as_deref() {
        None | Some([]) => hosted(runner.os, runner.arch).into(),
        Some([one]) => one.as_str().into(),
        Some(many) => texts(many.iter().map(String::as_str)),
    }
}

/// Whole minutes, at least one: GitHub knows no others.
pub(super) fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60).max(1)
}
