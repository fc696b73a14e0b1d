//! Types and paths.

use chumsky::prelude::*;
use smol_str::SmolStr;

use super::base::*;
use super::expr::field_name;
use super::problem::{Form, Problem, Want};
use crate::Span;
use crate::token::{Kind, Token};
use crate::tree::*;

/// A hole in the place of a type.
pub(super) fn hole(span: Span) -> Type {
    Type { kind: TypeKind::Hole, span }
}

/// Whether a type begins so.
pub(super) fn starts(token: Token) -> bool {
    token.kind.is_ident() || matches!(token.kind, Kind::LBracket | Kind::Error)
}

/// `a.b.c`. Fails where no name begins.
pub(super) fn path<'s>() -> impl Parse<'s, Path> + Copy {
    custom(|inp| {
        let from = index(inp);
        let token = peek(inp);
        if !token.kind.is_ident() {
            return Err(Problem::expected(from, Want::Name));
        }
        inp.skip();
        let mut segments = vec![inp.state().name(token)];
        while peek(inp).kind == Kind::Dot {
            inp.skip();
            segments.push(field_name(inp));
        }
        let to = index(inp);
        Ok(Path { segments, span: inp.state().span(from, to) })
    })
}

/// A path, missing where none stands on this line.
pub(super) fn required_path<'s>(want: Want) -> impl Parse<'s, Path> + Copy {
    custom(move |inp| {
        let token = peek(inp);
        if token.kind.is_ident() && !token.line() {
            return inp.parse(path());
        }
        expect(inp, want);
        let span = gap(inp);
        Ok(Path { segments: vec![Name { text: SmolStr::default(), span }], span })
    })
}

/// A type. Where there is none, that is reported and a hole stands for it.
pub(super) fn ty<'s>(expr: &Rule<'s, Expr>) -> impl Parse<'s, Type> + use<'s> {
    let expr = expr.clone();
    recursive(move |ty| {
        let ty: Rule<'s, Type> = ty.boxed();
        let named = path().then(here(Kind::LParen).ignore_then(arguments(&expr)).or_not());
        let named = named.map(|(path, args)| TypeKind::Path { path, args: args.unwrap_or_default() }).boxed();
        let list = bracketed(&ty, &expr).boxed();
        let atom = custom(move |inp| {
            let from = index(inp);
            let token = peek(inp);
            let kind = match token.kind {
                kind if kind.is_ident() => inp.parse(&named)?,
                Kind::LBracket => inp.parse(&list)?,
                Kind::Error => {
                    inp.skip();
                    TypeKind::Hole
                }
                _ => {
                    expect(inp, Want::Type);
                    return Ok(hole(gap(inp)));
                }
            };
            let to = index(inp);
            Ok(Type { kind, span: inp.state().span(from, to) })
        });
        custom(move |inp| {
            let from = index(inp);
            let atom = inp.parse(&atom)?;
            let mark = peek(inp);
            if !matches!(mark.kind, Kind::Question | Kind::Coalesce) || index(inp) == from {
                return Ok(atom);
            }
            let twice = mark.kind == Kind::Coalesce || mark.next_here() == Kind::Question;
            let at = index(inp);
            if twice {
                inp.emit(Problem::new(at, Form::OptionalTwice, Want::Type));
            }
            while matches!(peek(inp).kind, Kind::Question | Kind::Coalesce) {
                inp.skip();
            }
            let to = index(inp);
            Ok(Type { kind: TypeKind::Optional(Box::new(atom)), span: inp.state().span(from, to) })
        })
        .boxed()
    })
}

/// The arguments of a type, the opening parenthesis gone.
fn arguments<'s>(expr: &Rule<'s, Expr>) -> impl Parse<'s, Vec<TypeArg>> + use<'s> {
    let any_arg = token(Kind::Underscore).map_with(|_, e| TypeArg::Any(span(e)));
    list(any_arg.or(expr.clone().map(TypeArg::Expr)), Kind::RParen, Want::Argument)
}

/// `[T]`, `[K: T]`, `[k in K: T]`.
fn bracketed<'s>(ty: &Rule<'s, Type>, expr: &Rule<'s, Expr>) -> impl Parse<'s, TypeKind> + use<'s> {
    let binder = any()
        .filter(|it: &Token| it.kind.is_ident() && it.next == Kind::In)
        .map_with(|token, e: &mut At<'_, '_>| e.state().name(token))
        .then_ignore(token(Kind::In))
        .then(expr.clone())
        .map(|(name, keys)| FamilyKey::Binder { name, keys: Box::new(keys) });
    let colon = require(Kind::Colon, Want::Colon);
    let member = value(ty, Want::Type, starts, hole).boxed();
    let family = binder.then_ignore(colon).then(member.clone());
    let family = family.map(|(key, member)| TypeKind::Family { key, member: Box::new(member) });
    let plain = ty.clone().then(token(Kind::Colon).ignore_then(member).or_not());
    let plain = plain.map(|(first, member)| match member {
        None => TypeKind::List(Box::new(first)),
        Some(member) => TypeKind::Family { key: FamilyKey::Type(Box::new(first)), member: Box::new(member) },
    });
    token(Kind::LBracket)
        .ignore_then(family.or(plain))
        .then_ignore(total(|inp| close(inp, Kind::RBracket, Want::CloseBracket)))
}
