//! Walks over trees for those who want only one kind of node of them.

use flow_syntax::Span;
use flow_syntax::tree::{
    ArgValue, ArmValue, Body, Else, Expr, ExprKind, HoleKind, If, Place, Source, StmtKind, Text, TextPart,
};
use smol_str::SmolStr;

/// Calls `f` for `e` and each expression in it, outer ones first, those in nested blocks left out.
pub(crate) fn parts(e: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(e);
    match &e.kind {
        ExprKind::Text(text) => text_parts(text, f),
        ExprKind::List(elements) => elements.iter().for_each(|element| parts(&element.value, f)),
        ExprKind::Unary { operand, .. } => parts(operand, f),
        ExprKind::Binary { left, right, .. } => {
            parts(left, f);
            parts(right, f);
        }
        ExprKind::Field { base, .. } => parts(base, f),
        ExprKind::Index { base, index } => {
            parts(base, f);
            parts(index, f);
        }
        ExprKind::Call { callee, args, .. } => {
            parts(callee, f);
            for arg in args {
                match &arg.value {
                    ArgValue::Expr(value) | ArgValue::Spread(value) => parts(value, f),
                    ArgValue::Out(_) => {}
                }
            }
        }
        ExprKind::Ordered { base, .. } => parts(base, f),
        ExprKind::If(it) => parts(&it.condition, f),
        ExprKind::For(it) => parts(&it.iterable, f),
        ExprKind::Match(it) => parts(&it.value, f),
        ExprKind::Name(_)
        | ExprKind::Hole
        | ExprKind::Int(_)
        | ExprKind::Duration(_)
        | ExprKind::Bool(_)
        | ExprKind::None => {}
    }
}

/// Calls `f` for `e` and each expression in it, those in nested blocks included.
pub(crate) fn deep(e: &Expr, f: &mut dyn FnMut(&Expr)) {
    parts(e, &mut |part| {
        f(part);
        match &part.kind {
            ExprKind::If(it) => deep_if(it, f),
            ExprKind::For(it) => {
                if let Some(filter) = &it.filter {
                    deep(filter, f);
                }
                deep_body(&it.body, f);
            }
            ExprKind::Match(it) => {
                for arm in &it.arms {
                    match &arm.value {
                        ArmValue::Body(body) => deep_body(body, f),
                        ArmValue::Source(Source::Expr(e)) => deep(e, f),
                        ArmValue::Source(_) => {}
                    }
                }
            }
            _ => {}
        }
    });
}

fn deep_if(it: &If, f: &mut dyn FnMut(&Expr)) {
    deep_body(&it.then, f);
    match &it.otherwise {
        Some(Else::Body(body)) => deep_body(body, f),
        Some(Else::If(inner, _)) => {
            deep(&inner.condition, f);
            deep_if(inner, f);
        }
        None => {}
    }
}

fn deep_body(body: &Body, f: &mut dyn FnMut(&Expr)) {
    for stmt in &body.stmts {
        if let StmtKind::Let { value: Some(Source::Expr(e)), .. } | StmtKind::Source(Source::Expr(e)) = &stmt.kind {
            deep(e, f);
        }
    }
}

/// Calls `f` for each expression in the interpolations of a text.
fn text_parts(text: &Text, f: &mut dyn FnMut(&Expr)) {
    for part in &text.parts {
        if let TextPart::Hole(hole) = part
            && let HoleKind::Read { value, .. } = &hole.kind
        {
            parts(value, f);
        }
    }
}

/// Calls `f` for each bare word in `e`, those in nested blocks left out.
pub(crate) fn names(e: &Expr, f: &mut dyn FnMut(&str, Span)) {
    parts(e, &mut |part| {
        if let ExprKind::Name(name) = &part.kind {
            f(name, part.span);
        }
    });
}

/// Calls `f` for each place in `body` that is written by something that reads one of `tainted`, or under
/// a condition that does; values bound to such things are tainted too.
pub(crate) fn writes(body: &Body, tainted: &mut Vec<SmolStr>, under: bool, f: &mut dyn FnMut(&SmolStr, Span)) {
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Let { name, value: Some(value), .. } => {
                if under || source_reads(value, tainted) {
                    tainted.push(name.text.clone());
                }
                source_writes(value, tainted, under, f);
            }
            StmtKind::Out { place, value } => {
                if under || source_reads(value, tainted) {
                    f(&place.root.text, place.span);
                }
                source_writes(value, tainted, under, f);
            }
            StmtKind::Source(source) => source_writes(source, tainted, under, f),
            _ => {}
        }
    }
}

fn source_reads(source: &Source, tainted: &[SmolStr]) -> bool {
    match source {
        Source::Script(script) => text_reads(&script.text, tainted),
        Source::Expr(e) => reads(e, tainted),
        Source::Step(_) | Source::Foreign(_) => false,
    }
}

fn reads(e: &Expr, tainted: &[SmolStr]) -> bool {
    let mut found = false;
    names(e, &mut |name, _| found |= tainted.iter().any(|it| it == name));
    found
}

fn text_reads(text: &Text, tainted: &[SmolStr]) -> bool {
    let mut found = false;
    text_names(text, &mut |name, _| found |= tainted.iter().any(|it| it == name));
    found
}

fn source_writes(source: &Source, tainted: &mut Vec<SmolStr>, under: bool, f: &mut dyn FnMut(&SmolStr, Span)) {
    match source {
        Source::Script(script) => {
            if under || text_reads(&script.text, tainted) {
                claims(&script.text, &mut |place| f(&place.root.text, place.span));
                claims(&script.text, &mut |place| tainted.push(place.root.text.clone()));
            }
        }
        Source::Step(step) => writes(&step.body, tainted, under, f),
        Source::Expr(e) => expr_writes(e, tainted, under, f),
        Source::Foreign(_) => {}
    }
}

fn expr_writes(e: &Expr, tainted: &mut Vec<SmolStr>, under: bool, f: &mut dyn FnMut(&SmolStr, Span)) {
    match &e.kind {
        ExprKind::If(it) => if_writes(it, tainted, under, f),
        ExprKind::For(it) => {
            let under = under || reads(&it.iterable, tainted);
            writes(&it.body, tainted, under, f);
        }
        ExprKind::Match(it) => {
            let under = under || reads(&it.value, tainted);
            for arm in &it.arms {
                match &arm.value {
                    ArmValue::Body(body) => writes(body, tainted, under, f),
                    ArmValue::Source(source) => source_writes(source, tainted, under, f),
                }
            }
        }
        ExprKind::Call { args, .. } => {
            let under = under || reads(e, tainted);
            for arg in args {
                if let ArgValue::Out(place) = &arg.value
                    && under
                {
                    f(&place.root.text, place.span);
                    tainted.push(place.root.text.clone());
                }
            }
        }
        _ => {}
    }
}

fn if_writes(it: &If, tainted: &mut Vec<SmolStr>, under: bool, f: &mut dyn FnMut(&SmolStr, Span)) {
    let under = under || reads(&it.condition, tainted);
    writes(&it.then, tainted, under, f);
    match &it.otherwise {
        Some(Else::Body(body)) => writes(body, tainted, under, f),
        Some(Else::If(inner, _)) => if_writes(inner, tainted, under, f),
        None => {}
    }
}

fn claims(text: &Text, f: &mut dyn FnMut(&Place)) {
    for part in &text.parts {
        if let TextPart::Hole(hole) = part
            && let HoleKind::Claim(place) = &hole.kind
        {
            f(place);
        }
    }
}

/// Calls `f` for each bare word in the interpolations of a text.
fn text_names(text: &Text, f: &mut dyn FnMut(&str, Span)) {
    text_parts(text, &mut |part| {
        if let ExprKind::Name(name) = &part.kind {
            f(name, part.span);
        }
    });
}
