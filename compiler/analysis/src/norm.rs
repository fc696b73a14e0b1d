//! Normal forms: how the const arguments of types are made from expressions, shown and computed.

use flow_syntax::Span;
use flow_syntax::tree::{Arg, ArgValue, Body, Element, Else, Expr, ExprKind, Hole, HoleKind, Name, Source};
use flow_syntax::tree::{Stmt, StmtKind, Text, TextPart, UnaryOp};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::db::{Db, Def};
use crate::eval::{Eval, default_value};
use crate::infer::{matched, signature};
use crate::value::{ConstValue, Norm, Operator};

impl Operator {
    /// As it would be written over these operands.
    pub(crate) fn display(&self, db: &dyn Db, args: &[Norm]) -> String {
        let shown: Vec<String> = args.iter().map(|arg| arg.display(db)).collect();
        let operand = |index: usize| shown.get(index).map_or("?", String::as_str);
        match self {
            Self::Unary(UnaryOp::Not) => format!("!{}", operand(0)),
            Self::Unary(UnaryOp::Neg) => format!("-{}", operand(0)),
            Self::Binary(op) => format!("{} {} {}", operand(0), op.symbol(), operand(1)),
            Self::Field(name) => format!("{}.{name}", operand(0)),
            Self::Index => format!("{}[{}]", operand(0), operand(1)),
            Self::Method(name) => {
                format!("{}.{name}({})", operand(0), shown.get(1..).unwrap_or_default().join(", "))
            }
            Self::Text => {
                let parts = args.iter().zip(&shown).map(|(arg, shown)| match arg {
                    Norm::Value(ConstValue::Text(text)) => text.to_string(),
                    _ => format!("#{{{shown}}}"),
                });
                format!("\"{}\"", parts.collect::<String>())
            }
            Self::List => format!("[{}]", shown.join(", ")),
            Self::If => format!("if {} {{ {} }} else {{ {} }}", operand(0), operand(1), operand(2)),
        }
    }

    /// The expression that applies it to the values called `0`, `1`, …
    fn expression(&self, operands: usize) -> Option<ExprKind> {
        let operand = |index: usize| at_nowhere(ExprKind::Name(SmolStr::from(index.to_string())));
        let boxed = |index: usize| Box::new(operand(index));
        let name = |name: &SmolStr| Name { text: name.clone(), span: Span::default() };
        Some(match self {
            Self::Unary(op) => ExprKind::Unary { op: *op, operand: boxed(0) },
            Self::Binary(op) => ExprKind::Binary { op: *op, op_span: Span::default(), left: boxed(0), right: boxed(1) },
            Self::Field(field) => ExprKind::Field { base: boxed(0), optional: false, name: name(field) },
            Self::Index => ExprKind::Index { base: boxed(0), index: boxed(1) },
            Self::Method(method) => ExprKind::Call {
                callee: Box::new(at_nowhere(ExprKind::Field { base: boxed(0), optional: false, name: name(method) })),
                args: (1..operands)
                    .map(|index| Arg { name: None, value: ArgValue::Expr(operand(index)), span: Span::default() })
                    .collect(),
                args_span: Span::default(),
            },
            Self::Text => {
                let hole = |index| HoleKind::Read { value: operand(index), spread: false };
                let parts =
                    (0..operands).map(|index| TextPart::Hole(Hole { kind: hole(index), span: Span::default() }));
                ExprKind::Text(Text { parts: parts.collect(), ..Text::default() })
            }
            Self::List => {
                ExprKind::List((0..operands).map(|index| Element { value: operand(index), spread: false }).collect())
            }
            Self::If => return None,
        })
    }
}

fn at_nowhere(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

/// `norm` with everything computed that can be: after symbols were replaced by values.
pub(crate) fn folded(db: &dyn Db, norm: &Norm) -> Norm {
    let args = match norm {
        Norm::Call(_, args) | Norm::Apply(_, args) => args,
        other => return other.clone(),
    };
    let args: Vec<Norm> = args.iter().map(|arg| folded(db, arg)).collect();
    let values: Option<Vec<ConstValue>> = args.iter().map(|arg| arg.value().cloned()).collect();
    match norm {
        Norm::Call(def, _) => match values {
            Some(values) => crate::eval::apply(db, *def, values).map_or(Norm::Unknown, Norm::Value),
            None => Norm::Call(*def, args.into()),
        },
        Norm::Apply(Operator::If, _) => match (args.first().and_then(Norm::value), args.get(1), args.get(2)) {
            (Some(ConstValue::Bool(true)), Some(then), _) => then.clone(),
            (Some(ConstValue::Bool(false)), _, Some(otherwise)) => otherwise.clone(),
            _ => Norm::Apply(Operator::If, args.into()),
        },
        Norm::Apply(operator, _) => match values {
            Some(values) => applied(db, operator, values).map_or(Norm::Unknown, Norm::Value),
            None => Norm::Apply(operator.clone(), args.into()),
        },
        other => other.clone(),
    }
}

fn applied(db: &dyn Db, operator: &Operator, values: Vec<ConstValue>) -> Option<ConstValue> {
    let expression = at_nowhere(operator.expression(values.len())?);
    let env: Vec<(SmolStr, ConstValue)> =
        values.into_iter().enumerate().map(|(index, value)| (SmolStr::from(index.to_string()), value)).collect();
    // No word of it stands for anything but its operands, whatever the item.
    let nobody = crate::scope::prelude(db, "Os")?;
    Eval::new(db, nobody, &FxHashMap::default()).expr(&expression, &env).ok()
}

/// Makes the normal form of an expression from those of its parts, which `part` gives.
pub(crate) fn of(db: &dyn Db, e: &Expr, callee: Option<Def>, part: &dyn Fn(&Expr) -> Norm) -> Norm {
    let apply = |operator: Operator, parts: Vec<Norm>| match parts.contains(&Norm::Unknown) {
        true => Norm::Unknown,
        false => Norm::Apply(operator, parts.into()),
    };
    match &e.kind {
        ExprKind::Unary { op, operand } => apply(Operator::Unary(*op), vec![part(operand)]),
        ExprKind::Binary { op, left, right, .. } => apply(Operator::Binary(*op), vec![part(left), part(right)]),
        ExprKind::Field { base, name, .. } => apply(Operator::Field(name.text.clone()), vec![part(base)]),
        ExprKind::Index { base, index } => apply(Operator::Index, vec![part(base), part(index)]),
        ExprKind::List(elements) if elements.iter().all(|it| !it.spread) => {
            apply(Operator::List, elements.iter().map(|it| part(&it.value)).collect())
        }
        ExprKind::Text(text) => {
            let parts = text.parts.iter().map(|it| match it {
                TextPart::Literal { value, .. } => Norm::Value(ConstValue::Text(value.clone())),
                TextPart::Hole(Hole { kind: HoleKind::Read { value, spread: false }, .. }) => part(value),
                TextPart::Hole(_) => Norm::Unknown,
            });
            apply(Operator::Text, parts.collect())
        }
        ExprKind::If(it) => {
            let otherwise = match &it.otherwise {
                Some(Else::Body(body)) => only_value(body),
                _ => None,
            };
            match (only_value(&it.then), otherwise) {
                (Some(then), Some(otherwise)) => {
                    apply(Operator::If, vec![part(&it.condition), part(then), part(otherwise)])
                }
                _ => Norm::Unknown,
            }
        }
        ExprKind::Call { callee: called, args, .. } => {
            let given = |arg: &Arg| match &arg.value {
                ArgValue::Expr(value) => part(value),
                _ => Norm::Unknown,
            };
            match (callee, &called.kind) {
                (Some(def), _) => {
                    let params = &signature(db, def).params;
                    let norms: Vec<Norm> = params
                        .iter()
                        .map(|param| {
                            let found =
                                matched(params, args).find(|(_, it)| it.is_some_and(|it| it.name == param.name));
                            match found {
                                Some((arg, _)) => given(arg),
                                None => default_value(db, def, &param.name).map_or(Norm::Unknown, Norm::Value),
                            }
                        })
                        .collect();
                    if norms.contains(&Norm::Unknown) { Norm::Unknown } else { Norm::Call(def, norms.into()) }
                }
                (None, ExprKind::Field { base, name, .. }) => {
                    let parts = std::iter::once(part(base)).chain(args.iter().map(given)).collect();
                    apply(Operator::Method(name.text.clone()), parts)
                }
                _ => Norm::Unknown,
            }
        }
        _ => Norm::Unknown,
    }
}

/// The expression that a block consists of.
fn only_value(body: &Body) -> Option<&Expr> {
    match body.stmts.as_slice() {
        [Stmt { kind: StmtKind::Source(Source::Expr(e)), .. }] => Some(e),
        _ => None,
    }
}
