//! Expressions, and the sources, places and patterns that they are woven with.

use chumsky::pratt::{infix, left, prefix, right};
use chumsky::prelude::*;
use smol_str::SmolStr;

use super::base::*;
use super::problem::{Form, Problem, Want};
use super::{stmt, text};
use crate::Span;
use crate::number::{self, Number};
use crate::token::{Kind, Token};
use crate::tree::*;

/// The rules that expressions are made of and that other parts of the grammar use.
#[derive(Clone)]
pub(super) struct Rules<'s> {
    pub(super) expr: Rule<'s, Expr>,
    pub(super) postfix: Rule<'s, Expr>,
    pub(super) text: Rule<'s, Text>,
    pub(super) place: Rule<'s, Place>,
    pub(super) map: Rule<'s, Map>,
    pub(super) body: Rule<'s, Body>,
    pub(super) source: Rule<'s, Source>,
}

/// A hole in the place of an expression.
pub(super) fn hole(span: Span) -> Expr {
    Expr { kind: ExprKind::Hole, span }
}

/// Expressions and all that is recursive with them.
pub(super) fn rules<'s>() -> Rules<'s> {
    // The parser of expressions refers to itself weakly, so that nothing leaks.
    let expr = recursive(|expr| around(&expr.boxed()).expr).boxed();
    around(&expr)
}

/// The rules around an expression.
fn around<'s>(expr: &Rule<'s, Expr>) -> Rules<'s> {
    let place = place(expr).boxed();
    let text = text::text(expr, &place, false).boxed();
    let script = text::text(expr, &place, true).boxed();
    let map = stmt::map(expr).boxed();
    let types = super::types::ty(expr).boxed();
    // A body holds bodies only through expressions and through itself.
    let partial = |body: Rule<'s, Body>| {
        let source = stmt::source(expr, &text, &script, &map, &body).boxed();
        let postfix = postfix(expr, &place, &text, &body, &source).boxed();
        let operators = operators(&postfix, &text).boxed();
        Rules { expr: operators, postfix, text: text.clone(), place: place.clone(), map: map.clone(), body, source }
    };
    let body = recursive(|body| stmt::body(&partial(body.boxed()), &types)).boxed();
    partial(body)
}

/// A place that is written to.
fn place<'s>(expr: &Rule<'s, Expr>) -> impl Parse<'s, Place> + use<'s> {
    let expr = expr.clone();
    custom(move |inp| {
        let from = index(inp);
        let token = peek(inp);
        if !token.kind.is_ident() || token.line() {
            expect(inp, Want::Place);
            let span = gap(inp);
            return Ok(Place { root: Name { text: SmolStr::default(), span }, steps: Vec::new(), span });
        }
        inp.skip();
        let root = inp.state().name(token);
        let mut steps = Vec::new();
        loop {
            let token = peek(inp);
            match token.kind {
                Kind::Dot => {
                    inp.skip();
                    steps.push(PlaceStep::Field(field_name(inp)));
                }
                Kind::LBracket if !token.line() => {
                    inp.skip();
                    steps.push(PlaceStep::Index(run(inp, &expr)?));
                    close(inp, Kind::RBracket, Want::CloseBracket);
                }
                _ => break,
            }
        }
        let to = index(inp);
        let span = inp.state().span(from, to);
        Ok(Place { root, steps, span })
    })
}

/// The name after a dot: any word, on the line of the dot.
pub(super) fn field_name(inp: &mut Inp<'_, '_>) -> Name {
    let token = peek(inp);
    if token.kind.is_word() && !token.line() {
        inp.skip();
        return inp.state().name(token);
    }
    expect(inp, Want::Name);
    Name { text: SmolStr::default(), span: gap(inp) }
}

enum Suffix {
    Field { optional: bool, name: Name },
    Call { args: Vec<Arg>, span: Span },
    Index(Expr),
}

/// Operands with fields, calls and indexes.
fn postfix<'s>(
    expr: &Rule<'s, Expr>,
    place: &Rule<'s, Place>,
    text: &Rule<'s, Text>,
    body: &Rule<'s, Body>,
    source: &Rule<'s, Source>,
) -> impl Parse<'s, Expr> + use<'s> {
    let field = one_of_kinds([Kind::Dot, Kind::QuestionDot])
        .then(total(field_name))
        .map(|(dot, name)| Suffix::Field { optional: dot.kind == Kind::QuestionDot, name });
    let call = here(Kind::LParen)
        .ignore_then(list(argument(expr, place), Kind::RParen, Want::Argument))
        .map_with(|args, e| Suffix::Call { args, span: span(e) });
    let index = here(Kind::LBracket)
        .ignore_then(expr.clone())
        .then_ignore(total(|inp| close(inp, Kind::RBracket, Want::CloseBracket)))
        .map(Suffix::Index);
    primary(expr, text, body, source).foldl_with(choice((field, call, index)).repeated(), |base, suffix, e| {
        let base = Box::new(base);
        let kind = match suffix {
            Suffix::Field { optional, name } => ExprKind::Field { base, optional, name },
            Suffix::Call { args, span } => ExprKind::Call { callee: base, args, args_span: span },
            Suffix::Index(index) => ExprKind::Index { base, index: Box::new(index) },
        };
        Expr { kind, span: span(e) }
    })
}

fn one_of_kinds<'s, const N: usize>(kinds: [Kind; N]) -> impl Parse<'s, Token> + Copy {
    any().filter(move |it: &Token| kinds.contains(&it.kind))
}

/// `[name:] value`, `[name:] out place`, `...record`.
fn argument<'s>(expr: &Rule<'s, Expr>, place: &Rule<'s, Place>) -> impl Parse<'s, Arg> + use<'s> {
    let named = any()
        .filter(|it: &Token| it.kind.is_word() && it.next == Kind::Colon)
        .map_with(|token, e: &mut At<'_, '_>| e.state().name(token))
        .then_ignore(token(Kind::Colon))
        .or_not();
    let spread = token(Kind::Ellipsis).ignore_then(expr.clone()).map(|it| (None, ArgValue::Spread(it)));
    let out = token(Kind::Out).ignore_then(place.clone()).map(ArgValue::Out);
    let after_colon = value(expr, Want::Expr, |it| it.kind.starts_expr(), hole);
    let expr = expr.clone();
    let plain = named.then(custom(move |inp| {
        let before = index(inp).checked_sub(1).map(|it| inp.state().token(it).kind);
        match peek(inp).kind {
            Kind::Out => inp.parse(&out),
            _ if before == Some(Kind::Colon) => inp.parse(&after_colon).map(ArgValue::Expr),
            _ => inp.parse(&expr).map(ArgValue::Expr),
        }
    }));
    spread.or(plain).map_with(|(name, value), e| Arg { name, value, span: span(e) })
}

/// Whether a line begins with a statement rather than with an operand of the line before.
fn begins_statement(token: Token) -> bool {
    token.line()
        && (matches!(token.next, Kind::Assign)
            || (token.kind.is_ident() && token.kind != Kind::Ident && token.next_here().is_text()))
}

/// An operand. Where there is none, that is reported and a hole stands for it.
fn primary<'s>(
    expr: &Rule<'s, Expr>,
    text: &Rule<'s, Text>,
    body: &Rule<'s, Body>,
    source: &Rule<'s, Source>,
) -> impl Parse<'s, Expr> + use<'s> {
    let list =
        token(Kind::LBracket).ignore_then(list(element(expr), Kind::RBracket, Want::Expr)).map(ExprKind::List).boxed();
    let branch = branch(expr, body).map(|it| ExprKind::If(Box::new(it))).boxed();
    let each = each(expr, body).map(|it| ExprKind::For(Box::new(it))).boxed();
    let select = select(expr, text, stmt::arm_value(body, source)).map(|it| ExprKind::Match(Box::new(it))).boxed();
    let (expr, text) = (expr.clone(), text.clone());
    custom(move |inp| {
        let token = peek(inp);
        let from = index(inp);
        let kind = match token.kind {
            _ if begins_statement(token) => {
                expect(inp, Want::Expr);
                return Ok(hole(gap(inp)));
            }
            kind if kind.is_ident() => {
                inp.skip();
                ExprKind::Name(SmolStr::new(inp.state().say(token)))
            }
            Kind::TextOpen | Kind::BlockOpen => ExprKind::Text(run(inp, &text)?),
            Kind::Int | Kind::Duration => {
                inp.skip();
                match number::read(inp.state().say(token)) {
                    Ok(Number::Int(value)) => ExprKind::Int(value),
                    Ok(Number::Duration(value)) => ExprKind::Duration(value),
                    Err(_) => ExprKind::Hole,
                }
            }
            Kind::True | Kind::False => {
                inp.skip();
                ExprKind::Bool(token.kind == Kind::True)
            }
            Kind::None => {
                inp.skip();
                ExprKind::None
            }
            Kind::Error => {
                inp.skip();
                ExprKind::Hole
            }
            Kind::LBracket => inp.parse(&list)?,
            Kind::LParen => {
                inp.skip();
                let inner = run(inp, &expr)?;
                close(inp, Kind::RParen, Want::CloseParen);
                return Ok(inner);
            }
            Kind::If => inp.parse(&branch)?,
            Kind::For => inp.parse(&each)?,
            Kind::Match => inp.parse(&select)?,
            kind => {
                expect(inp, Want::Expr);
                let place = gap(inp);
                if kind.is_hard() && !token.line() && !matches!(kind, Kind::Else | Kind::After | Kind::As | Kind::In) {
                    inp.skip();
                }
                return Ok(hole(place));
            }
        };
        let to = index(inp);
        Ok(Expr { kind, span: inp.state().span(from, to) })
    })
}

fn element<'s>(expr: &Rule<'s, Expr>) -> impl Parse<'s, Element> + use<'s> {
    token(Kind::Ellipsis).or_not().then(expr.clone()).map(|(spread, value)| Element { spread: spread.is_some(), value })
}

/// `if c { … } else { … }`.
fn branch<'s>(expr: &Rule<'s, Expr>, body: &Rule<'s, Body>) -> impl Parse<'s, If> + use<'s> {
    let (condition, body) = (condition(expr).boxed(), body.clone());
    recursive(move |branch| {
        let otherwise = token(Kind::Else).ignore_then(
            any()
                .filter(|it: &Token| it.kind == Kind::If)
                .rewind()
                .ignore_then(branch)
                .map_with(|it, e| Else::If(Box::new(it), span(e)))
                .or(body.clone().map(Else::Body)),
        );
        token(Kind::If)
            .ignore_then(condition)
            .then(body)
            .then(otherwise.or_not())
            .map(|((condition, then), otherwise)| If { condition, then, otherwise })
            .boxed()
    })
}

/// An expression before a brace; `=` in it is taken for `==`.
pub(super) fn condition<'s>(expr: &Rule<'s, Expr>) -> impl Parse<'s, Expr> + use<'s> {
    let expr = expr.clone();
    custom(move |inp| {
        let from = index(inp);
        let left = run(inp, &expr)?;
        let token = peek(inp);
        let at = index(inp);
        if token.kind != Kind::Assign || token.line() || at == from {
            return Ok(left);
        }
        inp.emit(Problem::new(at, Form::AssignForEquals, Want::Brace));
        inp.skip();
        let right = run(inp, &expr)?;
        let to = index(inp);
        let op_span = inp.state().relative(token.span());
        let kind = ExprKind::Binary { op: BinaryOp::Eq, op_span, left: Box::new(left), right: Box::new(right) };
        Ok(Expr { kind, span: inp.state().span(from, to) })
    })
}

/// `for x in xs if c { … }`.
fn each<'s>(expr: &Rule<'s, Expr>, body: &Rule<'s, Body>) -> impl Parse<'s, For> + use<'s> {
    token(Kind::For)
        .ignore_then(name())
        .then_ignore(require(Kind::In, Want::In))
        .then(expr.clone())
        .then(token(Kind::If).ignore_then(condition(expr)).or_not())
        .then(body.clone())
        .map(|(((name, iterable), filter), body)| For { name, iterable, filter, body })
}

/// `match e { p => … }`.
fn select<'s>(expr: &Rule<'s, Expr>, text: &Rule<'s, Text>, value: impl Parse<'s, ArmValue>) -> impl Parse<'s, Match> {
    let arm = patterns(text)
        .then_ignore(require(Kind::FatArrow, Want::FatArrow))
        .then(value)
        .map_with(|(patterns, value), e| Arm { patterns, value, span: span(e) });
    let arms = custom({
        let arms = block(arm, |_| None, Want::Arm, true).boxed();
        move |inp| if open(inp, Kind::LBrace, Want::Brace) { inp.parse(&arms) } else { Ok(Vec::new()) }
    })
    .map_with(|arms, e| (arms, span(e)));
    token(Kind::Match).ignore_then(expr.clone()).then(arms).map(|(value, (arms, arms_span))| Match {
        value,
        arms,
        arms_span,
    })
}

/// `p | q`. Fails where no pattern begins.
pub(super) fn patterns<'s>(text: &Rule<'s, Text>) -> impl Parse<'s, Vec<Pattern>> + use<'s> {
    let first = pattern(text).boxed();
    let more = token(Kind::Pipe).ignore_then(first.clone().or(total(|inp| {
        expect(inp, Want::Pattern);
        Pattern { kind: PatternKind::Hole, span: gap(inp) }
    })));
    first.then(more.repeated().collect::<Vec<_>>()).map(|(first, mut more)| {
        more.insert(0, first);
        more
    })
}

fn pattern<'s>(text: &Rule<'s, Text>) -> impl Parse<'s, Pattern> + use<'s> {
    let text = text::plain(text);
    let path = super::types::path();
    custom(move |inp| {
        let token = peek(inp);
        let from = index(inp);
        let kind = match token.kind {
            kind if kind.is_ident() => PatternKind::Path(inp.parse(path)?),
            Kind::TextOpen | Kind::BlockOpen => {
                PatternKind::Text(inp.parse(&text)?.plain().map(SmolStr::from).unwrap_or_default())
            }
            Kind::Underscore | Kind::None | Kind::True | Kind::False | Kind::Int | Kind::Error => {
                inp.skip();
                match token.kind {
                    Kind::Underscore => PatternKind::Any,
                    Kind::None => PatternKind::None,
                    Kind::True | Kind::False => PatternKind::Bool(token.kind == Kind::True),
                    _ => match number::read(inp.state().say(token)) {
                        Ok(Number::Int(value)) => PatternKind::Int(value),
                        _ => PatternKind::Hole,
                    },
                }
            }
            _ => return Err(Problem::expected(from, Want::Pattern)),
        };
        let to = index(inp);
        Ok(Pattern { kind, span: inp.state().span(from, to) })
    })
}

/// Operators over operands.
fn operators<'s>(postfix: &Rule<'s, Expr>, text: &Rule<'s, Text>) -> impl Parse<'s, Expr> + use<'s> {
    let op = |ops: &'static [(Kind, BinaryOp)]| {
        any().filter(move |it: &Token| ops.iter().any(|(kind, _)| *kind == it.kind)).map_with(
            move |token: Token, e: &mut At<'_, '_>| {
                if matches!(token.kind, Kind::Amp | Kind::Pipe) {
                    let at = e.span().start;
                    e.emit(Problem::new(at, Form::SingleOperator, Want::Expr));
                }
                let op = ops.iter().find(|(kind, _)| *kind == token.kind).map_or(BinaryOp::Or, |(_, op)| *op);
                Operator { op, span: e.state().relative(token.span()), at: e.span().start }
            },
        )
    };
    let word = |word: &'static str, op: BinaryOp| {
        custom(move |inp| {
            let at = index(inp);
            let token = word_operator(inp, word)?;
            Ok(Operator { op, span: inp.state().relative(token.span()), at })
        })
    };
    let unary = any()
        .filter(|it: &Token| matches!(it.kind, Kind::Bang | Kind::Minus))
        .map(|it: Token| if it.kind == Kind::Bang { UnaryOp::Not } else { UnaryOp::Neg })
        .or(custom(|inp| word_operator(inp, "not").map(|_| UnaryOp::Not)));
    ordered(postfix, text).pratt((
        prefix(7, unary, |op, operand, e| Expr {
            kind: ExprKind::Unary { op, operand: Box::new(operand) },
            span: span(e),
        }),
        infix(
            left(6),
            op(&[(Kind::Star, BinaryOp::Mul), (Kind::Slash, BinaryOp::Div), (Kind::Percent, BinaryOp::Rem)]),
            binary,
        ),
        infix(left(5), op(&[(Kind::Plus, BinaryOp::Add), (Kind::Minus, BinaryOp::Sub)]), binary),
        infix(right(4), op(&[(Kind::Coalesce, BinaryOp::Coalesce)]), binary),
        infix(
            left(3),
            op(&[
                (Kind::EqEq, BinaryOp::Eq),
                (Kind::Ne, BinaryOp::Ne),
                (Kind::Lt, BinaryOp::Lt),
                (Kind::Le, BinaryOp::Le),
                (Kind::Gt, BinaryOp::Gt),
                (Kind::Ge, BinaryOp::Ge),
            ]),
            compare,
        ),
        infix(
            left(2),
            op(&[(Kind::AndAnd, BinaryOp::And), (Kind::Amp, BinaryOp::And)]).or(word("and", BinaryOp::And)),
            binary,
        ),
        infix(
            left(1),
            op(&[(Kind::OrOr, BinaryOp::Or), (Kind::Pipe, BinaryOp::Or)]).or(word("or", BinaryOp::Or)),
            binary,
        ),
    ))
}

/// `and`, `or`, `not` of other languages, reported and taken: on the line of the operand before it,
/// with one after it, where a name would make no sense. Fails elsewhere.
fn word_operator(inp: &mut Inp<'_, '_>, word: &str) -> Result<Token, Problem> {
    let (token, at) = (peek(inp), index(inp));
    let next = token.next_here();
    let operand = next.is_ident()
        || next.is_text()
        || matches!(next, Kind::Int | Kind::Duration | Kind::True | Kind::False | Kind::None | Kind::Bang)
        || (next == Kind::LParen && inp.state().token(at + 1).start > token.end);
    // `-- not a comment` is no expression.
    let negated = at.checked_sub(1).is_some_and(|it| inp.state().token(it).kind == Kind::Minus);
    let follows = if word == "not" { !negated } else { !token.line() };
    if token.kind != Kind::Ident || !operand || !follows || inp.state().say(token) != word {
        return Err(Problem::expected(at, Want::Expr));
    }
    inp.emit(Problem::new(at, Form::WordOperator, Want::Expr));
    inp.skip();
    Ok(token)
}

#[derive(Clone, Copy)]
struct Operator {
    op: BinaryOp,
    span: Span,
    /// Its token.
    at: usize,
}

fn binary(left: Expr, op: Operator, right: Expr, e: &mut At<'_, '_>) -> Expr {
    let kind = ExprKind::Binary { op: op.op, op_span: op.span, left: Box::new(left), right: Box::new(right) };
    Expr { kind, span: span(e) }
}

/// A comparison. That it does not chain is said here, since a parser that refuses the second
/// operator would lose what follows it.
fn compare(left: Expr, op: Operator, right: Expr, e: &mut At<'_, '_>) -> Expr {
    let in_parentheses = span(e).start < left.span.start;
    let compares =
        |op| matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
    if !in_parentheses && matches!(left.kind, ExprKind::Binary { op, .. } if compares(op)) {
        e.emit(Problem::new(op.at, Form::ChainedComparison, Want::Expr));
    }
    binary(left, op, right, e)
}

/// An operand with `as "title"` and `after x`.
fn ordered<'s>(postfix: &Rule<'s, Expr>, text: &Rule<'s, Text>) -> impl Parse<'s, Expr> + use<'s> {
    let after = here(Kind::After).ignore_then(postfix.clone()).or_not();
    let suffix = title(text).then(after);
    let plain = postfix.clone();
    custom(move |inp| {
        let from = index(inp);
        let base = inp.parse(&plain)?;
        let token = peek(inp);
        if token.line() || !matches!(token.kind, Kind::As | Kind::After) {
            return Ok(base);
        }
        let (title, after) = inp.parse(&suffix)?;
        let to = index(inp);
        let span = inp.state().span(from, to);
        Ok(Expr { kind: ExprKind::Ordered { base: Box::new(base), title, after: after.map(Box::new) }, span })
    })
}

/// `as "title"`, or nothing.
pub(super) fn title<'s>(text: &Rule<'s, Text>) -> impl Parse<'s, Option<Text>> + use<'s> {
    here(Kind::As).ignore_then(text::required(text)).or_not()
}
