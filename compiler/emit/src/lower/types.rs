//! The type of a value: what it shows by itself, and what is known of those that it refers to.

use flow_plan::model::{Const, FieldKind, Job, Location, Op, OutputKind, Schema, Value, ValueType};

use crate::facts::{Facts, published};

/// The types of the elements of the loops around, by the name of their variables.
pub(crate) type Items = Vec<(String, ValueType)>;

/// What types are looked up in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types<'a> {
    pub(crate) facts: &'a Facts<'a>,
    /// The job that the value stands in; `None`: outside of jobs.
    pub(crate) job: Option<&'a Job>,
}

impl Types<'_> {
    /// The type of a value in which no element of a loop inside it is free.
    pub(crate) fn of(&self, value: &Value) -> ValueType {
        self.within(value, &Items::new())
    }

    /// The type of a value under loops.
    pub(crate) fn within(&self, value: &Value, items: &Items) -> ValueType {
        match value {
            Value::Const(it) => of_const(it),
            Value::Param(name) => {
                let found = self.facts.plan.params.iter().find(|it| it.name == *name);
                match found {
                    Some(it) if it.default.is_none() => it.ty.clone(),
                    Some(it) => it.ty.clone(),
                    None => ValueType::String,
                }
            }
            Value::Ctx(name) => context(name),
            Value::Secret(name) => {
                let optional = self.facts.plan.secrets.iter().any(|it| it.name == *name && it.optional);
                if optional { ValueType::String.optional() } else { ValueType::String }
            }
            Value::Step { step, name } => {
                self.job.and_then(|job| published(job, step, name)).cloned().unwrap_or(ValueType::String)
            }
            Value::Output { job, output } => match self.facts.value(job, output) {
                Some((ty, _)) if self.facts.job(job).is_some_and(|it| it.each.is_empty()) => ty.clone(),
                Some((ty, _)) => ValueType::List(Box::new(ty.clone())),
                None => ValueType::String,
            },
            Value::Path(location) if location.is_pattern() => ValueType::List(Box::new(ValueType::String)),
            Value::Path(_) | Value::Join(_) => ValueType::String,
            Value::Item { name, .. } => {
                let inner = items.iter().rev().find(|(it, _)| it == name).map(|(_, ty)| ty);
                let outer = || self.job.and_then(|job| job.each.iter().rev().find(|it| it.name == *name));
                inner.or_else(|| outer().map(|it| &it.ty)).cloned().unwrap_or(ValueType::String)
            }
            Value::Changed(_) | Value::Present(_) | Value::Exists(_) | Value::Succeeded(_) => ValueType::Bool,
            Value::Json { file, path } => self.json(file, path).unwrap_or(ValueType::String),
            Value::Declassified { value, .. } => self.within(value, items),
            Value::Compute(it) => {
                let arg = |at: usize| it.args.get(at).map(|arg| self.within(&arg.value, items));
                match &it.op {
                    Op::If => match (arg(1), arg(2)) {
                        (Some(a), Some(b)) => either(a, b),
                        _ => it.ty.clone(),
                    },
                    Op::Coalesce => match (arg(0), arg(1)) {
                        (Some(a), Some(b @ ValueType::Optional(_))) => either(a.present().clone(), b),
                        (Some(a), Some(b)) => either(a.present().clone(), b),
                        _ => it.ty.clone(),
                    },
                    Op::Field(name) => match arg(0) {
                        Some(base) => field(&base, name).unwrap_or_else(|| it.ty.clone()),
                        None => it.ty.clone(),
                    },
                    Op::Index => match arg(0) {
                        Some(ValueType::List(item)) => *item,
                        _ => it.ty.clone(),
                    },
                    Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Neg => match (arg(0), arg(1)) {
                        (Some(ValueType::Duration), _) | (_, Some(ValueType::Duration)) => ValueType::Duration,
                        _ => it.ty.clone(),
                    },
                    _ => it.ty.clone(),
                }
            }
        }
    }

    fn json(&self, file: &Location, path: &[String]) -> Option<ValueType> {
        let job = self.job?;
        let (schema, at): (&Schema, &String) = match file {
            Location::Consumed { input, path } => {
                (job.consumes.iter().find(|it| it.id == *input).map(|it| &it.schema)?, path)
            }
            Location::Produced { output, path } => {
                let found = job.outputs.iter().find(|it| it.name == *output)?;
                let OutputKind::Artifact(schema) = &found.kind else { return None };
                (schema, path)
            }
            Location::Value { .. } => return None,
        };
        let found = schema.fields.iter().find(|it| it.kind == FieldKind::Json && it.path == *at)?;
        let mut ty = found.json.clone()?;
        if found.optional {
            ty = ty.optional();
        }
        for name in path {
            ty = field(&ty, name)?;
        }
        Some(ty)
    }
}

/// The type of the field `name` of a struct; of an optional one an optional.
fn field(base: &ValueType, name: &str) -> Option<ValueType> {
    match base {
        ValueType::Record { fields, .. } => fields.iter().find(|(it, _)| it == name).map(|(_, ty)| ty.clone()),
        ValueType::Optional(inner) => field(inner, name).map(ValueType::optional),
        _ => None,
    }
}

/// The type of one of two values.
fn either(a: ValueType, b: ValueType) -> ValueType {
    match (a, b) {
        (ValueType::Optional(a), b) if is_none(&a) => b.optional(),
        (a, ValueType::Optional(b)) if is_none(&b) => a.optional(),
        (a @ ValueType::Optional(_), _) => a,
        (a, ValueType::Optional(_)) => a.optional(),
        // An empty list, or a variant by its name alone, shows less than the other.
        (ValueType::List(item), b @ ValueType::List(_)) if *item == ValueType::String => b,
        (ValueType::String, b @ ValueType::Enum { .. }) => b,
        (a, _) => a,
    }
}

/// Of `none` nothing more is known.
fn is_none(inner: &ValueType) -> bool {
    *inner == ValueType::String
}

fn of_const(value: &Const) -> ValueType {
    match value {
        Const::None => ValueType::String.optional(),
        Const::Bool(_) => ValueType::Bool,
        Const::Int(_) => ValueType::Int,
        Const::Duration(_) => ValueType::Duration,
        Const::Text(_) => ValueType::String,
        Const::List(items) => ValueType::List(Box::new(items.first().map_or(ValueType::String, of_const))),
        Const::Record(fields) => ValueType::Record {
            name: String::new(),
            fields: fields.iter().map(|(name, value)| (name.clone(), of_const(value))).collect(),
        },
    }
}

/// The members of the prelude's `Event`, as [`context`] gives them for `ctx.event`.
pub(crate) const EVENTS: [&str; 8] =
    ["push", "pull_request", "schedule", "manual", "merge_queue", "call", "finished", "other"];

fn set(name: &str, variants: &[&str]) -> ValueType {
    ValueType::Enum { name: name.to_owned(), variants: variants.iter().map(|it| (*it).to_owned()).collect() }
}

/// The type of a member of `ctx`, without what is known of the event.
fn context(name: &str) -> ValueType {
    match name {
        "event" => set("Event", &EVENTS),
        "os" => set("Os", &["linux", "windows", "macos"]),
        "arch" => set("Arch", &["x64", "arm64"]),
        "backend" => set("Backend", &["github", "ado", "local"]),
        "run_number" | "attempt" => ValueType::Int,
        "branch" | "tag" | "pull_request" => ValueType::String.optional(),
        "pull_request.number" => ValueType::Int.optional(),
        "pull_request.draft" | "pull_request.fork" => ValueType::Bool.optional(),
        name if name.contains('.') => ValueType::String.optional(),
        _ => ValueType::String,
    }
}
