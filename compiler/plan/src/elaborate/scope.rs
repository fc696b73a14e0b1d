//! Names and expressions during elaboration, in the item whose body is being carried out.

use flow_analysis::eval::{Eval, Failure, default_value};
use flow_analysis::infer::{matched, signature};
use flow_analysis::scope::Res;
use flow_analysis::ty::Ty;
use flow_analysis::value::{ConstValue, Norm};
use flow_analysis::{Db, Def, DefKind, Finding, Place};
use flow_syntax::tree::{Arg, ArgValue, Arm, Element, Else, Expr, ExprKind, If, Match, ParamMode, Text, TextPart};
use flow_syntax::{Code, Span};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::value::{Val, constant};
use crate::model::{Backend, Value};

/// What a body sees.
#[derive(Clone)]
pub(super) struct Scope<'db> {
    pub db: &'db dyn Db,
    /// The item.
    pub def: Def,
    /// Local values, innermost last.
    pub env: Vec<(SmolStr, Val)>,
    backend: ConstValue,
}

/// Whoever carries a body out: what is a call to it?
pub(super) trait Calls {
    /// The value of a call, or of `call as "title" after x`.
    fn call(&mut self, scope: &Scope<'_>, e: &Expr) -> Result<Val>;
}

/// An argument of a call.
pub(super) struct Argument {
    /// The parameter's name.
    pub name: SmolStr,
    pub val: Val,
    /// The parameter is `const`.
    pub constant: bool,
    /// It stands in the call, rather than being the parameter's default.
    pub given: bool,
}

/// What stands in the way. Empty where it has been reported by the checker.
pub(super) type Result<T> = std::result::Result<T, Vec<Finding>>;

impl<'db> Scope<'db> {
    pub(super) fn new(db: &'db dyn Db, def: Def, backend: Backend) -> Self {
        let backend = match flow_analysis::scope::prelude(db, "Backend") {
            Some(def) => ConstValue::Variant { def, name: SmolStr::new_static(backend.name()) },
            None => ConstValue::None,
        };
        Self { db, def, env: Vec::new(), backend }
    }

    /// Whether the plan is for this backend.
    pub(super) fn is_for(&self, backend: Backend) -> bool {
        self.backend.text().as_deref() == Some(backend.name())
    }

    /// The same backend, another item, no local values.
    pub(super) fn enter(&self, def: Def) -> Self {
        Self { db: self.db, def, env: Vec::new(), backend: self.backend.clone() }
    }

    pub(super) fn names(&self) -> &'db FxHashMap<Span, Res> {
        &flow_analysis::infer::check(self.db, self.def).names
    }

    pub(super) fn res(&self, span: Span) -> Option<&'db Res> {
        self.names().get(&span).or_else(|| flow_analysis::infer::signature(self.db, self.def).checked.names.get(&span))
    }

    pub(super) fn ty(&self, span: Span) -> Option<&'db Ty> {
        flow_analysis::infer::check(self.db, self.def).types.get(&span).map(|val| &val.ty)
    }

    pub(super) fn at(&self, span: Span) -> Place {
        Place::new(self.def, span)
    }

    pub(super) fn place(&self, span: Span) -> crate::model::Place {
        super::place(self.db, self.def, span)
    }

    pub(super) fn bind(&mut self, name: &SmolStr, val: Val) {
        self.env.push((name.clone(), val));
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Val> {
        self.env.iter().rev().find(|(local, _)| local == name).map(|(_, val)| val)
    }

    /// A construct that the checker lets through and elaboration has no meaning for.
    pub(super) fn not_built<T>(&self, span: Span, what: &str) -> Result<T> {
        Err(vec![
            Finding::new(Code::NotBuilt, self.at(span), format!("{what} is not built yet"))
                .label("understood, but cannot be planned so far"),
        ])
    }

    /// The local values that are known.
    pub(super) fn const_env(&self) -> Vec<(SmolStr, ConstValue)> {
        let mut env: Vec<_> = self
            .env
            .iter()
            .filter_map(|(name, val)| match val {
                Val::Const(value) => Some((name.clone(), value.clone())),
                _ => None,
            })
            .collect();
        env.push((SmolStr::new_static("ctx.backend"), self.backend.clone()));
        env
    }

    pub(super) fn try_const(&self, e: &Expr) -> std::result::Result<ConstValue, Failure> {
        Eval::new(self.db, self.def, self.names()).expr(e, &self.const_env())
    }

    /// The value of an expression that is known while compiling.
    pub(super) fn constant(&self, e: &Expr) -> Result<ConstValue> {
        self.try_const(e).map_err(|failure| failure.finding(self.db).into_iter().collect())
    }

    /// The text of a const title.
    pub(super) fn title(&self, text: &Text) -> Result<String> {
        Eval::new(self.db, self.def, self.names())
            .text(text, &self.const_env())
            .map_err(|failure| failure.finding(self.db).into_iter().collect())
    }

    /// A type as it is in this instance: const symbols replaced by their values.
    pub(super) fn instance_type(&self, ty: &Ty) -> Ty {
        ty.substitute(&|name| match self.lookup(name) {
            Some(Val::Const(value)) => Some(Norm::Value(value.clone())),
            _ => None,
        })
        .folded(self.db)
    }

    /// The value of an expression.
    pub(super) fn value(&self, e: &Expr, calls: &mut dyn Calls) -> Result<Val> {
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
                    Ok(Val::Late(Value::Secret(def.name(self.db).to_string())))
                }
                _ => self.lookup(name).cloned().ok_or_else(Vec::new),
            },
            ExprKind::Text(text) => self.join(text, calls),
            ExprKind::List(elements) => self.list(elements, calls),
            ExprKind::Field { base, name, .. } => {
                if self.res(base.span) == Some(&Res::Ctx) {
                    return Ok(Val::Late(Value::Ctx(name.text.to_string())));
                }
                let base = self.value(base, calls)?;
                self.field(&base, &name.text).ok_or_else(Vec::new)
            }
            ExprKind::Index { base, index } => {
                let base = self.value(base, calls)?;
                let key = self.constant(index)?;
                self.index(&base, &key, index.span)
            }
            ExprKind::Call { .. } | ExprKind::Ordered { .. } => calls.call(self, e),
            ExprKind::If(it) => self.if_value(it, calls),
            ExprKind::Match(it) => self.match_value(it, calls),
            ExprKind::For(_) => self.not_built(e.span, "a loop as a value here"),
            ExprKind::Unary { .. } | ExprKind::Binary { .. } => {
                self.not_built(e.span, "an operator on a value that is not known while compiling")
            }
            _ => Err(Vec::new()),
        }
    }

    /// The arguments of a call by parameter, in the order of the call; then the defaults of those that
    /// are left out.
    pub(super) fn arguments(&self, def: Def, args: &[Arg], calls: &mut dyn Calls) -> Result<Vec<Argument>> {
        let params = &signature(self.db, def).params;
        let mut arguments: Vec<Argument> = Vec::with_capacity(params.len());
        for (arg, param) in matched(params, args) {
            let (ArgValue::Expr(value), Some(param)) = (&arg.value, param) else { return Err(Vec::new()) };
            let val = self.value(value, calls)?;
            let constant = param.mode == ParamMode::Const;
            arguments.push(Argument { name: param.name.clone(), val, constant, given: true });
        }
        for param in params.iter().filter(|param| param.optional) {
            if !arguments.iter().any(|arg| arg.name == param.name)
                && let Some(value) = default_value(self.db, def, &param.name)
            {
                let constant = param.mode == ParamMode::Const;
                arguments.push(Argument { name: param.name.clone(), val: Val::Const(value), constant, given: false });
            }
        }
        Ok(arguments)
    }

    fn list(&self, elements: &[Element], calls: &mut dyn Calls) -> Result<Val> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            match self.value(&element.value, calls)? {
                Val::List(inner) if element.spread => items.extend(inner),
                Val::Family(inner) if element.spread => items.extend(inner.into_iter().map(|(_, val)| val)),
                Val::Const(ConstValue::List(inner)) if element.spread => {
                    items.extend(inner.iter().cloned().map(Val::Const))
                }
                val => items.push(val),
            }
        }
        Ok(Val::List(items))
    }

    fn join(&self, text: &Text, calls: &mut dyn Calls) -> Result<Val> {
        use flow_syntax::tree::HoleKind;
        let mut parts = Vec::new();
        for part in &text.parts {
            parts.push(match part {
                TextPart::Literal { value, .. } => Value::Const(crate::model::Const::Text(value.to_string())),
                TextPart::Hole(hole) => match &hole.kind {
                    HoleKind::Read { value, .. } => match self.late(&self.value(value, calls)?) {
                        Some(value) => value,
                        None => return self.not_built(hole.span, "this in a text"),
                    },
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
            Val::Files(files) => files.location().map(Value::Path),
            Val::Outputs(outputs) => match outputs.as_slice() {
                [(_, only)] => self.late(only),
                _ => None,
            },
            _ => None,
        }
    }

    /// The field `name` of a value.
    pub(super) fn field(&self, base: &Val, name: &str) -> Option<Val> {
        match base {
            Val::Files(files) => Some(Val::Files(files.field(name))),
            Val::Outputs(outputs) => match outputs.iter().find(|(output, _)| output == name) {
                Some((_, val)) => Some(val.clone()),
                None => match outputs.as_slice() {
                    [(_, only)] => self.field(only, name),
                    _ => None,
                },
            },
            Val::Job(job) => Some(Val::Made { job: *job, output: SmolStr::from(name) }),
            Val::Family(members) => {
                let members: Option<Vec<_>> =
                    members.iter().map(|(key, val)| Some((key.clone(), self.field(val, name)?))).collect();
                members.map(Val::Family)
            }
            _ => None,
        }
    }

    fn index(&self, base: &Val, key: &ConstValue, span: Span) -> Result<Val> {
        let found = match (base, key) {
            (Val::Family(members), key) => members.iter().find(|(other, _)| other == key).map(|(_, val)| val.clone()),
            (Val::List(items), ConstValue::Int(at)) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned(),
            _ => None,
        };
        found.ok_or_else(|| {
            let key = key.display(self.db);
            vec![
                Finding::new(Code::BadIndex, self.at(span), format!("there is no member `{key}`")).label("no such key"),
            ]
        })
    }

    fn if_value(&self, it: &If, calls: &mut dyn Calls) -> Result<Val> {
        if self.constant(&it.condition)? == ConstValue::Bool(true) {
            return self.body_value(&it.then, calls);
        }
        match &it.otherwise {
            Some(Else::Body(body)) => self.body_value(body, calls),
            Some(Else::If(inner, _)) => self.if_value(inner, calls),
            None => Ok(Val::Const(ConstValue::None)),
        }
    }

    fn match_value(&self, it: &Match, calls: &mut dyn Calls) -> Result<Val> {
        use flow_syntax::tree::{ArmValue, Source};
        match &self.arm(it)?.value {
            ArmValue::Body(body) => self.body_value(body, calls),
            ArmValue::Source(Source::Expr(e)) => self.value(e, calls),
            ArmValue::Source(source) => self.not_built(source.span(), "a script as the value of a `match`"),
        }
    }

    /// The arm that a `match` takes.
    pub(super) fn arm<'t>(&self, it: &'t Match) -> Result<&'t Arm> {
        let value = self.constant(&it.value)?;
        it.arms
            .iter()
            .find(|arm| arm.patterns.iter().any(|pattern| flow_analysis::schema::matches(&pattern.kind, &value)))
            .ok_or_else(Vec::new)
    }

    /// The value of a block that consists of one expression.
    fn body_value(&self, body: &flow_syntax::tree::Body, calls: &mut dyn Calls) -> Result<Val> {
        use flow_syntax::tree::{Source, StmtKind};
        match body.stmts.as_slice() {
            [only] => match &only.kind {
                StmtKind::Source(Source::Expr(e)) => self.value(e, calls),
                _ => self.not_built(only.span, "this as the value of a block"),
            },
            _ => self.not_built(body.span, "a block of several statements as a value here"),
        }
    }
}
