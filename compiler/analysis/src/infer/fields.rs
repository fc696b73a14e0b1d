//! The fields of artifact schemas, and outputs that are files.

use flow_syntax::tree::{self, FamilyKey, FieldDecl, ItemKind, Output, Param, ParamMode, Text, TypeKind};
use flow_syntax::{Code, Severity, Span};

use super::{Checked, Infer, LocalKind, Phase, Val, article, signature};
use crate::db::{Db, Def, broken, syntax};
use crate::path::is_pattern;
use crate::schema::{Declared, Field, pattern_mismatch};
use crate::ty::Ty;
use crate::value::Norm;

/// All fields of a schema, those of all branches side by side.
pub fn schema_fields(db: &dyn Db, def: Def) -> (Vec<Declared>, Checked) {
    let item = syntax(db, def);
    let ItemKind::Artifact(schema) = &item.kind else { return Default::default() };
    let mut infer = Infer::new(db, def);
    // A parameter that no field reads tells variants apart all the same.
    infer.declare_params(signature(db, def));
    let mut out = Vec::new();
    infer.fields(&schema.fields, false, &mut out);
    (out, infer.out)
}

impl Infer<'_> {
    /// Whether the parameters of a schema are const and of types that tell variants apart.
    pub(super) fn schema_params(&mut self, params: &[Param], types: &[Ty]) {
        for (param, ty) in params.iter().zip(types) {
            let name = &param.name.text;
            if param.mode == ParamMode::Plain {
                let finding = self
                    .finding(
                        Code::BadSchemaParameter,
                        param.name.span,
                        format!("the parameter `{name}` of an artifact must be `const`"),
                    )
                    .label("not `const`")
                    .note("which files an artifact holds is part of its type, so it is known while compiling")
                    .help(format!("write `const {name}`"))
                    .fix("put `const` before it", self.at(Span::empty(param.name.span.start)), "const ");
                self.report(finding);
            }
            if matches!(ty, Ty::Bool | Ty::Int | Ty::String | Ty::Enum(_) | Ty::Error) {
                continue;
            }
            let shown = self.show(ty);
            let finding = self
                .finding(
                    Code::BadSchemaParameter,
                    param.ty.span,
                    format!("the parameter `{name}` of an artifact cannot be {}", article(&shown)),
                )
                .label("cannot tell variants apart")
                .note("a variant is named by its arguments, as in `Server(linux)`: a `bool`, an `int`, a `string` or an enum");
            let finding = match ty {
                Ty::Struct(_) => finding.help("take the fields that matter, one by one: `const os: Os`"),
                Ty::Optional(inner) if matches!(**inner, Ty::Bool | Ty::Int | Ty::String | Ty::Enum(_)) => {
                    finding.help("give it a default instead of `?`")
                }
                _ => finding.help("take a `bool`, an `int`, a `string` or an enum"),
            };
            self.report(finding);
        }
    }

    fn fields(&mut self, fields: &[FieldDecl], conditional: bool, out: &mut Vec<Declared>) {
        for field in fields {
            match field {
                FieldDecl::Field(field) => out.push(self.artifact_field(field, conditional)),
                FieldDecl::If(branches) => self.branches(branches, out),
                FieldDecl::Match { value, arms, span: arms_span } => {
                    let val = self.expr(value, None);
                    self.require_const(value, &val, "what decides about a field");
                    let patterns: Vec<&tree::Pattern> = arms.iter().flat_map(|arm| &arm.patterns).collect();
                    self.patterns(&patterns, value, *arms_span, &val.ty.clone());
                    let mut earlier: Vec<&tree::Pattern> = Vec::new();
                    for arm in arms {
                        self.in_arm(value, &earlier, &arm.patterns, |infer| infer.fields(&arm.fields, true, out));
                        earlier.extend(&arm.patterns);
                    }
                }
                FieldDecl::Hole(_) => {}
            }
        }
    }

    /// The branches of an `if`, each below the conditions before it.
    fn branches(&mut self, branches: &[tree::FieldBranch], out: &mut Vec<Declared>) {
        let Some((branch, rest)) = branches.split_first() else { return };
        let Some(condition) = &branch.condition else {
            self.fields(&branch.fields, true, out);
            return;
        };
        let val = self.check_expr(condition, &Ty::Bool, "the condition of an `if` is");
        self.require_const(condition, &val, "what decides about a field");
        self.under(condition, true, |infer| infer.fields(&branch.fields, true, out));
        self.under(condition, false, |infer| infer.branches(rest, out));
    }

    fn artifact_field(&mut self, field: &tree::ArtifactField, conditional: bool) -> Declared {
        let mut ty = self.lower_closed(&field.ty);
        let name = &field.name.text;
        if !is_files(&ty) && !ty.is_error() {
            let shown = self.show(&ty);
            let finding = self
                .finding(Code::BadFieldKind, field.ty.span, format!("`{name}` cannot be {}", article(&shown)))
                .label("not a kind of files");
            let finding = match ty.present() {
                Ty::List(_) | Ty::Family(_) => finding.help(
                    "a field of several files is `[file]` or `[exec]` with a pattern; anything else is a field each",
                ),
                Ty::Struct(_) | Ty::Bool | Ty::Int | Ty::String | Ty::Enum(_) => {
                    finding.help(format!("a value in a file is `json({})`", ty.present().display(self.db)))
                }
                _ => finding
                    .help("a field is a `file`, an `exec`, an `opaque` directory, a `json(T)` or another artifact"),
            };
            self.report(finding);
            ty = Ty::Error;
        }
        match &field.path {
            Some(path) => {
                let phase = self.text(path);
                self.const_path(path, phase);
            }
            None if ty.is_error() || field.name.is_missing() => {}
            None => {
                let finding = self
                    .finding(
                        Code::MissingPath,
                        field.name.span,
                        format!("the field `{name}` does not say where it lies"),
                    )
                    .label("no path")
                    .help(format!("give it one: `= \"{name}\"`"))
                    .fix("add a path", self.at(Span::empty(field.ty.span.end)), format!(" = \"{name}\""));
                self.report(finding);
            }
        }
        Declared { name: name.clone(), span: field.name.span, ty, conditional }
    }

    fn const_path(&mut self, path: &Text, phase: Phase) {
        if phase == Phase::Const {
            return;
        }
        let finding = self
            .finding(Code::NotConst, path.span, "where a file lies must be known while compiling")
            .label(format!("this is known {}", phase.when()))
            .help("interpolate `const` parameters only");
        self.report(finding);
    }

    /// Reports an output that cannot be of type `ty`, or that says a path although it needs none, or none
    /// although it does; whether it can be of that type.
    pub(super) fn output_type(&mut self, output: &Output, ty: &Ty) -> bool {
        let name = &output.name.text;
        let inner = match ty.present() {
            Ty::Family(family) => family.member.present().clone(),
            other => other.clone(),
        };
        let files = matches!(inner, Ty::File | Ty::Exec | Ty::Json(_))
            || matches!(&inner, Ty::List(it) if matches!(**it, Ty::File | Ty::Exec));
        match &output.path {
            None if files => {
                let kind = self.show(&inner);
                let example = match &inner {
                    Ty::List(_) => "*.whl".to_owned(),
                    Ty::Json(_) => format!("{name}.json"),
                    Ty::Exec => name.to_string(),
                    _ => format!("{name}.txt"),
                };
                let what = if matches!(inner, Ty::List(_)) { "which files it is" } else { "which file it is" };
                let finding = self
                    .finding(Code::MissingPath, output.ty.span, format!("the output `{name}` does not say {what}"))
                    .label("no path")
                    .help(format!("give it one: `{name}: {kind} = \"{example}\"`"));
                self.report(finding);
            }
            Some(path) if files => self.output_path(output, ty, &inner, path),
            Some(path) if !ty.is_error() => {
                let kind = self.show(ty);
                let finding = self
                    .finding(Code::BadPath, path.span, format!("an output of type `{kind}` has no path"))
                    .label("not a file")
                    .note("only an output that is files says what they are called")
                    .help("remove the path")
                    .fix("remove the path", self.at(Span::new(output.ty.span.end, path.span.end)), "");
                self.report(finding);
            }
            _ => {}
        }
        self.output_kind(output, ty)
    }

    /// Whether something of type `ty` can travel between jobs.
    fn output_kind(&mut self, output: &Output, ty: &Ty) -> bool {
        let name = &output.name.text;
        let member = match ty {
            Ty::Family(family) if family.keys.is_none() && !family.key.is_error() => {
                let shown = self.show(&family.key);
                let finding = self
                    .finding(
                        Code::BadFieldKind,
                        output.ty.span,
                        format!("the output `{name}` does not say which members it has"),
                    )
                    .label(format!("any `{shown}` could be a key"))
                    .help("name the keys: `[k in [1, 2, 3]: …]`, or an enum: `[Os: …]`");
                self.report(finding);
                return false;
            }
            Ty::Family(family) => &family.member,
            other => other,
        };
        let help = match member.present() {
            // What an action gives stays in its job.
            Ty::Secret if self.place == super::Where::Action => return true,
            Ty::Secret => "a job that needs the secret reads it by its name",
            Ty::Done | Ty::Unit | Ty::None | Ty::Call(_) => "a call of the job is what other jobs wait for",
            Ty::Family(_) => "a family of families is two outputs, or an artifact with a field each",
            Ty::List(inner) => match inner.present() {
                Ty::Artifact(..) | Ty::Opaque | Ty::Json(_) => {
                    "say which there are: a family `[k in [\"a\", \"b\"]: …]` has a known length"
                }
                _ => return true,
            },
            _ => return true,
        };
        let shown = self.show(ty);
        let finding = self
            .finding(Code::TypeMismatch, output.ty.span, format!("the output `{name}` cannot be {}", article(&shown)))
            .label("not a value that travels between jobs")
            .help(help);
        self.report(finding);
        false
    }

    fn output_path(&mut self, output: &Output, ty: &Ty, inner: &Ty, path: &Text) {
        // The key of a family may stand in the path of its members.
        let phase = match (&output.ty.kind, ty) {
            (TypeKind::Family { key: FamilyKey::Binder { name, .. }, .. }, Ty::Family(family)) => {
                self.scoped(|infer| {
                    let norm = Norm::Symbol(name.text.clone());
                    infer.declare(name, Val::constant(family.key.clone(), norm), LocalKind::Loop, None);
                    infer.text(path)
                })
            }
            _ => self.text(path),
        };
        self.const_path(path, phase);
        let shape: String = path
            .parts
            .iter()
            .map(|part| match part {
                tree::TextPart::Literal { value, .. } => value.as_str(),
                tree::TextPart::Hole(_) => "x",
            })
            .collect();
        let problem = crate::path::problem(&shape);
        let pattern = if is_pattern(&shape) { crate::path::pattern_problem(&shape) } else { None };
        if let Some(problem) = problem.or(pattern) {
            let code = if pattern == Some(problem) { Code::BadPattern } else { Code::BadPath };
            let finding = self
                .finding(code, path.span, format!("`{}` {problem}", crate::path::shown(&shape)))
                .label("not a path in an artifact");
            self.report(finding);
        } else if let Some(finding) = pattern_mismatch(self.db, inner, &shape, self.at(path.span)) {
            self.report(finding);
        }
    }

    /// Whether `field` is there whatever the arguments are; reports if not.
    pub(super) fn field_is_sure(&mut self, def: Def, args: &[Norm], field: &Field, span: Span) -> bool {
        self.named_field_is_sure(def, args, field, &field.name, span)
    }

    pub(super) fn named_field_is_sure(
        &mut self,
        def: Def,
        args: &[Norm],
        field: &Field,
        name: &str,
        span: Span,
    ) -> bool {
        // What is wrong with the schema may be why this cannot be told.
        if broken(self.db, def) || has_errors(&signature(self.db, def).checked) {
            return true;
        }
        let mut finding = if !field.always {
            self.finding(Code::ConditionalField, span, format!("`{name}` is there for some arguments only"))
                .label(format!("not in every `{}`", def.name(self.db)))
        } else if let Some(other) = &field.differs {
            let (a, b) = (self.show(&field.ty), self.show(other));
            self.finding(
                Code::ConditionalField,
                span,
                format!("`{name}` is {} for some arguments and {} for others", article(&a), article(&b)),
            )
            .label("of two kinds")
        } else {
            return true;
        };
        finding = finding.related(crate::scope::name_place(self.db, def), "declared here");
        let condition = crate::schema::condition(self.db, def, args, &|symbol| self.domain(symbol), &field.name);
        finding = match condition {
            Some(condition) if !field.always => finding.help(format!("test it around this: `{condition}`")),
            _ => finding.help("test the const argument around this, with `if` or `match`"),
        };
        self.report(finding);
        false
    }

    /// Whether a JSON file can hold `ty`; reports if not.
    pub(super) fn json_type(&mut self, ty: &Ty, span: Span) -> bool {
        let Some((inside, bad)) = not_json(self.db, ty, &mut Vec::new()) else { return true };
        let shown = self.show(&bad);
        let mut finding = self
            .finding(Code::BadJsonType, span, format!("a JSON file cannot hold {}", article(&shown)))
            .label(match &inside {
                Some((def, name)) => format!("the field `{name}` of `{}`", def.name(self.db)),
                None => "not a value of JSON".to_owned(),
            })
            .help("it holds `bool`, `int`, `string`, enums, structs, lists and optionals of these");
        if let Some((def, name)) = inside
            && let Some(field) = signature(self.db, def).params.iter().find(|it| it.name == name)
        {
            finding = finding.related(crate::place::Place::new(def, field.span), "declared here");
        }
        self.report(finding);
        false
    }
}

fn has_errors(checked: &Checked) -> bool {
    checked.findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Whether a field can be of this type.
fn is_files(ty: &Ty) -> bool {
    match ty.present() {
        Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Json(_) => true,
        Ty::List(inner) => matches!(**inner, Ty::File | Ty::Exec | Ty::Error),
        _ => false,
    }
}

/// A type that JSON has no value for, with the struct's field that is of it.
fn not_json(db: &dyn Db, ty: &Ty, seen: &mut Vec<Def>) -> Option<(Option<(Def, smol_str::SmolStr)>, Ty)> {
    match ty {
        Ty::Error | Ty::Bool | Ty::Int | Ty::String | Ty::Enum(_) => None,
        Ty::List(inner) | Ty::Optional(inner) => not_json(db, inner, seen),
        Ty::Struct(def) if seen.contains(def) => None,
        Ty::Struct(def) => {
            seen.push(*def);
            signature(db, *def).params.iter().find_map(|field| {
                let (inside, bad) = not_json(db, &field.ty, seen)?;
                Some((inside.or_else(|| Some((*def, field.name.clone()))), bad))
            })
        }
        other => Some((None, other.clone())),
    }
}
