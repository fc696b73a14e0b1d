//! What the formatter asks the tree: where the members of braces begin, which braces are bodies,
//! which square brackets are lists, which dashes belong to names. All as offsets in the file.

use rustc_hash::FxHashSet;

use crate::token::{Kind, Token};
use crate::tree::*;
use crate::{Placed, Span};

/// The offsets of tokens with a role that the tokens alone do not tell.
#[derive(Default)]
pub(super) struct Marks {
    /// First tokens of what stands between braces.
    pub(super) members: FxHashSet<u32>,
    /// Opening braces of settings and statements.
    pub(super) bodies: FxHashSet<u32>,
    /// Opening brackets of list values.
    pub(super) lists: FxHashSet<u32>,
    /// What touches the token before it: `-` and the word after it in a name with dashes.
    pub(super) glued: FxHashSet<u32>,
    /// First tokens of items.
    pub(super) items: FxHashSet<u32>,
}

impl Marks {
    /// The marks of a file without errors.
    pub(super) fn new(items: &[Placed], tokens: &[Token]) -> Self {
        let mut walk = Walk { tokens, base: 0, marks: Self::default() };
        for placed in items {
            walk.base = placed.start;
            walk.marks.items.insert(placed.start);
            walk.item(&placed.item.kind);
        }
        walk.marks
    }
}

struct Walk<'t> {
    tokens: &'t [Token],
    /// Where the present item begins.
    base: u32,
    marks: Marks,
}

impl Walk<'_> {
    fn member(&mut self, span: Span) {
        self.marks.members.insert(self.base + span.start);
    }

    /// The token before an offset of the item that `holds`, its beginning a member.
    fn member_before(&mut self, at: u32, holds: fn(Kind) -> bool) {
        let end = self.tokens.partition_point(|it| it.start < self.base + at);
        let before = self.tokens.get(..end).unwrap_or_default();
        self.marks.members.extend(before.iter().rev().find(|it| holds(it.kind)).map(|it| it.start));
    }

    fn dashed(&mut self, name: &Name) {
        let place = name.span.shift(self.base);
        let from = self.tokens.partition_point(|it| it.start <= place.start);
        let inside = self.tokens.get(from..).unwrap_or_default().iter().take_while(|it| it.start < place.end);
        self.marks.glued.extend(inside.map(|it| it.start));
    }

    fn item(&mut self, item: &ItemKind) {
        match item {
            ItemKind::Use(_) | ItemKind::Hole => {}
            ItemKind::Const(it) => {
                self.types(&it.ty);
                self.expr(&it.value);
            }
            ItemKind::Fn(it) => {
                self.params(&it.params);
                self.ty(&it.result);
                self.expr(&it.value);
            }
            ItemKind::Enum(it) => it.variants.iter().for_each(|it| self.member(it.name.span)),
            ItemKind::Struct(it) => {
                for field in &it.fields {
                    self.member(field.name.span);
                    self.ty(&field.ty);
                    self.exprs(&field.default);
                }
            }
            ItemKind::Artifact(it) => {
                self.params(&it.params);
                self.fields(&it.fields);
            }
            ItemKind::Secret(it) => it.sources.iter().for_each(|it| self.map(it)),
            ItemKind::Action(it) => self.callable(&it.params, it.outputs.as_deref(), &it.body),
            ItemKind::Extern(it) => it.fields.iter().for_each(|it| self.extern_field(it)),
            ItemKind::Job(it) => {
                self.exprs(&it.runner);
                self.callable(&it.params, it.outputs.as_deref(), &it.body);
            }
            ItemKind::Flow(it) => self.callable(&it.params, it.outputs.as_deref(), &it.body),
            ItemKind::Pipeline(it) => self.callable(&[], it.outputs.as_deref(), &it.body),
            ItemKind::Test(it) => {
                self.text(&it.title);
                self.body(&it.body);
            }
        }
    }

    fn callable(&mut self, params: &[Param], outputs: Option<&[Output]>, body: &Body) {
        self.params(params);
        for output in outputs.unwrap_or_default() {
            self.ty(&output.ty);
            self.texts(&output.path);
        }
        self.body(body);
    }

    fn params(&mut self, params: &[Param]) {
        for param in params {
            self.ty(&param.ty);
            self.exprs(&param.default);
        }
    }

    fn fields(&mut self, fields: &[FieldDecl]) {
        for field in fields {
            match field {
                FieldDecl::Field(it) => {
                    self.member(it.name.span);
                    self.ty(&it.ty);
                    self.texts(&it.path);
                }
                FieldDecl::If(branches) => {
                    let condition = branches.first().and_then(|it| it.condition.as_ref());
                    if let Some(condition) = condition {
                        // Parentheses around it may stand between.
                        self.member_before(condition.span.start, |it| it == Kind::If);
                    }
                    for branch in branches {
                        self.exprs(&branch.condition);
                        self.fields(&branch.fields);
                    }
                }
                FieldDecl::Match { value, arms, span } => {
                    self.member(*span);
                    self.expr(value);
                    for arm in arms {
                        self.patterns(&arm.patterns);
                        self.fields(&arm.fields);
                    }
                }
                FieldDecl::Hole(_) => {}
            }
        }
    }

    fn extern_field(&mut self, field: &ExternField) {
        match field {
            ExternField::Port(it) => {
                self.member_before(it.name.span.start, |_| true);
                self.types(&it.ty);
                self.exprs(&it.default);
            }
            ExternField::Permissions(map) => {
                self.member_before(map.span.start, |_| true);
                self.map(map);
            }
            ExternField::Hole(_) => {}
        }
    }

    fn types(&mut self, ty: &Option<Type>) {
        ty.iter().for_each(|it| self.ty(it));
    }

    fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Hole => {}
            TypeKind::Path { args, .. } => {
                for arg in args {
                    if let TypeArg::Expr(it) = arg {
                        self.expr(it);
                    }
                }
            }
            TypeKind::List(it) | TypeKind::Optional(it) => self.ty(it),
            TypeKind::Family { key, member } => {
                match key {
                    FamilyKey::Type(it) => self.ty(it),
                    FamilyKey::Binder { keys, .. } => self.expr(keys),
                }
                self.ty(member);
            }
        }
    }

    fn body(&mut self, body: &Body) {
        self.marks.bodies.insert(self.base + body.span.start);
        for stmt in &body.stmts {
            self.member(stmt.span);
            self.stmt(&stmt.kind);
        }
    }

    fn map(&mut self, map: &Map) {
        for entry in &map.entries {
            self.member(entry.key.span);
            self.dashed(&entry.key);
            match &entry.value {
                EntryValue::Expr(it) => self.expr(it),
                EntryValue::Map(it) => self.map(it),
            }
        }
    }

    fn stmt(&mut self, stmt: &StmtKind) {
        match stmt {
            StmtKind::Setting(it) => self.setting(it),
            StmtKind::Let { ty, value, .. } => {
                self.types(ty);
                value.iter().for_each(|it| self.source(it));
            }
            StmtKind::Out { place, value } => {
                self.place(place);
                self.source(value);
            }
            StmtKind::Export { value, .. } | StmtKind::AddPath(value) | StmtKind::Summary(value) => self.expr(value),
            StmtKind::Checkout(map) => self.map(map),
            StmtKind::Expose { value, title, options } => {
                self.expr(value);
                self.texts(title);
                options.iter().for_each(|it| self.map(it));
            }
            StmtKind::Gate { title, after } => {
                self.text(title);
                self.exprs(after);
            }
            StmtKind::After { after, body } => {
                self.expr(after);
                self.body(body);
            }
            StmtKind::Stage { title, body } => {
                self.text(title);
                self.body(body);
            }
            StmtKind::Finally(body) | StmtKind::OnFailure(body) => self.body(body),
            StmtKind::Source(it) => self.source(it),
            StmtKind::Hole => {}
        }
    }

    fn setting(&mut self, setting: &Setting) {
        match setting {
            Setting::Value { name, value } => {
                self.dashed(name);
                self.expr(value);
            }
            Setting::Map { name, map } => {
                self.dashed(name);
                self.map(map);
            }
            Setting::Service { map, .. } | Setting::Cache { map, .. } | Setting::Extends { map, .. } => self.map(map),
            Setting::Raw { value: RawValue::Map(it), .. } => self.map(it),
            Setting::Raw { value: RawValue::Text(it), .. } => self.text(it),
            Setting::Trigger { filters, .. } => filters.iter().for_each(|it| self.map(it)),
            Setting::Param { ty, default, .. } => {
                self.ty(ty);
                self.exprs(default);
            }
        }
    }

    fn source(&mut self, source: &Source) {
        match source {
            Source::Script(it) => self.text(&it.text),
            Source::Step(it) => {
                self.text(&it.title);
                self.body(&it.body);
            }
            Source::Foreign(it) => it.inputs.iter().for_each(|it| self.map(it)),
            Source::Expr(it) => self.expr(it),
        }
    }

    fn place(&mut self, place: &Place) {
        for step in &place.steps {
            if let PlaceStep::Index(it) = step {
                self.expr(it);
            }
        }
    }

    fn texts(&mut self, text: &Option<Text>) {
        text.iter().for_each(|it| self.text(it));
    }

    fn text(&mut self, text: &Text) {
        for part in &text.parts {
            if let TextPart::Hole(it) = part {
                match &it.kind {
                    HoleKind::Read { value, .. } => self.expr(value),
                    HoleKind::Claim(it) => self.place(it),
                }
            }
        }
    }

    fn patterns(&mut self, patterns: &[Pattern]) {
        patterns.iter().take(1).for_each(|it| self.member(it.span));
    }

    fn exprs(&mut self, expr: &Option<Expr>) {
        expr.iter().for_each(|it| self.expr(it));
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Hole
            | ExprKind::Int(_)
            | ExprKind::Duration(_)
            | ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Name(_) => {}
            ExprKind::Text(it) => self.text(it),
            ExprKind::List(elements) => {
                self.marks.lists.insert(self.base + expr.span.start);
                elements.iter().for_each(|it| self.expr(&it.value));
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Field { base, .. } => self.expr(base),
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Call { callee, args, .. } => {
                self.expr(callee);
                for arg in args {
                    match &arg.value {
                        ArgValue::Expr(it) | ArgValue::Spread(it) => self.expr(it),
                        ArgValue::Out(it) => self.place(it),
                    }
                }
            }
            ExprKind::Ordered { base, title, after } => {
                self.expr(base);
                self.texts(title);
                after.iter().for_each(|it| self.expr(it));
            }
            ExprKind::If(it) => self.branch(it),
            ExprKind::For(it) => {
                self.expr(&it.iterable);
                self.exprs(&it.filter);
                self.body(&it.body);
            }
            ExprKind::Match(it) => {
                self.expr(&it.value);
                for arm in &it.arms {
                    self.patterns(&arm.patterns);
                    match &arm.value {
                        ArmValue::Body(it) => self.body(it),
                        ArmValue::Source(it) => self.source(it),
                    }
                }
            }
        }
    }

    fn branch(&mut self, branch: &If) {
        self.expr(&branch.condition);
        self.body(&branch.then);
        match &branch.otherwise {
            None => {}
            Some(Else::Body(it)) => self.body(it),
            Some(Else::If(it, _)) => self.branch(it),
        }
    }
}
