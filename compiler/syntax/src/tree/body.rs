//! Bodies: settings, statements, steps.

use super::{Docs, Expr, Name, Path, Text, Type};
use crate::Span;

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
