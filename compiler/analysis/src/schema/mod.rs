//! Artifact schemas: their fields for a type check, their files for a plan, and what their paths may be.
//!
//! Const arguments are often not known where a body is checked: they are parameters of the job. What is
//! said of a field then holds for each *world*, which is one value for every symbol that has few of them.

mod check;
mod files;
mod worlds;

use std::sync::Arc;

use flow_syntax::Span;
use flow_syntax::tree::{ItemKind, PatternKind};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

pub use self::check::check;
pub(crate) use self::check::pattern_mismatch;
pub use self::files::{Concrete, concrete, instance_problem};
pub(crate) use self::worlds::each_symbol;
pub use self::worlds::{Domain, condition, domain_of};
use self::worlds::{Guard, Taken, covers, taken, worlds};
use crate::db::{Db, Def, syntax};
use crate::eval::Eval;
use crate::infer::{Checked, signature};
pub use crate::path::problem as path_problem;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// A field of a schema, for some const arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Its type, `?` included.
    pub ty: Ty,
    /// It is there whatever the const arguments are that are not known here.
    pub always: bool,
    /// Another type that it has for some of these: one that is no kind of the first.
    pub differs: Option<Ty>,
}

/// A field that is written by itself: nested artifacts are flattened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Dotted when nested; empty for an output that is one thing.
    pub name: SmolStr,
    /// Without `?`.
    pub ty: Ty,
    /// It may be absent.
    pub optional: bool,
    /// It is there whatever the const arguments are that are not known here.
    pub always: bool,
    /// Another type that it has for some of these.
    pub differs: Option<Ty>,
}

/// A field of a schema as declared: all branches of `if` and `match` side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: Span,
    /// Its type, `?` included.
    pub ty: Ty,
    /// It stands under an `if` or `match`.
    pub conditional: bool,
}

/// All fields of a schema, and what is known of the words in it. Must not change when other items do.
#[salsa::tracked(returns(ref), cycle_result = no_fields)]
pub fn declared(db: &dyn Db, def: Def) -> (Vec<Declared>, Checked) {
    crate::infer::schema_fields(db, def)
}

fn no_fields(_db: &dyn Db, _id: salsa::Id, _def: Def) -> (Vec<Declared>, Checked) {
    Default::default()
}

/// The declaration of the field whose name stands at `span`.
fn declared_at(db: &dyn Db, def: Def, span: Span) -> Option<&Declared> {
    let all = &declared(db, def).0;
    // In the order of the source.
    all.get(all.partition_point(|it| it.span < span)).filter(|it| it.span == span)
}

/// The fields that `def` can have for the const arguments `args`, whose symbols have the values that
/// `domain` gives.
pub fn fields(db: &dyn Db, def: Def, args: &[Norm], domain: Domain<'_>) -> Vec<Field> {
    let params = &signature(db, def).params;
    let with =
        |name: &str| params.iter().position(|param| param.name == name).and_then(|index| args.get(index).cloned());
    let ty_of = |field: &Declared| field.ty.substitute(&with).folded(db);
    let (declared, checked) = declared(db, def);
    if declared.iter().all(|field| !field.conditional) {
        let mut fields: Vec<Field> = Vec::with_capacity(declared.len());
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        for field in declared.iter().filter(|field| seen.insert(&field.name)) {
            fields.push(Field { name: field.name.clone(), ty: ty_of(field), always: true, differs: None });
        }
        return fields;
    }
    let item = syntax(db, def);
    let ItemKind::Artifact(schema) = &item.kind else { return Vec::new() };
    let eval = Eval::new(db, def, &checked.names);
    // Which declarations a name can lead to, and in how many worlds it leads to one for sure.
    let mut found: FxHashMap<SmolStr, (Vec<Span>, usize)> = FxHashMap::default();
    let worlds = worlds(db, def, args, domain);
    for world in &worlds {
        let mut out = Vec::new();
        taken(&eval, &schema.fields, &world.env, &mut out);
        let mut names: FxHashMap<&SmolStr, Vec<&[Guard]>> = FxHashMap::default();
        for Taken { field, guards } in &out {
            let (spans, _) = found.entry(field.name.text.clone()).or_default();
            if !spans.contains(&field.name.span) {
                spans.push(field.name.span);
            }
            names.entry(&field.name.text).or_default().push(guards);
        }
        for (name, guards) in names {
            if covers(&guards)
                && let Some((_, sure)) = found.get_mut(name)
            {
                *sure += 1;
            }
        }
    }
    let mut fields: Vec<(Span, Field)> = found
        .into_iter()
        .filter_map(|(name, (spans, sure))| {
            let mut types = spans.iter().filter_map(|span| declared_at(db, def, *span)).map(ty_of);
            let mut ty = types.next()?;
            let mut differs = None;
            for other in types {
                match both(&ty, &other) {
                    Some(joined) => ty = joined,
                    None => differs = Some(other),
                }
            }
            let first = spans.iter().min().copied()?;
            Some((first, Field { name, ty, always: sure == worlds.len(), differs }))
        })
        .collect();
    fields.sort_by_key(|(first, _)| *first);
    fields.into_iter().map(|(_, field)| field).collect()
}

/// What is known of something that is of one of two types.
fn both(a: &Ty, b: &Ty) -> Option<Ty> {
    let inner = match (a.present(), b.present()) {
        (a, b) if a == b => a.clone(),
        (Ty::Error, _) | (_, Ty::Error) => Ty::Error,
        (Ty::File | Ty::Exec | Ty::Json(_), Ty::File | Ty::Exec | Ty::Json(_)) => Ty::File,
        (Ty::List(a), Ty::List(b)) => Ty::List(Arc::new(both(a, b)?)),
        _ => return None,
    };
    let optional = matches!(a, Ty::Optional(_)) || matches!(b, Ty::Optional(_));
    Some(if optional { inner.optional() } else { inner })
}

/// The fields that are written by themselves.
pub fn leaves(db: &dyn Db, def: Def, args: &[Norm], domain: Domain<'_>) -> Vec<Leaf> {
    leaves_within_limits(db, def, args, domain).unwrap_or_default()
}

/// The same; `None` where they are too many, which the check of the schema reports.
fn leaves_within_limits(db: &dyn Db, def: Def, args: &[Norm], domain: Domain<'_>) -> Option<Vec<Leaf>> {
    let mut flat = Flat { db, domain, out: Vec::new(), artifacts: 0 };
    flat.add(def, args, "", true, false, 0)?;
    Some(flat.out)
}

struct Flat<'a> {
    db: &'a dyn Db,
    domain: Domain<'a>,
    out: Vec<Leaf>,
    /// How many artifacts it looked at: those without files count too.
    artifacts: usize,
}

impl Flat<'_> {
    fn add(&mut self, def: Def, args: &[Norm], prefix: &str, always: bool, optional: bool, depth: u32) -> Option<()> {
        self.artifacts += 1;
        if depth > MAX_NESTING || self.out.len().max(self.artifacts) > MAX_FILES || holds_itself(self.db, def) {
            return None;
        }
        for field in fields(self.db, def, args, self.domain) {
            let name = if prefix.is_empty() { field.name.to_string() } else { format!("{prefix}.{}", field.name) };
            let (always, optional) = (always && field.always, optional || matches!(field.ty, Ty::Optional(_)));
            match field.ty.present() {
                Ty::Artifact(inner, args) => self.add(*inner, args, &name, always, optional, depth + 1)?,
                ty => {
                    let leaf = Leaf { name: name.into(), ty: ty.clone(), optional, always, differs: field.differs };
                    self.out.push(leaf);
                }
            }
        }
        Some(())
    }
}

/// How deep artifacts may hold artifacts.
const MAX_NESTING: u32 = 16;
/// How many files an artifact may have, those of artifacts in it included.
const MAX_FILES: usize = 10_000;

/// Whether an artifact has more files than one may have. Must not change when bodies do.
#[salsa::tracked(returns(copy))]
fn is_too_large(db: &dyn Db, def: Def) -> bool {
    leaves_within_limits(db, def, &[], &|_| None).is_none()
}

/// The artifacts that are fields of an artifact, each with its field.
fn artifacts_in(db: &dyn Db, def: Def) -> impl Iterator<Item = (Def, &Declared)> {
    declared(db, def).0.iter().filter_map(|field| match field.ty.present() {
        Ty::Artifact(inner, _) => Some((*inner, field)),
        _ => None,
    })
}

/// Whether an artifact holds itself, perhaps over others. Must not change when bodies do.
#[salsa::tracked(returns(copy))]
fn holds_itself(db: &dyn Db, def: Def) -> bool {
    let mut seen: FxHashSet<Def> = FxHashSet::default();
    let mut open = vec![def];
    while let Some(at) = open.pop() {
        for (inner, _) in artifacts_in(db, at) {
            if inner == def {
                return true;
            }
            if seen.insert(inner) {
                open.push(inner);
            }
        }
    }
    false
}

/// Whether a pattern takes a value.
pub fn matches(pattern: &PatternKind, value: &ConstValue) -> bool {
    match (pattern, value) {
        (PatternKind::Any, _) | (PatternKind::None, ConstValue::None) => true,
        (PatternKind::Bool(a), ConstValue::Bool(b)) => a == b,
        (PatternKind::Int(a), ConstValue::Int(b)) => a == b,
        (PatternKind::Text(a), ConstValue::Text(b)) => a == b,
        (PatternKind::Path(path), ConstValue::Variant { name, .. }) => {
            path.segments.last().is_some_and(|last| last.text == *name)
        }
        _ => false,
    }
}
