//! Expressions.

use std::sync::Arc;

use flow_syntax::tree::{Element, Expr, ExprKind, HoleKind, Text, TextPart};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::{Infer, Phase, Val, Where, signature};
use crate::db::{Def, DefKind, broken, has_nameless};
use crate::scope::{Res, resolve, variants, visible};
use crate::suggest::{list, nearest};
use crate::ty::{Ty, converts};
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// What is known of `e`. `expected` guides bare variants and literals, it is not enforced.
    pub(super) fn expr(&mut self, e: &Expr, expected: Option<&Ty>) -> Val {
        let val = self.expr_kind(e, expected);
        let mut val = self.narrow_read(e, val);
        val.ty = self.refined(e, val.ty);
        if val.norm == Norm::Unknown && val.phase == Phase::Const && !val.ty.is_error() {
            val.norm = self.norm(e);
        }
        self.out.types.insert(e.span, val.clone());
        val
    }

    fn expr_kind(&mut self, e: &Expr, expected: Option<&Ty>) -> Val {
        match &e.kind {
            ExprKind::Hole => Val::error(),
            ExprKind::Int(_) => Val::new(Ty::Int, Phase::Const),
            ExprKind::Duration(_) => Val::new(Ty::Duration, Phase::Const),
            ExprKind::Bool(_) => Val::new(Ty::Bool, Phase::Const),
            ExprKind::None => Val::new(Ty::None, Phase::Const),
            ExprKind::Text(text) => {
                let val = self.text_val(text);
                let path = val.ty == Ty::String && expected.is_some_and(|ty| *ty.present() == Ty::Path);
                if path { Val { ty: Ty::Path, ..val } } else { val }
            }
            ExprKind::Name(name) => self.name(name, e.span, expected),
            ExprKind::List(elements) => self.list(elements, expected),
            ExprKind::Unary { op, operand } => self.unary(*op, operand),
            ExprKind::Binary { op, op_span, left, right } => self.binary(*op, *op_span, left, right, expected),
            ExprKind::Field { base, optional, name } => self.field(base, *optional, name, e.span),
            ExprKind::Index { base, index } => self.index(base, index),
            ExprKind::Call { callee, args, args_span } => self.call(callee, args, *args_span, expected),
            ExprKind::Ordered { base, title, after } => self.ordered(e.span, base, title.as_ref(), after.as_deref()),
            ExprKind::If(it) => self.if_value(it, expected),
            ExprKind::For(it) => self.for_value(it, expected),
            ExprKind::Match(it) => self.match_value(it, expected),
        }
    }

    /// The parts of a text that is not a script; when it is known.
    pub(super) fn text(&mut self, text: &Text) -> Phase {
        self.text_val(text).phase
    }

    /// A text that is not a script: of type `secret` where a part of it is.
    pub(super) fn text_val(&mut self, text: &Text) -> Val {
        let mut whole = Val::new(Ty::String, Phase::Const);
        for part in &text.parts {
            let TextPart::Hole(hole) = part else { continue };
            match &hole.kind {
                // The parser has reported it.
                HoleKind::Claim(_) => {}
                HoleKind::Read { value, spread } => {
                    if *spread {
                        let finding = self
                            .finding(Code::NotText, hole.span, "`...` has a meaning in scripts only")
                            .label("spreads into the words of a command")
                            .help("join the list: `#{xs.join(\" \")}`");
                        self.report(finding);
                    }
                    let val = self.expr(value, None);
                    whole = whole.with(&val);
                    if !spread {
                        self.require_text(value.span, &val.ty);
                    }
                }
            }
        }
        if whole.labels.secret {
            whole.ty = Ty::Secret;
        }
        whole
    }

    /// Requires something that can be part of a text.
    fn require_text(&mut self, span: Span, ty: &Ty) {
        if is_text(ty) {
            return;
        }
        let shown = self.show(ty);
        let finding = self
            .finding(Code::NotText, span, format!("{a} cannot be part of a text", a = super::article(&shown)))
            .label(format!("this is {a}", a = super::article(&shown)));
        let finding = match ty {
            Ty::Optional(_) | Ty::None => finding.help("say what to use when it is missing: `value ?? \"\"`"),
            Ty::List(_) => finding.help("join it: `xs.join(\", \")`"),
            Ty::Opaque => {
                finding.help("read it in a script, where it is a path; a file of it is `.assert_exists(\"path\")`")
            }
            Ty::File | Ty::Exec | Ty::Json(_) => finding.help("read it in a script, where it is a path"),
            _ => finding,
        };
        self.report(finding);
    }

    fn list(&mut self, elements: &[Element], expected: Option<&Ty>) -> Val {
        let wanted = match expected.map(Ty::present) {
            Some(Ty::List(inner)) => Some(Ty::clone(inner)),
            _ => None,
        };
        let mut element_ty: Option<Ty> = None;
        let mut whole = Val::new(Ty::Unit, Phase::Const);
        for element in elements {
            let (ty, span) = if element.spread {
                let val = self.expr(&element.value, expected);
                whole = whole.with(&val);
                let inner = match val.ty.single() {
                    Ty::List(inner) => Ty::clone(inner),
                    Ty::Family(family) => family.member.clone(),
                    Ty::Error => Ty::Error,
                    other => {
                        let shown = self.show(other);
                        let finding = self
                            .finding(Code::TypeMismatch, element.value.span, "only a list can be spread")
                            .label(format!("this is {a}", a = super::article(&shown)))
                            .help("remove the `...`");
                        self.report(finding);
                        Ty::Error
                    }
                };
                (inner, element.value.span)
            } else {
                let val = self.expr(&element.value, wanted.as_ref().or(element_ty.as_ref()));
                whole = whole.with(&val);
                (val.ty, element.value.span)
            };
            if let Some(wanted) = &wanted {
                // What has been refused as an element is not refused again with the list.
                if !self.expect(span, &ty, wanted, "an element of this list is") {
                    whole.labels.secret = false;
                }
                continue;
            }
            match &element_ty {
                None => element_ty = Some(ty),
                Some(first) if converts(self.db, &ty, first) => {}
                Some(first) if converts(self.db, first, &ty) => element_ty = Some(ty),
                Some(first) => {
                    let (first, this) = (self.show(first), self.show(&ty));
                    let finding = self
                        .finding(Code::TypeMismatch, span, "a list has elements of one type")
                        .label(format!("{a} among `{first}`s", a = super::article(&this)));
                    self.report(finding);
                }
            }
        }
        Val { ty: Ty::List(Arc::new(wanted.or(element_ty).unwrap_or(Ty::Error))), ..whole }
    }

    fn name(&mut self, name: &str, span: Span, expected: Option<&Ty>) -> Val {
        let variant_of = match expected.map(Ty::present) {
            Some(Ty::Enum(def)) if variants(self.db, *def).iter().any(|variant| variant == name) => Some(*def),
            _ => None,
        };
        if let Some(local) = self.read_local(name) {
            if let Some(def) = variant_of {
                let enum_name = def.name(self.db);
                let finding = self
                    .finding(
                        Code::AmbiguousName,
                        span,
                        format!("`{name}` is a value in scope and a variant of `{enum_name}`"),
                    )
                    .label("which of the two?")
                    .related(self.at(local.span), "the value")
                    .help(format!("write `{enum_name}.{name}` for the variant, or rename the value"))
                    .fix(format!("write `{enum_name}.{name}`"), self.at(span), format!("{enum_name}.{name}"));
                self.report(finding);
            }
            self.note(span, Res::Local(SmolStr::from(name)));
            let val = self.narrowed(local.val);
            return self.read_written(name, span, val);
        }
        let found = resolve(self.db, self.file, name);
        if let (Some(def), Some(Res::Def(constant))) = (variant_of, &found)
            && constant.kind(self.db) == DefKind::Const
        {
            let enum_name = def.name(self.db);
            let finding = self
                .finding(Code::AmbiguousName, span, format!("`{name}` is a constant and a variant of `{enum_name}`"))
                .label("which of the two?")
                .related(crate::scope::name_place(self.db, *constant), "the constant")
                .help(format!("write `{enum_name}.{name}` for the variant, or rename the constant"))
                .fix(format!("write `{enum_name}.{name}`"), self.at(span), format!("{enum_name}.{name}"));
            self.report(finding);
            self.note(span, Res::Def(*constant));
            return Val::error();
        }
        match found {
            Some(Res::Variant(def, variant)) if variant_of.is_none_or(|expected| expected == def) => {
                self.variant(span, def, variant)
            }
            Some(res) if variant_of.is_none() => self.top_level(name, span, &res),
            _ => match variant_of {
                Some(def) => self.variant(span, def, SmolStr::from(name)),
                // A variant of an enum that is not known, perhaps; that was reported.
                None if expected.is_some_and(Ty::is_error) => Val::error(),
                None => {
                    self.unknown_name(name, span, expected);
                    Val::error()
                }
            },
        }
    }

    pub(super) fn variant(&mut self, span: Span, def: Def, name: SmolStr) -> Val {
        self.note(span, Res::Variant(def, name.clone()));
        Val::constant(Ty::Enum(def), Norm::Value(ConstValue::Variant { def, name }))
    }

    fn top_level(&mut self, name: &str, span: Span, res: &Res) -> Val {
        self.note(span, res.clone());
        let (what, help) = match *res {
            Res::Def(def) => match def.kind(self.db) {
                DefKind::Const => return self.constant(def),
                DefKind::Secret => return self.secret(name, def, span),
                // The import itself was reported.
                DefKind::Use => return Val::error(),
                kind @ (DefKind::Fn | DefKind::Job | DefKind::Action | DefKind::Flow | DefKind::Extern) => {
                    (kind.noun(), format!("call it: `{name}(…)`"))
                }
                DefKind::Enum => ("an enum", format!("name one of its variants: `{name}.…`")),
                DefKind::Struct => ("a struct", format!("build one: `{name}(…)`")),
                kind => (kind.noun(), "a value is needed here".to_owned()),
            },
            Res::Module(_) => ("a module", format!("name one of its members: `{name}.…`")),
            Res::Ctx => ("the run's context", "name one of its members: `ctx.sha`".to_owned()),
            Res::Local(_) | Res::Variant(..) | Res::Builtin(_) => return Val::error(),
        };
        let finding = self
            .finding(Code::WrongKind, span, format!("`{name}` is {what}, not a value"))
            .label("not a value")
            .help(help);
        self.report(finding);
        Val::error()
    }

    /// A declared secret, where a run has secrets.
    fn secret(&mut self, name: &str, def: Def, span: Span) -> Val {
        if self.place == Where::Expr {
            let what = match self.def.kind(self.db) {
                DefKind::Fn => "a function",
                DefKind::Const => "a constant",
                _ => "a declaration",
            };
            let finding = self
                .finding(Code::NotAllowedHere, span, format!("{what} cannot read the secret `{name}`"))
                .label("known while a job runs")
                .related(crate::scope::name_place(self.db, def), "declared here")
                .help("read it in the job that needs it, or take it as a parameter of type `secret`");
            self.report(finding);
            return Val::error();
        }
        Val::new(signature(self.db, def).result.clone(), Phase::Run)
    }

    pub(super) fn constant(&self, def: Def) -> Val {
        let norm = super::sig::const_value(self.db, def).map_or(Norm::Unknown, Norm::Value);
        Val::constant(signature(self.db, def).result.clone(), norm)
    }

    fn unknown_name(&mut self, name: &str, span: Span, expected: Option<&Ty>) {
        if let Some(Ty::Enum(def)) = expected.map(Ty::present) {
            let known = variants(self.db, *def);
            let near = nearest(name, known.iter().map(SmolStr::as_str));
            // In the place of a variant, a variant is what was meant, unless a local comes nearer.
            if near.is_some() || self.nearest_name(name).is_none() {
                self.unknown_variant(*def, name, span);
                return;
            }
        }
        if has_nameless(self.db, self.file) {
            return;
        }
        let finding = self.finding(Code::UnknownName, span, format!("there is no `{name}` here")).label("not found");
        if let Some((_, bound)) = self.gone.iter().rev().find(|(gone, _)| gone == name) {
            let finding = finding
                .related(self.at(*bound), "bound here, and visible in that block only")
                .help("bind what the whole block gives, `let x = if c { … }`, or move this into the block");
            self.report(finding);
            return;
        }
        let finding = match self.nearest_name(name) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(span),
                near,
            ),
            None => finding.help("bind it with `let`, take it as a parameter, or put quotes around a text"),
        };
        self.report(finding);
    }

    pub(super) fn unknown_variant(&mut self, def: Def, name: &str, span: Span) {
        if broken(self.db, def) {
            return;
        }
        let enum_name = def.name(self.db);
        let known = variants(self.db, def);
        let near = nearest(name, known.iter().map(SmolStr::as_str));
        let mut finding = self
            .finding(Code::UnknownVariant, span, format!("`{enum_name}` has no variant `{name}`"))
            .label("no such variant")
            .related(crate::scope::name_place(self.db, def), format!("`{enum_name}` is declared here"));
        finding = match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
                format!("change it to `{near}`"),
                self.at(span),
                near,
            ),
            None => finding.help(format!("its variants: {}", list(known.iter().map(SmolStr::as_str)))),
        };
        self.report(finding);
    }

    /// The name in scope that is nearest to a mistyped one.
    pub(super) fn nearest_name(&self, name: &str) -> Option<String> {
        let top = visible(self.db, self.file);
        let locals = self.frames.iter().flatten().map(|local| local.name.as_str());
        nearest(name, locals.chain(top.iter().map(SmolStr::as_str))).map(str::to_owned)
    }

    /// The normal form of an expression that is known while compiling and has been inferred.
    pub(super) fn norm(&self, e: &Expr) -> Norm {
        let env = self.known_values();
        // All of an item together may take so long, and no longer.
        let eval = crate::eval::Eval::new(self.db, self.def, &self.out.names).within(self.budget.get());
        let value = eval.expr(e, &env);
        self.budget.set(eval.left().min(self.budget.get()));
        if let Ok(value) = value {
            return Norm::Value(value);
        }
        let callee = match &e.kind {
            ExprKind::Call { callee, .. } => match self.out.names.get(&callee.span) {
                Some(Res::Def(def)) if def.kind(self.db) == DefKind::Fn => Some(*def),
                Some(_) => return Norm::Unknown,
                None => None,
            },
            _ => None,
        };
        let part = |e: &Expr| self.out.types.get(&e.span).map_or(Norm::Unknown, |val| val.norm.clone());
        crate::norm::folded(self.db, &crate::norm::of(self.db, e, callee, &part))
    }

    /// `ctx.os` and `ctx.arch`, where the runner says what they are.
    fn runner_values(&self) -> impl Iterator<Item = (SmolStr, ConstValue)> {
        ["os", "arch"].into_iter().filter_map(|part| match self.runner_part(part) {
            Norm::Value(value) if self.runner.is_some() => Some((SmolStr::from(format!("ctx.{part}")), value)),
            _ => None,
        })
    }

    /// The locals whose values are known while compiling.
    pub(super) fn known_values(&self) -> Vec<(SmolStr, ConstValue)> {
        let locals = self.frames.iter().flatten();
        locals
            .filter_map(|local| Some((local.name.clone(), self.narrowed_norm(&local.val.norm).value()?.clone())))
            .chain(self.runner_values())
            .collect()
    }
}

/// Whether a value of this type can be part of a text.
pub(super) fn is_text(ty: &Ty) -> bool {
    matches!(
        ty.single(),
        Ty::Secret | Ty::Error | Ty::Bool | Ty::Int | Ty::Duration | Ty::String | Ty::Path | Ty::Enum(_)
    )
}
