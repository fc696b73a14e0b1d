//! `if`, `match` and `for`: what is known decides, what is not becomes a condition of what is inside.

use flow_analysis::scope::Res;
use flow_analysis::value::ConstValue;
use flow_analysis::{DefKind, Finding};
use flow_syntax::Code;
use flow_syntax::tree::{Arm, ArmValue, Body, Else, Expr, For, If, Match, PatternKind, Source, Stmt, StmtKind};

use super::compute::{any, compute, not, shown_type};
use super::scope::{Calls, Result, Scope};
use super::value::{Val, value_type};
use crate::model::{Const, Op, Operand, Phase, Value, ValueType};

/// What a branch does.
enum Branch<'t> {
    Body(&'t Body),
    If(&'t If),
    Arms { subject: &'t Val, it: &'t Match, arms: &'t [Arm] },
    Source(&'t Source),
    Nothing,
}

impl<'db> Scope<'db> {
    pub(super) fn if_value(&mut self, it: &If, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let condition = self.condition(&it.condition, calls)?;
        let otherwise = match &it.otherwise {
            Some(Else::Body(body)) => Branch::Body(body),
            Some(Else::If(inner, _)) => Branch::If(inner),
            None => Branch::Nothing,
        };
        self.choose(condition, &Branch::Body(&it.then), &otherwise, calls)
    }

    pub(super) fn match_value(&mut self, it: &Match, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let val = self.value(&it.value, calls)?;
        let subject = calls.resolve(val);
        self.arms(&subject, it, &it.arms, calls)
    }

    /// The first of `arms` that takes the value.
    fn arms(&mut self, subject: &Val, it: &Match, arms: &[Arm], calls: &mut dyn Calls<'db>) -> Result<Val> {
        let [arm, rest @ ..] = arms else { return Err(Vec::new()) };
        let then = match &arm.value {
            ArmValue::Body(body) => Branch::Body(body),
            ArmValue::Source(source) => Branch::Source(source),
        };
        // Together they leave nothing out: the last one takes what the others do not.
        let condition = if rest.is_empty() && !matches!(subject, Val::Const(_)) {
            Value::Const(Const::Bool(true))
        } else {
            self.takes(subject, &it.value, arm, calls)?
        };
        self.choose(condition, &then, &Branch::Arms { subject, it, arms: rest }, calls)
    }

    /// Whether an arm takes the value.
    fn takes(&mut self, subject: &Val, value: &Expr, arm: &Arm, calls: &mut dyn Calls<'db>) -> Result<Value> {
        if let Val::Const(value) = subject {
            let taken = arm.patterns.iter().any(|it| flow_analysis::schema::matches(&it.kind, value));
            return Ok(Value::Const(Const::Bool(taken)));
        }
        let mut tests = Vec::new();
        for pattern in &arm.patterns {
            tests.push(match &pattern.kind {
                PatternKind::Any => Value::Const(Const::Bool(true)),
                PatternKind::None => not(self.presence_of(subject, value.span, calls)?),
                kind => {
                    let expected = match kind {
                        PatternKind::Bool(it) => Const::Bool(*it),
                        PatternKind::Int(it) => Const::Int(*it),
                        PatternKind::Text(it) => Const::Text(it.to_string()),
                        PatternKind::Path(path) => {
                            Const::Text(path.segments.last().map(|name| name.text.to_string()).unwrap_or_default())
                        }
                        _ => return Err(Vec::new()),
                    };
                    let Some(found) = self.late(subject) else {
                        return self.not_built(value.span, "a `match` on this");
                    };
                    let ty = self.ty(value.span).and_then(|ty| value_type(self.db, &self.instance_type(ty)));
                    let ty = ty.unwrap_or_else(|| shown_type(&found));
                    match (&found, &expected) {
                        (Value::Const(found), expected) => Value::Const(Const::Bool(found == expected)),
                        // A truth value is its own test.
                        (_, Const::Bool(true)) => found,
                        (_, Const::Bool(false)) => not(found),
                        _ => {
                            let operand = |value| Operand { value, ty: ty.clone() };
                            compute(Op::Eq, vec![operand(found), operand(Value::Const(expected))], ValueType::Bool)
                        }
                    }
                }
            });
        }
        Ok(any(tests))
    }

    /// Carries out the branch that a condition takes; both of them under the condition, where it is
    /// known later.
    fn choose(
        &mut self,
        condition: Value,
        then: &Branch<'_>,
        otherwise: &Branch<'_>,
        calls: &mut dyn Calls<'db>,
    ) -> Result<Val> {
        match condition {
            Value::Const(Const::Bool(true)) => self.branch(then, calls),
            Value::Const(Const::Bool(false)) => self.branch(otherwise, calls),
            condition => {
                let before = self.env.clone();
                calls.enter(condition.clone());
                let first = self.branch(then, calls);
                calls.leave();
                let first = first?;
                let after = std::mem::replace(&mut self.env, before);
                calls.enter(not(condition.clone()));
                let second = self.branch(otherwise, calls);
                calls.leave();
                let second = second?;
                // What one of them has written is written in that case.
                for (local, other) in self.env.iter_mut().zip(after) {
                    if local.version != other.version {
                        let val = std::mem::replace(&mut local.val, Val::Unit);
                        local.val = Val::choice(condition.clone(), other.val, val);
                        local.version = local.version.max(other.version);
                    }
                }
                Ok(Val::choice(condition, first, second))
            }
        }
    }

    fn branch(&mut self, branch: &Branch<'_>, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let depth = self.env.len();
        let val = match branch {
            Branch::Body(body) => calls.block(self, body),
            Branch::If(it) => self.if_value(it, calls),
            Branch::Arms { subject, it, arms } => self.arms(subject, it, arms, calls),
            Branch::Source(source) => calls.source(self, source),
            Branch::Nothing => Ok(Val::none()),
        };
        self.env.truncate(depth);
        val
    }

    pub(super) fn for_value(&mut self, it: &For, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let items: Vec<(ConstValue, Val)> = match self.res(it.iterable.span) {
            Some(Res::Def(def)) if def.kind(self.db) == DefKind::Enum => flow_analysis::scope::variants(self.db, *def)
                .iter()
                .map(|name| ConstValue::Variant { def: *def, name: name.clone() })
                .map(|key| (key.clone(), Val::Const(key)))
                .collect(),
            _ => {
                let val = self.value(&it.iterable, calls)?;
                match calls.resolve(val) {
                    Val::Const(ConstValue::List(items)) => {
                        items.iter().map(|key| (key.clone(), Val::Const(key.clone()))).collect()
                    }
                    Val::Family(members) => members.to_vec(),
                    Val::List(items) => {
                        (0..).zip(items.iter().cloned()).map(|(index, val)| (ConstValue::Int(index), val)).collect()
                    }
                    val => {
                        let Some(value) = self.late(&val) else {
                            return self.not_built(it.iterable.span, "a loop over this");
                        };
                        let ty = self.ty(it.iterable.span).and_then(|ty| value_type(self.db, &self.instance_type(ty)));
                        let ty = ty.unwrap_or_else(|| shown_type(&value));
                        return calls.each(self, it, Operand { value, ty });
                    }
                }
            }
        };
        let mut members: Vec<(ConstValue, Val)> = Vec::with_capacity(items.len());
        let mut keys = rustc_hash::FxHashSet::default();
        for (key, item) in items {
            self.turn(it.iterable.span)?;
            if !keys.insert(key.clone()) {
                let shown = key.display(self.db);
                return Err(vec![
                    Finding::new(
                        Code::DuplicateInstance,
                        self.at(it.iterable.span),
                        format!("the list has `{shown}` twice"),
                    )
                    .label("its elements are the keys of a family")
                    .help("remove one of the two"),
                ]);
            }
            let depth = self.env.len();
            self.bind(&it.name.text, item);
            let filter = match &it.filter {
                Some(filter) => self.condition(filter, calls)?,
                None => Value::Const(Const::Bool(true)),
            };
            if filter == Value::Const(Const::Bool(false)) {
                self.env.truncate(depth);
                continue;
            }
            calls.key(Some(&key));
            let value = self.choose(filter, &Branch::Body(&it.body), &Branch::Nothing, calls);
            calls.key(None);
            self.env.truncate(depth);
            members.push((key, value?));
        }
        Ok(Val::Family(members.into()))
    }

    /// A list of what a loop over a list that is known later computes.
    pub(super) fn comprehension(&mut self, it: &For, list: Operand, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let item = item_type(&list.ty);
        let depth = self.env.len();
        let phase = list.value.phase().max(Phase::Plan);
        self.bind(&it.name.text, Val::Late(Value::Item { name: it.name.text.to_string(), phase }));
        let filter = it.filter.as_ref().map(|filter| self.condition(filter, calls)).transpose();
        let body = calls.block(self, &it.body);
        self.env.truncate(depth);
        let (filter, body) = (filter?, body?);
        let Some(value) = self.late(&body) else {
            return self.not_built(it.body.span, "a loop of this");
        };
        let ty = match it.body.stmts.last() {
            Some(Stmt { kind: StmtKind::Source(Source::Expr(e)), .. }) => {
                self.ty(e.span).and_then(|ty| value_type(self.db, &self.instance_type(ty)))
            }
            _ => None,
        };
        let ty = ty.unwrap_or(item);
        let result = ValueType::List(Box::new(ty.clone()));
        let mut args = vec![list, Operand { value, ty }];
        args.extend(filter.map(super::compute::truth));
        Ok(Val::Late(compute(Op::Map(it.name.text.to_string()), args, result)))
    }
}

/// The type of a list's elements.
pub(super) fn item_type(list: &ValueType) -> ValueType {
    match list {
        ValueType::List(item) => ValueType::clone(item),
        ValueType::Optional(inner) => item_type(inner),
        _ => ValueType::String,
    }
}
