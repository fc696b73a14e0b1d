//! Values that are known while compiling, and the normal form of const arguments by which types
//! are compared (docs/design/semantics.md 3.1).

use std::fmt::Write as _;
use std::sync::Arc;

use flow_syntax::tree::{BinaryOp, UnaryOp};
use smol_str::SmolStr;

use crate::db::{Db, Def};

/// A value known while compiling.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ConstValue {
    /// `none`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A duration in milliseconds.
    Duration(u64),
    /// A text.
    Text(SmolStr),
    /// A variant of an enum.
    Variant {
        /// The enum.
        def: Def,
        /// The variant.
        name: SmolStr,
    },
    /// A list.
    List(Arc<[ConstValue]>),
    /// A struct.
    Record {
        /// The struct.
        def: Def,
        /// Its fields, in the order of the declaration.
        fields: Arc<[(SmolStr, ConstValue)]>,
    },
}

impl ConstValue {
    /// As it is pasted into text, or `None` where that has no meaning.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::None => String::new(),
            Self::Bool(it) => it.to_string(),
            Self::Int(it) => it.to_string(),
            Self::Duration(ms) if ms % 1000 == 0 => format!("{}s", ms / 1000),
            Self::Duration(ms) => format!("{ms}ms"),
            Self::Text(it) => it.to_string(),
            Self::Variant { name, .. } => name.to_string(),
            Self::List(_) | Self::Record { .. } => return None,
        })
    }

    /// As it would be written in a program.
    pub fn display(&self, db: &dyn Db) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Text(it) => format!("\"{}\"", it.escape_debug()),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(|item| item.display(db)).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Record { def, fields } => {
                let mut out = format!("{}(", def.name(db));
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    let _ = write!(out, "{comma}{name}: {}", value.display(db));
                }
                out + ")"
            }
            Self::Duration(ms) => duration(*ms),
            simple => simple.text().unwrap_or_default(),
        }
    }
}

impl std::fmt::Debug for ConstValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::List(items) => f.debug_list().entries(items.iter()).finish(),
            Self::Record { fields, .. } => f.debug_map().entries(fields.iter().map(|(k, v)| (k, v))).finish(),
            simple => f.write_str(&simple.text().unwrap_or_default()),
        }
    }
}

/// A duration in the largest unit that measures it, as it is written in a program.
pub fn duration(ms: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];
    UNITS
        .iter()
        .find(|(unit, _)| ms != 0 && ms.is_multiple_of(*unit))
        .map_or_else(|| format!("{ms}ms"), |(unit, name)| format!("{}{name}", ms / unit))
}

/// A const argument in normal form. Types are equal when their arguments' forms are.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Norm {
    /// A value.
    Value(ConstValue),
    /// A const parameter or loop variable, standing for each of its values.
    Symbol(SmolStr),
    /// A function of these.
    Call(Def, Arc<[Norm]>),
    /// An operator, method or form of these.
    Apply(Operator, Arc<[Norm]>),
    /// `_`.
    Any,
    /// Not known while compiling, or wrong in a way that has been reported.
    Unknown,
}

impl Norm {
    /// Whether it, or a part of it, is not known.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Call(_, parts) | Self::Apply(_, parts) => parts.iter().any(Self::is_unknown),
            Self::Value(_) | Self::Symbol(_) | Self::Any => false,
        }
    }
}

/// What a [`Norm::Apply`] does with its operands. No arithmetic is done on what is not known: two
/// forms are one only if they are written alike.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Operator {
    /// `!a`
    Unary(UnaryOp),
    /// `a == b`
    Binary(BinaryOp),
    /// `a.name`
    Field(SmolStr),
    /// `a[b]`
    Index,
    /// `a.name(b)`
    Method(SmolStr),
    /// A text of these parts.
    Text,
    /// A list of these elements.
    List,
    /// `if a { b } else { c }`
    If,
}

impl Norm {
    /// As it is shown in a type.
    pub fn display(&self, db: &dyn Db) -> String {
        match self {
            Self::Value(value) => value.display(db),
            Self::Symbol(name) => name.to_string(),
            Self::Call(def, args) => {
                let args: Vec<_> = args.iter().map(|arg| arg.display(db)).collect();
                format!("{}({})", def.name(db), args.join(", "))
            }
            Self::Apply(operator, args) => operator.display(db, args),
            Self::Any => "_".to_owned(),
            Self::Unknown => "?".to_owned(),
        }
    }

    /// With symbols replaced by what `with` gives for them.
    #[must_use]
    pub fn substitute(&self, with: &dyn Fn(&str) -> Option<Norm>) -> Self {
        match self {
            Self::Symbol(name) => with(name).unwrap_or_else(|| self.clone()),
            Self::Call(def, args) => Self::Call(*def, args.iter().map(|arg| arg.substitute(with)).collect()),
            Self::Apply(operator, args) => {
                Self::Apply(operator.clone(), args.iter().map(|arg| arg.substitute(with)).collect())
            }
            other => other.clone(),
        }
    }

    /// The value, when it is one.
    pub const fn value(&self) -> Option<&ConstValue> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }
}
