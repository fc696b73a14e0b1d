//! Actions: put in where they are called, once in a job where they say so, or written by somebody else.

use std::sync::Arc;

use flow_analysis::db::syntax;
use flow_analysis::infer::{binding, signature};
use flow_analysis::scope::Res;
use flow_analysis::value::ConstValue;
use flow_analysis::{Def, Finding, Place};
use flow_syntax::Code;
use flow_syntax::tree::{
    self, Docs, Expr, ExprKind, ExternKind, ItemKind, PortDirection, Setting, Source, Stmt, StmtKind,
};
use smol_str::SmolStr;

use super::scope::{Argument, Result, Scope};
use super::settings::{env, merge};
use super::steps::{NoCalls, Steps};
use super::value::{Val, value_type};
use crate::model::{ForeignKind, ForeignStep, Publish, PublishFrom, Run, Value, ValueType};

/// An action while it is being carried out.
#[derive(Clone)]
pub(super) struct Called {
    /// Its name, for titles.
    pub name: String,
    pub env: Vec<(String, Value)>,
}

/// An action that stands once in a job.
pub(super) struct Once {
    def: Def,
    /// The arguments that tell calls apart.
    by: Vec<(SmolStr, ConstValue)>,
    /// All arguments, those that are joined with what all callers want.
    arguments: Vec<(SmolStr, ConstValue)>,
    /// The first caller.
    place: Place,
    /// What it gives, once it stands.
    outputs: Option<Val>,
    /// Its arguments have grown since it was put in.
    pub stale: bool,
}

impl Once {
    /// The same, not put in yet.
    pub(super) fn again(self) -> Self {
        Self { outputs: None, stale: false, ..self }
    }
}

impl<'db> Steps<'db> {
    pub(super) fn called(&mut self, scope: &mut Scope<'db>, e: &Expr) -> Result<Val> {
        let ExprKind::Call { callee, args, .. } = &e.kind else {
            return scope.not_built(e.span, "an order of steps");
        };
        let Some(Res::Def(def)) = scope.res(callee.span) else {
            return scope.not_built(e.span, "this call");
        };
        let def = *def;
        let item = syntax(scope.db, def);
        match &item.kind {
            ItemKind::Action(action) if action.once => {
                let arguments = scope.arguments(def, args, self)?;
                self.once(scope, e, def, action, &arguments)
            }
            ItemKind::Action(action) => {
                let arguments = scope.arguments(def, args, self)?;
                self.action(scope, def, action, arguments)
            }
            ItemKind::Extern(it) if it.kind == ExternKind::Action => {
                let arguments = scope.arguments(def, args, self)?;
                self.binding(scope, e, def, &arguments)
            }
            _ => scope.not_built(callee.span, "calling this in a job"),
        }
    }

    /// The steps of an action.
    fn action(
        &mut self,
        scope: &mut Scope<'db>,
        def: Def,
        action: &tree::Action,
        arguments: Vec<Argument>,
    ) -> Result<Val> {
        scope.turn(action.name.span)?;
        let mut inner = scope.enter(def);
        let mut handed = Vec::new();
        for argument in arguments {
            let val = match &argument.place {
                Some(place) => {
                    handed.push((argument.name.clone(), place.clone()));
                    place_value(scope, place)?
                }
                None => argument.val,
            };
            inner.bind(&argument.name, val);
        }
        for output in &signature(scope.db, def).outputs {
            inner.bind(&output.name, Val::Unset);
        }
        let own = action.body.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Setting(Setting::Map { name, map }) if name.text == "env" => Some(map),
            _ => None,
        });
        let own = own.map(|map| env(&mut inner, map, &mut NoCalls)).transpose()?;
        let mut called = Called { name: action.name.text.to_string(), env: own.unwrap_or_default() };
        let outer = self.action.take();
        if let Some(outer) = &outer {
            called.name = format!("{}: {}", outer.name, called.name);
            merge(&mut called.env, &outer.env);
        }
        self.action = Some(called);
        let done = self.body(&mut inner, &action.body);
        self.action = outer;
        done?;
        for (param, place) in handed {
            // Files are written where they belong; a value has to come back.
            if let Some(val @ (Val::Late(_) | Val::Const(_) | Val::Choice(_))) = inner.lookup(&param) {
                scope.assign(&place.root.text, val.clone());
            }
        }
        let outputs = signature(scope.db, def).outputs.iter();
        let outputs = outputs.filter_map(|output| Some((output.name.clone(), inner.lookup(&output.name)?.clone())));
        Ok(Self::outputs(outputs.collect()))
    }

    /// A call of an action that stands once: before the statement of the first call, whatever that is
    /// inside of.
    fn once(
        &mut self,
        scope: &mut Scope<'db>,
        e: &Expr,
        def: Def,
        action: &tree::Action,
        arguments: &[Argument],
    ) -> Result<Val> {
        let sig = signature(scope.db, def);
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match known(&argument.val) {
                Some(value) => given.push((argument.name.clone(), value)),
                None => return Err(Vec::new()),
            }
        }
        let keys = sig.once.as_deref().unwrap_or_default();
        let by: Vec<_> = given.iter().filter(|(name, _)| keys.contains(name)).cloned().collect();
        let place = scope.at(e.span);
        let at = match self.once.iter().position(|it| it.def == def && it.by == by) {
            Some(at) => at,
            None => {
                self.once.push(Once { def, by, arguments: given.clone(), place, outputs: None, stale: false });
                self.once.len() - 1
            }
        };
        let Some(entry) = self.once.get_mut(at) else { return Err(Vec::new()) };
        for (name, value) in &given {
            let Some((_, old)) = entry.arguments.iter_mut().find(|(other, _)| other == name) else { continue };
            if old == value {
                continue;
            }
            let merged = sig.params.iter().any(|param| param.name == *name && param.merge);
            match (merged, &*old, value) {
                (true, ConstValue::List(all), ConstValue::List(more)) => {
                    let missing: Vec<ConstValue> = more.iter().filter(|it| !all.contains(it)).cloned().collect();
                    if !missing.is_empty() {
                        *old = ConstValue::List(all.iter().cloned().chain(missing).collect());
                        entry.stale |= entry.outputs.is_some();
                    }
                }
                _ => {
                    let (first, second) = (old.display(scope.db), value.display(scope.db));
                    return Err(vec![
                        Finding::new(
                            Code::OnceConflict,
                            place,
                            format!(
                                "`{}` stands once in a job, and its callers disagree on `{name}`",
                                action.name.text
                            ),
                        )
                        .label(format!("with `{name}: {second}`"))
                        .related(entry.place, format!("with `{name}: {first}`"))
                        .note("equal arguments are one call; which of two different ones is meant, nobody can tell")
                        .help(format!("give both the same `{name}`, or let it tell calls apart: `by ({name})`")),
                    ]);
                }
            }
        }
        if let Some(outputs) = &entry.outputs {
            return Ok(outputs.clone());
        }
        let arguments = entry.arguments.clone();
        let arguments = arguments.into_iter().map(|(name, value)| Argument {
            name,
            val: Val::Const(value),
            constant: true,
            given: true,
            place: None,
        });
        // Before the outermost statement, under no condition, and none of the calling step's business.
        let later = self.steps.split_off(self.before.min(self.steps.len()));
        let guards = std::mem::take(&mut self.guards);
        let (current, outer) = (self.current.take(), self.action.take());
        let outputs = self.action(scope, def, action, arguments.collect());
        self.guards = guards;
        self.current = current;
        self.action = outer;
        self.before = self.steps.len();
        self.steps.extend(later);
        let outputs = outputs?;
        if let Some(entry) = self.once.get_mut(at) {
            entry.outputs = Some(outputs.clone());
        }
        Ok(outputs)
    }

    /// Whether an action that stands once has to be put in anew, with what later callers want.
    pub(super) fn is_stale(&self) -> bool {
        self.once.iter().any(|it| it.stale)
    }

    /// A call of an action that somebody else has written.
    fn binding(&mut self, scope: &mut Scope<'db>, e: &Expr, def: Def, arguments: &[Argument]) -> Result<Val> {
        let Some(bound) = binding(scope.db, def) else { return Err(Vec::new()) };
        let inputs = inputs(scope, &bound.ports, arguments, e)?;
        let task = matches!(bound.names.names, flow_analysis::reference::Names::Task);
        let kind = if task { ForeignKind::Task } else { ForeignKind::Action };
        let run = Run::Foreign(ForeignStep { kind, reference: bound.reference.to_string(), inputs });
        let stmt = Stmt { docs: Docs::default(), kind: StmtKind::Source(Source::Expr(e.clone())), span: e.span };
        let mut step = self.begin(scope, &stmt, def.name(scope.db).to_string(), run)?;
        let mut outputs = Vec::new();
        for output in &signature(scope.db, def).outputs {
            let port = bound.ports.iter().find(|it| it.direction == PortDirection::Out && it.name == output.name);
            let Some(port) = port else { continue };
            let ty = value_type(scope.db, &output.ty).unwrap_or(ValueType::String);
            let from = PublishFrom::Foreign(port.foreign.to_string());
            step.publishes.push(Publish::new(output.name.as_str(), ty, from));
            let name = output.name.to_string();
            outputs.push((output.name.clone(), Val::Late(Value::Step { step: step.id.clone(), name })));
        }
        self.steps.push(step);
        Ok(Self::outputs(outputs))
    }
}

/// The inputs of what somebody else has written, by their foreign names.
pub(super) fn inputs(
    scope: &Scope<'_>,
    ports: &[flow_analysis::infer::Port],
    arguments: &[Argument],
    e: &Expr,
) -> Result<Vec<(String, Value)>> {
    let mut inputs = Vec::new();
    for port in ports.iter().filter(|port| port.direction != PortDirection::Out) {
        let Some(argument) = arguments.iter().find(|it| it.name == port.name) else { continue };
        // What is none is left out, as on the platform.
        if matches!(argument.val, Val::Const(ConstValue::None)) {
            continue;
        }
        let value = match (&port.joined, &argument.val) {
            (Some(by), Val::Const(ConstValue::List(items))) => {
                let texts: Vec<String> = items.iter().filter_map(ConstValue::text).collect();
                Value::Const(crate::model::Const::Text(texts.join(by)))
            }
            (Some(by), val) => {
                let Some(list) = scope.late(val) else { return scope.not_built(e.span, "this input") };
                let list = crate::model::Operand { ty: super::compute::shown_type(&list), value: list };
                let by = super::compute::literal(&ConstValue::Text(by.clone()));
                super::compute::compute(crate::model::Op::Join, vec![list, by], ValueType::String)
            }
            (None, val) => match scope.late(val) {
                Some(value) => value,
                None => return scope.not_built(e.span, "this input"),
            },
        };
        inputs.push((port.foreign.to_string(), value));
    }
    Ok(inputs)
}

/// What the place of an `out` argument stands for.
fn place_value(scope: &Scope<'_>, place: &tree::Place) -> Result<Val> {
    let mut val = scope.lookup(&place.root.text).cloned().unwrap_or(Val::Unset);
    for step in &place.steps {
        val = match (step, &val) {
            (tree::PlaceStep::Field(field), Val::Files(files)) => Val::Files(files.field(&field.text)),
            (tree::PlaceStep::Index(index), Val::Family(members)) => {
                let key = scope.constant(index)?;
                let member = members.iter().find(|(other, _)| *other == key).map(|(_, val)| val.clone());
                member.ok_or_else(Vec::new)?
            }
            _ => return scope.not_built(place.span, "this as an `out` argument"),
        };
    }
    Ok(val)
}

/// A value that is known, lists of known values too.
fn known(val: &Val) -> Option<ConstValue> {
    match val {
        Val::Const(value) => Some(value.clone()),
        Val::List(items) => {
            let items: Option<Vec<ConstValue>> = items.iter().map(known).collect();
            Some(ConstValue::List(Arc::from(items?)))
        }
        _ => None,
    }
}
