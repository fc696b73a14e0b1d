//! The body of a pipeline: its statements, under the conditions, orders and stages around them.

use flow_analysis::db::syntax;
use flow_analysis::value::ConstValue;
use flow_analysis::{Db, Def, Finding, Place};
use flow_syntax::Code;
use flow_syntax::Span;
use flow_syntax::tree::{Body, Expr, For, Pipeline, Source, Stmt, StmtKind, Text};
use rustc_hash::{FxHashMap, FxHashSet};

use super::consume::{Needs, Traced};
use super::control::item_type;
use super::job::Built;
use super::name::{slug, unique};
use super::scope::{Calls, Result, Scope, View};
use super::value::{Asserted, Made, Origin, Val, value_type};
use crate::model::{
    Backend, Each, EdgeKind, Gate, Job, Operand, Phase, PipelineOutput, PipelineOutputKind, Plan, Role, Secret, Stage,
    Value,
};

/// A pipeline while it is being carried out.
pub(super) struct Graph<'db> {
    pub db: &'db dyn Db,
    def: Def,
    pub backend: Backend,
    pub jobs: Vec<Instance>,
    /// The instances by id, and where gates and stages stand.
    pub ids: FxHashMap<String, Place>,
    pub exposed: FxHashMap<String, Place>,
    /// The pipeline's variables.
    pub env: Vec<(String, Value)>,
    /// The keys of the loops around the current call.
    pub keys: Vec<ConstValue>,
    /// The conditions around it.
    pub guards: Vec<Value>,
    /// The loops over lists that are known later around it.
    pub each: Vec<Each>,
    /// What all calls inside of a block come after.
    pub after: Vec<Val>,
    pub stage: Option<String>,
    pub role: Role,
    /// How many steps there are.
    pub steps: usize,
    /// How many flows are around.
    pub depth: usize,
    stages: Vec<Stage>,
    gates: Vec<Gate>,
    pub findings: Vec<Finding>,
}

pub(super) struct Instance {
    pub job: Job,
    /// The files of its outputs, and where its outputs' values come from.
    pub built: Built,
    pub place: Place,
}

impl<'db> Graph<'db> {
    pub(super) fn new(db: &'db dyn Db, def: Def, backend: Backend) -> Self {
        Self {
            db,
            def,
            backend,
            jobs: Vec::new(),
            ids: FxHashMap::default(),
            exposed: FxHashMap::default(),
            env: Vec::new(),
            keys: Vec::new(),
            guards: Vec::new(),
            each: Vec::new(),
            after: Vec::new(),
            stage: None,
            role: Role::Normal,
            steps: 0,
            depth: 0,
            stages: Vec::new(),
            gates: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The plan, and where the call of each of its jobs stands.
    pub(super) fn elaborate(
        mut self,
        tree: &Pipeline,
        docs: Option<String>,
    ) -> std::result::Result<(Plan, Vec<Place>), Vec<Finding>> {
        let mut scope = Scope::new(self.db, self.def, self.backend);
        let source = self.def.file(self.db).path(self.db).to_string();
        let mut plan = Plan { docs, ..Plan::new(self.backend, tree.name.text.as_str(), source) };
        match super::pipeline::settings(&mut plan, &mut scope, &tree.body) {
            Ok(env) => self.env = env,
            Err(found) => {
                let silent = found.is_empty();
                self.findings.extend(found);
                if silent {
                    self.findings.push(silence(scope.at(tree.name.span)));
                }
            }
        }
        let outputs = tree.outputs.as_deref().unwrap_or_default();
        for output in outputs {
            scope.bind(&output.name.text, Val::Unset);
        }
        if self.findings.is_empty() {
            self.body(&mut scope, &tree.body);
        }
        if self.findings.is_empty()
            && let Err(found) = self.outputs(&mut plan, &scope, tree)
        {
            self.findings.extend(found);
        }
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        let mut places = Vec::with_capacity(self.jobs.len());
        for instance in self.jobs {
            places.push(instance.place);
            plan.jobs.push(instance.job);
        }
        plan.stages = self.stages;
        plan.gates = self.gates;
        plan.secrets = secrets(self.db, self.backend, &scope);
        Ok((plan, places))
    }

    /// What a caller gets.
    fn outputs(&mut self, plan: &mut Plan, scope: &Scope<'db>, tree: &Pipeline) -> Result<()> {
        for output in tree.outputs.as_deref().unwrap_or_default() {
            let val = scope.lookup(&output.name.text).cloned().unwrap_or(Val::Unset);
            let val = self.received(&val);
            let sig = &flow_analysis::infer::signature(self.db, self.def).outputs;
            let ty = sig.iter().find(|it| it.name == output.name.text).map(|it| it.ty.clone());
            let kind = match &val {
                Val::Made(made) => self.trace(made).map(|traced| PipelineOutputKind::Files(traced.from)),
                val => scope.late(val).map(|value| {
                    let ty = ty.and_then(|ty| value_type(self.db, &ty));
                    PipelineOutputKind::Value { ty: ty.unwrap_or_else(|| super::compute::shown_type(&value)), value }
                }),
            };
            let Some(kind) = kind else { return scope.not_built(output.span, "this output of a pipeline") };
            let place = scope.place(output.name.span);
            let docs = output.docs.text();
            plan.outputs.push(PipelineOutput { name: output.name.text.to_string(), docs, kind, place });
        }
        Ok(())
    }

    /// The statements of a block; a finding in one does not hide those of the next.
    pub(super) fn body(&mut self, scope: &mut Scope<'db>, body: &Body) {
        let first = self.jobs.len();
        for stmt in &body.stmts {
            if let Err(findings) = self.stmt(scope, stmt, first) {
                if findings.is_empty() {
                    // Nothing may be left out of a plan without a word.
                    self.findings.push(silence(scope.at(stmt.span)));
                }
                let limit = findings.iter().any(|it| it.code == Code::LimitExceeded);
                self.findings.extend(findings);
                // What it would have bound is missing below, and what is too large does not become smaller.
                if limit || !matches!(stmt.kind, StmtKind::Source(_) | StmtKind::Expose { .. } | StmtKind::Gate { .. })
                {
                    return;
                }
            }
        }
    }

    /// A statement of a body whose first job is `first`.
    fn stmt(&mut self, scope: &mut Scope<'db>, stmt: &Stmt, first: usize) -> Result<()> {
        match &stmt.kind {
            StmtKind::Let { name, value: Some(Source::Expr(value)), .. } => {
                let val = scope.value(value, self)?;
                scope.bind(&name.text, val);
            }
            StmtKind::Out { place, value: Source::Expr(value) } if place.steps.is_empty() => {
                let val = scope.value(value, self)?;
                scope.assign(&place.root.text, val);
            }
            StmtKind::Source(Source::Expr(e)) => {
                scope.value(e, self)?;
            }
            StmtKind::Expose { value, title, options } => {
                self.expose(scope, stmt.span, value, title.as_ref(), options.as_ref())?;
            }
            StmtKind::Gate { title, after } => self.gate(scope, stmt, title, after.as_ref())?,
            StmtKind::Stage { title, body } => {
                let id = self.stage(scope, stmt.span, title)?;
                let outer = self.stage.replace(id);
                let done = self.statements(scope, body, first);
                self.stage = outer;
                done?;
            }
            StmtKind::After { after, body } => {
                let val = scope.value(after, self)?;
                self.after.push(val);
                let done = self.statements(scope, body, first);
                self.after.pop();
                done?;
            }
            StmtKind::OnFailure(body) => self.last(scope, body, first, Role::OnFailure)?,
            StmtKind::Finally(body) => self.last(scope, body, first, Role::Finally)?,
            StmtKind::Setting(_) => {}
            _ => return Err(Vec::new()),
        }
        Ok(())
    }

    fn statements(&mut self, scope: &mut Scope<'db>, body: &Body, first: usize) -> Result<()> {
        body.stmts.iter().try_for_each(|stmt| self.stmt(scope, stmt, first))
    }

    /// `on_failure { … }`, `finally { … }`: after all jobs that stand before.
    fn last(&mut self, scope: &mut Scope<'db>, body: &Body, first: usize, role: Role) -> Result<()> {
        let depth = scope.env.len();
        let all = (first..self.jobs.len()).map(Val::Job).collect();
        self.after.push(Val::List(all));
        let outer = std::mem::replace(&mut self.role, role);
        let done = self.statements(scope, body, self.jobs.len());
        self.role = outer;
        self.after.pop();
        scope.env.truncate(depth);
        done
    }

    fn stage(&mut self, scope: &Scope<'db>, span: Span, title: &Text) -> Result<String> {
        let title = scope.title(title)?;
        let id = unique(slug(&title), '-', |id| self.stages.iter().any(|stage| stage.id == id));
        self.stages.push(Stage { id: id.clone(), title, place: scope.place(span) });
        Ok(id)
    }

    fn gate(&mut self, scope: &mut Scope<'db>, stmt: &Stmt, title: &Text, after: Option<&Expr>) -> Result<()> {
        let title = scope.title(title)?;
        let covered: FxHashSet<String> = match after {
            None => self.jobs.iter().map(|it| it.job.id.clone()).collect(),
            Some(after) => {
                let val = scope.value(after, self)?;
                let mut needs = Needs::default();
                self.order(&val, &mut needs);
                // And what these need.
                let by_id: FxHashMap<&str, &Job> = self.jobs.iter().map(|it| (it.job.id.as_str(), &it.job)).collect();
                let mut open: Vec<String> = needs.edges.into_iter().map(|edge| edge.job).collect();
                let mut all = FxHashSet::default();
                while let Some(id) = open.pop() {
                    if all.insert(id.clone()) {
                        open.extend(
                            by_id
                                .get(id.as_str())
                                .into_iter()
                                .flat_map(|job| job.needs.iter().map(|it| it.job.clone())),
                        );
                    }
                }
                all
            }
        };
        let covers = self.jobs.iter().map(|it| &it.job);
        let covers = covers.filter(|job| job.role == Role::Normal && !job.advisory && covered.contains(&job.id));
        let covers = covers.map(|job| job.id.clone()).collect();
        let id = slug(&title);
        self.take_id(scope, &id, stmt.span, "as another title")?;
        self.gates.push(Gate { id, title, covers, place: scope.place(stmt.span) });
        Ok(())
    }

    /// Notes an id of a job or a gate; a second one of that name is an error.
    pub(super) fn take_id(&mut self, scope: &Scope<'_>, id: &str, span: Span, help: &str) -> Result<()> {
        let place = scope.at(span);
        if let Some(first) = self.ids.get(id) {
            return Err(vec![
                Finding::new(Code::DuplicateInstance, place, format!("two jobs would be called `{id}`"))
                    .label("the second one")
                    .related(*first, "the first one")
                    .note("a job's id comes from its name and the const arguments and loop keys of its call")
                    .help(if self.depth > 0 {
                        format!("give a call of the flow a title of its own: `{help}`")
                    } else {
                        format!("give this call a title of its own: `{help}`")
                    }),
            ]);
        }
        self.ids.insert(id.to_owned(), place);
        Ok(())
    }

    /// What all that stands behind a value comes before.
    pub(super) fn order(&self, val: &Val, needs: &mut Needs) {
        match val {
            Val::Job(job) => {
                if let Some(instance) = self.jobs.get(*job) {
                    needs.push(&instance.job.id, EdgeKind::Order);
                }
            }
            Val::Made(made) => {
                if let Some(job) = origin(made) {
                    self.order(&Val::Job(job), needs);
                } else if let Some(traced) = self.trace(made) {
                    traced.from.outputs(&mut |job, _| needs.push(job, EdgeKind::Order));
                }
            }
            Val::Late(value) => value.each(&mut |value| {
                if let Value::Output { job, .. } = value {
                    needs.push(job, EdgeKind::Order);
                }
            }),
            Val::Outputs(outputs) => {
                outputs.jobs.iter().for_each(|job| self.order(&Val::Job(*job), needs));
                if outputs.jobs.is_empty() {
                    outputs.values.iter().for_each(|(_, val)| self.order(val, needs));
                }
            }
            Val::Family(members) => members.iter().for_each(|(_, val)| self.order(val, needs)),
            Val::List(items) => items.iter().for_each(|val| self.order(val, needs)),
            Val::Record(fields) => fields.iter().for_each(|(_, val)| self.order(val, needs)),
            Val::Choice(it) => {
                self.order(&it.then, needs);
                self.order(&it.otherwise, needs);
            }
            Val::Each(inner) => self.order(inner, needs),
            Val::Const(_) | Val::Files(_) | Val::Foreign(_) | Val::Unset | Val::Unit => {}
        }
    }
}

/// The job whose output it is, as it is.
fn origin(made: &Made) -> Option<usize> {
    match made.source {
        Origin::Output { job, .. } => Some(job),
        _ => None,
    }
}

/// What is checked and yet has no meaning here, which must not go unsaid.
fn silence(place: Place) -> Finding {
    Finding::new(Code::NotBuilt, place, "this cannot be planned yet")
        .label("checked, but elaboration has no meaning for a part of it")
}

/// The secrets that a plan reads, by name.
fn secrets(db: &dyn Db, backend: Backend, scope: &Scope<'_>) -> Vec<Secret> {
    let mut out: Vec<Secret> = Vec::new();
    for def in scope.secrets.borrow().iter() {
        let item = syntax(db, *def);
        let flow_syntax::tree::ItemKind::Secret(tree) = &item.kind else { continue };
        let mut inner = scope.enter(*def);
        let source = tree.sources.as_ref().and_then(|map| {
            let entries = super::pipeline::entries(&mut inner, map).ok()?;
            entries.into_iter().find(|(of, _)| of == backend.name()).map(|(_, value)| value)
        });
        let place = super::place(db, *def, tree.name.span);
        out.push(Secret { name: tree.name.text.to_string(), optional: tree.optional, source, place });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out.dedup_by(|a, b| a.name == b.name);
    out
}

impl<'db> Calls<'db> for Graph<'db> {
    fn call(&mut self, scope: &mut Scope<'db>, e: &Expr) -> Result<Val> {
        self.called(scope, e)
    }

    fn block(&mut self, scope: &mut Scope<'db>, body: &Body) -> Result<Val> {
        let mut value = Val::Unit;
        let first = self.jobs.len();
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Source(Source::Expr(e)) => value = scope.value(e, self)?,
                _ => self.stmt(scope, stmt, first)?,
            }
        }
        Ok(value)
    }

    fn enter(&mut self, condition: Value) {
        self.guards.push(condition);
    }

    fn leave(&mut self) {
        self.guards.pop();
    }

    fn key(&mut self, key: Option<&ConstValue>) {
        match key {
            Some(key) => self.keys.push(key.clone()),
            None => drop(self.keys.pop()),
        }
    }

    fn each(&mut self, scope: &mut Scope<'db>, it: &For, list: Operand) -> Result<Val> {
        let jobs = self.jobs.len();
        let ty = item_type(&list.ty);
        let phase = list.value.phase().max(Phase::Plan);
        let name = it.name.text.to_string();
        let depth = scope.env.len();
        scope.bind(&it.name.text, Val::Late(Value::Item { name: name.clone(), phase }));
        let filter = match &it.filter {
            Some(filter) => Some(scope.condition(filter, self)?),
            None => None,
        };
        self.each.push(Each { name, list: list.value.clone(), ty, filter, place: scope.place(it.iterable.span) });
        let val = self.block(scope, &it.body);
        self.each.pop();
        scope.env.truncate(depth);
        let val = val?;
        if self.jobs.len() == jobs && !matches!(val, Val::Unit) {
            // No job, but a list of what is computed.
            return scope.comprehension(it, list, self);
        }
        Ok(Val::Each(val.into()))
    }

    fn dynamic(&mut self) -> &mut dyn Calls<'db> {
        self
    }

    fn resolve(&mut self, val: Val) -> Val {
        self.received(&val)
    }

    fn exists(&mut self, val: &Val) -> Option<Value> {
        match val {
            Val::Job(job) => {
                let job = &self.jobs.get(*job)?.job;
                // It may fail and yet be read.
                job.continue_on_error.as_ref().map(|_| Value::Succeeded(job.id.clone()))
            }
            Val::Made(made) => {
                let tolerated = origin(made).and_then(|job| self.exists(&Val::Job(job)));
                if tolerated.is_some() {
                    return tolerated;
                }
                let Traced { from, optional, .. } = self.trace(made)?;
                (optional || !from.is_of_run()).then(|| Value::Exists(Box::new(from)))
            }
            _ => None,
        }
    }

    fn assert_exists(&mut self, scope: &Scope<'db>, span: Span, dir: &Val, path: &str) -> Result<Val> {
        match self.received(dir) {
            Val::Made(made) => {
                let asserted = Some(Asserted { path: path.to_owned(), place: scope.place(span) });
                Ok(Val::Made(Made { asserted, ..Made::clone(&made) }.into()))
            }
            _ => scope.not_built(span, "an assertion about this"),
        }
    }

    fn view(&mut self, scope: &Scope<'db>, span: Span, view: View) -> Result<Val> {
        let one = |graph: &mut Self, val: &Val| match graph.received(val) {
            Val::Made(made) => Ok(made),
            _ => scope.not_built(span, "a view of this"),
        };
        let source = match view {
            View::Subtree(of, path) => Origin::Subtree { of: one(self, &of)?, path },
            View::Filter(of, pattern) => Origin::Filter { of: one(self, &of)?, pattern },
            View::Merge(of, identical) => {
                Origin::Merge { of: of.iter().map(|val| self.received(val)).collect(), identical }
            }
        };
        Ok(Val::Made(Made { source, part: String::new(), asserted: None }.into()))
    }
}
