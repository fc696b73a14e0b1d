//! The settings of a job.

use flow_analysis::Finding;
use flow_analysis::value::ConstValue;
use flow_syntax::Code;
use flow_syntax::tree::{Body, Entry, EntryValue, Map, Setting, Stmt, StmtKind};

use super::expr::texts;
use super::scope::{Calls, Result, Scope};
use super::steps::NoCalls;
use crate::model::{
    Backend, Cache, Checkout, Const, Container, Environment, Job, Permission, Service, SettingValue, Value,
};

/// Puts the settings of a job into it; gives its `workdir`.
pub(super) fn settings<'db>(
    scope: &mut Scope<'db>,
    job: &mut Job,
    body: &Body,
    backend: Backend,
) -> Result<Option<String>> {
    let mut workdir = None;
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Setting(Setting::Map { name, map }) => match name.text.as_str() {
                "checkout" => job.checkout = Some(checkout(scope, map)?),
                "env" => job.env = env(scope, map, &mut NoCalls)?,
                "container" => job.container = Some(container(scope, map)?),
                "concurrency" => job.concurrency = Some(super::pipeline::concurrency(scope, map, stmt.span)?),
                _ => {}
            },
            StmtKind::Setting(Setting::Value { name, value }) => match name.text.as_str() {
                "checkout" => job.checkout = None,
                "inputs" => job.inputs = Some(texts(&scope.constant(value)?)),
                "timeout" => {
                    if let ConstValue::Duration(ms) = scope.constant(value)? {
                        job.timeout_seconds = ms.div_ceil(1000);
                    }
                }
                "workdir" => workdir = scope.constant(value)?.text(),
                "display" => job.title = scope.constant(value)?.text().unwrap_or_default(),
                "advisory" => job.advisory = scope.constant(value)? == ConstValue::Bool(true),
                "always" => job.always = scope.constant(value)? == ConstValue::Bool(true),
                "continue_on_error" => job.continue_on_error = tolerance(scope, value)?,
                "container" => {
                    let image = scope.operand(value, &mut NoCalls)?.value;
                    job.container = Some(Container { image, settings: Vec::new() });
                }
                _ => {}
            },
            StmtKind::Setting(Setting::Service { name, map }) => {
                let container = container(scope, map)?;
                let place = scope.place(stmt.span);
                job.services.push(Service { name: name.text.to_string(), container, place });
            }
            StmtKind::Setting(Setting::Cache { name, map }) => job.caches.push(cache(scope, stmt, &name.text, map)?),
            StmtKind::Setting(Setting::Raw { backend: of, value }) if of.text == backend.name() => {
                job.raw.push(super::pipeline::raw(scope, value, stmt.span)?);
            }
            _ => {}
        }
    }
    Ok(workdir)
}

/// `environment = "x"`, `environment { name, url }`: after the steps, since the address may be what they
/// print.
pub(super) fn environment(scope: &mut Scope<'_>, body: &Body) -> Result<Option<Environment>> {
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Setting(Setting::Value { name, value }) if name.text == "environment" => {
                let name = scope.operand(value, &mut NoCalls)?.value;
                return Ok(Some(Environment { name, url: None }));
            }
            StmtKind::Setting(Setting::Map { name, map }) if name.text == "environment" => {
                let mut it = Environment { name: Value::Const(Const::None), url: None };
                for Entry { key, value } in &map.entries {
                    let EntryValue::Expr(value) = value else { continue };
                    let value = scope.operand(value, &mut NoCalls)?.value;
                    match key.text.as_str() {
                        "name" => it.name = value,
                        "url" => it.url = Some(value),
                        _ => {}
                    }
                }
                return Ok(Some(it));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// `continue_on_error = …`; nothing where it is known not to be.
pub(super) fn tolerance(scope: &mut Scope<'_>, value: &flow_syntax::tree::Expr) -> Result<Option<Value>> {
    let value = scope.operand(value, &mut NoCalls)?.value;
    Ok((value != Value::Const(Const::Bool(false))).then_some(value))
}

fn container(scope: &mut Scope<'_>, map: &Map) -> Result<Container> {
    let mut it = Container { image: Value::Const(Const::None), settings: Vec::new() };
    for (name, value) in super::pipeline::entries(scope, map)? {
        match value {
            SettingValue::Value(value) if name == "image" => it.image = value,
            value => it.settings.push((name, value)),
        }
    }
    Ok(it)
}

fn cache(scope: &mut Scope<'_>, stmt: &Stmt, name: &str, map: &Map) -> Result<Cache> {
    let place = scope.place(stmt.span);
    let mut it = Cache { name: name.to_owned(), paths: Vec::new(), key: Vec::new(), fallback: false, place };
    for Entry { key, value } in &map.entries {
        let EntryValue::Expr(value) = value else { continue };
        match key.text.as_str() {
            "paths" => it.paths = values(scope, value)?,
            "key" => it.key = values(scope, value)?,
            "fallback" => it.fallback = scope.constant(value)? == ConstValue::Bool(true),
            _ => {}
        }
    }
    Ok(it)
}

/// The elements of a list, or one value.
fn values(scope: &mut Scope<'_>, e: &flow_syntax::tree::Expr) -> Result<Vec<Value>> {
    use super::value::{Val, constant};
    let val = scope.value(e, &mut NoCalls)?;
    let late = |val: &Val| scope.late(val);
    let values = match &val {
        Val::Const(ConstValue::List(items)) => Some(items.iter().map(|it| Value::Const(constant(it))).collect()),
        Val::List(items) => items.iter().map(late).collect(),
        Val::Family(members) => members.iter().map(|(_, val)| late(val)).collect(),
        other => late(other).map(|value| vec![value]),
    };
    values.map_or_else(|| scope.not_built(e.span, "this as a list of values"), Ok)
}

/// What the token of a job may do: the least that its steps and bindings declare, and what the job asks.
pub(super) fn permissions(scope: &Scope<'_>) -> Vec<Permission> {
    flow_analysis::effects::permissions(scope.db, scope.def)
        .iter()
        .map(|it| Permission {
            scope: it.scope.to_string(),
            access: it.access.word().to_owned(),
            why: vec![it.reason.clone()],
        })
        .collect()
}

/// `checkout { depth = 0 }`.
pub(super) fn checkout(scope: &mut Scope<'_>, map: &Map) -> Result<Checkout> {
    let mut checkout = Checkout::default();
    for entry in &map.entries {
        let EntryValue::Expr(value) = &entry.value else { continue };
        match entry.key.text.as_str() {
            "repo" => checkout.repo = Some(scope.operand(value, &mut NoCalls)?.value),
            // Here git asks whom it always asks.
            "token" if scope.is_for(Backend::Local) => {}
            "token" => checkout.token = Some(Box::new(scope.operand(value, &mut NoCalls)?.value)),
            "ref" => checkout.reference = Some(scope.operand(value, &mut NoCalls)?.value),
            key => match (key, scope.constant(value)?) {
                ("depth", ConstValue::Int(depth)) => match u32::try_from(depth) {
                    Ok(depth) => checkout.depth = depth,
                    Err(_) => {
                        return Err(vec![
                            Finding::new(Code::BadSetting, scope.at(value.span), format!("`depth` cannot be {depth}"))
                                .label("a number of commits; 0 is all"),
                        ]);
                    }
                },
                ("tags", ConstValue::Bool(it)) => checkout.tags = it,
                ("submodules", ConstValue::Bool(it)) => checkout.submodules = it,
                ("lfs", ConstValue::Bool(it)) => checkout.lfs = it,
                ("path", value) => checkout.path = value.text(),
                _ => {}
            },
        }
    }
    Ok(checkout)
}

/// `env { NAME = value }`.
pub(super) fn env<'db>(scope: &mut Scope<'db>, map: &Map, calls: &mut dyn Calls<'db>) -> Result<Vec<(String, Value)>> {
    let mut env = Vec::new();
    for entry in &map.entries {
        let EntryValue::Expr(value) = &entry.value else { continue };
        let val = scope.value(value, calls)?;
        match scope.late(&calls.resolve(val)) {
            Some(val) => env.push((entry.key.text.to_string(), val)),
            None => return scope.not_built(value.span, "this in an environment variable"),
        }
    }
    Ok(env)
}

/// Adds the variables of what is around: those set further inside win.
pub(super) fn merge(env: &mut Vec<(String, Value)>, around: &[(String, Value)]) {
    let mut all: Vec<_> = around.iter().filter(|(name, _)| !env.iter().any(|(it, _)| it == name)).cloned().collect();
    all.append(env);
    *env = all;
}
