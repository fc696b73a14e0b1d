//! An expression of GitHub's as text, with what joins it to others.

use super::values::quoted;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expr {
    pub(super) text: String,
    pub(super) level: Level,
}

/// How tightly the outermost operator binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Compare,
    One,
}

impl Expr {
    /// A name, a call, a literal.
    pub(super) fn one(text: impl Into<String>) -> Self {
        Self { text: text.into(), level: Level::One }
    }

    pub(super) fn text(text: &str) -> Self {
        Self::one(quoted(text))
    }

    pub(super) fn truth(value: bool) -> Self {
        Self::one(value.to_string())
    }

    pub(super) fn at(self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text }
    }

    pub(super) fn known(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Both; of truth values.
    pub(super) fn and(self, other: Self) -> Self {
        match (self.known(), other.known()) {
            (Some(false), _) | (_, Some(true)) => self,
            (Some(true), _) | (_, Some(false)) => other,
            _ => Self { text: format!("{} && {}", self.at(Level::And), other.at(Level::And)), level: Level::And },
        }
    }

    /// The first that is not empty; of truth values one that holds.
    pub(super) fn or(self, other: Self) -> Self {
        match (self.known(), other.known()) {
            (Some(true), _) | (_, Some(false)) => self,
            (Some(false), _) | (_, Some(true)) => other,
            _ => {
                // Whatever follows stands for the empty text, too.
                let first = self.text.strip_suffix(" || ''").filter(|_| self.level == Level::Or);
                let first = first.map_or_else(|| self.text.clone(), str::to_owned);
                Self { text: format!("{first} || {}", other.at(Level::Or)), level: Level::Or }
            }
        }
    }

    /// The second where the first holds.
    pub(super) fn then(self, other: Self) -> Self {
        Self { text: format!("{} && {}", self.at(Level::And), other.at(Level::And)), level: Level::And }
    }

    /// The contrary of a truth value.
    pub(super) fn not(self) -> Self {
        if let Some(known) = self.known() {
            return Self::truth(!known);
        }
        if self.level == Level::Compare
            && let Some((left, op, right)) = equality(&self.text)
        {
            let other = if op == " == " { " != " } else { " == " };
            return Self { text: format!("{left}{other}{right}"), level: Level::Compare };
        }
        if let Some(inner) = self.text.strip_prefix('!').filter(|_| self.level == Level::One) {
            return Self::one(inner);
        }
        Self::one(format!("!{}", self.at(Level::One)))
    }

    pub(super) fn compare(self, op: &str, other: Self) -> Self {
        Self { text: format!("{} {op} {}", self.at(Level::One), other.at(Level::One)), level: Level::Compare }
    }

    pub(super) fn equals(self, other: Self) -> Self {
        self.compare("==", other)
    }

    pub(super) fn differs(self, other: Self) -> Self {
        self.compare("!=", other)
    }

    /// As the value of a key that takes texts.
    pub(super) fn template(&self) -> String {
        format!("${{{{ {} }}}}", self.text)
    }

    /// As a whole value of YAML. A condition that begins with `!` would be a tag.
    pub(super) fn condition(&self) -> String {
        if self.text.starts_with('!') { format!("${{{{ {} }}}}", self.text) } else { self.text.clone() }
    }
}

/// The sides of a comparison whose outermost operator is `==` or `!=`.
fn equality(text: &str) -> Option<(&str, &str, &str)> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            b' ' if !quoted && depth == 0 => {
                let (left, rest) = text.split_at_checked(at)?;
                if let Some(op) = [" == ", " != "].into_iter().find(|op| rest.starts_with(op)) {
                    return Some((left, op, rest.strip_prefix(op)?));
                }
            }
            _ => {}
        }
    }
    None
}
