//! Names that a plan makes: ids of jobs and steps, titles, variables of reads.

use flow_syntax::tree::{Expr, ExprKind};

use crate::script::is_reserved;

/// `text` as an id: lower-case letters, digits, `_` and `-`, beginning with a letter.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || c == '_' {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_matches('-');
    let out = if out.is_empty() { "x" } else { out };
    if out.starts_with(|c: char| c.is_ascii_lowercase()) { out.to_owned() } else { format!("x{out}") }
}

/// A value as a part of an id or a path.
pub(super) fn part(text: &str) -> String {
    let slug: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let slug = slug.trim_matches(|c| c == '-' || c == '.').replace('.', "-");
    if slug.is_empty() { "x".to_owned() } else { slug }
}

/// `base`, or `base-2`, `base-3` … when it is taken, with `separator` before the number.
pub(super) fn unique(base: String, separator: char, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&base) {
        return base;
    }
    (2..).map(|n| format!("{base}{separator}{n}")).find(|name| !taken(name)).unwrap_or(base)
}

/// The variable that carries what `e` refers to: `server.version` is `SERVER_VERSION`.
pub(super) fn variable(e: &Expr) -> String {
    let name = reference(e).unwrap_or_else(|| "value".to_owned()).to_ascii_uppercase();
    if is_reserved(&name) { format!("FLOW_{name}") } else { name }
}

fn reference(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Name(name) => Some(name.trim_start_matches('_').to_owned()).filter(|name| !name.is_empty()),
        ExprKind::Field { base, name, .. } => {
            let base = reference(base)?;
            Some(if base == "ctx" { name.text.to_string() } else { format!("{base}_{}", name.text) })
        }
        ExprKind::Index { base, .. } => reference(base),
        ExprKind::Binary { left, .. } => reference(left),
        ExprKind::Call { callee, .. } => reference(callee),
        _ => None,
    }
}

/// What `e` refers to, as it is shown in a title: `server.version`.
pub(super) fn shown(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Field { base, name, .. } => format!("{}.{}", shown(base), name.text),
        ExprKind::Index { base, .. } => shown(base),
        ExprKind::Call { callee, .. } => format!("{}()", shown(callee)),
        _ => "…".to_owned(),
    }
}
