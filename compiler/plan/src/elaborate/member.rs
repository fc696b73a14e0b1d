//! Fields and members of values: of files, jobs, families, structs and `ctx`.

use flow_analysis::Finding;
use flow_analysis::scope::Res;
use flow_analysis::ty::Ty;
use flow_analysis::value::ConstValue;
use flow_syntax::tree::{Expr, ExprKind, Name};
use flow_syntax::{Code, Span};

use super::compute::compute;
use super::scope::{Calls, Result, Scope};
use super::value::{Choice, Made, Val};
use crate::model::{Op, Operand, Value, ValueType};

impl<'db> Scope<'db> {
    pub(super) fn member(&mut self, e: &Expr, base: &Expr, name: &Name, calls: &mut dyn Calls<'db>) -> Result<Val> {
        if let Some(member) = self.context(e) {
            return Ok(Val::Late(Value::Ctx(member)));
        }
        let val = self.value(base, calls)?;
        if name.text == "len" {
            let operand = match self.read(calls.resolve(val.clone())) {
                Val::Late(value) => Some(Operand { ty: self.result_type(base, &value), value }),
                Val::Family(members) => return Ok(Val::Const(length(members.len()))),
                Val::List(items) => return Ok(Val::Const(length(items.len()))),
                _ => None,
            };
            if let Some(operand) = operand
                && matches!(operand.ty.present(), ValueType::List(_))
            {
                let optional = matches!(operand.ty, ValueType::Optional(_));
                let ty = if optional { ValueType::Optional(Box::new(ValueType::Int)) } else { ValueType::Int };
                return Ok(Val::Late(compute(Op::Len, vec![operand], ty)));
            }
        }
        if name.text == "outputs" && matches!(val, Val::Outputs(_) | Val::Foreign(_)) {
            return Ok(val);
        }
        match self.field(&val, &name.text, base.span) {
            Some(val) => Ok(val),
            None => match calls.resolve(val) {
                Val::Late(value) => {
                    let base = Operand { ty: self.result_type(base, &value), value };
                    let ty = self.travels(e.span).unwrap_or(ValueType::String);
                    Ok(Val::Late(compute(Op::Field(name.text.to_string()), vec![base], ty)))
                }
                other => match self.field(&other, &name.text, base.span) {
                    Some(val) => Ok(val),
                    None => self.not_built(name.span, &format!("reading `{}` of this", name.text)),
                },
            },
        }
    }

    /// The member of `ctx` that an expression is: `pull_request.title`.
    fn context(&self, e: &Expr) -> Option<String> {
        let ExprKind::Field { base, name, .. } = &e.kind else { return None };
        if self.res(base.span) == Some(&Res::Ctx) {
            return Some(name.text.to_string());
        }
        Some(format!("{}.{}", self.context(base)?, name.text))
    }

    pub(super) fn indexed(&mut self, e: &Expr, base: &Expr, index: &Expr, calls: &mut dyn Calls<'db>) -> Result<Val> {
        // A member that is a job stays one, so that its output can be named: `builds[linux].app`.
        let val = match self.value(base, calls)? {
            val @ (Val::Family(_) | Val::List(_)) => val,
            val => self.read(calls.resolve(val)),
        };
        if let Ok(key) = self.constant(index)
            && !matches!(val, Val::Late(_))
        {
            return self.index(&val, &key, index.span);
        }
        let val = calls.resolve(val);
        let list = match self.late(&val) {
            Some(value) => Operand { ty: self.result_type(base, &value), value },
            None => return self.not_built(index.span, "a key that is not known while compiling"),
        };
        let index = self.operand(index, calls)?;
        let ty = self.travels(e.span).unwrap_or(ValueType::String);
        Ok(Val::Late(compute(Op::Index, vec![list, index], ty)))
    }

    /// What stands in a JSON file is a value; other files are left as they are.
    fn read(&self, val: Val) -> Val {
        match &val {
            Val::Files(files) if files.json(self.db).is_some() => self.late(&val).map_or(val, Val::Late),
            _ => val,
        }
    }

    fn index(&self, base: &Val, key: &ConstValue, span: Span) -> Result<Val> {
        let found = match (base, key) {
            (Val::Family(members), key) => members.iter().find(|(other, _)| other == key).map(|(_, val)| val.clone()),
            (Val::List(items), ConstValue::Int(at)) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned(),
            (Val::Outputs(outputs), ConstValue::Text(key)) => {
                outputs.values.iter().find(|(name, _)| name == key).map(|(_, val)| val.clone())
            }
            (Val::Foreign(step), ConstValue::Text(name)) => {
                Some(Val::Late(Value::Step { step: step.clone(), name: name.to_string() }))
            }
            (Val::Choice(it), key) => {
                let Choice { condition, then, otherwise } = &**it;
                let of = |val: &Val| match val {
                    Val::Const(ConstValue::None) => Ok(Val::none()),
                    val => self.index(val, key, span),
                };
                return Ok(Val::choice(condition.clone(), of(then)?, of(otherwise)?));
            }
            _ => None,
        };
        found.ok_or_else(|| {
            let key = key.display(self.db);
            vec![
                Finding::new(Code::BadIndex, self.at(span), format!("there is no member `{key}`")).label("no such key"),
            ]
        })
    }

    /// The field `name` of a value; `None` where what it is of has to be resolved first.
    pub(super) fn field(&self, base: &Val, name: &str, span: Span) -> Option<Val> {
        match base {
            Val::Files(files) => {
                // The const parameters of an artifact are among its fields.
                let known = files.part.is_empty().then(|| self.argument_of(span, name)).flatten();
                Some(known.map_or_else(|| Val::Files(files.field(name)), Val::Const))
            }
            Val::Outputs(outputs) => match outputs.values.iter().find(|(output, _)| output == name) {
                Some((_, val)) => Some(val.clone()),
                None => match outputs.values.as_slice() {
                    [(_, only)] => self.field(only, name, span),
                    _ => None,
                },
            },
            Val::Made(made) => match self.argument_of(span, name) {
                Some(value) if made.part.is_empty() => Some(Val::Const(value)),
                _ => Some(made.field(name)),
            },
            Val::Family(members) => {
                let members: Option<Vec<_>> =
                    members.iter().map(|(key, val)| Some((key.clone(), self.field(val, name, span)?))).collect();
                members.map(|members| Val::Family(members.into()))
            }
            Val::List(items) => {
                let items: Option<Vec<_>> = items.iter().map(|val| self.field(val, name, span)).collect();
                items.map(|items| Val::List(items.into()))
            }
            Val::Record(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, val)| val.clone()),
            Val::Const(ConstValue::Record { fields, .. }) => {
                fields.iter().find(|(field, _)| field == name).map(|(_, value)| Val::Const(value.clone()))
            }
            Val::Const(ConstValue::None) => Some(Val::none()),
            Val::Choice(it) => {
                let Choice { condition, then, otherwise } = &**it;
                let (then, otherwise) = (self.field(then, name, span)?, self.field(otherwise, name, span)?);
                Some(Val::choice(condition.clone(), then, otherwise))
            }
            Val::Each(inner) => Some(Val::Each(self.field(inner, name, span)?.into())),
            Val::Job(job) => Some(match self.argument_of(span, name) {
                Some(value) => Val::Const(value),
                None => Made::output(*job, &name.into()),
            }),
            Val::Const(_) | Val::Late(_) | Val::Foreign(_) | Val::Unset | Val::Unit => None,
        }
    }

    /// The const argument `name` of the artifact that stands at `span`.
    fn argument_of(&self, span: Span, name: &str) -> Option<ConstValue> {
        let ty = self.instance_type(self.ty(span)?);
        let Ty::Artifact(def, args) = ty.single().present() else { return None };
        let params = &flow_analysis::infer::signature(self.db, *def).params;
        let at = params.iter().position(|param| param.name == name)?;
        args.get(at)?.value().cloned()
    }
}

fn length(count: usize) -> ConstValue {
    ConstValue::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
