//! Types, phases, names and claims of one item. One walk over its tree gives what every later layer
//! reads: findings, what each word stands for, and what is known of each expression.
//!
//! Two queries share it: [`signature`], which other items depend on, and [`check`], which nothing
//! but diagnostics, editor and plan does. So an edit in a body re-checks that body alone.

mod action;
mod advice;
mod assign;
mod body;
mod call;
mod chain;
mod cleanup;
mod context;
mod entry;
mod expose;
mod expr;
mod fields;
mod flow;
mod foreign;
mod graph;
mod hole;
mod joined;
mod member;
mod method;
mod narrow;
mod op;
mod raw;
mod refine;
mod script;
mod setting;
mod sig;
mod sink;
mod spread;
mod step;
mod taint;
mod take;
mod title;
mod trace;
mod trigger;
mod types;
mod view;

use flow_syntax::tree::{Expr, ItemKind, Name};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use self::assign::Writes;
pub use self::fields::schema_fields;
pub use self::foreign::{Binding, Port, binding};
pub use self::graph::{Exposed, exposed, own_name};
pub use self::sig::{OutputSig, ParamSig, Signature, const_value, findings, matched, signature};
use crate::db::{Db, Def, DefKind, File, syntax};
use crate::label::Labels;
use crate::place::{Finding, Place};
use crate::scope::Res;
use crate::settings::Where;
use crate::ty::Ty;
use crate::value::Norm;

/// When a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// While compiling.
    Const,
    /// When a run is planned.
    Plan,
    /// While it runs.
    Run,
}

impl Phase {
    /// For a sentence: "it is known …".
    pub const fn when(self) -> &'static str {
        match self {
            Self::Const => "while compiling",
            Self::Plan => "when a run is planned",
            Self::Run => "while the pipeline runs",
        }
    }
}

/// What is known of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Val {
    /// Its type.
    pub ty: Ty,
    /// When it is known.
    pub phase: Phase,
    /// What it carries.
    pub labels: Labels,
    /// Its value, as far as it can be told while compiling.
    pub norm: Norm,
}

impl Val {
    fn error() -> Self {
        Self::new(Ty::Error, Phase::Const)
    }

    fn unit() -> Self {
        Self::new(Ty::Unit, Phase::Run)
    }

    fn new(ty: Ty, phase: Phase) -> Self {
        let labels = Labels { secret: *ty.present() == Ty::Secret, ..Labels::PLAIN };
        Self { ty, phase, labels, norm: Norm::Unknown }
    }

    /// A value of type `ty` that is computed from `parts`: known with the latest, carrying what they carry.
    fn made<'a>(ty: Ty, parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::new(ty, Phase::Const), Self::with)
    }

    /// The same value, computed from `other` as well.
    #[must_use]
    fn with(self, other: &Self) -> Self {
        Self { phase: self.phase.max(other.phase), labels: self.labels.join(other.labels), ..self }
    }

    /// A value known while compiling.
    fn constant(ty: Ty, norm: Norm) -> Self {
        Self { norm, ..Self::new(ty, Phase::Const) }
    }
}

/// What a walk over an item finds out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What each word stands for.
    pub names: FxHashMap<Span, Res>,
    /// What is known of each expression, and of each name where it is bound.
    pub types: FxHashMap<Span, Val>,
    /// A job's: it writes text of outsiders into an output.
    pub gives_untrusted: bool,
    /// What must not be text of outsiders, of that which is made of parameters.
    pub demands: Vec<Demand>,
    /// The parameters that must be known when a run is planned: where they are needed, and as what.
    pub planned: Vec<(SmolStr, Span, String)>,
}

/// A place that text of outsiders must not reach, reached by parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The parameters, as in [`Labels::params`].
    pub params: u64,
    /// Where.
    pub span: Span,
    /// What stands there, for a sentence.
    pub noun: String,
    /// Why, and what to do.
    pub why: (&'static str, &'static str),
}

/// Where a declared local value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LocalKind {
    Param,
    Let,
    Loop,
    Output,
    /// A `let` without value, which a script writes.
    Slot,
}

/// A name of the body.
#[derive(Clone, Debug)]
struct Local {
    name: SmolStr,
    span: Span,
    val: Val,
    kind: LocalKind,
    used: bool,
    /// For a message: why it is known so late.
    late: Option<String>,
}

/// The state of a walk over one item.
struct Infer<'db> {
    db: &'db dyn Db,
    def: Def,
    file: File,
    place: Where,
    out: Checked,
    frames: Vec<Vec<Local>>,
    writes: Writes,
    /// What the body does to places, in order.
    trace: Vec<trace::Event>,
    /// Outputs that a claim was meant for which is wrong and has been reported: nothing is missing of
    /// them that would be worth a second finding.
    mistaken: Vec<SmolStr>,
    /// The word of the `finally` or `on_failure` around this point.
    cleanup: Option<&'static str>,
    /// What is in the environment of the scripts at this point and carries something.
    env: Vec<(Span, Labels)>,
    /// Paths that a test around this point has shown to be there.
    present: refine::Present,
    /// What made the names late that are bound here, by where.
    chains: FxHashMap<Span, chain::Chain>,
    /// Names of calls, with what stands before the call: `let x = `.
    acts: FxHashMap<Span, Span>,
    /// Names of blocks that have ended, with where they were bound.
    gone: Vec<(SmolStr, Span)>,
    /// What a pipeline or a flow has called and named up to this point.
    graph: graph::Graph,
    /// Where the job runs.
    runner: Option<Val>,
    /// How much evaluation may still be done for normal forms in this item.
    budget: std::cell::Cell<u32>,
    /// The next `if`, `for` or `match` is a statement, whose value nobody takes.
    discard: bool,
    /// Values that const symbols can have around this point, the innermost last.
    domains: narrow::Domains,
    /// What the job takes from its tree, and what it says it depends on.
    takes: take::Takes,
}

/// A function that reads a constant which it computes: told as a circle of the constant.
fn check_in_cycle(_db: &dyn Db, _id: salsa::Id, _def: Def) -> Checked {
    Checked::default()
}

/// All of an item that its signature leaves. Must not change when another item's body does.
#[salsa::tracked(returns(ref), cycle_result = check_in_cycle)]
pub fn check(db: &dyn Db, def: Def) -> Checked {
    let item = syntax(db, def);
    let signature = signature(db, def);
    let mut infer = Infer::new(db, def);
    match &item.kind {
        ItemKind::Fn(it) => {
            infer.declare_params(signature);
            infer.check_expr(&it.value, &signature.result, &format!("`{}` gives", it.name.text));
            infer.report_unused();
        }
        ItemKind::Artifact(it) => crate::schema::check(&mut infer.out.findings, db, def, it),
        ItemKind::Job(it) => {
            infer.runner = it.runner.as_ref().and_then(|e| signature.checked.types.get(&e.span)).cloned();
            infer.job(it, signature);
        }
        ItemKind::Action(it) => infer.action(it, signature),
        ItemKind::Pipeline(it) => infer.pipeline(it, signature),
        ItemKind::Flow(it) => infer.flow(it, signature),
        // All of it is signature.
        ItemKind::Extern(_) => {}
        ItemKind::Test(it) => infer.not_built(it.title.span, "a `test`"),
        ItemKind::Use(_)
        | ItemKind::Const(_)
        | ItemKind::Enum(_)
        | ItemKind::Struct(_)
        | ItemKind::Secret(_)
        | ItemKind::Hole => {}
    }
    infer.out
}

impl<'db> Infer<'db> {
    fn new(db: &'db dyn Db, def: Def) -> Self {
        let place = match def.kind(db) {
            DefKind::Job => Where::Job,
            DefKind::Action => Where::Action,
            DefKind::Flow => Where::Flow,
            DefKind::Pipeline => Where::Pipeline,
            _ => Where::Expr,
        };
        Self {
            db,
            def,
            file: def.file(db),
            place,
            out: Checked::default(),
            frames: vec![Vec::new()],
            writes: Writes::default(),
            trace: Vec::new(),
            mistaken: Vec::new(),
            cleanup: None,
            env: Vec::new(),
            present: Vec::new(),
            chains: FxHashMap::default(),
            acts: FxHashMap::default(),
            gone: Vec::new(),
            graph: graph::Graph::default(),
            runner: None,
            budget: std::cell::Cell::new(crate::eval::STEPS),
            discard: false,
            domains: Vec::new(),
            takes: take::Takes::default(),
        }
    }

    fn at(&self, span: Span) -> Place {
        Place::new(self.def, span)
    }

    fn finding(&self, code: Code, span: Span, headline: impl Into<String>) -> Finding {
        Finding::new(code, self.at(span), headline)
    }

    fn report(&mut self, finding: Finding) {
        self.out.findings.push(finding);
    }

    /// The grammar has it, later layers do not: said plainly instead of leaving it out silently.
    fn not_built(&mut self, span: Span, what: &str) {
        let finding = self
            .finding(Code::NotBuilt, span, format!("{what} is not built yet"))
            .label("understood, but without effect so far")
            .note("flowc parses the whole language and carries out a part of it so far; docs/reference/status.md lists which");
        self.report(finding);
    }

    fn show(&self, ty: &Ty) -> String {
        ty.display(self.db)
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.frames.iter().rev().flat_map(|frame| frame.iter().rev()).find(|local| local.name == name)
    }

    /// Reads a local value: it counts as used.
    fn read_local(&mut self, name: &str) -> Option<Local> {
        let local =
            self.frames.iter_mut().rev().flat_map(|frame| frame.iter_mut().rev()).find(|local| local.name == name)?;
        local.used = true;
        Some(local.clone())
    }

    fn declare(&mut self, name: &Name, val: Val, kind: LocalKind, late: Option<String>) {
        if name.is_missing() {
            return;
        }
        if kind == LocalKind::Let && self.local(&name.text).is_some_and(|first| first.kind == LocalKind::Output) {
            self.let_of_output(name);
            return;
        }
        if let Some(first) = self.local(&name.text) {
            let (place, related) = (self.at(name.span), self.at(first.span));
            let finding = Finding::new(Code::Shadowing, place, format!("`{}` is bound already", name.text))
                .label("a second value of that name")
                .related(related, "bound here")
                .note("a name means one thing in a body, so that a reader need not look for the nearest one")
                .help("choose another name");
            self.report(finding);
        } else if let Some((hidden, place)) = self.hides(&name.text) {
            let finding = self
                .finding(Code::Shadowing, name.span, format!("`{}` hides {hidden}", name.text))
                .label("a second meaning of that name")
                .note("a name means one thing in a body, so that a reader need not look for the nearest one")
                .help("choose another name");
            let finding = match place {
                Some(place) => finding.related(place, "declared here"),
                None => finding,
            };
            self.report(finding);
        }
        self.bind(Local { name: name.text.clone(), span: name.span, val, kind, used: false, late });
    }

    /// `let x = …` where `x` is an output.
    fn let_of_output(&mut self, name: &Name) {
        let Some(first) = self.local(&name.text).map(|local| local.span) else { return };
        let mut finding = self
            .finding(Code::Shadowing, name.span, format!("`{}` is an output", name.text))
            .label("a second value of that name")
            .related(self.at(first), "declared here")
            .help(format!("write the output, `out {} = …`, or choose another name", name.text));
        if let Some(start) = name.span.start.checked_sub(4) {
            let word = Span::new(start, name.span.start);
            if self.let_word(word) {
                finding = finding.fix("write the output", self.at(word), "out ");
            }
        }
        self.report(finding);
        self.mistaken.push(name.text.clone());
    }

    /// Whether `let ` stands there.
    fn let_word(&self, span: Span) -> bool {
        let start = crate::db::placements(self.db, self.file).get(&self.def).map(|it| it.start);
        let text = self.file.text(self.db).as_ref().ok();
        start.zip(text).is_some_and(|(start, text)| {
            let placed = span.shift(start);
            text.get(placed.start as usize..placed.end as usize) == Some("let ")
        })
    }

    /// What a local value of this name would hide: another value, or a module. What is called or named as a
    /// type is told from values by where it stands.
    fn hides(&self, name: &str) -> Option<(String, Option<Place>)> {
        match crate::scope::resolve(self.db, self.file, name)? {
            Res::Ctx => Some(("`ctx`, what the run knows of itself".to_owned(), None)),
            Res::Variant(def, _) => Some((format!("the variant of `{}`", def.name(self.db)), None)),
            Res::Module(_) => Some(("a module that this file imports".to_owned(), None)),
            Res::Def(def) if matches!(def.kind(self.db), DefKind::Const | DefKind::Secret) => Some((
                format!("{} of this file", def.kind(self.db).noun()),
                Some(crate::scope::name_place(self.db, def)),
            )),
            _ => None,
        }
    }

    fn bind(&mut self, local: Local) {
        self.out.types.insert(local.span, local.val.clone());
        if let Some(frame) = self.frames.last_mut() {
            frame.push(local);
        }
    }

    fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.frames.push(Vec::new());
        let value = inner(self);
        self.report_unused();
        let gone = self.frames.pop().unwrap_or_default();
        self.gone.extend(gone.into_iter().map(|local| (local.name, local.span)));
        value
    }

    /// Warns of what the innermost frame binds and nothing reads.
    fn report_unused(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        let unused: Vec<Local> =
            frame.iter().filter(|local| !local.used && !local.name.starts_with('_')).cloned().collect();
        for local in unused {
            let (code, what) = match local.kind {
                LocalKind::Param => (Code::UnusedParameter, "parameter"),
                LocalKind::Let => (Code::UnusedLocal, "value"),
                // One that nothing writes either is reported as that.
                LocalKind::Slot if self.is_written(&local.name) => (Code::UnusedLocal, "value"),
                LocalKind::Loop | LocalKind::Output | LocalKind::Slot => continue,
            };
            let name = &local.name;
            let finding =
                self.finding(code, local.span, format!("the {what} `{name}` is never used")).label("never read");
            let scripts = self.place.has_steps() && local.kind == LocalKind::Param;
            let finding = match self.acts.get(&local.span) {
                None if scripts => finding
                    .help(format!(
                        "a script reads it by `#{{{name}}}`; else remove it, or call it `_{name}` to keep it"
                    ))
                    .fix(format!("call it `_{name}`"), self.at(local.span), format!("_{name}")),
                Some(bound) => finding.help("keep the call alone").fix("keep the call alone", self.at(*bound), ""),
                None => finding.help(format!("remove it, or call it `_{name}` to keep it")).fix(
                    format!("call it `_{name}`"),
                    self.at(local.span),
                    format!("_{name}"),
                ),
            };
            self.report(finding);
        }
    }

    /// Infers `e`, which has to be a value of type `to`. `because` begins the sentence "… a string". What is
    /// refused is of no type, so that nothing more is said of it.
    fn check_expr(&mut self, e: &Expr, to: &Ty, because: &str) -> Val {
        let val = self.expr(e, Some(to));
        if self.expect(e.span, &val.ty, to, because) { val } else { Val { ty: Ty::Error, ..val } }
    }

    /// Reports that `from` does not convert to `to`, if so; whether it does.
    fn expect(&mut self, span: Span, from: &Ty, to: &Ty, because: &str) -> bool {
        if crate::ty::converts(self.db, from, to) {
            return true;
        }
        if self.secret_as_plain(span, from, to, because) {
            return false;
        }
        let (from_text, to_text) = (self.show(from), self.show(to));
        if *from == Ty::Unit {
            let finding = self
                .finding(Code::NoValue, span, format!("{because} {}, but this gives no value", article(&to_text)))
                .label(format!("expected {}", article(&to_text)));
            self.report(finding);
            return false;
        }
        let mut finding = self
            .finding(Code::TypeMismatch, span, format!("{because} {}, not {}", article(&to_text), article(&from_text)))
            .label(format!("this is {}", article(&from_text)))
            .help(self.advice(from, to));
        if let (Ty::Family(has), Ty::Family(wants)) = (from, to)
            && let (Some(has), Some(wants)) = (&has.keys, &wants.keys)
            && has != wants
        {
            let keys = |keys: &[crate::value::ConstValue]| {
                let keys: Vec<String> = keys.iter().map(|key| key.display(self.db)).collect();
                crate::suggest::list(keys.iter().map(String::as_str))
            };
            finding = finding.note(format!("its keys are {}; wanted are {}", keys(has), keys(wants)));
        }
        if let (Ty::Optional(inner), to) = (from, to)
            && crate::ty::converts(self.db, inner, to)
        {
            finding = finding.note("a `?` value may be missing");
        }
        if let (Ty::Artifact(a, from_args), Ty::Artifact(b, to_args)) = (from.single(), to)
            && a == b
        {
            finding = self.about_variants(finding, *a, from_args, to_args);
        }
        self.report(finding);
        false
    }

    /// Requires a value that is known while compiling.
    fn require_const(&mut self, e: &Expr, val: &Val, because: &str) {
        if val.phase == Phase::Const || val.ty.is_error() {
            return;
        }
        let mut finding = self
            .finding(Code::NotConst, e.span, format!("{because} must be known while compiling"))
            .label(format!("this is known {}", val.phase.when()))
            .help("give a literal, a constant, a `const` parameter or the variable of a loop over these");
        for (span, reason) in self.why_late(e, Phase::Const) {
            finding = finding.related(self.at(span), reason);
        }
        self.report(finding);
    }
}

/// `a string`, `an int`.
fn article(noun: &str) -> String {
    match noun.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u' | 'A' | 'E' | 'I' | 'O' | 'U') => format!("an `{noun}`"),
        _ => format!("a `{noun}`"),
    }
}

impl Infer<'_> {
    /// Notes what a word stands for.
    fn note(&mut self, span: Span, res: Res) {
        self.out.names.insert(span, res);
    }
}
