//! The steps of a job: the statements of its body, under the conditions around them.

use flow_analysis::Finding;
use flow_analysis::ty::Ty;
use flow_syntax::tree::{self, Body, Expr, For, Map, Source, Stmt, StmtKind};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::MAX_STEPS;
use super::action::{Called, Once};
use super::claim::taken;
use super::compute::guard;
use super::name::slug;
use super::scope::{Calls, Result, Scope, View};
use super::settings::{checkout, merge};
use super::titled::Titled;
use super::value::{Base, Files, Outputs, Val};
use crate::model::{Assertion, Block, Checkout, Consume, Expose, ForeignKind, ForeignStep, Operand, Run, Step, Value};

/// The steps of a job while they are being made.
pub(super) struct Steps<'db> {
    pub steps: Vec<Step>,
    /// Ids that are taken, and how many steps wanted each.
    ids: FxHashMap<String, u32>,
    workdir: Option<String>,
    /// Variables of the job, which no read may take.
    pub variables: Vec<String>,
    /// The `step` that is being carried out.
    pub current: Option<Titled>,
    /// The action that is being carried out.
    pub action: Option<Called>,
    /// The conditions around.
    pub guards: Vec<Value>,
    /// The block that is being carried out.
    pub block: Block,
    /// How many bodies are around; 1 in the job's own.
    depth: usize,
    /// How many steps stand before the statement of the job's own body that is being carried out.
    pub before: usize,
    /// Blocks that come last.
    cleanup: Vec<Cleanup<'db>>,
    /// The actions that stand once.
    pub once: Vec<Once>,
    /// What is shown to people, with its place.
    pub exposes: Vec<(Expose, flow_analysis::Place)>,
    /// What directories are said to hold.
    pub asserts: Vec<(Base, Assertion)>,
    /// Views of what is consumed.
    pub views: Vec<Consume>,
    /// What the job consumes, for views of it.
    pub consumes: Vec<Consume>,
    /// The sources that it sees before its first step.
    pub checkout: Option<Checkout>,
    /// A step stands before.
    begun: bool,
    /// What stands above the statement that is being carried out, until a step has it.
    docs: Option<String>,
    /// What the value of the `if`, `match` or block that is being carried out is for.
    pub wanted: Option<Wanted>,
}

/// What a value is for.
#[derive(Clone)]
pub(super) struct Wanted {
    pub name: SmolStr,
    pub ty: Ty,
    pub secret: bool,
    /// It is the files of this output.
    pub files: Option<Files>,
}

/// A block that comes last.
struct Cleanup<'db> {
    scope: Scope<'db>,
    body: Body,
    block: Block,
    action: Option<Called>,
    guards: Vec<Value>,
}

/// Where nothing can be called.
pub(super) struct NoCalls;

impl<'db> Calls<'db> for NoCalls {
    fn call(&mut self, scope: &mut Scope<'db>, e: &Expr) -> Result<Val> {
        scope.not_built(e.span, "a call here")
    }

    fn block(&mut self, scope: &mut Scope<'db>, body: &Body) -> Result<Val> {
        let mut value = Val::Unit;
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Let { name, value: Some(Source::Expr(e)), .. } => {
                    let val = scope.value(e, self)?;
                    scope.bind(&name.text, val);
                }
                StmtKind::Source(Source::Expr(e)) => value = scope.value(e, self)?,
                _ => return scope.not_built(stmt.span, "this statement in a value"),
            }
        }
        Ok(value)
    }

    fn enter(&mut self, _condition: Value) {}

    fn leave(&mut self) {}

    fn dynamic(&mut self) -> &mut dyn Calls<'db> {
        self
    }
}

impl<'db> Calls<'db> for Steps<'db> {
    fn call(&mut self, scope: &mut Scope<'db>, e: &Expr) -> Result<Val> {
        match (taken(e), self.wanted.as_ref().and_then(|it| it.files.clone())) {
            (Some((word, path)), Some(files)) => {
                self.take(scope, &stmt_of(&Source::Expr(e.clone())), &files, word, path)?;
                Ok(Val::Unit)
            }
            _ => self.called(scope, e),
        }
    }

    fn block(&mut self, scope: &mut Scope<'db>, body: &Body) -> Result<Val> {
        let wanted = self.wanted.take();
        self.depth += 1;
        let mut done = Ok(Val::Unit);
        for (index, stmt) in body.stmts.iter().enumerate() {
            if index + 1 == body.stmts.len() {
                self.wanted.clone_from(&wanted);
            }
            done = match &stmt.kind {
                StmtKind::Source(source) => self.source(scope, source),
                _ => self.stmt(scope, stmt).map(|()| Val::Unit),
            };
            if done.is_err() {
                break;
            }
        }
        self.depth -= 1;
        self.wanted = wanted;
        done
    }

    fn source(&mut self, scope: &mut Scope<'db>, source: &Source) -> Result<Val> {
        let stmt = stmt_of(source);
        let Some(wanted) = self.wanted.clone() else {
            return match source {
                Source::Expr(e) => scope.value(e, self),
                _ => self.stmt(scope, &stmt).map(|()| Val::Unit),
            };
        };
        let val = match source {
            // Its branches know what is wanted of them.
            Source::Expr(e) => scope.value(e, self)?,
            source => {
                self.wanted = None;
                let val = self.source_value(scope, &stmt, source, wanted.clone())?;
                self.wanted = Some(wanted.clone());
                val
            }
        };
        match (&val, &wanted.files) {
            (Val::Files(from), Some(to)) => {
                self.pass(scope, &stmt, from, to)?;
                Ok(Val::Unit)
            }
            _ => Ok(val),
        }
    }

    fn enter(&mut self, condition: Value) {
        self.guards.push(condition);
    }

    fn leave(&mut self) {
        self.guards.pop();
    }

    fn dynamic(&mut self) -> &mut dyn Calls<'db> {
        self
    }

    fn each(&mut self, scope: &mut Scope<'db>, it: &For, list: Operand) -> Result<Val> {
        let steps = self.steps.len();
        let val = scope.comprehension(it, list, self)?;
        if self.steps.len() > steps {
            return scope.not_built(it.iterable.span, "a loop of steps over a list that is known later");
        }
        Ok(val)
    }

    fn assert_exists(&mut self, scope: &Scope<'db>, span: Span, dir: &Val, path: &str) -> Result<Val> {
        self.asserted(scope, span, dir, path)
    }

    fn view(&mut self, scope: &Scope<'db>, span: Span, view: View) -> Result<Val> {
        self.view_of(scope, span, view)
    }
}

impl<'db> Steps<'db> {
    pub(super) fn new(
        workdir: Option<String>,
        variables: Vec<String>,
        consumes: Vec<Consume>,
        checkout: Option<Checkout>,
    ) -> Self {
        Self {
            steps: Vec::new(),
            ids: FxHashMap::default(),
            workdir,
            variables,
            current: None,
            action: None,
            guards: Vec::new(),
            block: Block::Main,
            depth: 0,
            before: 0,
            cleanup: Vec::new(),
            once: Vec::new(),
            exposes: Vec::new(),
            asserts: Vec::new(),
            views: Vec::new(),
            consumes,
            checkout,
            begun: false,
            docs: None,
            wanted: None,
        }
    }

    /// The same job from its beginning, with what was learnt of the actions that stand once.
    pub(super) fn again(self, consumes: Vec<Consume>, checkout: Option<Checkout>) -> Self {
        let once = self.once.into_iter().map(Once::again).collect();
        Self { once, ..Self::new(self.workdir, self.variables, consumes, checkout) }
    }

    /// The body of the job, and the blocks that come last.
    pub(super) fn job(&mut self, scope: &mut Scope<'db>, body: &Body) -> Result<()> {
        self.body(scope, body)?;
        for block in [Block::OnFailure, Block::Finally] {
            // A block may call actions that have such blocks of their own.
            while let Some(at) = self.cleanup.iter().position(|it| it.block == block) {
                let mut it = self.cleanup.remove(at);
                self.block = block;
                self.guards = it.guards;
                self.action = it.action;
                self.depth = 0;
                self.body(&mut it.scope, &it.body)?;
            }
        }
        self.block = Block::Main;
        self.guards.clear();
        self.action = None;
        Ok(())
    }

    /// The statements of a body.
    pub(super) fn body(&mut self, scope: &mut Scope<'db>, body: &Body) -> Result<()> {
        self.depth += 1;
        let done = body.stmts.iter().try_for_each(|stmt| {
            if self.depth == 1 {
                self.before = self.steps.len();
            }
            self.stmt(scope, stmt)
        });
        self.depth -= 1;
        done
    }

    /// The value of an expression whose branches may be scripts.
    pub(super) fn wanting(
        &mut self,
        scope: &mut Scope<'db>,
        e: &Expr,
        name: &SmolStr,
        ty: &Ty,
        secret: bool,
    ) -> Result<Val> {
        let branches = matches!(e.kind, tree::ExprKind::If(_) | tree::ExprKind::Match(_));
        let wanted = branches.then(|| Wanted { name: name.clone(), ty: ty.clone(), secret, files: None });
        let outer = std::mem::replace(&mut self.wanted, wanted);
        let val = scope.value(e, self);
        self.wanted = outer;
        val
    }

    pub(super) fn stmt(&mut self, scope: &mut Scope<'db>, stmt: &Stmt) -> Result<()> {
        let begun = self.begun;
        self.begun |= !matches!(stmt.kind, StmtKind::Setting(_));
        self.docs = stmt.docs.text();
        match &stmt.kind {
            StmtKind::Let { name, value: Some(value), .. } => {
                let ty = scope.ty(name.span).cloned().unwrap_or(Ty::String);
                let secret = scope.checked(name.span).is_some_and(|val| val.labels.secret);
                let val = match value {
                    // The outputs of an action stay apart: `t.stamp` is as good as `t`.
                    Source::Expr(e) => self.wanting(scope, e, &name.text, &ty, secret)?,
                    source => self.made(scope, stmt, source, &name.text, &ty, secret)?,
                };
                scope.bind(&name.text, val);
            }
            StmtKind::Let { name, value: None, .. } => scope.bind(&name.text, Val::Unset),
            StmtKind::Out { place, value } => self.out(scope, stmt, place, value)?,
            StmtKind::Source(Source::Script(script)) => {
                self.script(scope, stmt, script, None)?;
            }
            StmtKind::Source(Source::Step(step)) => {
                self.step(scope, stmt, step, None)?;
            }
            StmtKind::Source(Source::Foreign(foreign)) => {
                self.foreign(scope, stmt, foreign)?;
            }
            StmtKind::Source(Source::Expr(e)) => {
                scope.value(e, self)?;
            }
            StmtKind::Export { name, value } => {
                let operand = scope.operand(value, self)?;
                let run = Run::Export { name: name.text.to_string(), value: operand.value };
                self.plain(scope, stmt, format!("Export {}", name.text), run)?;
            }
            StmtKind::AddPath(value) => {
                let value = scope.operand(value, self)?.value;
                self.plain(scope, stmt, "Add to the search path".to_owned(), Run::AddPath(value))?;
            }
            StmtKind::Summary(value) => {
                let val = scope.value(value, self)?;
                let run = match &val {
                    Val::Files(files) => match files.location() {
                        Some(location) => Run::SummaryFile(location),
                        None => return scope.not_built(value.span, "a summary of this"),
                    },
                    val => match scope.late(val) {
                        Some(value) => Run::Summary(value),
                        None => return scope.not_built(value.span, "a summary of this"),
                    },
                };
                self.plain(scope, stmt, "Add to the summary".to_owned(), run)?;
            }
            StmtKind::Checkout(map) => self.checkout(scope, stmt, map, begun)?,
            StmtKind::Expose { value, title, options } => {
                self.expose(scope, stmt, value, title.as_ref(), options.as_ref())?;
            }
            StmtKind::Finally(body) => self.later(scope, body, Block::Finally),
            StmtKind::OnFailure(body) => self.later(scope, body, Block::OnFailure),
            // Settings were read before.
            StmtKind::Setting(_) => {}
            StmtKind::Gate { .. } | StmtKind::After { .. } | StmtKind::Stage { .. } | StmtKind::Hole => {
                return Err(Vec::new());
            }
        }
        Ok(())
    }

    fn later(&mut self, scope: &Scope<'db>, body: &Body, block: Block) {
        self.cleanup.push(Cleanup {
            scope: scope.clone(),
            body: body.clone(),
            block,
            action: self.action.clone(),
            guards: self.guards.clone(),
        });
    }

    fn checkout(&mut self, scope: &mut Scope<'db>, stmt: &Stmt, map: &Map, begun: bool) -> Result<()> {
        let it = checkout(scope, map)?;
        let own = it.repo.is_none() && it.path.is_none();
        if own && !begun && self.depth == 1 && self.guards.is_empty() {
            self.checkout = Some(it);
            // Nothing of the job has run before it.
            self.begun = false;
            return Ok(());
        }
        if own {
            // The sources come where it says, not before.
            self.checkout = None;
        }
        self.plain(scope, stmt, "Check out".to_owned(), Run::Checkout(it))
    }

    /// A step of the compiler's own words.
    pub(super) fn plain(&mut self, scope: &Scope<'db>, stmt: &Stmt, title: String, run: Run) -> Result<()> {
        let step = self.begin(scope, stmt, title, run)?;
        self.steps.push(step);
        Ok(())
    }

    /// A step with the title and settings of where it stands.
    pub(super) fn begin(&mut self, scope: &Scope<'db>, stmt: &Stmt, title: String, run: Run) -> Result<Step> {
        if self.steps.len() >= MAX_STEPS {
            return Err(vec![
                Finding::new(
                    Code::LimitExceeded,
                    scope.at(stmt.span),
                    format!("the job has more than {MAX_STEPS} steps"),
                )
                .label("one too many")
                .note("loops inside one another multiply")
                .help("make the loops around it shorter, or loop in the script"),
            ]);
        }
        let mut step = Step {
            title,
            docs: stmt.docs.text().or_else(|| self.docs.clone()),
            guard: guard(&self.guards),
            block: self.block,
            run,
            workdir: self.workdir.clone(),
            place: scope.place(stmt.span),
            ..Step::default()
        };
        if let Some(current) = &mut self.current {
            current.count += 1;
            step.title = if current.count == 1 {
                current.title.clone()
            } else {
                format!("{} ({})", current.title, current.count)
            };
            step.docs = step.docs.or_else(|| current.docs.clone());
            step.env.clone_from(&current.env);
            step.timeout_seconds = current.timeout_seconds;
            step.retry = current.retry;
            step.continue_on_error.clone_from(&current.continue_on_error);
            step.raw.clone_from(&current.raw);
            step.workdir = current.workdir.clone().or(step.workdir);
        }
        if let Some(action) = &self.action {
            // A title that somebody has chosen says enough.
            if self.current.is_none() {
                step.title = format!("{}: {}", action.name, step.title);
            }
            merge(&mut step.env, &action.env);
        }
        // Short, since it stands in every name of what the step makes.
        let base = self.action.as_ref().map_or(&step.title, |action| &action.name);
        step.id = self.id(shorten(slug(base)));
        self.docs = None;
        Ok(step)
    }

    /// `base`, or `base-2`, `base-3` … when it is taken.
    fn id(&mut self, base: String) -> String {
        loop {
            let wanted = self.ids.entry(base.clone()).or_insert(0);
            *wanted += 1;
            if *wanted == 1 {
                return base;
            }
            let id = format!("{base}-{wanted}");
            if !self.ids.contains_key(&id) {
                self.ids.insert(id.clone(), 1);
                return id;
            }
        }
    }

    /// `uses "owner/repo@ref" { input = value }`.
    pub(super) fn foreign(&mut self, scope: &mut Scope<'db>, stmt: &Stmt, it: &tree::Foreign) -> Result<Val> {
        let reference = scope.title(&it.reference)?;
        let mut inputs = Vec::new();
        for entry in it.inputs.iter().flat_map(|map| &map.entries) {
            let tree::EntryValue::Expr(value) = &entry.value else { return Err(Vec::new()) };
            inputs.push((entry.key.text.to_string(), scope.operand(value, self)?.value));
        }
        let kind = if it.task { ForeignKind::Task } else { ForeignKind::Action };
        let title = reference.split('@').next().unwrap_or_default().to_owned();
        let run = Run::Foreign(ForeignStep { kind, reference, inputs });
        let step = self.begin(scope, stmt, title, run)?;
        let id = step.id.clone();
        self.steps.push(step);
        Ok(Val::Foreign(id))
    }

    /// The outputs of an action that wrote them.
    pub(super) fn outputs(values: Vec<(SmolStr, Val)>) -> Val {
        Val::Outputs(Outputs { values, jobs: Vec::new() }.into())
    }
}

/// A source as a statement.
fn stmt_of(source: &Source) -> Stmt {
    Stmt { docs: tree::Docs::default(), kind: StmtKind::Source(source.clone()), span: source.span() }
}

/// At most 32 characters of an id, cut between words where that is possible.
fn shorten(id: String) -> String {
    const LONGEST: usize = 32;
    match id.get(..LONGEST) {
        Some(start) if id.len() > LONGEST => start.rsplit_once('-').map_or(start, |(whole, _)| whole).to_owned(),
        _ => id,
    }
}
