//! The members of artifact schemas and of `extern` bindings.

use chumsky::prelude::*;

use super::base::*;
use super::expr::{self, Rules};
use super::problem::{Problem, Want};
use super::text;
use crate::token::{Kind, Token};
use crate::tree::*;

/// A word with a colon after it, perhaps on its way. Fails where no word stands.
pub(super) fn word(inp: &mut Inp<'_, '_>) -> Result<Name, Problem> {
    let token = peek(inp);
    if !token.kind.is_word() {
        let at = index(inp);
        return Err(Problem::expected(at, Want::Field));
    }
    inp.skip();
    Ok(inp.state().name(token))
}

/// The braces of a schema. Where there are none, that is reported.
pub(super) fn fields<'s>(rules: &Rules<'s>, annotation: &Rule<'s, Type>) -> impl Parse<'s, Vec<FieldDecl>> + use<'s> {
    let field = field(annotation, &rules.text).boxed();
    let condition = expr::condition(&rules.expr).boxed();
    let (value, patterns) = (rules.expr.clone(), expr::patterns(&rules.text).boxed());
    recursive(move |fields| {
        let fields: Rule<'s, Vec<FieldDecl>> = fields.boxed();
        let branch = token(Kind::If)
            .ignore_then(condition)
            .then(fields.clone())
            .map(|(condition, fields)| FieldBranch { condition: Some(condition), fields });
        let last = fields.clone().map(|fields| FieldBranch { condition: None, fields });
        let branches = branch
            .clone()
            .then(token(Kind::Else).ignore_then(branch.or(last)).repeated().collect::<Vec<_>>())
            .map(|(first, mut rest)| {
                rest.insert(0, first);
                FieldDecl::If(rest)
            })
            .boxed();
        let arm = patterns
            .then_ignore(require(Kind::FatArrow, Want::FatArrow))
            .then(fields)
            .map(|(patterns, fields)| FieldArm { patterns, fields });
        let arms = block(arm, |_| None, Want::Arm, true).boxed();
        let arms =
            custom(move |inp| if open(inp, Kind::LBrace, Want::Brace) { inp.parse(&arms) } else { Ok(Vec::new()) });
        let select = token(Kind::Match)
            .ignore_then(value)
            .then(arms)
            .map_with(|(value, arms), e| FieldDecl::Match { value, arms, span: span(e) })
            .boxed();
        let member = custom(move |inp| {
            let token = peek(inp);
            match token.kind {
                // `if:` and `match:` are fields.
                Kind::If if token.next != Kind::Colon => inp.parse(&branches),
                Kind::Match if token.next != Kind::Colon => inp.parse(&select),
                _ => inp.parse(&field),
            }
        });
        let inside = block(member, |span| Some(FieldDecl::Hole(span)), Want::Field, true).boxed();
        custom(move |inp| if open(inp, Kind::LBrace, Want::Brace) { inp.parse(&inside) } else { Ok(Vec::new()) })
            .boxed()
    })
}

/// `name: kind = "path"`.
fn field<'s>(annotation: &Rule<'s, Type>, text: &Rule<'s, Text>) -> impl Parse<'s, FieldDecl> + use<'s> {
    let (annotation, text) = (annotation.clone(), text::required(text).boxed());
    custom(move |inp| {
        let docs = docs(inp);
        let name = word(inp)?;
        let before = index(inp);
        let ty = run(inp, &annotation)?;
        let path = if peek(inp).kind == Kind::Assign {
            inp.skip();
            Some(run(inp, &text)?)
        } else {
            if !matches!(ty.kind, TypeKind::Hole) || index(inp) > before + 1 {
                expect(inp, Want::Assign);
            }
            None
        };
        Ok(FieldDecl::Field(ArtifactField { docs, name, ty, path }))
    })
}

/// `extern action name = "…" { … }`.
pub(super) fn extern_<'s>(
    rules: &Rules<'s>,
    typed: &Rule<'s, Type>,
    equals: &Rule<'s, Expr>,
) -> impl Parse<'s, Extern> + use<'s> {
    let kind = total(|inp| {
        let token = peek(inp);
        if !token.line() && matches!(token.kind, Kind::Action | Kind::Job) {
            inp.skip();
        } else {
            expect(inp, Want::ActionOrJob);
        }
        if token.kind == Kind::Job { ExternKind::Job } else { ExternKind::Action }
    });
    let reference = text::required(&text::plain(&rules.text).boxed()).boxed();
    let reference = custom(move |inp| {
        if peek(inp).kind == Kind::Assign {
            inp.skip();
            let token = peek(inp);
            let task = token.kind == Kind::Task && token.next_here().is_text() && !token.line();
            if task {
                inp.skip();
            }
            return Ok((task, run(inp, &reference)?));
        }
        expect(inp, Want::Assign);
        Ok((false, Text { parts: Vec::new(), block: false, span: gap(inp) }))
    });
    let member = extern_field(rules, typed, equals).boxed();
    let inside = block(member, |span| Some(ExternField::Hole(span)), Want::Port, true).boxed();
    let inside =
        custom(move |inp| if open(inp, Kind::LBrace, Want::Brace) { inp.parse(&inside) } else { Ok(Vec::new()) });
    token(Kind::Extern)
        .ignore_then(kind)
        .then(name())
        .then(reference)
        .then(inside)
        .map(|(((kind, name), (task, reference)), fields)| Extern { kind, name, task, reference, fields })
}

fn extern_field<'s>(
    rules: &Rules<'s>,
    typed: &Rule<'s, Type>,
    equals: &Rule<'s, Expr>,
) -> impl Parse<'s, ExternField> + use<'s> {
    let text = text::required(&text::plain(&rules.text).boxed()).boxed();
    let joined = any().filter(|it: &Token| it.kind == Kind::Joined).ignore_then(text.clone()).or_not();
    let rest = here(Kind::As)
        .ignore_then(text)
        .or_not()
        .then(typed.clone().or_not())
        .then(equals.clone().or_not())
        .then(joined)
        .boxed();
    let permissions = any().ignore_then(rules.map.clone()).map(ExternField::Permissions).boxed();
    custom(move |inp| {
        let docs = docs(inp);
        let at = index(inp);
        let token = peek(inp);
        let direction = match token.kind {
            Kind::In => PortDirection::In,
            Kind::Out => PortDirection::Out,
            Kind::Secret => PortDirection::Secret,
            Kind::Permissions if token.next_here() == Kind::LBrace => return inp.parse(&permissions),
            _ => return Err(Problem::expected(at, Want::Port)),
        };
        inp.skip();
        let word = peek(inp);
        let name = if word.kind.is_word() && !word.line() {
            inp.skip();
            inp.state().name(word)
        } else {
            name_here(inp)
        };
        let (((foreign, ty), default), joined) = run(inp, &rest)?;
        Ok(ExternField::Port(ExternPort { docs, direction, name, foreign, ty, default, joined }))
    })
}
