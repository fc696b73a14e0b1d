//! Types: what they are, how they are shown, which converts to which.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::db::{Db, Def};
use crate::value::{ConstValue, Norm};

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// Something is wrong and has been reported; fits everywhere.
    Error,
    /// `bool`.
    Bool,
    /// `int`, 64 bits, signed.
    Int,
    /// `duration`.
    Duration,
    /// `string`.
    String,
    /// `path`.
    Path,
    /// `secret`: a text that must not be shown.
    Secret,
    /// A finished job, good for ordering only.
    Done,
    /// The type of `none`.
    None,
    /// An enum.
    Enum(Def),
    /// A struct.
    Struct(Def),
    /// An artifact's schema with its const arguments, in order.
    Artifact(Def, Arc<[Norm]>),
    /// One file.
    File,
    /// One executable file.
    Exec,
    /// A sealed directory.
    Opaque,
    /// `json(T)`.
    Json(Arc<Ty>),
    /// `[T]`. Of [`Ty::Error`] for an empty literal.
    List(Arc<Ty>),
    /// `T?`. Never of an optional.
    Optional(Arc<Ty>),
    /// `[K: T]`, `[k in K: T(k)]`.
    Family(Arc<Family>),
    /// What a call of a job or an action gives.
    Call(Arc<Call>),
    /// What a foreign step without binding gives: `.outputs["x"]`.
    Foreign,
    /// No value.
    Unit,
}

/// A family: one member per key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Family {
    /// The keys' type.
    pub key: Ty,
    /// The keys, where they are known; a parameter `[int: T]` takes any.
    pub keys: Option<Arc<[ConstValue]>>,
    /// What stands for the key in `member`.
    pub binder: Option<SmolStr>,
    /// The members' type.
    pub member: Ty,
}

impl Family {
    /// The type of the member at `key`.
    pub fn at(&self, key: &Norm) -> Ty {
        match &self.binder {
            Some(binder) => self.member.substitute(&|name| (name == binder.as_str()).then(|| key.clone())),
            None => self.member.clone(),
        }
    }
}

/// What a call gives: its outputs by name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The job or action.
    pub def: Def,
    /// It is a job: its handle orders.
    pub job: bool,
    /// Its outputs.
    pub outputs: Vec<(SmolStr, Ty)>,
    /// Others that may have been called instead, with the names of these outputs there.
    pub also: Vec<(Def, Vec<SmolStr>)>,
}

impl Ty {
    /// `T?`, for an optional itself.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) | Self::Error | Self::None => self,
            other => Self::Optional(Arc::new(other)),
        }
    }

    /// What a value that is there has as its type.
    pub fn present(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// A call with one output stands for that output.
    pub fn single(&self) -> &Self {
        match self {
            Self::Call(call) => match call.outputs.as_slice() {
                [(_, only)] => only,
                _ => self,
            },
            other => other,
        }
    }

    /// Whether it stands for something that has been reported.
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Error)
    }

    /// With const symbols replaced by what `with` gives for them.
    #[must_use]
    pub fn substitute(&self, with: &dyn Fn(&str) -> Option<Norm>) -> Self {
        match self {
            Self::Artifact(def, args) => Self::Artifact(*def, args.iter().map(|arg| arg.substitute(with)).collect()),
            Self::Json(inner) => Self::Json(Arc::new(inner.substitute(with))),
            Self::List(inner) => Self::List(Arc::new(inner.substitute(with))),
            Self::Optional(inner) => Self::Optional(Arc::new(inner.substitute(with))),
            Self::Family(family) => {
                let binder = family.binder.clone();
                let inner = |name: &str| if binder.as_deref() == Some(name) { None } else { with(name) };
                Self::Family(Arc::new(Family {
                    key: family.key.clone(),
                    keys: family.keys.clone(),
                    binder: family.binder.clone(),
                    member: family.member.substitute(&inner),
                }))
            }
            Self::Call(call) => Self::Call(Arc::new(Call {
                def: call.def,
                job: call.job,
                outputs: call.outputs.iter().map(|(name, ty)| (name.clone(), ty.substitute(with))).collect(),
                also: call.also.clone(),
            })),
            other => other.clone(),
        }
    }

    /// With everything computed in its const arguments that can be: after [`Ty::substitute`].
    #[must_use]
    pub fn folded(&self, db: &dyn Db) -> Self {
        match self {
            Self::Artifact(def, args) => {
                Self::Artifact(*def, args.iter().map(|arg| crate::norm::folded(db, arg)).collect())
            }
            Self::Json(inner) => Self::Json(Arc::new(inner.folded(db))),
            Self::List(inner) => Self::List(Arc::new(inner.folded(db))),
            Self::Optional(inner) => Self::Optional(Arc::new(inner.folded(db))),
            Self::Family(family) => {
                Self::Family(Arc::new(Family { member: family.member.folded(db), ..Family::clone(family) }))
            }
            Self::Call(call) => {
                let outputs = call.outputs.iter().map(|(name, ty)| (name.clone(), ty.folded(db))).collect();
                Self::Call(Arc::new(Call { outputs, ..Call::clone(call) }))
            }
            other => other.clone(),
        }
    }

    /// As it would be written.
    pub fn display(&self, db: &dyn Db) -> String {
        match self {
            Self::Error => "?".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::String => "string".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Secret => "secret".to_owned(),
            Self::Done => "done".to_owned(),
            Self::None => "none".to_owned(),
            Self::File => "file".to_owned(),
            Self::Exec => "exec".to_owned(),
            Self::Opaque => "opaque".to_owned(),
            Self::Foreign => "foreign step".to_owned(),
            Self::Unit => "no value".to_owned(),
            Self::Enum(def) | Self::Struct(def) => def.name(db).to_string(),
            Self::Artifact(def, args) if args.is_empty() => def.name(db).to_string(),
            Self::Artifact(def, args) => {
                let args: Vec<_> = args.iter().map(|arg| arg.display(db)).collect();
                format!("{}({})", def.name(db), args.join(", "))
            }
            Self::Json(inner) => format!("json({})", inner.display(db)),
            Self::List(inner) if inner.is_error() => "[]".to_owned(),
            Self::List(inner) => format!("[{}]", inner.display(db)),
            Self::Optional(inner) => format!("{}?", inner.display(db)),
            Self::Family(family) => match &family.binder {
                Some(binder) => format!("[{binder} in {}: {}]", family.key.display(db), family.member.display(db)),
                None => format!("[{}: {}]", family.key.display(db), family.member.display(db)),
            },
            Self::Call(call) => match call.outputs.as_slice() {
                [(_, only)] => only.display(db),
                [] if call.job => "done".to_owned(),
                [] => "no value".to_owned(),
                outputs => {
                    let outputs: Vec<_> =
                        outputs.iter().map(|(name, ty)| format!("{name}: {}", ty.display(db))).collect();
                    format!("({})", outputs.join(", "))
                }
            },
        }
    }
}

/// Whether two const arguments may be one: `_` and what is unknown are never told apart.
fn same_argument(from: &Norm, to: &Norm) -> bool {
    matches!(to, Norm::Any) || to.is_unknown() || from.is_unknown() || from == to
}

/// Whether a value of type `from` may stand where one of type `to` is wanted: equal, or by one of the
/// language's conversions (docs/reference/language.md 4).
pub fn converts(db: &dyn Db, from: &Ty, to: &Ty) -> bool {
    match (from, to) {
        (Ty::Error, _) | (_, Ty::Error) => true,
        (Ty::Call(from), Ty::Call(to)) if from == to => true,
        (Ty::None, Ty::Optional(_)) => true,
        (Ty::Optional(from), Ty::Optional(to)) => converts(db, from, to),
        // The only output of a call may be missing.
        (Ty::Call(call), Ty::Optional(_)) if matches!(call.outputs.as_slice(), [(_, only)] if converts(db, only, to)) => {
            true
        }
        (from, Ty::Optional(to)) => converts(db, from, to),
        (Ty::Exec, Ty::File) => true,
        (Ty::Json(_), Ty::File) => true,
        (Ty::Artifact(from, from_args), Ty::Artifact(to, to_args)) => {
            from == to
                && from_args.len() == to_args.len()
                && from_args.iter().zip(to_args.iter()).all(|(from, to)| same_argument(from, to))
        }
        (Ty::List(from), Ty::List(to)) => converts(db, from, to),
        (Ty::Family(from), Ty::List(to)) => members_convert(db, from, |_| Ty::clone(to)),
        (Ty::Family(from), Ty::Family(to)) => {
            let keys = match (&from.keys, &to.keys) {
                (Some(from), Some(to)) => from == to,
                _ => true,
            };
            keys && converts(db, &from.key, &to.key) && members_convert(db, from, |key| to.at(key))
        }
        (Ty::Call(call), Ty::Done) if call.job => true,
        (Ty::Call(from), to) if matches!(from.outputs.as_slice(), [_]) => {
            from.outputs.first().is_some_and(|(_, only)| converts(db, only, to))
        }
        (Ty::Enum(from), Ty::Struct(to)) => {
            // An `Os` stands for its default hosted runner.
            from.name(db) == "Os" && to.name(db) == "Runner" && from.file(db) == to.file(db)
        }
        (from, to) => from == to,
    }
}

/// Whether every member of `from` converts to what `to` gives for its key.
fn members_convert(db: &dyn Db, from: &Family, to: impl Fn(&Norm) -> Ty) -> bool {
    match (&from.binder, &from.keys) {
        (Some(_), Some(keys)) => keys.iter().all(|key| {
            let key = Norm::Value(key.clone());
            converts(db, &from.at(&key).folded(db), &to(&key).folded(db))
        }),
        (binder, _) => {
            let key = binder.as_ref().map_or(Norm::Any, |binder| Norm::Symbol(binder.clone()));
            converts(db, &from.at(&key), &to(&key))
        }
    }
}
