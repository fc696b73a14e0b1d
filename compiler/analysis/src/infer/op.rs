//! Operators.

use flow_syntax::tree::{BinaryOp, Expr, ExprKind, HoleKind, Text, TextPart, UnaryOp};
use flow_syntax::{Code, Span};

use super::{Infer, Val, article};
use crate::scope::{Res, resolve};
use crate::ty::{Ty, converts};

impl Infer<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr) -> Val {
        let (ty, because) = match op {
            UnaryOp::Not => (Ty::Bool, "`!` takes"),
            UnaryOp::Neg => (Ty::Int, "`-` takes"),
        };
        let val = self.check_expr(operand, &ty, because);
        Val::made(ty, [&val])
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &Expr,
        right: &Expr,
        expected: Option<&Ty>,
    ) -> Val {
        match op {
            BinaryOp::Or | BinaryOp::And => {
                let because = if op == BinaryOp::Or { "`||` takes" } else { "`&&` takes" };
                let a = self.check_expr(left, &Ty::Bool, because);
                // The right side counts only where the left one has not decided.
                let tells = self.tells(left);
                let present = if op == BinaryOp::Or { tells.fails } else { tells.holds };
                let b = self.under(left, op == BinaryOp::And, |infer| {
                    infer.knowing(present, |infer| infer.check_expr(right, &Ty::Bool, because))
                });
                Val::made(Ty::Bool, [&a, &b])
            }
            BinaryOp::Eq | BinaryOp::Ne => self.equality(op, op_span, left, right),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let a = self.expr(left, None);
                let b = self.expr(right, Some(a.ty.single()));
                let (x, y) = (a.ty.single(), b.ty.single());
                let ok = matches!((x, y), (Ty::Int, Ty::Int) | (Ty::Duration, Ty::Duration));
                if !ok {
                    let note = match (x.present(), y.present()) {
                        (Ty::Enum(_), _) | (_, Ty::Enum(_)) => "the variants of an enum have no order",
                        (Ty::String | Ty::Path, _) | (_, Ty::String | Ty::Path) => {
                            "texts have no order that every backend knows"
                        }
                        _ => "it compares two `int`s or two `duration`s",
                    };
                    self.bad_operands(op, op_span, x, y, note);
                }
                Val::made(Ty::Bool, [&a, &b])
            }
            BinaryOp::Coalesce => self.coalesce(left, right, expected),
            BinaryOp::Add => {
                let (a, b) = (self.expr(left, expected), self.expr(right, expected));
                let ty = match (a.ty.single(), b.ty.single()) {
                    (Ty::Int, Ty::Int) => Ty::Int,
                    (Ty::Duration, Ty::Duration) => Ty::Duration,
                    (Ty::List(x), Ty::List(y)) if converts(self.db, y, x) => a.ty.clone(),
                    (Ty::List(x), Ty::List(y)) if converts(self.db, x, y) => b.ty.clone(),
                    (x, _) if self.part_of_directory(op_span, left, &x.clone(), right) => Ty::Error,
                    (Ty::String | Ty::Path | Ty::Secret, y) if super::expr::is_text(y) => {
                        self.joined_texts(left, right, op_span)
                    }
                    (x, Ty::String | Ty::Path | Ty::Secret) if super::expr::is_text(x) => {
                        self.joined_texts(left, right, op_span)
                    }
                    (x, y) => {
                        self.bad_operands(op, op_span, x, y, "it adds two `int`s, two `duration`s or two lists");
                        Ty::Error
                    }
                };
                Val::made(ty, [&a, &b])
            }
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                let (a, b) = (self.expr(left, None), self.expr(right, None));
                let ty = match (op, a.ty.single(), b.ty.single()) {
                    (_, Ty::Int, Ty::Int) => Ty::Int,
                    (BinaryOp::Div, x, _) if self.part_of_directory(op_span, left, &x.clone(), right) => Ty::Error,
                    (BinaryOp::Sub, Ty::Duration, Ty::Duration)
                    | (BinaryOp::Mul | BinaryOp::Div, Ty::Duration, Ty::Int)
                    | (BinaryOp::Mul, Ty::Int, Ty::Duration) => Ty::Duration,
                    (_, x, y) => {
                        let note = match op {
                            BinaryOp::Sub => "it takes two `int`s or two `duration`s",
                            BinaryOp::Rem => "it takes two `int`s",
                            _ => "it takes two `int`s, or a `duration` and an `int`",
                        };
                        self.bad_operands(op, op_span, x, y, note);
                        Ty::Error
                    }
                };
                Val::made(ty, [&a, &b])
            }
        }
    }

    /// `a ?? b`.
    fn coalesce(&mut self, left: &Expr, right: &Expr, expected: Option<&Ty>) -> Val {
        let a = self.expr(left, expected);
        let left_ty = a.ty.single().clone();
        let inner = left_ty.present().clone();
        let b = self.expr(right, Some(&inner));
        let whole = Val::made(Ty::Error, [&a, &b]);
        let ty = match &left_ty {
            Ty::Error => Ty::Error,
            Ty::None => b.ty.clone(),
            Ty::Optional(_) => {
                let stays = matches!(b.ty, Ty::Optional(_) | Ty::None);
                // A text is a secret's stand-in where a run lacks the secret, as in `TOKEN ?? ""`.
                let secret = inner == Ty::Secret || *b.ty.single().present() == Ty::Secret;
                let texts = |ty: &Ty| matches!(ty, Ty::Secret | Ty::String | Ty::Error);
                if secret && texts(&inner) && texts(b.ty.single().present()) {
                    if stays { Ty::Secret.optional() } else { Ty::Secret }
                } else {
                    let to = inner.clone().optional();
                    self.expect(right.span, &b.ty, &to, "what stands after `??` is");
                    if stays { inner.optional() } else { inner }
                }
            }
            _ => {
                let shown = self.show(&left_ty);
                let rest = Span::new(left.span.end, right.span.end);
                let finding = self
                    .finding(Code::NeverMissing, rest, "the value before `??` is never missing")
                    .label("never used")
                    .related(self.at(left.span), format!("{}, without `?`", article(&shown)))
                    .help("remove the `??` and what follows it")
                    .fix("remove it", self.at(rest), "");
                self.report(finding);
                return Val { ty: left_ty, ..a };
            }
        };
        Val { ty, ..whole }
    }

    fn equality(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) -> Val {
        // A bare word that is no value takes its type from the other side.
        let bare = |infer: &Self, e: &Expr| match &e.kind {
            ExprKind::Name(name) if infer.local(name).is_none() => {
                matches!(resolve(infer.db, infer.file, name), None | Some(Res::Variant(..)))
            }
            _ => false,
        };
        let (bare_left, bare_right) = (bare(self, left), bare(self, right));
        if bare_left && bare_right && !crate::db::has_nameless(self.db, self.file) {
            let finding = self
                .finding(Code::BadOperands, op_span, format!("neither side of `{}` is a value", op.symbol()))
                .label("two bare words")
                .note("a bare word is a name in scope, else a variant of the enum of the other side")
                .help("compare a value with a variant, as in `profile == release`; name the enum of a variant that stands alone, `Profile.release`");
            self.report(finding);
            return Val::error();
        }
        let (a, b) = if bare_left {
            let b = self.expr(right, None);
            (self.expr(left, Some(b.ty.single())), b)
        } else {
            let a = self.expr(left, None);
            let b = self.expr(right, Some(a.ty.single()));
            (a, b)
        };
        let comparable = |ty: &Ty| {
            matches!(
                ty.present(),
                Ty::Bool
                    | Ty::Int
                    | Ty::Duration
                    | Ty::String
                    | Ty::Path
                    | Ty::Enum(_)
                    | Ty::Secret
                    | Ty::None
                    | Ty::Error
            )
        };
        self.event_never(op, left, right);
        self.event_never(op, right, left);
        let (x, y) = (a.ty.single().clone(), b.ty.single().clone());
        // Whether a secret is there may be asked.
        if matches!(x, Ty::None) || matches!(y, Ty::None) {
            if !optional_side(&x, &y) {
                let shown = self.show(if matches!(x, Ty::None) { &y } else { &x });
                let finding = self
                    .finding(Code::BadOperands, op_span, format!("{} is never `none`", article(&shown)))
                    .label("always the same result")
                    .help("remove the comparison, or make the type optional with `?`");
                self.report(finding);
            }
            let asked = Val::made(Ty::Bool, [&a, &b]);
            let labels = crate::label::Labels { secret: false, ..asked.labels };
            return Val { labels, ..asked };
        }
        let secret = |ty: &Ty| *ty.present() == Ty::Secret;
        let texts = |ty: &Ty| matches!(ty.present(), Ty::Secret | Ty::String | Ty::Path);
        let fits = converts(self.db, x.present(), y.present())
            || converts(self.db, y.present(), x.present())
            || ((secret(&x) || secret(&y)) && texts(&x) && texts(&y));
        if !comparable(&x) || !comparable(&y) || !fits {
            self.bad_operands(op, op_span, &x, &y, "it compares two values of one type");
        }
        Val::made(Ty::Bool, [&a, &b])
    }

    /// `"a" + b`, with the text that was meant.
    fn joined_texts(&mut self, left: &Expr, right: &Expr, op_span: Span) -> Ty {
        let mut finding = self
            .finding(Code::BadOperands, op_span, "texts are not joined by `+`")
            .label("a text")
            .note("values are put into a text by interpolation");
        finding = match (piece(left), piece(right)) {
            (Some(a), Some(b)) => {
                let text = format!("\"{a}{b}\"");
                let whole = Span::new(left.span.start, right.span.end);
                finding.help(format!("write `{text}`")).fix("write one text", self.at(whole), text)
            }
            _ => finding.help("write `\"#{a}#{b}\"`"),
        };
        self.report(finding);
        Ty::Error
    }

    fn bad_operands(&mut self, op: BinaryOp, span: Span, left: &Ty, right: &Ty, note: &str) {
        if left.is_error() || right.is_error() {
            return;
        }
        let (left_text, right_text) = (self.show(left), self.show(right));
        let mut finding = self
            .finding(
                Code::BadOperands,
                span,
                format!("`{}` does not take {} and {}", op.symbol(), article(&left_text), article(&right_text)),
            )
            .label(format!("`{left_text}` {} `{right_text}`", op.symbol()))
            .note(note.to_owned());
        if matches!(left, Ty::Optional(_)) || matches!(right, Ty::Optional(_)) {
            finding = finding.help("say what to use where a value is missing: `(value ?? 0)`");
        }
        self.report(finding);
    }
}

/// What an expression is inside of a text, where that can be told from its tree.
fn piece(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Text(text) => text_piece(text),
        ExprKind::Int(it) => Some(it.to_string()),
        _ => super::refine::path(e).map(|path| format!("#{{{path}}}")),
    }
}

fn text_piece(text: &Text) -> Option<String> {
    let mut out = String::new();
    for part in &text.parts {
        match part {
            TextPart::Literal { value, .. } => {
                let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace("#{", "\\#{");
                out.push_str(&escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"));
            }
            TextPart::Hole(hole) => match &hole.kind {
                HoleKind::Read { value, spread: false } => {
                    out.push_str(&format!("#{{{}}}", super::refine::path(value)?))
                }
                _ => return None,
            },
        }
    }
    Some(out)
}

/// Whether comparing with `none` can give both results.
fn optional_side(left: &Ty, right: &Ty) -> bool {
    matches!(left, Ty::Optional(_) | Ty::Error)
        || matches!(right, Ty::Optional(_) | Ty::Error)
        || (matches!(left, Ty::None) && matches!(right, Ty::None))
}
