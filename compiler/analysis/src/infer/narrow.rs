//! Narrowing of const symbols: in a `match os { linux => … }` arm or an `if os == linux` the symbol is
//! replaced by the value (docs/design/semantics.md 3.1), and elsewhere fewer values remain.

use std::sync::Arc;

use flow_syntax::tree::{BinaryOp, Expr, ExprKind, Pattern, PatternKind, UnaryOp};
use smol_str::SmolStr;

use super::{Infer, Val, signature};
use crate::db::{Db, Def};
use crate::norm::folded;
use crate::schema::{self, Field, Leaf, domain_of};
use crate::ty::Ty;
use crate::value::{ConstValue, Norm};

/// The values that symbols can still have.
pub(super) type Domains = Vec<(SmolStr, Arc<[ConstValue]>)>;

/// How many combinations of values a condition is tried with.
const COMBINATIONS: usize = 256;

impl Infer<'_> {
    /// Infers what stands where `condition` holds, or does not.
    pub(super) fn under<T>(&mut self, condition: &Expr, holds: bool, inner: impl FnOnce(&mut Self) -> T) -> T {
        let known = self.domains.len();
        if self.out.types.get(&condition.span).is_some_and(|val| val.phase == super::Phase::Const) {
            self.narrow(&|infer, world| infer.truth(condition, world).is_none_or(|it| it == holds), condition);
        }
        self.takes.branches.push((condition.span, usize::from(!holds)));
        let value = inner(self);
        self.takes.branches.pop();
        self.domains.truncate(known);
        value
    }

    /// Infers an arm: `value` is what one of `patterns` takes and none of the `earlier` ones does.
    pub(super) fn in_arm<T>(
        &mut self,
        value: &Expr,
        earlier: &[&Pattern],
        patterns: &[Pattern],
        inner: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let known = self.domains.len();
        self.narrow(
            &|infer, world| {
                let Some(value) = infer.value_in(value, world) else { return true };
                let takes = |pattern: &Pattern| schema::matches(&pattern.kind, &value);
                patterns.iter().any(takes) && !earlier.iter().any(|pattern| takes(pattern))
            },
            value,
        );
        if let [Pattern { kind, .. }] = patterns
            && let Some(Norm::Symbol(symbol)) = self.out.types.get(&value.span).map(|val| val.norm.clone())
        {
            let only = match kind {
                PatternKind::Int(it) => Some(ConstValue::Int(*it)),
                PatternKind::Text(it) => Some(ConstValue::Text(it.clone())),
                _ => None,
            };
            self.domains.extend(only.map(|only| (symbol, Arc::from([only]))));
        }
        self.takes.branches.push((value.span, earlier.len()));
        let value = inner(self);
        self.takes.branches.pop();
        self.domains.truncate(known);
        value
    }

    /// Infers the body of a loop, whose variable has one of `keys`.
    pub(super) fn over<T>(
        &mut self,
        name: &SmolStr,
        keys: Option<&Arc<[ConstValue]>>,
        inner: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let known = self.domains.len();
        self.domains
            .extend(keys.filter(|keys| keys.len() <= COMBINATIONS).map(|keys| (name.clone(), Arc::clone(keys))));
        let value = inner(self);
        self.domains.truncate(known);
        value
    }

    /// Keeps the values of the symbols in `e` for which `possible` can be.
    fn narrow(&mut self, possible: &dyn Fn(&Self, &Domains) -> bool, e: &Expr) {
        let mut symbols: Vec<SmolStr> = Vec::new();
        self.symbols_in(e, &mut symbols);
        let mut worlds: Vec<Domains> = vec![Vec::new()];
        let mut varied: Vec<SmolStr> = Vec::new();
        for symbol in symbols {
            let Some(values) = self.domain(&symbol) else { continue };
            if worlds.len().saturating_mul(values.len()) > COMBINATIONS {
                continue;
            }
            varied.push(symbol.clone());
            worlds = worlds
                .iter()
                .flat_map(|world| {
                    values.iter().map(|value| {
                        let mut world = world.clone();
                        world.push((symbol.clone(), Arc::from([value.clone()])));
                        world
                    })
                })
                .collect();
        }
        worlds.retain(|world| possible(self, world));
        for symbol in varied {
            let mut values: Vec<ConstValue> = Vec::new();
            for world in &worlds {
                let value = world.iter().find(|(it, _)| *it == symbol).and_then(|(_, values)| values.first());
                values.extend(value.filter(|value| !values.contains(value)).cloned());
            }
            // No value at all: this is never reached, and says nothing of what could be.
            if !values.is_empty() {
                self.domains.push((symbol, values.into()));
            }
        }
        // A symbol with too many values to list, that is compared with one.
        if let Some((symbol, value)) = self.equals(e).filter(|(symbol, _)| self.domain(symbol).is_none())
            && possible(self, &vec![(symbol.clone(), Arc::from([value.clone()]))])
        {
            self.domains.push((symbol, Arc::from([value])));
        }
    }

    /// The symbol and the value in `symbol == value`.
    fn equals(&self, e: &Expr) -> Option<(SmolStr, ConstValue)> {
        let ExprKind::Binary { op: BinaryOp::Eq, left, right, .. } = &e.kind else { return None };
        let norm = |e: &Expr| self.out.types.get(&e.span).map(|val| val.norm.clone());
        match (norm(left)?, norm(right)?) {
            (Norm::Symbol(symbol), Norm::Value(value)) | (Norm::Value(value), Norm::Symbol(symbol)) => {
                Some((symbol, value))
            }
            _ => None,
        }
    }

    /// The symbols that decide about `e`.
    fn symbols_in(&self, e: &Expr, out: &mut Vec<SmolStr>) {
        let mut note = |norm: &Norm| {
            schema::each_symbol(norm, &mut |symbol| {
                if !out.contains(symbol) {
                    out.push(symbol.clone());
                }
            });
        };
        match &e.kind {
            ExprKind::Unary { operand, .. } => self.symbols_in(operand, out),
            ExprKind::Binary { left, right, .. } => {
                self.symbols_in(left, out);
                self.symbols_in(right, out);
            }
            _ => {
                if let Some(val) = self.out.types.get(&e.span) {
                    note(&val.norm);
                }
            }
        }
    }

    /// Whether a condition holds in a world, if that can be told.
    fn truth(&self, e: &Expr, world: &Domains) -> Option<bool> {
        match &e.kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.truth(operand, world).map(|it| !it),
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                match (self.truth(left, world), self.truth(right, world)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (a, b) => Some(a? && b?),
                }
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
                match (self.truth(left, world), self.truth(right, world)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (a, b) => Some(a? || b?),
                }
            }
            _ => match self.value_in(e, world)? {
                ConstValue::Bool(it) => Some(it),
                _ => None,
            },
        }
    }

    /// The value of an inferred expression in a world.
    fn value_in(&self, e: &Expr, world: &Domains) -> Option<ConstValue> {
        let norm = &self.out.types.get(&e.span)?.norm;
        let with = |name: &str| {
            let values = world.iter().find(|(it, _)| it == name).map(|(_, values)| values)?;
            values.first().cloned().map(Norm::Value)
        };
        folded(self.db, &norm.substitute(&with)).value().cloned()
    }

    /// The values that a symbol can have here; `None`: too many to list.
    pub(super) fn domain(&self, symbol: &str) -> Option<Arc<[ConstValue]>> {
        if let Some((_, values)) = self.domains.iter().rev().find(|(it, _)| it == symbol) {
            return Some(Arc::clone(values));
        }
        let ty = match symbol.split_once('.') {
            // The const argument of a parameter `Server(_)`.
            Some((param, argument)) => {
                let artifact = artifact_in(&self.local(param)?.val.ty)?;
                signature(self.db, artifact).params.iter().find(|it| it.name == argument)?.ty.clone()
            }
            None => self.local(symbol)?.val.ty.clone(),
        };
        domain_of(self.db, &ty)
    }

    /// A value where it is read: symbols with one value left are that value.
    pub(super) fn narrowed(&self, val: Val) -> Val {
        if self.domains.is_empty() {
            return val;
        }
        Val { norm: self.narrowed_norm(&val.norm), ty: self.narrowed_ty(&val.ty), ..val }
    }

    pub(super) fn narrowed_norm(&self, norm: &Norm) -> Norm {
        if self.domains.is_empty() {
            return norm.clone();
        }
        folded(self.db, &norm.substitute(&|name| self.only_value(name)))
    }

    /// A type where it is used: symbols with one value left are that value.
    pub(super) fn narrowed_ty(&self, ty: &Ty) -> Ty {
        if self.domains.is_empty() {
            return ty.clone();
        }
        ty.substitute(&|name| self.only_value(name)).folded(self.db)
    }

    fn only_value(&self, symbol: &str) -> Option<Norm> {
        let (_, values) = self.domains.iter().rev().find(|(it, _)| it == symbol)?;
        match &**values {
            [only] => Some(Norm::Value(only.clone())),
            _ => None,
        }
    }

    /// The fields that an artifact can have here.
    pub(super) fn fields_of(&self, def: Def, args: &[Norm]) -> Vec<Field> {
        schema::fields(self.db, def, args, &|symbol| self.domain(symbol))
    }

    /// Its fields that are written by themselves.
    pub(super) fn leaves_of(&self, def: Def, args: &[Norm]) -> Vec<Leaf> {
        schema::leaves(self.db, def, args, &|symbol| self.domain(symbol))
    }
}

/// The type of a member of `[Server(_)]` that is bound to `name`: what is `servers.os` in the list's type,
/// which stands for the argument of any member, is `name.os` in this one's.
pub(super) fn own_arguments(db: &dyn Db, ty: &Ty, name: &str) -> Ty {
    let Ty::Artifact(def, args) = ty else { return ty.clone() };
    let own = args.iter().zip(&signature(db, *def).params).map(|(arg, param)| match arg {
        Norm::Symbol(symbol) if symbol.contains('.') => Norm::Symbol(SmolStr::from(format!("{name}.{}", param.name))),
        other => other.clone(),
    });
    Ty::Artifact(*def, own.collect())
}

/// The artifact that a parameter is, or is a list or family of.
fn artifact_in(ty: &Ty) -> Option<Def> {
    match ty {
        Ty::Artifact(def, _) => Some(*def),
        Ty::List(inner) | Ty::Optional(inner) => artifact_in(inner),
        Ty::Family(family) => artifact_in(&family.member),
        _ => None,
    }
}
