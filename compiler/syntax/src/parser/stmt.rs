//! Bodies, statements, settings and maps. Which of them may stand where is checked later; here one
//! body serves all.

use chumsky::prelude::*;
use smol_str::SmolStr;

use super::base::*;
use super::expr::{self, Rules};
use super::problem::{Form, Problem, Want, Wants};
use super::{text, types};
use crate::token::{Kind, Token};
use crate::tree::*;

/// `{ key = e, key { … } }`. Fails where no brace stands on this line.
pub(super) fn map<'s>(expr: &Rule<'s, Expr>) -> impl Parse<'s, Map> + use<'s> {
    let value = value(expr, Want::Expr, |it| it.kind.starts_expr(), expr::hole).boxed();
    recursive(move |map| {
        let map: Rule<'s, Map> = map.boxed();
        let entry = custom(move |inp| {
            let key = key(inp)?;
            let token = peek(inp);
            let value = match token.kind {
                Kind::Assign => {
                    inp.skip();
                    EntryValue::Expr(inp.parse(&value)?)
                }
                Kind::LBrace if !token.line() => EntryValue::Map(inp.parse(&map)?),
                _ => {
                    expect(inp, [Want::Assign, Want::Brace]);
                    let place = gap(inp);
                    // `key: value`, as in YAML.
                    if token.kind == Kind::Colon && !token.line() {
                        inp.skip();
                        EntryValue::Expr(inp.parse(&value)?)
                    } else {
                        if !token.line() && !token.kind.is_closer() && token.kind != Kind::Comma {
                            skip_junk(inp, |it| it.line() || it.kind == Kind::Comma);
                        }
                        EntryValue::Expr(expr::hole(place))
                    }
                }
            };
            Ok(Entry { key, value })
        });
        here(Kind::LBrace)
            .ignore_then(block(entry, |_| None, Want::Key, true))
            .map_with(|entries, e| Map { entries, span: span(e) })
            .boxed()
    })
}

/// A map that must be there.
fn required_map<'s>(map: &Rule<'s, Map>) -> impl Parse<'s, Map> + use<'s> {
    map.clone().or(total(|inp| {
        expect(inp, Want::Brace);
        Map { entries: Vec::new(), span: gap(inp) }
    }))
}

/// `word`, `with-dashes`, `"text"`.
fn key(inp: &mut Inp<'_, '_>) -> Result<Name, Problem> {
    let token = peek(inp);
    let from = index(inp);
    if token.kind.is_word() {
        return Ok(dashed(inp));
    }
    if token.kind != Kind::TextOpen {
        return Err(Problem::expected(from, Want::Key));
    }
    inp.skip();
    let mut value = SmolStr::default();
    while peek(inp).kind == Kind::Chunk {
        let raw = peek(inp);
        value = crate::text::unescape(inp.state().say(raw), |_| ());
        inp.skip();
    }
    if peek(inp).kind == Kind::HoleOpen {
        inp.emit(Problem::new(from, Form::HoleInName, Want::Key));
        skip_junk(inp, |_| false);
    }
    if peek(inp).kind == Kind::TextClose {
        inp.skip();
    }
    let to = index(inp);
    Ok(Name { text: value, span: inp.state().span(from, to) })
}

/// The word that comes next and those that follow it with dashes between that touch both.
fn dashed(inp: &mut Inp<'_, '_>) -> Name {
    let from = index(inp);
    let end = dashed_end(inp.state(), from);
    let place = inp.state().span(from, end);
    for _ in from..end {
        inp.skip();
    }
    let source = inp.state();
    Name { text: SmolStr::new(place.shift(source.base).text(source.text)), span: place }
}

/// The index after a word with dashes.
pub(super) fn dashed_end(source: &View<'_>, from: usize) -> usize {
    let mut end = from + 1;
    loop {
        let (before, dash, word) = (source.token(end - 1), source.token(end), source.token(end + 1));
        let touches = before.end == dash.start && dash.end == word.start;
        if dash.kind != Kind::Minus || !touches || !(word.kind.is_word() || word.kind == Kind::Int) {
            return end;
        }
        end += 2;
    }
}

/// A script, step, foreign step or expression.
pub(super) fn source<'s>(
    expr: &Rule<'s, Expr>,
    text: &Rule<'s, Text>,
    script: &Rule<'s, Text>,
    map: &Rule<'s, Map>,
    body: &Rule<'s, Body>,
) -> impl Parse<'s, Source> + use<'s> {
    let script = any().then(script.clone()).map_with(|(word, text): (Token, _), e: &mut At<'_, '_>| {
        let shell = match word.kind {
            Kind::Bash => Shell::Bash,
            Kind::Pwsh => Shell::Pwsh,
            Kind::Cmd => Shell::Cmd,
            Kind::Python => Shell::Python,
            _ => Shell::Sh,
        };
        let shell_span = e.state().relative(word.span());
        Source::Script(Script { shell, shell_span, text, span: span(e) })
    });
    let step = any()
        .ignore_then(text.clone())
        .then(body.clone())
        .map_with(|(title, body), e| Source::Step(Step { title, body, span: span(e) }));
    let foreign = any().then(text::plain(text)).then(map.clone().or_not()).map_with(
        |((word, reference), inputs): ((Token, _), _), e| {
            Source::Foreign(Foreign { task: word.kind == Kind::Task, reference, inputs, span: span(e) })
        },
    );
    let (script, step, foreign, expr) = (script.boxed(), step.boxed(), foreign.boxed(), expr.clone());
    custom(move |inp| {
        let token = peek(inp);
        if !token.next_here().is_text() {
            return inp.parse(&expr).map(Source::Expr);
        }
        match token.kind {
            Kind::Sh | Kind::Bash | Kind::Pwsh | Kind::Cmd | Kind::Python => inp.parse(&script),
            Kind::Step => inp.parse(&step),
            Kind::Uses | Kind::Task => inp.parse(&foreign),
            _ => inp.parse(&expr).map(Source::Expr),
        }
    })
}

/// What an arm of a `match` does.
pub(super) fn arm_value<'s>(body: &Rule<'s, Body>, source: &Rule<'s, Source>) -> impl Parse<'s, ArmValue> + use<'s> {
    let (body, source) = (body.clone(), source.clone());
    custom(move |inp| {
        let token = peek(inp);
        if token.kind == Kind::LBrace {
            return inp.parse(&body).map(ArmValue::Body);
        }
        if token.line() && matches!(token.next, Kind::FatArrow | Kind::Pipe) {
            // The next arm.
            expect(inp, [Want::Expr, Want::Brace]);
            let place = gap(inp);
            return Ok(ArmValue::Source(Source::Expr(expr::hole(place))));
        }
        inp.parse(&source).map(ArmValue::Source)
    })
}

/// `{ … }`. Where there is none, that is reported and an empty one stands for it.
pub(super) fn body<'s>(rules: &Rules<'s>, ty: &Rule<'s, Type>) -> impl Parse<'s, Body> + use<'s> {
    let hole = |span| Some(Stmt { docs: Docs::default(), kind: StmtKind::Hole, span });
    let inside = block(stmt(rules, ty), hole, Want::Stmt, false).boxed();
    custom(move |inp| {
        let from = index(inp);
        let stmts = if open(inp, Kind::LBrace, Want::Brace) {
            inp.parse(&inside)?
        } else {
            // `if x ⏎` may go on with the rest of its line.
            let token = peek(inp);
            if token.kind == Kind::Error && !token.line() {
                inp.skip();
            }
            Vec::new()
        };
        let to = index(inp);
        Ok(Body { stmts, span: inp.state().span(from, to) })
    })
}

/// The rules of statements, by how they begin.
#[derive(Clone)]
struct Forms<'s> {
    let_: Rule<'s, StmtKind>,
    out: Rule<'s, StmtKind>,
    after: Rule<'s, StmtKind>,
    export: Rule<'s, StmtKind>,
    add_path: Rule<'s, StmtKind>,
    summary: Rule<'s, StmtKind>,
    checkout: Rule<'s, StmtKind>,
    expose: Rule<'s, StmtKind>,
    gate: Rule<'s, StmtKind>,
    stage: Rule<'s, StmtKind>,
    finally: Rule<'s, StmtKind>,
    on_failure: Rule<'s, StmtKind>,
    service: Rule<'s, StmtKind>,
    cache: Rule<'s, StmtKind>,
    raw: Rule<'s, StmtKind>,
    on: Rule<'s, StmtKind>,
    param: Rule<'s, StmtKind>,
    extends: Rule<'s, StmtKind>,
    setting: Rule<'s, StmtKind>,
    settings: Rule<'s, StmtKind>,
    source: Rule<'s, StmtKind>,
}

/// A setting or statement with its documentation. Fails where none begins.
fn stmt<'s>(rules: &Rules<'s>, ty: &Rule<'s, Type>) -> impl Parse<'s, Stmt> + use<'s> {
    let forms = forms(rules, ty);
    custom(move |inp| {
        let docs = docs(inp);
        let from = index(inp);
        let token = peek(inp);
        let Some(rule) = forms.of(token, inp.state(), from) else {
            return Err(Problem::expected(from, Want::Stmt));
        };
        let kind = inp.parse(rule)?;
        if let StmtKind::Source(Source::Expr(Expr { kind: ExprKind::Name(_), .. })) = kind {
            lone_name(inp);
        }
        let to = index(inp);
        Ok(Stmt { docs, kind, span: inp.state().span(from, to) })
    })
}

/// A name that is a statement is left to the checker, but not with more on its line.
fn lone_name(inp: &mut Inp<'_, '_>) {
    let token = peek(inp);
    let ends = token.line() || token.kind.is_closer() || matches!(token.kind, Kind::Eof | Kind::Comma);
    if !ends {
        let at = index(inp);
        inp.emit(Problem::new(at, Form::LoneName, [Want::Assign, Want::Paren, Want::Brace]));
        skip_junk(inp, Token::line);
    }
}

impl<'s> Forms<'s> {
    /// Which form the statement at `from` has.
    fn of(&self, token: Token, source: &View<'s>, from: usize) -> Option<&Rule<'s, StmtKind>> {
        let next = token.next_here();
        let by_word = match token.kind {
            Kind::Let => Some(&self.let_),
            Kind::Out => Some(&self.out),
            Kind::After => Some(&self.after),
            Kind::Export if next.is_ident() => Some(&self.export),
            Kind::AddPath if begins_operand(next) => Some(&self.add_path),
            Kind::Summary if begins_operand(next) => Some(&self.summary),
            Kind::Expose if begins_operand(next) => Some(&self.expose),
            Kind::Checkout if next == Kind::LBrace => Some(&self.checkout),
            Kind::Gate if next.is_text() => Some(&self.gate),
            Kind::Stage if next.is_text() => Some(&self.stage),
            Kind::Finally if next == Kind::LBrace => Some(&self.finally),
            Kind::OnFailure if next == Kind::LBrace => Some(&self.on_failure),
            Kind::Service if next.is_ident() => Some(&self.service),
            Kind::Cache if next.is_ident() => Some(&self.cache),
            Kind::Raw if next.is_ident() => Some(&self.raw),
            Kind::On if next.is_ident() || is_trigger_of_yaml(source, from) => Some(&self.on),
            Kind::Param if next.is_ident() => Some(&self.param),
            Kind::Extends if next.is_ident() => Some(&self.extends),
            _ => None,
        };
        if by_word.is_some() {
            return by_word;
        }
        if token.kind.is_ident() && matches!(token.next, Kind::Assign | Kind::LBrace | Kind::Minus) {
            let after = source.token(dashed_end(source, from));
            if after.kind == Kind::Assign {
                return Some(&self.setting);
            }
            if after.kind == Kind::LBrace && !after.line() {
                return Some(&self.settings);
            }
        }
        token.kind.starts_expr().then_some(&self.source)
    }
}

/// Whether a word before it is a keyword that takes an operand.
fn begins_operand(next: Kind) -> bool {
    next.starts_primary() && next != Kind::LParen
}

fn forms<'s>(rules: &Rules<'s>, ty: &Rule<'s, Type>) -> Forms<'s> {
    let Rules { expr, postfix, text, map, body, source, place, .. } = rules;
    let assigned = value(expr, Want::Expr, |it| it.kind.starts_expr(), expr::hole).boxed();
    let value_source = value(source, Want::Expr, |it| it.kind.starts_expr(), |it| Source::Expr(expr::hole(it))).boxed();
    let annotation = value(ty, Want::Type, types::starts, types::hole).boxed();
    let equals = token(Kind::Assign).ignore_then(assigned.clone()).boxed();
    let typed = token(Kind::Colon).ignore_then(annotation).boxed();
    let equals_source = token(Kind::Assign).ignore_then(value_source.clone()).boxed();
    let word = any::<Tokens<'s>, Extra<'s>>().ignored();
    let after_word = word.ignore_then(name()).boxed();
    let with_map = after_word.clone().then(required_map(map)).boxed();
    Forms {
        let_: let_(&typed, &equals_source).boxed(),
        out: word
            .ignore_then(place.clone())
            .then_ignore(require_assign())
            .then(value_source)
            .map(|(place, value)| StmtKind::Out { place, value })
            .boxed(),
        after: word
            .ignore_then(postfix.clone())
            .then(body.clone())
            .map(|(after, body)| StmtKind::After { after, body })
            .boxed(),
        export: after_word
            .clone()
            .then(equals.clone().or(missing_value([Want::Assign].into())))
            .map(|(name, value)| StmtKind::Export { name, value })
            .boxed(),
        add_path: word.ignore_then(expr.clone()).map(StmtKind::AddPath).boxed(),
        summary: word.ignore_then(expr.clone()).map(StmtKind::Summary).boxed(),
        checkout: word.ignore_then(map.clone()).map(StmtKind::Checkout).boxed(),
        expose: word
            .ignore_then(postfix.clone())
            .then(expr::title(text))
            .then(map.clone().or_not())
            .map(|((value, title), options)| StmtKind::Expose { value, title, options })
            .boxed(),
        gate: word
            .ignore_then(text.clone())
            .then(here(Kind::After).ignore_then(postfix.clone()).or_not())
            .map(|(title, after)| StmtKind::Gate { title, after })
            .boxed(),
        stage: word
            .ignore_then(text.clone())
            .then(body.clone())
            .map(|(title, body)| StmtKind::Stage { title, body })
            .boxed(),
        finally: word.ignore_then(body.clone()).map(StmtKind::Finally).boxed(),
        on_failure: word.ignore_then(body.clone()).map(StmtKind::OnFailure).boxed(),
        service: setting(with_map.clone(), |(name, map)| Setting::Service { name, map }),
        cache: setting(with_map.clone(), |(name, map)| Setting::Cache { name, map }),
        extends: setting(with_map, |(backend, map)| Setting::Extends { backend, map }),
        raw: setting(
            after_word.clone().then(map.clone().map(RawValue::Map).or(text.clone().map(RawValue::Text)).or(total(
                |inp| {
                    expect(inp, [Want::Brace, Want::Text]);
                    RawValue::Map(Map { entries: Vec::new(), span: gap(inp) })
                },
            ))),
            |(backend, value)| Setting::Raw { backend, value },
        ),
        on: setting(trigger(map), |it| it),
        param: setting(
            after_word
                .then(typed.clone().or(total(|inp| {
                    expect(inp, Want::Colon);
                    types::hole(gap(inp))
                })))
                .then(equals.or_not()),
            |((name, ty), default)| Setting::Param { name, ty, default },
        ),
        setting: setting(total(dashed).then_ignore(token(Kind::Assign)).then(assigned), |(name, value)| {
            Setting::Value { name, value }
        }),
        settings: setting(total(dashed).then(map.clone()), |(name, map)| Setting::Map { name, map }),
        source: source.clone().map(StmtKind::Source).boxed(),
    }
}

fn setting<'s, O: 's>(rule: impl Parse<'s, O>, to: fn(O) -> Setting) -> Rule<'s, StmtKind> {
    rule.map(move |it| StmtKind::Setting(to(it))).boxed()
}

fn require_assign<'s>() -> impl Parse<'s, bool> {
    require(Kind::Assign, Want::Assign)
}

/// Nothing where `= value` must stand.
fn missing_value<'s>(wants: Wants) -> impl Parse<'s, Expr> {
    total(move |inp| {
        expect(inp, wants);
        expr::hole(gap(inp))
    })
}

/// `let x: T = source`, `let x: T`, `let x = source`.
fn let_<'s>(typed: &Rule<'s, Type>, equals: &Rule<'s, Source>) -> impl Parse<'s, StmtKind> + use<'s> {
    let rest = typed.clone().or_not().then(equals.clone().or_not());
    token(Kind::Let).ignore_then(name()).then(rest).then(total(|inp| index(inp))).validate(
        |((name, (ty, value)), end), _, emitter| {
            if ty.is_none() && value.is_none() {
                emitter.emit(Problem::expected(end, [Want::Colon, Want::Assign]));
            }
            StmtKind::Let { name, ty, value }
        },
    )
}

/// `on: push`, as in YAML.
fn is_trigger_of_yaml(source: &View<'_>, from: usize) -> bool {
    let (colon, name) = (source.token(from + 1), source.token(from + 2));
    colon.kind == Kind::Colon && !colon.line() && name.kind.is_ident() && !name.line()
}

/// `on push { … }`, `on finished name`.
fn trigger<'s>(map: &Rule<'s, Map>) -> impl Parse<'s, Setting> + use<'s> {
    let finished = any()
        .filter(|it: &Token| it.kind == Kind::Finished && it.next_here().is_ident())
        .map_with(|it, e: &mut At<'_, '_>| {
            let name = e.state().name(it);
            Path { span: name.span, segments: vec![name] }
        })
        .then(name().map(Some));
    let event = types::required_path(Want::Name).map(|it| (it, None));
    let colon = total(|inp| {
        if peek(inp).kind == Kind::Colon {
            let at = index(inp);
            inp.emit(Problem::new(at, Form::TriggerColon, Want::Name));
            inp.skip();
        }
    });
    any()
        .ignore_then(colon)
        .ignore_then(finished.or(event))
        .then(map.clone().or_not())
        .map(|((event, finished), filters)| Setting::Trigger { event, finished, filters })
}
