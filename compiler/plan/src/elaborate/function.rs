//! Calls that give values: functions, structs, methods and the words of the language.

use flow_analysis::scope::Res;
use flow_syntax::tree::{ArgValue, Expr, ExprKind, ItemKind, ParamMode};

use super::compute::{asked_of_optional, compute, method};
use super::expr::texts;
use super::scope::{Calls, Result, Scope, View};
use super::value::Val;
use crate::model::{Op, Value, ValueType};

impl<'db> Scope<'db> {
    pub(super) fn called(&mut self, e: &Expr, calls: &mut dyn Calls<'db>) -> Result<Val> {
        let ExprKind::Call { callee, args, .. } = &e.kind else { return Err(Vec::new()) };
        if let Some(Res::Def(def)) = self.res(callee.span) {
            let def = *def;
            let item = flow_analysis::db::syntax(self.db, def);
            return match &item.kind {
                ItemKind::Fn(function) => {
                    let arguments = self.arguments(def, args, calls)?;
                    let mut inner = self.enter(def);
                    for argument in arguments {
                        inner.bind(&argument.name, calls.resolve(argument.val));
                    }
                    inner.turn(function.name.span).map_err(|_| self.turn(e.span).err().unwrap_or_default())?;
                    inner.value(&function.value, calls)
                }
                ItemKind::Struct(_) => {
                    let given = self.arguments(def, args, calls)?;
                    let fields = flow_analysis::infer::signature(self.db, def)
                        .params
                        .iter()
                        .filter(|param| param.mode == ParamMode::Plain)
                        .filter_map(|param| {
                            let argument = given.iter().find(|it| it.name == param.name)?;
                            Some((param.name.clone(), calls.resolve(argument.val.clone())))
                        });
                    Ok(Val::Record(fields.collect()))
                }
                _ => calls.call(self, e),
            };
        }
        let arg = |at: usize| match args.get(at).map(|arg| &arg.value) {
            Some(ArgValue::Expr(e)) => Some(e),
            _ => None,
        };
        let ExprKind::Field { base, name, optional } = &callee.kind else {
            let ExprKind::Name(builtin) = &callee.kind else { return Err(Vec::new()) };
            return match builtin.as_str() {
                "changed" => {
                    let Some(globs) = arg(0) else { return Err(Vec::new()) };
                    Ok(Val::Late(Value::Changed(texts(&self.constant(globs)?))))
                }
                "declassify" => {
                    let (Some(value), Some(reason)) = (arg(0), arg(1)) else { return Err(Vec::new()) };
                    let value = Box::new(self.operand(value, calls)?.value);
                    let reason = self.constant(reason)?.text().unwrap_or_default();
                    Ok(Val::Late(Value::Declassified { value, reason }))
                }
                "merge" => {
                    let mut of = Vec::new();
                    let mut identical = false;
                    for arg in args {
                        let ArgValue::Expr(value) = &arg.value else { return Err(Vec::new()) };
                        match &arg.name {
                            Some(_) => identical = true,
                            None => match self.value(value, calls)? {
                                Val::Family(members) => of.extend(members.iter().map(|(_, val)| val.clone())),
                                Val::List(items) => of.extend(items.iter().cloned()),
                                val => of.push(val),
                            },
                        }
                    }
                    calls.view(self, e.span, View::Merge(of, identical))
                }
                _ => calls.call(self, e),
            };
        };
        match name.text.as_str() {
            "assert_exists" | "subtree" | "filter" => {
                let dir = self.value(base, calls)?;
                let Some(path) = arg(0) else { return Err(Vec::new()) };
                let path = self.constant(path)?.text().unwrap_or_default();
                match name.text.as_str() {
                    "assert_exists" => calls.assert_exists(self, e.span, &dir, &path),
                    "subtree" => calls.view(self, e.span, View::Subtree(dir, path)),
                    _ => calls.view(self, e.span, View::Filter(dir, path)),
                }
            }
            text => match method(text) {
                Some((op, count)) => {
                    let mut operands = vec![self.operand(base, calls)?];
                    for at in 0..count {
                        let Some(e) = arg(at) else { return Err(Vec::new()) };
                        operands.push(self.operand(e, calls)?);
                    }
                    let ty = self.travels(e.span).unwrap_or(match op {
                        Op::Lower | Op::Upper | Op::Replace | Op::Join | Op::Trim => ValueType::String,
                        Op::Split => ValueType::List(Box::new(ValueType::String)),
                        _ => ValueType::Bool,
                    });
                    Ok(Val::Late(if *optional {
                        asked_of_optional(op, operands, ty)
                    } else {
                        compute(op, operands, ty)
                    }))
                }
                None => calls.call(self, e),
            },
        }
    }
}
