//! What jobs get from others: files become consumed artifacts, all of it becomes edges.

use std::sync::Arc;

use flow_analysis::Db;
use flow_analysis::schema::Concrete;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::compute::not;
use super::name::{part, unique};
use super::value::{Base, Choice, Files, Made, Val, schema};
use crate::model::{Assertion, Consume, Edge, EdgeKind, Files as From, Value};

/// The edges of a job, each once.
#[derive(Clone, Default)]
pub(super) struct Needs {
    pub edges: Vec<Edge>,
    seen: FxHashSet<Edge>,
}

impl Needs {
    pub(super) fn push(&mut self, job: &str, kind: EdgeKind) {
        let edge = Edge { job: job.to_owned(), kind };
        if self.seen.insert(edge.clone()) {
            self.edges.push(edge);
        }
    }

    /// Those that a value brings.
    pub(super) fn value(&mut self, value: &Value) {
        value.each(&mut |value| match value {
            Value::Output { job, output } => self.push(job, EdgeKind::Value(output.clone())),
            Value::Succeeded(job) => self.push(job, EdgeKind::Outcome),
            Value::Exists(files) => files.outputs(&mut |job, _| self.push(job, EdgeKind::Outcome)),
            _ => {}
        });
    }

    /// Those that files bring.
    pub(super) fn files(&mut self, files: &From) {
        files.outputs(&mut |job, output| self.push(job, EdgeKind::Artifact(output.to_owned())));
        files.values(&mut |value| self.value(value));
    }

    /// Those that what is passed brings.
    pub(super) fn val(&mut self, val: &Val, trace: Trace<'_>) {
        match val {
            Val::Late(value) => self.value(value),
            Val::Made(made) => {
                if let Some(traced) = trace(made) {
                    self.files(&traced.from);
                }
            }
            Val::Outputs(outputs) => outputs.values.iter().for_each(|(_, val)| self.val(val, trace)),
            Val::Family(members) => members.iter().for_each(|(_, val)| self.val(val, trace)),
            Val::List(items) => items.iter().for_each(|val| self.val(val, trace)),
            Val::Record(fields) => fields.iter().for_each(|(_, val)| self.val(val, trace)),
            Val::Choice(it) => {
                let Choice { condition, then, otherwise } = &**it;
                self.value(condition);
                self.val(then, trace);
                self.val(otherwise, trace);
            }
            Val::Each(inner) => self.val(inner, trace),
            Val::Const(_) | Val::Files(_) | Val::Job(_) | Val::Foreign(_) | Val::Unset | Val::Unit => {}
        }
    }
}

/// Files of others, as a consumer sees them.
pub(super) struct Traced {
    pub from: From,
    pub ty: Ty,
    pub leaves: Arc<[Concrete]>,
    pub optional: bool,
    pub asserts: Vec<Assertion>,
}

/// Tells what something that others make is.
pub(super) type Trace<'a> = &'a dyn Fn(&Made) -> Option<Traced>;

/// Makes what is passed visible in the job: files become consumed artifacts.
pub(super) fn consume(consumes: &mut Vec<Consume>, db: &dyn Db, id: &str, val: Val, trace: Trace<'_>) -> Val {
    match val {
        Val::Made(made) => {
            let Some(traced) = trace(&made) else { return Val::Unit };
            Val::Files(consumed(consumes, db, id, traced))
        }
        Val::Choice(it) => match either(&it, trace) {
            Some(traced) => Val::Files(consumed(consumes, db, id, traced)),
            None => {
                let Choice { condition, then, otherwise } = &*it;
                let then = consume(consumes, db, id, then.clone(), trace);
                let otherwise = consume(consumes, db, &format!("{id}/else"), otherwise.clone(), trace);
                Val::choice(condition.clone(), then, otherwise)
            }
        },
        Val::Family(members) => {
            let mut taken: FxHashSet<String> = FxHashSet::default();
            let members = members.iter().map(|(key, val)| {
                let text = key.text().unwrap_or_else(|| key.display(db));
                let name = unique(part(&text), '-', |name| taken.contains(name));
                taken.insert(name.clone());
                (key.clone(), consume(consumes, db, &format!("{id}/{name}"), val.clone(), trace))
            });
            Val::Family(members.collect())
        }
        Val::List(items) => {
            let items = items.iter().cloned().enumerate();
            Val::List(items.map(|(index, val)| consume(consumes, db, &format!("{id}/{index}"), val, trace)).collect())
        }
        Val::Record(fields) => {
            let fields = fields.iter().cloned();
            let fields = fields.map(|(name, val)| {
                let val = consume(consumes, db, &format!("{id}/{name}"), val, trace);
                (name, val)
            });
            Val::Record(fields.collect())
        }
        Val::Each(inner) => consume(consumes, db, id, Val::clone(&inner), trace),
        other => other,
    }
}

fn consumed(consumes: &mut Vec<Consume>, db: &dyn Db, id: &str, traced: Traced) -> Files {
    let Traced { from, ty, leaves, optional, asserts } = traced;
    let part = match asserts.first() {
        // The file itself is no field of what is consumed.
        Some(_) => ASSERTED.to_owned(),
        None => String::new(),
    };
    let own: Arc<[Concrete]> = leaves.iter().filter(|leaf| leaf.name != ASSERTED).cloned().collect();
    consumes.push(Consume { optional, asserts, ..Consume::new(id, from, schema(db, &ty, &own)) });
    Files { base: Base::Consumed(id.to_owned()), leaves, part, optional }
}

/// The name among the leaves of a file that is said to be in a directory.
pub(super) const ASSERTED: &str = "\0asserted";

/// One of two artifacts, as one.
fn either(it: &Choice, trace: Trace<'_>) -> Option<Traced> {
    let side = |val: &Val| -> Option<Option<Traced>> {
        match val {
            Val::Made(made) => Some(Some(trace(made)?)),
            Val::Choice(inner) => Some(Some(either(inner, trace)?)),
            Val::Const(ConstValue::None) => Some(None),
            _ => None,
        }
    };
    let (then, otherwise) = (side(&it.then)?, side(&it.otherwise)?);
    let optional = then.as_ref().is_none_or(|it| it.optional) || otherwise.as_ref().is_none_or(|it| it.optional);
    let first = then.as_ref().or(otherwise.as_ref())?;
    let (ty, leaves, asserts) = (first.ty.clone(), Arc::clone(&first.leaves), first.asserts.clone());
    let from = From::Either {
        condition: Box::new(it.condition.clone()),
        then: then.map(|it| Box::new(it.from)),
        otherwise: otherwise.map(|it| Box::new(it.from)),
    };
    Some(Traced { from, ty, leaves, optional, asserts })
}

/// What a choice is where these conditions hold.
pub(super) fn decided<'a>(it: &'a Choice, conditions: &[Value]) -> Option<&'a Val> {
    let holds = |wanted: &Value| {
        conditions.iter().any(|condition| {
            condition == wanted
                || matches!(condition, Value::Compute(all) if all.op == crate::model::Op::And
                    && all.args.iter().any(|arg| arg.value == *wanted))
        })
    };
    if holds(&it.condition) {
        return Some(&it.then);
    }
    holds(&not(it.condition.clone())).then_some(&it.otherwise)
}

/// An opaque directory as the only thing.
pub(super) fn directory(name: &str, place: flow_analysis::Place) -> Arc<[Concrete]> {
    Arc::from([Concrete { name: SmolStr::default(), ty: Ty::Opaque, optional: false, path: name.to_owned(), place }])
}
