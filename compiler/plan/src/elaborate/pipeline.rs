//! The settings of a pipeline.

use flow_analysis::Def;
use flow_analysis::db::syntax;
use flow_analysis::scope::Res;
use flow_analysis::value::ConstValue;
use flow_syntax::Span;
use flow_syntax::tree::{Body, Entry, EntryValue, ItemKind, Map, RawValue, Setting, StmtKind};

use super::expr::texts;
use super::scope::{Result, Scope};
use super::steps::NoCalls;
use super::value::{Val, constant, value_type};
use crate::model::{
    Backend, Concurrency, Event, Extends, Param, Plan, Raw, RawKeys, Reuse, SettingValue, Trigger, Value, ValueType,
    When,
};

/// Puts the settings into the plan, and its parameters into scope; gives the variables of all jobs.
pub(super) fn settings<'db>(plan: &mut Plan, scope: &mut Scope<'db>, body: &Body) -> Result<Vec<(String, Value)>> {
    let mut env = Vec::new();
    for stmt in &body.stmts {
        let StmtKind::Setting(setting) = &stmt.kind else { continue };
        let place = scope.place(stmt.span);
        match setting {
            Setting::Trigger { event, finished, filters } => {
                let names: Vec<&str> = event.segments.iter().map(|name| name.text.as_str()).collect();
                let other = finished.as_ref().map(|name| (other(scope, name.span), name.text.to_string()));
                if let Some(mut trigger) = trigger(scope, &names, filters.as_ref(), plan.backend)? {
                    trigger.place = place;
                    if let Some((other, word)) = other {
                        trigger.finished_title = other.map(|it| title(scope, it)).transpose()?;
                        trigger.finished = Some(other.map_or(word, |it| it.name(scope.db).to_string()));
                    }
                    plan.triggers.push(trigger);
                }
            }
            Setting::Param { name, default, ty } => {
                let default = default.as_ref().map(|default| scope.constant(default)).transpose()?;
                let Some(ty) = scope.ty(name.span).and_then(|ty| value_type(scope.db, ty)) else {
                    return scope.not_built(ty.span, "a parameter of this type");
                };
                // An optional one that is left empty is none.
                let empty = matches!(ty, ValueType::Optional(_)).then_some(ConstValue::None);
                let default = default.or(empty);
                plan.params.push(Param {
                    name: name.text.to_string(),
                    docs: stmt.docs.text(),
                    ty,
                    default: default.as_ref().map(constant),
                    place: scope.place(name.span),
                });
                scope.bind(&name.text, Val::Late(Value::Param(name.text.to_string())));
            }
            Setting::Map { name, map } => match name.text.as_str() {
                "env" => env = super::settings::env(scope, map, &mut NoCalls)?,
                "concurrency" => plan.concurrency = Some(concurrency(scope, map, stmt.span)?),
                "reuse" => plan.reuse = Some(reuse(scope, map, stmt.span)?),
                _ => {}
            },
            Setting::Value { name, value } => match name.text.as_str() {
                "display" => plan.title = scope.constant(value)?.text().unwrap_or_default(),
                "run_name" => plan.run_name = Some(scope.operand(value, &mut NoCalls)?.value),
                _ => {}
            },
            Setting::Raw { backend, value } if backend.text == plan.backend.name() => {
                plan.raw.push(raw(scope, value, stmt.span)?);
            }
            Setting::Extends { backend, map } if backend.text == plan.backend.name() => {
                plan.extends = Some(Extends { settings: entries(scope, map)?, place });
            }
            Setting::Raw { .. } | Setting::Extends { .. } | Setting::Service { .. } | Setting::Cache { .. } => {}
        }
    }
    Ok(env)
}

/// The pipeline that a word stands for.
fn other(scope: &Scope<'_>, span: Span) -> Option<Def> {
    match scope.res(span) {
        Some(Res::Def(def)) => Some(*def),
        _ => None,
    }
}

/// How a pipeline is shown to people.
fn title(scope: &Scope<'_>, def: Def) -> Result<String> {
    let name = def.name(scope.db).to_string();
    let ItemKind::Pipeline(it) = &syntax(scope.db, def).kind else { return Ok(name) };
    for stmt in &it.body.stmts {
        if let StmtKind::Setting(Setting::Value { name: setting, value }) = &stmt.kind
            && setting.text == "display"
        {
            return Ok(scope.enter(def).constant(value)?.text().unwrap_or(name));
        }
    }
    Ok(name)
}

/// `concurrency { group = …, cancel = … }`.
pub(super) fn concurrency(scope: &mut Scope<'_>, map: &Map, span: Span) -> Result<Concurrency> {
    let mut it = Concurrency {
        group: Value::Const(crate::model::Const::Text(String::new())),
        cancel: Value::Const(crate::model::Const::Bool(false)),
        place: scope.place(span),
    };
    for Entry { key, value } in &map.entries {
        let EntryValue::Expr(value) = value else { continue };
        let value = scope.operand(value, &mut NoCalls)?.value;
        match key.text.as_str() {
            "group" => it.group = value,
            "cancel" => it.cancel = value,
            _ => {}
        }
    }
    Ok(it)
}

fn reuse(scope: &mut Scope<'_>, map: &Map, span: Span) -> Result<Reuse> {
    let mut it = Reuse { max_age_seconds: None, salt: None, place: scope.place(span) };
    for Entry { key, value } in &map.entries {
        let EntryValue::Expr(value) = value else { continue };
        match (key.text.as_str(), scope.constant(value)?) {
            ("max_age", ConstValue::Duration(ms)) => it.max_age_seconds = Some(ms.div_ceil(1000)),
            ("salt", value) => it.salt = value.text(),
            _ => {}
        }
    }
    Ok(it)
}

/// `raw github { … }`.
pub(super) fn raw(scope: &mut Scope<'_>, value: &RawValue, span: Span) -> Result<Raw> {
    let keys = match value {
        RawValue::Map(map) => RawKeys::Map(entries(scope, map)?),
        RawValue::Text(text) => RawKeys::Yaml(scope.title(text)?),
    };
    Ok(Raw { keys, place: scope.place(span) })
}

/// The entries of a map, as they are.
pub(super) fn entries(scope: &mut Scope<'_>, map: &Map) -> Result<Vec<(String, SettingValue)>> {
    let mut out = Vec::with_capacity(map.entries.len());
    for Entry { key, value } in &map.entries {
        let value = match value {
            EntryValue::Expr(value) => SettingValue::Value(scope.operand(value, &mut NoCalls)?.value),
            EntryValue::Map(map) => SettingValue::Map(entries(scope, map)?),
        };
        out.push((key.text.to_string(), value));
    }
    Ok(out)
}

fn trigger(scope: &mut Scope<'_>, names: &[&str], filters: Option<&Map>, backend: Backend) -> Result<Option<Trigger>> {
    let event = match names {
        ["push"] => Event::Push,
        ["pull_request"] => Event::PullRequest,
        ["schedule"] => Event::Schedule,
        ["manual"] => Event::Manual,
        ["merge_queue"] => Event::MergeQueue,
        ["call"] => Event::Call,
        ["finished"] => Event::Finished,
        // Events of other backends start nothing here.
        [of, native] if *of == backend.name() => {
            let settings = filters.map(|map| entries(scope, map)).transpose()?.unwrap_or_default();
            let native = Some(((*native).to_owned(), settings));
            return Ok(Some(Trigger { native, ..Trigger::on(Event::Native) }));
        }
        _ => return Ok(None),
    };
    let mut trigger = Trigger::on(event);
    for Entry { key, value } in filters.map_or(&[][..], |map| &map.entries) {
        let EntryValue::Expr(value) = value else { continue };
        match (key.text.as_str(), scope.constant(value)?) {
            ("branches", value) => trigger.branches = texts(&value),
            ("tags", value) => trigger.tags = texts(&value),
            ("paths", value) => trigger.paths = texts(&value),
            ("types", value) => trigger.types = texts(&value),
            ("drafts", ConstValue::Bool(drafts)) => trigger.drafts = drafts,
            ("cron", value) => trigger.cron = value.text(),
            ("timezone", value) => trigger.timezone = value.text(),
            ("when", value) => {
                trigger.when = Some(match value.text().as_deref() {
                    Some("succeeded") => When::Succeeded,
                    Some("failed") => When::Failed,
                    _ => When::Always,
                });
            }
            _ => {}
        }
    }
    Ok(Some(trigger))
}
