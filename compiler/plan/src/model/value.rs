//! The types of values that travel, and values known while compiling.

use serde::{Deserialize, Serialize};

/// The type of a value that travels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// `true` or `false`.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A duration.
    Duration,
    /// UTF-8 without NUL.
    String,
    /// One of a closed set.
    Enum {
        /// The enum's name.
        name: String,
        /// Its variants, in order.
        variants: Vec<String>,
    },
    /// A list, travelling as compact JSON.
    List(Box<ValueType>),
    /// A struct, travelling as compact JSON.
    Record {
        /// The struct's name.
        name: String,
        /// Its fields, in order.
        fields: Vec<(String, ValueType)>,
    },
    /// The empty text is `none`.
    Optional(Box<ValueType>),
}

impl ValueType {
    /// The type of what is there, where it may be `none`.
    pub fn present(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.present(),
            other => other,
        }
    }

    /// The same, or `none`.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) => self,
            other => Self::Optional(Box::new(other)),
        }
    }
}

/// A value known while compiling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Const {
    /// `none`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A duration in milliseconds.
    Duration(u64),
    /// A text; an enum's variant too.
    Text(String),
    /// A list.
    List(Vec<Const>),
    /// A struct: its fields, in order.
    Record(Vec<(String, Const)>),
}

impl Const {
    /// As it is pasted into text: durations in seconds, `none` as nothing, lists and structs as JSON.
    pub fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Bool(it) => it.to_string(),
            Self::Int(it) => it.to_string(),
            Self::Duration(ms) if ms % 1000 == 0 => format!("{}s", ms / 1000),
            Self::Duration(ms) => format!("{ms}ms"),
            Self::Text(it) => it.clone(),
            Self::List(_) | Self::Record(_) => {
                let mut text = String::new();
                self.write_json(&mut text);
                text
            }
        }
    }

    /// As compact JSON, a struct's fields in their order.
    fn write_json(&self, to: &mut String) {
        match self {
            Self::List(items) => {
                to.push('[');
                for (index, item) in items.iter().enumerate() {
                    to.push_str(if index > 0 { "," } else { "" });
                    item.write_json(to);
                }
                to.push(']');
            }
            Self::Record(fields) => {
                to.push('{');
                for (index, (name, value)) in fields.iter().enumerate() {
                    to.push_str(if index > 0 { "," } else { "" });
                    to.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    to.push(':');
                    value.write_json(to);
                }
                to.push('}');
            }
            plain => to.push_str(&plain.json().to_string()),
        }
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Bool(it) => (*it).into(),
            Self::Int(it) => (*it).into(),
            Self::Duration(_) => self.text().into(),
            Self::Text(it) => it.as_str().into(),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Record(fields) => fields.iter().map(|(name, value)| (name.clone(), value.json())).collect(),
        }
    }
}
