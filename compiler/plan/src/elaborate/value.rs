//! Values during elaboration.

use std::sync::Arc;

use flow_analysis::schema::Concrete;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_analysis::{Db, scope};
use smol_str::SmolStr;

use crate::model::{Const, Field, FieldKind, Location, Schema, Value, ValueType};

/// A value during elaboration.
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
    /// An output of a job instance that is files.
    Made { job: usize, output: SmolStr },
    /// The outputs of an action.
    Outputs(Vec<(SmolStr, Val)>),
    /// One member per key.
    Family(Vec<(ConstValue, Val)>),
    /// A list whose length is known.
    List(Vec<Val>),
    /// No value.
    Unit,
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
        let part = if self.part.is_empty() { name.to_owned() } else { format!("{}.{name}", self.part) };
        Self { part, ..self.clone() }
    }

    /// The one file or directory that it is.
    pub(super) fn leaf(&self) -> Option<&Concrete> {
        self.leaves.iter().find(|leaf| leaf.name == self.part)
    }

    /// Where that lies.
    pub(super) fn location(&self) -> Option<Location> {
        let path = self.leaf()?.path.clone();
        Some(match &self.base {
            Base::Consumed(input) => Location::Consumed { input: input.clone(), path },
            Base::Produced(output) => Location::Produced { output: output.clone(), path },
        })
    }
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
            matches: None,
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
        Ty::Exec => FieldKind::Exec,
        Ty::Opaque => FieldKind::Opaque,
        Ty::Json(_) => FieldKind::Json,
        _ => FieldKind::File,
    }
}

/// Whether a value of this type is files.
pub(super) fn is_files(ty: &Ty) -> bool {
    matches!(ty.present(), Ty::Artifact(..) | Ty::File | Ty::Exec | Ty::Opaque | Ty::Json(_))
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
    Some(match ty {
        Ty::Bool => ValueType::Bool,
        Ty::Int => ValueType::Int,
        Ty::Duration => ValueType::Duration,
        Ty::String | Ty::Path => ValueType::String,
        Ty::Enum(def) => ValueType::Enum {
            name: def.name(db).to_string(),
            variants: scope::variants(db, *def).iter().map(ToString::to_string).collect(),
        },
        Ty::List(inner) => ValueType::List(Box::new(value_type(db, inner)?)),
        Ty::Optional(inner) => ValueType::Optional(Box::new(value_type(db, inner)?)),
        _ => return None,
    })
}
