//! What steps write: claims of scripts, `out x = …`, what is given to people.

use flow_analysis::Finding;
use flow_analysis::script::{self, Spot};
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_syntax::Code;
use flow_syntax::tree::{
    self, ArgValue, Entry, EntryValue, Expr, ExprKind, HoleKind, Map, Place, PlaceStep, Source, Stmt, Text, TextPart,
};
use smol_str::SmolStr;

use super::compute::guard;
use super::reads::{Reads, shell, title};
use super::scope::{Result, Scope};
use super::steps::{Steps, Wanted};
use super::value::{Base, Files, Val, kind, value_type};
use crate::model::{
    Expose, Found, Location, Position, Publish, PublishFrom, Run, Script, ScriptPart, Value, ValueType, When, Write,
};

enum Claim {
    Field { location: Location, write: Write },
    Value { name: SmolStr, ty: ValueType },
}

/// `app.symbols`.
pub(super) fn place_name(place: &Place) -> String {
    let mut name = place.root.text.to_string();
    for step in &place.steps {
        if let PlaceStep::Field(field) = step {
            name.push('.');
            name.push_str(&field.text);
        }
    }
    name
}

/// The files that a place names, if it names files.
fn files_at(scope: &Scope<'_>, place: &Place) -> Result<Option<Files>> {
    let Some(mut val) = scope.lookup(&place.root.text).cloned() else { return Ok(None) };
    for step in &place.steps {
        val = match (step, val) {
            (PlaceStep::Field(field), Val::Files(files)) => Val::Files(files.field(&field.text)),
            (PlaceStep::Index(index), Val::Family(members)) => {
                let key = scope.constant(index)?;
                match members.iter().find(|(other, _)| *other == key) {
                    Some((_, val)) => val.clone(),
                    None => {
                        let key = key.display(scope.db);
                        return Err(vec![
                            Finding::new(Code::BadIndex, scope.at(index.span), format!("there is no member `{key}`"))
                                .label("no such key"),
                        ]);
                    }
                }
            }
            (_, val) => val,
        };
    }
    Ok(match val {
        Val::Files(files) => Some(files),
        _ => None,
    })
}

fn claim(scope: &Scope<'_>, place: &Place) -> Result<Claim> {
    if let Some(files) = files_at(scope, place)? {
        let (Some(location), Some(leaf), Base::Produced(output)) = (files.target(), files.leaf(), &files.base) else {
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
        let write = Write { output: output.clone(), field: leaf.name.to_string(), place: scope.place(place.span) };
        return Ok(Claim::Field { location, write });
    }
    match place_type(scope, place).and_then(|ty| value_type(scope.db, &ty)) {
        Some(ty) => Ok(Claim::Value { name: place.root.text.clone(), ty }),
        None => scope.not_built(place.span, "claiming this"),
    }
}

/// The type of an output, an `out` parameter, or a `let` that a script writes.
fn place_type(scope: &Scope<'_>, place: &Place) -> Option<Ty> {
    let sig = flow_analysis::infer::signature(scope.db, scope.def);
    let name = &place.root.text;
    if let Some(output) = sig.outputs.iter().find(|output| output.name == *name) {
        return Some(scope.instance_type(&output.ty));
    }
    if let Some(param) = sig.params.iter().find(|param| param.name == *name) {
        return Some(scope.instance_type(&param.ty));
    }
    let item = flow_analysis::db::syntax(scope.db, scope.def);
    let body = match &item.kind {
        tree::ItemKind::Job(it) => &it.body,
        tree::ItemKind::Action(it) => &it.body,
        _ => return None,
    };
    Some(scope.instance_type(scope.ty(declared(body, name)?)?))
}

/// The `let name: T` of a body, wherever it stands.
fn declared(body: &tree::Body, name: &str) -> Option<flow_syntax::Span> {
    body.stmts.iter().find_map(|stmt| match &stmt.kind {
        tree::StmtKind::Let { name: it, value: None, .. } if it.text == name => Some(it.span),
        tree::StmtKind::Source(Source::Step(step)) => declared(&step.body, name),
        tree::StmtKind::Source(Source::Expr(e)) => declared_in(e, name),
        tree::StmtKind::Finally(body) | tree::StmtKind::OnFailure(body) => declared(body, name),
        _ => None,
    })
}

fn declared_in(e: &Expr, name: &str) -> Option<flow_syntax::Span> {
    fn branch(it: &tree::If, name: &str) -> Option<flow_syntax::Span> {
        declared(&it.then, name).or_else(|| match it.otherwise.as_ref()? {
            tree::Else::Body(body) => declared(body, name),
            tree::Else::If(inner, _) => branch(inner, name),
        })
    }
    match &e.kind {
        ExprKind::If(it) => branch(it, name),
        ExprKind::For(it) => declared(&it.body, name),
        ExprKind::Match(it) => it.arms.iter().find_map(|arm| match &arm.value {
            tree::ArmValue::Body(body) => declared(body, name),
            tree::ArmValue::Source(Source::Expr(e)) => declared_in(e, name),
            tree::ArmValue::Source(_) => None,
        }),
        _ => None,
    }
}

impl<'db> Steps<'db> {
    pub(super) fn out(&mut self, scope: &mut Scope<'db>, stmt: &Stmt, place: &Place, value: &Source) -> Result<()> {
        if let Some(files) = files_at(scope, place)? {
            return self.files(scope, stmt, &files, value);
        }
        let ty = place_type(scope, place).unwrap_or(Ty::String);
        let val = self.made(scope, stmt, value, &place.root.text, &ty, false)?;
        if place.steps.is_empty() {
            if let Some(Val::Family(outputs)) = scope.lookup(&place.root.text).cloned() {
                // All members at once.
                let val = match val {
                    Val::Family(members) => members,
                    _ => return scope.not_built(value.span(), "this as a family of outputs"),
                };
                for (key, output) in outputs.iter() {
                    let made = members_at(&val, key);
                    let (Val::Files(to), Some(Val::Files(from))) = (output, made) else {
                        return self.family(scope, place, &val);
                    };
                    self.pass(scope, stmt, from, to)?;
                }
                return Ok(());
            }
            scope.assign(&place.root.text, val);
            return Ok(());
        }
        // One member of a family of values.
        if let Some(Val::Family(members)) = scope.lookup(&place.root.text).cloned()
            && let [PlaceStep::Index(index)] = place.steps.as_slice()
        {
            let key = scope.constant(index)?;
            let members = members
                .iter()
                .map(|(other, old)| (other.clone(), if *other == key { val.clone() } else { old.clone() }));
            scope.assign(&place.root.text, Val::Family(members.collect()));
            return Ok(());
        }
        scope.not_built(place.span, "writing a part of this")
    }

    fn family(
        &mut self,
        scope: &mut Scope<'db>,
        place: &Place,
        members: &std::sync::Arc<[(ConstValue, Val)]>,
    ) -> Result<()> {
        scope.assign(&place.root.text, Val::Family(std::sync::Arc::clone(members)));
        Ok(())
    }

    /// `out x = file("target/app")`, `out x = other.file`, or a choice of such.
    fn files(&mut self, scope: &mut Scope<'db>, stmt: &Stmt, files: &Files, value: &Source) -> Result<()> {
        if let Source::Expr(e) = value
            && let Some((word, path)) = taken(e)
        {
            return self.take(scope, stmt, files, word, path);
        }
        let name = SmolStr::default();
        let wanted = Wanted { name, ty: Ty::File, secret: false, files: Some(files.clone()) };
        let outer = self.wanted.replace(wanted.clone());
        let val = match value {
            Source::Expr(e) => scope.value(e, self),
            source => self.source_value(scope, stmt, source, wanted),
        };
        self.wanted = outer;
        match &val? {
            Val::Files(from) => self.pass(scope, stmt, from, files),
            // Each branch has done so.
            Val::Unit | Val::Const(ConstValue::None) | Val::Choice(_) => Ok(()),
            _ => scope.not_built(value.span(), "passing this on as an output"),
        }
    }

    /// Takes what a tool left behind.
    pub(super) fn take(
        &mut self,
        scope: &mut Scope<'db>,
        stmt: &Stmt,
        files: &Files,
        word: &str,
        path: &Expr,
    ) -> Result<()> {
        let from = scope.constant(path)?.text().unwrap_or_default();
        if word != "files"
            && let Some(problem) = flow_analysis::schema::path_problem(&from)
        {
            return Err(vec![
                Finding::new(Code::BadPath, scope.at(path.span), format!("`{from}` {problem}"))
                    .label("relative to the sources"),
            ]);
        }
        let (Some(to), Some(leaf), Base::Produced(output)) = (files.target(), files.leaf(), &files.base) else {
            return scope.not_built(stmt.span, "taking a whole artifact");
        };
        let to = match to {
            // One file for a pattern keeps its name.
            Location::Produced { output, path } if leaf.is_pattern() && word != "files" => {
                let name = from.rsplit('/').next().unwrap_or_default();
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
                Location::Produced { output, path }
            }
            to => to,
        };
        let kind = kind(&leaf.ty);
        let write = Write { output: output.clone(), field: leaf.name.to_string(), place: scope.place(stmt.span) };
        let run = Run::Take { from: from.clone(), to, kind, pattern: word == "files" };
        let mut step = self.begin(scope, stmt, format!("Take {from}"), run)?;
        step.writes.push(write);
        self.steps.push(step);
        Ok(())
    }

    /// Files that were consumed, or another output, as an output.
    pub(super) fn pass(&mut self, scope: &Scope<'db>, stmt: &Stmt, from: &Files, to: &Files) -> Result<()> {
        let Base::Produced(output) = &to.base else { return Err(Vec::new()) };
        let wanted = super::value::part_of(&to.leaves, &to.part);
        for leaf in wanted.iter() {
            let source = if leaf.name.is_empty() { from.clone() } else { from.field(&leaf.name) };
            let target = if leaf.name.is_empty() { to.clone() } else { to.field(&leaf.name) };
            let (Some(from), Some(at), Some(field)) = (source.location(), target.target(), target.leaf()) else {
                return scope.not_built(stmt.span, "passing a part of an artifact on");
            };
            let name = super::value::dotted(output, &field.name);
            let name = if field.name.is_empty() { output.clone() } else { name };
            let write = Write { output: output.clone(), field: field.name.to_string(), place: scope.place(stmt.span) };
            let run = Run::Pass { from, to: at, kind: kind(&leaf.ty) };
            let mut step = self.begin(scope, stmt, format!("Pass on {name}"), run)?;
            step.writes.push(write);
            self.steps.push(step);
        }
        Ok(())
    }

    /// The value of a source that is bound or assigned to `name`.
    pub(super) fn made(
        &mut self,
        scope: &mut Scope<'db>,
        stmt: &Stmt,
        source: &Source,
        name: &SmolStr,
        ty: &Ty,
        secret: bool,
    ) -> Result<Val> {
        match source {
            Source::Expr(e) => match self.wanting(scope, e, name, ty, secret)? {
                Val::Outputs(outputs) => match outputs.values.as_slice() {
                    [(_, only)] => Ok(only.clone()),
                    _ => Ok(Val::Outputs(outputs)),
                },
                val => Ok(val),
            },
            source => {
                let wanted = Wanted { name: name.clone(), ty: ty.clone(), secret, files: None };
                self.source_value(scope, stmt, source, wanted)
            }
        }
    }

    /// The value of a script, a step or a foreign step.
    pub(super) fn source_value(
        &mut self,
        scope: &mut Scope<'db>,
        stmt: &Stmt,
        source: &Source,
        wanted: Wanted,
    ) -> Result<Val> {
        match source {
            Source::Script(script) => {
                let Wanted { name, ty, secret, .. } = wanted;
                let Some(value_type) = value_type(scope.db, &scope.instance_type(&ty)) else {
                    return scope.not_built(script.span, "this value of a script");
                };
                let secret = secret || matches!(ty.present(), Ty::Secret);
                let publish = Publish { secret, ..Publish::new(name.as_str(), value_type, PublishFrom::Stdout) };
                let step = self.script(scope, stmt, script, Some(publish))?;
                Ok(Val::Late(Value::Step { step, name: name.to_string() }))
            }
            Source::Expr(e) => scope.value(e, self),
            Source::Foreign(foreign) => self.foreign(scope, stmt, foreign),
            Source::Step(step) => self.step(scope, stmt, step, Some(wanted)),
        }
    }

    /// Adds a script; gives its step's id.
    pub(super) fn script(
        &mut self,
        scope: &mut Scope<'db>,
        stmt: &Stmt,
        script: &tree::Script,
        publish: Option<Publish>,
    ) -> Result<String> {
        let shell = shell(script.shell);
        let title = title(scope, script);
        let mut step = self.begin(scope, stmt, title, Run::Script(Script { shell, parts: Vec::new() }))?;
        let mut reader = Reads { parts: Vec::new(), shell, literal: false, taken: self.variables.clone() };
        reader.taken.extend(step.env.iter().map(|(name, _)| name.clone()));
        let mut readings = script::read(script.shell, &script.text).into_iter();
        let mut claimed: Vec<(SmolStr, ValueType)> = Vec::new();
        for part in &script.text.parts {
            let hole = match part {
                TextPart::Literal { value, .. } => {
                    reader.text(value);
                    continue;
                }
                TextPart::Hole(hole) => hole,
            };
            let reading = readings.next();
            let position = match reading.as_ref().map(|it| it.spot) {
                Some(Spot::Quoted | Spot::Number) => Position::Quoted,
                _ => Position::Bare,
            };
            reader.literal = reading.is_some_and(|it| it.literal);
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
            scope.assign(&name, Val::Late(Value::Step { step: step.id.clone(), name: name.to_string() }));
            step.publishes.push(Publish::new(name.as_str(), ty, PublishFrom::File));
        }
        step.publishes.extend(publish);
        step.run = Run::Script(Script { shell, parts: reader.parts });
        let id = step.id.clone();
        self.steps.push(step);
        Ok(id)
    }

    /// `expose e as "name" { when = failed }` in a job.
    pub(super) fn expose(
        &mut self,
        scope: &mut Scope<'db>,
        stmt: &Stmt,
        value: &Expr,
        title: Option<&Text>,
        options: Option<&Map>,
    ) -> Result<()> {
        let place = scope.place(stmt.span);
        let (default, output, field, found) = match taken(value) {
            Some((word, path)) => {
                let path = scope.constant(path)?.text().unwrap_or_default();
                let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                let found = match word {
                    "dir" => Found::Dir(path),
                    "files" => Found::Files(path),
                    _ => Found::File(path),
                };
                (name, String::new(), None, Some(found))
            }
            None => match scope.value(value, self)? {
                Val::Files(files) => {
                    let field = (!files.part.is_empty()).then(|| files.part.clone());
                    match (&files.base, files.location()) {
                        (Base::Produced(output), Some(_)) => {
                            (field.clone().unwrap_or_else(|| output.clone()), output.clone(), field, None)
                        }
                        (Base::Produced(output), None) if field.is_none() => {
                            (output.clone(), output.clone(), None, None)
                        }
                        (Base::Consumed(id), Some(location)) => {
                            (field.unwrap_or_else(|| id.clone()), String::new(), None, Some(Found::Placed(location)))
                        }
                        (Base::Consumed(id), None) if field.is_none() => {
                            let whole = Found::Placed(files.at(String::new()));
                            (id.clone(), String::new(), None, Some(whole))
                        }
                        _ => return scope.not_built(value.span, "exposing a nested artifact"),
                    }
                }
                Val::Late(Value::Path(location)) => {
                    let name = crate::script::path(&location).rsplit('/').next().unwrap_or_default().to_owned();
                    (name, String::new(), None, Some(Found::Placed(location)))
                }
                _ => return scope.not_built(value.span, "exposing this"),
            },
        };
        let name = match title {
            Some(title) => scope.title(title)?,
            None => default,
        };
        let (when, retention_days) = expose_options(scope, options)?;
        let expose = Expose {
            field,
            found,
            when,
            guard: guard(&self.guards),
            retention_days,
            ..Expose::new(name, output, place)
        };
        self.exposes.push((expose, scope.at(stmt.span)));
        Ok(())
    }
}

fn members_at<'a>(members: &'a [(ConstValue, Val)], key: &ConstValue) -> Option<&'a Val> {
    members.iter().find(|(other, _)| other == key).map(|(_, val)| val)
}

/// `file("…")`, `files("…")`, `dir("…")`: which, and the path.
pub(super) fn taken(e: &Expr) -> Option<(&str, &Expr)> {
    let ExprKind::Call { callee, args, .. } = &e.kind else { return None };
    let ExprKind::Name(word) = &callee.kind else { return None };
    match (word.as_str(), args.first().map(|arg| &arg.value)) {
        (word @ ("file" | "files" | "dir"), Some(ArgValue::Expr(path))) => Some((word, path)),
        _ => None,
    }
}

/// `{ when = failed, retention = 14d }`.
pub(super) fn expose_options(scope: &Scope<'_>, options: Option<&Map>) -> Result<(When, Option<u32>)> {
    let (mut when, mut days) = (When::Always, None);
    for Entry { key, value } in options.map_or(&[][..], |map| &map.entries) {
        let EntryValue::Expr(value) = value else { continue };
        match key.text.as_str() {
            "retention" => {
                if let ConstValue::Duration(ms) = scope.constant(value)? {
                    days = Some(u32::try_from(ms.div_ceil(86_400_000)).unwrap_or(u32::MAX));
                }
            }
            "when" => {
                let word = match scope.try_const(value).ok().and_then(|value| value.text()) {
                    Some(word) => word,
                    None => match &value.kind {
                        ExprKind::Name(word) => word.to_string(),
                        _ => return Err(Vec::new()),
                    },
                };
                when = match word.as_str() {
                    "succeeded" => When::Succeeded,
                    "failed" => When::Failed,
                    _ => When::Always,
                };
            }
            _ => {}
        }
    }
    Ok((when, days))
}
