//! The steps of a job: statements of its body, actions put in where they are called.

use flow_analysis::db::syntax;
use flow_analysis::infer::signature;
use flow_analysis::scope::{Builtin, Res};
use flow_analysis::script::{Spot, spots};
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_analysis::{DefKind, Finding};
use flow_syntax::tree::{
    self, ArgValue, ArmValue, Body, Else, EntryValue, Expr, ExprKind, HoleKind, If, ItemKind, Map, Place, PlaceStep,
    Setting, Source, Stmt, StmtKind, TextPart,
};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::name::slug;
use super::reads::{Reads, shell, title};
use super::scope::{Calls, Result, Scope};
use super::value::{Val, kind, value_type};
use crate::model::{Location, Position, Publish, PublishFrom, Run, Script, ScriptPart, Step, Value, ValueType, Write};

/// The steps of a job while they are being made.
pub(super) struct Steps {
    pub steps: Vec<Step>,
    /// Ids that are taken, and how many steps wanted each.
    ids: FxHashMap<String, u32>,
    workdir: Option<String>,
    /// Variables of the job, which no read may take.
    variables: Vec<String>,
    /// The `step` that is being carried out.
    current: Option<Titled>,
    /// The action that is being carried out.
    action: Option<Called>,
}

/// An action while it is being carried out.
struct Called {
    /// Its name, for titles.
    name: String,
    env: Vec<(String, Value)>,
}

/// The settings of a `step`.
#[derive(Clone)]
struct Titled {
    title: String,
    docs: Option<String>,
    env: Vec<(String, Value)>,
    timeout_seconds: Option<u64>,
    workdir: Option<String>,
    count: u32,
}

/// Where nothing can be called.
pub(super) struct NoCalls;

impl Calls for NoCalls {
    fn call(&mut self, scope: &Scope<'_>, e: &Expr) -> Result<Val> {
        scope.not_built(e.span, "a call here")
    }
}

impl Calls for Steps {
    fn call(&mut self, scope: &Scope<'_>, e: &Expr) -> Result<Val> {
        let ExprKind::Call { callee, args, .. } = &e.kind else { return Err(Vec::new()) };
        let Some(Res::Def(def)) = scope.res(callee.span) else {
            return scope.not_built(e.span, "this call on a value that is not known while compiling");
        };
        let item = syntax(scope.db, *def);
        let ItemKind::Action(action) = &item.kind else {
            return scope.not_built(callee.span, "this call on a value that is not known while compiling");
        };
        let mut inner = scope.enter(*def);
        for argument in scope.arguments(*def, args, self)? {
            inner.bind(&argument.name, argument.val);
        }
        let own = action.body.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Setting(Setting::Map { name, map }) if name.text == "env" => Some(env(&inner, map, &mut NoCalls)),
            _ => None,
        });
        let mut called = Called { name: action.name.text.to_string(), env: own.transpose()?.unwrap_or_default() };
        let outer = self.action.take();
        if let Some(outer) = &outer {
            called.name = format!("{}: {}", outer.name, called.name);
            merge(&mut called.env, &outer.env);
        }
        self.action = Some(called);
        let done = self.body(&mut inner, &action.body);
        self.action = outer;
        done?;
        let outputs = action.outputs.as_deref().unwrap_or_default();
        let outputs = outputs
            .iter()
            .filter_map(|output| Some((output.name.text.clone(), inner.lookup(&output.name.text)?.clone())));
        Ok(Val::Outputs(outputs.collect()))
    }
}

impl Steps {
    pub(super) fn new(workdir: Option<String>, variables: Vec<String>) -> Self {
        Self { steps: Vec::new(), ids: FxHashMap::default(), workdir, variables, current: None, action: None }
    }

    /// The statements of a body.
    pub(super) fn body(&mut self, scope: &mut Scope<'_>, body: &Body) -> Result<()> {
        body.stmts.iter().try_for_each(|stmt| self.stmt(scope, stmt))
    }

    fn stmt(&mut self, scope: &mut Scope<'_>, stmt: &Stmt) -> Result<()> {
        match &stmt.kind {
            StmtKind::Let { name, value: Some(value), .. } => {
                let ty = scope.ty(name.span).cloned().unwrap_or(Ty::String);
                let val = match value {
                    // The outputs of an action stay apart: `t.stamp` is as good as `t`.
                    Source::Expr(e) => scope.value(e, self)?,
                    source => self.source(scope, stmt, source, &name.text, &ty)?,
                };
                scope.bind(&name.text, val);
            }
            StmtKind::Out { place, value } => self.out(scope, stmt, place, value)?,
            StmtKind::Source(Source::Script(script)) => {
                self.script(scope, stmt, script, None)?;
            }
            StmtKind::Source(Source::Step(step)) => self.step(scope, stmt, step)?,
            StmtKind::Source(Source::Expr(e)) => self.expr_stmt(scope, e)?,
            // Settings were read before, the rest has been refused by the checker.
            _ => {}
        }
        Ok(())
    }

    fn expr_stmt(&mut self, scope: &mut Scope<'_>, e: &Expr) -> Result<()> {
        match &e.kind {
            ExprKind::If(it) => self.if_stmt(scope, it),
            ExprKind::Match(it) => match &scope.arm(it)?.value {
                ArmValue::Body(body) => self.inner(scope, body),
                ArmValue::Source(source) => {
                    let kind = StmtKind::Source(source.clone());
                    self.stmt(scope, &Stmt { docs: tree::Docs::default(), kind, span: source.span() })
                }
            },
            ExprKind::For(it) => {
                let items = match scope.res(it.iterable.span) {
                    Some(Res::Def(def)) if def.kind(scope.db) == DefKind::Enum => {
                        flow_analysis::scope::variants(scope.db, *def)
                            .iter()
                            .map(|name| Val::Const(ConstValue::Variant { def: *def, name: name.clone() }))
                            .collect()
                    }
                    _ => match scope.value(&it.iterable, self)? {
                        Val::Const(ConstValue::List(items)) => items.iter().cloned().map(Val::Const).collect(),
                        Val::Family(members) => members.into_iter().map(|(_, val)| val).collect(),
                        Val::List(items) => items,
                        _ => return scope.not_built(it.iterable.span, "a loop over this"),
                    },
                };
                for item in items {
                    let mut inner = scope.clone();
                    inner.bind(&it.name.text, item);
                    if let Some(filter) = &it.filter
                        && inner.constant(filter)? != ConstValue::Bool(true)
                    {
                        continue;
                    }
                    self.body(&mut inner, &it.body)?;
                }
                Ok(())
            }
            _ => scope.value(e, self).map(|_| ()),
        }
    }

    fn if_stmt(&mut self, scope: &mut Scope<'_>, it: &If) -> Result<()> {
        if scope.constant(&it.condition)? == ConstValue::Bool(true) {
            return self.inner(scope, &it.then);
        }
        match &it.otherwise {
            Some(Else::Body(body)) => self.inner(scope, body),
            Some(Else::If(inner, _)) => self.if_stmt(scope, inner),
            None => Ok(()),
        }
    }

    /// A block: what it binds stays in it, what it writes does not.
    fn inner(&mut self, scope: &mut Scope<'_>, body: &Body) -> Result<()> {
        let depth = scope.env.len();
        self.body(scope, body)?;
        let written: Vec<_> = scope.env.drain(depth..).collect();
        let outputs: Vec<SmolStr> =
            signature(scope.db, scope.def).outputs.iter().map(|output| output.name.clone()).collect();
        scope.env.extend(written.into_iter().filter(|(name, _)| outputs.contains(name)));
        Ok(())
    }

    fn step(&mut self, scope: &mut Scope<'_>, stmt: &Stmt, step: &tree::Step) -> Result<()> {
        let mut titled = Titled {
            title: scope.title(&step.title)?,
            docs: stmt.docs.text(),
            env: Vec::new(),
            timeout_seconds: None,
            workdir: None,
            count: 0,
        };
        for stmt in &step.body.stmts {
            match &stmt.kind {
                StmtKind::Setting(Setting::Map { name, map }) if name.text == "env" => {
                    titled.env = env(scope, map, &mut NoCalls)?;
                }
                StmtKind::Setting(Setting::Value { name, value }) => match (name.text.as_str(), scope.constant(value)?)
                {
                    ("timeout", ConstValue::Duration(ms)) => titled.timeout_seconds = Some(ms.div_ceil(1000)),
                    ("workdir", value) => titled.workdir = value.text(),
                    _ => {}
                },
                _ => {}
            }
        }
        self.current = Some(titled);
        let done = self.body(scope, &step.body);
        self.current = None;
        done
    }

    fn out(&mut self, scope: &mut Scope<'_>, stmt: &Stmt, place: &Place, value: &Source) -> Result<()> {
        if let Some(Val::Files(files)) = scope.lookup(&place.root.text) {
            let mut files = files.clone();
            for step in &place.steps {
                if let PlaceStep::Field(field) = step {
                    files = files.field(&field.text);
                }
            }
            return self.take(scope, stmt, &files, value);
        }
        let ty = output_type(scope, &place.root.text).unwrap_or(Ty::String);
        let val = self.source(scope, stmt, value, &place.root.text, &ty)?;
        scope.bind(&place.root.text, val);
        Ok(())
    }

    /// `out x = file("target/app")`.
    fn take(&mut self, scope: &Scope<'_>, stmt: &Stmt, files: &super::value::Files, value: &Source) -> Result<()> {
        let Source::Expr(Expr { kind: ExprKind::Call { callee, args, .. }, .. }) = value else {
            return scope.not_built(value.span(), "passing files on as an output");
        };
        if !matches!(scope.res(callee.span), Some(Res::Builtin(Builtin::File | Builtin::Dir))) {
            return scope.not_built(value.span(), "passing these files on as an output");
        }
        let Some(ArgValue::Expr(path)) = args.first().map(|arg| &arg.value) else { return Err(Vec::new()) };
        let from = scope.constant(path)?.text().unwrap_or_default();
        if let Some(problem) = flow_analysis::schema::path_problem(&from) {
            return Err(vec![
                Finding::new(Code::BadPath, scope.at(path.span), format!("`{from}` {problem}"))
                    .label("relative to the sources"),
            ]);
        }
        let (Some(to), Some(leaf), super::value::Base::Produced(output)) =
            (files.location(), files.leaf(), &files.base)
        else {
            return scope.not_built(stmt.span, "taking a whole artifact");
        };
        let kind = kind(&leaf.ty);
        let place = scope.place(stmt.span);
        let mut step = self.begin(scope, stmt, format!("Take {from}"), Run::Take { from, to, kind, pattern: false });
        step.writes.push(Write { output: output.clone(), field: leaf.name.to_string(), place });
        self.steps.push(step);
        Ok(())
    }

    /// The value of a source that is bound or assigned to `name`.
    fn source(&mut self, scope: &mut Scope<'_>, stmt: &Stmt, source: &Source, name: &SmolStr, ty: &Ty) -> Result<Val> {
        match source {
            Source::Script(script) => {
                let Some(ty) = value_type(scope.db, ty) else {
                    return scope.not_built(script.span, "this value of a script");
                };
                let publish = Publish::new(name.as_str(), ty, PublishFrom::Stdout);
                let step = self.script(scope, stmt, script, Some(publish))?;
                Ok(Val::Late(Value::Step { step, name: name.to_string() }))
            }
            Source::Expr(e) => match scope.value(e, self)? {
                Val::Outputs(outputs) => match <[_; 1]>::try_from(outputs) {
                    Ok([(_, only)]) => Ok(only),
                    Err(outputs) => Ok(Val::Outputs(outputs)),
                },
                val => Ok(val),
            },
            source => scope.not_built(source.span(), "this as a value"),
        }
    }

    /// A step with the title and settings of where it stands.
    fn begin(&mut self, scope: &Scope<'_>, stmt: &Stmt, title: String, run: Run) -> Step {
        let mut step = Step {
            id: String::new(),
            title,
            docs: stmt.docs.text(),
            run,
            env: Vec::new(),
            workdir: self.workdir.clone(),
            timeout_seconds: None,
            publishes: Vec::new(),
            writes: Vec::new(),
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
            step.workdir = current.workdir.clone().or(step.workdir);
        }
        if let Some(action) = &self.action {
            step.title = format!("{}: {}", action.name, step.title);
            merge(&mut step.env, &action.env);
        }
        // Short, since it stands in every name of what the step makes.
        let base = self.action.as_ref().map_or(&step.title, |action| &action.name);
        step.id = self.id(shorten(slug(base)));
        step
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

    /// Adds a script; gives its step's id.
    fn script(
        &mut self,
        scope: &mut Scope<'_>,
        stmt: &Stmt,
        script: &tree::Script,
        publish: Option<Publish>,
    ) -> Result<String> {
        let shell = shell(script.shell);
        let title = title(scope, script);
        let mut step = self.begin(scope, stmt, title, Run::Script(Script { shell, parts: Vec::new() }));
        let mut reader = Reads { parts: Vec::new(), shell, taken: self.variables.clone() };
        reader.taken.extend(step.env.iter().map(|(name, _)| name.clone()));
        let mut spots = spots(script.shell, &script.text).into_iter();
        let mut claimed: Vec<(SmolStr, ValueType)> = Vec::new();
        for part in &script.text.parts {
            let hole = match part {
                TextPart::Literal { value, .. } => {
                    reader.text(value);
                    continue;
                }
                TextPart::Hole(hole) => hole,
            };
            let position = match spots.next() {
                Some(Spot::Quoted) => Position::Quoted,
                _ => Position::Bare,
            };
            match &hole.kind {
                HoleKind::Read { value, spread } => {
                    let val = scope.value(value, self)?;
                    reader.read(scope, value, &val, *spread, position)?;
                }
                HoleKind::Claim(place) => match claim(scope, place)? {
                    Claim::Field { location, write } => {
                        reader.parts.push(ScriptPart::Path { location, position });
                        step.writes.push(write);
                    }
                    Claim::Value { name, ty } => {
                        let location = Location::Value { step: step.id.clone(), name: name.to_string() };
                        reader.parts.push(ScriptPart::Path { location, position });
                        claimed.push((name, ty));
                    }
                },
            }
        }
        for (name, ty) in claimed {
            scope.bind(&name, Val::Late(Value::Step { step: step.id.clone(), name: name.to_string() }));
            step.publishes.push(Publish::new(name.as_str(), ty, PublishFrom::File));
        }
        step.publishes.extend(publish);
        step.run = Run::Script(Script { shell, parts: reader.parts });
        let id = step.id.clone();
        self.steps.push(step);
        Ok(id)
    }
}

enum Claim {
    Field { location: Location, write: Write },
    Value { name: SmolStr, ty: ValueType },
}

/// `app.symbols`.
fn place_name(place: &Place) -> String {
    let mut name = place.root.text.to_string();
    for step in &place.steps {
        if let PlaceStep::Field(field) = step {
            name.push('.');
            name.push_str(&field.text);
        }
    }
    name
}

fn claim(scope: &Scope<'_>, place: &Place) -> Result<Claim> {
    if let Some(Val::Files(files)) = scope.lookup(&place.root.text) {
        let mut files = files.clone();
        for step in &place.steps {
            if let PlaceStep::Field(field) = step {
                files = files.field(&field.text);
            }
        }
        let (Some(location), Some(leaf)) = (files.location(), files.leaf()) else {
            // The checker knows all variants of the artifact, this instance has one of them.
            return Err(vec![
                Finding::new(
                    Code::UnknownField,
                    scope.at(place.span),
                    format!("`{}` is not there in this variant of the artifact", place_name(place)),
                )
                .label("no such field")
                .help("write it under an `if` on the same condition as the field's"),
            ]);
        };
        let write =
            Write { output: place.root.text.to_string(), field: leaf.name.to_string(), place: scope.place(place.span) };
        return Ok(Claim::Field { location, write });
    }
    let ty = output_type(scope, &place.root.text).and_then(|ty| value_type(scope.db, &ty));
    match ty {
        Some(ty) => Ok(Claim::Value { name: place.root.text.clone(), ty }),
        None => scope.not_built(place.span, "claiming this"),
    }
}

/// The type of an output, or of a `let` that a script writes.
fn output_type(scope: &Scope<'_>, name: &str) -> Option<Ty> {
    let sig = signature(scope.db, scope.def);
    if let Some(output) = sig.outputs.iter().find(|output| output.name == name) {
        return Some(scope.instance_type(&output.ty));
    }
    let item = syntax(scope.db, scope.def);
    let body = match &item.kind {
        ItemKind::Job(it) => &it.body,
        ItemKind::Action(it) => &it.body,
        _ => return None,
    };
    fn find(body: &Body, name: &str) -> Option<Span> {
        body.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Let { name: it, value: None, .. } if it.text == name => Some(it.span),
            StmtKind::Source(Source::Step(step)) => find(&step.body, name),
            _ => None,
        })
    }
    scope.ty(find(body, name)?).cloned()
}

/// At most 32 characters of an id, cut between words where that is possible.
fn shorten(id: String) -> String {
    const LONGEST: usize = 32;
    match id.get(..LONGEST) {
        Some(start) if id.len() > LONGEST => start.rsplit_once('-').map_or(start, |(whole, _)| whole).to_owned(),
        _ => id,
    }
}

/// Adds the variables of what is around: those set further inside win.
pub(super) fn merge(env: &mut Vec<(String, Value)>, around: &[(String, Value)]) {
    let mut all: Vec<_> = around.iter().filter(|(name, _)| !env.iter().any(|(it, _)| it == name)).cloned().collect();
    all.append(env);
    *env = all;
}

/// `env { NAME = value }`.
pub(super) fn env(scope: &Scope<'_>, map: &Map, calls: &mut dyn Calls) -> Result<Vec<(String, Value)>> {
    let mut env = Vec::new();
    for entry in &map.entries {
        let EntryValue::Expr(value) = &entry.value else { continue };
        let val = scope.value(value, calls)?;
        match scope.late(&val) {
            Some(val) => env.push((entry.key.text.to_string(), val)),
            None => return scope.not_built(value.span, "this in an environment variable"),
        }
    }
    Ok(env)
}
