//! `step "Title" { … }`: settings for what stands in it.

use flow_analysis::value::ConstValue;
use flow_syntax::tree::{self, Map, Setting, Stmt, StmtKind};

use super::scope::{Calls, Result, Scope};
use super::settings::{env, tolerance};
use super::steps::{NoCalls, Steps, Wanted};
use super::value::Val;
use crate::model::{Raw, Retry, Value};

/// The settings of a `step`.
#[derive(Clone)]
pub(super) struct Titled {
    pub title: String,
    pub docs: Option<String>,
    pub env: Vec<(String, Value)>,
    pub timeout_seconds: Option<u64>,
    pub workdir: Option<String>,
    pub retry: Option<Retry>,
    pub continue_on_error: Option<Value>,
    pub raw: Vec<Raw>,
    pub count: u32,
}

impl<'db> Steps<'db> {
    /// A titled step; its value is that of its last statement.
    pub(super) fn step(
        &mut self,
        scope: &mut Scope<'db>,
        stmt: &Stmt,
        step: &tree::Step,
        wanted: Option<Wanted>,
    ) -> Result<Val> {
        let mut titled = Titled {
            title: scope.title(&step.title)?,
            docs: stmt.docs.text(),
            env: Vec::new(),
            timeout_seconds: None,
            workdir: None,
            retry: None,
            continue_on_error: None,
            raw: Vec::new(),
            count: 0,
        };
        for stmt in &step.body.stmts {
            match &stmt.kind {
                StmtKind::Setting(Setting::Map { name, map }) => match name.text.as_str() {
                    "env" => titled.env = env(scope, map, &mut NoCalls)?,
                    "retry" => titled.retry = Some(retry_map(scope, map)?),
                    _ => {}
                },
                StmtKind::Setting(Setting::Raw { backend, value }) if scope.is_called(&backend.text) => {
                    titled.raw.push(super::pipeline::raw(scope, value, stmt.span)?);
                }
                StmtKind::Setting(Setting::Value { name, value }) => match name.text.as_str() {
                    "timeout" => {
                        if let ConstValue::Duration(ms) = scope.constant(value)? {
                            titled.timeout_seconds = Some(ms.div_ceil(1000));
                        }
                    }
                    "workdir" => titled.workdir = scope.constant(value)?.text(),
                    "retry" => {
                        titled.retry = Some(Retry { times: tries(times(&scope.constant(value)?)), delay_seconds: 0 });
                    }
                    "continue_on_error" => titled.continue_on_error = tolerance(scope, value)?,
                    _ => {}
                },
                _ => {}
            }
        }
        self.current = Some(titled);
        let outer = std::mem::replace(&mut self.wanted, wanted);
        let done = self.block(scope, &step.body);
        self.wanted = outer;
        self.current = None;
        done
    }
}

fn times(value: &ConstValue) -> u32 {
    match value {
        ConstValue::Int(times) => u32::try_from(*times).unwrap_or(1),
        _ => 1,
    }
}

/// At most, with the first time: the program says how often it is tried again.
const fn tries(again: u32) -> u32 {
    again.saturating_add(1)
}

/// `retry { times = 3, delay = 10s }`.
fn retry_map(scope: &Scope<'_>, map: &Map) -> Result<Retry> {
    let mut retry = Retry { times: 1, delay_seconds: 0 };
    for entry in &map.entries {
        let tree::EntryValue::Expr(value) = &entry.value else { continue };
        match (entry.key.text.as_str(), scope.constant(value)?) {
            ("times", value) => retry.times = tries(times(&value)),
            ("delay", ConstValue::Duration(ms)) => retry.delay_seconds = ms.div_ceil(1000),
            _ => {}
        }
    }
    Ok(retry)
}
