//! `if`, `for` and `match`, as values and as statements.

use std::sync::Arc;

use flow_syntax::tree::{Arm, ArmValue, Body, Else, Expr, For, If, Match, Pattern, PatternKind, Source, StmtKind};
use flow_syntax::{Code, Span};
use smol_str::SmolStr;

use super::graph::{Around, Loop, Over};
use super::sink::Sink;
use super::{Infer, LocalKind, Phase, Val, Where};
use crate::scope::{Res, variants};
use crate::suggest::list;
use crate::ty::{Call, Family, Ty, converts};
use crate::value::{ConstValue, Norm};

impl Infer<'_> {
    /// The statements of a block and its value.
    fn block(&mut self, body: &Body, expected: Option<&Ty>) -> Val {
        let mut value = Val::unit();
        self.scoped(|infer| {
            let last = body.stmts.len().saturating_sub(1);
            for (index, stmt) in body.stmts.iter().enumerate() {
                match &stmt.kind {
                    StmtKind::Source(Source::Expr(e)) if index == last => {
                        value = infer.expr(e, expected);
                    }
                    _ => infer.stmt(stmt),
                }
            }
        });
        value
    }

    fn condition(&mut self, e: &Expr, what: &str) -> Phase {
        self.sink_expr(e, &Ty::Bool, Sink::Condition(&format!("the condition of {what}"))).phase
    }

    pub(super) fn if_value(&mut self, it: &If, expected: Option<&Ty>) -> Val {
        let mut phase = self.condition(&it.condition, "an `if`");
        let before = self.writes.clone();
        let tells = self.tells(&it.condition);
        let then = self.under(&it.condition, true, |infer| {
            infer.knowing(tells.holds, |infer| infer.guarded(|infer| infer.block(&it.then, expected)))
        });
        let after_then = std::mem::replace(&mut self.writes, before);
        let wanted = expected.or(Some(&then.ty));
        let otherwise = self.under(&it.condition, false, |infer| {
            infer.knowing(tells.fails, |infer| match &it.otherwise {
                Some(Else::Body(body)) => Some((infer.guarded(|infer| infer.block(body, wanted)), body.span)),
                Some(Else::If(inner, inner_span)) => Some((infer.if_value(inner, wanted), *inner_span)),
                None => None,
            })
        });
        self.writes = after_then.join(std::mem::take(&mut self.writes));
        phase = phase.max(then.phase);
        match otherwise {
            Some((val, other)) => {
                let ty = self.joined(&then.ty, &val.ty, other, "`if`");
                Val::new(ty, phase.max(val.phase))
            }
            None if then.ty == Ty::Unit => Val::unit(),
            None => Val::new(then.ty.optional(), phase),
        }
    }

    /// The type that both branches have.
    fn joined(&mut self, first: &Ty, second: &Ty, span: Span, what: &str) -> Ty {
        if let (Ty::Call(one), Ty::Call(two)) = (first, second)
            && one != two
        {
            return self.joined_calls(one, two);
        }
        if converts(self.db, second, first) {
            return first.clone();
        }
        if converts(self.db, first, second) {
            return second.clone();
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

    /// What two calls have in common, of which one is made: the outputs that both have, and order.
    fn joined_calls(&self, first: &Call, second: &Call) -> Ty {
        if first.job != second.job {
            return Ty::Unit;
        }
        if let ([(name, one)], [(_, two)]) = (first.outputs.as_slice(), second.outputs.as_slice()) {
            let only = self.common(one, two).map(|ty| (name.clone(), ty));
            return only.map_or(Ty::Unit, |only| call_with(first, vec![only]));
        }
        let both = first.outputs.iter().filter_map(|(name, one)| {
            let (_, two) = second.outputs.iter().find(|(other, _)| other == name)?;
            Some((name.clone(), self.common(one, two)?))
        });
        call_with(first, both.collect())
    }

    /// The type that both convert to, of the two.
    fn common(&self, first: &Ty, second: &Ty) -> Option<Ty> {
        if converts(self.db, second, first) {
            return Some(first.clone());
        }
        converts(self.db, first, second).then(|| second.clone())
    }

    pub(super) fn for_value(&mut self, it: &For, expected: Option<&Ty>) -> Val {
        let mut over = self.iterated(it);
        // Each member of a `[Server(_)]` brings const arguments of its own.
        over.element = super::narrow::own_arguments(self.db, &over.element, &it.name.text);
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
        self.scoped(|infer| {
            let val = Val { norm, ..Val::new(over.element.clone(), over.phase) };
            let why = if over.length == Phase::Const {
                "goes over a family whose members come later"
            } else {
                "runs over a list known later"
            };
            infer.declare(&it.name, val, LocalKind::Loop, late.then(|| format!("`{}` {why}", it.name.text)));
            if let Some(filter) = &it.filter {
                filter_phase = infer.condition(filter, "a `for`");
            }
            let present = it.filter.as_ref().map(|filter| infer.tells(filter).holds).unwrap_or_default();
            let body = |infer: &mut Self| {
                infer
                    .knowing(present, |infer| infer.inside_loop(around, |infer| infer.block(&it.body, wanted.as_ref())))
            };
            let keys = if late { None } else { over.keys.clone() };
            member = infer.over(&it.name.text, keys.as_ref(), |infer| match &it.filter {
                Some(filter) => infer.under(filter, true, body),
                None => body(infer),
            });
        });
        self.written_in_loop(&before, it, over.keys.as_deref());
        if self.calls_so_far() > calls {
            self.calls_in_loop(it, &over, filter_phase);
        }
        let phase = over.phase.max(over.length).max(filter_phase).max(member.phase);
        if member.ty == Ty::Unit {
            return Val::unit();
        }
        if self.place == Where::Expr || over.length != Phase::Const || filter_phase != Phase::Const {
            return Val::new(Ty::List(Arc::new(member.ty)), phase);
        }
        let keys = match &it.filter {
            Some(filter) => self.kept_keys(it, filter, &over),
            None => over.keys,
        };
        let binder = over.binder.or_else(|| (!late).then(|| it.name.text.clone()));
        Val::new(Ty::Family(Arc::new(Family { key: over.key, keys, binder, member: member.ty })), phase)
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
        match &val.ty {
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

    pub(super) fn match_value(&mut self, it: &Match, expected: Option<&Ty>) -> Val {
        let value = self.expr(&it.value, None);
        let subject = value.ty.single().clone();
        self.patterns(
            &it.arms.iter().flat_map(|arm| &arm.patterns).collect::<Vec<_>>(),
            &it.value,
            it.arms_span,
            &subject,
        );
        let before = self.writes.clone();
        let mut joined = None;
        let mut ty: Option<Ty> = None;
        let mut phase = value.phase;
        let mut none_taken = false;
        let mut earlier: Vec<&Pattern> = Vec::new();
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
            let val = self.in_arm(&it.value, &earlier, &arm.patterns, |infer| {
                infer.knowing(present.into_iter().collect(), |infer| infer.guarded(|infer| infer.arm(arm, wanted)))
            });
            earlier.extend(&arm.patterns);
            let after = std::mem::take(&mut self.writes);
            joined = Some(match joined {
                None => after,
                Some(earlier) => after.join(earlier),
            });
            phase = phase.max(val.phase);
            ty = Some(match ty {
                None => val.ty,
                Some(first) => self.joined(&first, &val.ty, arm.span, "`match`"),
            });
        }
        self.writes = joined.unwrap_or(before);
        Val::new(ty.unwrap_or(Ty::Error), phase)
    }

    fn arm(&mut self, arm: &Arm, expected: Option<&Ty>) -> Val {
        match &arm.value {
            ArmValue::Body(body) => self.block(body, expected),
            ArmValue::Source(Source::Expr(e)) => self.expr(e, expected),
            ArmValue::Source(source) => self.source(source, expected),
        }
    }

    /// Checks that the patterns fit, that none comes too late and that together they leave nothing out.
    pub(super) fn patterns(&mut self, patterns: &[&Pattern], value: &Expr, arms_span: Span, subject: &Ty) {
        let mut taken: Vec<(Option<ConstValue>, Span)> = Vec::new();
        for pattern in patterns {
            let Some(value) = self.pattern(pattern, subject) else { continue };
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
        if subject.is_error()
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

    /// A write in a body that runs more than once is a second write.
    fn written_in_loop(&mut self, before: &super::assign::Writes, it: &For, keys: Option<&[ConstValue]>) {
        if keys.is_some_and(|keys| keys.len() == 1) {
            return;
        }
        for (place, span) in self.writes.new_since(before) {
            let finding = self
                .finding(Code::WrittenTwice, span, format!("`{place}` is written once for each `{}`", it.name.text))
                .label("in a loop")
                .related(self.at(it.iterable.span), "this runs more than once")
                .note("every output is written exactly once");
            self.report(finding);
        }
    }
}

/// A call with other outputs.
fn call_with(call: &Call, outputs: Vec<(SmolStr, Ty)>) -> Ty {
    Ty::Call(Arc::new(Call { outputs, ..Call::clone(call) }))
}
