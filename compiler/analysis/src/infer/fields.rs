//! The fields of artifact schemas.

use flow_syntax::tree::{self, FieldDecl, ItemKind};
use flow_syntax::{Code, Span};

use super::{Checked, Infer, signature};
use crate::db::{Db, Def, syntax};
use crate::schema::Declared;
use crate::ty::Ty;

/// All fields of a schema, those of all branches side by side.
pub fn schema_fields(db: &dyn Db, def: Def) -> (Vec<Declared>, Checked) {
    let item = syntax(db, def);
    let ItemKind::Artifact(schema) = &item.kind else { return Default::default() };
    let mut infer = Infer::new(db, def);
    infer.declare_params(signature(db, def));
    let mut out = Vec::new();
    infer.fields(&schema.fields, false, &mut out);
    infer.report_unused();
    (out, infer.out)
}

impl Infer<'_> {
    fn fields(&mut self, fields: &[FieldDecl], conditional: bool, out: &mut Vec<Declared>) {
        for field in fields {
            match field {
                FieldDecl::Field(field) => out.push(self.artifact_field(field, conditional)),
                FieldDecl::If(branches) => {
                    for branch in branches {
                        if let Some(condition) = &branch.condition {
                            let val = self.check_expr(condition, &Ty::Bool, "the condition of an `if` is");
                            self.require_const(condition, &val, "what decides about a field");
                        }
                        self.fields(&branch.fields, true, out);
                    }
                }
                FieldDecl::Match { value, arms, .. } => {
                    let val = self.expr(value, None);
                    self.require_const(value, &val, "what decides about a field");
                    for arm in arms {
                        for pattern in &arm.patterns {
                            self.pattern(pattern, &val.ty);
                        }
                        self.fields(&arm.fields, true, out);
                    }
                }
                FieldDecl::Hole(_) => {}
            }
        }
    }

    fn artifact_field(&mut self, field: &tree::ArtifactField, conditional: bool) -> Declared {
        let ty = self.lower_closed(&field.ty);
        let name = &field.name.text;
        match ty.present() {
            Ty::File | Ty::Exec | Ty::Opaque | Ty::Artifact(..) | Ty::Error => {}
            Ty::Json(_) => self.not_built(field.ty.span, "a `json` field"),
            Ty::List(inner) if matches!(**inner, Ty::File | Ty::Exec) => {
                self.not_built(field.ty.span, "a list of files");
            }
            other => {
                let shown = self.show(other);
                let finding = self
                    .finding(
                        Code::BadFieldKind,
                        field.ty.span,
                        format!("`{name}` cannot be {a}", a = super::article(&shown)),
                    )
                    .label("not a kind of files")
                    .help("a field is a `file`, an `exec`, an `opaque` directory, a `json(T)` or another artifact");
                self.report(finding);
            }
        }
        match &field.path {
            Some(path) => {
                self.text(path);
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
}
