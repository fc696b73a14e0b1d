//! Declarations and imports.

use std::sync::Arc;

use super::{Body, Expr, Map, Name, Output, Param, Path, Pattern, Text, Type};
use crate::Span;
use smol_str::SmolStr;

/// An item and where it begins in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The offset in the file of the item's first token (its documentation comes before it); what
    /// the spans inside the item are relative to.
    pub start: u32,
    /// The item.
    pub item: Arc<Item>,
}

/// A declaration or import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// From the first token to the last one; starts at 0.
    pub span: Span,
    /// The `///` lines above it.
    pub docs: Docs,
    /// What it declares.
    pub kind: ItemKind,
}

/// The lines of a `///` comment, without the slashes and one space after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Docs(pub Vec<SmolStr>);

impl Docs {
    /// The lines joined by line breaks, or `None` when there are none.
    pub fn text(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("\n"))
    }
}

/// The kinds of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `use std.rust`, `use "./common.flow" as common`.
    Use(Use),
    /// `const NAME: T = e`.
    Const(Const),
    /// `fn name(params) -> T = e`.
    Fn(Fn),
    /// `enum Name { a, b }`.
    Enum(Enum),
    /// `struct Name { f: T = e }`.
    Struct(Struct),
    /// `artifact Name(params) { fields }`.
    Artifact(Artifact),
    /// `secret NAME? { github = "X" }`.
    Secret(Secret),
    /// `once action name(params) -> (outputs) by (params) { body }`.
    Action(Action),
    /// `extern action name = "owner/repo@ref" { fields }`.
    Extern(Extern),
    /// `job name(params) -> (outputs) on runner { body }`.
    Job(Job),
    /// `flow name(params) -> (outputs) { body }`.
    Flow(Flow),
    /// `pipeline name -> (outputs) { body }`.
    Pipeline(Pipeline),
    /// `test "name" { body }`.
    Test(Test),
    /// Tokens that make no item; the parser has reported them.
    Hole,
}

impl Item {
    /// The declared name; for a `use`, the name it binds, if that can be told.
    pub fn name(&self) -> Option<&Name> {
        match &self.kind {
            ItemKind::Use(it) => it.bound_name(),
            ItemKind::Const(it) => Some(&it.name),
            ItemKind::Fn(it) => Some(&it.name),
            ItemKind::Enum(it) => Some(&it.name),
            ItemKind::Struct(it) => Some(&it.name),
            ItemKind::Artifact(it) => Some(&it.name),
            ItemKind::Secret(it) => Some(&it.name),
            ItemKind::Action(it) => Some(&it.name),
            ItemKind::Extern(it) => Some(&it.name),
            ItemKind::Job(it) => Some(&it.name),
            ItemKind::Flow(it) => Some(&it.name),
            ItemKind::Pipeline(it) => Some(&it.name),
            ItemKind::Test(_) | ItemKind::Hole => None,
        }
    }

    /// The keyword that a reader knows the item by, such as `job`.
    pub fn keyword(&self) -> &'static str {
        match &self.kind {
            ItemKind::Use(_) => "use",
            ItemKind::Const(_) => "const",
            ItemKind::Fn(_) => "fn",
            ItemKind::Enum(_) => "enum",
            ItemKind::Struct(_) => "struct",
            ItemKind::Artifact(_) => "artifact",
            ItemKind::Secret(_) => "secret",
            ItemKind::Action(_) => "action",
            ItemKind::Extern(_) => "extern",
            ItemKind::Job(_) => "job",
            ItemKind::Flow(_) => "flow",
            ItemKind::Pipeline(_) => "pipeline",
            ItemKind::Test(_) => "test",
            ItemKind::Hole => "item",
        }
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What is imported.
    pub target: UseTarget,
    /// `as name`.
    pub alias: Option<Name>,
}

impl Use {
    /// `as name`, else the last segment of the path.
    pub fn bound_name(&self) -> Option<&Name> {
        match (&self.alias, &self.target) {
            (Some(alias), _) => Some(alias),
            (None, UseTarget::Module(path)) => path.segments.last(),
            (None, UseTarget::File(_)) => None,
        }
    }
}

/// What a `use` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UseTarget {
    /// `std.rust`.
    Module(Path),
    /// `"./ci/common.flow"`, relative to the importing file.
    File(Text),
}

/// `const NAME[: T] = e`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// The annotation.
    pub ty: Option<Type>,
    /// The value.
    pub value: Expr,
}

/// A pure function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fn {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The result.
    pub result: Type,
    /// The value.
    pub value: Expr,
}

/// A closed set of variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// In order.
    pub variants: Vec<Variant>,
}

/// One variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Name,
}

/// A record type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// Its name.
    pub name: Name,
    /// In order.
    pub fields: Vec<StructField>,
}

/// `name: T = default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructField {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The value when none is given.
    pub default: Option<Expr>,
}

/// An artifact schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its name.
    pub name: Name,
    /// Its const parameters.
    pub params: Vec<Param>,
    /// What it holds.
    pub fields: Vec<FieldDecl>,
}

/// A member of a schema's braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldDecl {
    /// `name: kind = "path"`.
    Field(ArtifactField),
    /// `if c { … } else { … }`; the last branch may lack a condition. In order.
    If(Vec<FieldBranch>),
    /// `match e { p => { … } }`.
    Match {
        /// What is matched.
        value: Expr,
        /// In order.
        arms: Vec<FieldArm>,
        /// The whole.
        span: Span,
    },
    /// Tokens that make no field.
    Hole(Span),
}

/// One branch of an `if` over fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldBranch {
    /// `None`: the final `else`.
    pub condition: Option<Expr>,
    /// The fields under it.
    pub fields: Vec<FieldDecl>,
}

/// One arm of a `match` over fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldArm {
    /// Alternatives.
    pub patterns: Vec<Pattern>,
    /// The fields under it.
    pub fields: Vec<FieldDecl>,
}

/// `name: kind = "path"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactField {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub ty: Type,
    /// Where it lies in the artifact. `None` where it is missing.
    pub path: Option<Text>,
}

/// `secret NAME? { github = "X" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: Name,
    /// `?`: a run may lack it.
    pub optional: bool,
    /// Where each backend finds it.
    pub sources: Option<Map>,
}

/// A reusable group of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Emitted once per job.
    pub once: bool,
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its outputs; `None` without `->`.
    pub outputs: Option<Vec<Output>>,
    /// `by (a, b)`: the parameters that tell `once` calls apart.
    pub by: Vec<Name>,
    /// Its steps.
    pub body: Body,
}

/// A typed binding of something foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extern {
    /// An action or a job.
    pub kind: ExternKind,
    /// Its name.
    pub name: Name,
    /// `= task "…"` instead of `= "…"`.
    pub task: bool,
    /// `owner/repo@ref`, or a task's name.
    pub reference: Text,
    /// Its interface.
    pub fields: Vec<ExternField>,
}

impl Extern {
    /// Its inputs, outputs and secrets.
    pub fn ports(&self) -> impl Iterator<Item = &ExternPort> {
        self.fields.iter().filter_map(|field| match field {
            ExternField::Port(port) => Some(port),
            ExternField::Permissions(_) | ExternField::Hole(_) => None,
        })
    }
}

/// What an `extern` binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternKind {
    /// A GitHub action or an ADO task.
    Action,
    /// A reusable workflow or a template.
    Job,
}

/// A member of an `extern`.
#[expect(clippy::large_enum_variant, reason = "nearly all are ports")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternField {
    /// `in name as "foreign-name": T = default joined ","`.
    Port(ExternPort),
    /// `permissions { contents = read }`.
    Permissions(Map),
    /// Tokens that make no field.
    Hole(Span),
}

/// An input, output or secret of an `extern`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternPort {
    /// Its documentation.
    pub docs: Docs,
    /// Which of the three.
    pub direction: PortDirection,
    /// Its name in Flow.
    pub name: Name,
    /// Its name outside, where that differs by more than `_` for `-`.
    pub foreign: Option<Text>,
    /// Its type; `string` where none is written.
    pub ty: Option<Type>,
    /// The value when none is given.
    pub default: Option<Expr>,
    /// What joins a list's elements.
    pub joined: Option<Text>,
}

/// The direction of an [`ExternPort`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortDirection {
    /// `in`
    In,
    /// `out`
    Out,
    /// `secret`
    Secret,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its outputs; `None` without `->`.
    pub outputs: Option<Vec<Output>>,
    /// `on e`.
    pub runner: Option<Expr>,
    /// Its settings and steps.
    pub body: Body,
}

/// A named sub-graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its outputs; `None` without `->`.
    pub outputs: Option<Vec<Output>>,
    /// Its calls.
    pub body: Body,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: Name,
    /// Its outputs; `None` without `->`.
    pub outputs: Option<Vec<Output>>,
    /// Its triggers, settings and calls.
    pub body: Body,
}

/// `test "name" { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its title.
    pub title: Text,
    /// Its assertions.
    pub body: Body,
}
