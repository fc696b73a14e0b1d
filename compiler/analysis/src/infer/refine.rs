//! Refinement: after `x != none` the value of `x` is there. Only for paths of names and fields, which
//! nothing can change between the test and the use (docs/design/semantics.md 3.5).

use flow_syntax::tree::{BinaryOp, Expr, ExprKind, UnaryOp};

use super::Infer;
use crate::scope::Res;
use crate::ty::Ty;

/// Paths whose values are there.
pub(super) type Present = Vec<String>;

/// What a condition tells: the paths that are there when it holds, and when it does not.
#[derive(Default)]
pub(super) struct Tells {
    pub holds: Present,
    pub fails: Present,
}

impl Infer<'_> {
    /// What a condition tells. It has been inferred already.
    pub(super) fn tells(&self, e: &Expr) -> Tells {
        match &e.kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let inner = self.tells(operand);
                Tells { holds: inner.fails, fails: inner.holds }
            }
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                let (mut left, right) = (self.tells(left), self.tells(right));
                left.holds.extend(right.holds);
                Tells { holds: left.holds, fails: both(left.fails, &right.fails) }
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
                let (mut left, right) = (self.tells(left), self.tells(right));
                left.fails.extend(right.fails);
                Tells { holds: both(left.holds, &right.holds), fails: left.fails }
            }
            ExprKind::Binary { op: BinaryOp::Ne, left, right, .. } => {
                let mut fails = self.equals_a_value(left, right);
                fails.extend(self.event_tells(left, right).or_else(|| self.event_tells(right, left)));
                Tells { holds: self.differs_from_none(left, right), fails }
            }
            ExprKind::Binary { op: BinaryOp::Eq, left, right, .. } => {
                let mut holds = self.equals_a_value(left, right);
                holds.extend(self.event_tells(left, right).or_else(|| self.event_tells(right, left)));
                Tells { holds, fails: self.differs_from_none(left, right) }
            }
            // Refused as a condition; it was meant to ask whether the value is there.
            _ => match self.out.types.get(&e.span).map(|val| &val.ty) {
                Some(Ty::Optional(_)) => Tells { holds: path(e).into_iter().collect(), fails: Present::new() },
                _ => Tells::default(),
            },
        }
    }

    /// `x` in `x != none`.
    fn differs_from_none(&self, left: &Expr, right: &Expr) -> Present {
        match (&left.kind, &right.kind) {
            (_, ExprKind::None) => path(left).into_iter().collect(),
            (ExprKind::None, _) => path(right).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// `x` in `x == y`, where `y` is always there: `none` equals nothing else.
    fn equals_a_value(&self, left: &Expr, right: &Expr) -> Present {
        let there = |e: &Expr| {
            self.out.types.get(&e.span).is_some_and(|val| !matches!(val.ty, Ty::Optional(_) | Ty::None | Ty::Error))
        };
        let mut present: Present = Vec::new();
        if there(right) {
            present.extend(path(left));
        }
        if there(left) {
            present.extend(path(right));
        }
        present
    }

    /// `ctx.event == pull_request` tells that there is a pull request.
    fn event_tells(&self, event: &Expr, variant: &Expr) -> Option<String> {
        match self.out.names.get(&variant.span) {
            Some(Res::Variant(_, name)) if self.is_event(event) => of_event(name),
            _ => None,
        }
    }

    /// Whether `e` is `ctx.event`.
    pub(super) fn is_event(&self, e: &Expr) -> bool {
        matches!(&e.kind, ExprKind::Field { base, name, .. }
            if name.text == "event" && self.out.names.get(&base.span) == Some(&Res::Ctx))
    }

    /// Infers with `present` known to be there.
    pub(super) fn knowing<T>(&mut self, present: Present, inner: impl FnOnce(&mut Self) -> T) -> T {
        let known = self.present.len();
        self.present.extend(present);
        let value = inner(self);
        self.present.truncate(known);
        value
    }

    /// The type of `e` where it stands: without the `?` where a test has shown that the value is there.
    pub(super) fn refined(&self, e: &Expr, ty: Ty) -> Ty {
        match &ty {
            Ty::Optional(inner) if path(e).is_some_and(|path| self.present.contains(&path)) => Ty::clone(inner),
            _ => ty,
        }
    }
}

/// The part of `ctx` that is there when `event` started the run.
pub(super) fn of_event(event: &str) -> Option<String> {
    (event == "pull_request").then(|| "ctx.pull_request".to_owned())
}

fn both(left: Present, right: &Present) -> Present {
    left.into_iter().filter(|path| right.contains(path)).collect()
}

/// `a.b.c`.
pub(super) fn path(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Field { base, name, .. } => Some(format!("{}.{}", path(base)?, name.text)),
        _ => None,
    }
}
