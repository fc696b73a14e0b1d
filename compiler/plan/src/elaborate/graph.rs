//! The body of a pipeline: calls become job instances and the edges between them.

use flow_analysis::db::syntax;
use flow_analysis::scope::Res;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_analysis::{Db, Def, DefKind, Finding, Place};
use flow_syntax::tree::{
    ArmValue, Body, Else, Entry, EntryValue, Expr, ExprKind, For, If, ItemKind, Map, Pipeline, Setting, Source, Stmt,
    StmtKind, Text,
};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;

use super::job::{Built, build};
use super::name::{part, slug};
use super::scope::{Argument, Calls, Result, Scope};
use super::value::{Val, constant, value_type};
use super::{MAX_INSTANCES, setting};
use crate::model::{Backend, Edge, EdgeKind, Event, Expose, Job, Param, Plan, Trigger, Value};

/// A pipeline while it is being carried out.
pub(super) struct Graph<'db> {
    db: &'db dyn Db,
    def: Def,
    backend: Backend,
    jobs: Vec<Instance>,
    ids: FxHashMap<String, usize>,
    exposed: FxHashMap<String, Place>,
    /// The pipeline's variables.
    env: Vec<(String, Value)>,
    /// The keys of the loops around the current call.
    keys: Vec<ConstValue>,
    findings: Vec<Finding>,
}

struct Instance {
    job: Job,
    /// The files of its outputs, and where its outputs' values come from.
    built: Built,
    place: Place,
}

/// What stands behind a call: `as "title" after x`.
#[derive(Default)]
struct Ordered<'t> {
    title: Option<&'t Text>,
    after: Option<&'t Expr>,
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
            findings: Vec::new(),
        }
    }

    pub(super) fn elaborate(
        mut self,
        tree: &Pipeline,
        docs: Option<String>,
    ) -> std::result::Result<Plan, Vec<Finding>> {
        let mut scope = Scope::new(self.db, self.def, self.backend);
        let source = self.def.file(self.db).path(self.db).to_string();
        let mut plan = Plan { docs, ..Plan::new(self.backend, tree.name.text.as_str(), source) };
        if let Err(findings) = self.settings(&mut plan, &mut scope, &tree.body) {
            self.findings.extend(findings);
        }
        if let Some(display) = setting(tree, "display")
            && let Ok(ConstValue::Text(title)) = scope.constant(display)
        {
            plan.title = title.to_string();
        }
        self.body(&mut scope, &tree.body);
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        plan.jobs = self.jobs.into_iter().map(|instance| instance.job).collect();
        Ok(plan)
    }

    fn settings(&mut self, plan: &mut Plan, scope: &mut Scope<'db>, body: &Body) -> Result<()> {
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Setting(Setting::Trigger { event, filters, .. }) => {
                    let name = match event.segments.as_slice() {
                        [name] => name.text.as_str(),
                        _ => "",
                    };
                    let Some(trigger) = trigger(scope, name, filters.as_ref())? else {
                        return scope.not_built(event.span, "this trigger");
                    };
                    plan.triggers.push(trigger);
                }
                StmtKind::Setting(Setting::Param { name, default, ty }) => {
                    let default = default.as_ref().map(|default| scope.constant(default)).transpose()?;
                    let Some(ty) = scope.ty(name.span).and_then(|ty| value_type(self.db, ty)) else {
                        return scope.not_built(ty.span, "a parameter of this type");
                    };
                    plan.params.push(Param {
                        name: name.text.to_string(),
                        docs: stmt.docs.text(),
                        ty,
                        default: default.as_ref().map(constant),
                        place: scope.place(name.span),
                    });
                    scope.bind(&name.text, Val::Late(Value::Param(name.text.to_string())));
                }
                StmtKind::Setting(Setting::Map { name, map }) if name.text == "env" => {
                    self.env = super::steps::env(scope, map, &mut super::steps::NoCalls)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The statements of a block; a finding in one does not hide those of the next.
    fn body(&mut self, scope: &mut Scope<'db>, body: &Body) {
        for stmt in &body.stmts {
            if let Err(findings) = self.stmt(scope, stmt) {
                if findings.is_empty() {
                    // Nothing may be left out of a plan without a word.
                    let finding = Finding::new(Code::NotBuilt, scope.at(stmt.span), "this cannot be planned yet");
                    self.findings.push(finding.label("checked, but elaboration has no meaning for a part of it"));
                }
                self.findings.extend(findings);
                // What it would have bound is missing below.
                if matches!(stmt.kind, StmtKind::Let { .. }) {
                    return;
                }
            }
        }
    }

    fn stmt(&mut self, scope: &mut Scope<'db>, stmt: &Stmt) -> Result<()> {
        match &stmt.kind {
            StmtKind::Let { name, value: Some(Source::Expr(value)), .. } => {
                let val = self.expr(scope, value)?;
                scope.bind(&name.text, val);
                Ok(())
            }
            StmtKind::Source(Source::Expr(e)) => self.expr(scope, e).map(|_| ()),
            StmtKind::Expose { value, title, options } => {
                self.expose(scope, stmt.span, value, title.as_ref(), options.as_ref())
            }
            StmtKind::Setting(_) | StmtKind::Hole => Ok(()),
            _ => Err(Vec::new()),
        }
    }

    fn expr(&mut self, scope: &Scope<'db>, e: &Expr) -> Result<Val> {
        match &e.kind {
            ExprKind::For(it) => self.for_value(scope, it),
            ExprKind::If(it) => self.if_value(scope, it),
            ExprKind::Match(it) => match &scope.arm(it)?.value {
                ArmValue::Body(body) => self.block(scope, body),
                ArmValue::Source(Source::Expr(e)) => self.expr(scope, e),
                ArmValue::Source(_) => Err(Vec::new()),
            },
            _ => scope.value(e, self),
        }
    }

    fn if_value(&mut self, scope: &Scope<'db>, it: &If) -> Result<Val> {
        if scope.constant(&it.condition)? == ConstValue::Bool(true) {
            return self.block(scope, &it.then);
        }
        match &it.otherwise {
            Some(Else::Body(body)) => self.block(scope, body),
            Some(Else::If(inner, _)) => self.if_value(scope, inner),
            None => Ok(Val::Const(ConstValue::None)),
        }
    }

    /// A block's statements; its value is that of the last one.
    fn block(&mut self, scope: &Scope<'db>, body: &Body) -> Result<Val> {
        let mut scope = scope.clone();
        let mut value = Val::Unit;
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Source(Source::Expr(e)) => value = self.expr(&scope, e)?,
                _ => self.stmt(&mut scope, stmt)?,
            }
        }
        Ok(value)
    }

    fn for_value(&mut self, scope: &Scope<'db>, it: &For) -> Result<Val> {
        let items: Vec<(ConstValue, Val)> = match scope.res(it.iterable.span) {
            Some(Res::Def(def)) if def.kind(self.db) == DefKind::Enum => flow_analysis::scope::variants(self.db, *def)
                .iter()
                .map(|name| ConstValue::Variant { def: *def, name: name.clone() })
                .map(|key| (key.clone(), Val::Const(key)))
                .collect(),
            _ => match self.expr(scope, &it.iterable)? {
                Val::Const(ConstValue::List(items)) => {
                    items.iter().map(|key| (key.clone(), Val::Const(key.clone()))).collect()
                }
                Val::Family(members) => members,
                Val::List(items) => (0..).zip(items).map(|(index, val)| (ConstValue::Int(index), val)).collect(),
                _ => return scope.not_built(it.iterable.span, "a loop over this"),
            },
        };
        let mut members: Vec<(ConstValue, Val)> = Vec::with_capacity(items.len());
        for (key, item) in items {
            if members.iter().any(|(other, _)| *other == key) {
                let shown = key.display(self.db);
                return Err(vec![
                    Finding::new(
                        Code::DuplicateInstance,
                        scope.at(it.iterable.span),
                        format!("the list has `{shown}` twice"),
                    )
                    .label("its elements are the keys of a family")
                    .help("remove one of the two"),
                ]);
            }
            let mut inner = scope.clone();
            inner.bind(&it.name.text, item);
            if let Some(filter) = &it.filter
                && inner.constant(filter)? != ConstValue::Bool(true)
            {
                continue;
            }
            self.keys.push(key.clone());
            let value = self.block(&inner, &it.body);
            self.keys.pop();
            members.push((key, value?));
        }
        Ok(Val::Family(members))
    }

    /// A call of a job.
    fn instance(&mut self, scope: &Scope<'_>, e: &Expr, ordered: &Ordered<'_>) -> Result<Val> {
        let ExprKind::Call { callee, args, .. } = &e.kind else { return Err(Vec::new()) };
        let Some(Res::Def(def)) = scope.res(callee.span) else {
            return scope.not_built(e.span, "this call in a pipeline");
        };
        let def = *def;
        let item = syntax(self.db, def);
        let ItemKind::Job(tree) = &item.kind else {
            return scope.not_built(callee.span, "calling this from a pipeline");
        };
        if self.jobs.len() >= MAX_INSTANCES {
            return Err(vec![
                Finding::new(
                    Code::LimitExceeded,
                    scope.at(e.span),
                    format!("the pipeline has more than {MAX_INSTANCES} jobs"),
                )
                .label("one too many")
                .help("make the loops around it shorter"),
            ]);
        }
        let mut arguments = scope.arguments(def, args, self)?;
        let mut needs: Vec<Edge> = Vec::new();
        for argument in &mut arguments {
            self.edges(&argument.val, &mut needs);
            argument.val = self.received(&argument.val);
        }
        if let Some(after) = ordered.after {
            let val = scope.value(after, self)?;
            self.order_edges(&val, &mut needs);
        }
        let (id, title) = match ordered.title {
            Some(title) => {
                let title = scope.title(title)?;
                (slug(&title), title)
            }
            None => self.name_of(&tree.name.text, &arguments),
        };
        if let Some(first) = self.ids.get(&id).and_then(|first| self.jobs.get(*first)) {
            return Err(vec![
                Finding::new(Code::DuplicateInstance, scope.at(e.span), format!("two jobs would be called `{id}`"))
                    .label("the second one")
                    .related(first.place, "the first one")
                    .note("a job's id comes from its name and the const arguments and loop keys of its call")
                    .help("give this call a title of its own: `as \"…\"`"),
            ]);
        }
        needs.dedup();
        let place = scope.place(e.span);
        let called = format!("called here, as `{title}`");
        let frame = super::job::Frame { id: id.clone(), title, needs, env: self.env.clone(), place };
        let (job, built) = build(scope, def, tree, item.docs.text(), arguments, frame, &|job| self.made(job))
            // What is wrong in one instance only needs to say in which.
            .map_err(|found| {
                found.into_iter().map(|it| it.related(scope.at(e.span), called.as_str())).collect::<Vec<_>>()
            })?;
        let index = self.jobs.len();
        self.ids.insert(id, index);
        self.jobs.push(Instance { job, built, place: scope.at(e.span) });
        Ok(Val::Job(index))
    }

    /// Id and title of an instance: the job's name, and what tells its calls apart.
    fn name_of(&self, job: &str, arguments: &[Argument]) -> (String, String) {
        let mut values: Vec<&ConstValue> = Vec::new();
        for argument in arguments.iter().filter(|it| it.given && it.constant) {
            if let Val::Const(value) = &argument.val {
                values.push(value);
            }
        }
        for key in &self.keys {
            if !values.contains(&key) {
                values.push(key);
            }
        }
        if values.is_empty() {
            return (slug(job), job.to_owned());
        }
        let texts: Vec<String> = values.iter().map(|it| it.text().unwrap_or_else(|| it.display(self.db))).collect();
        let id: Vec<String> = std::iter::once(slug(job)).chain(texts.iter().map(|text| part(text))).collect();
        (id.join("-"), format!("{job} ({})", texts.join(", ")))
    }

    /// What a job makes, for those who consume it.
    fn made(&self, job: usize) -> Option<(&str, &Built)> {
        self.jobs.get(job).map(|instance| (instance.job.id.as_str(), &instance.built))
    }

    /// A value as the called job gets it: the handle of a job with one output is that output.
    fn received(&self, val: &Val) -> Val {
        match val {
            Val::Job(job) => match self.jobs.get(*job).map(|it| it.built.outputs.as_slice()) {
                Some([only]) => self.received(&Val::Made { job: *job, output: only.name.clone() }),
                _ => Val::Unit,
            },
            Val::Made { job, output } => match self.output(*job, output) {
                Some((id, out)) if out.files.is_none() => {
                    Val::Late(Value::Output { job: id.to_owned(), output: output.to_string() })
                }
                _ => val.clone(),
            },
            Val::Family(members) => {
                Val::Family(members.iter().map(|(key, val)| (key.clone(), self.received(val))).collect())
            }
            Val::List(items) => Val::List(items.iter().map(|val| self.received(val)).collect()),
            other => other.clone(),
        }
    }

    fn output(&self, job: usize, output: &str) -> Option<(&str, &super::job::OutputBuilt)> {
        let instance = self.jobs.get(job)?;
        let out = instance.built.outputs.iter().find(|out| out.name == output)?;
        Some((&instance.job.id, out))
    }

    /// The edges that a value brings.
    fn edges(&self, val: &Val, needs: &mut Vec<Edge>) {
        match val {
            Val::Job(job) => {
                if let Some(instance) = self.jobs.get(*job)
                    && let [only] = instance.built.outputs.as_slice()
                {
                    self.edges(&Val::Made { job: *job, output: only.name.clone() }, needs);
                }
            }
            Val::Made { job, output } => {
                if let Some((id, out)) = self.output(*job, output) {
                    let kind = match out.files {
                        Some(_) => EdgeKind::Artifact(output.to_string()),
                        None => EdgeKind::Value(output.to_string()),
                    };
                    push(needs, id, kind);
                }
            }
            Val::Family(members) => members.iter().for_each(|(_, val)| self.edges(val, needs)),
            Val::List(items) => items.iter().for_each(|val| self.edges(val, needs)),
            Val::Late(Value::Join(parts)) => {
                for part in parts {
                    self.edges(&Val::Late(part.clone()), needs);
                }
            }
            Val::Late(Value::Output { job, output }) => push(needs, job, EdgeKind::Value(output.clone())),
            _ => {}
        }
    }

    fn order_edges(&self, val: &Val, needs: &mut Vec<Edge>) {
        match val {
            Val::Job(job) | Val::Made { job, .. } => {
                if let Some(instance) = self.jobs.get(*job) {
                    push(needs, &instance.job.id, EdgeKind::Order);
                }
            }
            Val::Family(members) => members.iter().for_each(|(_, val)| self.order_edges(val, needs)),
            Val::List(items) => items.iter().for_each(|val| self.order_edges(val, needs)),
            _ => {}
        }
    }

    fn expose(
        &mut self,
        scope: &Scope<'db>,
        span: Span,
        value: &Expr,
        title: Option<&Text>,
        options: Option<&Map>,
    ) -> Result<()> {
        // A part of an artifact: `expose build().server.assets`.
        let (whole, field) = match &value.kind {
            ExprKind::Field { base, name, .. } if scope.ty(base.span).is_some_and(is_artifact) => {
                (&**base, Some(name.text.to_string()))
            }
            _ => (value, None),
        };
        let val = self.expr(scope, whole)?;
        let (job, output) = match val {
            Val::Job(job) => match self.jobs.get(job).map(|it| it.built.outputs.as_slice()) {
                Some([only]) => (job, only.name.clone()),
                _ => return Err(Vec::new()),
            },
            Val::Made { job, output } => (job, output),
            _ => return scope.not_built(value.span, "exposing this"),
        };
        let name = match title {
            Some(title) => scope.title(title)?,
            None => field.clone().unwrap_or_else(|| output.to_string()),
        };
        let there = |field: &String| {
            let files = self.output(job, &output).and_then(|(_, out)| out.files.as_ref());
            files.is_some_and(|files| files.iter().any(|leaf| leaf.name == *field))
        };
        if field.as_ref().is_some_and(|field| !there(field)) {
            return scope.not_built(value.span, "exposing a part that is not one file or directory");
        }
        if let Some(first) = self.exposed.insert(name.clone(), scope.at(span)) {
            return Err(vec![
                Finding::new(Code::BadTitle, scope.at(span), format!("two things are exposed as `{name}`"))
                    .label("the second one")
                    .related(first, "the first one")
                    .help("give one of them another name: `as \"…\"`"),
            ]);
        }
        let retention_days =
            retention(scope, options)?.map(|ms| u32::try_from(ms.div_ceil(86_400_000)).unwrap_or(u32::MAX));
        let place = scope.place(span);
        if let Some(instance) = self.jobs.get_mut(job) {
            instance.job.exposes.push(Expose { field, retention_days, ..Expose::new(name, output, place) });
        }
        Ok(())
    }
}

impl Calls for Graph<'_> {
    fn call(&mut self, scope: &Scope<'_>, e: &Expr) -> Result<Val> {
        match &e.kind {
            ExprKind::Ordered { base, title, after } => {
                let ordered = Ordered { title: title.as_ref(), after: after.as_deref() };
                self.instance(scope, base, &ordered)
            }
            _ => self.instance(scope, e, &Ordered::default()),
        }
    }
}

fn is_artifact(ty: &Ty) -> bool {
    match ty {
        Ty::Artifact(..) => true,
        Ty::Call(call) => matches!(call.outputs.as_slice(), [(_, Ty::Artifact(..))]),
        _ => false,
    }
}

fn push(needs: &mut Vec<Edge>, job: &str, kind: EdgeKind) {
    let edge = Edge { job: job.to_owned(), kind };
    if !needs.contains(&edge) {
        needs.push(edge);
    }
}

fn retention(scope: &Scope<'_>, options: Option<&Map>) -> Result<Option<u64>> {
    let Some(Entry { value: EntryValue::Expr(value), .. }) =
        options.and_then(|map| map.entries.iter().find(|entry| entry.key.text == "retention"))
    else {
        return Ok(None);
    };
    Ok(match scope.constant(value)? {
        ConstValue::Duration(ms) => Some(ms),
        _ => None,
    })
}

fn trigger(scope: &Scope<'_>, name: &str, filters: Option<&Map>) -> Result<Option<Trigger>> {
    let event = match name {
        "push" => Event::Push,
        "pull_request" => Event::PullRequest,
        "schedule" => Event::Schedule,
        "manual" => Event::Manual,
        _ => return Ok(None),
    };
    let mut trigger = Trigger::on(event);
    for Entry { key, value } in filters.map_or(&[][..], |map| &map.entries) {
        let EntryValue::Expr(value) = value else { continue };
        match (key.text.as_str(), scope.constant(value)?) {
            ("branches", ConstValue::List(items)) => trigger.branches = texts(&items),
            ("tags", ConstValue::List(items)) => trigger.tags = texts(&items),
            ("paths", ConstValue::List(items)) => trigger.paths = texts(&items),
            ("drafts", ConstValue::Bool(drafts)) => trigger.drafts = drafts,
            ("cron", ConstValue::Text(cron)) => trigger.cron = Some(cron.to_string()),
            _ => {}
        }
    }
    Ok(Some(trigger))
}

fn texts(items: &[ConstValue]) -> Vec<String> {
    items.iter().filter_map(ConstValue::text).collect()
}
