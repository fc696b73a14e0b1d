//! Walks over trees for those who want only one kind of node of them.

use flow_syntax::Span;
use flow_syntax::tree::{ArgValue, Expr, ExprKind, HoleKind, Text, TextPart};

/// Calls `f` for each bare word in `e`, those in nested blocks left out.
pub(crate) fn names(e: &Expr, f: &mut dyn FnMut(&str, Span)) {
    match &e.kind {
        ExprKind::Name(name) => f(name, e.span),
        ExprKind::Text(text) => text_names(text, f),
        ExprKind::List(elements) => elements.iter().for_each(|element| names(&element.value, f)),
        ExprKind::Unary { operand, .. } => names(operand, f),
        ExprKind::Binary { left, right, .. } => {
            names(left, f);
            names(right, f);
        }
        ExprKind::Field { base, .. } => names(base, f),
        ExprKind::Index { base, index } => {
            names(base, f);
            names(index, f);
        }
        ExprKind::Call { callee, args, .. } => {
            names(callee, f);
            for arg in args {
                match &arg.value {
                    ArgValue::Expr(value) | ArgValue::Spread(value) => names(value, f),
                    ArgValue::Out(_) => {}
                }
            }
        }
        ExprKind::Ordered { base, .. } => names(base, f),
        ExprKind::If(it) => names(&it.condition, f),
        ExprKind::For(it) => names(&it.iterable, f),
        ExprKind::Match(it) => names(&it.value, f),
        ExprKind::Hole | ExprKind::Int(_) | ExprKind::Duration(_) | ExprKind::Bool(_) | ExprKind::None => {}
    }
}

/// Calls `f` for each bare word in the interpolations of a text.
fn text_names(text: &Text, f: &mut dyn FnMut(&str, Span)) {
    for part in &text.parts {
        if let TextPart::Hole(hole) = part
            && let HoleKind::Read { value, .. } = &hole.kind
        {
            names(value, f);
        }
    }
}
