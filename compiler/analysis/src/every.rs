//! The walk over all expressions of a body, wherever they stand.

use flow_syntax::tree::{
    ArgValue, ArmValue, Body, Else, EntryValue, Expr, ExprKind, HoleKind, If, Map, RawValue, Setting, Source, StmtKind,
    Text, TextPart,
};

/// Calls `f` for each expression in `body`, those in settings, scripts and nested blocks included, outer ones first.
pub(crate) fn expression(body: &Body, f: &mut dyn FnMut(&Expr)) {
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Hole => {}
            StmtKind::Setting(it) => setting(it, f),
            StmtKind::Let { value, .. } => value.iter().for_each(|it| source(it, f)),
            StmtKind::Out { value, .. } | StmtKind::Source(value) => source(value, f),
            StmtKind::Export { value, .. } | StmtKind::AddPath(value) | StmtKind::Summary(value) => expr(value, f),
            StmtKind::Checkout(it) => map(it, f),
            StmtKind::Expose { value, title, options } => {
                expr(value, f);
                title.iter().for_each(|it| text(it, f));
                options.iter().for_each(|it| map(it, f));
            }
            StmtKind::Gate { title, after } => {
                text(title, f);
                after.iter().for_each(|it| expr(it, f));
            }
            StmtKind::After { after, body } => {
                expr(after, f);
                expression(body, f);
            }
            StmtKind::Stage { title, body } => {
                text(title, f);
                expression(body, f);
            }
            StmtKind::Finally(body) | StmtKind::OnFailure(body) => expression(body, f),
        }
    }
}

fn setting(it: &Setting, f: &mut dyn FnMut(&Expr)) {
    match it {
        Setting::Value { value, .. } => expr(value, f),
        Setting::Map { map: it, .. }
        | Setting::Service { map: it, .. }
        | Setting::Cache { map: it, .. }
        | Setting::Extends { map: it, .. } => map(it, f),
        Setting::Raw { value: RawValue::Map(it), .. } => map(it, f),
        Setting::Raw { value: RawValue::Text(it), .. } => text(it, f),
        Setting::Trigger { filters, .. } => filters.iter().for_each(|it| map(it, f)),
        Setting::Param { default, .. } => default.iter().for_each(|it| expr(it, f)),
    }
}

fn map(it: &Map, f: &mut dyn FnMut(&Expr)) {
    for entry in &it.entries {
        match &entry.value {
            EntryValue::Expr(value) => expr(value, f),
            EntryValue::Map(inner) => map(inner, f),
        }
    }
}

fn source(it: &Source, f: &mut dyn FnMut(&Expr)) {
    match it {
        Source::Script(script) => text(&script.text, f),
        Source::Step(step) => {
            text(&step.title, f);
            expression(&step.body, f);
        }
        Source::Foreign(foreign) => foreign.inputs.iter().for_each(|it| map(it, f)),
        Source::Expr(e) => expr(e, f),
    }
}

fn text(it: &Text, f: &mut dyn FnMut(&Expr)) {
    for part in &it.parts {
        if let TextPart::Hole(hole) = part
            && let HoleKind::Read { value, .. } = &hole.kind
        {
            expr(value, f);
        }
    }
}

fn expr(e: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(e);
    match &e.kind {
        ExprKind::Hole
        | ExprKind::Int(_)
        | ExprKind::Duration(_)
        | ExprKind::Bool(_)
        | ExprKind::None
        | ExprKind::Name(_) => {}
        ExprKind::Text(it) => text(it, f),
        ExprKind::List(elements) => elements.iter().for_each(|element| expr(&element.value, f)),
        ExprKind::Unary { operand, .. } => expr(operand, f),
        ExprKind::Binary { left, right, .. } => {
            expr(left, f);
            expr(right, f);
        }
        ExprKind::Field { base, .. } => expr(base, f),
        ExprKind::Index { base, index } => {
            expr(base, f);
            expr(index, f);
        }
        ExprKind::Call { callee, args, .. } => {
            expr(callee, f);
            for arg in args {
                match &arg.value {
                    ArgValue::Expr(value) | ArgValue::Spread(value) => expr(value, f),
                    ArgValue::Out(_) => {}
                }
            }
        }
        ExprKind::Ordered { base, title, after } => {
            expr(base, f);
            title.iter().for_each(|it| text(it, f));
            after.iter().for_each(|it| expr(it, f));
        }
        ExprKind::If(it) => if_(it, f),
        ExprKind::For(it) => {
            expr(&it.iterable, f);
            it.filter.iter().for_each(|it| expr(it, f));
            expression(&it.body, f);
        }
        ExprKind::Match(it) => {
            expr(&it.value, f);
            for arm in &it.arms {
                match &arm.value {
                    ArmValue::Body(body) => expression(body, f),
                    ArmValue::Source(it) => source(it, f),
                }
            }
        }
    }
}

fn if_(it: &If, f: &mut dyn FnMut(&Expr)) {
    expr(&it.condition, f);
    expression(&it.then, f);
    match &it.otherwise {
        Some(Else::Body(body)) => expression(body, f),
        Some(Else::If(inner, _)) => if_(inner, f),
        None => {}
    }
}
