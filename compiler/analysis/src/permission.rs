//! What a job's token may do: the scopes, and how much of each.

use flow_syntax::Span;
use flow_syntax::tree::{Entry, EntryValue, ExprKind, Map};
use smol_str::SmolStr;

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Nothing.
    None,
    /// Looking.
    Read,
    /// Changing, which includes looking.
    Write,
}

impl Access {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// What a token can be for, with the dashes that GitHub writes.
pub const SCOPES: [&str; 19] = [
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "code-quality",
    "contents",
    "copilot-requests",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
    "vulnerability-alerts",
];

/// One line of a `permissions { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// One of [`SCOPES`].
    pub scope: SmolStr,
    /// How much.
    pub access: Access,
    /// Where the scope stands.
    pub span: Span,
}

/// The scope that a word names: `id_token` is `id-token`.
pub fn scope(word: &str) -> Option<&'static str> {
    let word = word.replace('_', "-");
    SCOPES.into_iter().find(|scope| *scope == word)
}

/// What can be granted of a scope: some have nothing to read, or nothing to write.
pub fn levels(scope: &str) -> &'static [Access] {
    match scope {
        "id-token" | "copilot-requests" => &[Access::Write, Access::None],
        "models" | "vulnerability-alerts" => &[Access::Read, Access::None],
        _ => &[Access::Read, Access::Write, Access::None],
    }
}

/// The access that an entry gives, where it is one of the three words.
pub fn access(value: &EntryValue) -> Option<Access> {
    match value {
        EntryValue::Expr(e) => match &e.kind {
            ExprKind::None => Some(Access::None),
            ExprKind::Name(name) => match name.as_str() {
                "read" => Some(Access::Read),
                "write" => Some(Access::Write),
                _ => None,
            },
            _ => None,
        },
        EntryValue::Map(_) => None,
    }
}

/// What a block grants; what is wrong in it is left out, and reported where the block is checked.
pub fn granted(map: &Map) -> Vec<Granted> {
    map.entries
        .iter()
        .filter_map(|Entry { key, value }| {
            let (scope, access) = (scope(&key.text)?, access(value)?);
            Some(Granted { scope: SmolStr::new_static(scope), access, span: key.span })
        })
        .collect()
}
