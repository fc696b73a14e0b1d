//! The values of GitHub's expressions, and how one kind becomes another.
//!
//! What stands here is what the platform's runner and server do (their sources are public): strings
//! are compared without case, numbers are doubles, and a missing property is null.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`, and whatever is missing.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A double; there are no other numbers.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// What `.*` finds: a list whose members an index looks into.
    Found(Vec<Value>),
    /// Keys, whose case does not matter, in the order in which they were written.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// An object of texts.
    pub fn texts<'t>(entries: impl IntoIterator<Item = (&'t String, &'t String)>) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect())
    }

    /// The property of an object, whatever the case of its name.
    pub fn get(&self, name: &str) -> &Self {
        const MISSING: &Value = &Value::Null;
        match self {
            Self::Object(entries) => {
                entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or(MISSING, |(_, value)| value)
            }
            _ => MISSING,
        }
    }

    /// The entries of an object; none of anything else.
    pub fn entries(&self) -> &[(String, Self)] {
        if let Self::Object(entries) = self { entries } else { &[] }
    }

    /// The members of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) | Self::Found(items) = self { items } else { &[] }
    }

    /// Whether it is `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Sets a property of an object.
    pub fn set(&mut self, name: &str, value: Self) {
        let Self::Object(entries) = self else { panic!("{name} is set on what is no object") };
        match entries.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => entries.push((name.to_owned(), value)),
        }
    }

    /// Whether a condition takes it for true.
    pub fn truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(it) => *it,
            Self::Number(it) => *it != 0.0 && !it.is_nan(),
            Self::Text(it) => !it.is_empty(),
            Self::List(_) | Self::Found(_) | Self::Object(_) => true,
        }
    }

    /// Whether it is neither a list nor an object.
    pub const fn is_primitive(&self) -> bool {
        matches!(self, Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_))
    }

    /// As a number.
    pub fn number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(it) => f64::from(u8::from(*it)),
            Self::Number(it) => *it,
            Self::Text(it) => parse_number(it),
            Self::List(_) | Self::Found(_) | Self::Object(_) => f64::NAN,
        }
    }

    /// As a text.
    pub fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(it) => it.to_string(),
            Self::Number(it) => show_number(*it),
            Self::Text(it) => it.clone(),
            Self::List(_) | Self::Found(_) => "Array".to_owned(),
            Self::Object(_) => "Object".to_owned(),
        }
    }

    /// Whether `==` holds.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => fold(a) == fold(b),
            // Of lists and objects, only one and the same is equal; no two of ours are.
            _ if !self.is_primitive() || !other.is_primitive() => false,
            _ => self.number() == other.number(),
        }
    }

    /// Whether `<` holds.
    pub fn less(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => fold(a) < fold(b),
            (Self::Null, Self::Null) => false,
            _ if !self.is_primitive() || !other.is_primitive() => false,
            _ => self.number() < other.number(),
        }
    }

    /// As `toJSON` prints it.
    pub fn json(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, 0);
        out
    }

    fn print(&self, out: &mut String, depth: usize) {
        let quoted = |text: &str| serde_json::to_string(text).expect("a text is JSON");
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        };
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(_) | Self::Number(_) => out.push_str(&self.text()),
            Self::Text(it) => out.push_str(&quoted(it)),
            Self::List(items) | Self::Found(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    line(out, depth + 1);
                    item.print(out, depth + 1);
                }
                if !items.is_empty() {
                    line(out, depth);
                }
                out.push(']');
            }
            Self::Object(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    line(out, depth + 1);
                    out.push_str(&quoted(key));
                    out.push_str(": ");
                    value.print(out, depth + 1);
                }
                if !entries.is_empty() {
                    line(out, depth);
                }
                out.push('}');
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(it: bool) -> Self {
        Self::Bool(it)
    }
}

/// For comparisons: every character's upper case, where that is one character.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        })
        .collect()
}

/// An empty text is 0, what is no number is NaN.
pub(super) fn parse_number(text: &str) -> f64 {
    let text = text.trim();
    if text.is_empty() {
        return 0.0;
    }
    let radix =
        |digits: &str, radix| u32::from_str_radix(digits, radix).map_or(f64::NAN, |it| f64::from(it.cast_signed()));
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    match text {
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        // Rust would take words such as `inf` as well.
        _ if text.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E')) => f64::NAN,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// With 15 digits, as the server prints them: whole numbers above that lose their end.
fn show_number(it: f64) -> String {
    if it == 0.0 {
        return "0".to_owned();
    }
    if it.is_nan() {
        return "NaN".to_owned();
    }
    if it.is_infinite() {
        return if it > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{it:.14e}");
    let (digits, exponent) = scientific.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    if !(-5..15).contains(&exponent) {
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}E{sign}{:02}", exponent.abs());
    }
    let places = usize::try_from(14 - exponent).expect("it is not negative");
    let plain = format!("{it:.places$}");
    if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.').to_owned() } else { plain }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

/// From YAML and from JSON; keys keep their order, and none may stand twice.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(Value::Bool(it))
    }

    #[expect(clippy::cast_precision_loss, reason = "that is what the platform does")]
    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(Value::Number(it as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "that is what the platform does")]
    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(Value::Number(it as f64))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(Value::Number(it))
    }

    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(Value::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some((key, value)) = from.next_entry::<Value, Value>()? {
            let key = key.text();
            if entries.iter().any(|(old, _)| old.eq_ignore_ascii_case(&key)) {
                return Err(A::Error::custom(format!("the key {key} stands twice")));
            }
            entries.push((key, value));
        }
        Ok(Value::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_with_15_digits() {
        let shown = [
            (0.0, "0"),
            (-0.0, "0"),
            (3.0, "3"),
            (-12.5, "-12.5"),
            (0.1 + 0.2, "0.3"),
            (123_456_789_012_345.0, "123456789012345"),
            (9_007_199_254_740_993.0, "9.00719925474099E+15"),
            (1e-7, "1E-07"),
        ];
        for (it, text) in shown {
            assert_eq!(Value::Number(it).text(), text);
        }
    }

    #[test]
    fn texts_become_numbers() {
        for (text, it) in [("", 0.0), (" 7 ", 7.0), ("0x10", 16.0), ("0o17", 15.0), ("1e3", 1000.0), ("-1.5", -1.5)] {
            assert!((parse_number(text) - it).abs() < f64::EPSILON, "{text}");
        }
        for text in ["a", "1 2", "inf", "nan", "0x", "1_000", "true"] {
            assert!(parse_number(text).is_nan(), "{text}");
        }
    }
}
