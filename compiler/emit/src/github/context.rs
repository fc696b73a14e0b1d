//! The members of `ctx` on GitHub, and what the triggers of a pipeline tell of them.

use flow_plan::model::{Arch, Const, Event, Op, Plan, Trigger, Value};

use super::expr::{Expr, Form, Said, Scope};
use super::triggers;
use super::values::quoted;
use crate::lower::Site;
use crate::lower::conditions::negated;

/// What can have started a run.
#[derive(Clone, Debug)]
pub(super) struct Reach<'a> {
    triggers: Vec<&'a Trigger>,
    /// Whether the run is known to be of a `branch` or a `tag`.
    of: Option<&'a str>,
}

/// The input that only a caller sets: a called workflow sees the event of its caller.
pub(super) const CALLED: &str = "flow_called";

impl<'a> Reach<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { triggers: plan.triggers.iter().collect(), of: None }
    }

    /// Leaves out what is not there where `condition` holds.
    pub(super) fn narrow(&mut self, condition: &'a Value) {
        if let Some(inner) = negated(condition) {
            return self.narrow_beyond(inner);
        }
        self.of = compared(condition, &Op::Ne).or(self.of);
        self.triggers.retain(|it| may_hold(condition, it));
    }

    /// Leaves out what is not there where `condition` does not hold.
    pub(super) fn narrow_beyond(&mut self, condition: &'a Value) {
        if let Some(inner) = negated(condition) {
            return self.narrow(inner);
        }
        self.of = compared(condition, &Op::Eq).or(self.of);
        self.triggers.retain(|it| !must_hold(condition, it));
    }

    /// Whether nothing but a pull request comes here.
    fn is_pull_request(&self) -> bool {
        self.triggers.iter().all(|it| it.event == Event::PullRequest)
    }

    /// The texts that the member can be, apart from `none`; `None`: any.
    fn texts(&self, member: &str) -> Option<Vec<&'a str>> {
        let mut all = Vec::new();
        for trigger in &self.triggers {
            let patterns: &[String] = match (member, trigger.event) {
                ("branch", Event::Push) if trigger.branches.is_empty() && !trigger.tags.is_empty() => &[],
                ("tag", Event::Push) if trigger.tags.is_empty() && !trigger.branches.is_empty() => &[],
                ("branch", Event::Push) => some(&trigger.branches)?,
                ("tag", Event::Push) => some(&trigger.tags)?,
                ("branch" | "tag", Event::PullRequest) => &[],
                ("tag", Event::Schedule | Event::MergeQueue | Event::Finished) => &[],
                ("pull_request.base", Event::PullRequest) => some(&trigger.branches)?,
                ("pull_request.base", event) if event != Event::Call && event != Event::Native => &[],
                _ => return None,
            };
            if patterns.iter().any(|it| it.contains(['*', '[', '!', '?'])) {
                return None;
            }
            all.extend(patterns.iter().map(String::as_str));
        }
        Some(all)
    }
}

fn some(patterns: &[String]) -> Option<&[String]> {
    (!patterns.is_empty()).then_some(patterns)
}

/// The kind of ref that a comparison with `none` asks for.
fn compared<'a>(condition: &'a Value, op: &Op) -> Option<&'a str> {
    let Value::Compute(it) = condition else { return None };
    match (&it.args.first()?.value, &it.args.get(1)?.value) {
        (Value::Ctx(name), Value::Const(Const::None)) | (Value::Const(Const::None), Value::Ctx(name))
            if it.op == *op && matches!(name.as_str(), "branch" | "tag") =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// Whether a condition on the event can hold for what a trigger starts.
fn may_hold(condition: &Value, trigger: &Trigger) -> bool {
    if let Some(inner) = negated(condition) {
        return !must_hold(inner, trigger);
    }
    let Value::Compute(it) = condition else { return true };
    match (&it.op, is_event(condition)) {
        (Op::Eq, Some(name)) => name == trigger.event.name(),
        (Op::Ne, Some(name)) => name != trigger.event.name(),
        (Op::And, _) => it.args.iter().all(|arg| may_hold(&arg.value, trigger)),
        (Op::Or, _) => it.args.iter().any(|arg| may_hold(&arg.value, trigger)),
        _ => true,
    }
}

fn must_hold(condition: &Value, trigger: &Trigger) -> bool {
    if let Some(inner) = negated(condition) {
        return !may_hold(inner, trigger);
    }
    let Value::Compute(it) = condition else { return false };
    match (&it.op, is_event(condition)) {
        (Op::Eq, Some(name)) => name == trigger.event.name(),
        (Op::Ne, Some(name)) => name != trigger.event.name(),
        (Op::And, _) => it.args.iter().all(|arg| must_hold(&arg.value, trigger)),
        (Op::Or, _) => it.args.iter().any(|arg| must_hold(&arg.value, trigger)),
        _ => false,
    }
}

/// The event that a comparison of `ctx.event` names.
fn is_event(condition: &Value) -> Option<&str> {
    let Value::Compute(it) = condition else { return None };
    match (&it.args.first()?.value, &it.args.get(1)?.value) {
        (Value::Ctx(name), Value::Const(Const::Text(event))) | (Value::Const(Const::Text(event)), Value::Ctx(name))
            if name == "event" =>
        {
            Some(event)
        }
        _ => None,
    }
}

/// Whether a run must be told from one that another workflow called: the trigger `call` has an input
/// [`CALLED`] then.
pub(super) fn tells_calls(plan: &Plan) -> bool {
    let calls = plan.triggers.iter().any(|it| it.event == Event::Call);
    if !calls || plan.triggers.iter().all(|it| it.event == Event::Call) {
        return false;
    }
    let mut asked = false;
    let mut see = |value: &Value| asked |= *value == Value::Ctx("event".to_owned());
    plan.jobs.iter().for_each(|job| job.values(&mut see));
    plan.run_name.iter().for_each(|value| value.each(&mut see));
    if let Some(it) = &plan.concurrency {
        it.group.each(&mut see);
        it.cancel.each(&mut see);
    }
    asked
}

fn github(path: &str) -> Expr {
    Expr::one(format!("github.{path}"))
}

fn called() -> Expr {
    Expr::one(format!("inputs.{CALLED}")).equals(Expr::truth(true))
}

/// Whether something of this name started the run.
fn started(plan: &Plan, name: &str) -> Expr {
    let calls = plan.triggers.iter().any(|it| it.event == Event::Call);
    if name == "call" {
        let only = plan.triggers.iter().all(|it| it.event == Event::Call);
        return if only || !calls { Expr::truth(calls) } else { called() };
    }
    let mut natives: Vec<&str> =
        plan.triggers.iter().filter(|it| it.event.name() == name).map(triggers::name).collect();
    natives.dedup();
    let tests = natives.into_iter().map(|it| github("event_name").equals(Expr::text(it)));
    let test = tests.reduce(Expr::or).unwrap_or_else(|| Expr::truth(false));
    if calls { test.and(called().not()) } else { test }
}

/// The name of the event in the language's words.
fn event(plan: &Plan) -> Expr {
    if plan.triggers.iter().all(|it| it.event == Event::Call) && !plan.triggers.is_empty() {
        return Expr::text("call");
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut chain: Option<Expr> = None;
    let calls = plan.triggers.iter().find(|it| it.event == Event::Call);
    for trigger in calls.into_iter().chain(&plan.triggers) {
        let (name, native) = (trigger.event.name(), triggers::name(trigger));
        if name == native || seen.contains(&native) {
            continue;
        }
        seen.push(native);
        let test = if name == "call" { called() } else { github("event_name").equals(Expr::text(native)) };
        let link = test.and(Expr::text(name));
        chain = Some(match chain {
            Some(before) => before.or(link),
            None => link,
        });
    }
    match chain {
        Some(chain) => chain.or(github("event_name")),
        None => github("event_name"),
    }
}

/// Whether the run is of a ref of this kind.
fn on_ref(prefix: &str) -> Expr {
    Expr::one(format!("startsWith(github.ref, {})", quoted(prefix)))
}

/// What a comparison says of the event, of a pull request, of a branch or a tag.
pub(super) fn equal(scope: &Scope<'_>, a: &Value, b: &Value) -> Option<Expr> {
    let (Value::Ctx(name), Value::Const(b)) = (a, b) else { return None };
    match (name.as_str(), b) {
        ("event", Const::Text(event)) => Some(started(scope.facts.plan, event)),
        (name, Const::None) if name.starts_with("pull_request") && name != "pull_request.body" => {
            Some(github("event_name").differs(Expr::text("pull_request")))
        }
        ("branch" | "tag", Const::None) if scope.reach.of.is_some() => Some(Expr::truth(scope.reach.of != Some(name))),
        ("branch", Const::None) => Some(on_ref("refs/heads/").not()),
        ("tag", Const::None) => Some(on_ref("refs/tags/").not()),
        // It may be `false`, or 0.
        (name, Const::None) if name.starts_with("github.") => Some(printed(name).equals(Expr::text(""))),
        ("branch" | "tag" | "pull_request.base", Const::Text(text)) => {
            let texts = scope.reach.texts(name)?;
            if !texts.contains(&text.as_str()) {
                return Some(Expr::truth(false));
            }
            if texts.iter().any(|it| it != text && it.to_lowercase() == text.to_lowercase()) {
                return None;
            }
            Some(match name.as_str() {
                "branch" => github("ref").equals(Expr::text(&format!("refs/heads/{text}"))),
                "tag" => github("ref").equals(Expr::text(&format!("refs/tags/{text}"))),
                _ => github("event.pull_request.base.ref").equals(Expr::text(text)),
            })
        }
        _ => None,
    }
}

/// A member of `ctx`.
pub(super) fn member(scope: &Scope<'_>, name: &str) -> Option<Said> {
    let text = |expr| Some(Said::new(Form::Text, expr));
    if let Some(path) = name.strip_prefix("github.") {
        return text(github(path));
    }
    let in_job = matches!(scope.site, Site::If | Site::Step | Site::End);
    match name {
        "backend" => text(Expr::text("github")),
        "job" => text(Expr::text(&scope.job?.id)),
        "os" => text(Expr::text(scope.job?.runner.os.name())),
        "arch" => text(Expr::text(if scope.job?.runner.arch == Arch::X64 { "x64" } else { "arm64" })),
        "event" => text(event(scope.facts.plan)),
        "branch" | "tag" if scope.reach.of == Some(name) => text(github("ref_name")),
        // On a pull request the ref is a merge that has no branch.
        "branch" => text(on_ref("refs/heads/").and(github("ref_name")).or(Expr::text(""))),
        "tag" => text(on_ref("refs/tags/").and(github("ref_name")).or(Expr::text(""))),
        "ref" => text(github("ref")),
        "sha" => text(github("sha")),
        "repo" => text(github("repository")),
        "actor" => text(github("actor")),
        "run_id" => text(github("run_id")),
        "run_number" => text(github("run_number")),
        "attempt" => text(github("run_attempt")),
        "workspace" if in_job => text(github("workspace")),
        "temp" if in_job => text(Expr::one("runner.temp")),
        "token" if matches!(scope.site, Site::Step) => text(github("token")),
        "pull_request.title" => text(github("event.pull_request.title")),
        "pull_request.body" => text(github("event.pull_request.body")),
        "pull_request.branch" => text(github("event.pull_request.head.ref")),
        "pull_request.base" => text(github("event.pull_request.base.ref")),
        "pull_request.sha" => text(github("event.pull_request.head.sha")),
        "pull_request.author" => text(github("event.pull_request.user.login")),
        "pull_request.number" => Some(Said::new(Form::Number, github("event.pull_request.number"))),
        "pull_request.draft" => Some(Said::new(Form::Bool, github("event.pull_request.draft"))),
        "pull_request.fork" => {
            let other = Expr::one(format!("format('{{0}}', {})", FORK));
            text(from_pull_request().and(other).or(Expr::text("")))
        }
        _ => None,
    }
}

const FORK: &str = "github.event.pull_request.head.repo.full_name != github.repository";

fn from_pull_request() -> Expr {
    github("event_name").equals(Expr::text("pull_request"))
}

/// A path of GitHub's context, whatever it leads to, as a text.
pub(super) fn printed(path: &str) -> Expr {
    Expr::one(format!("format('{{0}}', {path})"))
}

/// A member of `ctx` that is a truth value, as one.
pub(super) fn truth(scope: &Scope<'_>, name: &str) -> Option<Expr> {
    if name != "pull_request.fork" {
        return None;
    }
    let fork = github("event.pull_request.head.repo.full_name").differs(github("repository"));
    Some(if scope.reach.is_pull_request() { fork } else { from_pull_request().and(fork) })
}

/// Where a secret is found.
pub(super) fn secret<'a>(plan: &'a Plan, name: &'a str) -> &'a str {
    let declared = plan.secrets.iter().find(|it| it.name == name);
    match declared.and_then(|it| it.source.as_ref()) {
        Some(flow_plan::model::SettingValue::Value(Value::Const(Const::Text(found)))) => found,
        _ => name,
    }
}

/// The text that an expression is, where it is known.
pub(super) fn literal(said: &Said) -> Option<String> {
    let text = &said.expr.text;
    match said.form {
        Form::Text => {
            let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
            let plain = inner.replace("''", "'");
            (quoted(&plain) == *text).then_some(plain)
        }
        Form::Bool => (text == "true" || text == "false").then(|| text.clone()),
        Form::Number => text.parse::<i64>().is_ok().then(|| text.clone()),
        Form::Json => None,
    }
}
