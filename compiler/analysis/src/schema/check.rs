//! The check of a schema by itself: that its paths are paths, each by itself and each beside all others
//! that can be there with it, for all arguments that can be told.

use flow_syntax::tree::{self, ArtifactField, FieldDecl};
use flow_syntax::{Code, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::files::{File, Spot, clashes, possible};
use super::worlds::{World, domain_of, taken, together, worlds};
use super::{MAX_FILES, MAX_NESTING, Taken, artifacts_in, declared, declared_at, holds_itself, is_too_large};
use crate::db::{Db, Def, broken};
use crate::eval::Eval;
use crate::infer::signature;
use crate::path::{Clash, is_pattern, pattern_problem, problem, shown};
use crate::place::{Finding, Place};
use crate::scope::name_place;
use crate::ty::Ty;
use crate::value::ConstValue;

/// Checks a schema.
pub fn check(findings: &mut Vec<Finding>, db: &dyn Db, def: Def, schema: &tree::Artifact) {
    findings.extend(declared(db, def).1.findings.iter().cloned());
    let name = &schema.name.text;
    if holds_itself(db, def) {
        findings.extend(cycle(db, def));
    } else if is_too_large(db, def) && !artifacts_in(db, def).any(|(inner, _)| is_too_large(db, inner)) {
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
    if declared(db, def).0.is_empty() && !broken(db, def) {
        findings.push(
            Finding::new(Code::EmptyArtifact, name_place(db, def), format!("the artifact `{name}` holds nothing"))
                .label("no field")
                .note("an artifact that never holds a file tells its consumers nothing that `after` does not")
                .help("declare what it holds: `binary: exec = \"app\"`"),
        );
    }
    let worlds = worlds(db, def, &[], &|_| None);
    let mut check = Check { db, def, findings, worlds: worlds.len(), wrong: FxHashSet::default() };
    check.names(&schema.fields, &worlds);
    check.paths(&schema.fields, &worlds);
    check.clashes(&worlds);
}

/// The way by which an artifact holds itself; said once, at the first by name of those on it.
fn cycle(db: &dyn Db, def: Def) -> Option<Finding> {
    let mut seen: FxHashSet<Def> = FxHashSet::default();
    let mut ways: Vec<Vec<(Def, Place)>> = vec![Vec::new()];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let at = way.last().map_or(def, |(at, _)| *at);
            for (inner, field) in artifacts_in(db, at) {
                let mut way = way.clone();
                way.push((inner, Place::new(at, field.span)));
                if inner == def {
                    return describe(db, def, &way);
                }
                if seen.insert(inner) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

fn describe(db: &dyn Db, def: Def, way: &[(Def, Place)]) -> Option<Finding> {
    let key = |def: Def| (def.file(db).path(db), def.name(db), def.nth(db));
    if way.iter().any(|(other, _)| key(*other) < key(def)) {
        return None;
    }
    let name = def.name(db);
    let mut finding = Finding::new(Code::Cycle, name_place(db, def), format!("the artifact `{name}` holds itself"))
        .label("its files would never end")
        .help("remove the field that leads back to it");
    for (inner, place) in way {
        finding = finding.related(*place, format!("holds a `{}`", inner.name(db)));
    }
    Some(finding)
}

struct Check<'a> {
    db: &'a dyn Db,
    def: Def,
    findings: &'a mut Vec<Finding>,
    worlds: usize,
    /// The fields whose paths are wrong by themselves.
    wrong: FxHashSet<Span>,
}

impl Check<'_> {
    fn at(&self, span: Span) -> Place {
        Place::new(self.def, span)
    }

    /// Fields of one name that can be there together, or that have the name of a parameter.
    fn names(&mut self, fields: &[FieldDecl], worlds: &[World]) {
        let eval = Eval::new(self.db, self.def, &declared(self.db, self.def).1.names);
        let mut reported: FxHashSet<Span> = FxHashSet::default();
        for world in worlds {
            let mut out = Vec::new();
            taken(&eval, fields, &world.env, &mut out);
            let mut named: FxHashMap<&str, Vec<&Taken<'_>>> = FxHashMap::default();
            for second in &out {
                let name = &second.field.name;
                if name.is_missing() || reported.contains(&name.span) {
                    continue;
                }
                let earlier = named.entry(&name.text).or_default();
                let twin = earlier.iter().find(|it| together(&it.guards, &second.guards)).copied();
                earlier.push(second);
                if let Some(first) = twin {
                    reported.insert(name.span);
                    let finding = Finding::new(
                        Code::DuplicateName,
                        self.at(name.span),
                        format!("the field `{}` is declared twice", name.text),
                    )
                    .label("again here")
                    .related(self.at(first.field.name.span), "first declared here")
                    .help("rename one of them");
                    self.findings.push(finding);
                }
            }
        }
        for field in &declared(self.db, self.def).0 {
            let params = &signature(self.db, self.def).params;
            let Some(param) = params.iter().find(|it| it.name == field.name && !it.name.is_empty()) else { continue };
            let name = &field.name;
            let finding =
                Finding::new(Code::DuplicateName, self.at(field.span), format!("`{name}` is a parameter and a field"))
                    .label("the field")
                    .related(self.at(param.span), "the parameter")
                    .note(format!("both would be read as `x.{name}`"))
                    .help("rename one of them");
            self.findings.push(finding);
        }
    }

    /// What is wrong with each path by itself.
    fn paths(&mut self, fields: &[FieldDecl], worlds: &[World]) {
        let mut reported: FxHashSet<Span> = FxHashSet::default();
        let mut texts: FxHashMap<Span, &ArtifactField> = FxHashMap::default();
        each_field(fields, &mut |field| {
            texts.insert(field.name.span, field);
        });
        for world in worlds {
            for file in super::files::own(self.db, self.def, &world.env) {
                let Some(field) = texts.get(&file.place.span) else { continue };
                let Some(text) = &field.path else { continue };
                if reported.contains(&text.span) {
                    continue;
                }
                let shape = without_holes(&file.path);
                let pattern = file.pattern.then(|| pattern_problem(&shape)).flatten();
                let braces = (!file.pattern && shape.contains(['[', ']', '{', '}']))
                    .then_some("has brackets; a pattern has `*`, `?` and `**` only, and a name no brackets");
                let Some(problem) = problem(&shape).or(pattern).or(braces) else { continue };
                reported.insert(text.span);
                self.wrong.insert(field.name.span);
                let shape = shown(&shape);
                let code = if pattern == Some(problem) { Code::BadPattern } else { Code::BadPath };
                let finding = Finding::new(code, self.at(text.span), format!("`{shape}` {problem}"))
                    .label("not a path in an artifact")
                    .note("a path is relative, uses `/`, and must be possible on every system and in every store");
                let finding = self.with_arguments(finding, &[world]);
                self.findings.push(finding);
            }
        }
        each_field(fields, &mut |field| self.pattern_kind(field));
    }

    /// Whether the kind of a field goes with its path being a pattern, or none.
    fn pattern_kind(&mut self, field: &ArtifactField) {
        let (Some(text), Some(declared)) = (&field.path, declared_at(self.db, self.def, field.name.span)) else {
            return;
        };
        let literal: String = text
            .parts
            .iter()
            .map(|part| match part {
                tree::TextPart::Literal { value, .. } => value.as_str(),
                tree::TextPart::Hole(_) => "",
            })
            .collect();
        if let Some(finding) = pattern_mismatch(self.db, &declared.ty, &literal, self.at(text.span)) {
            self.wrong.insert(field.name.span);
            self.findings.push(finding);
        }
    }

    /// Files that would be in each other's way.
    fn clashes(&mut self, worlds: &[World]) {
        let mut found: Vec<(Place, Place, Finding, Vec<&World>)> = Vec::new();
        for world in worlds {
            let files: Vec<File> = possible(self.db, self.def, &world.env)
                .into_iter()
                .filter(|file| !file.ty.is_error() && !self.wrong.contains(&file.field.span))
                .collect();
            let spots: Vec<Spot<'_>> = files.iter().map(|file| Spot::new(&file.path, file.pattern, &file.ty)).collect();
            let meet = |first: usize, second: usize| match (files.get(first), files.get(second)) {
                // Those of one field that is an artifact were compared where that is declared.
                (Some(a), Some(b)) => a.field != b.field && together(&a.guards, &b.guards),
                _ => false,
            };
            for (first, second, clash) in clashes(&spots, meet) {
                let (Some(a), Some(b)) = (files.get(first), files.get(second)) else { continue };
                // One word of it is enough for two fields that are artifacts.
                match found.iter_mut().find(|(one, two, ..)| *one == a.field && *two == b.field) {
                    Some((.., happens)) if happens.last().is_some_and(|last| std::ptr::eq(*last, world)) => {}
                    Some((.., happens)) => happens.push(world),
                    None => found.push((a.field, b.field, self.describe(a, b, clash), vec![world])),
                }
            }
        }
        for (.., finding, happens) in found {
            let finding = self.with_arguments(finding, &happens);
            self.findings.push(finding);
        }
    }

    fn describe(&self, first: &File, second: &File, clash: Clash) -> Finding {
        let patterns = first.pattern || second.pattern;
        let (place, related) = (self.path_of(second), self.path_of(first));
        let finding = match clash {
            Clash::Same(path) if patterns => Finding::new(
                Code::PathCollision,
                place,
                format!("`{}` and `{}` can hold one path, `{}`", first.name, second.name, without_holes(&path)),
            )
            .label("both match it"),
            Clash::Same(_) => Finding::new(
                Code::PathCollision,
                place,
                format!("`{}` and `{}` hold one path", first.name, second.name),
            )
            .label(if first.path == second.path {
                "the same path"
            } else {
                "the same path, on a system that ignores case"
            }),
            Clash::Inside(path) => self.inside(place, second, first, patterns.then_some(path)),
            Clash::Around(path) => self.inside(place, first, second, patterns.then_some(path)),
        };
        finding.related(related, format!("`{}` is here", first.name)).help("give one of them another path")
    }

    fn inside(&self, place: Place, inner: &File, outer: &File, example: Option<String>) -> Finding {
        let (code, what) = match outer.ty {
            Ty::Opaque => (Code::InsideOpaque, "the opaque directory"),
            _ => (Code::PathCollision, "the file"),
        };
        let headline = match example {
            Some(path) => {
                format!("`{}` can lie inside {what} `{}`, as `{}`", inner.name, outer.name, without_holes(&path))
            }
            None => format!("`{}` lies inside {what} `{}`", inner.name, outer.name),
        };
        Finding::new(code, place, headline).label("one path is below the other")
    }

    /// The path of the field of this schema that leads to a file.
    fn path_of(&self, file: &File) -> Place {
        let item = crate::db::syntax(self.db, self.def);
        let mut place = file.field;
        if let tree::ItemKind::Artifact(schema) = &item.kind {
            each_field(&schema.fields, &mut |field| {
                if field.name.span == file.field.span
                    && let Some(path) = &field.path
                {
                    place = Place::new(self.def, path.span);
                }
            });
        }
        place
    }

    /// Whether it depends on a parameter if something happens in these worlds: not where it happens for
    /// each of its values, whatever the others are.
    fn matters(&self, happens: &[&World], name: &SmolStr) -> bool {
        let param = signature(self.db, self.def).params.iter().find(|param| param.name == *name);
        let values = param.and_then(|param| domain_of(self.db, &param.ty)).map_or(1, |values| values.len());
        let others: FxHashSet<Vec<&ConstValue>> = happens
            .iter()
            .map(|world| world.symbols.iter().filter(|(it, _)| it != name).map(|(_, value)| value).collect())
            .collect();
        others.len() * values != happens.len()
    }

    /// Says for which arguments it happens, unless for all.
    fn with_arguments(&self, finding: Finding, happens: &[&World]) -> Finding {
        if happens.len() == self.worlds || happens.iter().all(|world| world.symbols.is_empty()) {
            return finding;
        }
        let mut shown: Vec<String> = Vec::new();
        for world in happens {
            let args = world.symbols.iter().filter(|(name, _)| self.matters(happens, name));
            let args: Vec<String> = args.map(|(name, value)| format!("{name}: {}", value.display(self.db))).collect();
            let args = format!("`{}`", args.join(", "));
            if !shown.contains(&args) {
                shown.push(args);
            }
        }
        let more = if shown.len() > 3 { " and others" } else { "" };
        shown.truncate(3);
        finding.note(format!("so it is for {}{more}", shown.join(", ")))
    }
}

/// Why a kind does not go with a path that is a pattern, or that is none.
pub(crate) fn pattern_mismatch(db: &dyn Db, ty: &Ty, path: &str, place: Place) -> Option<Finding> {
    let shown = ty.display(db);
    let finding = |headline: String| Finding::new(Code::BadPattern, place, headline);
    match ty.present() {
        Ty::List(_) if !is_pattern(path) => Some(
            finding(format!("a `{shown}` needs a pattern, `{path}` names one file"))
                .label("no `*` or `?`")
                .help("write a pattern, `\"*.whl\"`, or make the field a `file`"),
        ),
        Ty::File | Ty::Exec | Ty::List(_) | Ty::Error => None,
        _ if !is_pattern(path) => None,
        Ty::Opaque => Some(
            finding("an `opaque` directory cannot have a pattern for a path".to_owned())
                .label("a pattern")
                .note("a directory is what lies at one path, and its content is anything")
                .help("give it a fixed path; `.filter(\"*.so\")` takes a part of one"),
        ),
        Ty::Artifact(..) => Some(
            finding("the path of an artifact in an artifact cannot be a pattern".to_owned())
                .label("a pattern")
                .help("give it a fixed path, below which its files lie"),
        ),
        Ty::Json(_) => Some(
            finding("the path of a JSON file cannot be a pattern".to_owned())
                .label("a pattern")
                .help("give it a fixed path"),
        ),
        _ => None,
    }
}

/// Calls `f` for each field, in whatever branch.
fn each_field<'a>(fields: &'a [FieldDecl], f: &mut dyn FnMut(&'a ArtifactField)) {
    for field in fields {
        match field {
            FieldDecl::Field(field) => f(field),
            FieldDecl::If(branches) => branches.iter().for_each(|branch| each_field(&branch.fields, f)),
            FieldDecl::Match { arms, .. } => arms.iter().for_each(|arm| each_field(&arm.fields, f)),
            FieldDecl::Hole(_) => {}
        }
    }
}

/// A path to be shown and judged: a letter stands for what is not known.
fn without_holes(path: &str) -> String {
    path.chars().map(|c| if matches!(c, '\u{F0000}'..='\u{FFFFD}') { 'x' } else { c }).collect()
}
