//! The tree of a file, as docs/reference/grammar.md has it: plain data, every node with its span,
//! every place that the grammar requires something in may hold a *hole* instead.
//!
//! Spans are relative to the start of the item (see [`Placed`]). Nothing here knows what a name
//! means; what may stand where is checked by flow-analysis, not by the shape of this tree.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::Span;

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

/// A word of the source. Empty where one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Name {
    /// The word.
    pub text: SmolStr,
    /// Where it stands.
    pub span: Span,
}

impl Name {
    /// Whether a name was required here and none was written.
    pub fn is_missing(&self) -> bool {
        self.text.is_empty()
    }
}

/// `a.b.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub segments: Vec<Name>,
    /// The whole.
    pub span: Span,
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

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its documentation.
    pub docs: Docs,
    /// `const`, `out` or neither.
    pub mode: ParamMode,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The value when no argument is given.
    pub default: Option<Expr>,
    /// `merge union`.
    pub merge: Option<Name>,
    /// The whole.
    pub span: Span,
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamMode {
    /// Read when the call runs.
    Plain,
    /// Known while compiling.
    Const,
    /// Written by the callee.
    Out,
}

/// A declared output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its documentation.
    pub docs: Docs,
    /// Published however the job ends.
    pub always: bool,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The path of a bare `file` output.
    pub path: Option<Text>,
    /// The whole.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its form.
    pub kind: TypeKind,
    /// The whole.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// Missing or unreadable.
    Hole,
    /// `string`, `rust.Crate`, `Server(linux)`, `json(Meta)`.
    Path {
        /// The name.
        path: Path,
        /// Its arguments.
        args: Vec<TypeArg>,
    },
    /// `[T]`.
    List(Box<Type>),
    /// `[K: T]`, `[k in K: T(k)]`.
    Family {
        /// What tells the members apart.
        key: FamilyKey,
        /// The members' type.
        member: Box<Type>,
    },
    /// `T?`.
    Optional(Box<Type>),
}

/// The key of a family type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FamilyKey {
    /// `[K: …]`.
    Type(Box<Type>),
    /// `[k in K: …]`.
    Binder {
        /// `k`.
        name: Name,
        /// `K`: an enum, or a const list.
        keys: Box<Expr>,
    },
}

/// An argument of a type. Written as an expression, read as a type where one is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeArg {
    /// `_`.
    Any(Span),
    /// An expression.
    Expr(Expr),
}

/// `{ settings and statements }`, in the order of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Settings too.
    pub stmts: Vec<Stmt>,
    /// With the braces.
    pub span: Span,
}

/// A setting or statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stmt {
    /// The `///` lines above it.
    pub docs: Docs,
    /// Its form.
    pub kind: StmtKind,
    /// The whole, without documentation.
    pub span: Span,
}

/// The forms of settings and statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StmtKind {
    /// A setting.
    Setting(Setting),
    /// `let x: T = source`; without a value, a value that a script writes.
    Let {
        /// Its name.
        name: Name,
        /// The annotation.
        ty: Option<Type>,
        /// `None` without `=`.
        value: Option<Source>,
    },
    /// `out place = source`.
    Out {
        /// What is assigned.
        place: Place,
        /// The value.
        value: Source,
    },
    /// `export NAME = e`.
    Export {
        /// The variable.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `add_path e`.
    AddPath(Expr),
    /// `summary e`.
    Summary(Expr),
    /// `checkout { depth = 0 }`.
    Checkout(Map),
    /// `expose e as "name" { when = always }`.
    Expose {
        /// What is exposed.
        value: Expr,
        /// Under which name.
        title: Option<Text>,
        /// Its options.
        options: Option<Map>,
    },
    /// `gate "title" after e`.
    Gate {
        /// Its title.
        title: Text,
        /// What it covers.
        after: Option<Expr>,
    },
    /// `after e { … }`.
    After {
        /// What comes before.
        after: Expr,
        /// What comes after.
        body: Body,
    },
    /// `stage "title" { … }`.
    Stage {
        /// Its title.
        title: Text,
        /// Its calls.
        body: Body,
    },
    /// `finally { … }`.
    Finally(Body),
    /// `on_failure { … }`.
    OnFailure(Body),
    /// A script, step, foreign step, call or other expression.
    Source(Source),
    /// Tokens that make no statement: a place to complete at.
    Hole,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `name = e`.
    Value {
        /// Its name, dashes included.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `name { … }`.
    Map {
        /// Its name, dashes included.
        name: Name,
        /// Its entries.
        map: Map,
    },
    /// `service name { … }`.
    Service {
        /// The service's name.
        name: Name,
        /// Its settings.
        map: Map,
    },
    /// `cache name { … }`.
    Cache {
        /// The cache's name.
        name: Name,
        /// Its settings.
        map: Map,
    },
    /// `raw github { … }`, `raw ado """…"""`.
    Raw {
        /// The backend.
        backend: Name,
        /// The keys.
        value: RawValue,
    },
    /// `on push { branches = ["main"] }`, `on finished build`.
    Trigger {
        /// The event; `github.release` has two segments.
        event: Path,
        /// `on finished name`.
        finished: Option<Name>,
        /// Its filters.
        filters: Option<Map>,
    },
    /// `param name: T = e`.
    Param {
        /// Its name.
        name: Name,
        /// Its type.
        ty: Type,
        /// The value when none is given.
        default: Option<Expr>,
    },
    /// `extends ado { … }`.
    Extends {
        /// The backend.
        backend: Name,
        /// Its settings.
        map: Map,
    },
}

/// What follows `raw backend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawValue {
    /// `{ … }`.
    Map(Map),
    /// Text of YAML.
    Text(Text),
}

/// `{ key = e, key { … } }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// In order.
    pub entries: Vec<Entry>,
    /// With the braces.
    pub span: Span,
}

/// An entry of a [`Map`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key: a word, words with dashes, or a text without holes.
    pub key: Name,
    /// The value.
    pub value: EntryValue,
}

/// The value of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryValue {
    /// `key = e`.
    Expr(Expr),
    /// `key { … }`.
    Map(Map),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `sh "…"`.
    Script(Script),
    /// `step "title" { … }`.
    Step(Step),
    /// `uses "owner/repo@ref" { … }`, `task "Name@1" { … }`.
    Foreign(Foreign),
    /// An expression.
    Expr(Expr),
}

impl Source {
    /// The whole.
    pub fn span(&self) -> Span {
        match self {
            Self::Script(it) => it.span,
            Self::Step(it) => it.span,
            Self::Foreign(it) => it.span,
            Self::Expr(it) => it.span,
        }
    }
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What runs it.
    pub shell: Shell,
    /// Where the shell's name stands.
    pub shell_span: Span,
    /// Its text.
    pub text: Text,
    /// The whole.
    pub span: Span,
}

/// What runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shell {
    /// POSIX.
    Sh,
    /// Bash.
    Bash,
    /// PowerShell 7.
    Pwsh,
    /// Windows' cmd.
    Cmd,
    /// Python 3.
    Python,
}

impl Shell {
    /// The word that begins a script of it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Bash => "bash",
            Self::Pwsh => "pwsh",
            Self::Cmd => "cmd",
            Self::Python => "python",
        }
    }
}

/// `step "title" { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its title.
    pub title: Text,
    /// What it runs.
    pub body: Body,
    /// The whole.
    pub span: Span,
}

/// A foreign step without binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// `task` rather than `uses`.
    pub task: bool,
    /// What it names.
    pub reference: Text,
    /// Its inputs.
    pub inputs: Option<Map>,
    /// The whole.
    pub span: Span,
}

/// What a script or an `out` writes: `server.binary`, `igvm[r].bin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The output, or a `let` without value.
    pub root: Name,
    /// From the root inwards.
    pub steps: Vec<PlaceStep>,
    /// The whole.
    pub span: Span,
}

/// One step of a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceStep {
    /// `.field`
    Field(Name),
    /// `[key]`
    Index(Expr),
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Its form.
    pub kind: ExprKind,
    /// The whole; parentheses around it are not part of it.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// Missing or unreadable.
    Hole,
    /// `1_000`.
    Int(i64),
    /// `30min`, in milliseconds.
    Duration(u64),
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// A text.
    Text(Text),
    /// A bare word.
    Name(SmolStr),
    /// `[a, ...b]`.
    List(Vec<Element>),
    /// `!e`, `-e`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `a.b`, `a?.b`.
    Field {
        /// What has the field.
        base: Box<Expr>,
        /// `?.`.
        optional: bool,
        /// The field; missing while it is being typed.
        name: Name,
    },
    /// `a[i]`.
    Index {
        /// What is indexed.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `f(x, name: y)`.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// In order.
        args: Vec<Arg>,
        /// With the parentheses.
        args_span: Span,
    },
    /// `call as "title" after x`; at least one of the two is there.
    Ordered {
        /// The call.
        base: Box<Expr>,
        /// `as "title"`.
        title: Option<Text>,
        /// `after x`.
        after: Option<Box<Expr>>,
    },
    /// `if`.
    If(Box<If>),
    /// `for`.
    For(Box<For>),
    /// `match`.
    Match(Box<Match>),
}

/// An element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// `...xs`.
    pub spread: bool,
    /// The element.
    pub value: Expr,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// `name:`.
    pub name: Option<Name>,
    /// What is passed.
    pub value: ArgValue,
    /// The whole.
    pub span: Span,
}

/// What an argument passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgValue {
    /// A value.
    Expr(Expr),
    /// `out place`.
    Out(Place),
    /// `...record`.
    Spread(Expr),
}

/// `if c { … } else { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// When it holds.
    pub then: Body,
    /// When it does not.
    pub otherwise: Option<Else>,
}

/// What follows `else`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Else {
    /// `else { … }`.
    Body(Body),
    /// `else if …`, with its span.
    If(Box<If>, Span),
}

/// `for x in xs if c { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    /// The variable.
    pub name: Name,
    /// What is iterated.
    pub iterable: Expr,
    /// `if c`.
    pub filter: Option<Expr>,
    /// The body.
    pub body: Body,
}

/// `match e { p => … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// What is matched.
    pub value: Expr,
    /// In order.
    pub arms: Vec<Arm>,
    /// The braces and what is between them.
    pub arms_span: Span,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Alternatives.
    pub patterns: Vec<Pattern>,
    /// What the arm does.
    pub value: ArmValue,
    /// The whole.
    pub span: Span,
}

/// What an [`Arm`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmValue {
    /// `=> { … }`.
    Body(Body),
    /// `=> e`.
    Source(Source),
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Its form.
    pub kind: PatternKind,
    /// The whole.
    pub span: Span,
}

/// The forms of patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `_`.
    Any,
    /// `none`.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// `linux`, `Os.linux`.
    Path(Path),
    /// An integer.
    Int(i64),
    /// A text without holes.
    Text(SmolStr),
    /// Missing or unreadable.
    Hole,
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Neg,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `??`
    Coalesce,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
}

impl BinaryOp {
    /// As it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Coalesce => "??",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
        }
    }
}

/// A text with its interpolations: a string, or block text between fences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// In order; no two literals of a one-line text are neighbours, a block text has one (or more)
    /// a line so that a position in the cooked text maps to the source by adding.
    pub parts: Vec<TextPart>,
    /// Between fences.
    pub block: bool,
    /// With the quotes.
    pub span: Span,
}

impl Text {
    /// The text, when it has no holes.
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                TextPart::Literal { value, .. } => Some(value.as_str()),
                TextPart::Hole(_) => None,
            })
            .collect()
    }
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// What stands there, escapes resolved and a block's indentation removed.
    Literal {
        /// The text.
        value: SmolStr,
        /// Where it stands in the source, without the removed indentation.
        span: Span,
    },
    /// `#{…}`.
    Hole(Hole),
}

/// `#{…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// What it holds.
    pub kind: HoleKind,
    /// With `#{` and `}`.
    pub span: Span,
}

/// What a [`Hole`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoleKind {
    /// `#{e}`, `#{e...}`.
    Read {
        /// The value.
        value: Expr,
        /// `...`.
        spread: bool,
    },
    /// `#{out place}`.
    Claim(Place),
}
