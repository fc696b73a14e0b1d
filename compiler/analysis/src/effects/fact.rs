//! What a body does that matters beyond types: whom it calls with what, what it runs that is foreign,
//! which secrets and members of `ctx` it reads, what it sets. One walk; who asks for one thing only
//! has a query of its own on it, so that typing does not reach them.

use flow_syntax::Span;
use flow_syntax::tree::{
    ArgValue, ArmValue, Body, Else, EntryValue, Expr, ExprKind, HoleKind, If, ItemKind, Map, Match, RawValue, Script,
    Setting, Source, StmtKind, Text, TextPart,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::Backends;
use crate::db::{Db, Def, DefKind, syntax};
use crate::infer::{Checked, Phase, Val, check, matched, signature};
use crate::permission::{Granted, granted};
use crate::reference::{Form, Reference, parse};
use crate::scope::Res;
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// What a body does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Calls of actions, jobs, flows and foreign ones, in the order of the source.
    pub calls: Vec<CallFact>,
    /// Foreign steps without binding.
    pub foreign: Vec<ForeignFact>,
    /// What some backend cannot do, calls left out.
    pub excludes: Vec<Exclusion>,
    /// Secrets that are read.
    pub secrets: Vec<(SmolStr, Span)>,
    /// Members of `ctx` that are read.
    pub ctx: Vec<(SmolStr, Span)>,
    /// Settings of the body and of its steps.
    pub settings: Vec<(SmolStr, Span)>,
    /// `permissions { … }`.
    pub permissions: Option<PermissionBlock>,
    /// It runs scripts.
    pub scripts: bool,
    /// `git` in scripts.
    pub git: Vec<Span>,
    /// `checkout = none`: where the sources are not fetched.
    pub no_checkout: Option<Span>,
    /// `raw …`: keys that nobody here understands.
    pub raw: Vec<Span>,
    /// Outputs of what is called that are read.
    pub reads: FxHashSet<(Def, SmolStr)>,
    /// Bare words that are read.
    pub locals: FxHashSet<SmolStr>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFact {
    /// What is called.
    pub def: Def,
    /// The callee's name.
    pub span: Span,
    /// The const arguments that are given, in the order of the call.
    pub args: Vec<(SmolStr, Span, Norm)>,
    /// The backends that get there.
    pub on: Backends,
    /// It stands in a loop over a list that is known later.
    pub looped: bool,
}

/// `uses`, `task`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFact {
    /// As it is written.
    pub reference: SmolStr,
    /// What it names, if that can be told.
    pub names: Option<Reference>,
    /// Where the reference stands.
    pub span: Span,
}

/// Something that some backends cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Those that cannot.
    pub not: Backends,
    /// A clause: "`uses` runs on GitHub only".
    pub why: String,
    /// Where it stands.
    pub span: Span,
}

/// `permissions { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionBlock {
    /// What it grants.
    pub granted: Vec<Granted>,
    /// Each entry as a whole, for taking it out.
    pub entries: Vec<(SmolStr, Span, Span)>,
    /// With the braces.
    pub span: Span,
}

/// What the body of `def` does.
#[salsa::tracked(returns(ref))]
pub fn facts(db: &dyn Db, def: Def) -> Facts {
    let item = syntax(db, def);
    let body = match &item.kind {
        ItemKind::Job(it) => &it.body,
        ItemKind::Action(it) => &it.body,
        ItemKind::Flow(it) => &it.body,
        ItemKind::Pipeline(it) => &it.body,
        ItemKind::Test(it) => &it.body,
        _ => return Facts::default(),
    };
    let checked = check(db, def);
    let mut walk = Walk {
        db,
        def,
        checked,
        on: Backends::ALL,
        looped: false,
        consts: Vec::new(),
        bound: Vec::new(),
        backend: crate::scope::prelude(db, "Backend"),
        facts: Facts::default(),
    };
    walk.body(body, false);
    // What an unused name is bound to is reported there.
    for (name, ty) in walk.bound {
        if !walk.facts.locals.contains(name) && !name.starts_with('_') {
            walk.facts
                .reads
                .extend(calls(ty).into_iter().flat_map(|(def, outputs)| outputs.into_iter().map(move |it| (def, it))));
        }
    }
    walk.facts
}

struct Walk<'a> {
    db: &'a dyn Db,
    def: Def,
    checked: &'a Checked,
    /// The backends that get here.
    on: Backends,
    looped: bool,
    /// Const values bound so far.
    consts: Vec<(SmolStr, &'a Expr)>,
    /// What names are bound to.
    bound: Vec<(&'a SmolStr, &'a Ty)>,
    backend: Option<Def>,
    facts: Facts,
}

impl<'a> Walk<'a> {
    fn val(&self, span: Span) -> Option<&'a Val> {
        self.checked.types.get(&span)
    }

    fn exclude(&mut self, only: Backends, span: Span, why: impl Into<String>) {
        let not = self.on.without(only);
        if !not.is_empty() {
            self.facts.excludes.push(Exclusion { not, why: why.into(), span });
        }
    }

    /// Statements. `taken`: the last one's value is read.
    fn body(&mut self, body: &'a Body, taken: bool) {
        let last = body.stmts.len().saturating_sub(1);
        for (index, stmt) in body.stmts.iter().enumerate() {
            match &stmt.kind {
                StmtKind::Hole => {}
                StmtKind::Setting(setting) => self.setting(setting, stmt.span),
                StmtKind::Let { name, ty, value } => {
                    let Some(value) = value else { continue };
                    self.source(value, ty.is_some());
                    if let Some(val) = self.val(name.span) {
                        self.bound.push((&name.text, &val.ty));
                    }
                    if let Source::Expr(e) = value
                        && self.val(e.span).is_some_and(|val| val.phase == Phase::Const)
                    {
                        self.consts.push((name.text.clone(), e));
                    }
                }
                StmtKind::Out { value, .. } => self.source(value, true),
                StmtKind::Export { value, .. } | StmtKind::AddPath(value) | StmtKind::Summary(value) => {
                    self.expr(value, true);
                }
                StmtKind::Checkout(map) => self.map(map),
                StmtKind::Expose { value, title, options } => {
                    self.expr(value, true);
                    title.iter().for_each(|title| self.text(title));
                    options.iter().for_each(|options| self.map(options));
                }
                StmtKind::Gate { title, after } => {
                    self.text(title);
                    after.iter().for_each(|after| self.expr(after, false));
                }
                StmtKind::After { after, body } => {
                    self.expr(after, false);
                    self.body(body, false);
                }
                StmtKind::Stage { title, body } => {
                    self.text(title);
                    self.body(body, false);
                }
                StmtKind::Finally(body) | StmtKind::OnFailure(body) => self.body(body, false),
                StmtKind::Source(source) => self.source(source, taken && index == last),
            }
        }
    }

    fn setting(&mut self, setting: &'a Setting, span: Span) {
        match setting {
            Setting::Value { name, value } => {
                if name.text == "checkout" && value.kind == ExprKind::None {
                    self.facts.no_checkout = Some(name.span);
                }
                self.facts.settings.push((name.text.clone(), name.span));
                self.expr(value, true);
            }
            Setting::Map { name, map } => {
                self.facts.settings.push((name.text.clone(), name.span));
                match name.text.as_str() {
                    "permissions" => self.permissions(map),
                    "concurrency" => {
                        let group = map.entries.iter().find(|entry| entry.key.text == "group");
                        if let Some(group) = group {
                            let only = Backends::GITHUB.with(Backends::LOCAL);
                            self.exclude(only, group.key.span, "Azure Pipelines has no concurrency groups");
                        }
                        self.map(map);
                    }
                    _ => self.map(map),
                }
            }
            Setting::Service { name, map } => {
                self.facts.settings.push((SmolStr::new_static("service"), name.span));
                self.map(map);
            }
            Setting::Cache { map, .. } | Setting::Extends { map, .. } => self.map(map),
            Setting::Raw { value, .. } => {
                self.facts.raw.push(span);
                match value {
                    RawValue::Map(map) => self.map(map),
                    RawValue::Text(text) => self.text(text),
                }
            }
            Setting::Trigger { filters, .. } => filters.iter().for_each(|map| self.map(map)),
            Setting::Param { default, .. } => default.iter().for_each(|e| self.expr(e, true)),
        }
    }

    fn permissions(&mut self, map: &Map) {
        let entries = map.entries.iter().map(|entry| {
            let end = match &entry.value {
                EntryValue::Expr(e) => e.span.end,
                EntryValue::Map(map) => map.span.end,
            };
            let value = match &entry.value {
                EntryValue::Expr(e) => e.span,
                EntryValue::Map(map) => map.span,
            };
            (entry.key.text.clone(), Span::new(entry.key.span.start, end), value)
        });
        self.facts.permissions =
            Some(PermissionBlock { granted: granted(map), entries: entries.collect(), span: map.span });
    }

    fn map(&mut self, map: &'a Map) {
        for entry in &map.entries {
            match &entry.value {
                EntryValue::Expr(e) => self.expr(e, true),
                EntryValue::Map(map) => self.map(map),
            }
        }
    }

    fn source(&mut self, source: &'a Source, taken: bool) {
        match source {
            Source::Script(script) => self.script(script),
            Source::Step(step) => {
                self.text(&step.title);
                self.body(&step.body, false);
            }
            Source::Foreign(foreign) => {
                let reference = SmolStr::from(foreign.reference.plain().unwrap_or_default());
                let names = parse(&reference, if foreign.task { Form::Task } else { Form::Action }).ok();
                let span = foreign.reference.span;
                if foreign.task {
                    self.exclude(Backends::ADO, span, format!("the task `{reference}` runs on Azure Pipelines only"));
                } else {
                    self.exclude(Backends::GITHUB, span, format!("the action `{reference}` runs on GitHub only"));
                }
                self.facts.foreign.push(ForeignFact { reference, names, span });
                foreign.inputs.iter().for_each(|map| self.map(map));
            }
            Source::Expr(e) => self.expr(e, taken),
        }
    }

    fn script(&mut self, script: &'a Script) {
        self.facts.scripts = true;
        self.text(&script.text);
        for part in &script.text.parts {
            let TextPart::Literal { value, span } = part else { continue };
            let Some((start, end)) = git(value) else { continue };
            // Escapes make the source longer than the text.
            let exact = usize::try_from(span.end - span.start).is_ok_and(|length| length == value.len());
            self.facts.git.push(if exact { Span::new(span.start + start, span.start + end) } else { *span });
            break;
        }
    }

    fn text(&mut self, text: &'a Text) {
        for part in &text.parts {
            if let TextPart::Hole(hole) = part
                && let HoleKind::Read { value, .. } = &hole.kind
            {
                self.expr(value, true);
            }
        }
    }

    /// An expression. `taken`: its value is read, not only passed on.
    fn expr(&mut self, e: &'a Expr, taken: bool) {
        match &e.kind {
            ExprKind::Hole | ExprKind::Int(_) | ExprKind::Duration(_) | ExprKind::Bool(_) | ExprKind::None => {}
            ExprKind::Text(text) => self.text(text),
            ExprKind::Name(name) => {
                self.secret(e.span, name);
                self.facts.locals.insert(name.clone());
                self.take(e.span, taken);
            }
            ExprKind::List(elements) => elements.iter().for_each(|element| self.expr(&element.value, taken)),
            ExprKind::Unary { operand, .. } => self.expr(operand, true),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left, true);
                self.expr(right, true);
            }
            ExprKind::Field { base, name, .. } => {
                if self.checked.names.get(&base.span) == Some(&Res::Ctx) {
                    self.ctx(&name.text, e.span);
                    return;
                }
                if matches!(self.checked.names.get(&e.span), Some(Res::Def(_) | Res::Variant(..))) {
                    self.secret(e.span, &name.text);
                    return;
                }
                let calls = self.val(base.span).map(|val| calls(&val.ty)).unwrap_or_default();
                self.expr(base, calls.is_empty());
                for (def, outputs) in calls {
                    match outputs.as_slice() {
                        _ if outputs.contains(&name.text) => {
                            self.facts.reads.insert((def, name.text.clone()));
                        }
                        // A call with one output stands for that output.
                        [only] => {
                            self.facts.reads.insert((def, only.clone()));
                        }
                        _ => {}
                    }
                }
                self.take(e.span, taken);
            }
            ExprKind::Index { base, index } => {
                // Of a call with one output a member of that is read.
                let calls =
                    self.val(base.span).is_some_and(|val| !matches!(val.ty, Ty::Call(_)) && !calls(&val.ty).is_empty());
                self.expr(base, !calls);
                self.expr(index, true);
                self.take(e.span, taken);
            }
            ExprKind::Call { callee, args, .. } => {
                match self.checked.names.get(&callee.span) {
                    Some(Res::Def(def)) => self.call(*def, callee.span, args),
                    _ => {
                        if let ExprKind::Field { base, .. } = &callee.kind {
                            self.expr(base, true);
                        }
                    }
                }
                for arg in args {
                    match &arg.value {
                        ArgValue::Expr(value) | ArgValue::Spread(value) => self.expr(value, true),
                        ArgValue::Out(_) => {}
                    }
                }
                self.take(e.span, taken);
            }
            ExprKind::Ordered { base, title, after } => {
                self.expr(base, taken);
                title.iter().for_each(|title| self.text(title));
                after.iter().for_each(|after| self.expr(after, false));
            }
            ExprKind::If(it) => self.if_(it, taken),
            ExprKind::For(it) => {
                self.expr(&it.iterable, true);
                it.filter.iter().for_each(|filter| self.expr(filter, true));
                let later = self.val(it.iterable.span).is_some_and(|val| val.phase != Phase::Const);
                let outer = self.looped;
                self.looped |= later;
                self.body(&it.body, taken);
                self.looped = outer;
            }
            ExprKind::Match(it) => self.match_(it, taken),
        }
    }

    fn if_(&mut self, it: &'a If, taken: bool) {
        self.expr(&it.condition, true);
        let outer = self.on;
        let values = self.per_backend(&it.condition);
        let side =
            |value: bool| outer.filter(|backend| values.get(backend).is_none_or(|it| *it == ConstValue::Bool(value)));
        let (then, otherwise) = (side(true), side(false));
        self.on = then;
        self.body(&it.then, taken);
        self.on = otherwise;
        match &it.otherwise {
            Some(Else::Body(body)) => self.body(body, taken),
            Some(Else::If(inner, _)) => self.if_(inner, taken),
            None => {}
        }
        self.on = outer;
    }

    fn match_(&mut self, it: &'a Match, taken: bool) {
        self.expr(&it.value, true);
        let outer = self.on;
        let values = self.per_backend(&it.value);
        let arm_of = |value: &ConstValue| {
            it.arms
                .iter()
                .position(|arm| arm.patterns.iter().any(|pattern| crate::schema::matches(&pattern.kind, value)))
        };
        let taken_by: FxHashMap<&'static str, Option<usize>> =
            values.iter().map(|(backend, value)| (*backend, arm_of(value))).collect();
        for (index, arm) in it.arms.iter().enumerate() {
            self.on = outer.filter(|backend| taken_by.get(backend).is_none_or(|arm| *arm == Some(index)));
            match &arm.value {
                ArmValue::Body(body) => self.body(body, taken),
                ArmValue::Source(source) => self.source(source, taken),
            }
        }
        self.on = outer;
    }

    /// What `e` is on each backend, where it differs from one to another and is known.
    fn per_backend(&self, e: &Expr) -> FxHashMap<&'static str, ConstValue> {
        let mut values = FxHashMap::default();
        let Some(def) = self.backend else { return values };
        if self.val(e.span).is_none_or(|val| val.phase != Phase::Const)
            || (self.consts.is_empty() && !self.about_ctx(e))
        {
            return values;
        }
        for backend in Backends::NAMES {
            let variant = ConstValue::Variant { def, name: SmolStr::new_static(backend) };
            let mut env = vec![(SmolStr::new_static("ctx.backend"), variant)];
            let eval = || crate::eval::Eval::new(self.db, self.def, &self.checked.names);
            for (name, e) in &self.consts {
                if let Ok(value) = eval().expr(e, &env) {
                    env.push((name.clone(), value));
                }
            }
            if let Ok(value) = eval().expr(e, &env) {
                values.insert(backend, value);
            }
        }
        values
    }

    fn about_ctx(&self, e: &Expr) -> bool {
        let mut found = false;
        crate::walk::names(e, &mut |_, span| found |= self.checked.names.get(&span) == Some(&Res::Ctx));
        found
    }

    fn ctx(&mut self, member: &SmolStr, span: Span) {
        match member.as_str() {
            "github" => self.exclude(Backends::GITHUB, span, "`ctx.github` is known on GitHub only"),
            "ado" => self.exclude(Backends::ADO, span, "`ctx.ado` is known on Azure Pipelines only"),
            _ => {}
        }
        self.facts.ctx.push((member.clone(), span));
    }

    fn secret(&mut self, span: Span, name: &SmolStr) {
        if let Some(Res::Def(def)) = self.checked.names.get(&span)
            && def.kind(self.db) == DefKind::Secret
        {
            self.facts.secrets.push((name.clone(), span));
        }
    }

    /// A value that is read as a whole: with it all outputs that it stands for.
    fn take(&mut self, span: Span, taken: bool) {
        if !taken {
            return;
        }
        let Some(val) = self.val(span) else { return };
        for (def, outputs) in calls(&val.ty) {
            self.facts.reads.extend(outputs.into_iter().map(|output| (def, output)));
        }
    }

    fn call(&mut self, def: Def, span: Span, args: &'a [flow_syntax::tree::Arg]) {
        match def.kind(self.db) {
            DefKind::Action | DefKind::Job | DefKind::Flow | DefKind::Extern => {}
            _ => return,
        }
        let norm = |e: &Expr| self.val(e.span).map_or(Norm::Unknown, |val| val.norm.clone());
        let args = matched(&signature(self.db, def).params, args)
            .filter_map(|(arg, param)| match (&arg.value, param) {
                (ArgValue::Expr(value), Some(param)) => Some((param.name.clone(), value.span, norm(value))),
                _ => None,
            })
            .collect();
        self.facts.calls.push(CallFact { def, span, args, on: self.on, looped: self.looped });
    }
}

/// The calls that a type stands for, each with its outputs.
fn calls(ty: &Ty) -> Vec<(Def, Vec<SmolStr>)> {
    match ty {
        Ty::Call(call) => {
            let own = (call.def, call.outputs.iter().map(|(name, _)| name.clone()).collect());
            std::iter::once(own).chain(call.also.iter().cloned()).collect()
        }
        Ty::List(inner) | Ty::Optional(inner) => calls(inner),
        Ty::Family(family) => calls(&family.member),
        _ => Vec::new(),
    }
}

/// Where a script runs `git`: as a word where commands stand.
fn git(text: &str) -> Option<(u32, u32)> {
    for (at, _) in text.match_indices("git") {
        let (before, after) = (text.get(..at)?, text.get(at + 3..)?);
        let command = before.trim_end_matches([' ', '\t']);
        let begins = command.is_empty()
            || command.ends_with(['\n', ';', '&', '|', '(', '`', '{'])
            || ["then", "do", "else", "if", "while", "!", "exec", "time"].iter().any(|word| command.ends_with(word));
        let apart = before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || ";&|(`{".contains(c));
        if begins && apart && after.starts_with([' ', '\t']) {
            return Some((u32::try_from(at).ok()?, u32::try_from(at + 3).ok()?));
        }
    }
    None
}
