//! What a program declares, so that a name can be replaced by another of its kind.

use std::collections::BTreeSet;

use flow_syntax::Placed;
use flow_syntax::tree::{FieldDecl, ItemKind};

/// Names of a file by what they name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Jobs, actions, flows, functions, foreign bindings: what is called.
    pub(super) callables: BTreeSet<String>,
    /// Constants and secrets.
    pub(super) values: BTreeSet<String>,
    /// Enums, structs, artifacts.
    pub(super) types: BTreeSet<String>,
    /// The variants of each enum.
    pub(super) variants: Vec<Vec<String>>,
    /// The fields of each artifact and struct.
    pub(super) fields: Vec<Vec<String>>,
}

impl Names {
    pub(super) fn of(items: &[Placed]) -> Self {
        let mut names =
            Self { variants: vec![vec!["linux".into(), "windows".into(), "macos".into()]], ..Self::default() };
        for placed in items {
            let Some(name) = placed.item.name().map(|it| it.text.to_string()) else { continue };
            match &placed.item.kind {
                ItemKind::Job(_) | ItemKind::Action(_) | ItemKind::Flow(_) | ItemKind::Fn(_) | ItemKind::Extern(_) => {
                    names.callables.insert(name);
                }
                ItemKind::Const(_) | ItemKind::Secret(_) => {
                    names.values.insert(name);
                }
                ItemKind::Enum(it) => {
                    names.types.insert(name);
                    names.variants.push(it.variants.iter().map(|it| it.name.text.to_string()).collect());
                }
                ItemKind::Struct(it) => {
                    names.types.insert(name);
                    names.fields.push(it.fields.iter().map(|it| it.name.text.to_string()).collect());
                }
                ItemKind::Artifact(it) => {
                    names.types.insert(name);
                    let mut fields = Vec::new();
                    self::fields(&it.fields, &mut fields);
                    fields.dedup();
                    names.fields.push(fields);
                }
                ItemKind::Use(_) | ItemKind::Pipeline(_) | ItemKind::Test(_) | ItemKind::Hole => {}
            }
        }
        names
    }

    /// Another variant of an enum that has this one.
    pub(super) fn other_variant(&self, name: &str) -> Option<&str> {
        other_in(&self.variants, name)
    }

    /// Another field of a type that has this one.
    pub(super) fn other_field(&self, name: &str) -> Option<&str> {
        other_in(&self.fields, name)
    }
}

fn other_in<'n>(groups: &'n [Vec<String>], name: &str) -> Option<&'n str> {
    let group = groups.iter().find(|group| group.iter().any(|it| it == name))?;
    let at = group.iter().position(|it| it == name)?;
    let other = &group[(at + 1) % group.len()];
    (other != name).then_some(other.as_str())
}

fn fields(decls: &[FieldDecl], out: &mut Vec<String>) {
    for decl in decls {
        match decl {
            FieldDecl::Field(it) => out.push(it.name.text.to_string()),
            FieldDecl::If(branches) => branches.iter().for_each(|it| fields(&it.fields, out)),
            FieldDecl::Match { arms, .. } => arms.iter().for_each(|it| fields(&it.fields, out)),
            FieldDecl::Hole(_) => {}
        }
    }
}
