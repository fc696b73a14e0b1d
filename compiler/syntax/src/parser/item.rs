//! Items: what stands at the top level of a file. The members of schemas and of foreign bindings
//! are in `fields`.

use chumsky::prelude::*;

use super::base::*;
use super::expr::{self, Rules};
use super::problem::{Form, Problem, Want};
use super::{fields, stmt, text, types};
use crate::token::{Kind, Token};
use crate::tree::*;

/// An item. Fails where none begins.
pub(super) fn item<'s>() -> Rule<'s, ItemKind> {
    let rules = expr::rules();
    let ty = types::ty(&rules.expr).boxed();
    let parts = Parts::new(&rules, &ty);
    let use_ = use_(&rules).boxed();
    let const_ = const_(&parts).boxed();
    let fn_ = fn_(&parts).boxed();
    let enum_ = enum_().boxed();
    let struct_ = struct_(&parts).boxed();
    let artifact = artifact(&rules, &parts).boxed();
    let secret = secret(&rules).boxed();
    let action = action(&rules, &parts).boxed();
    let extern_ = fields::extern_(&rules, &parts.typed, &parts.equals).map(ItemKind::Extern).boxed();
    let job = job(&rules, &parts).boxed();
    let flow = flow(&rules, &parts).boxed();
    let pipeline = pipeline(&rules, &parts).boxed();
    let test = test(&rules).boxed();
    custom(move |inp| {
        let from = index(inp);
        let token = peek(inp);
        let rule = match token.kind {
            Kind::Use => &use_,
            Kind::Const => &const_,
            Kind::Fn => &fn_,
            Kind::Enum => &enum_,
            Kind::Struct => &struct_,
            Kind::Artifact => &artifact,
            Kind::Secret if token.next_here().is_ident() => &secret,
            Kind::Action => &action,
            Kind::Once if token.next_here() == Kind::Action => &action,
            Kind::Extern => &extern_,
            Kind::Job => &job,
            Kind::Flow => &flow,
            Kind::Pipeline => &pipeline,
            Kind::Test if token.next_here().is_text() => &test,
            _ => return Err(Problem::expected(from, Want::Item)),
        };
        inp.parse(rule)
    })
    .boxed()
}

/// What several items are made of.
pub(super) struct Parts<'s> {
    /// `: T`.
    pub(super) typed: Rule<'s, Type>,
    /// `: T`, or a hole.
    pub(super) annotation: Rule<'s, Type>,
    /// `= e`.
    pub(super) equals: Rule<'s, Expr>,
    /// `= e`, or a hole.
    pub(super) value: Rule<'s, Expr>,
    /// A type on this line, or a hole.
    ty: Rule<'s, Type>,
    params: Rule<'s, Vec<Param>>,
    outputs: Rule<'s, Option<Vec<Output>>>,
}

impl<'s> Parts<'s> {
    fn new(rules: &Rules<'s>, ty: &Rule<'s, Type>) -> Self {
        let here = value(ty, Want::Type, types::starts, types::hole).boxed();
        let typed = token(Kind::Colon).ignore_then(here.clone()).boxed();
        let annotation = typed.clone().or(total(|inp| {
            expect(inp, Want::Colon);
            types::hole(gap(inp))
        }));
        let annotation = annotation.boxed();
        let assigned = value(&rules.expr, Want::Expr, |it| it.kind.starts_expr(), expr::hole);
        let equals = token(Kind::Assign).ignore_then(assigned).boxed();
        let value = equals.clone().or(total(|inp| {
            expect(inp, Want::Assign);
            expr::hole(gap(inp))
        }));
        Self {
            params: params(&annotation, &equals).boxed(),
            outputs: outputs(&annotation, &rules.text).boxed(),
            value: value.boxed(),
            ty: here,
            typed,
            annotation,
            equals,
        }
    }
}

/// What stands between an opening bracket, which is required, and its closing one.
fn bracketed<'s, O: 's>(kind: Kind, want: Want, inside: impl Parse<'s, Vec<O>>) -> impl Parse<'s, Vec<O>> {
    let inside = inside.boxed();
    custom(move |inp| if open(inp, kind, want) { inp.parse(&inside) } else { Ok(Vec::new()) })
}

/// `(a: T, const b: T = e)`.
fn params<'s>(annotation: &Rule<'s, Type>, equals: &Rule<'s, Expr>) -> impl Parse<'s, Vec<Param>> + use<'s> {
    let merge = any().filter(|it: &Token| it.kind == Kind::Merge && it.next_here().is_ident()).ignore_then(name());
    let rest = annotation.clone().then(equals.clone().or_not()).then(merge.or_not()).boxed();
    let param = custom(move |inp| {
        let docs = docs(inp);
        let from = index(inp);
        let mode = match peek(inp).kind {
            Kind::Const => ParamMode::Const,
            Kind::Out => ParamMode::Out,
            _ => ParamMode::Plain,
        };
        if mode != ParamMode::Plain {
            inp.skip();
        }
        let name = member_name(inp, Want::Param);
        let nothing = name.is_missing() && index(inp) == from;
        let ((ty, default), merge) = if nothing { ((types::hole(gap(inp)), None), None) } else { run(inp, &rest)? };
        let to = index(inp);
        Ok(Param { docs, mode, name, ty, default, merge, span: inp.state().span(from, to) })
    });
    bracketed(Kind::LParen, Want::Paren, list(param, Kind::RParen, Want::Param))
}

/// The name of a parameter or output, which may stand on a line of its own.
fn member_name(inp: &mut Inp<'_, '_>, want: Want) -> Name {
    let token = peek(inp);
    if token.kind.is_ident() {
        inp.skip();
        return inp.state().name(token);
    }
    if token.kind.is_hard() && token.next == Kind::Colon {
        let at = index(inp);
        inp.emit(Problem::new(at, super::problem::Form::Reserved, want));
        inp.skip();
    } else {
        expect(inp, want);
    }
    Name { text: smol_str::SmolStr::default(), span: gap(inp) }
}

/// `-> (a: T, always b: T = "path")`, or nothing.
fn outputs<'s>(annotation: &Rule<'s, Type>, text: &Rule<'s, Text>) -> impl Parse<'s, Option<Vec<Output>>> + use<'s> {
    let rest = annotation.clone().then(token(Kind::Assign).ignore_then(text::required(text)).or_not()).boxed();
    let output = custom(move |inp| {
        let docs = docs(inp);
        let from = index(inp);
        let token = peek(inp);
        let always = token.kind == Kind::Always && token.next_here().is_ident();
        if always {
            inp.skip();
        }
        let name = member_name(inp, Want::Output);
        let nothing = name.is_missing() && index(inp) == from;
        let (ty, path) = if nothing { (types::hole(gap(inp)), None) } else { run(inp, &rest)? };
        let to = index(inp);
        Ok(Output { docs, always, name, ty, path, span: inp.state().span(from, to) })
    });
    token(Kind::Arrow)
        .ignore_then(bracketed(Kind::LParen, Want::Paren, list(output, Kind::RParen, Want::Output)))
        .or_not()
}

fn use_<'s>(rules: &Rules<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    let alias = here(Kind::As).ignore_then(name());
    let file = text::plain(&rules.text).map(UseTarget::File);
    let target = when(|it| it.kind.is_text() && !it.line(), file);
    let module = types::required_path(Want::Module).map(UseTarget::Module).boxed();
    token(Kind::Use)
        .ignore_then(custom(move |inp| match inp.parse(&target)? {
            Some(file) => Ok(file),
            None => inp.parse(&module),
        }))
        .then(alias.or_not())
        .then(total(|inp| index(inp)))
        .validate(|((target, alias), end), _, emitter| {
            if alias.is_none() && matches!(target, UseTarget::File(_)) {
                emitter.emit(Problem::expected(end, Want::As));
            }
            ItemKind::Use(Use { target, alias })
        })
}

fn const_<'s>(parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    token(Kind::Const)
        .ignore_then(name())
        .then(parts.typed.clone().or_not())
        .then(parts.value.clone())
        .map(|((name, ty), value)| ItemKind::Const(Const { name, ty, value }))
}

fn fn_<'s>(parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    let ty = parts.ty.clone();
    let result = custom(move |inp| {
        if peek(inp).kind != Kind::Arrow {
            expect(inp, Want::Arrow);
            return Ok(types::hole(gap(inp)));
        }
        inp.skip();
        inp.parse(&ty)
    });
    token(Kind::Fn)
        .ignore_then(name())
        .then(parts.params.clone())
        .then(result)
        .then(parts.value.clone())
        .map(|(((name, params), result), value)| ItemKind::Fn(Fn { name, params, result, value }))
}

fn enum_<'s>() -> impl Parse<'s, ItemKind> {
    let variant = custom(|inp| {
        let docs = docs(inp);
        let token = peek(inp);
        if !token.kind.is_word() {
            let at = index(inp);
            return Err(Problem::expected(at, Want::Variant));
        }
        inp.skip();
        Ok(Variant { docs, name: inp.state().name(token) })
    });
    token(Kind::Enum)
        .ignore_then(name())
        .then(bracketed(Kind::LBrace, Want::Brace, block(variant, |_| None, Want::Variant, true)))
        .map(|(name, variants)| ItemKind::Enum(Enum { name, variants }))
}

fn struct_<'s>(parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    let rest = parts.annotation.clone().then(parts.equals.clone().or_not()).boxed();
    let field = custom(move |inp| {
        let docs = docs(inp);
        let name = fields::word(inp)?;
        let (ty, default) = run(inp, &rest)?;
        Ok(StructField { docs, name, ty, default })
    });
    token(Kind::Struct)
        .ignore_then(name())
        .then(bracketed(Kind::LBrace, Want::Brace, block(field, |_| None, Want::Field, true)))
        .map(|(name, fields)| ItemKind::Struct(Struct { name, fields }))
}

fn artifact<'s>(rules: &Rules<'s>, parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    let params = when(|it| it.kind == Kind::LParen, parts.params.clone());
    token(Kind::Artifact).ignore_then(name()).then(params).then(fields::fields(rules, &parts.annotation)).map(
        |((name, params), fields)| ItemKind::Artifact(Artifact { name, params: params.unwrap_or_default(), fields }),
    )
}

fn secret<'s>(rules: &Rules<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    token(Kind::Secret)
        .ignore_then(name())
        .then(here(Kind::Question).or_not())
        .then(rules.map.clone().or_not())
        .map(|((name, optional), sources)| ItemKind::Secret(Secret { name, optional: optional.is_some(), sources }))
}

fn action<'s>(rules: &Rules<'s>, parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    let key = total(|inp| member_name(inp, Want::Name));
    let by = any()
        .filter(|it: &Token| it.kind == Kind::By && it.next_here() == Kind::LParen)
        .ignore_then(token(Kind::LParen))
        .ignore_then(list(key, Kind::RParen, Want::Name));
    token(Kind::Once)
        .or_not()
        .then_ignore(require(Kind::Action, Want::ActionOrJob))
        .then(name())
        .then(parts.params.clone())
        .then(parts.outputs.clone())
        .then(by.or_not())
        .then(rules.body.clone())
        .map(|(((((once, name), params), outputs), by), body)| {
            let by = by.unwrap_or_default();
            ItemKind::Action(Action { once: once.is_some(), name, params, outputs, by, body })
        })
}

fn job<'s>(rules: &Rules<'s>, parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    let plain = value(&rules.expr, Want::Expr, |it| it.kind.starts_expr(), expr::hole).boxed();
    let runner = token(Kind::On).ignore_then(custom(move |inp| {
        let from = index(inp);
        let token = peek(inp);
        let end = stmt::dashed_end(inp.state(), from);
        if !token.kind.is_ident() || token.line() || end == from + 1 {
            return inp.parse(&plain);
        }
        inp.emit(Problem::new(from, Form::RunnerLabel, Want::Expr));
        for _ in from..end {
            inp.skip();
        }
        Ok(expr::hole(inp.state().span(from, end)))
    }));
    token(Kind::Job)
        .ignore_then(name())
        .then(parts.params.clone())
        .then(parts.outputs.clone())
        .then(runner.or_not())
        .then(rules.body.clone())
        .map(|((((name, params), outputs), runner), body)| ItemKind::Job(Job { name, params, outputs, runner, body }))
}

fn flow<'s>(rules: &Rules<'s>, parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    token(Kind::Flow)
        .ignore_then(name())
        .then(parts.params.clone())
        .then(parts.outputs.clone())
        .then(rules.body.clone())
        .map(|(((name, params), outputs), body)| ItemKind::Flow(Flow { name, params, outputs, body }))
}

fn pipeline<'s>(rules: &Rules<'s>, parts: &Parts<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    token(Kind::Pipeline)
        .ignore_then(name())
        .then(parts.outputs.clone())
        .then(rules.body.clone())
        .map(|((name, outputs), body)| ItemKind::Pipeline(Pipeline { name, outputs, body }))
}

fn test<'s>(rules: &Rules<'s>) -> impl Parse<'s, ItemKind> + use<'s> {
    token(Kind::Test)
        .ignore_then(rules.text.clone())
        .then(rules.body.clone())
        .map(|(title, body)| ItemKind::Test(Test { title, body }))
}
