//! `if`, `for` and `match`, as values and as statements.

use std::sync::Arc;

use flow_syntax::tree::{
    Arm, ArmValue, Body, Else, Expr, ExprKind, For, If, Match, Pattern, PatternKind, Source, StmtKind,
};
use flow_syntax::{Code, Span};

use super::graph::{Around, Loop, Over};
use super::sink::Sink;
use super::trace::{self, Decision, Event};
use super::{Infer, LocalKind, Phase, Val, Where};
use crate::label::Labels;
use crate::scope::{Res, variants};
use crate::suggest::list;
use crate::ty::{Family, Ty, converts};
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// The statements of a block and its value, which is that of the last one where it is `used`.
    fn block(&mut self, body: &Body, expected: Option<&Ty>, used: bool) -> Val {
        let mut value = Val::unit();
        self.scoped(|infer| {
            let last = body.stmts.len().saturating_sub(1);
            for (index, stmt) in body.stmts.iter().enumerate() {
                match &stmt.kind {
                    StmtKind::Source(source) if index == last && used => {
                        value = infer.captured(source, expected);
                    }
                    StmtKind::Source(source @ Source::Script(_)) if index == last && used => {
                        value = infer.source(source, expected);
                    }
                    _ => infer.stmt(stmt),
                }
            }
        });
        value
    }

    /// A source whose value is taken. What a script prints is: its span has a type then.
    fn captured(&mut self, source: &Source, expected: Option<&Ty>) -> Val {
        let val = self.source(source, expected);
        if !matches!(source, Source::Expr(_)) {
            self.out.types.insert(source.span(), val.clone());
        }
        val
    }

    /// What decides between branches: known while compiling, or when it runs.
    fn decision(&self, phase: Phase, on: impl FnOnce() -> Decision) -> Decision {
        if phase == Phase::Const { on() } else { Decision::Late }
    }

    fn condition(&mut self, e: &Expr, what: &str) -> Val {
        self.sink_expr(e, &Ty::Bool, Sink::Condition(&format!("the condition of {what}")))
    }

    pub(super) fn if_value(&mut self, it: &If, expected: Option<&Ty>) -> Val {
        let used = !std::mem::take(&mut self.discard);
        self.if_used(it, expected, used)
    }

    fn if_used(&mut self, it: &If, expected: Option<&Ty>, used: bool) -> Val {
        let condition = self.condition(&it.condition, "an `if`");
        if !used {
            match &it.otherwise {
                None => self.not_empty(&it.then, "block of an `if`"),
                Some(Else::Body(body)) => self.not_empty(body, "block of an `else`"),
                Some(Else::If(..)) => {}
            }
        }
        let fixed = condition.phase == Phase::Const;
        let before = self.writes.clone();
        let tells = self.tells(&it.condition);
        let (then, then_events) = self.recorded(|infer| {
            infer.under(&it.condition, true, |infer| {
                infer.knowing(tells.holds, |infer| infer.guarded(|infer| infer.block(&it.then, expected, used)))
            })
        });
        let after_then = std::mem::replace(&mut self.writes, before);
        let wanted = expected.or(Some(&then.ty));
        let (otherwise, else_events) = self.recorded(|infer| {
            infer.under(&it.condition, false, |infer| {
                infer.knowing(tells.fails, |infer| match &it.otherwise {
                    Some(Else::Body(body)) => Some((infer.guarded(|infer| infer.block(body, wanted, used)), body.span)),
                    Some(Else::If(inner, inner_span)) => Some((infer.if_used(inner, wanted, used), *inner_span)),
                    None => None,
                })
            })
        });
        self.writes = after_then.join(std::mem::take(&mut self.writes), fixed);
        if !then_events.is_empty() || !else_events.is_empty() {
            let on = self.decision(condition.phase, || Decision::If(it.condition.clone()));
            self.trace.push(Event::Branch { on, arms: vec![then_events, else_events] });
        }
        match otherwise {
            _ if !used => Val::unit(),
            Some((val, other)) => {
                let ty = self.joined(&then.ty, &val.ty, other, "`if`");
                Val::made(ty, [&condition, &then, &val])
            }
            None if then.ty == Ty::Unit => Val::unit(),
            None => Val::made(then.ty.clone().optional(), [&condition, &then]),
        }
    }

    /// The type that both branches have.
    fn joined(&mut self, first: &Ty, second: &Ty, span: Span, what: &str) -> Ty {
        if let (Ty::Call(one), Ty::Call(two)) = (first, second)
            && one != two
            && let Some(ty) = self.joined_calls(one, two)
        {
            return ty;
        }
        if converts(self.db, second, first) {
            return first.clone();
        }
        if converts(self.db, first, second) {
            return second.clone();
        }
        // What may be secret is.
        if matches!((first, second), (Ty::Secret, Ty::String) | (Ty::String, Ty::Secret)) {
            return Ty::Secret;
        }
        if *first == Ty::None {
            return second.clone().optional();
        }
        if *second == Ty::None {
            return first.clone().optional();
        }
        if *first == Ty::Unit || *second == Ty::Unit {
            return Ty::Unit;
        }
        let (first, second) = (self.show(first), self.show(second));
        let finding = self
            .finding(Code::TypeMismatch, span, format!("the branches of this {what} give values of different types"))
            .label(format!(
                "{second}, the one before {first}",
                second = super::article(&second),
                first = super::article(&first)
            ));
        self.report(finding);
        Ty::Error
    }

    pub(super) fn for_value(&mut self, it: &For, expected: Option<&Ty>) -> Val {
        let used = !std::mem::take(&mut self.discard);
        let mut over = self.iterated(it);
        if over.length != Phase::Const && self.place.has_steps() {
            self.fixed_steps(it);
        }
        // Each member of a `[Server(_)]` brings const arguments of its own.
        over.element = super::narrow::own_arguments(self.db, &over.element, &it.name.text);
        let mut labels = Labels::PLAIN;
        if let Some(val) = self.out.types.get(&it.iterable.span).cloned() {
            labels = val.labels;
            self.sink(&it.iterable, &val, Sink::Loop("the list of a `for`"));
        }
        let chain = self.why_late(&it.iterable, Phase::Const);
        let wanted = match expected.map(Ty::present) {
            Some(Ty::List(inner)) => Some(Ty::clone(inner)),
            Some(Ty::Family(family)) if family.binder.is_none() => Some(family.member.clone()),
            _ => None,
        };
        let late = over.phase != Phase::Const;
        let norm = if late { Norm::Unknown } else { Norm::Symbol(it.name.text.clone()) };
        let mut member = Val::unit();
        let mut filter_phase = Phase::Const;
        let before = self.writes.clone();
        let calls = self.calls_so_far();
        let many = over.keys.as_ref().is_none_or(|keys| keys.len() > 1);
        let around = Loop { name: it.name.text.clone(), over: it.iterable.span, many };
        let ((), events) = self.recorded(|infer| {
            infer.scoped(|infer| {
                let val = Val { norm, labels, ..Val::new(over.element.clone(), over.phase) };
                infer.chains.insert(it.name.span, chain);
                let why = if over.length == Phase::Const {
                    "goes over a family whose members come later"
                } else {
                    "runs over a list known later"
                };
                infer.declare(&it.name, val, LocalKind::Loop, late.then(|| format!("`{}` {why}", it.name.text)));
                if let Some(filter) = &it.filter {
                    let kept = infer.condition(filter, "a `for`");
                    filter_phase = kept.phase;
                    labels = labels.join(kept.labels);
                }
                let present = it.filter.as_ref().map(|filter| infer.tells(filter).holds).unwrap_or_default();
                let body = |infer: &mut Self| {
                    infer.knowing(present, |infer| {
                        infer.inside_loop(around, |infer| infer.block(&it.body, wanted.as_ref(), used))
                    })
                };
                let keys = if late { None } else { over.keys.clone() };
                member = infer.over(&it.name.text, keys.as_ref(), |infer| match &it.filter {
                    Some(filter) => infer.under(filter, true, body),
                    None => body(infer),
                });
            })
        });
        if filter_phase != Phase::Const {
            self.writes.doubt_since(&before);
        }
        self.loop_event(it, &over, filter_phase, events);
        if self.calls_so_far() > calls {
            self.calls_in_loop(it, &over, filter_phase);
            // A filter that is late has been refused: what reads the loop is not wrong as well.
            filter_phase = Phase::Const;
        }
        let phase = over.phase.max(over.length).max(filter_phase).max(member.phase);
        if member.ty == Ty::Unit {
            return Val::unit();
        }
        if self.place == Where::Expr || over.length != Phase::Const || filter_phase != Phase::Const {
            return Val { labels: labels.join(member.labels), ..Val::new(Ty::List(Arc::new(member.ty)), phase) };
        }
        let keys = match &it.filter {
            Some(filter) if self.out.types.get(&filter.span).is_none_or(|val| val.phase == Phase::Const) => {
                self.kept_keys(it, filter, &over)
            }
            Some(_) => over.keys,
            None => over.keys,
        };
        let binder = over.binder.or_else(|| (!late).then(|| it.name.text.clone()));
        let labels = labels.join(member.labels);
        Val {
            labels,
            ..Val::new(Ty::Family(Arc::new(Family { key: over.key, keys, binder, member: member.ty })), phase)
        }
    }

    /// What a loop runs over.
    fn iterated(&mut self, it: &For) -> Over {
        let (element, keys) = self.key_set(&it.iterable);
        // An enum's name is no value, but known.
        let Some(val) = self.out.types.get(&it.iterable.span).cloned() else {
            return Over {
                key: element.clone(),
                element,
                keys,
                binder: None,
                length: Phase::Const,
                phase: Phase::Const,
            };
        };
        match val.ty.single() {
            // Its members may come later, but how many there are, and under which keys, is known.
            Ty::Family(family) => Over {
                element: family.member.clone(),
                key: family.key.clone(),
                keys: family.keys.clone(),
                binder: family.binder.clone(),
                length: Phase::Const,
                phase: val.phase,
            },
            _ => Over { key: element.clone(), element, keys, binder: None, length: val.phase, phase: val.phase },
        }
    }

    /// The keys that a filter leaves, where it can be told.
    fn kept_keys(&self, it: &For, filter: &Expr, over: &Over) -> Option<Arc<[ConstValue]>> {
        if over.phase != Phase::Const {
            return None;
        }
        let mut env = self.known_values();
        let mut kept = Vec::new();
        for key in over.keys.as_ref()?.iter() {
            env.push((it.name.text.clone(), key.clone()));
            let value = crate::eval::Eval::new(self.db, self.def, &self.out.names).expr(filter, &env).ok()?;
            env.pop();
            if value == ConstValue::Bool(true) {
                kept.push(key.clone());
            }
        }
        Some(kept.into())
    }

    /// Keeps what a loop does to places.
    fn loop_event(&mut self, it: &For, over: &Over, filter: Phase, body: Vec<Event>) {
        if body.is_empty() {
            return;
        }
        let elements = match &it.iterable.kind {
            ExprKind::List(elements) if elements.iter().all(|element| !element.spread) => {
                elements.iter().map(|element| element.value.span).collect()
            }
            _ => Vec::new(),
        };
        let filter = it.filter.as_ref().map(|it| self.decision(filter, || Decision::If(it.clone())));
        // The variable of a loop over a family is a member, not its key.
        let keys = if over.binder.is_none() && over.element == over.key { over.keys.clone() } else { None };
        self.trace.push(Event::Loop(Arc::new(trace::Loop {
            name: it.name.text.clone(),
            keys,
            iterable: it.iterable.clone(),
            elements,
            span: it.iterable.span,
            filter,
            body,
        })));
    }

    /// The steps of a job are those that its file lists, so a loop in it runs over what each instance knows.
    fn fixed_steps(&mut self, it: &For) {
        let Some(val) = self.out.types.get(&it.iterable.span).cloned() else { return };
        let known = match &val.ty {
            Ty::Error => true,
            // `[Server(_)]` takes families alone: their members differ.
            Ty::List(inner) => matches!(&**inner, Ty::Artifact(_, args) if !args.is_empty()),
            _ => false,
        };
        if known {
            return;
        }
        let mut finding = self
            .finding(Code::LateSteps, it.iterable.span, "a loop in a job runs over what is known before it starts")
            .label(format!("this is known {}", val.phase.when()))
            .note("each round is steps of its own, and the steps of a job are fixed when its file is written")
            .help("loop in the script, `for x in #{xs...}; do …`, or in the pipeline, where each element gets a job");
        for (span, reason) in self.why_late(&it.iterable, Phase::Const) {
            finding = finding.related(self.at(span), reason);
        }
        self.report(finding);
    }

    pub(super) fn match_value(&mut self, it: &Match, expected: Option<&Ty>) -> Val {
        let used = !std::mem::take(&mut self.discard);
        let value = self.expr(&it.value, None);
        let fixed = value.phase == Phase::Const;
        let may = self.sink(&it.value, &value, Sink::Condition("what a `match` decides by"));
        let subject = if may { value.ty.single().clone() } else { Ty::Error };
        self.patterns(
            &it.arms.iter().flat_map(|arm| &arm.patterns).collect::<Vec<_>>(),
            &it.value,
            it.arms_span,
            &subject,
        );
        let before = self.writes.clone();
        let mut joined = None;
        let mut ty: Option<Ty> = None;
        let mut whole = value.clone();
        let mut none_taken = false;
        let mut earlier: Vec<&Pattern> = Vec::new();
        let mut arms = Vec::with_capacity(it.arms.len());
        let mut takes_of_arms = Vec::with_capacity(it.arms.len());
        for arm in &it.arms {
            self.writes = before.clone();
            // An arm that does not take `none`, or that comes after one that does, has a value.
            let takes = |kind: &PatternKind| arm.patterns.iter().any(|pattern| pattern.kind == *kind);
            let present = if takes(&PatternKind::None) || (takes(&PatternKind::Any) && !none_taken) {
                None
            } else {
                super::refine::path(&it.value)
            };
            none_taken |= takes(&PatternKind::None);
            let wanted = expected.or(ty.as_ref()).filter(|ty| **ty != Ty::Unit);
            // In an arm for one event, what this event brings is there.
            let event = match arm.patterns.as_slice() {
                [Pattern { kind: PatternKind::Path(path), .. }] if self.is_event(&it.value) => {
                    path.segments.last().and_then(|name| super::refine::of_event(&name.text))
                }
                _ => None,
            };
            let present: Vec<String> = present.into_iter().chain(event).collect();
            let (val, events) = self.recorded(|infer| {
                infer.in_arm(&it.value, &earlier, &arm.patterns, |infer| {
                    infer.knowing(present, |infer| infer.guarded(|infer| infer.arm(arm, wanted, used)))
                })
            });
            earlier.extend(&arm.patterns);
            arms.push(events);
            takes_of_arms.push(self.takes(arm, &subject));
            let after = std::mem::take(&mut self.writes);
            joined = Some(match joined {
                None => after,
                Some(earlier) => after.join(earlier, fixed),
            });
            whole = whole.with(&val);
            ty = Some(match ty {
                None => val.ty,
                Some(_) if !used => Ty::Unit,
                Some(first) => self.joined(&first, &val.ty, arm.span, "`match`"),
            });
        }
        self.writes = joined.unwrap_or(before);
        if arms.iter().any(|events| !events.is_empty()) {
            let on = self.decision(value.phase, || Decision::Match(it.value.clone(), takes_of_arms));
            self.trace.push(Event::Branch { on, arms });
        }
        if used { Val::made(ty.unwrap_or(Ty::Error), [&whole]) } else { Val::unit() }
    }

    /// The values that an arm takes; `None` for `_`. What does not fit was reported.
    fn takes(&self, arm: &Arm, subject: &Ty) -> Vec<Option<ConstValue>> {
        arm.patterns
            .iter()
            .filter_map(|pattern| match (&pattern.kind, subject.present()) {
                (PatternKind::Any, _) => Some(None),
                (PatternKind::None, _) => Some(Some(ConstValue::None)),
                (PatternKind::Bool(it), _) => Some(Some(ConstValue::Bool(*it))),
                (PatternKind::Int(it), _) => Some(Some(ConstValue::Int(*it))),
                (PatternKind::Text(it), _) => Some(Some(ConstValue::Text(it.clone()))),
                (PatternKind::Path(path), Ty::Enum(def)) => {
                    let name = path.segments.last()?.text.clone();
                    Some(Some(ConstValue::Variant { def: *def, name }))
                }
                _ => None,
            })
            .collect()
    }

    fn arm(&mut self, arm: &Arm, expected: Option<&Ty>, used: bool) -> Val {
        match &arm.value {
            ArmValue::Body(body) => self.block(body, expected, used),
            ArmValue::Source(source) if !used => {
                self.source_stmt(source);
                Val::unit()
            }
            ArmValue::Source(source) => self.captured(source, expected),
        }
    }

    /// Checks that the patterns fit, that none comes too late and that together they leave nothing out.
    pub(super) fn patterns(&mut self, patterns: &[&Pattern], value: &Expr, arms_span: Span, subject: &Ty) {
        let mut taken: Vec<(Option<ConstValue>, Span)> = Vec::new();
        let mut misfit = false;
        for pattern in patterns {
            let Some(value) = self.pattern(pattern, subject) else {
                // It may have been meant for one that would be missing.
                misfit = true;
                continue;
            };
            let earlier = taken.iter().find(|(other, _)| other.is_none() || *other == value).map(|(_, span)| *span);
            if let Some(earlier) = earlier {
                let finding = self
                    .finding(Code::UnreachableArm, pattern.span, "this arm is never taken")
                    .label("an earlier arm takes it")
                    .related(self.at(earlier), "this one")
                    .help("remove it");
                self.report(finding);
            }
            taken.push((value, pattern.span));
        }
        if misfit
            || subject.is_error()
            || taken.iter().any(|(value, _)| value.is_none())
            || patterns.iter().any(|pattern| pattern.kind == PatternKind::Hole)
        {
            return;
        }
        let mut all: Vec<ConstValue> = match subject.present() {
            Ty::Enum(def) => variants(self.db, *def)
                .iter()
                .map(|name| ConstValue::Variant { def: *def, name: name.clone() })
                .collect(),
            Ty::Bool => vec![ConstValue::Bool(true), ConstValue::Bool(false)],
            _ => {
                let shown = self.show(subject);
                let finding = self
                    .finding(
                        Code::NotExhaustive,
                        value.span,
                        format!("this `match` on {a} needs an arm `_`", a = super::article(&shown)),
                    )
                    .label("not every value is listed")
                    .help("add `_ => …`");
                self.report(finding);
                return;
            }
        };
        if matches!(subject, Ty::Optional(_)) {
            all.push(ConstValue::None);
        }
        let missing: Vec<String> = all
            .iter()
            .filter(|value| !taken.iter().any(|(taken, _)| taken.as_ref() == Some(*value)))
            .map(|value| value.display(self.db))
            .collect();
        if missing.is_empty() {
            return;
        }
        let names = list(missing.iter().map(String::as_str));
        let end = arms_span.end.saturating_sub(1);
        let arms: String = missing.iter().map(|name| format!("{name} => ")).collect::<Vec<_>>().join(", ");
        let finding = self
            .finding(Code::NotExhaustive, value.span, format!("this `match` leaves out {names}"))
            .label(format!("may be {names}"))
            .help(format!("add an arm for {names}, or `_ => …` for the rest"))
            .fix("add the missing arms", self.at(Span::empty(end)), format!("{arms} "));
        self.report(finding);
    }

    /// The value that a pattern takes; `Some(None)`: all. `None`: it does not fit, which is reported.
    #[expect(clippy::option_option, reason = "the outer is about the pattern, the inner about the value")]
    pub(super) fn pattern(&mut self, pattern: &Pattern, subject: &Ty) -> Option<Option<ConstValue>> {
        let inner = subject.present();
        Some(Some(match (&pattern.kind, inner) {
            (PatternKind::Any, _) => return Some(None),
            (PatternKind::Hole, _) | (_, Ty::Error) => return None,
            (PatternKind::None, _) if matches!(subject, Ty::Optional(_)) => ConstValue::None,
            (PatternKind::Bool(it), Ty::Bool) => ConstValue::Bool(*it),
            (PatternKind::Int(it), Ty::Int) => ConstValue::Int(*it),
            (PatternKind::Text(it), Ty::String | Ty::Path) => ConstValue::Text(it.clone()),
            (PatternKind::Path(path), Ty::Enum(def)) => {
                let name = path.segments.last()?;
                if !self.pattern_enum(&path.segments, *def) {
                    return None;
                }
                if !variants(self.db, *def).contains(&name.text) {
                    self.unknown_variant(*def, &name.text, name.span);
                    return None;
                }
                self.note(name.span, Res::Variant(*def, name.text.clone()));
                ConstValue::Variant { def: *def, name: name.text.clone() }
            }
            _ => {
                let shown = self.show(subject);
                let finding = self
                    .finding(
                        Code::TypeMismatch,
                        pattern.span,
                        format!("this pattern cannot match {a}", a = super::article(&shown)),
                    )
                    .label("never of this type");
                self.report(finding);
                return None;
            }
        }))
    }

    /// Infers what runs under a condition.
    fn guarded<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.inside(Around::Guard, inner)
    }

    /// Whether what stands before a variant in a pattern, `Profile.dev`, `common.Profile.dev`, is its enum.
    fn pattern_enum(&mut self, segments: &[flow_syntax::tree::Name], def: crate::db::Def) -> bool {
        let [before @ .., _] = segments else { return true };
        let found = match before {
            [] => return true,
            [name] => match crate::scope::resolve(self.db, self.file, &name.text) {
                Some(Res::Def(found)) => Some((name, found)),
                _ => None,
            },
            [module, name] => self.module_member(module, name).map(|found| (name, found)),
            _ => None,
        };
        match found {
            Some((name, found)) if found == def => {
                self.note(name.span, Res::Def(def));
                true
            }
            _ => {
                let span = before.first().map_or_else(Span::default, |name| name.span);
                let enum_name = def.name(self.db);
                let finding = self
                    .finding(Code::TypeMismatch, span, format!("this pattern is not of the enum `{enum_name}`"))
                    .label("another one, or none")
                    .related(crate::scope::name_place(self.db, def), "what is matched is of this one")
                    .help("leave out what stands before the variant");
                self.report(finding);
                false
            }
        }
    }
}
