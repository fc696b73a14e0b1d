//! Artifact schemas: their fields for a type check, their files for a plan, and what their paths may be.

use flow_syntax::tree::{self, FieldDecl, ItemKind, PatternKind, Text, TextPart};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::db::{Db, Def, syntax};
use crate::eval::{Eval, Failure};
use crate::infer::{Checked, signature};
use crate::place::{Finding, Place};
use crate::scope::name_place;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// A field of a schema, for some const arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Its type, `?` included.
    pub ty: Ty,
    /// It is there whatever the const arguments are.
    pub always: bool,
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
    /// It is there whatever the const arguments are.
    pub always: bool,
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

/// The fields of `def` for the const arguments `args`. With arguments that are not known, those of all
/// branches.
pub fn fields(db: &dyn Db, def: Def, args: &[Norm]) -> Vec<Field> {
    let params = &signature(db, def).params;
    let with =
        |name: &str| params.iter().position(|param| param.name == name).and_then(|index| args.get(index).cloned());
    let mut fields: Vec<Field> = Vec::new();
    let taken = known_args(db, def, args).and_then(|env| concrete_names(db, def, &env));
    for field in &declared(db, def).0 {
        if taken.as_ref().is_some_and(|taken| !taken.contains(&field.span)) {
            continue;
        }
        let ty = field.ty.substitute(&with);
        let always = !field.conditional || taken.is_some();
        match fields.iter_mut().find(|other| other.name == field.name) {
            // Branches that differ only in whether the file may be absent: it may.
            Some(other) if other.ty != ty && *other.ty.present() == *ty.present() => other.ty = ty.optional(),
            Some(_) => {}
            None => fields.push(Field { name: field.name.clone(), ty, always }),
        }
    }
    fields
}

/// The fields that are written by themselves.
pub fn leaves(db: &dyn Db, def: Def, args: &[Norm]) -> Vec<Leaf> {
    leaves_within_limits(db, def, args).unwrap_or_default()
}

/// The same; `None` where they are too many, which the check of the schema reports.
fn leaves_within_limits(db: &dyn Db, def: Def, args: &[Norm]) -> Option<Vec<Leaf>> {
    let mut flat = Flat { db, out: Vec::new(), artifacts: 0 };
    flat.add(def, args, "", true, false, 0)?;
    Some(flat.out)
}

struct Flat<'a> {
    db: &'a dyn Db,
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
        for field in fields(self.db, def, args) {
            let name = if prefix.is_empty() { field.name.to_string() } else { format!("{prefix}.{}", field.name) };
            let (always, optional) = (always && field.always, optional || matches!(field.ty, Ty::Optional(_)));
            match field.ty.present() {
                Ty::Artifact(inner, args) => self.add(*inner, args, &name, always, optional, depth + 1)?,
                ty => self.out.push(Leaf { name: name.into(), ty: ty.clone(), optional, always }),
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
    leaves_within_limits(db, def, &[]).is_none()
}

/// The artifacts that are fields of an artifact.
fn artifacts_in(db: &dyn Db, def: Def) -> impl Iterator<Item = Def> {
    declared(db, def).0.iter().filter_map(|field| match field.ty.present() {
        Ty::Artifact(inner, _) => Some(*inner),
        _ => None,
    })
}

/// Whether an artifact holds itself, perhaps over others. Must not change when bodies do.
#[salsa::tracked(returns(copy))]
fn holds_itself(db: &dyn Db, def: Def) -> bool {
    let mut seen: FxHashSet<Def> = FxHashSet::default();
    let mut open = vec![def];
    while let Some(at) = open.pop() {
        for inner in artifacts_in(db, at) {
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

/// A file or directory of an artifact whose const arguments are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concrete {
    /// Dotted when nested.
    pub name: SmolStr,
    /// Without `?`.
    pub ty: Ty,
    /// It may be absent.
    pub optional: bool,
    /// Relative to the artifact, with `/`.
    pub path: String,
    /// The field's declaration.
    pub place: Place,
}

/// The files of an artifact for const arguments that are all known.
pub fn concrete(db: &dyn Db, def: Def, args: &[ConstValue]) -> Result<Vec<Concrete>, Failure> {
    let mut out = Vec::new();
    concrete_into(db, def, args, "", "", false, 0, &mut out)?;
    Ok(out)
}

#[expect(clippy::too_many_arguments, reason = "a recursion's state")]
fn concrete_into(
    db: &dyn Db,
    def: Def,
    args: &[ConstValue],
    prefix: &str,
    below: &str,
    optional: bool,
    depth: u32,
    out: &mut Vec<Concrete>,
) -> Result<(), Failure> {
    if depth > MAX_NESTING || holds_itself(db, def) {
        return Err(Failure::new(name_place(db, def), "artifacts are nested too deeply"));
    }
    let item = syntax(db, def);
    let ItemKind::Artifact(schema) = &item.kind else { return Ok(()) };
    let params = &signature(db, def).params;
    let env: Vec<(SmolStr, ConstValue)> =
        params.iter().map(|param| param.name.clone()).zip(args.iter().cloned()).collect();
    let (declared, checked) = declared(db, def);
    let eval = Eval::new(db, def, &checked.names);
    for field in taken(&eval, &schema.fields, &env)? {
        let Some(declared) = declared.iter().find(|it| it.span == field.name.span) else { continue };
        let Some(path) = &field.path else { continue };
        let path = eval.text(path, &env)?;
        let path = if below.is_empty() { path } else { format!("{below}/{path}") };
        let name = if prefix.is_empty() { declared.name.to_string() } else { format!("{prefix}.{}", declared.name) };
        let optional = optional || matches!(declared.ty, Ty::Optional(_));
        match declared.ty.present() {
            Ty::Artifact(inner, norms) => {
                let with = |name: &str| {
                    env.iter().find(|(param, _)| param == name).map(|(_, value)| Norm::Value(value.clone()))
                };
                let args: Option<Vec<ConstValue>> =
                    norms.iter().map(|norm| norm.substitute(&with).value().cloned()).collect();
                let args = args.ok_or_else(|| {
                    Failure::new(Place::new(def, field.ty.span), "an argument of this artifact cannot be computed")
                })?;
                concrete_into(db, *inner, &args, &name, &path, optional, depth + 1, out)?;
            }
            ty => out.push(Concrete {
                name: name.into(),
                ty: ty.clone(),
                optional,
                path,
                place: Place::new(def, field.name.span),
            }),
        }
    }
    Ok(())
}

fn known_args(db: &dyn Db, def: Def, args: &[Norm]) -> Option<Vec<(SmolStr, ConstValue)>> {
    let params = &signature(db, def).params;
    params.iter().zip(args).map(|(param, arg)| Some((param.name.clone(), arg.value()?.clone()))).collect()
}

/// The spans of the names of the fields that exist for these arguments.
fn concrete_names(db: &dyn Db, def: Def, env: &[(SmolStr, ConstValue)]) -> Option<Vec<Span>> {
    let item = syntax(db, def);
    let ItemKind::Artifact(schema) = &item.kind else { return None };
    let checked = &declared(db, def).1;
    let eval = Eval::new(db, def, &checked.names);
    Some(taken(&eval, &schema.fields, env).ok()?.iter().map(|field| field.name.span).collect())
}

/// The fields whose conditions hold.
fn taken<'a>(
    eval: &Eval<'_>,
    fields: &'a [FieldDecl],
    env: &[(SmolStr, ConstValue)],
) -> Result<Vec<&'a tree::ArtifactField>, Failure> {
    let mut out = Vec::new();
    for field in fields {
        match field {
            FieldDecl::Field(field) => out.push(field),
            FieldDecl::If(branches) => {
                for branch in branches {
                    let holds = match &branch.condition {
                        Some(condition) => eval.expr(condition, env)? == ConstValue::Bool(true),
                        None => true,
                    };
                    if holds {
                        out.extend(taken(eval, &branch.fields, env)?);
                        break;
                    }
                }
            }
            FieldDecl::Match { value, arms, .. } => {
                let value = eval.expr(value, env)?;
                for arm in arms {
                    if arm.patterns.iter().any(|pattern| matches(&pattern.kind, &value)) {
                        out.extend(taken(eval, &arm.fields, env)?);
                        break;
                    }
                }
            }
            FieldDecl::Hole(_) => {}
        }
    }
    Ok(out)
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

/// Checks the paths of a schema: each by itself, and each against all others that can be there with it.
pub fn check(findings: &mut Vec<Finding>, db: &dyn Db, def: Def, schema: &tree::Artifact) {
    findings.extend(declared(db, def).1.findings.iter().cloned());
    let name = &schema.name.text;
    if holds_itself(db, def) {
        findings.push(
            Finding::new(Code::Cycle, name_place(db, def), format!("the artifact `{name}` holds itself"))
                .label("its files would never end")
                .help("remove the field that leads back to it"),
        );
    } else if is_too_large(db, def) && !artifacts_in(db, def).any(|inner| is_too_large(db, inner)) {
        findings.push(
            Finding::new(
                Code::LimitExceeded,
                name_place(db, def),
                format!(
                    "the artifact `{name}` holds more than {MAX_FILES} files, or artifacts more than {MAX_NESTING} deep"
                ),
            )
            .label("with those of the artifacts in it")
            .help("make a part of it an `opaque` directory"),
        );
    }
    let mut group = Vec::new();
    check_fields(findings, db, def, &schema.fields, &mut group);
}

fn check_fields<'a>(
    findings: &mut Vec<Finding>,
    db: &dyn Db,
    def: Def,
    fields: &'a [FieldDecl],
    group: &mut Vec<&'a tree::ArtifactField>,
) {
    for field in fields {
        match field {
            FieldDecl::Field(field) => {
                check_field(findings, db, def, field);
                for other in group.iter() {
                    collision(findings, db, def, other, field);
                }
                group.push(field);
            }
            // Fields of different branches are never there together.
            FieldDecl::If(branches) => {
                for branch in branches {
                    let depth = group.len();
                    check_fields(findings, db, def, &branch.fields, group);
                    group.truncate(depth);
                }
            }
            FieldDecl::Match { arms, .. } => {
                for arm in arms {
                    let depth = group.len();
                    check_fields(findings, db, def, &arm.fields, group);
                    group.truncate(depth);
                }
            }
            FieldDecl::Hole(_) => {}
        }
    }
}

fn check_field(findings: &mut Vec<Finding>, db: &dyn Db, def: Def, field: &tree::ArtifactField) {
    let Some(path) = &field.path else { return };
    // What is interpolated is checked for each instance; a letter stands in for it here.
    let shape = shape(path);
    if let Some(problem) = path_problem(&shape) {
        findings.push(
            Finding::new(Code::BadPath, Place::new(def, path.span), format!("`{shape}` {problem}"))
                .label("not a path in an artifact")
                .note("a path is relative, uses `/`, and must be possible on every system"),
        );
    }
    if shape.contains(['*', '?', '[']) && path_problem(&shape).is_none() {
        findings.push(
            Finding::new(Code::NotBuilt, Place::new(def, path.span), "a pattern of files is not built yet")
                .label("understood, but without effect so far"),
        );
    }
    let _ = db;
}

fn shape(path: &Text) -> String {
    path.parts
        .iter()
        .map(|part| match part {
            TextPart::Literal { value, .. } => value.as_str(),
            TextPart::Hole(_) => "x",
        })
        .collect()
}

fn collision(
    findings: &mut Vec<Finding>,
    db: &dyn Db,
    def: Def,
    first: &tree::ArtifactField,
    second: &tree::ArtifactField,
) {
    if first.name.text == second.name.text && !first.name.is_missing() {
        findings.push(
            Finding::new(
                Code::DuplicateName,
                Place::new(def, second.name.span),
                format!("the field `{}` is declared twice", second.name.text),
            )
            .label("again here")
            .related(Place::new(def, first.name.span), "first declared here")
            .help("rename one of them"),
        );
        return;
    }
    let (Some(a), Some(b)) = (first.path.as_ref().and_then(Text::plain), second.path.as_ref().and_then(Text::plain))
    else {
        return;
    };
    let (Some(a_text), Some(b_text)) = (&first.path, &second.path) else { return };
    if path_problem(&a).is_some() || path_problem(&b).is_some() {
        return;
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let kind = |field: &tree::ArtifactField| {
        declared(db, def).0.iter().find(|it| it.span == field.name.span).map(|it| it.ty.present().clone())
    };
    let inside = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    let place = Place::new(def, b_text.span);
    let related = Place::new(def, a_text.span);
    if a == b {
        findings.push(
            Finding::new(
                Code::PathCollision,
                place,
                format!("`{}` and `{}` hold one path", first.name.text, second.name.text),
            )
            .label("the same path, on a system that ignores case")
            .related(related, format!("`{}` is here", first.name.text))
            .help("give one of them another path"),
        );
    } else if inside(&a, &b) || inside(&b, &a) {
        let (outer, inner) = if inside(&a, &b) { (first, second) } else { (second, first) };
        if matches!(kind(outer), Some(Ty::Artifact(..))) {
            return;
        }
        let code = if kind(outer) == Some(Ty::Opaque) { Code::InsideOpaque } else { Code::PathCollision };
        let what = if code == Code::InsideOpaque { "the opaque directory" } else { "the file" };
        findings.push(
            Finding::new(code, place, format!("`{}` lies inside {what} `{}`", inner.name.text, outer.name.text))
                .label("one path is below the other")
                .related(related, "the other one")
                .help("give one of them another path"),
        );
    }
}

/// What is wrong with a path in an artifact: it has to be possible on every system and in every store.
pub fn path_problem(path: &str) -> Option<&'static str> {
    const RESERVED: [&str; 22] = [
        "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1",
        "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    ];
    if path.is_empty() {
        return Some("is empty");
    }
    if path.starts_with('/') {
        return Some("is absolute; a path in an artifact is relative");
    }
    if path.get(1..2) == Some(":") {
        return Some("begins with a drive; a path in an artifact is relative");
    }
    if path.contains('\\') {
        return Some("has a `\\`; the separator is `/` on every system");
    }
    if path.contains(|c: char| c.is_control() || matches!(c, '"' | ':' | '<' | '>' | '|')) {
        return Some("holds a character that some system refuses in a name");
    }
    if path.contains(['$', '`']) {
        return Some("holds a character that a shell would expand");
    }
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if part.is_empty() && path.ends_with('/') {
            return Some("ends in `/`");
        }
        if part.is_empty() {
            return Some("has an empty part between two `/`");
        }
        if part == ".." || part == "." {
            return Some("has a `.` or `..`; a path stays inside its artifact");
        }
        if part.ends_with(['.', ' ']) {
            return Some("has a part that ends in a dot or a space, which Windows drops");
        }
        if RESERVED.contains(&stem.as_str()) {
            return Some("has a part that is a device on Windows");
        }
    }
    None
}
