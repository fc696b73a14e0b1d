//! Expressions during elaboration: what is known is computed, what is not becomes a value of the plan.

use flow_analysis::DefKind;
use flow_analysis::scope::Res;
use flow_analysis::value::ConstValue;
use flow_syntax::Span;
use flow_syntax::tree::{BinaryOp, Element, Expr, ExprKind, HoleKind, Text, TextPart, UnaryOp};

use super::compute::{all, any, as_truth, binary, compute, either, literal, not, placed, present, shown_type};
use super::scope::{Calls, Result, Scope};
use super::value::{Choice, Val, constant, value_type};
use crate::model::{Const, Op, Operand, Value, ValueType};

impl<'db> Scope<'db> {
    /// The value of an expression.
    pub(super) fn value(&mut self, e: &Expr, calls: &mut dyn Calls<'db>) -> Result<Val> {
        match self.try_const(e) {
            Ok(value) => return Ok(Val::Const(value)),
            Err(failure) => {
                if let Some(finding) = failure.finding(self.db) {
                    return Err(vec![finding]);
                }
            }
        }
        match &e.kind {
            ExprKind::Name(name) => match self.res(e.span) {
                Some(Res::Def(def)) if def.kind(self.db) == DefKind::Secret => {
                    let mut secrets = self.secrets.borrow_mut();
                    if !secrets.contains(def) {
                        secrets.push(*def);
                    }
                    Ok(Val::Late(Value::Secret(def.name(self.db).to_string())))
                }
                _ => self.lookup(name).cloned().ok_or_else(Vec::new),
            },
            ExprKind::Text(text) => self.join(text, calls),
            ExprKind::List(elements) => self.list(elements, calls),
            ExprKind::Field { base, name, .. } => self.member(e, base, name, calls),
            ExprKind::Index { base, index } => self.indexed(e, base, index, calls),
            ExprKind::Call { .. } => self.called(e, calls),
            ExprKind::Ordered { .. } => calls.call(self, e),
            ExprKind::If(it) => self.if_value(it, calls),
            ExprKind::Match(it) => self.match_value(it, calls),
            ExprKind::For(it) => self.for_value(it, calls),
            ExprKind::Unary { op, operand } => {
                let operand = self.operand(operand, calls)?;
                Ok(Val::Late(match op {
                    UnaryOp::Not => not(operand.value),
                    UnaryOp::Neg => compute(Op::Neg, vec![operand], ValueType::Int),
                }))
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(e, *op, left, right, calls),
            ExprKind::Hole | ExprKind::Int(_) | ExprKind::Duration(_) | ExprKind::Bool(_) | ExprKind::None => {
                Err(Vec::new())
            }
        }
    }

    /// The value of an expression with its type.
    pub(super) fn operand(&mut self, e: &Expr, calls: &mut dyn Calls<'db>) -> Result<Operand> {
        let val = self.value(e, calls)?;
        let val = calls.resolve(val);
        let ty = self.travels(e.span);
        match self.late(&val) {
            Some(value) => {
                let ty = ty.unwrap_or_else(|| shown_type(&value));
                Ok(Operand { value, ty })
            }
            None => self.not_built(e.span, "computing with this"),
        }
    }

    /// The type of an expression, if it is one of values that travel.
    pub(super) fn travels(&self, span: Span) -> Option<ValueType> {
        let ty = self.instance_type(self.ty(span)?);
        value_type(self.db, &ty)
    }

    /// What an expression is of, as the plan names it.
    pub(super) fn result_type(&self, e: &Expr, value: &Value) -> ValueType {
        self.travels(e.span).unwrap_or_else(|| shown_type(value))
    }

    fn binary(&mut self, e: &Expr, op: BinaryOp, left: &Expr, right: &Expr, calls: &mut dyn Calls<'db>) -> Result<Val> {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let first = self.operand(left, calls)?.value;
                // What the first decides is not looked at.
                if matches!((&first, op), (Value::Const(Const::Bool(false)), BinaryOp::And))
                    || matches!((&first, op), (Value::Const(Const::Bool(true)), BinaryOp::Or))
                {
                    return Ok(Val::Late(first).settled());
                }
                let second = self.operand(right, calls)?.value;
                let value = if op == BinaryOp::And { all([first, second]) } else { any([first, second]) };
                return Ok(Val::Late(value).settled());
            }
            BinaryOp::Eq | BinaryOp::Ne if is_none(right) || is_none(left) => {
                let asked = if is_none(right) { left } else { right };
                let there = self.presence(asked, calls)?;
                return Ok(Val::Late(if op == BinaryOp::Ne { there } else { not(there) }).settled());
            }
            BinaryOp::Coalesce => {
                let val = self.value(left, calls)?;
                let val = calls.resolve(val);
                let first = match self.late(&val) {
                    Some(value) => value,
                    None => {
                        let there = self.presence_of(&val, left.span, calls)?;
                        let other = self.value(right, calls)?;
                        return Ok(Val::choice(there, val, calls.resolve(other)));
                    }
                };
                let first = Operand { ty: self.result_type(left, &first), value: first };
                let second = self.operand(right, calls)?;
                let ty = self.travels(e.span).unwrap_or_else(|| second.ty.clone());
                return Ok(Val::Late(compute(Op::Coalesce, vec![first, second], ty)));
            }
            _ => {}
        }
        let (first, second) = (self.operand(left, calls)?, self.operand(right, calls)?);
        // Which member an enum's value is, its name alone does not tell.
        let (first, second) = alike(first, second);
        let ty = match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.travels(e.span).unwrap_or_else(|| first.ty.clone())
            }
            _ => ValueType::Bool,
        };
        Ok(Val::Late(compute(binary(op), vec![first, second], ty)))
    }

    /// Whether what an expression stands for is there.
    pub(super) fn presence(&mut self, e: &Expr, calls: &mut dyn Calls<'db>) -> Result<Value> {
        let val = self.value(e, calls)?;
        self.presence_of(&val, e.span, calls)
    }

    pub(super) fn presence_of(&self, val: &Val, span: Span, calls: &mut dyn Calls<'db>) -> Result<Value> {
        Ok(match calls.resolve(val.clone()) {
            Val::Const(ConstValue::None) | Val::Unset => Value::Const(Const::Bool(false)),
            Val::Late(value) => {
                let ty = self.travels(span).unwrap_or_else(|| shown_type(&value));
                // What the checker has shown to be there is still asked for where it was not.
                let ty = match ty {
                    ValueType::Optional(_) => ty,
                    other => ValueType::Optional(Box::new(other)),
                };
                present(Operand { value, ty })
            }
            Val::Choice(it) => {
                let Choice { condition, then, otherwise } = &*it;
                let then = self.presence_of(then, span, calls)?;
                let otherwise = self.presence_of(otherwise, span, calls)?;
                any([all([condition.clone(), then]), all([not(condition.clone()), otherwise])])
            }
            Val::Files(files) => {
                let optional = files.optional
                    || files.leaves.iter().any(|leaf| leaf.optional && under(&files.part, leaf.name.as_str()));
                match files.location().or_else(|| files.json(self.db).map(|(location, _)| location)) {
                    Some(location) if optional => Value::Present(location),
                    _ if files.optional => Value::Present(files.at(String::new())),
                    _ => Value::Const(Const::Bool(true)),
                }
            }
            other => match calls.exists(&other) {
                Some(value) => value,
                None => Value::Const(Const::Bool(true)),
            },
        })
    }

    fn list(&mut self, elements: &[Element], calls: &mut dyn Calls<'db>) -> Result<Val> {
        let mut items = Vec::with_capacity(elements.len());
        let mut late: Option<Vec<Operand>> = None;
        for element in elements {
            let val = self.value(&element.value, calls)?;
            match calls.resolve(val) {
                Val::List(inner) if element.spread => items.extend(inner.iter().cloned()),
                Val::Family(inner) if element.spread => items.extend(inner.iter().map(|(_, val)| val.clone())),
                Val::Const(ConstValue::List(inner)) if element.spread => {
                    items.extend(inner.iter().cloned().map(Val::Const));
                }
                Val::Const(ConstValue::None) if element.spread => {}
                Val::Late(value) if element.spread => {
                    // From here on the length is known later.
                    let ty = self.result_type(&element.value, &value);
                    let lists = late.get_or_insert_default();
                    if !items.is_empty() {
                        lists.push(self.list_operand(&std::mem::take(&mut items), &ty));
                    }
                    lists.push(Operand { value, ty });
                }
                val => items.push(val),
            }
        }
        let Some(mut lists) = late else { return Ok(Val::List(items.into())) };
        let ty = lists.first().map_or(ValueType::String, |list| list.ty.clone());
        if !items.is_empty() {
            lists.push(self.list_operand(&items, &ty));
        }
        Ok(Val::Late(compute(Op::Concat, lists, ty)))
    }

    /// Values as a list of the plan.
    fn list_operand(&self, items: &[Val], ty: &ValueType) -> Operand {
        let item = match ty {
            ValueType::List(inner) => ValueType::clone(inner),
            other => other.clone(),
        };
        let args = items.iter().filter_map(|val| Some(Operand { value: self.late(val)?, ty: item.clone() }));
        let ty = ValueType::List(Box::new(item.clone()));
        Operand { value: compute(Op::List, args.collect(), ty.clone()), ty }
    }

    pub(super) fn join(&mut self, text: &Text, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let mut parts = Vec::new();
        for part in &text.parts {
            parts.push(match part {
                TextPart::Literal { value, .. } => Value::Const(Const::Text(value.to_string())),
                TextPart::Hole(hole) => match &hole.kind {
                    HoleKind::Read { value, .. } => self.operand(value, calls)?.value,
                    HoleKind::Claim(_) => return Err(Vec::new()),
                },
            });
        }
        Ok(Val::Late(Value::Join(parts)))
    }

    /// The plan's form of a value that travels as text.
    pub(super) fn late(&self, val: &Val) -> Option<Value> {
        match val {
            Val::Const(value) => Some(Value::Const(constant(value))),
            Val::Late(value) => Some(value.clone()),
            Val::Files(files) => match (files.location(), files.leaf()) {
                (Some(location), Some(leaf)) => Some(placed(location, &leaf.ty)),
                _ => files.json(self.db).map(|(file, path)| Value::Json { file, path }),
            },
            Val::Outputs(outputs) => match outputs.values.as_slice() {
                [(_, only)] => self.late(only),
                _ => None,
            },
            Val::Choice(it) => {
                let Choice { condition, then, otherwise } = &**it;
                let operand = |val: &Val| {
                    let value = self.late(val)?;
                    let ty = match val {
                        Val::Const(it) => super::compute::type_of(it),
                        _ => shown_type(&value),
                    };
                    Some(Operand { value, ty })
                };
                let (then, otherwise) = (operand(then)?, operand(otherwise)?);
                Some(either(condition.clone(), then, otherwise))
            }
            Val::Unset => Some(Value::Const(Const::None)),
            Val::Each(inner) => self.late(inner),
            Val::Family(members) => {
                let items: Option<Vec<Operand>> = members.iter().map(|(_, val)| self.shown_operand(val)).collect();
                Some(listed(items?))
            }
            Val::List(items) => {
                let items: Option<Vec<Operand>> = items.iter().map(|val| self.shown_operand(val)).collect();
                Some(listed(items?))
            }
            Val::Record(fields) => {
                let args: Option<Vec<(String, Operand)>> =
                    fields.iter().map(|(name, val)| Some((name.to_string(), self.shown_operand(val)?))).collect();
                let args = args?;
                let types = args.iter().map(|(name, arg)| (name.clone(), arg.ty.clone())).collect();
                let ty = ValueType::Record { name: String::new(), fields: types };
                Some(compute(Op::Record, args.into_iter().map(|(_, arg)| arg).collect(), ty))
            }
            Val::Job(_) | Val::Made(_) | Val::Foreign(_) | Val::Unit => None,
        }
    }

    fn shown_operand(&self, val: &Val) -> Option<Operand> {
        if let Val::Const(value) = val {
            return Some(literal(value));
        }
        let value = self.late(val)?;
        Some(Operand { ty: shown_type(&value), value })
    }

    /// A condition: known, or a truth value.
    pub(super) fn condition(&mut self, e: &Expr, calls: &mut dyn Calls<'db>) -> Result<Value> {
        let val = self.value(e, calls)?;
        let val = calls.resolve(val);
        match as_truth(&val).or_else(|| self.late(&val)) {
            Some(value) => Ok(value),
            None => self.not_built(e.span, "this as a condition"),
        }
    }
}

impl Val {
    /// A constant, where it has become one.
    fn settled(self) -> Self {
        match self {
            Self::Late(Value::Const(Const::Bool(it))) => Self::Const(ConstValue::Bool(it)),
            other => other,
        }
    }
}

fn listed(items: Vec<Operand>) -> Value {
    let item = items.first().map_or(ValueType::String, |item| item.ty.clone());
    let consts: Option<Vec<Const>> = items
        .iter()
        .map(|item| match &item.value {
            Value::Const(value) => Some(value.clone()),
            _ => None,
        })
        .collect();
    match consts {
        Some(consts) => Value::Const(Const::List(consts)),
        None => compute(Op::List, items, ValueType::List(Box::new(item))),
    }
}

/// Both of the type of the one that is no constant.
fn alike(first: Operand, second: Operand) -> (Operand, Operand) {
    let present = |ty: &ValueType| match ty {
        ValueType::Optional(inner) => ValueType::clone(inner),
        other => other.clone(),
    };
    match (&first.value, &second.value) {
        (Value::Const(_), _) => (Operand { ty: present(&second.ty), ..first }, second),
        (_, Value::Const(_)) => {
            let ty = present(&first.ty);
            (first, Operand { ty, ..second })
        }
        _ => (first, second),
    }
}

fn is_none(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::None)
}

fn under(part: &str, name: &str) -> bool {
    name == part || part.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

/// The texts of a const list.
pub(super) fn texts(value: &ConstValue) -> Vec<String> {
    match value {
        ConstValue::List(items) => items.iter().filter_map(ConstValue::text).collect(),
        other => other.text().into_iter().collect(),
    }
}
