//! The walk over one declaration that makes its mutants. The kinds of mutants are the first arguments
//! of [`Walk::push`].

mod expr;

use std::collections::BTreeSet;

use flow_syntax::tree::{
    Body, EntryValue, ExternField, FamilyKey, FieldDecl, HoleKind, ItemKind, Map, Name, Output, Param, ParamMode,
    Place, PlaceStep, RawValue, Setting, Source, Stmt, StmtKind, Text, TextPart, Type, TypeArg, TypeKind,
};
use flow_syntax::{Placed, Span};

use super::Change;
use super::names::Names;

/// What was found so far.
pub(super) struct Walk<'t> {
    text: &'t str,
    placed: &'t Placed,
    names: &'t Names,
    /// Parameters, outputs and bindings of the declaration.
    locals: BTreeSet<String>,
    /// Kind, subject, changes.
    pub(super) done: Vec<(&'static str, String, Vec<Change>)>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str, placed: &'t Placed, names: &'t Names) -> Self {
        Self { text, placed, names, locals: BTreeSet::new(), done: Vec::new() }
    }

    fn range(&self, span: Span) -> (usize, usize) {
        let span = span.shift(self.placed.start);
        (span.start as usize, span.end as usize)
    }

    fn said(&self, span: Span) -> &'t str {
        let (from, to) = self.range(span);
        &self.text[from..to]
    }

    /// `text` in one line, shortened.
    fn brief(text: &str) -> String {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(60).collect();
        format!("`{short}{}`", if short.len() < line.len() { "…" } else { "" })
    }

    fn push(&mut self, kind: &'static str, what: String, edits: Vec<Change>) {
        self.done.push((kind, what, edits));
    }

    fn replace(&mut self, kind: &'static str, span: Span, new: &str) {
        let (from, to) = self.range(span);
        let what = format!("{} → {}", Self::brief(self.said(span)), Self::brief(new));
        self.push(kind, what, vec![(from, to, new.to_owned())]);
    }

    /// Deletes from the end of what stands before up to the end of `span`.
    fn delete_between(&mut self, kind: &'static str, from: usize, to: usize) {
        let what = Self::brief(&self.text[from..to]);
        self.push(kind, what, vec![(from, to, String::new())]);
    }

    /// Deletes a whole with the documentation above it.
    fn delete(&mut self, kind: &'static str, span: Span) {
        let (mut from, to) = self.range(span);
        let what = Self::brief(&self.text[from..to]);
        loop {
            let line = self.text[..from].rfind('\n').map_or(0, |it| it + 1);
            if !self.text[line..from].trim().is_empty() || line == 0 {
                break;
            }
            let above = self.text[..line - 1].rfind('\n').map_or(0, |it| it + 1);
            if !self.text[above..line].trim_start().starts_with("///") {
                break;
            }
            from = above + self.text[above..].find("///").unwrap_or_default();
        }
        self.push(kind, what, vec![(from, to, String::new())]);
    }

    /// Deletes each of a list with a comma, and swaps each with the next.
    fn list(&mut self, delete: &'static str, swap: &'static str, spans: &[Span]) {
        for (at, span) in spans.iter().enumerate() {
            let (from, to) = self.range(*span);
            let (from, to) = match (at.checked_sub(1).map(|it| spans[it]), spans.get(at + 1)) {
                (_, Some(next)) => (from, self.range(*next).0),
                (Some(before), None) => (self.range(before).1, to),
                (None, None) => (from, to),
            };
            let what = Self::brief(self.said(*span));
            self.push(delete, what, vec![(from, to, String::new())]);
        }
        for pair in spans.windows(2) {
            self.swap(swap, pair[0], pair[1]);
        }
    }

    fn swap(&mut self, kind: &'static str, a: Span, b: Span) {
        let (left, right) = (self.said(a), self.said(b));
        let what = format!("{} ↔ {}", Self::brief(left), Self::brief(right));
        let (a, b) = (self.range(a), self.range(b));
        self.push(kind, what, vec![(a.0, a.1, right.to_owned()), (b.0, b.1, left.to_owned())]);
    }

    fn rename(&mut self, kind: &'static str, name: &Name) {
        if !name.is_missing() && !self.said(name.span).starts_with('"') {
            self.replace(kind, name.span, &format!("{}x", name.text));
        }
    }

    // Declarations.

    pub(super) fn item(&mut self) {
        let item = &self.placed.item;
        self.delete("delete declaration", item.span);
        if let Some(name) = item.name() {
            self.rename("rename declaration", name);
        }
        match &item.kind {
            ItemKind::Const(it) => {
                if let Some(ty) = &it.ty {
                    self.ty(ty);
                }
                self.expr(&it.value);
            }
            ItemKind::Fn(it) => {
                self.params(&it.params);
                self.ty(&it.result);
                self.expr(&it.value);
            }
            ItemKind::Enum(it) => {
                let spans: Vec<Span> = it.variants.iter().map(|it| it.name.span).collect();
                self.list("delete variant", "swap variants", &spans);
                it.variants.iter().for_each(|it| self.rename("rename variant", &it.name));
            }
            ItemKind::Struct(it) => {
                for field in &it.fields {
                    self.rename("rename field declaration", &field.name);
                    self.ty(&field.ty);
                    if let Some(default) = &field.default {
                        self.delete_between("delete default", self.range(field.ty.span).1, self.range(default.span).1);
                        self.expr(default);
                    }
                }
                let whole = |it: &flow_syntax::tree::StructField| {
                    Span::new(it.name.span.start, it.default.as_ref().map_or(it.ty.span.end, |it| it.span.end))
                };
                it.fields.iter().for_each(|it| self.delete("delete field", whole(it)));
            }
            ItemKind::Artifact(it) => {
                self.params(&it.params);
                self.fields(&it.fields);
            }
            ItemKind::Secret(it) => {
                if let Some(map) = &it.sources {
                    self.delete("delete sources", map.span);
                    self.map(map, true);
                }
            }
            ItemKind::Action(it) => {
                self.params(&it.params);
                self.outputs(it.outputs.as_deref());
                let spans: Vec<Span> = it.by.iter().map(|it| it.span).collect();
                self.list("delete key", "swap keys", &spans);
                self.body(&it.body);
            }
            ItemKind::Extern(it) => self.binding(&it.fields),
            ItemKind::Job(it) => {
                self.params(&it.params);
                self.outputs(it.outputs.as_deref());
                if let Some(runner) = &it.runner {
                    self.expr(runner);
                }
                self.body(&it.body);
            }
            ItemKind::Flow(it) => {
                self.params(&it.params);
                self.outputs(it.outputs.as_deref());
                self.body(&it.body);
            }
            ItemKind::Pipeline(it) => {
                self.outputs(it.outputs.as_deref());
                self.body(&it.body);
            }
            ItemKind::Use(_) | ItemKind::Test(_) | ItemKind::Hole => {}
        }
    }

    fn binding(&mut self, fields: &[ExternField]) {
        for field in fields {
            match field {
                ExternField::Port(port) => {
                    self.rename("rename port", &port.name);
                    let end = port.ty.as_ref().map_or(port.name.span.end, |it| it.span.end);
                    if let Some(ty) = &port.ty {
                        self.ty(ty);
                    }
                    if let Some(default) = &port.default {
                        let from = self.range(Span::new(end, end)).0;
                        self.delete_between("delete default", from, self.range(default.span).1);
                    }
                }
                ExternField::Permissions(map) => self.map(map, true),
                ExternField::Hole(_) => {}
            }
        }
    }

    fn fields(&mut self, fields: &[FieldDecl]) {
        let mut paths = Vec::new();
        for field in fields {
            match field {
                FieldDecl::Field(it) => {
                    self.rename("rename field declaration", &it.name);
                    self.ty(&it.ty);
                    if let Some(path) = &it.path {
                        self.delete("delete field", Span::new(it.name.span.start, path.span.end));
                        self.delete_between("delete path", self.range(it.ty.span).1, self.range(path.span).1);
                        self.text(path, false);
                        paths.push(path.span);
                    }
                }
                FieldDecl::If(branches) => {
                    for branch in branches {
                        if let Some(condition) = &branch.condition {
                            self.condition(condition);
                        }
                        self.fields(&branch.fields);
                    }
                }
                FieldDecl::Match { value, arms, .. } => {
                    self.expr(value);
                    for arm in arms {
                        arm.patterns.iter().for_each(|it| self.pattern(it));
                        self.fields(&arm.fields);
                    }
                }
                FieldDecl::Hole(_) => {}
            }
        }
        for pair in paths.windows(2) {
            self.swap("swap paths", pair[0], pair[1]);
        }
    }

    fn params(&mut self, params: &[Param]) {
        let spans: Vec<Span> = params.iter().map(|it| it.span).collect();
        self.list("delete parameter", "swap parameters", &spans);
        for param in params {
            self.locals.insert(param.name.text.to_string());
            self.rename("rename parameter", &param.name);
            self.ty(&param.ty);
            let (from, name) = (self.range(param.span).0, self.range(param.name.span).0);
            let what = Self::brief(self.said(param.span));
            if param.mode == ParamMode::Plain {
                self.push("make const", what, vec![(from, from, "const ".to_owned())]);
            } else {
                let kind = if param.mode == ParamMode::Const { "make not const" } else { "remove out" };
                self.push(kind, what, vec![(from, name, String::new())]);
            }
            if let Some(default) = &param.default {
                self.delete_between("delete default", self.range(param.ty.span).1, self.range(default.span).1);
                self.expr(default);
            }
        }
    }

    fn outputs(&mut self, outputs: Option<&[Output]>) {
        let outputs = outputs.unwrap_or_default();
        let spans: Vec<Span> = outputs.iter().map(|it| it.span).collect();
        if outputs.len() > 1 {
            self.list("delete output", "swap outputs", &spans);
        }
        for output in outputs {
            self.locals.insert(output.name.text.to_string());
            self.rename("rename output", &output.name);
            self.ty(&output.ty);
            let (from, name) = (self.range(output.span).0, self.range(output.name.span).0);
            let what = Self::brief(self.said(output.span));
            if output.always {
                self.push("make not always", what, vec![(from, name, String::new())]);
            } else {
                self.push("make always", what, vec![(from, from, "always ".to_owned())]);
            }
            if let Some(path) = &output.path {
                self.delete_between("delete path", self.range(output.ty.span).1, self.range(path.span).1);
            }
        }
    }

    // Types.

    fn ty(&mut self, ty: &Type) {
        let said = self.said(ty.span).to_owned();
        match &ty.kind {
            TypeKind::Hole => {}
            TypeKind::Optional(inner) => {
                let inner_said = self.said(inner.span).to_owned();
                self.replace("make required", ty.span, &inner_said);
                self.inner_ty(inner);
            }
            _ => {
                self.replace("make optional", ty.span, &format!("{said}?"));
                self.replace("make a list", ty.span, &format!("[{said}]"));
                self.inner_ty(ty);
            }
        }
    }

    fn inner_ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Hole | TypeKind::Optional(_) => {}
            TypeKind::List(inner) => {
                let said = self.said(inner.span).to_owned();
                self.replace("make no list", ty.span, &said);
                self.inner_ty(inner);
            }
            TypeKind::Family { key, member } => {
                if let FamilyKey::Type(key) = key {
                    let said = self.said(member.span).to_owned();
                    self.replace("make no family", ty.span, &said);
                    self.inner_ty(key);
                }
                self.inner_ty(member);
            }
            TypeKind::Path { path, args } => {
                let last = path.segments.last().map(|it| it.text.to_string()).unwrap_or_default();
                for other in ["string", "int", "bool", "opaque", "file", "exec"] {
                    if other != last {
                        self.replace("retype", ty.span, other);
                    }
                }
                for other in self.names.types.clone() {
                    if other != last {
                        self.replace("replace type", path.span, &other);
                    }
                }
                if let Some(name) = path.segments.last() {
                    self.rename("rename type", name);
                }
                for arg in args {
                    match arg {
                        TypeArg::Any(_) => {}
                        TypeArg::Expr(e) => self.expr(e),
                    }
                }
            }
        }
    }

    // Bodies.

    fn body(&mut self, body: &Body) {
        for stmt in &body.stmts {
            self.locals_of(stmt);
        }
        for stmt in &body.stmts {
            let kind = match &stmt.kind {
                StmtKind::Setting(Setting::Trigger { .. }) => "delete trigger",
                StmtKind::Setting(Setting::Param { .. }) => "delete parameter",
                StmtKind::Setting(_) => "delete setting",
                _ => "delete statement",
            };
            self.delete(kind, stmt.span);
            self.stmt(stmt);
        }
        for pair in body.stmts.windows(2) {
            let setting = |it: &Stmt| matches!(it.kind, StmtKind::Setting(_));
            if !setting(&pair[0]) && !setting(&pair[1]) {
                self.swap("swap statements", pair[0].span, pair[1].span);
            }
        }
    }

    fn locals_of(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { name, .. } | StmtKind::Setting(Setting::Param { name, .. }) => {
                self.locals.insert(name.text.to_string());
            }
            _ => {}
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Setting(setting) => self.setting(setting),
            StmtKind::Let { name, ty, value } => {
                self.rename("rename binding", name);
                if let Some(ty) = ty {
                    self.ty(ty);
                }
                if let Some(value) = value {
                    self.source(value);
                }
            }
            StmtKind::Out { place, value } => {
                self.place(place);
                self.source(value);
            }
            StmtKind::Export { name, value } => {
                self.rename("rename variable", name);
                self.expr(value);
            }
            StmtKind::AddPath(e) | StmtKind::Summary(e) => self.expr(e),
            StmtKind::Checkout(map) => self.map(map, true),
            StmtKind::Expose { value, title, options } => {
                self.expr(value);
                if let Some(title) = title {
                    self.delete_between("delete `as`", self.range(value.span).1, self.range(title.span).1);
                    self.text(title, false);
                }
                if let Some(map) = options {
                    self.delete("delete options", map.span);
                    self.map(map, true);
                }
            }
            StmtKind::Gate { after, .. } => {
                if let Some(e) = after {
                    self.expr(e);
                }
            }
            StmtKind::After { after, body } => {
                self.expr(after);
                let inner = self.inside(body);
                self.replace("delete `after`", stmt.span, &inner);
                self.body(body);
            }
            StmtKind::Stage { body, .. } | StmtKind::Finally(body) | StmtKind::OnFailure(body) => {
                let inner = self.inside(body);
                self.replace("delete block", stmt.span, &inner);
                self.body(body);
            }
            StmtKind::Source(source) => self.source(source),
            StmtKind::Hole => {}
        }
    }

    /// What stands between the braces.
    fn inside(&self, body: &Body) -> String {
        let said = self.said(body.span);
        said.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(said).trim().to_owned()
    }

    fn setting(&mut self, setting: &Setting) {
        match setting {
            Setting::Value { name, value } => {
                self.rename("rename setting", name);
                self.expr(value);
            }
            Setting::Map { name, map } => {
                self.rename("rename setting", name);
                self.map(map, name.text != "env");
            }
            Setting::Service { name, map } | Setting::Cache { name, map } => {
                self.rename("rename service or cache", name);
                self.map(map, true);
            }
            Setting::Raw { value, .. } => {
                if let RawValue::Map(map) = value {
                    self.map(map, false);
                }
            }
            Setting::Trigger { event, finished, filters } => {
                event.segments.iter().for_each(|it| self.rename("rename trigger", it));
                if let Some(name) = finished {
                    self.rename("rename use", name);
                }
                if let Some(map) = filters {
                    self.delete("delete filters", map.span);
                    self.map(map, true);
                }
            }
            Setting::Param { name, ty, default } => {
                self.rename("rename parameter", name);
                self.ty(ty);
                if let Some(default) = default {
                    self.delete_between("delete default", self.range(ty.span).1, self.range(default.span).1);
                    self.expr(default);
                }
            }
            Setting::Extends { map, .. } => self.map(map, true),
        }
    }

    /// `known`: the keys are words of the language, not the user's.
    fn map(&mut self, map: &Map, known: bool) {
        let spans: Vec<Span> = map
            .entries
            .iter()
            .map(|entry| {
                let end = match &entry.value {
                    EntryValue::Expr(e) => e.span.end,
                    EntryValue::Map(map) => map.span.end,
                };
                Span::new(entry.key.span.start, end)
            })
            .collect();
        if spans.len() > 1 {
            self.list("delete entry", "swap entries", &spans);
        }
        for entry in &map.entries {
            self.rename(if known { "rename key" } else { "rename variable" }, &entry.key);
            match &entry.value {
                EntryValue::Expr(e) => self.expr(e),
                EntryValue::Map(map) => self.map(map, known),
            }
        }
    }

    fn source(&mut self, source: &Source) {
        match source {
            Source::Script(it) => self.text(&it.text, true),
            Source::Step(it) => {
                self.text(&it.title, false);
                self.body(&it.body);
            }
            Source::Foreign(it) => {
                if let Some(map) = &it.inputs {
                    self.map(map, false);
                }
            }
            Source::Expr(e) => self.expr(e),
        }
    }

    fn text(&mut self, text: &Text, script: bool) {
        let mut holes: Vec<Span> = Vec::new();
        for part in &text.parts {
            let TextPart::Hole(hole) = part else { continue };
            holes.push(hole.span);
            match &hole.kind {
                HoleKind::Read { value, spread } => {
                    if script {
                        self.replace("delete read", hole.span, "nothing");
                        let said = self.said(value.span).to_owned();
                        self.replace("add out", hole.span, &format!("#{{out {said}}}"));
                        if *spread {
                            self.replace("delete spread", hole.span, &format!("#{{{said}}}"));
                        }
                    }
                    self.expr(value);
                }
                HoleKind::Claim(place) => {
                    self.replace("delete claim", hole.span, "nothing");
                    let said = self.said(place.span).to_owned();
                    self.replace("remove out", hole.span, &format!("#{{{said}}}"));
                    self.place(place);
                }
            }
        }
        for pair in holes.windows(2) {
            self.swap("swap holes", pair[0], pair[1]);
        }
    }

    fn place(&mut self, place: &Place) {
        self.rename("rename claim", &place.root);
        self.other_value("replace claim", place.root.span, &place.root.text);
        for step in &place.steps {
            match step {
                PlaceStep::Field(name) => self.field(name),
                PlaceStep::Index(e) => self.expr(e),
            }
        }
    }

    fn field(&mut self, name: &Name) {
        self.rename("rename field", name);
        if let Some(other) = self.names.other_field(&name.text) {
            let other = other.to_owned();
            self.replace("replace field", name.span, &other);
        }
    }

    /// Two others of the same kind, the nearest after it by name.
    fn other_value(&mut self, kind: &'static str, span: Span, name: &str) {
        let all: Vec<String> = self.locals.iter().chain(&self.names.values).filter(|it| *it != name).cloned().collect();
        let at = all.partition_point(|it| it.as_str() < name);
        for other in all.iter().cycle().skip(at).take(all.len().min(2)) {
            self.replace(kind, span, other);
        }
    }
}
