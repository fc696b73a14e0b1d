//! Values during elaboration.

use std::sync::Arc;

use flow_analysis::infer::signature;
use flow_analysis::schema::Concrete;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_analysis::{Db, scope};
use smol_str::SmolStr;

use crate::model::{Const, Field, FieldKind, Location, Matches, Schema, Value, ValueType};
use crate::pattern::split;

/// A value during elaboration. Cheap to clone: loops do so for every element.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// Known.
    Const(ConstValue),
    /// Known later.
    Late(Value),
    /// Files on the runner of the job that is being elaborated.
    Files(Files),
    /// The instance of a job, by its index in the plan.
    Job(usize),
    /// An output of a job instance, or files that are made of one: what it is, is told by whoever
    /// knows the instances.
    Made(Arc<Made>),
    /// The outputs of an action or a flow.
    Outputs(Arc<Outputs>),
    /// One member per key.
    Family(Arc<[(ConstValue, Val)]>),
    /// A list whose length is known.
    List(Arc<[Val]>),
    /// A struct.
    Record(Arc<[(SmolStr, Val)]>),
    /// One of two.
    Choice(Arc<Choice>),
    /// Of a loop over a list that is known later: what each turn gives.
    Each(Arc<Val>),
    /// A foreign step without binding, by its id.
    Foreign(String),
    /// An output that has not been written.
    Unset,
    /// No value.
    Unit,
}

/// The outputs of an action or a flow.
#[derive(Clone, Debug)]
pub(super) struct Outputs {
    pub values: Vec<(SmolStr, Val)>,
    /// The instances of a flow.
    pub jobs: Vec<usize>,
}

/// One of two values.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// A truth value.
    pub condition: Value,
    pub then: Val,
    pub otherwise: Val,
}

/// Something that other jobs make.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub source: Origin,
    /// The part of it, dotted; empty for the whole.
    pub part: String,
    /// A file that is said to be below that part.
    pub asserted: Option<Asserted>,
}

/// A file that a directory is said to hold.
#[derive(Clone, Debug)]
pub(super) struct Asserted {
    /// Relative to the directory.
    pub path: String,
    /// Who says so.
    pub place: crate::model::Place,
}

/// Who makes something.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A job instance.
    Output { job: usize, output: SmolStr },
    /// An earlier run.
    Earlier { files: crate::model::Files, ty: Ty, leaves: Arc<[Concrete]> },
    /// What lies below a path of a directory.
    Subtree { of: Arc<Made>, path: String },
    /// What a pattern matches of a directory.
    Filter { of: Arc<Made>, pattern: String },
    /// Directories, laid over one another.
    Merge { of: Vec<Val>, identical: bool },
}

impl Made {
    /// An output as a whole.
    pub(super) fn output(job: usize, output: &SmolStr) -> Val {
        let source = Origin::Output { job, output: output.clone() };
        Val::Made(Arc::new(Self { source, part: String::new(), asserted: None }))
    }

    /// A part of it.
    pub(super) fn field(&self, name: &str) -> Val {
        Val::Made(Arc::new(Self { part: dotted(&self.part, name), ..self.clone() }))
    }
}

/// `base.name`.
pub(super) fn dotted(base: &str, name: &str) -> String {
    if base.is_empty() { name.to_owned() } else { format!("{base}.{name}") }
}

impl Val {
    /// One of two; a condition that is known decides.
    pub(super) fn choice(condition: Value, then: Self, otherwise: Self) -> Self {
        match (&condition, &then, &otherwise) {
            (Value::Const(Const::Bool(true)), ..) | (_, Self::Unit, Self::Unit) => then,
            (Value::Const(Const::Bool(false)), ..) => otherwise,
            _ => Self::Choice(Arc::new(Choice { condition, then, otherwise })),
        }
    }

    /// The same as a parameter of type `ty` has it: the members of a family are the elements of a list,
    /// in the order of their keys, and found by where they stand.
    pub(super) fn listed(self, ty: &Ty) -> Self {
        let Ty::List(element) = ty.present() else { return self };
        match self {
            Self::Family(members) => Self::List(members.iter().map(|(_, val)| val.clone().listed(element)).collect()),
            Self::List(items) => Self::List(items.iter().map(|val| val.clone().listed(element)).collect()),
            Self::Choice(it) => {
                let Choice { condition, then, otherwise } = &*it;
                Self::choice(condition.clone(), then.clone().listed(ty), otherwise.clone().listed(ty))
            }
            other => other,
        }
    }

    /// `none`.
    pub(super) const fn none() -> Self {
        Self::Const(ConstValue::None)
    }
}

/// Files on a runner: an artifact, or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// Whose.
    pub base: Base,
    /// All its files.
    pub leaves: Arc<[Concrete]>,
    /// The part's name, empty for the whole.
    pub part: String,
    /// All of it may be absent.
    pub optional: bool,
}

/// Whose files they are.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// A consumed artifact, by the id of its [`Consume`](crate::model::Consume).
    Consumed(String),
    /// An output of the job.
    Produced(String),
}

impl Files {
    /// The field `name` of these files.
    pub(super) fn field(&self, name: &str) -> Self {
        Self { part: dotted(&self.part, name), ..self.clone() }
    }

    /// The one file or directory that it is.
    pub(super) fn leaf(&self) -> Option<&Concrete> {
        self.leaves.iter().find(|leaf| leaf.name == self.part)
    }

    /// The JSON file that this is a part of, and which part of it.
    pub(super) fn json(&self, db: &dyn Db) -> Option<(Location, Vec<String>)> {
        let (leaf, path) = json_part(db, &self.leaves, &self.part)?;
        Some((self.at(leaf.path.clone()), path))
    }

    /// Where that lies.
    pub(super) fn location(&self) -> Option<Location> {
        Some(self.at(self.leaf()?.path.clone()))
    }

    /// Where that is to be written; of a pattern it is the folder that holds what matches.
    pub(super) fn target(&self) -> Option<Location> {
        let leaf = self.leaf()?;
        Some(self.at(if leaf.is_pattern() { split(&leaf.path).0.to_owned() } else { leaf.path.clone() }))
    }

    /// A path of it.
    pub(super) fn at(&self, path: String) -> Location {
        match &self.base {
            Base::Consumed(input) => Location::Consumed { input: input.clone(), path },
            Base::Produced(output) => Location::Produced { output: output.clone(), path },
        }
    }
}

/// The JSON file of which `part` is a field, and the way to it.
pub(super) fn json_part<'a>(db: &dyn Db, leaves: &'a [Concrete], part: &str) -> Option<(&'a Concrete, Vec<String>)> {
    leaves.iter().filter(|leaf| matches!(leaf.ty, Ty::Json(_))).find_map(|leaf| {
        let rest =
            if leaf.name.is_empty() { part } else { part.strip_prefix(leaf.name.as_str())?.strip_prefix('.')? };
        let mut path = rest.split('.').map(str::to_owned).collect::<Vec<_>>();
        // `x.meta.value` is the whole, where its type has no such field.
        if path.first().is_some_and(|first| first == "value") && !has_value(db, &leaf.ty) {
            path.remove(0);
        }
        (!rest.is_empty()).then_some((leaf, path))
    })
}

fn has_value(db: &dyn Db, json: &Ty) -> bool {
    let Ty::Json(inner) = json else { return false };
    let Ty::Struct(def) = inner.present() else { return false };
    signature(db, *def).params.iter().any(|field| field.name == "value")
}

/// The type of the part of a JSON file.
pub(super) fn json_type(db: &dyn Db, ty: &Ty, path: &[String]) -> Option<Ty> {
    let Ty::Json(inner) = ty else { return None };
    let mut ty = Ty::clone(inner);
    let mut optional = false;
    for name in path {
        optional |= matches!(ty, Ty::Optional(_));
        let Ty::Struct(def) = ty.present() else { return None };
        ty = signature(db, *def).params.iter().find(|field| field.name == *name)?.ty.clone();
    }
    Some(if optional { ty.optional() } else { ty })
}

/// The files of an output of type `ty` called `name`, whose bare `file` lies at `path`.
pub(super) fn leaves(
    db: &dyn Db,
    ty: &Ty,
    name: &str,
    path: Option<String>,
    place: flow_analysis::Place,
) -> Result<Arc<[Concrete]>, flow_analysis::eval::Failure> {
    let bare = |ty: &Ty, path: String| -> Arc<[Concrete]> {
        Arc::from([Concrete { name: SmolStr::default(), ty: ty.clone(), optional: false, path, place }])
    };
    Ok(match ty {
        Ty::Artifact(def, args) => {
            let args: Option<Vec<ConstValue>> = args.iter().map(|arg| arg.value().cloned()).collect();
            match args {
                Some(args) => flow_analysis::schema::concrete(db, *def, &args)?.into(),
                None => Arc::from([]),
            }
        }
        Ty::Opaque => bare(ty, name.to_owned()),
        other => bare(other, path.unwrap_or_else(|| name.to_owned())),
    })
}

/// The schema of an output.
pub(super) fn schema(db: &dyn Db, ty: &Ty, leaves: &[Concrete]) -> Schema {
    let fields = leaves
        .iter()
        .map(|leaf| Field {
            name: leaf.name.to_string(),
            kind: kind(&leaf.ty),
            path: leaf.path.clone(),
            optional: leaf.optional,
            matches: leaf.is_pattern().then_some(match (&leaf.ty, leaf.optional) {
                (Ty::List(_), true) => Matches::Any,
                (Ty::List(_), false) => Matches::Some,
                _ => Matches::One,
            }),
            json: match &leaf.ty {
                Ty::Json(inner) => value_type(db, inner),
                _ => None,
            },
        })
        .collect();
    Schema { name: ty.display(db), fields }
}

/// The kind of a file of type `ty`.
pub(super) fn kind(ty: &Ty) -> FieldKind {
    match ty {
        Ty::List(inner) => kind(inner),
        Ty::Exec => FieldKind::Exec,
        Ty::Opaque => FieldKind::Opaque,
        Ty::Json(_) => FieldKind::Json,
        _ => FieldKind::File,
    }
}

/// The fields of `leaves` that are `part`, by their names in it.
pub(super) fn part_of(leaves: &Arc<[Concrete]>, part: &str) -> Arc<[Concrete]> {
    if part.is_empty() {
        return Arc::clone(leaves);
    }
    let inside = leaves.iter().filter_map(|leaf| {
        let rest = leaf.name.strip_prefix(part)?;
        let name = if rest.is_empty() { rest } else { rest.strip_prefix('.')? };
        Some(Concrete { name: SmolStr::from(name), ..leaf.clone() })
    });
    inside.collect()
}

/// Whether a value of this type is files.
pub(super) fn is_files(ty: &Ty) -> bool {
    match ty.present() {
        Ty::Artifact(..) | Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_) => true,
        Ty::List(inner) => matches!(**inner, Ty::File | Ty::Exec),
        _ => false,
    }
}

/// The plan's form of a constant.
pub(super) fn constant(value: &ConstValue) -> Const {
    match value {
        ConstValue::None => Const::None,
        ConstValue::Bool(it) => Const::Bool(*it),
        ConstValue::Int(it) => Const::Int(*it),
        ConstValue::Duration(it) => Const::Duration(*it),
        ConstValue::Text(it) => Const::Text(it.to_string()),
        ConstValue::Variant { name, .. } => Const::Text(name.to_string()),
        ConstValue::List(items) => Const::List(items.iter().map(constant).collect()),
        ConstValue::Record { fields, .. } => {
            Const::Record(fields.iter().map(|(name, value)| (name.to_string(), constant(value))).collect())
        }
    }
}

/// The type of a value that travels; `None` for one that cannot.
pub(super) fn value_type(db: &dyn Db, ty: &Ty) -> Option<ValueType> {
    value_type_at(db, ty, 0)
}

fn value_type_at(db: &dyn Db, ty: &Ty, depth: usize) -> Option<ValueType> {
    // A struct that holds itself has been reported.
    const DEEPEST: usize = 16;
    if depth > DEEPEST {
        return None;
    }
    let inner = |ty: &Ty| value_type_at(db, ty, depth + 1);
    Some(match ty.single() {
        Ty::Bool => ValueType::Bool,
        Ty::Int => ValueType::Int,
        Ty::Duration => ValueType::Duration,
        Ty::String | Ty::Path | Ty::Secret | Ty::File | Ty::Exec | Ty::Opaque => ValueType::String,
        Ty::None => ValueType::Optional(Box::new(ValueType::String)),
        Ty::Enum(def) => ValueType::Enum {
            name: def.name(db).to_string(),
            variants: scope::variants(db, *def).iter().map(ToString::to_string).collect(),
        },
        Ty::Struct(def) => ValueType::Record {
            name: def.name(db).to_string(),
            fields: signature(db, *def)
                .params
                .iter()
                .map(|field| Some((field.name.to_string(), inner(&field.ty)?)))
                .collect::<Option<_>>()?,
        },
        // An empty list fits every type.
        Ty::List(item) if item.is_error() => ValueType::List(Box::new(ValueType::String)),
        Ty::List(item) => ValueType::List(Box::new(inner(item)?)),
        Ty::Family(family) => ValueType::List(Box::new(inner(&family.member)?)),
        Ty::Optional(present) => ValueType::Optional(Box::new(inner(present)?)),
        _ => return None,
    })
}
