//! The files of an artifact: with all const arguments known for a plan, with some of them for a check of
//! the schema itself.

use flow_syntax::Code;
use flow_syntax::tree::{Expr, ExprKind, HoleKind, ItemKind, Text, TextPart};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::worlds::{Guard, taken};
use super::{MAX_FILES, MAX_NESTING, declared, declared_at, holds_itself};
use crate::db::{Db, Def, syntax};
use crate::eval::{Eval, Failure};
use crate::infer::signature;
use crate::norm::folded;
use crate::path::{Clash, Shape, fixed_start, hole, is_pattern, shown};
use crate::place::{Finding, Place};
use crate::scope::name_place;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// A file or directory of an artifact whose const arguments are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concrete {
    /// Dotted when nested.
    pub name: SmolStr,
    /// Without `?`. Of type `[file]` or `[exec]` for a pattern that several files may match.
    pub ty: Ty,
    /// It may be absent.
    pub optional: bool,
    /// Relative to the artifact, with `/`.
    pub path: String,
    /// The field's declaration.
    pub place: Place,
}

impl Concrete {
    /// Whether its path is a pattern.
    pub fn is_pattern(&self) -> bool {
        is_pattern(&self.path)
    }
}

/// The files of an artifact for const arguments that are all known.
pub fn concrete(db: &dyn Db, def: Def, args: &[ConstValue]) -> Result<Vec<Concrete>, Failure> {
    let params = &signature(db, def).params;
    let env = params.iter().map(|param| param.name.clone()).zip(args.iter().cloned()).collect();
    let mut walk = Walk { db, exact: true, flat: true, out: Vec::new(), holes: 0 };
    walk.artifact(def, &Known { values: env, holes: Vec::new() }, &Above::default())?;
    Ok(walk
        .out
        .into_iter()
        .map(|File { name, ty, optional, path, place, .. }| Concrete { name, ty, optional, path, place })
        .collect())
}

/// The files of an artifact for arguments that need not all be known.
pub(super) fn possible(db: &dyn Db, def: Def, env: &[(SmolStr, ConstValue)]) -> Vec<File> {
    walked(db, def, env, true)
}

/// The same with artifacts as they are, not as their files.
pub(super) fn own(db: &dyn Db, def: Def, env: &[(SmolStr, ConstValue)]) -> Vec<File> {
    walked(db, def, env, false)
}

fn walked(db: &dyn Db, def: Def, env: &[(SmolStr, ConstValue)], flat: bool) -> Vec<File> {
    let params = signature(db, def).params.iter();
    let unknown = params.filter(|param| !env.iter().any(|(name, _)| *name == param.name));
    let holes: Vec<(SmolStr, char)> =
        unknown.zip(1..).map(|(param, index)| (param.name.clone(), hole(index))).collect();
    let count = u32::try_from(holes.len()).unwrap_or(0) + 1;
    let mut walk = Walk { db, exact: false, flat, out: Vec::new(), holes: count };
    // What stands in the way is not known, or too much; the check of the schema says so.
    let _ = walk.artifact(def, &Known { values: env.to_vec(), holes }, &Above::default());
    walk.out
}

/// A file that an artifact can have.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub name: SmolStr,
    pub ty: Ty,
    pub optional: bool,
    /// What is not known in it is a [`hole`].
    pub path: String,
    /// Whether the text of the path has wildcards.
    pub pattern: bool,
    pub place: Place,
    /// The field of the outermost artifact that leads to it.
    pub field: Place,
    pub guards: Vec<Guard>,
}

/// What is known of an artifact's parameters.
struct Known {
    values: Vec<(SmolStr, ConstValue)>,
    holes: Vec<(SmolStr, char)>,
}

/// What stands above the fields of an artifact.
#[derive(Default)]
struct Above {
    name: String,
    path: String,
    optional: bool,
    depth: u32,
    field: Option<Place>,
    guards: Vec<Guard>,
}

struct Walk<'a> {
    db: &'a dyn Db,
    /// Whether everything has to be known.
    exact: bool,
    /// Whether artifacts in it are replaced by their files.
    flat: bool,
    out: Vec<File>,
    holes: u32,
}

impl Walk<'_> {
    fn artifact(&mut self, def: Def, known: &Known, above: &Above) -> Result<(), Failure> {
        let db = self.db;
        if above.depth > MAX_NESTING || self.out.len() > MAX_FILES || holds_itself(db, def) {
            return Err(Failure::new(name_place(db, def), "artifacts are nested too deeply"));
        }
        let item = syntax(db, def);
        let ItemKind::Artifact(schema) = &item.kind else { return Ok(()) };
        let eval = Eval::new(db, def, &declared(db, def).1.names);
        let mut fields = Vec::new();
        taken(&eval, &schema.fields, &known.values, &mut fields);
        for it in fields {
            let field = it.field;
            if self.exact && !it.guards.is_empty() {
                return Err(Failure::new(Place::new(def, field.name.span), "whether this field is there is not known"));
            }
            let Some(declared) = declared_at(db, def, field.name.span) else { continue };
            let Some(text) = &field.path else { continue };
            let path = self.text(&eval, text, known)?;
            let place = Place::new(def, field.name.span);
            let guards: Vec<Guard> = above.guards.iter().copied().chain(it.guards).collect();
            let inner = Above {
                path: if above.path.is_empty() { path } else { format!("{}/{path}", above.path) },
                name: if above.name.is_empty() {
                    declared.name.to_string()
                } else {
                    format!("{}.{}", above.name, declared.name)
                },
                optional: above.optional || matches!(declared.ty, Ty::Optional(_)),
                depth: above.depth + 1,
                field: Some(above.field.unwrap_or(place)),
                guards,
            };
            match declared.ty.present() {
                Ty::Artifact(artifact, norms) if self.flat => {
                    let known = self.inner(*artifact, norms, known);
                    if self.exact && known.values.len() < signature(db, *artifact).params.len() {
                        let place = Place::new(def, field.ty.span);
                        return Err(Failure::new(place, "an argument of this artifact cannot be computed"));
                    }
                    self.artifact(*artifact, &known, &inner)?;
                }
                ty => {
                    let Above { name, path, optional, field, guards, .. } = inner;
                    let (name, field) = (name.into(), field.unwrap_or(place));
                    let pattern = has_wildcards(text);
                    self.out.push(File { name, ty: ty.clone(), optional, path, pattern, place, field, guards });
                }
            }
        }
        Ok(())
    }

    /// What is known of the parameters of an artifact in an artifact.
    fn inner(&mut self, def: Def, args: &[Norm], known: &Known) -> Known {
        let with =
            |name: &str| known.values.iter().find(|(it, _)| it == name).map(|(_, value)| Norm::Value(value.clone()));
        let mut inner = Known { values: Vec::new(), holes: Vec::new() };
        for (param, arg) in signature(self.db, def).params.iter().zip(args) {
            match folded(self.db, &arg.substitute(&with)) {
                Norm::Value(value) => inner.values.push((param.name.clone(), value)),
                other => {
                    let same = match &other {
                        Norm::Symbol(symbol) => known.holes.iter().find(|(it, _)| it == symbol).map(|(_, c)| *c),
                        _ => None,
                    };
                    let c = same.unwrap_or_else(|| self.fresh());
                    inner.holes.push((param.name.clone(), c));
                }
            }
        }
        inner
    }

    fn fresh(&mut self) -> char {
        self.holes += 1;
        hole(self.holes)
    }

    /// A path, what is not known in it as a hole.
    fn text(&mut self, eval: &Eval<'_>, text: &Text, known: &Known) -> Result<String, Failure> {
        let mut out = String::new();
        for part in &text.parts {
            let value = match part {
                TextPart::Literal { value, .. } => {
                    out.push_str(value);
                    continue;
                }
                TextPart::Hole(hole) => match &hole.kind {
                    HoleKind::Read { value, .. } => value,
                    HoleKind::Claim(_) => continue,
                },
            };
            match self.known(eval, value, known) {
                Ok(value) if self.exact && is_pattern(&value) => {
                    let why = format!("`{value}` would make a pattern of the path");
                    return Err(Failure::new(eval.at(text.span), why));
                }
                Ok(value) => out.push_str(&value),
                Err(failure) if self.exact => return Err(failure),
                Err(_) => {
                    let c = match &value.kind {
                        ExprKind::Name(name) => known.holes.iter().find(|(it, _)| it == name).map(|(_, c)| *c),
                        _ => None,
                    };
                    out.push(c.unwrap_or_else(|| self.fresh()));
                }
            }
        }
        Ok(out)
    }

    fn known(&self, eval: &Eval<'_>, value: &Expr, known: &Known) -> Result<String, Failure> {
        let unknown = || Failure::new(eval.at(value.span), "");
        eval.expr(value, &known.values)?.text().ok_or_else(unknown)
    }
}

/// Whether a path has wildcards where it is written; what is interpolated never is one.
fn has_wildcards(text: &Text) -> bool {
    text.parts.iter().any(|part| match part {
        TextPart::Literal { value, .. } => is_pattern(value),
        TextPart::Hole(_) => false,
    })
}

/// A file that others may be in the way of.
pub(super) struct Spot<'a> {
    shape: Shape,
    path: &'a str,
    pattern: bool,
    opaque: bool,
    /// Before the first wildcard.
    start: String,
}

impl<'a> Spot<'a> {
    pub(super) fn new(path: &'a str, pattern: bool, ty: &Ty) -> Self {
        let shape = if pattern { Shape::new(path) } else { Shape::literal(path) };
        let start = if pattern { fixed_start(path) } else { crate::path::folded(path) };
        Self { shape, path, pattern, opaque: *ty == Ty::Opaque, start }
    }

    /// Where a pattern and something later are in each other's way. A pattern matches files: so neither a
    /// directory at a path that it matches, nor a folder by the name of a file, is one of its matches.
    fn clash(&self, other: &Self) -> Option<Clash> {
        if !self.start.starts_with(&other.start) && !other.start.starts_with(&self.start) {
            return None;
        }
        match (self.opaque, other.opaque) {
            (true, _) => self.shape.below().common(&other.shape).map(Clash::Inside),
            (_, true) => other.shape.below().common(&self.shape).map(Clash::Around),
            _ => self.shape.common(&other.shape).map(Clash::Same),
        }
    }
}

/// Two files that are in each other's way: their indexes, in order, and how.
pub(super) fn clashes(
    files: &[Spot<'_>],
    mut together: impl FnMut(usize, usize) -> bool,
) -> Vec<(usize, usize, Clash)> {
    let mut out = Vec::new();
    // Plain paths are looked up, so that only patterns are compared one by one.
    let mut plain: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (index, file) in files.iter().enumerate() {
        if !file.pattern {
            plain.entry(crate::path::folded(file.path)).or_default().push(index);
        }
    }
    for (index, file) in files.iter().enumerate() {
        if file.pattern {
            for (other, spot) in files.iter().enumerate() {
                let (first, second) = (other.min(index), other.max(index));
                if other == index || (spot.pattern && other > index) || !together(first, second) {
                    continue;
                }
                let clash = if other < index { spot.clash(file) } else { file.clash(spot) };
                out.extend(clash.map(|clash| (first, second, clash)));
            }
            continue;
        }
        let folded = crate::path::folded(file.path);
        let same = plain.get(&folded).into_iter().flatten().copied().filter(|other| *other < index);
        for other in same {
            if together(other, index) {
                out.push((other, index, Clash::Same(file.path.to_owned())));
            }
        }
        for (at, _) in folded.match_indices('/') {
            for &other in folded.get(..at).and_then(|above| plain.get(above)).into_iter().flatten() {
                let (first, second) = (other.min(index), other.max(index));
                if together(first, second) {
                    let path = file.path.to_owned();
                    let clash = if other < index { Clash::Inside(path) } else { Clash::Around(path) };
                    out.push((first, second, clash));
                }
            }
        }
    }
    out.sort_by_key(|(first, second, _)| (*second, *first));
    out
}

/// What only the const arguments of one instance spoil: a path that is none, or two that are one.
pub fn instance_problem(files: &[Concrete]) -> Option<Finding> {
    for file in files {
        if let Some(problem) = crate::path::problem(&file.path) {
            return Some(
                Finding::new(Code::BadPath, file.place, format!("`{}` {problem}", shown(&file.path)))
                    .label("with the arguments of a call"),
            );
        }
    }
    let spots: Vec<Spot<'_>> = files.iter().map(|file| Spot::new(&file.path, file.is_pattern(), &file.ty)).collect();
    let (first, second, clash) = clashes(&spots, |_, _| true).into_iter().next()?;
    let (first, second) = (files.get(first)?, files.get(second)?);
    let finding = match clash {
        Clash::Same(path) => Finding::new(
            Code::PathCollision,
            second.place,
            format!("`{}` and `{}` hold one path, `{path}`", first.name, second.name),
        ),
        Clash::Inside(path) => inside(second.place, second, first, &path),
        Clash::Around(path) => inside(second.place, first, second, &path),
    };
    Some(finding.label("with the arguments of a call").related(first.place, "the other one"))
}

fn inside(place: Place, inner: &Concrete, outer: &Concrete, path: &str) -> Finding {
    let (code, what) = match outer.ty {
        Ty::Opaque => (Code::InsideOpaque, "the opaque directory"),
        _ => (Code::PathCollision, "the file"),
    };
    Finding::new(code, place, format!("`{}` lies inside {what} `{}`, as `{path}`", inner.name, outer.name))
}
