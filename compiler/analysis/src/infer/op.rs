//! Operators.

use flow_syntax::tree::{BinaryOp, Expr, ExprKind, UnaryOp};
use flow_syntax::{Code, Span};

use super::{Infer, Val};
use crate::ty::{Ty, converts};

impl Infer<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr) -> Val {
        let (ty, because) = match op {
            UnaryOp::Not => (Ty::Bool, "`!` takes"),
            UnaryOp::Neg => (Ty::Int, "`-` takes"),
        };
        let val = self.check_expr(operand, &ty, because);
        Val::new(ty, val.phase)
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
                Val::new(Ty::Bool, a.phase.max(b.phase))
            }
            BinaryOp::Eq | BinaryOp::Ne => self.equality(op, op_span, left, right),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let (a, b) = (self.expr(left, None), self.expr(right, None));
                let ok = matches!((&a.ty, &b.ty), (Ty::Int, Ty::Int) | (Ty::Duration, Ty::Duration));
                if !ok {
                    self.bad_operands(op, op_span, &a.ty, &b.ty, "it compares two `int`s or two `duration`s");
                }
                Val::new(Ty::Bool, a.phase.max(b.phase))
            }
            BinaryOp::Coalesce => {
                let a = self.expr(left, expected);
                let inner = a.ty.present().clone();
                let b = self.expr(right, Some(&inner));
                if !matches!(a.ty, Ty::Optional(_) | Ty::None | Ty::Error) {
                    let shown = self.show(&a.ty);
                    let finding = self
                        .finding(Code::BadOperands, op_span, "the value before `??` is never missing")
                        .label(format!("{a}, without `?`", a = super::article(&shown)))
                        .help("remove the `??` and what follows it");
                    self.report(finding);
                } else if !matches!(a.ty, Ty::None | Ty::Error) {
                    let to = inner.clone().optional();
                    self.expect(right.span, &b.ty, &to, "what stands after `??` is");
                }
                let ty = match (&a.ty, &b.ty) {
                    (Ty::None, other) => other.clone(),
                    (_, Ty::Optional(_) | Ty::None) => inner.optional(),
                    _ => inner,
                };
                Val::new(ty, a.phase.max(b.phase))
            }
            BinaryOp::Add => {
                let (a, b) = (self.expr(left, expected), self.expr(right, expected));
                let ty = match (&a.ty, &b.ty) {
                    (Ty::Int, Ty::Int) => Ty::Int,
                    (Ty::Duration, Ty::Duration) => Ty::Duration,
                    (Ty::List(x), Ty::List(y)) if converts(self.db, y, x) => a.ty.clone(),
                    (Ty::List(x), Ty::List(y)) if converts(self.db, x, y) => b.ty.clone(),
                    (x, _) if self.part_of_directory(op_span, left, &x.clone(), right) => Ty::Error,
                    (x, y) => {
                        let (x, y) = (x.clone(), y.clone());
                        self.bad_operands(
                            op,
                            op_span,
                            &x,
                            &y,
                            "it adds two `int`s, two `duration`s or two lists; texts are joined by `\"#{a}#{b}\"`",
                        );
                        Ty::Error
                    }
                };
                Val::new(ty, a.phase.max(b.phase))
            }
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                let (a, b) = (self.expr(left, None), self.expr(right, None));
                let ty = match (op, &a.ty, &b.ty) {
                    (_, Ty::Int, Ty::Int) => Ty::Int,
                    (BinaryOp::Div, x, _) if self.part_of_directory(op_span, left, &x.clone(), right) => Ty::Error,
                    (BinaryOp::Sub, Ty::Duration, Ty::Duration) => Ty::Duration,
                    (_, x, y) => {
                        let (x, y) = (x.clone(), y.clone());
                        self.bad_operands(op, op_span, &x, &y, "it takes two `int`s");
                        Ty::Error
                    }
                };
                Val::new(ty, a.phase.max(b.phase))
            }
        }
    }

    fn equality(&mut self, op: BinaryOp, op_span: Span, left: &Expr, right: &Expr) -> Val {
        // A bare word takes its type from the other side.
        let bare = |e: &Expr| matches!(&e.kind, ExprKind::Name(_));
        let (a, b) = if bare(left) && !bare(right) {
            let b = self.expr(right, None);
            (self.expr(left, Some(&b.ty)), b)
        } else {
            let a = self.expr(left, None);
            let b = self.expr(right, Some(&a.ty));
            (a, b)
        };
        let comparable = |ty: &Ty| {
            matches!(
                ty.present(),
                Ty::Bool | Ty::Int | Ty::Duration | Ty::String | Ty::Path | Ty::Enum(_) | Ty::None | Ty::Error
            )
        };
        let (x, y) = (a.ty.single().clone(), b.ty.single().clone());
        let none_only = matches!(x, Ty::None) || matches!(y, Ty::None);
        if none_only && !optional_side(&x, &y) {
            let shown = self.show(if matches!(x, Ty::None) { &y } else { &x });
            let finding = self
                .finding(Code::BadOperands, op_span, format!("{a} is never `none`", a = super::article(&shown)))
                .label("always the same result");
            self.report(finding);
        } else if !none_only
            && (!comparable(&x)
                || !comparable(&y)
                || !(converts(self.db, x.present(), y.present()) || converts(self.db, y.present(), x.present())))
        {
            self.bad_operands(op, op_span, &x, &y, "it compares two values of one type");
        }
        Val::new(Ty::Bool, a.phase.max(b.phase))
    }

    fn bad_operands(&mut self, op: BinaryOp, span: Span, left: &Ty, right: &Ty, note: &str) {
        if left.is_error() || right.is_error() {
            return;
        }
        let (left, right) = (self.show(left), self.show(right));
        let finding = self
            .finding(
                Code::BadOperands,
                span,
                format!("`{}` does not take {} and {}", op.symbol(), super::article(&left), super::article(&right)),
            )
            .label(format!("`{left}` {} `{right}`", op.symbol()))
            .note(note.to_owned());
        self.report(finding);
    }
}

/// Whether comparing with `none` can give both results.
fn optional_side(left: &Ty, right: &Ty) -> bool {
    matches!(left, Ty::Optional(_) | Ty::Error)
        || matches!(right, Ty::Optional(_) | Ty::Error)
        || (matches!(left, Ty::None) && matches!(right, Ty::None))
}
