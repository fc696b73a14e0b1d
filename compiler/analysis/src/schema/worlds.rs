//! Worlds: what a schema is for each value of the const arguments that are not known.

use std::sync::Arc;

use flow_syntax::Span;
use flow_syntax::tree::{ArtifactField, FieldDecl, ItemKind};
use smol_str::SmolStr;

use super::{declared, matches};
use crate::db::{Db, Def, syntax};
use crate::eval::Eval;
use crate::infer::signature;
use crate::norm::folded;
use crate::scope::variants;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// How many worlds are looked at. Symbols that would make them more stay unknown.
const WORLDS: usize = 64;

/// The values that a symbol can have where something stands; `None`: all of its type.
pub type Domain<'a> = &'a dyn Fn(&str) -> Option<Arc<[ConstValue]>>;

/// The values of a type that has few.
pub fn domain_of(db: &dyn Db, ty: &Ty) -> Option<Arc<[ConstValue]>> {
    match ty {
        Ty::Bool => Some(Arc::new([ConstValue::Bool(false), ConstValue::Bool(true)])),
        Ty::Enum(def) => {
            Some(variants(db, *def).iter().map(|name| ConstValue::Variant { def: *def, name: name.clone() }).collect())
        }
        _ => None,
    }
}

/// One value for each symbol that has few.
pub(super) struct World {
    /// The values of the symbols.
    pub symbols: Vec<(SmolStr, ConstValue)>,
    /// The values of the schema's parameters, as far as they follow.
    pub env: Vec<(SmolStr, ConstValue)>,
}

/// The worlds of a schema for `args`. At least one.
pub(super) fn worlds(db: &dyn Db, def: Def, args: &[Norm], domain: Domain<'_>) -> Vec<World> {
    let params = &signature(db, def).params;
    let mut symbols: Vec<(SmolStr, Arc<[ConstValue]>)> = Vec::new();
    // What `_` stands for, or nothing at all, is a symbol of its own: the parameter itself.
    let args: Vec<Norm> = params
        .iter()
        .enumerate()
        .map(|(index, param)| match args.get(index) {
            None | Some(Norm::Any | Norm::Unknown) => Norm::Symbol(param.name.clone()),
            Some(known) => known.clone(),
        })
        .collect();
    for (param, arg) in params.iter().zip(&args) {
        let mut count: usize = symbols.iter().map(|(_, values)| values.len()).product();
        each_symbol(arg, &mut |symbol| {
            if symbols.iter().any(|(known, _)| known == symbol) {
                return;
            }
            let of_type = || matches!(arg, Norm::Symbol(_)).then(|| domain_of(db, &param.ty)).flatten();
            let Some(values) = domain(symbol).or_else(of_type) else { return };
            if !values.is_empty() && count.saturating_mul(values.len()) <= WORLDS {
                count *= values.len();
                symbols.push((symbol.clone(), values));
            }
        });
    }
    let mut all: Vec<Vec<(SmolStr, ConstValue)>> = vec![Vec::new()];
    for (symbol, values) in &symbols {
        all = all
            .iter()
            .flat_map(|world| {
                values.iter().map(move |value| {
                    let mut world = world.clone();
                    world.push((symbol.clone(), value.clone()));
                    world
                })
            })
            .collect();
    }
    all.into_iter()
        .map(|symbols| {
            let with = |name: &str| {
                symbols.iter().find(|(symbol, _)| symbol == name).map(|(_, value)| Norm::Value(value.clone()))
            };
            let env = params
                .iter()
                .zip(&args)
                .filter_map(|(param, arg)| {
                    Some((param.name.clone(), folded(db, &arg.substitute(&with)).value()?.clone()))
                })
                .collect();
            World { symbols, env }
        })
        .collect()
}

/// Calls `f` for each symbol in a normal form.
pub(crate) fn each_symbol(norm: &Norm, f: &mut dyn FnMut(&SmolStr)) {
    match norm {
        Norm::Symbol(name) => f(name),
        Norm::Call(_, args) | Norm::Apply(_, args) => args.iter().for_each(|arg| each_symbol(arg, f)),
        Norm::Value(_) | Norm::Any | Norm::Unknown => {}
    }
}

/// A branch of an `if` or `match` that cannot be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    /// Which `if` or `match`.
    decision: Span,
    /// Which of its branches.
    branch: usize,
    /// How many there are, with the one without fields where there is no `else`.
    branches: usize,
}

/// A field that is there if all its guards are taken.
#[derive(Clone, Debug)]
pub(super) struct Taken<'a> {
    pub field: &'a ArtifactField,
    pub guards: Vec<Guard>,
}

/// Whether two fields can be there together.
pub(super) fn together(a: &[Guard], b: &[Guard]) -> bool {
    !a.iter().any(|a| b.iter().any(|b| a.decision == b.decision && a.branch != b.branch))
}

/// How much is looked at of combinations of branches, before it counts as unknown whether a field is there.
const BRANCHES: usize = 100_000;

/// Whether one of these is there, whichever branches are taken.
pub(super) fn covers(all: &[&[Guard]]) -> bool {
    covers_within(all, &mut BRANCHES.clone())
}

fn covers_within(all: &[&[Guard]], budget: &mut usize) -> bool {
    let Some(left) = budget.checked_sub(all.len() + 1) else { return false };
    *budget = left;
    if all.iter().any(|guards| guards.is_empty()) {
        return true;
    }
    let Some(first) = all.iter().find_map(|guards| guards.first()) else { return false };
    (0..first.branches).all(|branch| {
        let rest: Vec<Vec<Guard>> = all
            .iter()
            .filter(|guards| !guards.iter().any(|it| it.decision == first.decision && it.branch != branch))
            .map(|guards| guards.iter().filter(|it| it.decision != first.decision).copied().collect())
            .collect();
        covers_within(&rest.iter().map(Vec::as_slice).collect::<Vec<_>>(), budget)
    })
}

/// The fields that can be there when the parameters have these values; others are not known.
pub(super) fn taken<'a>(
    eval: &Eval<'_>,
    fields: &'a [FieldDecl],
    env: &[(SmolStr, ConstValue)],
    out: &mut Vec<Taken<'a>>,
) {
    below(eval, fields, env, &mut Vec::new(), out);
}

fn below<'a>(
    eval: &Eval<'_>,
    fields: &'a [FieldDecl],
    env: &[(SmolStr, ConstValue)],
    guards: &mut Vec<Guard>,
    out: &mut Vec<Taken<'a>>,
) {
    for field in fields {
        let (live, decision, open): (Vec<&'a [FieldDecl]>, Span, bool) = match field {
            FieldDecl::Field(field) => {
                out.push(Taken { field, guards: guards.clone() });
                continue;
            }
            FieldDecl::Hole(_) => continue,
            FieldDecl::If(branches) => {
                let Some(decision) = branches.first().and_then(|it| it.condition.as_ref()) else { continue };
                let mut live = Vec::new();
                let mut open = true;
                for branch in branches {
                    match branch.condition.as_ref().map(|condition| eval.expr(condition, env)) {
                        Some(Ok(ConstValue::Bool(false))) => continue,
                        None | Some(Ok(_)) => open = false,
                        Some(Err(_)) => {}
                    }
                    live.push(branch.fields.as_slice());
                    if !open {
                        break;
                    }
                }
                (live, decision.span, open)
            }
            FieldDecl::Match { value, arms, .. } => {
                let live = match eval.expr(value, env) {
                    Ok(it) => arms
                        .iter()
                        .filter(|arm| arm.patterns.iter().any(|pattern| matches(&pattern.kind, &it)))
                        .take(1)
                        .map(|arm| arm.fields.as_slice())
                        .collect(),
                    Err(_) => arms.iter().map(|arm| arm.fields.as_slice()).collect(),
                };
                // Together its arms leave nothing out.
                (live, value.span, false)
            }
        };
        let branches = live.len() + usize::from(open);
        for (branch, fields) in live.into_iter().enumerate() {
            if branches > 1 {
                guards.push(Guard { decision, branch, branches });
            }
            below(eval, fields, env, guards, out);
            if branches > 1 {
                guards.pop();
            }
        }
    }
}

/// What a body can test so that the field `name` is there: `os == linux`, `debug`, `match os { … }`. Only
/// where one symbol decides.
pub fn condition(db: &dyn Db, def: Def, args: &[Norm], domain: Domain<'_>, name: &str) -> Option<String> {
    let item = syntax(db, def);
    let ItemKind::Artifact(schema) = &item.kind else { return None };
    let eval = Eval::new(db, def, &declared(db, def).1.names);
    let worlds = worlds(db, def, args, domain);
    let has = |env: &[(SmolStr, ConstValue)]| {
        let mut out = Vec::new();
        taken(&eval, &schema.fields, env, &mut out);
        out.iter().any(|it| it.field.name.text == name && it.guards.is_empty())
    };
    let there: Vec<bool> = worlds.iter().map(|world| has(&world.env)).collect();
    let symbols = worlds.first()?.symbols.iter().map(|(symbol, _)| symbol);
    for symbol in symbols {
        let value = |index: usize| {
            let symbols = &worlds.get(index)?.symbols;
            symbols.iter().find(|(it, _)| it == symbol).map(|(_, value)| value)
        };
        let mut with: Vec<&ConstValue> = Vec::new();
        let mut without: Vec<&ConstValue> = Vec::new();
        for (index, there) in there.iter().enumerate() {
            let side = if *there { &mut with } else { &mut without };
            if let Some(value) = value(index)
                && !side.contains(&value)
            {
                side.push(value);
            }
        }
        if with.is_empty() || with.iter().any(|value| without.contains(value)) {
            continue;
        }
        let shown: Vec<String> = with.iter().map(|value| value.display(db)).collect();
        return Some(match (with.as_slice(), without.as_slice()) {
            ([ConstValue::Bool(true)], _) => format!("if {symbol} {{ … }}"),
            ([ConstValue::Bool(false)], _) => format!("if !{symbol} {{ … }}"),
            ([_], _) => format!("if {symbol} == {} {{ … }}", shown.join("")),
            (_, [other]) => format!("if {symbol} != {} {{ … }}", other.display(db)),
            _ => format!("match {symbol} {{ {} => … }}", shown.join(" | ")),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use flow_syntax::Span;

    use super::{Guard, covers};

    fn guard(decision: u32, branch: usize) -> Guard {
        Guard { decision: Span::new(decision, decision + 1), branch, branches: 2 }
    }

    #[test]
    fn what_branches_leave_out() {
        let (a, b) = ([guard(0, 0)], [guard(0, 1)]);
        assert!(covers(&[&a, &b]));
        assert!(!covers(&[&a]));
        let (inner, other) = ([guard(0, 1), guard(5, 0)], [guard(0, 1), guard(5, 1)]);
        assert!(covers(&[&a, &inner, &other]));
        assert!(!covers(&[&a, &inner]));
        assert!(!covers(&[]));
        assert!(covers(&[&a, &[]]));
    }

    /// As many as a schema can have: it ends, and does not claim what it has not seen.
    #[test]
    fn many_branches_end() {
        let many: Vec<[Guard; 1]> = (0..10_000).map(|decision| [guard(decision, 0)]).collect();
        assert!(!covers(&many.iter().map(<[Guard; 1]>::as_slice).collect::<Vec<_>>()));
    }
}
